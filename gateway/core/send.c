#include "core/send.h"

#include "core/delivery.h"
#include "core/group.h"
#include "core/queue.h"
#include "core/relay.h"
#include "core/state.h"
#include "core/topology.h"

static bool overloaded(const struct core *core)
{
	return core->inflight.in_channel + core->stats.queued >= core->limits.max_in_flight ||
	       core_payload_bytes(core) >= core->limits.max_in_flight_bytes;
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
		return group_bad_name;
	}
	*code = ERROR_PAYLOAD_TOO_LARGE;
	if (send->payload.size > limits_max_payload(session_frame_limit(core, sender))) {
		return "payload is larger than max_payload_bytes of the welcome";
	}
	*code = ERROR_NO_SCENARIO;
	if (!scenario) {
		return "choose a scenario before sending";
	}
	*code = ERROR_SCENARIO_UNAVAILABLE;
	if (scenario->status == SCENARIO_REFUSED) {
		return scenario_why_refused(scenario);
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

static struct session *find_target(struct core *core, struct session *sender, struct slice id)
{
	struct registry *registry = &core->registry;
	struct session *target = registry_at(registry, sender->last_target);

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
	return topology_route_sized(sender->member, target->member, 0,
				    send->payload.size + send->content_type.size);
}

static void send_to_one(struct core *core, struct session *sender, uint32_t ref,
			const struct request_send *send)
{
	struct session *target = find_target(core, sender, send->name);
	struct route route = route_to_drone(sender, target, send);
	enum way way = relay_way(sender->member->scenario);
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
		session_no_memory(core, sender, ref);
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
		relay_start_one(core, message, sender->member, route.hub, way);
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

	if (fanout && relay_reserve_nodes(core, most)) {
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
	enum way way = relay_way(scenario);
	/* before this message itself takes memory */
	enum outcome general = obstacle(core, way);
	const struct member *hub;
	struct message *message;
	uint32_t direct;

	message = message_to_many(core, sender, ref, send,
				  group ? group->count : scenario->member_count);
	if (!message) {
		session_no_memory(core, sender, ref);
		return;
	}
	core->stats.sends++;
	if (!nobody) {
		add_targets(core, message->fanout, member,
			    send->to == SEND_TO_GROUP ? group : NULL);
	}
	direct = relay_sift(core, message, member, general, &hub);
	if (way == WAY_QUEUE && message->fanout->unanswered) {
		queue_push(core, message);
	} else {
		relay_start_many(core, message, member, hub, direct, way);
	}
}

enum core_verdict send_take(struct core *core, struct session *sender, uint32_t ref,
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
	} else if (relay_way(sender->member->scenario) == WAY_OPEN && lane_has_turns(lane)) {
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
