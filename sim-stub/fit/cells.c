#include "fit/cells.h"

#include <math.h>
#include <stdlib.h>

void cells_begin(struct cells *cells)
{
	cells->count = 0;
	cells->number = 0;
	cells->too_long = false;
}

/* The rest of a line that did not fit. */
static void skip_line(FILE *file)
{
	int byte;

	do {
		byte = getc(file);
	} while (byte != EOF && byte != '\n');
}

/* Without its end, "\n" or "\r\n"; the mark of UTF-8 before the first is no part of it. */
static struct slice text_of(const struct cells *cells)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct slice text = slice_of(cells->line, strcspn(cells->line, "\r\n"));

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
	while (fgets(cells->line, sizeof(cells->line), file)) {
		struct slice text;

		cells->number++;
		cells->count = 0;
		cells->too_long = strlen(cells->line) == sizeof(cells->line) - 1 &&
				  !strchr(cells->line, '\n');
		if (cells->too_long) {
			skip_line(file);
			return true;
		}
		text = text_of(cells);
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
