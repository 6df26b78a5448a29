/* Pieces of the lines that the gateway writes. Whatever comes from outside goes through text_name
 * or text_text: no end of line, nothing that drives a terminal, and nothing that looks like
 * another part of its line. */
#ifndef UAV_FRONT_TEXT_PUT_H
#define UAV_FRONT_TEXT_PUT_H

#include "base/buf.h"
#include "front/front.h"

/* Appends until memory is out; nothing after that counts. */
struct text {
	struct buf *out;
	const struct names *names;
	bool failed;
};

void text_put(struct text *text, struct slice bytes);
static inline void text_words(struct text *text, const char *words)
{
	text_put(text, slice_str(words));
}

void text_print(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A name, as name_escape has it. */
void text_name(struct text *text, struct slice name);
/* By the id of a drone, the name that it goes by. */
void text_drone(struct text *text, struct slice id);
/* Control and invisible characters, \ and bytes that are not UTF-8 as \n, \x1b, \u200b, \\. Ends as
 * soon as that is more than `most` bytes: false then, also when memory is out. */
bool text_text(struct text *text, struct slice bytes, size_t most);

/* "[15.70 dB 0.092 ms, 12.11 dB 0.080 ms late 0.041 ms]": what the channel made of it, hop by
 * hop. */
void text_hops(struct text *text, const struct hop *hops, size_t count);

#endif
