/* Open addressing with linear probing. Removal moves the cells behind back to
 * where they belong instead of leaving a mark, so a table that names come and
 * go through for months stays as fast as a new one. */
#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>

enum { HASH_FIRST_CELLS = 16 };

struct hash_cell {
	uint32_t hash;
	uint32_t value; /* HASH_NONE: empty */
};

/* ---------------------------------------------------------------- SipHash */

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate_left(uint64_t word, int bits)
{
	return (word << bits) | (word >> (64 - bits));
}

static void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotate_left(s->v1, 13) ^ s->v0;
	s->v0 = rotate_left(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate_left(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate_left(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate_left(s->v1, 17) ^ s->v2;
	s->v2 = rotate_left(s->v2, 32);
}

/* Up to eight bytes as a little-endian word. */
static uint64_t load_le(const uint8_t *data, size_t size)
{
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++) {
		word |= (uint64_t)data[i] << (8 * i);
	}
	return word;
}

static void sip_absorb(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

uint64_t hash_bytes(const struct hash_key *key, struct slice bytes)
{
	struct sip s = {
		.v0 = key->k0 ^ 0x736f6d6570736575u,
		.v1 = key->k1 ^ 0x646f72616e646f6du,
		.v2 = key->k0 ^ 0x6c7967656e657261u,
		.v3 = key->k1 ^ 0x7465646279746573u,
	};
	size_t whole = bytes.size & ~(size_t)7;
	uint64_t last = (uint64_t)bytes.size << 56;

	for (size_t i = 0; i < whole; i += 8) {
		sip_absorb(&s, load_le(bytes.data + i, 8));
	}
	if (whole < bytes.size) {
		last |= load_le(bytes.data + whole, bytes.size - whole);
	}
	sip_absorb(&s, last);
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* ------------------------------------------------------------------ table */

void hash_init(struct hash *hash, struct hash_key key, hash_name_fn name, const void *ctx)
{
	*hash = (struct hash){.key = key, .name = name, .ctx = ctx};
}

void hash_fini(struct hash *hash)
{
	free(hash->cells);
	hash->cells = NULL;
	hash->mask = 0;
	hash->count = 0;
}

static uint32_t hash_of(const struct hash *hash, struct slice name)
{
	return (uint32_t)hash_bytes(&hash->key, name);
}

uint32_t hash_find(const struct hash *hash, struct slice name)
{
	uint32_t wanted;

	if (!hash->count) {
		return HASH_NONE;
	}
	wanted = hash_of(hash, name);
	for (uint32_t i = wanted & hash->mask;; i = (i + 1) & hash->mask) {
		const struct hash_cell *cell = &hash->cells[i];

		if (cell->value == HASH_NONE) {
			return HASH_NONE;
		}
		if (cell->hash == wanted && slice_equal(hash->name(hash->ctx, cell->value), name)) {
			return cell->value;
		}
	}
}

static void put(struct hash_cell *cells, uint32_t mask, struct hash_cell cell)
{
	uint32_t i = cell.hash & mask;

	while (cells[i].value != HASH_NONE) {
		i = (i + 1) & mask;
	}
	cells[i] = cell;
}

static int resize(struct hash *hash, size_t size)
{
	struct hash_cell *cells;
	uint32_t mask = (uint32_t)(size - 1);

	if (size > (size_t)UINT32_MAX / 2) {
		return -1;
	}
	cells = calloc(size, sizeof(*cells));
	if (!cells) {
		return -1;
	}
	for (size_t i = 0; i < size; i++) {
		cells[i] = (struct hash_cell){.value = HASH_NONE};
	}
	for (size_t i = 0; hash->cells && i <= hash->mask; i++) {
		if (hash->cells[i].value != HASH_NONE) {
			put(cells, mask, hash->cells[i]);
		}
	}
	free(hash->cells);
	hash->cells = cells;
	hash->mask = mask;
	return 0;
}

/* At most three quarters full with one entry more. */
static int make_room(struct hash *hash)
{
	size_t size = (size_t)hash->mask + 1;

	if (!hash->cells) {
		return resize(hash, HASH_FIRST_CELLS);
	}
	if (hash->count < size - size / 4) {
		return 0;
	}
	return resize(hash, size * 2);
}

int hash_add(struct hash *hash, uint32_t value)
{
	assert(value != HASH_NONE);
	if (make_room(hash) < 0) {
		return -1;
	}
	put(hash->cells, hash->mask,
	    (struct hash_cell){
		    .hash = hash_of(hash, hash->name(hash->ctx, value)),
		    .value = value,
	    });
	hash->count++;
	return 0;
}

/* Empties cell `hole`; each cell behind it, up to the next empty one, moves into
 * the hole when the hole lies between the cell's home and the cell. */
static void close_gap(struct hash *hash, uint32_t hole)
{
	uint32_t mask = hash->mask;

	for (uint32_t i = (hole + 1) & mask; hash->cells[i].value != HASH_NONE;
	     i = (i + 1) & mask) {
		uint32_t from_home = (i - hash->cells[i].hash) & mask;

		if (from_home >= ((i - hole) & mask)) {
			hash->cells[hole] = hash->cells[i];
			hole = i;
		}
	}
	hash->cells[hole].value = HASH_NONE;
}

bool hash_remove(struct hash *hash, uint32_t value)
{
	uint32_t wanted;

	if (!hash->count) {
		return false;
	}
	wanted = hash_of(hash, hash->name(hash->ctx, value));
	for (uint32_t i = wanted & hash->mask; hash->cells[i].value != HASH_NONE;
	     i = (i + 1) & hash->mask) {
		if (hash->cells[i].value == value) {
			close_gap(hash, i);
			hash->count--;
			return true;
		}
	}
	return false;
}
