#include "core/result.h"

#include "core/recall.h"
#include "core/relay.h"
#include "core/state.h"

/* -------------------------------------------------- the simulator's answer: the last hop */

static void count_stray(struct core *core, struct lane *lane, uint64_t *counter, uint64_t count,
			bool abuse)
{
	*counter += count;
	if (abuse) {
		lane_count_abuse(core, lane, count);
	}
}

void result_settle(struct core *core, struct message *message, const struct aim *aim,
		   const struct leg *own, struct slice payload, bool altered)
{
	if (leg_arrived(own)) {
		delivery_arrive(core, message, aim, own, payload, altered);
	} else {
		delivery_decide(core, message, aim, own->outcome, own->reason, own);
	}
}

/* One target's answer. */
static void settle_reception(struct core *core, struct message *message, const struct aim *aim,
			     const struct reception *reception)
{
	struct leg leg = leg_of(reception, message->payload_size);

	core->stats.results++;
	recall_keep(core, message, reception);
	result_settle(core, message, aim, &leg,
		      reception->altered ? reception->payload : message_payload(message),
		      reception->altered);
}

/* The one that is about `node`, or NULL; all others are counted as strays. */
static const struct reception *only_reception(struct core *core, const struct message *message,
					      uint32_t node, const struct reception *receptions,
					      size_t count)
{
	const struct reception *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (receptions[i].receiver != node) {
			count_stray(core, message->scenario->lane, &core->stats.results_unknown, 1,
				    true);
		} else if (found) {
			count_stray(core, message->scenario->lane, &core->stats.results_repeated, 1,
				    true);
		} else {
			found = &receptions[i];
		}
	}
	return found;
}

static void result_to_many(struct core *core, struct message *message,
			   const struct reception *receptions, size_t count)
{
	struct fanout *fanout = message->fanout;

	for (size_t i = 0; i < count; i++) {
		bool known;
		struct fanout_target *target =
			fanout_find(core, fanout, receptions[i].receiver, &known);
		struct aim aim;

		if (!target) {
			count_stray(core, message->scenario->lane,
				    known ? &core->stats.results_repeated
					  : &core->stats.results_unknown,
				    1, true);
			continue;
		}
		aim = aim_at(target);
		fanout_answered(fanout, target);
		settle_reception(core, message, &aim, &receptions[i]);
	}
}

static void keep_first_hop(struct message *message, const struct leg *leg)
{
	message->via.decided = true;
	leg_keep(&message->via.first, leg);
	if (message->fanout) {
		via_copy(&message->fanout->via, &message->via);
	}
}

/* The transmit that is out gets no (further) answer: what it leaves open is `outcome`. */
static void end_transmit(struct core *core, struct message *message, enum outcome outcome)
{
	struct leg leg = leg_without_link(outcome, SOURCE_UNSPECIFIED);

	if (message->via.hop == 1) {
		keep_first_hop(message, &leg);
	}
	relay_decide_rest(core, message, outcome, REASON_NONE, &leg);
	relay_leave_channel(core, message);
}

static void result_of_last_hop(struct core *core, struct message *message,
			       const struct reception *receptions, size_t count, bool more)
{
	const struct reception *reception;
	struct aim aim;

	if (message->fanout) {
		result_to_many(core, message, receptions, count);
		if (!more) {
			message->answered = true;
			end_transmit(core, message, OUTCOME_SIMULATOR_ERROR);
		}
		return;
	}
	reception = only_reception(core, message, message->target_node, receptions, count);
	message->answered = reception || !more;
	if (reception) {
		aim = aim_at_one(message);
		settle_reception(core, message, &aim, reception);
		relay_leave_channel(core, message);
	} else if (!more) {
		end_transmit(core, message, OUTCOME_SIMULATOR_ERROR);
	}
}

/* ------------------------------------------------- the answer on the way to the hub */

/* The hub itself may be a target. */
static void settle_hub(struct core *core, struct message *message, const struct leg *leg)
{
	struct fanout *fanout = message->fanout;
	bool known;
	struct fanout_target *target =
		fanout ? fanout_find(core, fanout, message->via.node, &known) : NULL;
	struct aim aim;

	if (!target) {
		return;
	}
	aim = aim_at(target);
	fanout_answered(fanout, target);
	delivery_arrive(core, message, &aim, leg, message_payload(message), false);
}

/* Those behind the hub that are still there stand in core->nodes; their number. */
static uint32_t gather_behind(struct core *core, struct message *message)
{
	struct fanout *fanout = message->fanout;
	uint32_t count = 0;

	for (uint32_t i = 0; i < fanout->count; i++) {
		struct fanout_target *target = &fanout->targets[i];

		if (target->answered) {
			continue;
		}
		if (member_present(&core->members, target->node, target->stay)) {
			core->nodes[count++] = target->node;
		} else {
			relay_decide_target(core, message, target, OUTCOME_TARGET_LEFT);
		}
	}
	return count;
}

