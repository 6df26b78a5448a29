/* The way of a message:
 *
 *   drone ── request ──▶ send ──▶ topology ──▶ fate without the channel ────────────┐
 *                          │                                                        │
 *                     a slot in flight ◀── queue ·· simulator away, policy `queue`  │
 *                          │ relay_start                                            │
 *              ┌──────────▶│ transmit (id, numbers, payload)                        │
 *              │           ├────────▶ recall ·· the link is known (link_cache) ──▶ as an answer
 *       hop 2  │           ▼                                                        │
 *     (a star) │    channel simulator ·· deadline ··▶ result_expire ──▶ fate ───────┤
 *              │           │ answer (id, receptions)                                │
 *              │           ▼                                                        │
 *              └─────── result ──▶ delivery_arrive ──▶ target drone                 │
 *                                     │    ▲                │ hand-over             ▼
 *                                     ▼    │ its time       └───────────────▶ accounts, report
 *                                    waiting (delay = real)                         │
 *                                                                              sender drone
 *
 * A message to one drone stands wholly in its slot. A message to many has a fanout
 * beside it, with a fate for each target. Every target accepted is decided exactly once:
 * by the channel, by a deadline, or by what kept it out of the channel.
 *
 * A relayed message goes out twice, from the same slot: to the hub, then from the hub to all
 * that are behind it. It never gives up its place in between, and its second hop asks for
 * none: so a full window of relayed messages always drains. */
#include "core/relay.h"

#include <stdlib.h>

#include "core/delivery.h"
#include "core/queue.h"
#include "core/recall.h"
#include "core/state.h"
#include "core/topology.h"

/* ------------------------------------------------------------ windows */

void relay_open_window(struct core *core, struct session *session)
{
	if (session->in_flight < core->limits.max_in_flight_per_drone &&
	    list_empty(&session->reports)) {
		session_release(core, session, HOLD_WINDOW);
	}
}

void relay_enter_window(struct core *core, struct message *message)
{
	struct session *sender = core_sender(core, message);

	if (sender && !message->in_window) {
		message->in_window = true;
		sender->in_flight++;
	}
}

/* Last of all that happens to a message: it may free the fanout's sender to go on. */
static void leave_window(struct core *core, struct session *sender, bool in_window)
{
	if (sender && in_window) {
		sender->in_flight--;
		relay_open_window(core, sender);
	}
}

/* It is in no queue and no channel any more. */
static void message_over(struct core *core, struct message *message)
{
	struct session *sender = core_sender(core, message);
	bool in_window = message->in_window;

	message->in_window = false;
	if (message->waiting) {
		message->stage = MESSAGE_WAITING;
		message->scenario->waiting++;
	} else {
		delivery_finish(core, message);
	}
	leave_window(core, sender, in_window);
}

/* ------------------------------------------------------------------ which way */

enum way relay_way(const struct scenario *scenario)
{
	static const enum way when_down[] = {
		[DOWN_FAIL] = WAY_CLOSED,
		[DOWN_QUEUE] = WAY_QUEUE,
		[DOWN_BYPASS] = WAY_BYPASS,
	};

	if (!scenario->lane->up) {
		return when_down[scenario->config.on_simulator_down];
	}
	return scenario->status == SCENARIO_ACCEPTED ? WAY_OPEN : WAY_QUEUE;
}

/* ------------------------------------------------------------------- into the channel */

static void via_set(struct via *via, const struct member *hub)
{
	via->hop = 1;
	via->decided = false;
	via->node = hub->node;
	via->stay = hub->stay;
	via->hub = hub->session->id;
}

void relay_transmit(struct core *core, struct message *message, uint32_t transmitter,
		    uint64_t delay_us, const uint32_t *nodes, size_t count)
{
	struct lane *lane = message->scenario->lane;
	struct sim_transmit out = {
		.id = message->id,
		.scenario = message->scenario->number,
		.transmitter = transmitter,
		.origin = message->sender_node,
		.receivers = nodes,
		.receiver_count = count,
		.sequence = message->sequence,
		.payload = message_payload(message),
		.sent_at_us = message->sent_unix_us + delay_us,
	};

	core->stats.transmits++;
	core->stats.relayed += message->via.hop == 2;
	message->told = (uint32_t)core->changes;
	expiry_add(&lane->expiry, message, core->now.mono_us, message->scenario->config.timeout_ms);
	lane->ops->transmit(lane->ctx, &out);
}

