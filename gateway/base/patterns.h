/* Lists of globs, as in "uav-*, ground": commas and blanks stand between them; * is any
 * characters, ? any one, [a-c] one of these, [!a-c] one that is none of these: as in glob(7),
 * by bytes, whatever the locale. The time is bounded by the product of the sizes. */
#ifndef UAV_BASE_PATTERNS_H
#define UAV_BASE_PATTERNS_H

#include "base/slice.h"

#include <stdbool.h>

/* Whether one of the list's globs is the whole of `name`. A name over PATTERNS_NAME_MAX bytes
 * is none; an empty list has none. */
#define PATTERNS_NAME_MAX 64
bool patterns_match(const char *list, struct slice name);

/* The first byte of a glob that can match no drone_id and no scenario: something else than
 * A-Z a-z 0-9 . _ - * ? and sets of these, or the [ of a set that is empty or not closed, or
 * a range from high to low. NULL: all is well. An empty list is well. */
const char *patterns_wrong(const char *list);

#endif
