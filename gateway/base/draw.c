#include "base/draw.h"

#include <math.h>
#include <string.h>

#include "base/normal.h"
#include "base/rng.h"

enum { SUBJECT_MAX_BYTES = 1 + 8 + 4 * (1 + DRAW_NAME_MAX_BYTES) };

struct hash_key draw_key(uint64_t seed)
{
	uint64_t k0 = rng_mix(seed);

	return (struct hash_key){.k0 = k0, .k1 = rng_mix(k0)};
}

static uint8_t *put_u64(uint8_t *at, uint64_t value)
{
	for (unsigned shift = 0; shift < 64; shift += 8) {
		*at++ = (uint8_t)(value >> shift);
	}
	return at;
}

/* The length before the bytes: "ab" + "c" and "a" + "bc" must differ. */
static uint8_t *put_name(uint8_t *at, struct slice name)
{
	size_t size = name.size < DRAW_NAME_MAX_BYTES ? name.size : DRAW_NAME_MAX_BYTES;

	*at++ = (uint8_t)size;
	if (size) {
		memcpy(at, name.data, size);
	}
	return at + size;
}

static uint64_t hash_between(const struct hash_key *key, const uint8_t *from, const uint8_t *to)
{
	return hash_bytes(key, slice_of(from, (size_t)(to - from)));
}

uint32_t draw_bits(const struct hash_key *key, enum draw_purpose purpose,
		   const struct draw_subject *subject)
{
	uint8_t bytes[SUBJECT_MAX_BYTES];
	uint8_t *at = bytes;

	*at++ = (uint8_t)purpose;
	at = put_u64(at, subject->sequence);
	at = put_name(at, subject->scenario);
	at = put_name(at, subject->origin);
	at = put_name(at, subject->transmitter);
	at = put_name(at, subject->receiver);
	return (uint32_t)(hash_between(key, bytes, at) >> 32);
}

static bool comes_before(struct slice a, struct slice b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size ? memcmp(a.data, b.data, size) : 0;

	return order ? order < 0 : a.size < b.size;
}

bool draw_pair_is_in_order(const struct draw_pair *pair)
{
	return comes_before(pair->one, pair->other);
}

uint64_t draw_word_of_pair(const struct hash_key *key, enum draw_purpose purpose,
			   const struct draw_pair *pair)
{
	bool in_order = draw_pair_is_in_order(pair);
	uint8_t bytes[SUBJECT_MAX_BYTES];
	uint8_t *at = bytes;

	*at++ = (uint8_t)purpose;
	at = put_name(at, pair->scenario);
	at = put_name(at, in_order ? pair->one : pair->other);
	at = put_name(at, in_order ? pair->other : pair->one);
	return hash_between(key, bytes, at);
}

uint32_t draw_bits_of_pair(const struct hash_key *key, enum draw_purpose purpose,
			   const struct draw_pair *pair)
{
	return (uint32_t)(draw_word_of_pair(key, purpose, pair) >> 32);
}

bool draw_happens(uint32_t bits, double probability)
{
	/* 2^32, one more than any draw, is certainty. */
	uint64_t threshold = (uint64_t)rint(probability * 4294967296.0);

	return bits < threshold;
}

double draw_normal(uint32_t bits)
{
	return normal_quantile((bits + 0.5) / 4294967296.0);
}
