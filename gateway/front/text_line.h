/* Where one line ends, and what telnet has put into it. */
#ifndef UAV_FRONT_TEXT_LINE_H
#define UAV_FRONT_TEXT_LINE_H

#include "base/arena.h"
#include "front/front.h"

/* Looks for one line at the start of `bytes`, of at most `max` bytes without its end (\n, \r\n, or
 * as telnet has it, \r and NUL). FRONT_OK: *line is it, without its end and without telnet's
 * commands (RFC 854), in `bytes` or in `arena`. FRONT_SKIP: `bytes` begin with such commands, which
 * are *used. FRONT_BAD: a line longer than that, or memory is out; *why says it. How the bytes are
 * cut on their way changes nothing. */
enum front_status text_line(struct slice bytes, uint32_t max, struct arena *arena,
			    struct slice *line, size_t *used, const char **why);

#endif
