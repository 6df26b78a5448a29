/* Sections: each opens a part of the draft, and a place in the settings. */
#include "settings/draft.h"

#include "base/array.h"
#include "base/suggest.h"
#include "core/name.h"
#include "settings/value.h"
#include "settings/view.h"

#include <stdio.h>
#include <stdlib.h>

enum { WHY_BYTES = 512 };

void draft_fini(struct draft *draft)
{
	for (size_t i = 0; i < draft->source_count; i++) {
		free(draft->sources[i].path);
	}
	for (size_t i = 0; i < draft->wish_count; i++) {
		free(draft->wishes[i].pattern);
	}
	for (size_t i = 0; i < draft->override_count; i++) {
		free(draft->overrides[i].where);
	}
	free(draft->overrides);
	free(draft->sources);
	free(draft->wishes);
	free(draft->parts);
	free(draft->parameter_lines);
}

bool draft_in_first_file(const struct draft *draft)
{
	return draft->report.file == draft->sources[0].path;
}

const struct part *draft_find(const struct draft *draft, const struct section *section,
			      size_t index)
{
	for (size_t i = 0; i < draft->part_count; i++) {
		if (draft->parts[i].section == section && draft->parts[i].index == index) {
			return &draft->parts[i];
		}
	}
	return NULL;
}

const struct part *draft_find_giving(const struct draft *draft, const struct section *section,
				     size_t index, const struct row *row)
{
	for (size_t i = 0; i < draft->part_count; i++) {
		const struct part *part = &draft->parts[i];

		if (part->section == section && part->index == index &&
		    part->lines[table_row_index(row)]) {
			return part;
		}
	}
	return draft_find(draft, section, index);
}

static size_t row_of(const struct part *part, const char *key)
{
	return table_row_index(table_find_row(part->section->name, key));
}

bool part_gives(const struct part *part, const char *key)
{
	return part->lines[row_of(part, key)] != 0;
}

bool part_has(const struct part *part, const char *key)
{
	return part_gives(part, key) && !part->bad[row_of(part, key)];
}

struct place part_row_place(const struct part *part, size_t row)
{
	int line = part->lines[row];

	if (line < 0) {
		return (struct place){.file = part->overrides[-line - 1].where};
	}
	return (struct place){.file = part->place.file, .line = line};
}

struct place part_place(const struct part *part, const char *key)
{
	return part_gives(part, key) ? part_row_place(part, row_of(part, key)) : part->place;
}

void *draft_target(const struct draft *draft, const struct part *part)
{
	return view_target(draft->settings, part->section->target, part->index);
}

void draft_preset(enum target target, void *into)
{
	char why[WHY_BYTES];

	for (size_t i = 0; i < table_row_count; i++) {
		const struct row *row = &table_rows[i];

		if (row->preset && table_find_section(row->section)->target == target &&
		    value_parse(row, row->preset, into, why, sizeof(why)) < 0) {
			abort(); /* the table contradicts itself */
		}
	}
}

void draft_give_up(struct draft *draft, struct place place)
{
	if (!draft->out_of_memory) {
		report_mistake_at(&draft->report, place, "out of memory");
	}
	draft->out_of_memory = true;
	draft->broken = true;
	draft->in_part = false;
}

/* --------------------------------------------------------------- sections */

/* `named` is whether a colon stands behind `name`. */
static void tell_unknown_section(struct draft *draft, int line, const char *name, bool named)
{
	struct suggestion best = {0};
	char known[256] = "", meant[64] = "";
	size_t at = 0;

	for (size_t i = 0; i < table_section_count; i++) {
		const struct section *section = &table_sections[i];

		suggest_consider(&best, slice_str(name), section->name);
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s[%s%s]", i ? ", " : "",
				       section->name, section_name_part(section));
		if (section->naming == NAMING_OPTIONAL) {
			at += (size_t)snprintf(known + at, sizeof(known) - at, ", [%s:NAME]",
					       section->name);
		}
	}
	if (best.name) {
		const struct section *nearest = table_find_section(best.name);
		bool optional = nearest->naming == NAMING_OPTIONAL;

		(void)snprintf(meant, sizeof(meant), "did you mean [%s%s]? ", best.name,
			       optional && named ? ":NAME" : section_name_part(nearest));
	}
	report_mistake(&draft->report, line, "unknown section %s; %sthere are %s", quote(name).text,
		       meant, known);
}

/* [gateway] may stand once in each file, all others once in all. */
static bool is_again(const struct part *part, const struct part *other)
{
	return other->section == part->section && !other->misnamed && !part->misnamed &&
	       strcmp(other->name, part->name) == 0 &&
	       (other->place.file == part->place.file ||
		!table_find_row(part->section->name, "include"));
}