/* Its first transmit: to the hub when it is relayed, else to `nodes`. What has waited for its
 * simulator always goes there. */
static void enter_channel(struct core *core, struct message *message, struct member *sender,
			  uint32_t *nodes, size_t count)
{
	bool has_waited = message->in_window;

	inflight_enter_channel(&core->inflight, message);
	message->scenario->lane->in_channel++;
	message->scenario->in_channel++;
	relay_enter_window(core, message);
	if (message->via.hop) {
		sender->needed++;
		nodes = &message->via.node;
		count = 1;
	}
	if (has_waited || !message->scenario->links) {
		relay_transmit(core, message, message->sender_node, 0, nodes, count);
	} else {
		recall_or_transmit(core, message, message->sender_node, 0, nodes, count);
	}
}

void relay_leave_channel(struct core *core, struct message *message)
{
	struct scenario *scenario = message->scenario;
	struct member *sender = member_at(&core->members, message->sender_node);

	inflight_leave_channel(&core->inflight, message);
	message->scenario->lane->in_channel--;
	scenario->in_channel--;
	if (message->via.hop && --sender->needed == 0 && !sender->session) {
		scenario_remove_node(core, sender);
	}
	message_over(core, message);
	scenario_settle(core, scenario);
}

/* ------------------------------------------------------------------ to one drone */

static void bypass_one(struct core *core, struct message *message)
{
	struct leg leg = leg_without_link(OUTCOME_DELIVERED, SOURCE_BYPASSED);
	struct aim aim = aim_at_one(message);

	core->stats.bypassed++;
	delivery_hand_over(core, message, &aim, &leg, message_payload(message), false, 0);
	message_over(core, message);
}

/* Past the simulator: the way to the hub is one hop of it too. */
static void via_bypass(struct via *via)
{
	struct leg leg = leg_without_link(OUTCOME_DELIVERED, SOURCE_BYPASSED);

	if (via->hop) {
		via->hop = 2;
		via->decided = true;
		leg_keep(&via->first, &leg);
	}
}

void relay_start_one(struct core *core, struct message *message, struct member *sender,
		     const struct member *hub, enum way way)
{
	message->sequence = traffic_add(&sender->traffic, TRAFFIC_SENT);
	if (hub) {
		via_set(&message->via, hub);
	}
	if (way == WAY_BYPASS) {
		via_bypass(&message->via);
		bypass_one(core, message);
	} else {
		enter_channel(core, message, sender, &message->target_node, 1);
	}
}

/* ----------------------------------------------------------------------- to many */

bool relay_reserve_nodes(struct core *core, uint32_t count)
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

void relay_decide_target(struct core *core, struct message *message, struct fanout_target *target,
			 enum outcome outcome)
{
	struct aim aim = aim_at(target);

	fanout_answered(message->fanout, target);
	delivery_decide(core, message, &aim, outcome, REASON_NONE, NULL);
}

/* The route to one target, whose stay may be over by now. A stay that goes on is in the scenario
 * of the sender's: both are moved together. */
static struct route route_to(const struct core *core, const struct message *message,
			     const struct member *sender, const struct aim *aim)
{
	const struct member *to = member_present(&core->members, aim->node, aim->stay);

	if (!to) {
		return (struct route){.fate = OUTCOME_TARGET_LEFT};
	}
	return topology_route_sized(sender, to, message->fanout ? message->fanout->group.size : 0,
				    message->payload_size + message->content_type_size);
}

uint32_t relay_sift(struct core *core, struct message *message, const struct member *sender,
		    enum outcome general, const struct member **hub)
{
	struct fanout *fanout = message->fanout;
	uint32_t direct = 0;

