/* Counts of times, so that quantiles of millions of them take a few KiB: buckets are
 * linear within a power of two, so that a quantile is at most 0.8 % over the true one
 * (the idea of HdrHistogram, Gil Tene). Times below 128 ns are exact. */
#ifndef UAV_BENCH_HISTOGRAM_H
#define UAV_BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
	HISTOGRAM_BITS = 7, /* buckets of a power of two: 128 */
	HISTOGRAM_BUCKETS = (64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS,
};

struct histogram {
	uint64_t total; /* times noted */
	uint64_t max_ns;
	uint64_t counts[HISTOGRAM_BUCKETS];
};

void histogram_clear(struct histogram *histogram);
void histogram_note(struct histogram *histogram, uint64_t ns);
/* The smallest time that at least `share` (0..1) of all times do not exceed, rounded up to
 * its bucket's end, never over the largest. 0 when nothing was noted. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
