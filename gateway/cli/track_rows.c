#include "cli/track_rows.h"

void track_rows_init(struct track_rows *rows, FILE *file)
{
	rows->file = file;
	rows->line = rows->read = 0;
	rows->count = rows->size = 0;
	rows->why = "";
}

static int refuse(struct track_rows *rows, const char *why)
{
	rows->why = why;
	return -1;
}

static int keep(struct track_rows *rows, int c)
{
	if (c == '\0') {
		return refuse(rows, "has a NUL byte: is this a text file?");
	}
	if (rows->size >= sizeof(rows->text) - 1) {
		return refuse(rows, "is longer than 64 KiB: is a quote left open?");
	}
	rows->text[rows->size++] = (char)c;
	return 0;
}

/* The text from `start` on is a field. */
static int end_field(struct track_rows *rows, size_t start)
{
	if (rows->count == TRACK_ROWS_FIELDS_MAX) {
		return refuse(rows, "has more than 256 columns");
	}
	if (rows->size >= sizeof(rows->text)) {
		return refuse(rows, "is longer than 64 KiB");
	}
	rows->fields[rows->count++] = slice_of(rows->text + start, rows->size - start);
	rows->text[rows->size++] = '\0';
	return 0;
}

/* The rest of a quoted field. The character behind it, or -2 when refused. */
static int read_quoted(struct track_rows *rows)
{
	for (;;) {
		int c = getc(rows->file);

		if (c == EOF) {
			(void)refuse(rows, "a quoted field is not closed");
			return -2;
		}
		if (c == '"') {
			c = getc(rows->file);
			if (c != '"') {
				return c;
			}
		} else if (c == '\n') {
			rows->read++;
		}
		if (keep(rows, c) < 0) {
			return -2;
		}
	}
}

/* The rest of a field that begins with `c`. As read_quoted. */
static int read_plain(struct track_rows *rows, int c)
{
	while (c != EOF && c != ',' && c != '\n' && c != '\r') {
		if (c == '"') {
			(void)refuse(rows, "a quote stands inside a field that is not quoted");
			return -2;
		}
		if (keep(rows, c) < 0) {
			return -2;
		}
		c = getc(rows->file);
	}
	return c;
}

/* What ended the field: ',', '\n' or EOF; -2 when refused. */
static int read_field(struct track_rows *rows, int c)
{
	size_t start = rows->size;
	bool quoted = c == '"';

	c = quoted ? read_quoted(rows) : read_plain(rows, c);
	if (c == '\r') {
		c = getc(rows->file);
		if (c != '\n' && c != EOF) {
			(void)refuse(rows, "a carriage return stands alone");
			return -2;
		}
	}
	if (c != -2 && c != ',' && c != '\n' && c != EOF) {
		(void)refuse(rows, "something stands behind a closing quote");
		return -2;
	}
	return c == -2 || end_field(rows, start) < 0 ? -2 : c;
}

static int first_of_row(struct track_rows *rows)
{
	int c = getc(rows->file);

	if (rows->read == 0 && c == 0xef) { /* UTF-8 byte order mark: EF BB BF */
		(void)getc(rows->file);
		(void)getc(rows->file);
		c = getc(rows->file);
	}
	while (c == '\n' || c == '\r') {
		rows->read += c == '\n';
		c = getc(rows->file);
	}
	return c;
}

int track_rows_next(struct track_rows *rows)
{
	int c = first_of_row(rows);

	rows->count = rows->size = 0;
	if (c == EOF) {
		return 0;
	}
	rows->line = ++rows->read;
	c = read_field(rows, c);
	while (c == ',') {
		c = read_field(rows, getc(rows->file));
	}
	return c == -2 ? -1 : 1;
}
