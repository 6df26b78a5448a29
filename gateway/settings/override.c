/* Keys that are given beside the files, as "SECTION.KEY=VALUE": each goes by the same row of the
 * table, and the same checks, as if it stood in its section instead of what stands there.
 *
 * KEY is what stands behind the last dot, since a NAME may have dots. A channel.* key, which may
 * have some too, begins at the first ".channel." of a scenario. */
#include "settings/draft.h"

#include "base/array.h"
#include "base/utf8.h"
#include "settings/view.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static const char option[] = "--set ";

/* One override, taken apart in memory of the caller's. */
struct words {
	char *section; /* without its name */
	char *name;    /* what stands behind the colon; NULL: there is none */
	char *key, *value;
};

/* ------------------------------------------------------------ taken apart */

/* Without blanks at both ends. */
static char *trim(char *text)
{
	size_t size;

	while (isspace((unsigned char)*text)) {
		text++;
	}
	size = strlen(text);
	while (size && isspace((unsigned char)text[size - 1])) {
		size--;
	}
	text[size] = '\0';
	return text;
}

static char *find_dot(char *path)
{
	static const char scenario[] = "scenario:", channel[] = "." CHANNEL_PREFIX;
	char *dot = strncmp(path, scenario, strlen(scenario)) == 0 ? strstr(path, channel) : NULL;

	return dot ? dot : strrchr(path, '.');
}

/* Cuts `text` into words. 0, or -1 when it has not the form. */
static int split(char *text, struct words *words)
{
	char *equals = strchr(text, '='), *dot, *colon;

	if (!equals) {
		return -1;
	}
	*equals = '\0';
	words->value = trim(equals + 1);
	words->section = trim(text);
	dot = find_dot(words->section);
	if (!dot || dot == words->section || !dot[1]) {
		return -1;
	}
	*dot = '\0';
	words->key = dot + 1;
	colon = strchr(words->section, ':');
	words->name = colon ? colon + 1 : NULL;
	if (colon) {
		*colon = '\0';
	}
	return 0;
}

/* ------------------------------------------------------------ its section */

static struct part *find_part(struct draft *draft, const struct section *section, const char *name)
{
	for (size_t i = 0; i < draft->part_count; i++) {
		struct part *part = &draft->parts[i];

		if (part->section == section && !part->misnamed && strcmp(part->name, name) == 0) {
			return part;
		}
	}
	return NULL;
}

/* As if it stood in a file. The part, or NULL, told. */
static struct part *begin_part(struct draft *draft, const struct words *words)
{
	size_t before = draft->part_count;

	if (words->name) {
		words->name[-1] = ':';
	}
	draft_take_section(draft, 0, words->section);
	return draft->part_count > before ? &draft->parts[before] : NULL;
}

static void tell_missing(struct draft *draft, const struct section *section, const char *name)
{
	char title[VIEW_TITLE_BYTES], known[768];

	if (draft->incomplete) {
		return; /* it may stand in the file that was not read */
	}
	draft_name_known(draft->settings, section, name, known, sizeof(known));
	view_title(section, name, title, sizeof(title));
	report_mistake(&draft->report, 0, "there is no [%s]%s", title, known);
}

/* A section that stands in no file: [limits], say, is there all the same, and so is [simulator] in
 * files that say nothing of simulators. One with a name is not, and most likely misspelt. */
static struct part *part_for(struct draft *draft, const struct words *words)
{
	const struct section *section = table_find_section(words->section);
	struct part *part;

	if (!section) {
		return begin_part(draft, words); /* which tells what is wrong */
	}
	if (words->name && section->naming == NAMING_NONE) {
		report_mistake(&draft->report, 0, "[%s] takes no name", section->name);
		return NULL;
	}
	part = find_part(draft, section, words->name ? words->name : "");
	if (part) {
		return part;
	}
	if (section->naming == NAMING_NONE || (section->naming == NAMING_OPTIONAL && !words->name &&
					       view_count(draft->settings, section) == 0)) {
		return begin_part(draft, words);
	}
	tell_missing(draft, section, words->name ? words->name : "");
	return NULL;
}

/* -------------------------------------------------------------- its value */

/* Where the parameter of this name is, which may be a new place. NULL when memory is out. */
static struct parameter *parameter_at(struct scenario_config *scenario, size_t at, const char *key)
{
	void *parameters = scenario->parameters;
	char *name;

