#include "fit/cells.h"

#include <math.h>
#include <stdlib.h>

void cells_begin(struct cells *cells)
{
	cells->count = 0;
	cells->number = 0;
	cells->bytes = 0;
	cells->wrong = NULL;
	cells->endless = NULL;
}

/* Whether the line that is being read may go on. */
static bool within_bounds(struct cells *cells, size_t size)
{
	if (size == CELLS_ENDLESS_BYTES) {
		cells->endless = "the line is longer than 1 MiB";
	} else if (cells->bytes == CELLS_FILE_BYTES) {
		cells->endless = "the file is longer than 1 GiB";
	}
	return !cells->endless;
}

/* One line into `line`, without its "\n"; what does not fit is passed over. False when there is
 * none, or when it is not read to its end. */
static bool read_line(struct cells *cells, FILE *file)
{
	size_t size = 0;
	bool zero = false;
	int byte = getc_unlocked(file);

	if (byte == EOF) {
		return false;
	}
	cells->number++;
	for (; byte != EOF && byte != '\n'; byte = getc_unlocked(file)) {
		if (!within_bounds(cells, size)) {
			return false;
		}
		if (size < CELLS_LINE_BYTES) {
			cells->line[size] = (char)byte;
		}
		zero |= byte == '\0';
		cells->bytes++;
		size++;
	}
	if (!within_bounds(cells, size)) {
		return false;
	}
	cells->bytes++;
	cells->size = size < CELLS_LINE_BYTES ? size : CELLS_LINE_BYTES;
	cells->wrong = size > CELLS_LINE_BYTES ? "the line is too long"
		       : zero		       ? "the line has a byte of 0"
					       : NULL;
	return !ferror(file);
}

/* Without the '\r' at its end; the mark of UTF-8 before the first is no part of it. */
static struct slice text_of(const struct cells *cells)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct slice text = slice_of(cells->line, cells->size);

	if (text.size && text.data[text.size - 1] == '\r') {
		text.size--;
	}
	if (cells->number == 1 && text.size >= 3 && memcmp(text.data, mark, 3) == 0) {
		text = slice_of(text.data + 3, text.size - 3);
	}
	return text;
}

/* Where the cell at the front ends: at the first comma that is not within quotes. */
static size_t cell_size(struct slice text)
{
	bool quoted = false;
	size_t size = 0;

	while (size < text.size && (quoted || text.data[size] != ',')) {
		quoted ^= text.data[size] == '"';
		size++;
	}
	return size;
}

static struct slice bare(struct slice cell)
{
	cell = slice_trim(cell);
	if (cell.size >= 2 && cell.data[0] == '"' && cell.data[cell.size - 1] == '"') {
		cell = slice_trim(slice_of(cell.data + 1, cell.size - 2));
	}
	return cell;
}

static void cut(struct cells *cells, struct slice text)
{
	cells->count = 0;
	while (cells->count < CELLS_MAX) {
		size_t size = cell_size(text);

		cells->at[cells->count++] = bare(slice_of(text.data, size));
		if (size == text.size) {
			return;
		}
		text = slice_of(text.data + size + 1, text.size - size - 1);
	}
}

bool cells_next(struct cells *cells, FILE *file)
{
	while (read_line(cells, file)) {
		struct slice text = text_of(cells);

		cells->count = 0;
		if (cells->wrong) {
			return true;
		}
		if (slice_trim(text).size) {
			cut(cells, text);
			return true;
		}
	}
	return false;
}

/* strtod alone would take hexadecimal numbers, "inf" and "nan". */
bool cells_number(struct slice cell, double *number)
{
	char digits[64];
	char *end;

	if (cell.size == 0 || cell.size >= sizeof(digits)) {
		return false;
	}
	memcpy(digits, cell.data, cell.size);
	digits[cell.size] = '\0';
	if (strspn(digits, "+-.0123456789eE") != cell.size) {
		return false;
	}
	*number = strtod(digits, &end);
	return *end == '\0' && isfinite(*number);
}
