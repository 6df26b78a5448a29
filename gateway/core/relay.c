/* The way of a message:
 *
 *   drone ── send ──▶ relay_send ──▶ topology_route ──▶ fate without the channel ──┐
 *                         │                                                       │
 *                    a slot in flight                                             │
 *                         │ transmit (id, numbers, payload)                       │
 *                         ▼                                                       │
 *                  channel simulator ·· deadline ··▶ relay_expire ──▶ fate ───────┤
 *                         │ result (id, receptions)                               │
 *                         ▼                                                       ▼
 *                   relay_result ──▶ delivery_fate ──▶ target drone      delivery_settle
 *                                         │ (hand-over)                  (accounts, report)
 *                                         └──────────── fate ─────────────────────┘
 *                                                                                 │
 *                                                                            sender drone
 *
 * A message to one drone stands wholly in its slot. A message to many has a fanout
 * beside it, with a fate for each target. Every target accepted is decided exactly once:
 * by the channel, by a deadline, or by what kept it out of the channel.
 *
 * Back-pressure: a drone whose own window is full, or that finds the simulator's
 * window full, is answered CORE_HOLD and reads on when a place is free; places in the
 * simulator's window are given to held drones in turn. */
#include "core/relay.h"

#include <stdlib.h>

#include "core/delivery.h"
#include "core/state.h"
#include "core/topology.h"

/* ------------------------------------------------------------ windows */

bool relay_link_full(const struct core *core)
{
	return core->sim_up && core->sim->full(core->sim_ctx);
}

static bool channel_full(const struct core *core)
{
	return core->inflight.in_channel + core->woken >= core->simulator_max_in_flight ||
	       relay_link_full(core);
}

void relay_wake(struct core *core)
{
	struct list *link;

	while (!channel_full(core) && (link = list_first(&core->held))) {
		struct session *session = LIST_ENTRY(link, struct session, held);

		session->woken = true;
		core->woken++;
		session_release(core, session, HOLD_SIMULATOR);
	}
}

void relay_unwake(struct core *core, struct session *session)
{
	if (session->woken) {
		session->woken = false;
		core->woken--;
	}
}

void relay_message_over(struct core *core, struct session *session)
{
	session->in_flight--;
	if (session->in_flight < core->limits.max_in_flight_per_drone &&
	    list_empty(&session->reports)) {
		session_release(core, session, HOLD_WINDOW);
	}
}

/* ----------------------------------------------------------- acceptance */

static bool overloaded(const struct core *core)
{
	return core->inflight.count >= core->limits.max_in_flight ||
	       core->inflight.outside_bytes + core->fanout_bytes >=
		       core->limits.max_in_flight_bytes;
}

/* What keeps every message of this scenario out of the channel now. */
static enum outcome obstacle(const struct core *core, const struct scenario *scenario)
{
	if (!core->sim_up || scenario->status != SCENARIO_ACCEPTED) {
		return OUTCOME_SIMULATOR_DOWN;
	}
	return overloaded(core) ? OUTCOME_OVERLOADED : OUTCOME_UNSPECIFIED;
}

/* The largest frame that the delivery can become (proto/README.md, "Sizes"). */
static size_t delivery_bound(const struct session *sender, const struct session *target,
			     const struct request_send *send)
{
	const size_t fixed = 64; /* tags, lengths and numbers of envelope, delivery and hop */

	return fixed + 2 * sender->id.size + target->id.size + send->payload.size +
	       send->content_type.size + DELIVERY_LINK_MAX_BYTES;
}

static bool too_large(const struct session *sender, const struct session *target,
		      const struct request_send *send)
{
	return delivery_bound(sender, target, send) > target->max_frame;
}

