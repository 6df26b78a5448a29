/* The reference: the table, written as a gateway.ini. */
#include "settings/table.h"
#include "settings/value.h"

#include <inttypes.h>

enum { WIDTH = 78 };

/* Comment lines, broken at blanks. */
static void print_wrapped(FILE *out, const char *text)
{
	const size_t room = WIDTH - 2;

	while (*text) {
		size_t size = strlen(text);

		if (size > room) {
			for (size = room; size && text[size] != ' '; size--) {
			}
			size = size ? size : strcspn(text, " ");
		}
		fprintf(out, "# %.*s\n", (int)size, text);
		text += size;
		text += strspn(text, " ");
	}
}

/* The default as it would be written; "" when there is none. */
static void print_default(const struct row *row, char *text, size_t cap)
{
	struct settings settings;

	(void)snprintf(text, cap, "%s", row->preset ? row->preset : "");
	if (row->limit) {
		settings.limits = limits_default();
		(void)snprintf(text, cap, "%" PRIu64, value_number(row, &settings));
	}
}

static void print_row(FILE *out, const struct row *row)
{
	char allowed[256], text[1024], value[256];
	bool channel = row->kind == VALUE_CHANNEL;
	const char *shown;

	print_default(row, value, sizeof(value));
	value_describe(row, allowed, sizeof(allowed));
	shown = *value ? value : "none";
	(void)snprintf(text, sizeof(text), "Value: %s. %s%s%s", allowed,
		       row->required ? "Required" : "Default: ", row->required ? "" : shown, ".");
	fputs("\n", out);
	print_wrapped(out, row->help);
	print_wrapped(out, text);
	fprintf(out, "%s%s = %s\n", row->required ? "" : "# ", channel ? "channel.model" : row->key,
		row->example ? row->example : value);
}

void settings_print_reference(FILE *out)
{
	print_wrapped(out,
		      "Every key of gateway.ini. What is commented out shows its default, or an "
		      "example where there is none. A comment starts its line with # or ;.");
	for (size_t i = 0; i < table_section_count; i++) {
		const struct section *section = &table_sections[i];

		fputs("\n", out);
		print_wrapped(out, section->help);
		fprintf(out, "[%s%s%s]\n", section->name, section->named ? ":" : "",
			section->named ? section->example : "");
		for (size_t j = 0; j < table_row_count; j++) {
			if (strcmp(table_rows[j].section, section->name) == 0) {
				print_row(out, &table_rows[j]);
			}
		}
	}
}
