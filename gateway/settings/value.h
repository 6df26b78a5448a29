/* Reading and writing one value by its row of the table. */
#ifndef UAV_SETTINGS_VALUE_H
#define UAV_SETTINGS_VALUE_H

#include "settings/table.h"

/* Stores the value of `text` in `target`, the structure into which the row's offset
 * points. 0, or -1 with what is wrong in `why`; the target is then as before. A path must be
 * absolute: see path_from. Not for VALUE_CHANNEL and VALUE_INCLUDE. */
int value_parse(const struct row *row, const char *text, void *target, char *why, size_t cap)
	__attribute__((warn_unused_result));

/* Room for any value that value_print writes. */
#define VALUE_TEXT_BYTES (ALLOW_MAX_BYTES + 1)
_Static_assert(ALLOW_MAX_BYTES > DESCRIPTION_MAX_BYTES + 64 && ALLOW_MAX_BYTES > PATH_MAX_BYTES,
	       "the longest of all values");

/* The value in `target` as value_parse reads it, and gives the same again; "" where there
 * is none. Not for VALUE_CHANNEL and VALUE_INCLUDE. */
void value_print(const struct row *row, const void *target, char *text, size_t cap);

/* What is allowed: "a whole number from 1 to 100". */
void value_describe(const struct row *row, char *text, size_t cap);

/* What to say behind a value that was refused: "; a comment ..." when it seems to end in
 * one, else "". */
const char *value_comment_hint(const char *text);

/* A number's value in `target`. */
uint64_t value_number(const struct row *row, const void *target);

#endif
