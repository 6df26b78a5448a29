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

/* Whether the code point leaves no mark where it stands, so that two texts that differ in
 * it alone look the same: Default_Ignorable_Code_Point (Unicode, UAX #44), which has the
 * zero-width characters, joiners, fillers, variation selectors and tags; separators of lines
 * and paragraphs; and the other format characters (category Cf) but those that are shown,
 * such as the Arabic number sign. */
bool utf8_is_invisible(uint32_t code);

/* The beginning of `text` (not empty) so that neither a terminal nor a log's reader is
 * misled: one code point as it is, or escaped (\n, \x1b, \u202e, \U000e0041) if it is a control
 * character, invisible, a backslash, or, with `quotes`, a double quote; a byte that is not
 * UTF-8 as \xNN. Returns the bytes put in `unit`; *taken is what they stand for. */
#define UTF8_ESCAPE_MAX 16
size_t utf8_escape(struct slice text, bool quotes, char unit[UTF8_ESCAPE_MAX], size_t *taken);

/* The same for a JSON string (RFC 8259, section 7): escapes are those of JSON, and a byte
 * that is not UTF-8 becomes \ufffd. What is beyond U+FFFF is escaped as a pair of surrogates. */
size_t utf8_escape_json(struct slice text, char unit[UTF8_ESCAPE_MAX], size_t *taken);

/* The longest beginning of `text` (valid UTF-8) of at most `max` bytes that does not
 * end inside a code point. */
struct slice utf8_cut(struct slice text, size_t max);

/* Counts the code points into *points (which may be NULL). False when the text is
 * not valid UTF-8. */
bool utf8_count(struct slice text, size_t *points);

/* Valid UTF-8 without a control character. */
bool utf8_is_printable(struct slice text);
/* The same, and without an invisible one: what it shows is what it is. */
bool utf8_is_shown(struct slice text);

#endif