static const char *send_refusal(const struct core *core, const struct session *sender,
				const struct request_send *send, enum error_code *code)
{
	*code = ERROR_BAD_REQUEST;
	if (send->to == SEND_TO_NOBODY) {
		return "send has no target";
	}
	if (send->content_type.size > CONTENT_TYPE_MAX_BYTES) {
		return "content_type is longer than 64 bytes";
	}
	*code = ERROR_UNSUPPORTED;
	if (send->to == SEND_TO_GROUP) {
		return "groups are not supported by this version";
	}
	*code = ERROR_PAYLOAD_TOO_LARGE;
	if (send->payload.size > limits_max_payload(core->limits.max_frame_bytes)) {
		return "payload is larger than max_payload_bytes of the welcome";
	}
	*code = ERROR_NO_SCENARIO;
	if (!sender->scenario) {
		return "choose a scenario before sending";
	}
	*code = ERROR_SCENARIO_UNAVAILABLE;
	if (sender->scenario->status == SCENARIO_REFUSED) {
		return "the simulator refused this scenario; its entry says why";
	}
	return NULL;
}

/* A slot with all that a message to one or many has in common. */
static struct message *message_new(struct core *core, struct session *sender, uint32_t ref,
				   const struct request_send *send)
{
	struct message *message = inflight_take(&core->inflight, send->payload, send->content_type);

	if (!message) {
		return NULL;
	}
	message->ref = ref;
	message->report = ref ? (uint8_t)send->report : REPORT_WISH_NONE;
	message->sender_index = sender->index;
	message->sender_number = sender->number;
	message->sender = sender->id;
	message->sent_unix_us = core->now.unix_us;
	message->deadline_us = core->now.mono_us + sender->scenario->timeout_ms * 1000ull;
	return message;
}

static void transmit(struct core *core, struct session *sender, struct message *message,
		     const uint32_t *nodes, size_t count)
{
	struct sim_transmit transmit = {
		.id = message->id,
		.scenario = sender->scenario->number,
		.transmitter = sender->index + 1,
		.origin = sender->index + 1,
		.receivers = nodes,
		.receiver_count = count,
		.sequence = ++sender->sequence,
		.payload = message_payload(message),
		.sent_at_us = message->sent_unix_us,
	};

	message->sequence = transmit.sequence;
	sender->in_flight++;
	core->stats.transmits++;
	inflight_enter_channel(&core->inflight, message);
	core->sim->transmit(core->sim_ctx, &transmit);
}

static void out_of_memory(struct core *core, struct session *sender, uint32_t ref)
{
	session_error(core, sender, ref, ERROR_INTERNAL, "the gateway is out of memory");
}

/* ------------------------------------------------------------- to one drone */

static struct session *find_target(struct core *core, struct session *sender, struct slice id)
{
	struct registry *registry = &core->registry;
	struct session *target = sender->last_target < registry->high
					 ? registry->sessions[sender->last_target]
					 : NULL;

	if (target && target->state == SESSION_ACTIVE && slice_equal(session_id(target), id)) {
		return target;
	}
	target = registry_by_id(registry, id);
	if (target) {
		sender->last_target = target->index;
	}
	return target;
}

static void send_to_one(struct core *core, struct session *sender, uint32_t ref,
			const struct request_send *send)
{
	struct session *target = find_target(core, sender, send->name);
	enum outcome fate = topology_route(sender, target);
	struct message *message;
	uint32_t node;

	if (fate == OUTCOME_UNSPECIFIED && too_large(sender, target, send)) {
		fate = OUTCOME_TOO_LARGE;
	}
	if (fate == OUTCOME_UNSPECIFIED) {
		fate = obstacle(core, sender->scenario);
	}
	core->stats.sends++;
	if (fate != OUTCOME_UNSPECIFIED) {
		delivery_refuse_one(core, sender, ref, send, fate);
		return;
	}
	message = message_new(core, sender, ref, send);
	if (!message) {
		out_of_memory(core, sender, ref);
		return;
	}
	core->stats.accepted++;
	core->stats.pending++;
	message->target_index = target->index;
	message->target_membership = target->membership;
	message->target = target->id;
	node = target->index + 1;
	transmit(core, sender, message, &node, 1);
}

/* ---------------------------------------------------------------- to everyone */

static bool reserve_nodes(struct core *core, uint32_t count)
{
	uint32_t *nodes;

	if (core->nodes_cap >= count) {
		return true;
	}
	nodes = realloc(core->nodes, count * sizeof(*nodes));
	if (!nodes) {
		return false;
	}
	core->nodes = nodes;
	core->nodes_cap = count;
	return true;
}

static struct fanout_target *add_target(struct fanout *fanout, const struct session *session)
{
	struct fanout_target *target = &fanout->targets[fanout->count++];

