/* Settings, written as the gateway.ini that gives them. */
#include "settings/reader.h"
#include "settings/value.h"
#include "settings/view.h"

#include <stdio.h>

/* Without blanks around the sign where the longest line has no room for them. */
static const char *sign_between(size_t key, size_t value)
{
	return key + value + strlen(" = ") <= READER_LINE_BYTES ? " = " : "=";
}

static void print_parameter(FILE *out, const struct parameter *parameter)
{
	size_t key = strlen(CHANNEL_PREFIX) + parameter->key.size;

	fprintf(out, CHANNEL_PREFIX "%.*s%s%.*s\n", SLICE_ARG(parameter->key),
		sign_between(key, parameter->value.size), SLICE_ARG(parameter->value));
}

static void print_parameters(FILE *out, const struct scenario_config *scenario)
{
	for (size_t i = 0; i < scenario->parameter_count; i++) {
		print_parameter(out, &scenario->parameters[i]);
	}
}

/* A key without a value, or without a meaning here, is a comment. */
static void print_row(FILE *out, const struct row *row, const void *target)
{
	char value[VALUE_TEXT_BYTES];
	bool silent;

	value_print(row, target, value, sizeof(value));
	silent = *value == '\0' && row->kind != VALUE_TEXT;
	if (row->star_only) {
		const struct scenario_config *scenario = target;

		silent = scenario->topology != TOPOLOGY_STAR;
	}
	fprintf(out, "%s%s%s%s\n", silent ? "# " : "", row->key,
		*value ? sign_between(strlen(row->key), strlen(value)) : " =", value);
}

static void print_section(FILE *out, const struct settings *settings, const struct section *section,
			  size_t index)
{
	const void *target = view_target(settings, section->target, index);
	char title[VIEW_TITLE_BYTES];

	view_title(section, view_name(settings, section, index), title, sizeof(title));
	fprintf(out, "\n[%s]\n", title);
	for (size_t i = 0; i < table_row_count; i++) {
		const struct row *row = &table_rows[i];

		if (strcmp(row->section, section->name) != 0 || row->offset == ROW_NOT_STORED) {
			continue;
		}
		if (row->kind == VALUE_CHANNEL) {
			print_parameters(out, target);
		} else {
			print_row(out, row, target);
		}
	}
}

void settings_print(const struct settings *settings, FILE *out)
{
	fputs("# What is in force, defaults and included files among it. What is commented out is\n"
	      "# not set.\n",
	      out);
	for (size_t i = 0; i < table_section_count; i++) {
		size_t count = view_count(settings, &table_sections[i]);

		for (size_t j = 0; j < count; j++) {
			print_section(out, settings, &table_sections[i], j);
		}
	}
}
