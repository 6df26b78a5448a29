/* A token bucket, as the time at which it will be full again (generic cell rate algorithm,
 * ITU-T I.371, annex A). What is taken costs time: at r a second, 10^9 / r ns each. */
#ifndef UAV_BASE_BUCKET_H
#define UAV_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: full. Times are monotonic; `depth_ns` is how long an empty one takes to fill. */
struct bucket {
	uint64_t full_ns;
};

#define BUCKET_SECOND_NS 1000000000ull

/* What one costs at `rate` a second; 0 with 0: any number. */
static inline uint64_t bucket_cost_ns(uint32_t rate)
{
	return rate ? BUCKET_SECOND_NS / rate : 0;
}

/* Whether `cost_ns` is in it. With 0: whether it is not in debt. */
static inline bool bucket_has(const struct bucket *bucket, uint64_t now_us, uint64_t depth_ns,
			      uint64_t cost_ns)
{
	return bucket->full_ns + cost_ns <= now_us * 1000 + depth_ns ||
	       (bucket->full_ns <= now_us * 1000 && cost_ns > depth_ns);
}

/* Takes it, even into debt. */
static inline void bucket_take(struct bucket *bucket, uint64_t now_us, uint64_t cost_ns)
{
	uint64_t now_ns = now_us * 1000;

	bucket->full_ns = (bucket->full_ns > now_ns ? bucket->full_ns : now_ns) + cost_ns;
}

/* When bucket_has will be true, if nothing is taken before. */
static inline uint64_t bucket_ready_us(const struct bucket *bucket, uint64_t depth_ns,
				       uint64_t cost_ns)
{
	uint64_t covered_ns = cost_ns < depth_ns ? depth_ns - cost_ns : 0;

	return bucket->full_ns > covered_ns ? (bucket->full_ns - covered_ns + 999) / 1000 : 0;
}

#endif