	*target = (struct fanout_target){
		.index = session->index,
		.membership = session->membership,
		.id = session->id,
	};
	fanout->undecided++;
	return target;
}

/* Every other member becomes a target; `general` is what keeps all of them from being
 * reached. Those that can be reached stand in core->nodes; their number is
 * returned. */
static uint32_t gather_targets(struct core *core, struct session *sender,
			       const struct request_send *send, enum outcome general,
			       struct fanout *fanout)
{
	const struct scenario *scenario = sender->scenario;
	uint32_t reached = 0;

	for (uint32_t i = 0; i < scenario->member_count; i++) {
		const struct session *member = scenario->members[i];
		enum outcome outcome = general;
		struct fanout_target *target;

		if (member == sender) {
			continue;
		}
		target = add_target(fanout, member);
		if (too_large(sender, member, send)) {
			outcome = OUTCOME_TOO_LARGE;
		}
		if (outcome == OUTCOME_UNSPECIFIED) {
			core->nodes[reached++] = member->index + 1;
		} else {
			struct fate fate = {.outcome = outcome};

			delivery_settle_target(core, fanout, target, &fate);
		}
	}
	return reached;
}

static void send_to_everyone(struct core *core, struct session *sender, uint32_t ref,
			     const struct request_send *send)
{
	uint32_t most = sender->scenario->member_count;
	/* before this message itself takes memory */
	enum outcome general = obstacle(core, sender->scenario);
	struct message *message = NULL;
	struct fanout *fanout;
	uint32_t reached;

	fanout = fanout_new(core, most);
	if (!fanout || !reserve_nodes(core, most)) {
		goto fail;
	}
	fanout->ref = ref;
	fanout->report = ref ? (uint8_t)send->report : REPORT_WISH_NONE;
	fanout->sender = sender->id;
	message = message_new(core, sender, ref, send);
	if (!message) {
		goto fail;
	}
	core->stats.sends++;
	core->stats.accepted += most - 1;
	core->stats.pending += most - 1;
	reached = gather_targets(core, sender, send, general, fanout);
	if (reached == 0) {
		inflight_release(&core->inflight, message);
		sender->in_flight++;
		delivery_report(core, sender, fanout);
		return;
	}
	message->fanout = fanout;
	transmit(core, sender, message, core->nodes, reached);
	return;
fail:
	if (fanout) {
		fanout_free(core, fanout);
	}
	out_of_memory(core, sender, ref);
}

enum core_verdict relay_send(struct core *core, struct session *sender, uint32_t ref,
			     const struct request_send *send)
{
	enum error_code code;
	const char *why = send_refusal(core, sender, send, &code);

	if (why) {
		session_error(core, sender, ref, code, why);
		return CORE_TAKEN;
	}
	/* Who lets reports wait sends no more: they take memory until they are read. */
	if (sender->in_flight >= core->limits.max_in_flight_per_drone ||
	    !list_empty(&sender->reports)) {
		session_hold(core, sender, HOLD_WINDOW);
		return CORE_HOLD;
	}
	if (sender->woken) {
		relay_unwake(core, sender); /* it uses the place kept for it */
	} else if (core->sim_up && (channel_full(core) || !list_empty(&core->held))) {
		session_hold(core, sender, HOLD_SIMULATOR);
		return CORE_HOLD;
	}
	if (send->to == SEND_TO_DRONE) {
		send_to_one(core, sender, ref, send);
	} else {
		send_to_everyone(core, sender, ref, send);
	}
	return CORE_TAKEN;
}

/* -------------------------------------------------- the simulator's answer */

void relay_count_abuse(struct core *core, uint64_t count)
{
	if (core->now.mono_us - core->stray_since_us >= 1000000) {
		core->stray_since_us = core->now.mono_us;
		core->strays = 0;
	}
	core->strays += (uint32_t)count;
	if (core->strays > core->limits.max_stray_results) {
		core->strays = 0;
		core->sim->reset(core->sim_ctx, "too many answers that nothing asked for");
	}
}

static void count_stray(struct core *core, uint64_t *counter, uint64_t count, bool abuse)
{
	*counter += count;
	if (abuse) {
		relay_count_abuse(core, count);
	}
}

