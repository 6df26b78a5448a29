#include "models/text.h"

#include <stdio.h>

enum { QUOTED_MAX = 24 };

struct text text_in(char *at, size_t cap)
{
	at[0] = '\0';
	return (struct text){.at = at, .size = 0, .cap = cap};
}

static void add_char(struct text *text, char c)
{
	if (text->size + 1 < text->cap) {
		text->at[text->size++] = c;
		text->at[text->size] = '\0';
	}
}

void text_add(struct text *text, const char *string)
{
	while (*string) {
		add_char(text, *string++);
	}
}

void text_add_quoted(struct text *text, struct slice bytes)
{
	add_char(text, '"');
	for (size_t i = 0; i < bytes.size && i < QUOTED_MAX; i++) {
		char c = (char)bytes.data[i];

		if (c < ' ' || c > '~') {
			c = '?';
		}
		add_char(text, c);
	}
	text_add(text, bytes.size > QUOTED_MAX ? "...\"" : "\"");
}

void text_add_number(struct text *text, double number)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%.12g", number);
	text_add(text, digits);
}
