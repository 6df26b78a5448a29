/* How long to wait before the next attempt to connect: exponential, with full
 * jitter, so that many who lost the same server do not come back together. */
#ifndef UAV_NET_BACKOFF_H
#define UAV_NET_BACKOFF_H

#include "base/rng.h"

struct backoff {
	uint32_t min_ms, max_ms;
	uint32_t growth_percent; /* at least 100 */
	uint32_t bound_ms;	 /* the next delay is at most this */
};

void backoff_init(struct backoff *backoff, uint32_t min_ms, uint32_t max_ms,
		  uint32_t growth_percent);

/* Other bounds from here on; how far it has grown stays, within them. */
void backoff_bound(struct backoff *backoff, uint32_t min_ms, uint32_t max_ms,
		   uint32_t growth_percent);

/* The next delay: evenly between 1 ms and the bound, which starts at min_ms and
 * grows to growth_percent of it a time, up to max_ms. */
uint32_t backoff_next(struct backoff *backoff, struct rng *rng);

/* The other side was there: begin again at min_ms. */
void backoff_reset(struct backoff *backoff);

#endif
