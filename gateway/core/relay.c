/* The way of a message:
 *
 *   drone ── send ──▶ relay_send ──▶ topology_route ──▶ fate without the channel ───┐
 *                         │                                                        │
 *                    a slot in flight ◀── queue ·· simulator away, policy `queue`  │
 *                         │ transmit (id, numbers, payload)                        │
 *              ┌──────────▼                                                        │
 *       hop 2  │   channel simulator ·· deadline ··▶ relay_expire ──▶ fate ────────┤
 *     (a star) │          │ result (id, receptions)                                │
 *              │          ▼                                                        │
 *              └── relay_result ──▶ delivery_arrive ──▶ target drone               │
 *                                      │    ▲                │ hand-over           ▼
 *                                      ▼    │ its time       └─────────────▶ accounts, report
 *                                     waiting (delay = real)                       │
 *                                                                             sender drone
 *
 * A message to one drone stands wholly in its slot. A message to many has a fanout
 * beside it, with a fate for each target. Every target accepted is decided exactly once:
 * by the channel, by a deadline, or by what kept it out of the channel.
 *
 * A relayed message goes out twice, from the same slot: to the hub, then from the hub to all
 * that are behind it. It never gives up its place in between, and its second hop asks for
 * none: so a full window of relayed messages always drains.
 *
 * Back-pressure: a drone whose own window is full, or that finds the simulator's
 * window full, is answered CORE_HOLD and reads on when a place is free (lane.h). */
#include "core/relay.h"

#include <stdlib.h>

#include "core/delivery.h"
#include "core/group.h"
#include "core/queue.h"
#include "core/state.h"
#include "core/topology.h"

/* ------------------------------------------------------------ windows */

static struct session *sender_of(const struct core *core, const struct message *message)
{
	return registry_numbered(&core->registry, message->sender_index, message->sender_number);
}

void relay_open_window(struct core *core, struct session *session)
{
	if (session->in_flight < core->limits.max_in_flight_per_drone &&
	    list_empty(&session->reports)) {
		session_release(core, session, HOLD_WINDOW);
	}
}

