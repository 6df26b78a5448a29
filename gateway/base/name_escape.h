/* Names in lines whose parts `|` parts, as the text protocol has them (proto/text.md): a \ before
 * a sign that would part the line, or the name, makes it one of the name; before any other it is
 * a sign of the name itself. */
#ifndef UAV_BASE_NAME_ESCAPE_H
#define UAV_BASE_NAME_ESCAPE_H

#include "base/utf8.h"

#define NAME_ESCAPE_MAX (UTF8_ESCAPE_MAX + 1)

/* The beginning of `name` (not empty) as it is shown, and may be typed: blanks of all widths
 * (Unicode, general category Zs), | < > and \ have a \ before them, all else is as utf8_escape has
 * it. Returns the bytes put in `unit`; *taken is what they stand for. */
size_t name_escape(struct slice name, char unit[NAME_ESCAPE_MAX], size_t *taken);

/* Bytes before the first | that parts; all of them when there is none. */
size_t name_escape_part(struct slice text);

/* A part of a line without the blanks around it, but for one at its end that has a \ before it. */
struct slice name_escape_trim(struct slice part);

/* The name that was meant, in `room` for as many bytes as it has now. Returns its size. */
size_t name_escape_undo(struct slice name, void *room);

#endif