	if (at < scenario->parameter_count) {
		return &scenario->parameters[at];
	}
	name = strdup(key);
	if (!name || array_grow(&parameters, at, sizeof(struct parameter)) < 0) {
		free(name);
		return NULL;
	}
	scenario->parameters = parameters;
	scenario->parameter_count++;
	scenario->parameters[at].key = slice_of(name, strlen(name));
	return &scenario->parameters[at];
}

static void set_parameter(struct draft *draft, struct scenario_config *scenario,
			  const struct words *words)
{
	const char *key = words->key + strlen(CHANNEL_PREFIX);
	size_t at = 0;
	struct parameter *parameter;
	char *value;

	while (at < scenario->parameter_count &&
	       !slice_equal(scenario->parameters[at].key, slice_str(key))) {
		at++;
	}
	if (!draft_check_parameter(draft, 0, words->key, words->value) ||
	    (at == scenario->parameter_count && !draft_has_room(draft, 0, scenario))) {
		return;
	}
	value = strdup(words->value);
	parameter = value ? parameter_at(scenario, at, key) : NULL;
	if (!parameter) {
		free(value);
		draft_give_up(draft, (struct place){.file = draft->report.file});
		return;
	}
	free((void *)(uintptr_t)parameter->value.data);
	parameter->value = slice_of(value, strlen(value));
}

static bool is_again(const struct draft *draft, size_t number)
{
	for (size_t i = 0; i < number; i++) {
		if (strcmp(draft->overrides[i].where, draft->overrides[number].where) == 0) {
			return true;
		}
	}
	return false;
}

static void apply(struct draft *draft, size_t number, const struct words *words)
{
	struct part *part = part_for(draft, words);
	const struct row *row = part ? table_find_row(part->section->name, words->key) : NULL;

	if (!part) {
		return;
	}
	part->overrides = draft->overrides;
	if (!row) {
		draft_tell_unknown_key(draft, 0, part->section->name, words->key);
	} else if (row->kind == VALUE_INCLUDE) {
		report_mistake(&draft->report, 0, "%s can only stand in a file", row->key);
	} else if (is_again(draft, number)) {
		report_mistake(&draft->report, 0, "is given twice");
	} else if (row->kind == VALUE_CHANNEL) {
		set_parameter(draft, draft_target(draft, part), words);
	} else {
		draft_set_value(draft, part, row, -(int)number - 1, words->value);
	}
}

/* -------------------------------------------------------------------- all */

/* "--set " and what stands before the equals sign. NULL when memory is out. */
static char *name_place(const char *text)
{
	size_t size = strcspn(text, "=");
	char *path = strndup(text, size < READER_LINE_BYTES ? size : READER_LINE_BYTES);
	char *where = path ? malloc(strlen(option) + strlen(path) + 1) : NULL;

	if (where) {
		(void)sprintf(where, "%s%s", option, trim(path));
	}
	free(path);
	return where;
}

static void take(struct draft *draft, size_t number, const char *text)
{
	char copy[READER_LINE_BYTES + 1];
	struct words words;

	draft->report.file = draft->overrides[number].where;
	if (strlen(text) > READER_LINE_BYTES) {
		report_mistake(&draft->report, 0, "is longer than %d bytes", READER_LINE_BYTES);
		return;
	}
	if (!utf8_is_printable(slice_str(text))) {
		report_mistake(&draft->report, 0,
			       "has bytes that are not text; must be UTF-8 without control "
			       "characters");
		return;
	}
	memcpy(copy, text, strlen(text) + 1);
	if (split(copy, &words) < 0) {
		report_mistake(&draft->report, 0,
			       "must be SECTION.KEY=VALUE, for example --set "
			       "listen:drones.address=127.0.0.1:0");
		return;
	}
	apply(draft, number, &words);
}

void draft_override(struct draft *draft, const struct settings_source *source)
{
	const char *before = draft->report.file;

	if (!source->override_count) {
		return;
	}
	draft->overrides = calloc(source->override_count, sizeof(*draft->overrides));
	for (size_t i = 0; i < source->override_count && !draft->broken; i++) {
		char *where = draft->overrides ? name_place(source->overrides[i]) : NULL;

		if (!where) {
			draft_give_up(draft, (struct place){.file = before});
			break;
		}
		draft->overrides[i].where = where;
		draft->override_count++;
		take(draft, i, source->overrides[i]);
	}
	draft->report.file = before;
}
