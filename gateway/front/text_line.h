/* Where one line ends, and what telnet has put into it. */
#ifndef UAV_FRONT_TEXT_LINE_H
#define UAV_FRONT_TEXT_LINE_H

#include "base/arena.h"
#include "front/front.h"

struct line {
	struct slice text;
	/* Telnet asks with it for the timing mark (RFC 860), and shows nothing until it is told of
	 * one. Where it asks in front of a line, that is all: text.data is NULL. */
	bool wants_mark;
};

/* Looks for one line at the start of `bytes`, of at most `max` bytes without its end (\n, \r\n, or
 * as telnet has it, \r and NUL); of the first `looked`, FRONT_MORE was all that could be said.
 * FRONT_OK: *line is it, without its end and without telnet's commands (RFC 854), in `bytes` or in
 * `arena`. FRONT_SKIP: `bytes` begin with such commands, which are *used. FRONT_BAD: a line longer
 * than that, or more commands than any telnet has for it, or memory is out; *why says it. How the
 * bytes are cut on their way changes nothing. */
enum front_status text_line(struct slice bytes, size_t looked, uint32_t max, struct arena *arena,
			    struct line *line, size_t *used, const char **why);

#endif
