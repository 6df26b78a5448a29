/* What the simulator last told of a scenario's links, for as long as it said that this holds
 * (valid_for_us). A link is a transmitter, a receiver and a size of payload: airtime, delay and
 * packet error rate depend on the size.
 *
 * What is kept never outlives a change that the gateway knows of. Changes are numbered by the
 * core, in the order in which the simulator is told of them; an answer counts only while both
 * nodes and the scenario are as they were when its transmit was sent.
 *
 * A fixed number of links is kept. Whose place is needed goes: what holds no more, else what
 * holds only from a second ahead of what needs it, else what was told first. */
#ifndef UAV_CORE_LINK_CACHE_H
#define UAV_CORE_LINK_CACHE_H

#include "base/clock.h"
#include "core/hop.h"

#define LINK_CACHE_LINKS 16384u /* of one scenario; some 3 MiB, taken as they are used */

struct link_key {
	uint32_t transmitter, receiver; /* nodes */
	uint32_t payload_size;
};

struct link_entry {
	uint32_t valid_for_us;
	struct instant leaves; /* when the transmit did that this is the answer to */
	uint64_t change;       /* the last one that the simulator knew of then */
	float packet_error_rate;
	/* LOST: with certainty, for its reason; else DELIVERED, and each message is drawn. Source
	 * and link are as they are told. */
	struct kept_leg leg;
};

struct link_cache;

/* Empty; nothing of before `change` counts. NULL when memory is out. */
struct link_cache *link_cache_new(uint64_t change);
void link_cache_free(struct link_cache *cache);

/* A node, or all of the scenario, is another from `change` on. */
void link_cache_forget_node(struct link_cache *cache, uint32_t node, uint64_t change);
void link_cache_forget_all(struct link_cache *cache, uint64_t change);

/* Takes in an answer to a transmit that `leaves` then, sent after `change`. If it says nothing
 * about later messages (not valid, altered, injected, with bit errors, lost for a reason that
 * chance decides), what was known of the link is forgotten instead. */
void link_cache_keep(struct link_cache *cache, const struct link_key *key,
		     const struct reception *reception, const struct instant *leaves,
		     uint64_t change);

/* What holds for a message that `leaves` then, by both clocks; or NULL. It stays where it is until
 * the next link_cache_keep. */
const struct link_entry *link_cache_find(const struct link_cache *cache, const struct link_key *key,
					 const struct instant *leaves);

/* Entries as numbers. */
uint32_t link_cache_place(const struct link_cache *cache, const struct link_entry *entry);
const struct link_entry *link_cache_at(const struct link_cache *cache, uint32_t place);

#endif
