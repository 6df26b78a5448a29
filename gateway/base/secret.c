#include "base/secret.h"

const uint8_t *secret_find_wrong(struct slice word)
{
	for (size_t i = 0; i < word.size; i++) {
		if (word.data[i] <= ' ' || word.data[i] > '~') {
			return word.data + i;
		}
	}
	return NULL;
}

bool secret_size_fits(struct slice word)
{
	return word.size >= SECRET_LEAST && word.size <= SECRET_MOST;
}

/* How many blanks, or other bytes, stand at the front. */
static size_t count(struct slice text, bool blanks)
{
	size_t size = 0;

	while (size < text.size && (text.data[size] == ' ' || text.data[size] == '\t') == blanks) {
		size++;
	}
	return size;
}

static struct slice take(struct slice *rest, bool blanks)
{
	struct slice taken = slice_of(rest->data, count(*rest, blanks));

	if (taken.size) {
		*rest = slice_of(rest->data + taken.size, rest->size - taken.size);
	}
	return taken;
}

struct slice secret_take_word(struct slice *rest)
{
	struct slice word;

	(void)take(rest, true);
	word = take(rest, false);
	(void)take(rest, true);
	return word;
}
