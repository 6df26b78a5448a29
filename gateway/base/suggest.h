/* The known name that somebody most likely meant. */
#ifndef UAV_BASE_SUGGEST_H
#define UAV_BASE_SUGGEST_H

#include "base/slice.h"

/* Bytes to insert, remove or change to make one of the other (Levenshtein 1966);
 * SIZE_MAX when either is longer than any name we know. */
size_t suggest_distance(struct slice a, struct slice b);

struct suggestion {
	const char *name; /* NULL: nothing is near */
	size_t distance;
};

/* Keeps `known` when it is nearer to `wrong` than what was kept, and near enough
 * to be worth a word. Start with an empty suggestion. */
void suggest_consider(struct suggestion *best, struct slice wrong, const char *known);

#endif
