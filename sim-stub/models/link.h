/* The way of a packet from one node to another, once for all models:
 *
 *   two nodes ─▶ scene ─▶ line of sight? ─▶ mean path loss ─▶ shadowing ─▶ fading ─▶ received power
 *                            (model)           (model)          (drawn for the pair)        │
 *   told numbers, probability of loss ◀─ error rates ◀─ SINR ◀─ noise, interference ◀───────┘
 *
 * Whether this packet is lost is drawn by whoever asks, by its own names. */
#ifndef SIM_MODELS_LINK_H
#define SIM_MODELS_LINK_H

#include "base/hash.h"
#include "models/model.h"

/* One packet on its way to one receiver. */
struct passage {
	const struct sim_node *transmitter, *receiver;
	size_t payload_bytes;
	uint64_t sent_at_us;
	double interference_mw; /* what else the receiver hears, at its antenna's output */
	/* What the pair's own chance is drawn by. NULL: nothing is, all numbers are means, and
	 * there is line of sight where that is at least as likely as not. */
	const struct hash_key *key;
	struct slice scenario; /* its name */
};

struct prediction {
	struct link_numbers numbers; /* every one finite */
	enum reason reason;	     /* why the packet is lost, if it is */
	uint32_t valid_for_us;	     /* how long the numbers hold; 0: for this packet only */
};

struct prediction link_predict(const struct channel *channel, const struct passage *passage);

#endif