	*hub = NULL;
	for (uint32_t i = 0; i < fanout->count; i++) {
		struct fanout_target *target = &fanout->targets[i];
		struct aim aim = aim_at(target);
		struct route route;

		if (target->answered) {
			continue;
		}
		route = route_to(core, message, sender, &aim);
		if (route.fate == OUTCOME_UNSPECIFIED) {
			route.fate = general;
		}
		if (route.fate != OUTCOME_UNSPECIFIED) {
			relay_decide_target(core, message, target, route.fate);
		} else if (route.hub) {
			*hub = route.hub;
		} else {
			core->nodes[direct++] = target->node;
		}
	}
	return direct;
}

static void bypass_many(struct core *core, struct message *message)
{
	struct leg leg = leg_without_link(OUTCOME_DELIVERED, SOURCE_BYPASSED);
	struct fanout *fanout = message->fanout;

	via_bypass(&message->via);
	via_copy(&fanout->via, &message->via);
	for (uint32_t i = 0; i < fanout->count; i++) {
		struct fanout_target *target = &fanout->targets[i];
		struct aim aim = aim_at(target);

		if (!target->answered) {
			core->stats.bypassed++;
			fanout_answered(fanout, target);
			delivery_hand_over(core, message, &aim, &leg, message_payload(message),
					   false, 0);
		}
	}
	message_over(core, message);
}

void relay_start_many(struct core *core, struct message *message, struct member *sender,
		      const struct member *hub, uint32_t direct, enum way way)
{
	if (!hub && direct == 0) {
		message_over(core, message);
		return;
	}
	message->sequence = traffic_add(&sender->traffic, TRAFFIC_SENT);
	if (hub) {
		via_set(&message->via, hub);
	}
	if (way == WAY_BYPASS) {
		bypass_many(core, message);
	} else {
		enter_channel(core, message, sender, core->nodes, direct);
	}
}

/* ---------------------------------------------------------------- out of the queue */

static void go_on_to_one(struct core *core, struct message *message, struct member *sender,
			 enum way way)
{
	struct aim aim = aim_at_one(message);
	struct route route = route_to(core, message, sender, &aim);

	if (route.fate == OUTCOME_UNSPECIFIED) {
		relay_start_one(core, message, sender, route.hub, way);
		return;
	}
	delivery_decide(core, message, &aim, route.fate, REASON_NONE, NULL);
	message_over(core, message);
}

void relay_go_on(struct core *core, struct message *message)
{
	struct member *sender =
		member_present(&core->members, message->sender_node, message->sender_stay);
	enum way way = relay_way(message->scenario);
	const struct member *hub;
	uint32_t direct;

	if (!sender) {
		relay_give_up(core, message, OUTCOME_NO_ROUTE);
	} else if (!message->fanout) {
		go_on_to_one(core, message, sender, way);
	} else if (!relay_reserve_nodes(core, message->fanout->count)) {
		relay_give_up(core, message, OUTCOME_OVERLOADED);
	} else {
		direct = relay_sift(core, message, sender, OUTCOME_UNSPECIFIED, &hub);
		relay_start_many(core, message, sender, hub, direct, way);
	}
}

void relay_decide_rest(struct core *core, struct message *message, enum outcome outcome,
		       enum reason reason, const struct leg *leg)
{
	struct fanout *fanout = message->fanout;
	bool behind = message->via.hop == 1;

	for (uint32_t i = 0; fanout && fanout->unanswered && i < fanout->count; i++) {
		struct fanout_target *target = &fanout->targets[i];
		struct aim aim = aim_at(target);

		if (!target->answered) {
			fanout_answered(fanout, target);
			delivery_decide(core, message, &aim, outcome, reason,
					behind && target->node != message->via.node ? NULL : leg);
		}
	}
	if (!fanout) {
		struct aim aim = aim_at_one(message);

		delivery_decide(core, message, &aim, outcome, reason, behind ? NULL : leg);
	}
}

void relay_give_up(struct core *core, struct message *message, enum outcome outcome)
{
	relay_decide_rest(core, message, outcome, REASON_NONE, NULL);
	message_over(core, message);
}
