/* Bytes that somebody else owns. */
#ifndef UAV_BASE_SLICE_H
#define UAV_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const uint8_t *data; /* may be NULL when size is 0 */
	size_t size;
};

static inline struct slice slice_of(const void *data, size_t size)
{
	return (struct slice){.data = data, .size = size};
}

/* A string without its terminating NUL; NULL is the empty slice. */
static inline struct slice slice_str(const char *string)
{
	return slice_of(string, string ? strlen(string) : 0);
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Without the spaces and tabs around it. */
static inline struct slice slice_trim(struct slice text)
{
	while (text.size && (text.data[0] == ' ' || text.data[0] == '\t')) {
		text = slice_of(text.data + 1, text.size - 1);
	}
	while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t')) {
		text.size--;
	}
	return text;
}

/* For printf: printf("%.*s", SLICE_ARG(s)). */
#define SLICE_ARG(s) (int)(s).size, (const char *)(s).data

#endif
