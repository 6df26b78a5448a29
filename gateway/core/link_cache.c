#include "core/link_cache.h"

#include <stdlib.h>

#include "base/rng.h"

/* Further ahead of another than answers to the same link leave that overtake each other. */
#define AHEAD_US 1000000u

enum { WAYS = 8, SETS = LINK_CACHE_LINKS / WAYS, NODES_LEAST = 64 };

struct link_cache {
	uint64_t since;	 /* the last change of all */
	uint64_t *nodes; /* by number - 1: the last change of that one */
	uint32_t node_cap;
	/* Keys stand by themselves: most of what is looked for is told apart by them. */
	struct link_key keys[LINK_CACHE_LINKS]; /* transmitter 0: free */
	struct link_entry entries[LINK_CACHE_LINKS];
};

struct link_cache *link_cache_new(uint64_t change)
{
	struct link_cache *cache = calloc(1, sizeof(*cache));

	if (cache) {
		cache->since = change;
	}
	return cache;
}

void link_cache_free(struct link_cache *cache)
{
	if (cache) {
		free(cache->nodes);
		free(cache);
	}
}

/* ------------------------------------------------------------------ changes */

void link_cache_forget_all(struct link_cache *cache, uint64_t change)
{
	cache->since = change;
}

static bool make_room(struct link_cache *cache, uint32_t node)
{
	uint32_t cap = cache->node_cap ? cache->node_cap : NODES_LEAST;
	uint64_t *nodes;

	if (node <= cache->node_cap) {
		return true;
	}
	while (cap < node) {
		cap *= 2;
	}
	nodes = reallocarray(cache->nodes, cap, sizeof(*nodes));
	if (!nodes) {
		return false;
	}
	memset(nodes + cache->node_cap, 0, (cap - cache->node_cap) * sizeof(*nodes));
	cache->nodes = nodes;
	cache->node_cap = cap;
	return true;
}

void link_cache_forget_node(struct link_cache *cache, uint32_t node, uint64_t change)
{
	if (make_room(cache, node)) {
		cache->nodes[node - 1] = change;
	} else {
		link_cache_forget_all(cache, change); /* more than need be, never less */
	}
}

static uint64_t last_change(const struct link_cache *cache, uint32_t node)
{
	return node <= cache->node_cap ? cache->nodes[node - 1] : 0;
}

static bool is_current(const struct link_cache *cache, const struct link_key *key, uint64_t change)
{
	return cache->since <= change && last_change(cache, key->transmitter) <= change &&
	       last_change(cache, key->receiver) <= change;
}

/* ------------------------------------------------------------------- places */

/* A link stands in one of WAYS places from here on. */
static uint32_t set_of(const struct link_key *key)
{
	uint64_t pair = (uint64_t)key->transmitter << 32 | key->receiver;

	return (uint32_t)(rng_mix(rng_mix(pair) ^ key->payload_size) % SETS * WAYS);
}

static bool same_key(const struct link_key *a, const struct link_key *b)
{
	return a->transmitter == b->transmitter && a->receiver == b->receiver &&
	       a->payload_size == b->payload_size;
}

/* Its place, or LINK_CACHE_LINKS: it has none. */
static uint32_t place_of(const struct link_cache *cache, const struct link_key *key)
{
	uint32_t set = set_of(key);

	for (uint32_t place = set; place < set + WAYS; place++) {
		if (same_key(&cache->keys[place], key)) {
			return place;
		}
	}
	return LINK_CACHE_LINKS;
}

/* Not before it was told, and not too long after: what is before is far behind, unsigned. */
static bool is_within(uint64_t from_us, uint64_t at_us, uint32_t valid_for_us)
{
	return at_us - from_us < valid_for_us;
}

/* The wall clock is the one that the simulator knows; but it may be set back, and then the same
 * time comes twice. */
static bool holds(const struct link_cache *cache, uint32_t place, const struct instant *leaves)
{
	const struct link_entry *entry = &cache->entries[place];

	return is_within(entry->leaves.unix_us, leaves->unix_us, entry->valid_for_us) &&
	       is_within(entry->leaves.mono_us, leaves->mono_us, entry->valid_for_us) &&
	       is_current(cache, &cache->keys[place], entry->change);
}

/* For any message that leaves then or later. */
static bool is_over(const struct link_cache *cache, uint32_t place, const struct instant *leaves)
{
	const struct link_entry *entry = &cache->entries[place];

	return !cache->keys[place].transmitter ||
	       !is_current(cache, &cache->keys[place], entry->change) ||
	       leaves->mono_us >= entry->leaves.mono_us + entry->valid_for_us;
}

