#include "core/delivery.h"

#include "core/state.h"
#include "core/waiting.h"

struct aim aim_at_one(const struct message *message)
{
	return (struct aim){
		.node = message->target_node,
		.stay = message->target_stay,
		.id = &message->target,
	};
}

struct aim aim_at(struct fanout_target *target)
{
	return (struct aim){
		.node = target->node,
		.stay = target->stay,
		.id = &target->id,
		.target = target,
	};
}

/* ------------------------------------------------------------------- hops */

/* Whether the way to the hub is a part of this target's way, and known. */
static bool is_relayed(const struct message *message, const struct aim *aim)
{
	return message->via.hop && message->via.decided && aim->node != message->via.node;
}

/* `own`, when there is one, is the last hop. Hops that there are not stay as they are: to
 * clear and copy both was 7 % of what a message costs (make bench, "without sockets"). */
static void fate_set(struct fate *fate, const struct message *message, const struct aim *aim,
		     enum outcome outcome, enum reason reason, const struct leg *own)
{
	const struct name *from = &message->sender;

	fate->outcome = outcome;
	fate->reason = reason;
	fate->relayed = is_relayed(message, aim);
	fate->hop_count = 0;
	if (fate->relayed) {
		hop_set(&fate->hops[fate->hop_count++], from, &message->via.hub,
			&message->via.first.leg);
		from = &message->via.hub;
	}
	if (own) {
		hop_set(&fate->hops[fate->hop_count++], from, aim->id, own);
	}
}

static enum outcome arrived_outcome(const struct message *message, const struct aim *aim,
				    const struct leg *own)
{
	bool corrupted =
		is_relayed(message, aim) && message->via.first.leg.outcome == OUTCOME_CORRUPTED;

	return corrupted ? OUTCOME_CORRUPTED : (enum outcome)own->outcome;
}

/* ---------------------------------------------------------------- accounts */

/* `sender`: the stay from which the message was sent; NULL when it is over. */
static void account(struct core *core, struct member *sender, const struct fate *fate)
{
	if (sender) {
		traffic_add(&sender->traffic, TRAFFIC_TARGETS);
	}
	if (sender && fate->outcome == OUTCOME_DELIVERED) {
		traffic_add(&sender->traffic, TRAFFIC_DELIVERED);
	}
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
		.hops = fate->hops,
		.hop_count = fate->hop_count,
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

static void settle(struct core *core, const struct message *message, const struct aim *aim,
		   const struct fate *fate)
{
	struct session *sender = core_sender(core, message);
	struct member *from = sender ? sender->member : NULL;

	account(core, from && from->stay == message->sender_stay ? from : NULL, fate);
	if (aim->target) {
		fanout_settle(core, message->fanout, aim->target, fate);
	} else if (message->report != REPORT_WISH_NONE && sender) {
		tell_one(core, sender, message->ref, message->report, name_slice(aim->id), fate);
	}
}

void delivery_decide(struct core *core, const struct message *message, const struct aim *aim,
		     enum outcome outcome, enum reason reason, const struct leg *own)
{
	struct fate fate;

	fate_set(&fate, message, aim, outcome, reason, own);
	settle(core, message, aim, &fate);
}

void delivery_refuse_one(struct core *core, struct session *sender, uint32_t ref,
			 const struct request_send *send, enum outcome outcome)
{
	struct fate fate = {.outcome = outcome};
	struct slice target = name_valid(send->name) ? send->name : slice_of(NULL, 0);

	core->stats.accepted++;
	core->stats.pending++;
	account(core, sender->member, &fate);
	tell_one(core, sender, ref, send->report, target, &fate);
}

/* ----------------------------------------------------------------- hand-over */

/* Where fronts keep what they encode of this message, the same for all targets. */
static struct encoded *encoded_of(struct core *core, const struct message *message)
{
	if (core->encoded_of != message->id) {
		core->encoded_of = message->id;
		core_encoded_anew(core);
	}
	return core->encoded;
}

/* `own` is the last hop. */
static void count_received(struct traffic *traffic, const struct leg *own)
{
	traffic_add(traffic, TRAFFIC_RECEIVED);
	if (own->link) {
		traffic->snr_db = own->snr_db;
	}
}

static enum outcome hand_over(struct core *core, const struct message *message,
			      const struct aim *aim, const struct leg *own, const struct fate *fate,
			      struct slice payload, bool altered)
{
	struct member *target = member_present(&core->members, aim->node, aim->stay);
	const struct fanout *fanout = message->fanout;
	struct event event; /* set field by field, not cleared first: it is large */

	if (!target) {
		return OUTCOME_TARGET_LEFT;
	}
	event.kind = EVENT_DELIVERY;
	event.ref = 0;
	event.delivery = (struct event_delivery){
		.sender = name_slice(&message->sender),
		.to = fanout ? name_slice(&fanout->group) : slice_of(NULL, 0),
		.sequence = message->sequence,
		.payload = payload,
		.content_type = message_content_type(message),
		.sent_at_us = message->sent_unix_us,
		.hops = fate->hops,
		.hop_count = fate->hop_count,
	};
	core->stats.delivered_bytes += payload.size;
	event.encoded = fanout && !altered ? encoded_of(core, message) : NULL;
	if (!session_emit(core, target->session, &event)) {
		return OUTCOME_OVERLOADED; /* and the stay is over */
	}
	count_received(&target->traffic, own);
	return fate->outcome;
}

static uint32_t cut_to_32(uint64_t number)
{
	return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

void delivery_hand_over(struct core *core, struct message *message, const struct aim *aim,
			const struct leg *own, struct slice payload, bool altered, uint64_t late_us)
{
	struct fate fate;

	fate_set(&fate, message, aim, arrived_outcome(message, aim, own), REASON_NONE, own);
	fate.hops[fate.hop_count - 1].late_by_us = cut_to_32(late_us);
	fate.outcome = hand_over(core, message, aim, own, &fate, payload, altered);
	settle(core, message, aim, &fate);
}

void delivery_arrive(struct core *core, struct message *message, const struct aim *aim,
		     const struct leg *own, struct slice payload, bool altered)
{
	uint64_t due_us = message->sent_mono_us + own->delay_us;

	if (is_relayed(message, aim)) {
		due_us += message->via.first.leg.delay_us;
	}
	if (!message->delay_real) {
		delivery_hand_over(core, message, aim, own, payload, altered, 0);
	} else if (waiting_is_turn(core, due_us)) {
		delivery_hand_over(core, message, aim, own, payload, altered,
				   core->now.mono_us - due_us);
	} else if (!waiting_add(core, message, aim, own, due_us, payload, altered)) {
		delivery_decide(core, message, aim, OUTCOME_OVERLOADED, REASON_NONE, own);
	}
}

/* -------------------------------------------------------------------- the end */

void delivery_finish(struct core *core, struct message *message)
{
	struct session *sender = core_sender(core, message);
	struct fanout *fanout = message->fanout;

	waiting_forget(core, message);
	inflight_release(&core->inflight, message);
	if (!fanout) {
		return;
	}
	if (!sender || fanout->report == REPORT_WISH_NONE) {
		fanout_free(core, fanout);
		return;
	}
	list_push_back(&sender->reports, &fanout->in_session);
	session_pump(core, sender);
}
