#include "core/delivery.h"

#include "core/relay.h"
#include "core/state.h"

/* ---------------------------------------------------------- the channel's word */

static struct hop hop_new(const struct message *message, const struct name *id)
{
	return (struct hop){
		.transmitter = name_slice(&message->sender),
		.receiver = name_slice(id),
	};
}

struct fate delivery_unanswered(const struct message *message, const struct name *id,
				enum outcome outcome)
{
	struct fate fate = {.outcome = outcome, .has_hop = true, .hop = hop_new(message, id)};

	fate.hop.outcome = outcome;
	return fate;
}

/* A link may be absent. An altered payload may be cut, never longer than what was sent. */
static bool usable(const struct message *message, const struct reception *reception)
{
	bool link_ok = reception->link_ok && reception->link.size <= DELIVERY_LINK_MAX_BYTES;

	return (link_ok || !reception->link.data) &&
	       (reception->outcome == OUTCOME_DELIVERED ||
		reception->outcome == OUTCOME_CORRUPTED || reception->outcome == OUTCOME_LOST) &&
	       reception->reason < REASON_COUNT &&
	       (!reception->altered || reception->payload.size <= message->payload_size);
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

static enum outcome hand_over(struct core *core, const struct message *message, uint32_t index,
			      uint32_t membership, const struct reception *reception,
			      const struct hop *hop)
{
	struct session *target = registry_member(&core->registry, index, membership);
	struct event event = {
		.kind = EVENT_DELIVERY,
		.encoded = message->fanout && !reception->altered ? &core->encoded : NULL,
		.delivery =
			{
				.sender = name_slice(&message->sender),
				.sequence = message->sequence,
				.payload = reception->altered ? reception->payload
							      : message_payload(message),
				.content_type = message_content_type(message),
				.sent_at_us = message->sent_unix_us,
				.hops = hop,
				.hop_count = 1,
			},
	};

	if (!target) {
		return OUTCOME_TARGET_LEFT;
	}
	if (!session_emit(core, target, &event)) {
		return OUTCOME_OVERLOADED;
	}
	return hop->outcome;
}

void delivery_fate(struct core *core, const struct message *message, const struct name *id,
		   uint32_t index, uint32_t membership, const struct reception *reception,
		   struct fate *fate)
{
	if (!usable(message, reception)) {
		*fate = delivery_unanswered(message, id, OUTCOME_SIMULATOR_ERROR);
		return;
	}
	*fate = (struct fate){.has_hop = true, .hop = hop_new(message, id)};
	fate->hop.outcome = channel_outcome(reception);
	fate->hop.reason =
		fate->hop.outcome == OUTCOME_LOST ? (enum reason)reception->reason : REASON_NONE;
	fate->hop.source = SOURCE_LIVE;
	fate->hop.link = reception->link;
	fate->outcome = fate->hop.outcome;
	fate->reason = fate->hop.reason;
	if (fate->outcome != OUTCOME_LOST) {
		fate->outcome = hand_over(core, message, index, membership, reception, &fate->hop);
	}
}

/* ---------------------------------------------------------------- accounts */

static void account(struct core *core, const struct fate *fate)
{
	core->stats.outcomes[fate->outcome]++;
	core->stats.pending--;
	if (fate->outcome == OUTCOME_LOST) {
		core->stats.reasons[fate->reason]++;
	}
}

/* --------------------------------------------------------- what the sender hears */

static void tell_one(struct core *core, struct session *sender, uint32_t ref, enum report_wish wish,
		     struct slice target, const struct fate *fate)
{
	struct target_outcome outcome = {
		.drone_id = target,
		.outcome = fate->outcome,
		.reason = fate->reason,
		.hops = &fate->hop,
		.hop_count = fate->has_hop,
	};
	struct event event = {
		.kind = EVENT_SEND_REPORT,
		.ref = ref,
		.report = {.outcomes = &outcome, .count = 1},
	};

	if (wish == REPORT_WISH_NONE || !ref) {
		return;
	}
	if (wish == REPORT_WISH_FAILURES && fate->outcome == OUTCOME_DELIVERED) {
		session_done(core, sender, ref);
		return;
	}
	session_emit(core, sender, &event);
}

void delivery_settle_one(struct core *core, const struct message *message, const struct fate *fate)
{
	struct session *sender;

	account(core, fate);
	if (message->report == REPORT_WISH_NONE) {
		return;
	}
	sender = registry_numbered(&core->registry, message->sender_index, message->sender_number);
	if (sender) {
		tell_one(core, sender, message->ref, message->report, name_slice(&message->target),
			 fate);
	}
}

void delivery_settle_target(struct core *core, struct fanout *fanout, struct fanout_target *target,
			    const struct fate *fate)
{
	account(core, fate);
	fanout_settle(core, fanout, target, fate);
}

void delivery_refuse_one(struct core *core, struct session *sender, uint32_t ref,
			 const struct request_send *send, enum outcome outcome)
{
	struct fate fate = {.outcome = outcome};
	/* An id that cannot be one is not repeated back. */
	struct slice target = name_valid(send->name) ? send->name : slice_of(NULL, 0);

	core->stats.accepted++;
	core->stats.pending++;
	account(core, &fate);
	tell_one(core, sender, ref, send->report, target, &fate);
}

void delivery_report(struct core *core, struct session *sender, struct fanout *fanout)
{
	if (fanout->report == REPORT_WISH_NONE) {
		fanout_free(core, fanout);
		relay_message_over(core, sender);
		return;
	}
	list_push_back(&sender->reports, &fanout->in_session);
	session_pump(core, sender);
}
