/* Text from outside, made harmless for a terminal. */
#ifndef UAV_CLI_ESCAPE_H
#define UAV_CLI_ESCAPE_H

#include "base/slice.h"

#include <stdio.h>

/* Prints the text; control and invisible characters, backslashes and bytes that are not UTF-8
 * as \n, \x1b or \u200b. Returns how many characters were printed. */
size_t escape_print(FILE *file, struct slice text);

/* UTF-8 whose only control characters, if any, are tabs and ends of line: what a
 * person would call text. */
bool escape_is_text(struct slice bytes);

/* Whether the character may stand in a drone's id: A-Z a-z 0-9 . _ - */
bool escape_id_has(char c);
/* Each that may not becomes an underscore. */
void escape_to_id(char *id);

#endif
