#include "models/text.h"

#include <stdio.h>

enum { QUOTED_MAX = 40, DISTANCE_MAX_BYTES = 63 };

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

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t text_distance(struct slice a, struct slice b)
{
	size_t row[DISTANCE_MAX_BYTES + 1];
	size_t a_size = least(a.size, DISTANCE_MAX_BYTES);
	size_t b_size = least(b.size, DISTANCE_MAX_BYTES);

	for (size_t j = 0; j <= b_size; j++) {
		row[j] = j;
	}
	for (size_t i = 1; i <= a_size; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_size; j++) {
			size_t replaced = diagonal + (a.data[i - 1] != b.data[j - 1]);

			diagonal = row[j];
			row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[b_size];
}
