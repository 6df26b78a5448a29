/* The known name that somebody most likely meant. */
#ifndef UAV_SETTINGS_SUGGEST_H
#define UAV_SETTINGS_SUGGEST_H

#include <stddef.h>

/* Letters to insert, remove or change to make one of the other (Levenshtein 1966);
 * SIZE_MAX when either is longer than any name we know. */
size_t suggest_distance(const char *a, const char *b);

struct suggestion {
	const char *name; /* NULL: nothing is near */
	size_t distance;
};

/* Keeps `known` when it is nearer to `wrong` than what was kept, and near enough
 * to be worth a word. Start with an empty suggestion. */
void suggest_consider(struct suggestion *best, const char *wrong, const char *known);

#endif
