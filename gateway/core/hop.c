#include "core/hop.h"

/* A link may be absent. An altered payload may be cut, never longer than what was sent. */
static bool usable(const struct reception *reception, size_t payload_size)
{
	bool link_ok = reception->link_ok && reception->link.size <= HOP_LINK_MAX_BYTES;

	return (link_ok || !reception->link.data) &&
	       (reception->outcome == OUTCOME_DELIVERED ||
		reception->outcome == OUTCOME_CORRUPTED || reception->outcome == OUTCOME_LOST) &&
	       reception->reason < REASON_COUNT &&
	       (!reception->altered || reception->payload.size <= payload_size);
}

/* What the channel decided; a payload that was altered is corrupted, whatever it
 * is called. */
static enum outcome channel_outcome(const struct reception *reception)
{
	if (reception->outcome == OUTCOME_DELIVERED && reception->altered) {
		return OUTCOME_CORRUPTED;
	}
	return (enum outcome)reception->outcome;
}

struct leg leg_of(const struct reception *reception, size_t payload_size)
{
	struct leg leg = leg_without_link(OUTCOME_SIMULATOR_ERROR, SOURCE_UNSPECIFIED);

	if (!usable(reception, payload_size)) {
		return leg;
	}
	leg.outcome = (uint8_t)channel_outcome(reception);
	leg.reason = leg.outcome == OUTCOME_LOST ? (uint8_t)reception->reason : REASON_NONE;
	leg.source = SOURCE_LIVE;
	leg.link = reception->link.data;
	leg.link_size = (uint8_t)reception->link.size;
	leg.delay_us = reception->link.data ? reception->delay_us : 0;
	leg.snr_db = reception->link.data ? reception->snr_db : 0;
	return leg;
}

struct leg leg_without_link(enum outcome outcome, enum source source)
{
	return (struct leg){
		.outcome = (uint8_t)outcome,
		.source = (uint8_t)source,
	};
}

void leg_keep(struct kept_leg *kept, const struct leg *leg)
{
	kept->leg = *leg;
	if (leg->link) {
		memmove(kept->link, leg->link, leg->link_size);
		kept->leg.link = kept->link;
	}
}

void via_copy(struct via *to, const struct via *from)
{
	to->hop = from->hop;
	to->decided = from->decided;
	to->node = from->node;
	to->stay = from->stay;
	to->hub = from->hub;
	leg_keep(&to->first, &from->first.leg);
}

bool leg_arrived(const struct leg *leg)
{
	return leg->outcome == OUTCOME_DELIVERED || leg->outcome == OUTCOME_CORRUPTED;
}