static void check_given_twice(struct draft *draft, const struct part *part)
{
	for (size_t i = 0; i < draft->part_count; i++) {
		const struct part *other = &draft->parts[i];
		char title[VIEW_TITLE_BYTES];

		if (is_again(part, other)) {
			view_title(part->section, part->name, title, sizeof(title));
			report_mistake(&draft->report, part->place.line,
				       "section [%s] is given twice; first %s", title,
				       place_from(part->place.file, other->place).text);
			return;
		}
	}
}

/* Checks the NAME of [section:NAME]; `given` is NULL when there was no colon. */
static void name_part(struct draft *draft, struct part *part, const char *given)
{
	const struct section *section = part->section;

	if (section->naming == NAMING_NONE) {
		if (given) {
			report_mistake(&draft->report, part->place.line,
				       "[%s] takes no name; here: %s", section->name,
				       quote(given).text);
		}
		return;
	}
	if (!given && section->naming == NAMING_OPTIONAL) {
		return;
	}
	if (given && name_valid(slice_str(given))) {
		memcpy(part->name, given, strlen(given) + 1);
		return;
	}
	part->misnamed = true;
	report_mistake(&draft->report, part->place.line,
		       "[%s:NAME] needs a NAME of 1 to %d letters, digits, dots, underscores or "
		       "hyphens; %s%s",
		       section->name, NAME_MAX_BYTES,
		       given && *given ? "here: " : "here it is missing",
		       given && *given ? quote(given).text : "");
}

static int tell_too_many(struct draft *draft, const struct part *part, int most)
{
	if (draft->crowded != part->section) {
		report_mistake(&draft->report, part->place.line, "more than %d [%s%s] sections",
			       most, part->section->name, section_name_part(part->section));
	}
	draft->crowded = part->section;
	return -1;
}

static int add_listener(struct draft *draft, struct part *part)
{
	struct settings *settings = draft->settings;
	struct listener_settings *listener;

	if (settings->listener_count == SETTINGS_MAX_LISTENERS) {
		return tell_too_many(draft, part, SETTINGS_MAX_LISTENERS);
	}
	part->index = settings->listener_count++;
	listener = &settings->listeners[part->index];
	memcpy(listener->name, part->name, sizeof(part->name));
	draft_preset(TARGET_LISTENER, listener);
	return 0;
}

static int add_simulator(struct draft *draft, struct part *part)
{
	struct settings *settings = draft->settings;
	struct simulator_settings *simulator;

	if (settings->simulator_count == SETTINGS_MAX_SIMULATORS) {
		return tell_too_many(draft, part, SETTINGS_MAX_SIMULATORS);
	}
	part->index = settings->simulator_count++;
	simulator = &settings->simulators[part->index];
	memcpy(simulator->name, part->name, sizeof(part->name));
	draft_preset(TARGET_SIMULATOR, simulator);
	return 0;
}

static int add_scenario(struct draft *draft, struct part *part)
{
	struct settings *settings = draft->settings;
	void *scenarios = settings->scenarios;
	struct scenario_config *scenario;

	if (settings->scenario_count == SETTINGS_MAX_SCENARIOS) {
		return tell_too_many(draft, part, SETTINGS_MAX_SCENARIOS);
	}
	if (array_grow(&scenarios, settings->scenario_count, sizeof(*scenario)) < 0) {
		draft_give_up(draft, part->place);
		return -1;
	}
	settings->scenarios = scenarios;
	part->index = settings->scenario_count++;
	scenario = &settings->scenarios[part->index];
	memcpy(scenario->name, part->name, sizeof(part->name));
	draft_preset(TARGET_SCENARIO, scenario);
	return 0;
}

static int add_target(struct draft *draft, struct part *part)
{
	switch (part->section->target) {
	case TARGET_LISTENER:
		return add_listener(draft, part);
	case TARGET_SIMULATOR:
		return add_simulator(draft, part);
	case TARGET_SCENARIO:
		return add_scenario(draft, part);
	case TARGET_SETTINGS:
		break;
	}
	return 0;
}

void draft_take_section(void *ctx, int line, char *text)
{
	struct draft *draft = ctx;
	char *colon = strchr(text, ':');
	struct part part = {.place = {.file = draft->report.file, .line = line}};
	void *parts = draft->parts;

	draft->any_section = true;
	draft->in_part = false;
	if (colon) {
		*colon = '\0';
	}
	part.section = table_find_section(text);
	if (!part.section) {
		tell_unknown_section(draft, line, text, colon != NULL);
		return;
	}
	name_part(draft, &part, colon ? colon + 1 : NULL);
	check_given_twice(draft, &part);
	if (add_target(draft, &part) < 0) {
		return;
	}
	if (array_grow(&parts, draft->part_count, sizeof(part)) < 0) {
		draft_give_up(draft, part.place);
		return;
	}
	draft->parts = parts;
	draft->parts[draft->part_count++] = part;
	draft->in_part = true;
}
