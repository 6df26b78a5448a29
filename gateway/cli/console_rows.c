#include "cli/console_rows.h"

#include <wctype.h>

enum { TAB_COLUMNS = 8 };

static void next_row(struct console_spot *spot)
{
	spot->row++;
	spot->column = 0;
}

/* The columns that a character takes; a tab's and an end of line's are not these. */
static size_t width_of(wchar_t character)
{
	int width;

	if (character < 0x100 && iswcntrl((wint_t)character)) {
		return 2; /* ^X */
	}
	if (!iswprint((wint_t)character)) {
		return character > 0xffff ? 8 : 7; /* \U+XXXX */
	}
	width = wcwidth(character);
	return width > 0 ? (size_t)width : 0;
}

static void walk_columns(struct console_spot *spot, size_t width, size_t columns)
{
	/* one that is wide goes to the next row as a whole; \U+XXXX is written in single ones */
	if (width == 2 && spot->column + width > columns) {
		next_row(spot);
	}
	for (; width; width--) {
		if (++spot->column >= columns) {
			next_row(spot);
		}
	}
}

bool console_rows_is_mark(wchar_t character)
{
	return width_of(character) == 0;
}

void console_rows_stand(struct console_spot *spot, wchar_t character, size_t columns)
{
	if (wcwidth(character) == 2 && spot->column + 2 > columns) {
		next_row(spot);
	}
}

void console_rows_walk(struct console_spot *spot, const wchar_t *text, size_t count, size_t columns)
{
	for (size_t i = 0; i < count; i++) {
		if (text[i] == L'\n') {
			next_row(spot);
		} else if (text[i] == L'\t') {
			walk_columns(spot, 1, columns);
			while (spot->column % TAB_COLUMNS) {
				walk_columns(spot, 1, columns);
			}
		} else {
			walk_columns(spot, width_of(text[i]), columns);
		}
	}
}
