/* A hash table from a byte string to a small number (an index into the
 * caller's array). Keyed (SipHash-1-3, Aumasson and Bernstein 2012, reduced
 * rounds), because the strings come from outside. The table keeps no copy of
 * the strings: it asks the caller for the string behind a number. */
#ifndef UAV_BASE_HASH_H
#define UAV_BASE_HASH_H

#include "base/slice.h"

#define HASH_NONE UINT32_MAX

struct hash_key {
	uint64_t k0, k1;
};

/* The key of the entry `value`; must not change while the entry is in. */
typedef struct slice (*hash_name_fn)(const void *ctx, uint32_t value);

struct hash_cell;

struct hash {
	struct hash_cell *cells; /* power of two of them, or NULL */
	uint32_t mask;
	uint32_t count;
	struct hash_key key;
	hash_name_fn name;
	const void *ctx;
};

uint64_t hash_bytes(const struct hash_key *key, struct slice bytes);

void hash_init(struct hash *hash, struct hash_key key, hash_name_fn name, const void *ctx);
void hash_fini(struct hash *hash);

/* The value whose name equals `name`, or HASH_NONE. */
uint32_t hash_find(const struct hash *hash, struct slice name);
/* Adds `value` under the name that the callback gives for it; the name must not
 * be in yet. 0, or -1 when memory is out. */
int hash_add(struct hash *hash, uint32_t value) __attribute__((warn_unused_result));
/* Removes `value`, found by its present name. False when it was not in. */
bool hash_remove(struct hash *hash, uint32_t value);

#endif
