/* Sentences for the operator, put together in a buffer of fixed size: what does
 * not fit is cut off, and what came from outside is made harmless. */
#ifndef SIM_MODELS_TEXT_H
#define SIM_MODELS_TEXT_H

#include "base/slice.h"

struct text {
	char *at;
	size_t size, cap; /* size < cap; at[size] is the terminating NUL */
};

/* An empty text in `cap` bytes, at least 1. */
struct text text_in(char *at, size_t cap);
void text_add(struct text *text, const char *string);
/* In quotes, at most 24 bytes of it; what is not printable ASCII as '?'. */
void text_add_quoted(struct text *text, struct slice bytes);
void text_add_number(struct text *text, double number);

#endif
