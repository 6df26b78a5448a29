/* From lines to settings: sections open parts of the draft, keys fill them. */
#include "settings/draft.h"

#include "base/suggest.h"

#include "base/utf8.h"
#include "core/name.h"
#include "settings/value.h"

#include <stdlib.h>

enum {
	WHY_BYTES = 512,
	PARAMETERS_MAX = 256, /* channel.* keys of one scenario */
	PARAMETER_KEY_BYTES = 64,
};

const struct part *draft_find(const struct draft *draft, const char *section)
{
	for (size_t i = 0; i < draft->part_count; i++) {
		if (strcmp(draft->parts[i].section->name, section) == 0) {
			return &draft->parts[i];
		}
	}
	return NULL;
}

void *draft_target(const struct draft *draft, const struct part *part)
{
	switch (part->section->target) {
	case TARGET_LISTENER:
		return &draft->settings->listeners[part->index];
	case TARGET_SIMULATOR:
		return &draft->settings->simulators[part->index];
	case TARGET_SCENARIO:
		return &draft->settings->scenarios[part->index];
	case TARGET_SETTINGS:
		break;
	}
	return draft->settings;
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

/* One element more, zeroed, at the end of *array; -1 when memory is out. */
static int grow(void **array, size_t count, size_t size)
{
	void *grown = reallocarray(*array, count + 1, size);

	if (!grown) {
		return -1;
	}
	*array = grown;
	memset((char *)grown + count * size, 0, size);
	return 0;
}

static void give_up(struct draft *draft, int line)
{
	if (!draft->out_of_memory) {
		report_mistake(&draft->report, line, "out of memory");
	}
	draft->out_of_memory = true;
	draft->in_part = false;
}

/* --------------------------------------------------------------- sections */

static void tell_unknown_section(struct draft *draft, int line, const char *name)
{
	struct suggestion best = {0};
	char known[256] = "", meant[64] = "";
	size_t at = 0;

	for (size_t i = 0; i < table_section_count; i++) {
		const struct section *section = &table_sections[i];

		suggest_consider(&best, slice_str(name), section->name);
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s[%s%s]", i ? ", " : "",
				       section->name, section->named ? ":NAME" : "");
	}
	if (best.name) {
		(void)snprintf(meant, sizeof(meant), "did you mean [%s%s]? ", best.name,
			       table_find_section(best.name)->named ? ":NAME" : "");
	}
	report_mistake(&draft->report, line, "unknown section %s; %sthere are %s", quote(name).text,
		       meant, known);
}

static void check_given_twice(struct draft *draft, const struct part *part)
{
	for (size_t i = 0; i < draft->part_count; i++) {
		const struct part *other = &draft->parts[i];

		if (other->section == part->section && !other->misnamed && !part->misnamed &&
		    strcmp(other->name, part->name) == 0) {
			report_mistake(&draft->report, part->line,
				       "section [%s%s%s] is given twice; first on line %d",
				       part->section->name, part->section->named ? ":" : "",
				       part->name, other->line);
			return;
		}
	}
}

/* Checks the NAME of [section:NAME]; `given` is NULL when there was no colon. */
static void name_part(struct draft *draft, struct part *part, const char *given)
{
	const char *section = part->section->name;

	if (!part->section->named) {
		if (given) {
			report_mistake(&draft->report, part->line, "[%s] takes no name; here: %s",
				       section, quote(given).text);
		}
		return;
	}
	if (given && name_valid(slice_str(given))) {
		memcpy(part->name, given, strlen(given) + 1);
		return;
	}
	part->misnamed = true;
	report_mistake(&draft->report, part->line,
		       "[%s:NAME] needs a NAME of 1 to %d letters, digits, dots, underscores or "
		       "hyphens; here: %s",
		       section, NAME_MAX_BYTES, quote(given ? given : "").text);
}

static int add_listener(struct draft *draft, struct part *part)
{
	struct settings *settings = draft->settings;
	struct listener_settings *listener;

	if (settings->listener_count == SETTINGS_MAX_LISTENERS) {
		report_mistake(&draft->report, part->line, "more than %d [listen:NAME] sections",
			       SETTINGS_MAX_LISTENERS);
		return -1;
	}
	part->index = settings->listener_count++;
	listener = &settings->listeners[part->index];
	memcpy(listener->name, part->name, sizeof(part->name));
	draft_preset(TARGET_LISTENER, listener);
	return 0;
}

static int add_scenario(struct draft *draft, struct part *part)
{
	struct settings *settings = draft->settings;
	void *scenarios = settings->scenarios;
	struct scenario_config *scenario;

	if (grow(&scenarios, settings->scenario_count, sizeof(*scenario)) < 0) {
		give_up(draft, part->line);
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
		return 0; /* the one there is */
	case TARGET_SCENARIO:
		return add_scenario(draft, part);
	case TARGET_SETTINGS:
		break;
	}
	return 0;
}

static void on_section(void *ctx, int line, char *text)
{
	struct draft *draft = ctx;
	char *colon = strchr(text, ':');
	struct part part = {.line = line};
	void *parts = draft->parts;

	draft->any_section = true;
	draft->in_part = false;
	if (colon) {
		*colon = '\0';
	}
	part.section = table_find_section(text);
	if (!part.section) {
		tell_unknown_section(draft, line, text);
		return;
	}
	name_part(draft, &part, colon ? colon + 1 : NULL);
	check_given_twice(draft, &part);
	if (add_target(draft, &part) < 0) {
		return;
	}
	if (grow(&parts, draft->part_count, sizeof(part)) < 0) {
		give_up(draft, line);
		return;
	}
	draft->parts = parts;
	draft->parts[draft->part_count++] = part;
	draft->in_part = true;
}

