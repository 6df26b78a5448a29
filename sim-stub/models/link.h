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
#include "models/wave.h"

/* How long numbers are told to hold at most, for nodes that stay as they were told: whoever
 * goes on using them asks anew once a second. */
#define LINK_VALID_MAX_US 1000000u

/* One packet on its way to one receiver. */
struct passage {
	const struct sim_node *transmitter, *receiver;
	size_t payload_bytes;
	uint64_t sent_at_us;
	double interference_mw; /* what else the receiver hears, at its antenna's output; 0: nothing
				 */
	/* What the pair's own chance is drawn by. NULL: nothing is, all numbers are means, and
	 * there is line of sight where that is at least as likely as not. */
	const struct hash_key *key;
	struct slice scenario; /* its name */
};

struct prediction {
	struct link_numbers numbers; /* every one finite */
	enum reason reason;	     /* why the packet is lost, if it is */
	/* How long they hold, from sent_at_us on, for a payload of the same size and until a node
	 * is told anew. */
	uint32_t valid_for_us;
};

struct prediction link_predict(const struct channel *channel, const struct passage *passage);

/* What the receiver hears, mW at its antenna's output, of somebody else at this place who
 * radiates power_dbm (EIRP): by the scenario's mean path loss, with line of sight where that is
 * at least as likely as not, and the receiver's antenna gain. Over no channel (`ideal`) 0. */
double link_power_from(const struct channel *channel, struct vector position, double power_dbm,
		       const struct sim_node *receiver);

/* Whether the transmitter's name comes before the receiver's. */
bool link_in_order(const struct passage *passage);
/* Where both are, as they have told. */
struct wave_places link_places(const struct passage *passage);

#endif