void relay_enter_window(struct core *core, struct message *message)
{
	struct session *sender = sender_of(core, message);

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
	struct session *sender = sender_of(core, message);
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

/* ----------------------------------------------------------- what stands in the way */

enum way {
	WAY_OPEN,   /* to the simulator */
	WAY_QUEUE,  /* to it later */
	WAY_BYPASS, /* past it */
	WAY_CLOSED,
};

static enum way way_of(const struct scenario *scenario)
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

static bool overloaded(const struct core *core)
{
	return core->inflight.in_channel + core->stats.queued >= core->limits.max_in_flight ||
	       core->inflight.outside_bytes + core->fanout_bytes >=
		       core->limits.max_in_flight_bytes;
}

/* What keeps every message of this scenario from being taken now. */
static enum outcome obstacle(const struct core *core, enum way way)
{
	if (way == WAY_CLOSED) {
		return OUTCOME_SIMULATOR_DOWN;
	}
	if (overloaded(core) || (way == WAY_QUEUE && !queue_has_room(core))) {
		return OUTCOME_OVERLOADED;
	}
	return OUTCOME_UNSPECIFIED;
}

/* --------------------------------------------------------------------- routes */

/* The largest frame that a delivery can become (proto/README.md, "Sizes"). */
static size_t delivery_bound(const struct member *from, const struct member *to,
			     const struct member *hub, size_t group_size, size_t content_size)
{
	const size_t fixed = 64; /* tags, lengths and numbers of envelope, delivery and hop */
	size_t bound = fixed + 2u * from->session->id.size + to->session->id.size +
		       HOP_LINK_MAX_BYTES + content_size;

	if (hub) {
		bound += 24u + 2u * hub->session->id.size + HOP_LINK_MAX_BYTES;
	}
	return bound + (group_size ? 2 + group_size : 0);
}

/* From one member to another of its scenario, for a message with so many bytes of payload
 * and content type. */
static struct route route_of(const struct member *from, const struct member *to, size_t group_size,
			     size_t content_size)
{
	struct route route = topology_route(from, to);

	if (route.fate == OUTCOME_UNSPECIFIED &&
	    delivery_bound(from, to, route.hub, group_size, content_size) >
		    to->session->max_frame) {
		route.fate = OUTCOME_TOO_LARGE;
	}
	return route;
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

static void transmit(struct core *core, struct message *message, uint32_t transmitter,
		     uint64_t delay_us, const uint32_t *nodes, size_t count)
{
	struct lane *lane = message->lane;
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
	expiry_add(&lane->expiry, message, core->now.mono_us, message->scenario->config.timeout_ms);
	lane->ops->transmit(lane->ctx, &out);
}

/* Its first transmit: to the hub when it is relayed, else to `nodes`. */
static void enter_channel(struct core *core, struct message *message, struct member *sender,
			  const uint32_t *nodes, size_t count)
{
	inflight_enter_channel(&core->inflight, message);
	message->lane->in_channel++;
	message->scenario->in_channel++;
	relay_enter_window(core, message);
	if (message->via.hop) {
		sender->needed++;
		nodes = &message->via.node;
		count = 1;
	}
	transmit(core, message, message->sender_node, 0, nodes, count);
}

/* The channel has nothing more to say about it. */
static void leave_channel(struct core *core, struct message *message)
{
	struct scenario *scenario = message->scenario;
	struct member *sender = member_at(&core->members, message->sender_node);

	inflight_leave_channel(&core->inflight, message);
	message->lane->in_channel--;
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

static void start_one(struct core *core, struct message *message, struct member *sender,
		      const struct member *hub, enum way way)
{
	message->sequence = ++sender->sequence;
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

static void decide_target(struct core *core, struct message *message, struct fanout_target *target,
			  enum outcome outcome)
{
	struct aim aim = aim_at(target);

	fanout_answered(message->fanout, target);
	delivery_decide(core, message, &aim, outcome, REASON_NONE, NULL);
}

/* The route to one target of a message to many; its stay may be over by now. */
static struct route route_to(const struct core *core, const struct message *message,
			     const struct member *sender, const struct fanout_target *target)
{
	const struct member *to = member_present(&core->members, target->node, target->stay);

	if (!to) {
		return (struct route){.fate = OUTCOME_TARGET_LEFT};
	}
	if (to->scenario != sender->scenario) {
		return (struct route){.fate = OUTCOME_NO_ROUTE};
	}
	return route_of(sender, to, message->fanout->group.size,
			message->payload_size + message->content_type_size);
}

/* Decides the targets that cannot be reached, because of their route or because of what keeps
 * all from being reached. The nodes of those in reach in one hop stand in core->nodes, their
 * number is returned; *hub is the way to the others, if there are any. */
static uint32_t sift(struct core *core, struct message *message, const struct member *sender,
		     enum outcome general, const struct member **hub)
{
	struct fanout *fanout = message->fanout;
	uint32_t direct = 0;

	*hub = NULL;
	for (uint32_t i = 0; i < fanout->count; i++) {
		struct fanout_target *target = &fanout->targets[i];
		struct route route;

		if (target->answered) {
			continue;
		}
		route = route_to(core, message, sender, target);
		if (route.fate == OUTCOME_UNSPECIFIED) {
			route.fate = general;
		}
		if (route.fate != OUTCOME_UNSPECIFIED) {
			decide_target(core, message, target, route.fate);
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

/* Its targets have been sifted. */
static void start_many(struct core *core, struct message *message, struct member *sender,
		       const struct member *hub, uint32_t direct, enum way way)
{
	if (!hub && direct == 0) {
		message_over(core, message);
		return;
	}
	message->sequence = ++sender->sequence;
	if (hub) {
		via_set(&message->via, hub);
	}
	if (way == WAY_BYPASS) {
		bypass_many(core, message);
	} else {
		enter_channel(core, message, sender, core->nodes, direct);
	}
}

/* ------------------------------------------------------------------------ acceptance */

static const char *send_refusal(const struct core *core, const struct session *sender,
				const struct request_send *send, enum error_code *code)
{
	const struct scenario *scenario = session_scenario(sender);

	*code = ERROR_BAD_REQUEST;
	if (send->to == SEND_TO_NOBODY) {
		return "send has no target";
	}
	if (send->content_type.size > CONTENT_TYPE_MAX_BYTES) {
		return "content_type is longer than 64 bytes";
	}
	*code = ERROR_BAD_NAME;
	if (send->to == SEND_TO_GROUP && !name_valid(send->name)) {
		return "a group's name is 1 to 32 of A-Z a-z 0-9 . _ -";
	}
	*code = ERROR_PAYLOAD_TOO_LARGE;
	if (send->payload.size > limits_max_payload(core->limits.max_frame_bytes)) {
		return "payload is larger than max_payload_bytes of the welcome";
	}
	*code = ERROR_NO_SCENARIO;
	if (!scenario) {
		return "choose a scenario before sending";
	}
	*code = ERROR_SCENARIO_UNAVAILABLE;
	if (scenario->status == SCENARIO_REFUSED) {
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
	message->scenario = sender->member->scenario;
	message->lane = message->scenario->lane;
	message->delay_real = message->scenario->config.delay_real;
	message->sender_node = sender->member->node;
	message->sender_stay = sender->member->stay;
	message->sender_index = sender->index;
	message->sender_number = sender->number;
	message->sender = sender->id;
	message->sent_unix_us = core->now.unix_us;
	message->sent_mono_us = core->now.mono_us;
	return message;
}

static void out_of_memory(struct core *core, struct session *sender, uint32_t ref)
{
	session_error(core, sender, ref, ERROR_INTERNAL, "the gateway is out of memory");
}

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

static struct route route_to_drone(const struct session *sender, const struct session *target,
				   const struct request_send *send)
{
	if (!target) {
		return (struct route){.fate = OUTCOME_TARGET_OFFLINE};
	}
	if (target == sender) {
		return (struct route){.fate = OUTCOME_NOT_ALLOWED};
	}
	if (session_scenario(target) != sender->member->scenario) {
		return (struct route){.fate = OUTCOME_NO_ROUTE};
	}
	return route_of(sender->member, target->member, 0,
			send->payload.size + send->content_type.size);
}

static void send_to_one(struct core *core, struct session *sender, uint32_t ref,
			const struct request_send *send)
{
	struct session *target = find_target(core, sender, send->name);
	struct route route = route_to_drone(sender, target, send);
	enum way way = way_of(sender->member->scenario);
	struct message *message;

	if (route.fate == OUTCOME_UNSPECIFIED) {
		route.fate = obstacle(core, way);
	}
	core->stats.sends++;
	if (route.fate != OUTCOME_UNSPECIFIED) {
		delivery_refuse_one(core, sender, ref, send, route.fate);
		return;
	}
	message = message_new(core, sender, ref, send);
	if (!message) {
		out_of_memory(core, sender, ref);
		return;
	}
	core->stats.accepted++;
	core->stats.pending++;
	message->target_node = target->member->node;
	message->target_stay = target->member->stay;
	message->target = target->id;
	if (way == WAY_QUEUE) {
		queue_push(core, message);
	} else {
		start_one(core, message, sender->member, route.hub, way);
	}
}

static void add_target(struct core *core, struct fanout *fanout, const struct member *member)
{
	fanout->targets[fanout->count++] = (struct fanout_target){
		.node = member->node,
		.stay = member->stay,
		.id = member->session->id,
	};
	fanout->unanswered++;
	core->stats.accepted++;
	core->stats.pending++;
}

static void add_targets(struct core *core, struct fanout *fanout, const struct member *sender,
			const struct group *group)
{
	const struct scenario *scenario = sender->scenario;

	for (uint32_t i = 0; !group && i < scenario->member_count; i++) {
		if (scenario->members[i] != sender) {
			add_target(core, fanout, scenario->members[i]);
		}
	}
	for (const struct list *link = group ? group->enrolments.next : NULL;
	     group && link != &group->enrolments; link = link->next) {
		const struct member *member = LIST_ENTRY(link, struct enrolment, in_group)->member;

		if (member != sender) {
			add_target(core, fanout, member);
		}
	}
}

/* A fanout without targets and its message. NULL when memory is out. */
static struct message *message_to_many(struct core *core, struct session *sender, uint32_t ref,
				       const struct request_send *send, uint32_t most)
{
	struct fanout *fanout = fanout_new(core, most);
	struct message *message = NULL;

	if (fanout && reserve_nodes(core, most)) {
		message = message_new(core, sender, ref, send);
	}
	if (!message) {
		if (fanout) {
			fanout_free(core, fanout);
		}
		return NULL;
	}
	fanout->ref = ref;
	fanout->report = message->report;
	fanout->sender = sender->id;
	fanout->group = name_of(send->to == SEND_TO_GROUP ? send->name : slice_of(NULL, 0));
	message->fanout = fanout;
	return message;
}

static void send_to_many(struct core *core, struct session *sender, uint32_t ref,
			 const struct request_send *send)
{
	struct member *member = sender->member;
	const struct scenario *scenario = member->scenario;
	const struct group *group = group_find(&core->groups, scenario->identity, send->name);
	bool nobody = send->to == SEND_TO_GROUP && !group;
	enum way way = way_of(scenario);
	/* before this message itself takes memory */
	enum outcome general = obstacle(core, way);
	const struct member *hub;
	struct message *message;
	uint32_t direct;

	message = message_to_many(core, sender, ref, send,
				  group ? group->count : scenario->member_count);
	if (!message) {
		out_of_memory(core, sender, ref);
		return;
	}
	core->stats.sends++;
	if (!nobody) {
		add_targets(core, message->fanout, member,
			    send->to == SEND_TO_GROUP ? group : NULL);
	}
	direct = sift(core, message, member, general, &hub);
	if (way == WAY_QUEUE && message->fanout->unanswered) {
		queue_push(core, message);
	} else {
		start_many(core, message, member, hub, direct, way);
	}
}

enum core_verdict relay_send(struct core *core, struct session *sender, uint32_t ref,
			     const struct request_send *send)
{
	enum error_code code;
	const char *why = send_refusal(core, sender, send, &code);
	struct lane *lane;
	bool placed;

	if (why) {
		session_error(core, sender, ref, code, why);
		return CORE_TAKEN;
	}
	/* Who lets reports wait sends no more: they take memory until they are read. */
	if (sender->in_flight >= core->limits.max_in_flight_per_drone ||
	    !list_empty(&sender->reports)) {
		session_hold(sender, HOLD_WINDOW);
		return CORE_HOLD;
	}
	lane = sender->member->scenario->lane;
	placed = sender->woken == lane;
	if (placed) {
		lane_use_place(sender);
	} else if (way_of(sender->member->scenario) == WAY_OPEN &&
		   (lane_full(lane) || !list_empty(&lane->held))) {
		session_hold_for(sender, lane);
		return CORE_HOLD;
	}
	if (send->to == SEND_TO_DRONE) {
		send_to_one(core, sender, ref, send);
	} else {
		send_to_many(core, sender, ref, send);
	}
	if (placed) {
		lane_pump(core, lane); /* it may not have used it after all */
	}
	return CORE_TAKEN;
}

/* ---------------------------------------------------------------- out of the queue */

/* The sender of a message, if it is still in the scenario that the message is for. */
static struct member *present_sender(const struct core *core, const struct message *message)
{
	struct member *sender =
		member_present(&core->members, message->sender_node, message->sender_stay);

	return sender && sender->scenario == message->scenario ? sender : NULL;
}

static void go_on_to_one(struct core *core, struct message *message, struct member *sender,
			 enum way way)
{
	struct aim aim = aim_at_one(message);
	const struct member *to =
		member_present(&core->members, message->target_node, message->target_stay);
	struct route route = {.fate = OUTCOME_TARGET_LEFT};

	if (to) {
		route = to->scenario == sender->scenario
				? route_of(sender, to, 0,
					   message->payload_size + message->content_type_size)
				: (struct route){.fate = OUTCOME_NO_ROUTE};
	}
	if (route.fate == OUTCOME_UNSPECIFIED) {
		start_one(core, message, sender, route.hub, way);
		return;
	}
	delivery_decide(core, message, &aim, route.fate, REASON_NONE, NULL);
	message_over(core, message);
}

void relay_go_on(struct core *core, struct message *message)
{
	struct member *sender = present_sender(core, message);
	enum way way = way_of(message->scenario);
	const struct member *hub;
	uint32_t direct;

	if (!sender) {
		relay_give_up(core, message, OUTCOME_NO_ROUTE);
	} else if (!message->fanout) {
		go_on_to_one(core, message, sender, way);
	} else if (!reserve_nodes(core, message->fanout->count)) {
		relay_give_up(core, message, OUTCOME_OVERLOADED);
	} else {
		direct = sift(core, message, sender, OUTCOME_UNSPECIFIED, &hub);
		start_many(core, message, sender, hub, direct, way);
	}
}

/* Whatever has no answer yet gets `outcome`. `leg`: what the transmit that is out came to, or
 * NULL; on the first of two hops it is the last hop of the hub alone. */
static void decide_rest(struct core *core, struct message *message, enum outcome outcome,
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
	decide_rest(core, message, outcome, REASON_NONE, NULL);
	message_over(core, message);
}

/* -------------------------------------------------- the simulator's answer: the last hop */

static void count_stray(struct core *core, struct lane *lane, uint64_t *counter, uint64_t count,
			bool abuse)
{
	*counter += count;
	if (abuse) {
		lane_count_abuse(core, lane, count);
	}
}

/* One target's answer. */
static void settle_reception(struct core *core, struct message *message, const struct aim *aim,
			     const struct reception *reception)
{
	struct leg leg = leg_of(reception, message->payload_size);

	core->stats.results++;
	if (leg_arrived(&leg)) {
		delivery_arrive(core, message, aim, &leg,
				reception->altered ? reception->payload : message_payload(message),
				reception->altered);
	} else {
		delivery_decide(core, message, aim, leg.outcome, leg.reason, &leg);
	}
}

/* The one that is about `node`, or NULL; all others are counted as strays. */
static const struct reception *only_reception(struct core *core, const struct message *message,
					      uint32_t node, const struct reception *receptions,
					      size_t count)
{
	const struct reception *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (receptions[i].receiver != node) {
			count_stray(core, message->lane, &core->stats.results_unknown, 1, true);
		} else if (found) {
			count_stray(core, message->lane, &core->stats.results_repeated, 1, true);
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
			count_stray(core, message->lane,
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
	decide_rest(core, message, outcome, REASON_NONE, &leg);
	leave_channel(core, message);
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
		leave_channel(core, message);
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
			decide_target(core, message, target, OUTCOME_TARGET_LEFT);
		}
	}
	return count;
}

static void send_behind(struct core *core, struct message *message, const uint32_t *nodes,
			size_t count)
{
	message->via.hop = 2;
	inflight_renew(message);
	core->stats.relayed++;
	transmit(core, message, message->via.node, message->via.first.leg.delay_us, nodes, count);
}

/* From the hub to all that are behind it. */
static void second_hop(struct core *core, struct message *message)
{
	uint32_t count;

	if (!member_present(&core->members, message->via.node, message->via.stay)) {
		decide_rest(core, message, OUTCOME_NO_ROUTE, REASON_NONE, NULL);
		leave_channel(core, message);
		return;
	}
	if (message->fanout) {
		count = gather_behind(core, message);
		if (count) {
			send_behind(core, message, core->nodes, count);
		} else {
			leave_channel(core, message);
		}
	} else if (member_present(&core->members, message->target_node, message->target_stay)) {
		send_behind(core, message, &message->target_node, 1);
	} else {
		decide_rest(core, message, OUTCOME_TARGET_LEFT, REASON_NONE, NULL);
		leave_channel(core, message);
	}
}

static void take_first_hop(struct core *core, struct message *message,
			   const struct reception *reception)
{
	struct leg leg = leg_of(reception, message->payload_size);

	core->stats.results++;
	message->answered = true;
	keep_first_hop(message, &leg);
	if (!leg_arrived(&leg)) {
		decide_rest(core, message, leg.outcome, leg.reason, &leg);
		leave_channel(core, message);
		return;
	}
	if (reception->altered) {
		message_alter(message, reception->payload);
	}
	settle_hub(core, message, &leg);
	second_hop(core, message);
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

void relay_result(struct core *core, struct lane *lane, uint64_t id,
		  const struct reception *receptions, size_t count, bool more)
{
	enum inflight_lookup found;
	struct message *message = inflight_find(&core->inflight, id, &found);

	if (message && message->lane != lane) {
		message = NULL;
		found = INFLIGHT_FORGED;
	}
	if (!message) {
		bool repeated = found == INFLIGHT_REPEATED;

		count_stray(core, lane,
			    repeated ? &core->stats.results_repeated : &core->stats.results_unknown,
			    count ? count : 1,
			    /* an empty one ends an answer in pieces */
			    (repeated && count) || found == INFLIGHT_FORGED);
		return;
	}
	if (message->via.hop == 1) {
		result_of_first_hop(core, message, receptions, count, more);
	} else {
		result_of_last_hop(core, message, receptions, count, more);
	}
	lane_pump(core, lane);
}

void relay_expire(struct core *core, struct lane *lane)
{
	struct message *message;

	while ((message = expiry_first(&lane->expiry)) &&
	       message->deadline_us <= core->now.mono_us) {
		end_transmit(core, message, OUTCOME_SIMULATOR_TIMEOUT);
	}
	lane_pump(core, lane);
}

void relay_abandon(struct core *core, struct lane *lane)
{
	struct message *message;

	while ((message = expiry_first(&lane->expiry))) {
		end_transmit(core, message, OUTCOME_SIMULATOR_DOWN);
	}
	lane_pump(core, lane);
}
