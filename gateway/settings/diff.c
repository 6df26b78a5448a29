/* What is different between two settings, key by key. */
#include "settings/draft.h"
#include "settings/value.h"
#include "settings/view.h"

#include <stdlib.h>

struct diff {
	const struct settings *before, *after;
	settings_change_fn change;
	void *ctx;
	const struct section *section; /* that is being compared */
	char title[VIEW_TITLE_BYTES];
};

static void tell(const struct diff *diff, const char *key, const char *before, const char *after)
{
	diff->change(diff->ctx, diff->title, key, before, after);
}

/* ------------------------------------------------------------- channel.* */

static const struct parameter *find_parameter(const struct scenario_config *scenario,
					      struct slice key)
{
	for (size_t i = 0; i < scenario->parameter_count; i++) {
		if (slice_equal(scenario->parameters[i].key, key)) {
			return &scenario->parameters[i];
		}
	}
	return NULL;
}

/* One of the two may be NULL. */
static void tell_parameter(const struct diff *diff, struct slice name,
			   const struct parameter *before, const struct parameter *after)
{
	char key[sizeof(CHANNEL_PREFIX) + PARAMETER_KEY_BYTES];
	char old[READER_LINE_BYTES + 1], new[READER_LINE_BYTES + 1];

	(void)snprintf(key, sizeof(key), CHANNEL_PREFIX "%.*s", SLICE_ARG(name));
	if (before) {
		(void)snprintf(old, sizeof(old), "%.*s", SLICE_ARG(before->value));
	}
	if (after) {
		(void)snprintf(new, sizeof(new), "%.*s", SLICE_ARG(after->value));
	}
	tell(diff, key, before ? old : NULL, after ? new : NULL);
}

static void compare_parameters(const struct diff *diff, const struct scenario_config *before,
			       const struct scenario_config *after)
{
	for (size_t i = 0; i < before->parameter_count; i++) {
		const struct parameter *old = &before->parameters[i];
		const struct parameter *new = find_parameter(after, old->key);

		if (!new || !slice_equal(old->value, new->value)) {
			tell_parameter(diff, old->key, old, new);
		}
	}
	for (size_t i = 0; i < after->parameter_count; i++) {
		const struct parameter *new = &after->parameters[i];

		if (!find_parameter(before, new->key)) {
			tell_parameter(diff, new->key, NULL, new);
		}
	}
}

/* ----------------------------------------------------------------- keys */

static bool is_compared(const struct diff *diff, const struct row *row)
{
	return strcmp(row->section, diff->section->name) == 0 && row->offset != ROW_NOT_STORED &&
	       row->kind != VALUE_CHANNEL;
}

static void compare_includes(const struct diff *diff)
{
	if (strcmp(diff->before->includes, diff->after->includes) != 0) {
		tell(diff, "include", diff->before->includes, diff->after->includes);
	}
}

static void compare_rows(const struct diff *diff, size_t old, size_t new)
{
	const void *before = view_target(diff->before, diff->section->target, old);
	const void *after = view_target(diff->after, diff->section->target, new);

	for (size_t i = 0; i < table_row_count; i++) {
		const struct row *row = &table_rows[i];
		char was[VALUE_TEXT_BYTES], is[VALUE_TEXT_BYTES];

		if (!is_compared(diff, row) || (view_inherited(diff->before, row, old) &&
						view_inherited(diff->after, row, new))) {
			continue;
		}
		value_print(row, before, was, sizeof(was));
		value_print(row, after, is, sizeof(is));
		if (strcmp(was, is) != 0) {
			tell(diff, row->key, was, is);
		}
	}
	if (table_find_row(diff->section->name, "include")) {
		compare_includes(diff);
	}
	if (diff->section->target == TARGET_SCENARIO) {
		compare_parameters(diff, before, after);
	}
}

/* -------------------------------------------------------------- sections */

/* Any of the structures that the table's offsets point into. */
union blank {
	struct listener_settings listener;
	struct simulator_settings simulator;
	struct scenario_config scenario;
};

/* What of a section that is new is not at its default. */
static void tell_given(const struct diff *diff, size_t index)
{
	const void *target = view_target(diff->after, diff->section->target, index);
	union blank blank = {0};

	draft_preset(diff->section->target, &blank);
	for (size_t i = 0; i < table_row_count; i++) {
		const struct row *row = &table_rows[i];
		char preset[VALUE_TEXT_BYTES], is[VALUE_TEXT_BYTES];

		if (!is_compared(diff, row) || view_inherited(diff->after, row, index)) {
			continue;
		}
		value_print(row, &blank, preset, sizeof(preset));
		value_print(row, target, is, sizeof(is));
		if (row->inherits || strcmp(preset, is) != 0) {
			tell(diff, row->key, NULL, is);
		}
	}
	if (diff->section->target == TARGET_SCENARIO) {
		compare_parameters(diff, &blank.scenario, target);
	}
}

static void compare_section(struct diff *diff)
{
	const struct section *section = diff->section;

	for (size_t i = 0; i < view_count(diff->before, section); i++) {
		const char *name = view_name(diff->before, section, i);
		size_t found = view_find(diff->after, section, name);

		view_title(section, name, diff->title, sizeof(diff->title));
		if (found == SIZE_MAX) {
			tell(diff, NULL, "", NULL);
		} else {
			compare_rows(diff, i, found);
		}
	}
	for (size_t i = 0; i < view_count(diff->after, section); i++) {
		const char *name = view_name(diff->after, section, i);

		if (view_find(diff->before, section, name) == SIZE_MAX) {
			view_title(section, name, diff->title, sizeof(diff->title));
			tell(diff, NULL, NULL, "");
			tell_given(diff, i);
		}
	}
}

void settings_diff(const struct settings *before, const struct settings *after,
		   settings_change_fn change, void *ctx)
{
	struct diff diff = {.before = before, .after = after, .change = change, .ctx = ctx};

	for (size_t i = 0; i < table_section_count; i++) {
		diff.section = &table_sections[i];
		compare_section(&diff);
	}
}
