/* The reference: the table, written as a gateway.ini. */
#include "settings/table.h"
#include "settings/value.h"

#include <stdio.h>

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

/* What is so when the key is not given. */
static const char *default_of(const struct row *row)
{
	if (row->inherits) {
		return row->inherits;
	}
	return row->preset && *row->preset ? row->preset : "none";
}

static void print_row(FILE *out, const struct row *row)
{
	char allowed[256], text[1024];
	bool channel = row->kind == VALUE_CHANNEL;

	value_describe(row, allowed, sizeof(allowed));
	(void)snprintf(
		text, sizeof(text), "Value: %s. %s%s.%s", allowed,
		row->required ? "Required" : "Default: ", row->required ? "" : default_of(row),
		row->reloadable ? "" : " A change needs a restart.");
	fputs("\n", out);
	print_wrapped(out, row->help);
	print_wrapped(out, text);
	fprintf(out, "%s%s = %s\n", row->required ? "" : "# ", channel ? "channel.model" : row->key,
		row->example ? row->example : row->preset);
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
		fprintf(out, "[%s%s%s]\n", section->name, section->example ? ":" : "",
			section->example ? section->example : "");
		for (size_t j = 0; j < table_row_count; j++) {
			if (strcmp(table_rows[j].section, section->name) == 0) {
				print_row(out, &table_rows[j]);
			}
		}
	}
}
