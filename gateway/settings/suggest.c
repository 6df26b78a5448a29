#include "settings/suggest.h"

#include <stdint.h>
#include <string.h>

enum { NAME_LIMIT = 64 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t suggest_distance(const char *a, const char *b)
{
	size_t row[NAME_LIMIT + 1]; /* row[j]: from a's first i letters to b's first j */
	size_t a_size = strlen(a), b_size = strlen(b);

	if (a_size > NAME_LIMIT || b_size > NAME_LIMIT) {
		return SIZE_MAX;
	}
	for (size_t j = 0; j <= b_size; j++) {
		row[j] = j;
	}
	for (size_t i = 1; i <= a_size; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_size; j++) {
			size_t above = row[j];
			size_t changed = diagonal + (a[i - 1] != b[j - 1]);

			row[j] = least(changed, 1 + least(above, row[j - 1]));
			diagonal = above;
		}
	}
	return row[b_size];
}

void suggest_consider(struct suggestion *best, const char *wrong, const char *known)
{
	size_t distance = suggest_distance(wrong, known);

	if (distance > 2 && distance > strlen(known) / 3) {
		return;
	}
	if (!best->name || distance < best->distance) {
		*best = (struct suggestion){.name = known, .distance = distance};
	}
}
