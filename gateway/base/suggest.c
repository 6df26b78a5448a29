#include "base/suggest.h"

enum { NAME_LIMIT = 64 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t suggest_distance(struct slice a, struct slice b)
{
	size_t row[NAME_LIMIT + 1]; /* row[j]: from a's first i bytes to b's first j */

	if (a.size > NAME_LIMIT || b.size > NAME_LIMIT) {
		return SIZE_MAX;
	}
	for (size_t j = 0; j <= b.size; j++) {
		row[j] = j;
	}
	for (size_t i = 1; i <= a.size; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.size; j++) {
			size_t above = row[j];
			size_t changed = diagonal + (a.data[i - 1] != b.data[j - 1]);

			row[j] = least(changed, 1 + least(above, row[j - 1]));
			diagonal = above;
		}
	}
	return row[b.size];
}

/* A unit forgotten, as a rule. */
static bool begins(struct slice wrong, struct slice known)
{
	return wrong.size >= 3 && wrong.size < known.size &&
	       slice_equal(wrong, slice_of(known.data, wrong.size));
}

void suggest_consider(struct suggestion *best, struct slice wrong, const char *known)
{
	size_t distance = suggest_distance(wrong, slice_str(known));

	if (distance > 2 && distance > strlen(known) / 3 && !begins(wrong, slice_str(known))) {
		return;
	}
	if (!best->name || distance < best->distance) {
		*best = (struct suggestion){.name = known, .distance = distance};
	}
}
