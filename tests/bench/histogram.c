#include "histogram.h"

#include <math.h>
#include <string.h>

void histogram_clear(struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
}

/* The upper bits of the time, one more than HISTOGRAM_BITS, say the bucket; by how much they
 * were shifted says which power of two. */
static uint32_t bucket_of(uint64_t ns)
{
	const uint32_t bits = HISTOGRAM_BITS;
	uint32_t shift;

	if (ns >> bits == 0) {
		return (uint32_t)ns;
	}
	shift = 63 - (uint32_t)__builtin_clzll(ns) - bits;
	return (shift << bits) + (uint32_t)(ns >> shift);
}

/* The largest time in the bucket. */
static uint64_t bucket_end(uint32_t bucket)
{
	const uint32_t bits = HISTOGRAM_BITS;
	uint32_t shift = bucket >> bits;

	if (shift <= 1) {
		return bucket;
	}
	shift--;
	return ((uint64_t)(bucket - (shift << bits) + 1) << shift) - 1;
}

void histogram_note(struct histogram *histogram, uint64_t ns)
{
	histogram->counts[bucket_of(ns)]++;
	histogram->total++;
	if (ns > histogram->max_ns) {
		histogram->max_ns = ns;
	}
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
	uint64_t wanted = (uint64_t)ceil(share * (double)histogram->total);
	uint64_t seen = 0;

	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->counts[i];
		if (seen && seen >= wanted) {
			uint64_t end = bucket_end(i);

			return end < histogram->max_ns ? end : histogram->max_ns;
		}
	}
	return histogram->max_ns;
}
