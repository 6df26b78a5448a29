#include "base/rng.h"

#include <errno.h>
#include <stddef.h>
#include <sys/random.h>

void rng_seed(struct rng *rng, uint64_t seed)
{
	/* Four consecutive outputs of SplitMix64 are never all zero, which is the
	 * one state that xoshiro cannot leave. */
	for (size_t i = 0; i < 4; i++) {
		rng->s[i] = rng_mix(seed + i * RNG_GAMMA);
	}
}

int rng_seed_from_os(struct rng *rng)
{
	uint64_t seed;
	ssize_t got;

	do {
		got = getrandom(&seed, sizeof(seed), 0);
	} while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(seed)) {
		return -1;
	}
	rng_seed(rng, seed);
	return 0;
}

static uint64_t rotate_left(uint64_t word, int bits)
{
	return (word << bits) | (word >> (64 - bits));
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->s;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
	uint64_t uneven, word;

	if (bound == 0) {
		return 0;
	}
	/* 2^64 mod bound: so many of the lowest words would favour small results. */
	uneven = (0 - bound) % bound;
	do {
		word = rng_next(rng);
	} while (word < uneven);
	return word % bound;
}

double rng_unit(struct rng *rng)
{
	return (double)(rng_next(rng) >> 11) * 0x1p-53;
}
