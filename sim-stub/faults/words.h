/* The words of a line of a timeline, taken one after the other; what is wrong with them. */
#ifndef SIM_FAULTS_WORDS_H
#define SIM_FAULTS_WORDS_H

#include "faults/fault.h"
#include "models/text.h"

enum { WORDS_MAX = 40 };

struct words {
	struct slice at[WORDS_MAX];
	size_t count, next;
	struct text why; /* what is wrong is added to it */
};

/* Blanks part words; what begins with # is a comment, up to the end. False: too many. */
bool words_split(struct words *words, struct slice line);

static inline bool words_left(const struct words *words)
{
	return words->next < words->count;
}

/* The next word, empty behind the last. */
struct slice words_peek(const struct words *words);
/* Takes that word if it is the next. */
bool words_take(struct words *words, const char *word);

/* Each of the following takes the next word or words, or says why they are not what must stand
 * there, and returns -1; `before` is the word that they belong to. */

/* The place in `names` (up to a NULL) of the word; `what` it is called. */
int words_take_one_of(struct words *words, const char *what, const char *const *names);
int words_take_time(struct words *words, const char *before, uint64_t most_us, const char *allowed,
		    uint64_t *value_us);
/* From 0% to 100%, as 0 to 1. */
int words_take_share(struct words *words, const char *before, double *share);
int words_take_count(struct words *words, const char *before, uint32_t least, uint32_t most,
		     const char *allowed, uint32_t *value);
/* Of a drone or a scenario, or a pattern of such. */
int words_take_name(struct words *words, const char *before, char pattern[FAULT_PATTERN_CAP]);
/* Three numbers. */
int words_take_place(struct words *words, const char *before, struct vector *place);
int words_take_hertz(struct words *words, const char *before, double least, double most,
		     const char *allowed, double *hertz);

/* Says that the next word, or that there is none, is wrong behind `before`. -1. */
int words_refuse(struct words *words, const char *before, const char *allowed);
/* Says so. -1. */
int words_say(struct words *words, const char *why);

#endif
