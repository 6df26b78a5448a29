/* A small seeded generator (xoshiro256**, Blackman and Vigna 2018; seeded by
 * SplitMix64). For jitter, tests and keys of hash tables; never for secrets. */
#ifndef UAV_BASE_RNG_H
#define UAV_BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *rng, uint64_t seed);
/* Seeds from the operating system (getrandom). 0, or -1 with errno. */
int rng_seed_from_os(struct rng *rng) __attribute__((warn_unused_result));
uint64_t rng_next(struct rng *rng);
/* Evenly in [0, bound); 0 for bound 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);
/* Evenly in [0, 1). */
double rng_unit(struct rng *rng);

/* 2^64 divided by the golden ratio: SplitMix64's increment. */
#define RNG_GAMMA UINT64_C(0x9e3779b97f4a7c15)

/* The SplitMix64 step on its own (Steele, Lea and Flood 2014): a good mixer of
 * one 64-bit word. */
static inline uint64_t rng_mix(uint64_t word)
{
	word += RNG_GAMMA;
	word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
	word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
	return word ^ (word >> 31);
}

#endif
