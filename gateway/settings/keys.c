/* Keys: each fills its place in the settings. */
#include "settings/draft.h"

#include "base/array.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "settings/path.h"
#include "settings/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { WHY_BYTES = 512 };

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

static bool parameter_key_valid(const char *key)
{
	size_t size = strlen(key);

	return size >= 1 && size <= PARAMETER_KEY_BYTES &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       size;
}

/* What a channel.* key was written as with a slip in front of its dot; NULL when it is
 * none. */
static const char *misspelt_parameter(const char *section, const char *key)
{
	static const char prefix[] = CHANNEL_PREFIX;
	size_t size = strcspn(key, ".");
	struct suggestion best = {0};
	char word[sizeof(prefix)] = "";

	memcpy(word, prefix, strlen(prefix) - 1); /* without its dot */
	suggest_consider(&best, slice_of(key, size), word);
	return best.name && table_find_row(section, prefix) && key[size] == '.' &&
			       parameter_key_valid(key + size + 1)
		       ? key + size + 1
		       : NULL;
}

void draft_tell_unknown_key(struct draft *draft, int line, const char *section, const char *key)
{
	const char *home = find_home(section, key);
	const char *parameter = misspelt_parameter(section, key);
	struct suggestion best = {0};
	char known[1024] = "", meant[128] = "";
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
	if (parameter) {
		(void)snprintf(meant, sizeof(meant), "did you mean " CHANNEL_PREFIX "%s? ",
			       parameter);
	} else if (home) {
		(void)snprintf(meant, sizeof(meant), "it belongs in [%s%s]; ", home,
			       section_name_part(table_find_section(home)));
	} else if (best.name) {
		(void)snprintf(meant, sizeof(meant), "did you mean %s? ", best.name);
	}
	report_mistake(&draft->report, line, "unknown key %s in [%s%s]; %sthere are %s",
		       quote(key).text, section, section_name_part(table_find_section(section)),
		       meant, known);
}

static void tell_key_twice(struct draft *draft, int line, const char *key, int first)
{
	report_mistake(&draft->report, line, "%s is given twice; first on line %d", quote(key).text,
		       first);
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
	struct place place = {.file = draft->report.file, .line = line};
	struct parameter *parameter;

	if (array_grow(&parameters, count, sizeof(*parameter)) < 0) {
		draft_give_up(draft, place);
		return;
	}
	scenario->parameters = parameters;
	if (array_grow(&lines, count, sizeof(int)) < 0) {
		draft_give_up(draft, place);
		return;
	}
	draft->parameter_lines = lines;
	draft->parameter_lines[count] = line;
	parameter = &scenario->parameters[count];
	*parameter = (struct parameter){.key = copy(key), .value = copy(value)};
	scenario->parameter_count++;
	if (!parameter->key.data || !parameter->value.data) {
		draft_give_up(draft, place);
	}
}

bool draft_check_parameter(struct draft *draft, int line, const char *full_key, const char *value)
{
	if (!parameter_key_valid(full_key + strlen(CHANNEL_PREFIX))) {
		report_mistake(&draft->report, line,
			       "%s: after \"" CHANNEL_PREFIX
			       "\" come 1 to %d letters, digits, dots, "
			       "underscores or hyphens",
			       quote(full_key).text, PARAMETER_KEY_BYTES);
		return false;
	}
	if (!utf8_is_printable(slice_str(value))) {
		report_mistake(&draft->report, line,
			       "%s = %s has bytes that are not text; must be UTF-8 without control "
			       "characters",
			       full_key, quote(value).text);
		return false;
	}
	return true;
}

bool draft_has_room(struct draft *draft, int line, const struct scenario_config *scenario)
{
	if (scenario->parameter_count == PARAMETERS_MAX) {
		report_mistake(&draft->report, line, "more than %d " CHANNEL_PREFIX "* keys",
			       PARAMETERS_MAX);
		return false;
	}
	return true;
}

