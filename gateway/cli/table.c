#include "cli/table.h"

#include "base/utf8.h"

/* Cells are kept as they are printed, each with a NUL behind it; this before one makes it a note.
 * Neither is in an escaped text. */
static const char note_mark = '\n';

void table_begin(struct table *table, const struct table_column *columns, size_t count)
{
	*table = (struct table){.columns = columns, .count = count};
	buf_init(&table->cells);
	for (size_t i = 0; i < count; i++) {
		size_t head = strlen(columns[i].head);

		table->widths[i] = head > columns[i].least ? head : columns[i].least;
	}
}

void table_fini(struct table *table)
{
	if (table->columns) {
		buf_fini(&table->cells);
	}
	*table = (struct table){0};
}

static void put(struct table *table, const void *bytes, size_t size)
{
	table->failed = table->failed || buf_slice(&table->cells).size + size > TABLE_BYTES_MAX ||
			buf_append(&table->cells, bytes, size) < 0;
}

/* Returns how many characters it takes. */
static size_t put_escaped(struct table *table, struct slice text)
{
	size_t characters = 0;

	while (text.size) {
		char unit[UTF8_ESCAPE_MAX];
		size_t taken;
		size_t size = utf8_escape(text, false, unit, &taken);

		put(table, unit, size);
		characters += unit[0] == '\\' ? size : 1;
		text = slice_of(text.data + taken, text.size - taken);
	}
	return characters;
}

/* A row is there as a whole or not at all. */
void table_cell(struct table *table, struct slice text)
{
	size_t size;

	if (table->failed) {
		return;
	}
	size = put_escaped(table, text);
	put(table, "", 1);
	if (size > table->widths[table->at]) {
		table->widths[table->at] = size;
	}
	table->at = (table->at + 1) % table->count;
}

void table_cell_str(struct table *table, const char *text)
{
	table_cell(table, slice_str(text));
}

void table_note(struct table *table, const char *what, struct slice text)
{
	if (!table->failed) {
		put(table, &note_mark, 1);
		(void)put_escaped(table, slice_str(what));
		(void)put_escaped(table, text);
		put(table, "", 1);
	}
}

/* --------------------------------------------------------------------- print */

/* What is widest is cut first. */
static void fit(const struct table *table, size_t widths[TABLE_COLUMNS_MAX], size_t room)
{
	size_t all = table->count - 1;

	for (size_t i = 0; i < table->count; i++) {
		widths[i] = table->widths[i];
		all += widths[i];
	}
	while (room && all > room) {
		size_t widest = table->count;

		for (size_t i = 0; i < table->count; i++) {
			if (table->columns[i].cut && widths[i] > table->columns[i].cut &&
			    (widest == table->count || widths[i] >= widths[widest])) {
				widest = i;
			}
		}
		if (widest == table->count) {
			return;
		}
		widths[widest]--;
		all--;
	}
}

/* The bytes of the first `width` characters, and in *shown how many there are. */
static size_t first_characters(const char *text, size_t width, size_t *shown)
{
	size_t size = 0;

	for (*shown = 0; text[size] && *shown < width; ++*shown) {
		size++;
		while (((unsigned char)text[size] & 0xc0) == 0x80) {
			size++;
		}
	}
	return size;
}

/* `blanks`: that the cells before it have left. */
static void print_cell(FILE *file, const char *text, size_t width, bool right, size_t *blanks)
{
	size_t shown;
	size_t size = first_characters(text, width, &shown);
	bool is_cut = text[size] != '\0';

	if (is_cut) {
		size = first_characters(text, width - 1, &shown);
		shown++;
	}
	if (right) {
		*blanks += width - shown;
	}
	if (shown) {
		(void)fprintf(file, "%*s%.*s%s", (int)*blanks, "", (int)size, text,
			      is_cut ? "\xe2\x80\xa6" : "");
		*blanks = 0;
	}
	*blanks += 1 + (right ? 0 : width - shown);
}

/* Returns what stands behind the row, or the note. */
static const char *print_row(const struct table *table, FILE *file, const size_t *widths,
			     const char *at)
{
	size_t blanks = 0;

	if (*at == note_mark) {
		(void)fprintf(file, "%s\n", at + 1);
		return at + strlen(at) + 1;
	}
	for (size_t i = 0; i < table->count; i++) {
		print_cell(file, at, widths[i], table->columns[i].right, &blanks);
		at += strlen(at) + 1;
	}
	(void)fputc('\n', file);
	return at;
}

void table_print(const struct table *table, FILE *file, size_t columns)
{
	struct slice cells = buf_slice(&table->cells);
	const char *at = (const char *)cells.data;
	size_t widths[TABLE_COLUMNS_MAX], blanks = 0;

	if (table->failed) {
		(void)fputs("there is no memory for the list\n", file);
		return;
	}
	fit(table, widths, columns);
	for (size_t i = 0; i < table->count; i++) {
		print_cell(file, table->columns[i].head, widths[i], table->columns[i].right,
			   &blanks);
	}
	(void)fputc('\n', file);
	while (at && at < (const char *)cells.data + cells.size) {
		at = print_row(table, file, widths, at);
	}
}
