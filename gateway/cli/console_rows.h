/* Which row of the screen the cursor is in, counted from the row in which the prompt begins: as
 * libedit lays out prompt and line. */
#ifndef UAV_CLI_CONSOLE_ROWS_H
#define UAV_CLI_CONSOLE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

struct console_spot {
	size_t row, column;
};

/* Moves the spot on over `count` characters of a screen that is `columns` wide: what is not shown
 * stands as ^X or \U+XXXX, a wide character is not cut at the edge, and behind a full row the
 * next one begins at once. */
void console_rows_walk(struct console_spot *spot, const wchar_t *text, size_t count,
		       size_t columns);
/* The cursor is on this character of the line: a wide one that the row has no room for is in the
 * next. */
void console_rows_stand(struct console_spot *spot, wchar_t character, size_t columns);
/* Whether it takes no column: a mark on the one before, or invisible. */
bool console_rows_is_mark(wchar_t character);

#endif
