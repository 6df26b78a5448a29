#include "net/backoff.h"

void backoff_init(struct backoff *backoff, uint32_t min_ms, uint32_t max_ms,
		  uint32_t growth_percent)
{
	backoff->bound_ms = 0;
	backoff_bound(backoff, min_ms, max_ms, growth_percent);
}

void backoff_bound(struct backoff *backoff, uint32_t min_ms, uint32_t max_ms,
		   uint32_t growth_percent)
{
	backoff->growth_percent = growth_percent > 100 ? growth_percent : 100;
	backoff->min_ms = min_ms ? min_ms : 1;
	backoff->max_ms = max_ms > backoff->min_ms ? max_ms : backoff->min_ms;
	if (backoff->bound_ms < backoff->min_ms) {
		backoff->bound_ms = backoff->min_ms;
	} else if (backoff->bound_ms > backoff->max_ms) {
		backoff->bound_ms = backoff->max_ms;
	}
}

uint32_t backoff_next(struct backoff *backoff, struct rng *rng)
{
	uint32_t delay_ms = 1 + (uint32_t)rng_below(rng, backoff->bound_ms);
	/* rounded up: grows even from 1 */
	uint64_t grown = ((uint64_t)backoff->bound_ms * backoff->growth_percent + 99) / 100;

	backoff->bound_ms = grown < backoff->max_ms ? (uint32_t)grown : backoff->max_ms;
	return delay_ms;
}

void backoff_reset(struct backoff *backoff)
{
	backoff->bound_ms = backoff->min_ms;
}
