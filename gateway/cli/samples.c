#include "cli/samples.h"

#include <math.h>
#include <stdlib.h>

static int grow(struct samples *samples)
{
	size_t cap = samples->cap ? 2 * samples->cap : 256;
	double *values =
		cap <= SAMPLES_MAX ? realloc(samples->values, cap * sizeof(*values)) : NULL;

	if (!values) {
		samples->full = true;
		return -1;
	}
	samples->values = values;
	samples->cap = cap;
	return 0;
}

void samples_add(struct samples *samples, double value)
{
	if (samples->full || (samples->count == samples->cap && grow(samples) < 0)) {
		return;
	}
	samples->values[samples->count++] = value;
	samples->sorted = false;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double samples_percentile(struct samples *samples, double percent)
{
	size_t rank;

	if (samples->count == 0) {
		return 0;
	}
	if (!samples->sorted) {
		qsort(samples->values, samples->count, sizeof(*samples->values), compare);
		samples->sorted = true;
	}
	rank = (size_t)ceil(percent / 100 * (double)samples->count);
	return samples->values[rank > 0 ? rank - 1 : 0];
}

void samples_fini(struct samples *samples)
{
	free(samples->values);
	*samples = (struct samples){0};
}