/* ------------------------------------------------------------------- keys */

/* The section that has `key`, when it is not this one. */
static const char *find_home(const char *section, const char *key)
{
	for (size_t i = 0; i < table_section_count; i++) {
		const char *name = table_sections[i].name;

		if (strcmp(name, section) != 0 && table_find_row(name, key)) {
			return name;
		}
	}
	return NULL;
}

static void tell_unknown_key(struct draft *draft, int line, const char *section, const char *key)
{
	const char *home = find_home(section, key);
	struct suggestion best = {0};
	char known[640] = "", meant[128] = "";
	size_t at = 0;

	for (size_t i = 0; i < table_row_count; i++) {
		const struct row *row = &table_rows[i];

		if (strcmp(row->section, section) != 0) {
			continue;
		}
		suggest_consider(&best, slice_str(key), row->key);
		if (at < sizeof(known)) {
			at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
					       at ? ", " : "", row->key);
		}
	}
	if (home) {
		(void)snprintf(meant, sizeof(meant), "it belongs in [%s%s]; ", home,
			       table_find_section(home)->named ? ":NAME" : "");
	} else if (best.name) {
		(void)snprintf(meant, sizeof(meant), "did you mean %s? ", best.name);
	}
	report_mistake(&draft->report, line, "unknown key %s in [%s%s]; %sthere are %s",
		       quote(key).text, section, table_find_section(section)->named ? ":NAME" : "",
		       meant, known);
}

static void tell_key_twice(struct draft *draft, int line, const char *key, int first)
{
	report_mistake(&draft->report, line, "%s is given twice; first on line %d", quote(key).text,
		       first);
}

static bool parameter_key_valid(const char *key)
{
	size_t size = strlen(key);

	return size >= 1 && size <= PARAMETER_KEY_BYTES &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       size;
}

static struct slice copy(const char *text)
{
	size_t size = strlen(text);

	return slice_of(strdup(text), size);
}

/* The parameter's line in the file is kept for as long as its scenario is the last. */
static void add_parameter(struct draft *draft, struct scenario_config *scenario, int line,
			  const char *key, const char *value)
{
	size_t count = scenario->parameter_count;
	void *parameters = scenario->parameters, *lines = draft->parameter_lines;
	struct parameter *parameter;

	if (grow(&parameters, count, sizeof(*parameter)) < 0) {
		give_up(draft, line);
		return;
	}
	scenario->parameters = parameters;
	if (grow(&lines, count, sizeof(int)) < 0) {
		give_up(draft, line);
		return;
	}
	draft->parameter_lines = lines;
	draft->parameter_lines[count] = line;
	parameter = &scenario->parameters[count];
	*parameter = (struct parameter){.key = copy(key), .value = copy(value)};
	scenario->parameter_count++;
	if (!parameter->key.data || !parameter->value.data) {
		give_up(draft, line);
	}
}

static void take_parameter(struct draft *draft, struct scenario_config *scenario, int line,
			   const char *full_key, const char *value)
{
	const char *key = full_key + strlen(CHANNEL_PREFIX);

	if (!parameter_key_valid(key)) {
		report_mistake(&draft->report, line,
			       "%s: after \"" CHANNEL_PREFIX
			       "\" come 1 to %d letters, digits, dots, "
			       "underscores or hyphens",
			       quote(full_key).text, PARAMETER_KEY_BYTES);
		return;
	}
	if (!utf8_is_printable(slice_str(value))) {
		report_mistake(&draft->report, line,
			       "%s = %s has bytes that are not text; must be UTF-8 without control "
			       "characters",
			       full_key, quote(value).text);
		return;
	}
	for (size_t i = 0; i < scenario->parameter_count; i++) {
		if (slice_equal(scenario->parameters[i].key, slice_str(key))) {
			tell_key_twice(draft, line, full_key, draft->parameter_lines[i]);
			return;
		}
	}
	if (scenario->parameter_count == PARAMETERS_MAX) {
		report_mistake(&draft->report, line, "more than %d " CHANNEL_PREFIX "* keys",
			       PARAMETERS_MAX);
		return;
	}
	add_parameter(draft, scenario, line, key, value);
}

static void take_value(struct draft *draft, struct part *part, const struct row *row, int line,
		       const char *value)
{
	size_t index = table_row_index(row);
	char why[WHY_BYTES];

	if (part->lines[index]) {
		tell_key_twice(draft, line, row->key, part->lines[index]);
		return;
	}
	part->lines[index] = line;
	if (value_parse(row, value, draft_target(draft, part), why, sizeof(why)) < 0) {
		part->bad[index] = true;
		report_mistake(&draft->report, line, "%s = %s %s", row->key, quote(value).text,
			       why);
	}
}

static void on_value(void *ctx, int line, const char *key, const char *value)
{
	struct draft *draft = ctx;
	struct part *part = draft->part_count ? &draft->parts[draft->part_count - 1] : NULL;
	const struct row *row;

	if (draft->in_part && part) {
		row = table_find_row(part->section->name, key);
		if (!row) {
			tell_unknown_key(draft, line, part->section->name, key);
		} else if (row->kind == VALUE_CHANNEL) {
			take_parameter(draft, draft_target(draft, part), line, key, value);
		} else {
			take_value(draft, part, row, line, value);
		}
	} else if (!draft->any_section) {
		report_mistake(&draft->report, line, "%s stands before the first [section]",
			       quote(key).text);
	}
}

const struct reader_ops draft_reader = {.section = on_section, .value = on_value};