/* The message leaves the channel with all its targets decided. */
static void message_close(struct core *core, struct message *message)
{
	struct session *sender =
		registry_numbered(&core->registry, message->sender_index, message->sender_number);
	struct fanout *fanout = message->fanout;

	inflight_leave_channel(&core->inflight, message);
	inflight_release(&core->inflight, message);
	if (fanout && sender) {
		delivery_report(core, sender, fanout);
	} else if (fanout) {
		fanout_free(core, fanout);
	} else if (sender) {
		relay_message_over(core, sender);
	}
}

/* Whatever the channel has not decided gets `outcome`. */
static void decide_rest(struct core *core, struct message *message, enum outcome outcome)
{
	struct fanout *fanout = message->fanout;

	for (uint32_t i = 0; fanout && fanout->undecided && i < fanout->count; i++) {
		struct fanout_target *target = &fanout->targets[i];

		if (!target->decided) {
			struct fate fate = delivery_unanswered(message, &target->id, outcome);

			delivery_settle_target(core, fanout, target, &fate);
		}
	}
	if (!fanout) {
		struct fate fate = delivery_unanswered(message, &message->target, outcome);

		delivery_settle_one(core, message, &fate);
	}
	message_close(core, message);
}

/* True: the one target is decided. */
static bool result_to_one(struct core *core, struct message *message,
			  const struct reception *receptions, size_t count)
{
	bool decided = false;

	for (size_t i = 0; i < count; i++) {
		struct fate fate;

		if (receptions[i].receiver != message->target_index + 1) {
			count_stray(core, &core->stats.results_unknown, 1, true);
		} else if (decided) {
			count_stray(core, &core->stats.results_repeated, 1, true);
		} else {
			core->stats.results++;
			delivery_fate(core, message, &message->target, message->target_index,
				      message->target_membership, &receptions[i], &fate);
			delivery_settle_one(core, message, &fate);
			decided = true;
		}
	}
	return decided;
}

static void result_to_many(struct core *core, struct message *message,
			   const struct reception *receptions, size_t count)
{
	struct fanout *fanout = message->fanout;

	core->encoded.size = 0;
	for (size_t i = 0; i < count; i++) {
		bool known;
		struct fanout_target *target =
			fanout_find(core, fanout, receptions[i].receiver, &known);
		struct fate fate;

		if (!target) {
			count_stray(core,
				    known ? &core->stats.results_repeated
					  : &core->stats.results_unknown,
				    1, true);
			continue;
		}
		core->stats.results++;
		delivery_fate(core, message, &target->id, target->index, target->membership,
			      &receptions[i], &fate);
		delivery_settle_target(core, fanout, target, &fate);
	}
}

void relay_result(struct core *core, uint64_t id, const struct reception *receptions, size_t count,
		  bool more)
{
	enum inflight_lookup found;
	struct message *message = inflight_find(&core->inflight, id, &found);

	if (!message) {
		bool repeated = found == INFLIGHT_REPEATED;

		count_stray(core,
			    repeated ? &core->stats.results_repeated : &core->stats.results_unknown,
			    count ? count : 1,
			    /* an empty one ends an answer in pieces */
			    (repeated && count) || found == INFLIGHT_FORGED);
		return;
	}
	if (message->fanout) {
		result_to_many(core, message, receptions, count);
		if (!more) {
			message->answered = true;
			decide_rest(core, message, OUTCOME_SIMULATOR_ERROR);
		}
	} else if (result_to_one(core, message, receptions, count)) {
		message->answered = true;
		message_close(core, message);
	} else if (!more) {
		message->answered = true;
		decide_rest(core, message, OUTCOME_SIMULATOR_ERROR);
	}
	relay_wake(core);
}

void relay_expire(struct core *core)
{
	struct message *message;

	while ((message = inflight_oldest(&core->inflight)) &&
	       message->deadline_us <= core->now.mono_us) {
		decide_rest(core, message, OUTCOME_SIMULATOR_TIMEOUT);
	}
	relay_wake(core);
}

void relay_abandon(struct core *core)
{
	struct message *message;

	while ((message = inflight_oldest(&core->inflight))) {
		decide_rest(core, message, OUTCOME_SIMULATOR_DOWN);
	}
	relay_wake(core);
}
