/* The text protocol (proto/text.md), for its own files: text_read and text_write, each one of
 * struct front's functions; text_line and text_put are their pieces. */
#ifndef UAV_FRONT_TEXT_PARTS_H
#define UAV_FRONT_TEXT_PARTS_H

#include "front/front.h"

/* A line has no reference of its own: whatever answers one has this. */
#define TEXT_REF 1

/* What a REQUEST_ASIDE of a line is. */
enum text_aside {
	TEXT_HELP,
	TEXT_MARK,	 /* telnet asks for its timing mark */
	TEXT_INTERRUPTED /* so it does in the middle of a line, of which nothing is done */
};

extern const struct request_registration text_guest;

enum front_status text_read(struct slice bytes, size_t looked, uint32_t max_line,
			    const struct names *names, struct arena *arena, struct request *request,
			    size_t *used, const char **why);
bool text_lend(const struct event *event, uint32_t max_line, struct lent *lent);
int text_write(struct buf *out, const struct event *event, uint32_t max_line,
	       const struct names *names);

#endif
