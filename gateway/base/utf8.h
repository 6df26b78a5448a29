/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above
 * U+10FFFF. */
#ifndef UAV_BASE_UTF8_H
#define UAV_BASE_UTF8_H

#include "base/slice.h"

/* The code point at the front of `text`: the number of bytes it takes (1 to 4), or
 * 0 when the text is empty or does not begin with a valid one. */
size_t utf8_next(struct slice text, uint32_t *code);

/* Whether the code point would break a line or drive a terminal instead of being
 * shown: C0, DEL, C1, line and paragraph separators, bidirectional controls. */
bool utf8_is_control(uint32_t code);

/* Counts the code points into *points (which may be NULL). False when the text is
 * not valid UTF-8. */
bool utf8_count(struct slice text, size_t *points);

/* Valid UTF-8 without a control character. */
bool utf8_is_printable(struct slice text);

#endif