static void send_behind(struct core *core, struct message *message, uint32_t *nodes, size_t count)
{
	message->via.hop = 2;
	inflight_renew(message);
	recall_or_transmit(core, message, message->via.node, message->via.first.leg.delay_us, nodes,
			   count);
}

/* From the hub to all that are behind it. */
static void second_hop(struct core *core, struct message *message)
{
	uint32_t count;

	if (!member_present(&core->members, message->via.node, message->via.stay)) {
		relay_decide_rest(core, message, OUTCOME_NO_ROUTE, REASON_NONE, NULL);
		relay_leave_channel(core, message);
		return;
	}
	if (message->fanout) {
		count = gather_behind(core, message);
		if (count) {
			send_behind(core, message, core->nodes, count);
		} else {
			relay_leave_channel(core, message);
		}
	} else if (member_present(&core->members, message->target_node, message->target_stay)) {
		send_behind(core, message, &message->target_node, 1);
	} else {
		relay_decide_rest(core, message, OUTCOME_TARGET_LEFT, REASON_NONE, NULL);
		relay_leave_channel(core, message);
	}
}

void result_of_hub(struct core *core, struct message *message, const struct leg *leg)
{
	keep_first_hop(message, leg);
	if (!leg_arrived(leg)) {
		relay_decide_rest(core, message, leg->outcome, leg->reason, leg);
		relay_leave_channel(core, message);
		return;
	}
	settle_hub(core, message, leg);
	second_hop(core, message);
}

static void take_first_hop(struct core *core, struct message *message,
			   const struct reception *reception)
{
	struct leg leg = leg_of(reception, message->payload_size);

	core->stats.results++;
	recall_keep(core, message, reception);
	message->answered = true;
	if (reception->altered && leg_arrived(&leg)) {
		message_alter(message, reception->payload);
	}
	result_of_hub(core, message, &leg);
}

static void result_of_first_hop(struct core *core, struct message *message,
				const struct reception *receptions, size_t count, bool more)
{
	const struct reception *reception =
		only_reception(core, message, message->via.node, receptions, count);

	if (reception) {
		take_first_hop(core, message, reception);
	} else if (!more) {
		message->answered = true;
		end_transmit(core, message, OUTCOME_SIMULATOR_ERROR);
	}
}

/* The transmit of this message that is out. */
static struct window_sample sample_of(const struct message *message)
{
	uint64_t timeout_us = message->scenario->config.timeout_ms * 1000ull;

	return (struct window_sample){
		.sent_us = message->deadline_us - timeout_us,
		.timeout_us = timeout_us,
		.in_channel = message->scenario->lane->in_channel,
	};
}

static void result_unknown(struct core *core, struct lane *lane, enum inflight_lookup found,
			   size_t count, bool more)
{
	bool repeated = found == INFLIGHT_REPEATED;

	count_stray(core, lane,
		    repeated ? &core->stats.results_repeated : &core->stats.results_unknown,
		    count ? count : 1,
		    /* an empty one ends an answer in pieces */
		    (repeated && count) || found == INFLIGHT_FORGED);
	if (found == INFLIGHT_LATE && !more) {
		window_answered_late(&lane->window, core->now.mono_us);
		lane_pump(core, lane);
	}
}

void result_take(struct core *core, struct lane *lane, uint64_t id,
		 const struct reception *receptions, size_t count, bool more)
{
	enum inflight_lookup found;
	struct message *message = inflight_find(&core->inflight, id, &found);

	if (message && message->scenario->lane != lane) {
		message = NULL;
		found = INFLIGHT_FORGED;
	}
	if (!message) {
		result_unknown(core, lane, found, count, more);
		return;
	}
	if (!more) { /* an answer in pieces is one */
		struct window_sample sample = sample_of(message);

		window_answered(&lane->window, &sample, core->now.mono_us);
	}
	if (message->via.hop == 1) {
		result_of_first_hop(core, message, receptions, count, more);
	} else {
		result_of_last_hop(core, message, receptions, count, more);
	}
	lane_pump(core, lane);
}

void result_expire(struct core *core, struct lane *lane)
{
	struct message *message;

	window_give_up(&lane->window, core->now.mono_us);
	while ((message = expiry_first(&lane->expiry)) &&
	       message->deadline_us <= core->now.mono_us) {
		struct window_sample sample = sample_of(message);

		window_timed_out(&lane->window, &sample, core->now.mono_us);
		end_transmit(core, message, OUTCOME_SIMULATOR_TIMEOUT);
	}
	lane_pump(core, lane);
}

void result_abandon(struct core *core, struct lane *lane)
{
	struct message *message;

	while ((message = expiry_first(&lane->expiry))) {
		end_transmit(core, message, OUTCOME_SIMULATOR_DOWN);
	}
	lane_pump(core, lane);
}
