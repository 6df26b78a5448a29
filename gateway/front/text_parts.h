/* The text protocol (proto/text.md), for its own files: text_read, text_write and text_lend are
 * functions of struct front; text_line, text_presence, text_message and text_put are their pieces.
 */
#ifndef UAV_FRONT_TEXT_PARTS_H
#define UAV_FRONT_TEXT_PARTS_H

#include "front/text_put.h"

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
/* Of text_write, one for each kind of event that takes more than a line or two. */
void text_presence(struct text *text, const struct event *event);
void text_delivery(struct text *text, const struct event *event, uint32_t max_line);
void text_report(struct text *text, const struct event *event);

bool text_lend(const struct event *event, uint32_t max_line, struct lent *lent);
int text_write(struct buf *out, const struct event *event, uint32_t max_line,
	       const struct names *names);

#endif
