/* Chance without a generator: each decision is a keyed hash of what it is about,
 * by names alone. So it depends neither on the order in which requests arrive,
 * nor on numbers that a gateway hands out anew, nor on any clock. */
#ifndef UAV_BASE_DRAW_H
#define UAV_BASE_DRAW_H

#include "base/hash.h"

#define DRAW_NAME_MAX_BYTES 32

/* What the draw decides. Decisions about one packet must not hang together. */
enum draw_purpose {
	DRAW_PACKET_ERROR = 1,
	DRAW_SHADOWING = 2,	  /* one number for the pair, wherever it is */
	DRAW_SHADOWING_WAVES = 3, /* that of the pair by place */
	DRAW_SIGHT_WAVES = 4,
	DRAW_FADING_WAVES = 5,
	/* faults on a timeline (sim-stub/faults) */
	DRAW_FAULT_LOSS = 16,
	DRAW_FAULT_CORRUPT = 17,
	DRAW_FAULT_BIT = 18, /* the first that is turned */
	DRAW_FAULT_DUPLICATE = 19,
	DRAW_FAULT_ORDER = 20,
	DRAW_FAULT_LIE = 21,
};

/* A packet on one hop. Names are at most DRAW_NAME_MAX_BYTES long. */
struct draw_subject {
	struct slice scenario, origin, transmitter, receiver;
	uint64_t sequence;
};

/* Two nodes, in either order. */
struct draw_pair {
	struct slice scenario, one, other;
};

/* The hash's key for a seed. */
struct hash_key draw_key(uint64_t seed);

/* 32 evenly distributed bits. */
uint32_t draw_bits(const struct hash_key *key, enum draw_purpose purpose,
		   const struct draw_subject *subject);

/* The same for what holds for a pair: in both directions, for every message. */
uint32_t draw_bits_of_pair(const struct hash_key *key, enum draw_purpose purpose,
			   const struct draw_pair *pair);

/* All 64 bits of that hash, the above its upper half. */
uint64_t draw_word_of_pair(const struct hash_key *key, enum draw_purpose purpose,
			   const struct draw_pair *pair);

/* Whether `one` is the pair's first: by the order of their bytes, of two that begin alike the
 * shorter one. Of two that are equal neither is. */
bool draw_pair_is_in_order(const struct draw_pair *pair);

/* Whether an event of this probability (0..1) happens under these bits. The
 * probability is first rounded to a whole number of 2^-32, so that the last
 * binary digits of floating-point results, in which compilers and processors
 * may differ, decide nothing. */
bool draw_happens(uint32_t bits, double probability);

/* The number of the standard normal distribution that stands at these bits: its
 * quantile at (bits + 1/2) / 2^32, from -6.34 to 6.34. Its last binary digits may
 * differ where libraries do: round before deciding anything by it. */
double draw_normal(uint32_t bits);

#endif