static void take_parameter(struct draft *draft, struct scenario_config *scenario, int line,
			   const char *full_key, const char *value)
{
	const char *key = full_key + strlen(CHANNEL_PREFIX);

	if (!draft_check_parameter(draft, line, full_key, value)) {
		return;
	}
	for (size_t i = 0; i < scenario->parameter_count; i++) {
		if (slice_equal(scenario->parameters[i].key, slice_str(key))) {
			tell_key_twice(draft, line, full_key, draft->parameter_lines[i]);
			return;
		}
	}
	if (draft_has_room(draft, line, scenario)) {
		add_parameter(draft, scenario, line, key, value);
	}
}

/* As value_parse, for what stands in the file that is being read. */
static int parse_value(const struct draft *draft, const struct row *row, const char *value,
		       void *target, char *why, size_t cap)
{
	char path[PATH_MAX_BYTES + 1];

	if (row->kind == VALUE_PATH && *value) {
		if (path_from(draft->report.file, value, path, sizeof(path)) < 0) {
			(void)snprintf(why, cap, "cannot be made absolute, in at most %d bytes: %s",
				       PATH_MAX_BYTES, strerror(errno));
			return -1;
		}
		value = path;
	}
	return value_parse(row, value, target, why, cap);
}

void draft_set_value(struct draft *draft, struct part *part, const struct row *row, int line,
		     const char *value)
{
	size_t index = table_row_index(row);
	char why[WHY_BYTES];

	part->lines[index] = line;
	part->bad[index] =
		parse_value(draft, row, value, draft_target(draft, part), why, sizeof(why)) < 0;
	if (part->bad[index]) {
		report_mistake(&draft->report, line > 0 ? line : 0, "%s = %s %s%s", row->key,
			       quote(value).text, why, value_comment_hint(value));
	}
}

static void take_value(struct draft *draft, struct part *part, const struct row *row, int line,
		       const char *value)
{
	size_t index = table_row_index(row);

	if (part->lines[index]) {
		tell_key_twice(draft, line, row->key, part->lines[index]);
	} else {
		draft_set_value(draft, part, row, line, value);
	}
}

static void take_include(struct draft *draft, const struct row *row, int line, const char *value)
{
	struct place place = {.file = draft->report.file, .line = line};
	void *wishes = draft->wishes;
	struct wish *wish;

	if (!*value || !utf8_is_printable(slice_str(value))) {
		report_mistake(&draft->report, line, "%s = %s names no file; for example: %s = %s",
			       row->key, quote(value).text, row->key, row->example);
		draft->incomplete = true;
		return;
	}
	if (array_grow(&wishes, draft->wish_count, sizeof(*wish)) < 0) {
		draft_give_up(draft, place);
		return;
	}
	draft->wishes = wishes;
	wish = &draft->wishes[draft->wish_count++];
	*wish = (struct wish){.pattern = strdup(value), .place = place};
	if (!wish->pattern) {
		draft_give_up(draft, place);
	}
}

/* An included file may include others, but the gateway as a whole is described in
 * the first. */
static bool is_for_the_first(struct draft *draft, const struct row *row, int line)
{
	if (draft_in_first_file(draft) || row->kind == VALUE_INCLUDE ||
	    !table_find_row(row->section, "include")) {
		return false;
	}
	report_mistake(&draft->report, line,
		       "%s belongs in the [%s] of %s; that of an included file has only include",
		       row->key, row->section, draft->sources[0].path);
	return true;
}

static void take_key(struct draft *draft, struct part *part, int line, const char *key,
		     const char *value)
{
	const struct row *row = table_find_row(part->section->name, key);

	if (!row) {
		draft_tell_unknown_key(draft, line, part->section->name, key);
	} else if (is_for_the_first(draft, row, line)) {
		return;
	} else if (row->kind == VALUE_INCLUDE) {
		take_include(draft, row, line, value);
	} else if (row->kind == VALUE_CHANNEL) {
		take_parameter(draft, draft_target(draft, part), line, key, value);
	} else {
		take_value(draft, part, row, line, value);
	}
}

void draft_take_value(void *ctx, int line, const char *key, const char *value)
{
	struct draft *draft = ctx;

	if (draft->in_part && draft->part_count) {
		take_key(draft, &draft->parts[draft->part_count - 1], line, key, value);
	} else if (!draft->any_section) {
		report_mistake(&draft->report, line, "%s stands before the first [section]",
			       quote(key).text);
	}
}