/* A second hop leaves when the first has arrived, by what the simulator said of that, which may be
 * in an hour: until then it is of no use, and stands in nobody's way. */
static bool is_far_ahead(const struct link_cache *cache, uint32_t place,
			 const struct instant *leaves)
{
	return cache->entries[place].leaves.mono_us > leaves->mono_us + AHEAD_US;
}

static uint32_t place_for(const struct link_cache *cache, const struct link_key *key,
			  const struct instant *leaves)
{
	uint32_t set = set_of(key), oldest = set;
	uint64_t oldest_us = UINT64_MAX;

	for (uint32_t place = set; place < set + WAYS; place++) {
		if (is_over(cache, place, leaves)) {
			return place;
		}
		if (is_far_ahead(cache, place, leaves)) {
			oldest_us = 0;
			oldest = place;
		} else if (cache->entries[place].leaves.mono_us < oldest_us) {
			oldest_us = cache->entries[place].leaves.mono_us;
			oldest = place;
		}
	}
	return oldest;
}

uint32_t link_cache_place(const struct link_cache *cache, const struct link_entry *entry)
{
	return (uint32_t)(entry - cache->entries);
}

const struct link_entry *link_cache_at(const struct link_cache *cache, uint32_t place)
{
	return &cache->entries[place];
}

/* ------------------------------------------------------------------- answers */

/* What the rate does not decide alone is told only of the one message; but where nothing comes
 * through, the reason is that of all. */
static bool says_more(const struct reception *reception)
{
	bool drawn =
		reception->outcome == OUTCOME_DELIVERED ||
		(reception->outcome == OUTCOME_LOST && reception->reason == REASON_PACKET_ERROR);
	bool certain = reception->outcome == OUTCOME_LOST && reception->packet_error_rate >= 1;

	return reception->link.data && reception->link_ok &&
	       reception->link.size <= HOP_LINK_MAX_BYTES && reception->valid_for_us &&
	       !reception->altered && !reception->bit_errors && reception->reason < REASON_COUNT &&
	       reception->reason != REASON_FAULT_INJECTED && (drawn || certain);
}

static void entry_set(struct link_entry *entry, const struct reception *reception)
{
	bool drawn =
		reception->outcome == OUTCOME_DELIVERED || reception->reason == REASON_PACKET_ERROR;
	struct leg leg = {
		.outcome = drawn ? OUTCOME_DELIVERED : OUTCOME_LOST,
		.reason = drawn ? REASON_NONE : (uint8_t)reception->reason,
		.source = SOURCE_CACHED,
		.link_size = (uint8_t)reception->link.size,
		.delay_us = reception->delay_us,
		.snr_db = reception->snr_db,
		.link = reception->link.data,
	};

	entry->valid_for_us = reception->valid_for_us;
	entry->packet_error_rate = reception->packet_error_rate;
	leg_keep(&entry->leg, &leg);
}

/* Something later is known. */
static bool knows_later(const struct link_cache *cache, uint32_t place,
			const struct instant *leaves)
{
	const struct link_entry *entry = &cache->entries[place];

	return is_current(cache, &cache->keys[place], entry->change) &&
	       entry->leaves.mono_us > leaves->mono_us && !is_far_ahead(cache, place, leaves);
}

void link_cache_keep(struct link_cache *cache, const struct link_key *key,
		     const struct reception *reception, const struct instant *leaves,
		     uint64_t change)
{
	uint32_t place = place_of(cache, key);
	bool found = place < LINK_CACHE_LINKS;
	struct link_entry *entry = found ? &cache->entries[place] : NULL;

	if (!is_current(cache, key, change)) {
		return; /* it is about nodes as they were */
	}
	if (entry && knows_later(cache, place, leaves)) {
		return;
	}
	if (!says_more(reception)) {
		if (found) {
			cache->keys[place] = (struct link_key){0};
		}
		return;
	}
	if (!found) {
		place = place_for(cache, key, leaves);
		cache->keys[place] = *key;
		entry = &cache->entries[place];
	}
	entry->leaves = *leaves;
	entry->change = change;
	entry_set(entry, reception);
}

const struct link_entry *link_cache_find(const struct link_cache *cache, const struct link_key *key,
					 const struct instant *leaves)
{
	uint32_t place = place_of(cache, key);

	return place < LINK_CACHE_LINKS && holds(cache, place, leaves) ? &cache->entries[place]
								       : NULL;
}
