/* A heap of numbers, for its percentiles. */
#ifndef UAV_CLI_SAMPLES_H
#define UAV_CLI_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>

struct samples {
	double *values;
	size_t count, cap;
	bool full; /* some were left out: more than SAMPLES_MAX, or out of memory */
	bool sorted;
};

#define SAMPLES_MAX ((size_t)1 << 24)

/* An all-zero struct is empty. */
void samples_add(struct samples *samples, double value);
/* The nearest rank: the least of the values that `percent` of them do not exceed; 0 is the
 * least, 100 the greatest. 0 when there are none. */
double samples_percentile(struct samples *samples, double percent);
void samples_fini(struct samples *samples);

#endif
