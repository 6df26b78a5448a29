/* What a gateway that runs cannot take in. */
#include "settings/draft.h"
#include "settings/value.h"
#include "settings/view.h"

/* A section that came: told at its place. One that went: no line tells, and it may stand
 * in a file that was not read. */
static void check_presence(struct draft *draft, const struct section *section,
			   const struct settings *running)
{
	const struct settings *settings = draft->settings;
	char title[VIEW_TITLE_BYTES];

	for (size_t i = 0; i < view_count(settings, section); i++) {
		const char *name = view_name(settings, section, i);
		const struct part *part = draft_find(draft, section, i);

		if (view_find(running, section, name) == SIZE_MAX && !(part && part->misnamed) &&
		    (part || !draft->incomplete)) {
			view_title(section, name, title, sizeof(title));
			report_mistake_at(&draft->report,
					  part ? part->place
					       : (struct place){.file = draft->report.file},
					  "[%s] can only be added with a restart", title);
		}
	}
	for (size_t i = 0; i < view_count(running, section) && !draft->incomplete; i++) {
		const char *name = view_name(running, section, i);

		if (view_find(settings, section, name) == SIZE_MAX) {
			view_title(section, name, title, sizeof(title));
			report_mistake(&draft->report, 0, "[%s] can only be removed with a restart",
				       title);
		}
	}
}

struct pair {
	size_t now, then; /* index in the draft's settings and in the running ones */
};

static void check_row(struct draft *draft, const struct row *row, const struct section *section,
		      const struct settings *running, struct pair pair)
{
	const struct part *part = draft_find_giving(draft, section, pair.now, row);
	struct place place = {.file = draft->report.file};
	size_t index = table_row_index(row);
	char title[VIEW_TITLE_BYTES], is[VALUE_TEXT_BYTES], wanted[VALUE_TEXT_BYTES];

	if (part ? part->bad[index] : draft->incomplete) {
		return;
	}
	if (part) {
		place = part_row_place(part, index);
	}
	value_print(row, view_target(running, section->target, pair.then), is, sizeof(is));
	value_print(row, view_target(draft->settings, section->target, pair.now), wanted,
		    sizeof(wanted));
	if (strcmp(is, wanted) == 0 || (row->required && !(part && part->lines[index]))) {
		return;
	}
	view_title(section, view_name(running, section, pair.then), title, sizeof(title));
	report_mistake_at(&draft->report, place, "[%s] %s can only change with a restart: it is %s",
			  title, row->key, is);
}

/* Which file a listener's certificate is in may change, but not whether it has one. */
static void check_transport(struct draft *draft, const struct settings *running, struct pair pair)
{
	const struct part *part = draft_find(draft, table_find_section("listen"), pair.now);
	const struct listener_settings *listener = &draft->settings->listeners[pair.now];
	bool was = *running->listeners[pair.then].tls.cert != '\0';
	bool is = part && part_gives(part, "tls_cert");

	if (part && was != is) {
		report_mistake_at(&draft->report, part_place(part, "tls_cert"),
				  "[listen:%s] %s; that can only change with a restart",
				  listener->name,
				  was ? "speaks TLS, and has no tls_cert here"
				      : "does not speak TLS, and has a tls_cert here");
	}
}

static void check_section(struct draft *draft, const struct section *section,
			  const struct settings *running)
{
	for (size_t i = 0; i < view_count(draft->settings, section); i++) {
		const char *name = view_name(draft->settings, section, i);
		struct pair pair = {.now = i, .then = view_find(running, section, name)};

		for (size_t j = 0; j < table_row_count && pair.then != SIZE_MAX; j++) {
			const struct row *row = &table_rows[j];

			if (strcmp(row->section, section->name) == 0 && !row->reloadable) {
				check_row(draft, row, section, running, pair);
			}
		}
		if (section->target == TARGET_LISTENER && pair.then != SIZE_MAX) {
			check_transport(draft, running, pair);
		}
	}
}

void draft_check_changes(struct draft *draft, const struct settings *running)
{
	for (size_t i = 0; i < table_section_count; i++) {
		const struct section *section = &table_sections[i];

		if (section->target == TARGET_SCENARIO) {
			continue; /* they come, change and go */
		}
		check_presence(draft, section, running);
		check_section(draft, section, running);
	}
}
