/* What became of a message on one hop. */
#ifndef UAV_CORE_HOP_H
#define UAV_CORE_HOP_H

#include "core/name.h"

/* A Link longer than this is refused (SIMULATOR_ERROR); the longest that this version
 * knows takes 66. */
#define HOP_LINK_MAX_BYTES 128

/* As the channel computed it. `link` is the simulator's bytes, valid as long as these. */
struct leg {
	uint8_t outcome, reason, source; /* enum outcome, reason, source */
	uint8_t link_size;
	uint32_t delay_us;
	float snr_db;
	const uint8_t *link; /* NULL: absent */
};

static inline struct slice leg_link(const struct leg *leg)
{
	return slice_of(leg->link, leg->link_size);
}

/* The same with its own bytes. Never copied by assignment: see leg_keep. */
struct kept_leg {
	struct leg leg;
	uint8_t link[HOP_LINK_MAX_BYTES];
};

/* A relayed message's way through the hub. */
struct via {
	uint8_t hop;	     /* 0: it is not relayed; 1, 2: the hop that it is on or ended on */
	bool decided;	     /* what became of the first hop is in `first` */
	uint32_t node, stay; /* of the hub */
	struct name hub;
	struct kept_leg first;
};

/* As events tell it; its slices are those of the arguments. */
static inline void hop_set(struct hop *hop, const struct name *transmitter,
			   const struct name *receiver, const struct leg *leg)
{
	hop->transmitter = name_slice(transmitter);
	hop->receiver = name_slice(receiver);
	hop->outcome = (enum outcome)leg->outcome;
	hop->reason = (enum reason)leg->reason;
	hop->source = (enum source)leg->source;
	hop->late_by_us = 0;
	hop->link = leg_link(leg);
}

/* What the channel answered for one receiver of a payload of `payload_size` bytes. An answer that
 * cannot be used (NaN, an unknown enumerator, a payload that grew) is SIMULATOR_ERROR. */
struct leg leg_of(const struct reception *reception, size_t payload_size);
/* A hop without numbers: the channel gave no answer, or was left out (BYPASSED). */
struct leg leg_without_link(enum outcome outcome, enum source source);
void leg_keep(struct kept_leg *kept, const struct leg *leg);
void via_copy(struct via *to, const struct via *from);

/* Whether the message came through. */
bool leg_arrived(const struct leg *leg);

#endif
