/* A message from its acceptance to its last outcome, and the accounts of it. */
#include "world.h"

enum { SLOT_BYTES = 160 }; /* payload and content type beyond it are counted */

struct parcel *parcel_new(struct world *world, struct conn *sender, const struct request *request,
			  uint32_t targets)
{
	struct parcel *message =
		world_take(world, sizeof(*message) + targets * sizeof(message->targets[0]));
	const struct request_send *send = &request->send;
	const struct scenario_config *config = &sender->stay->grid->config;

	message->sender = sender;
	message->from = sender->stay;
	message->grid = sender->stay->grid;
	message->ref = request->ref;
	message->wish = request->ref ? send->report : REPORT_WISH_NONE;
	message->many = send->to != SEND_TO_DRONE;
	if (send->to == SEND_TO_GROUP) {
		message->to = world_keep(world, send->name);
	}
	message->payload_size = send->payload.size;
	memcpy(&message->uid, send->payload.data,
	       send->payload.size < sizeof(message->uid) ? send->payload.size
							 : sizeof(message->uid));
	message->content_type = world_keep(world, send->content_type);
	message->order = ++world->orders;
	message->sent_at_us = world->now.unix_us;
	message->accepted_us = world->now.mono_us;
	message->delay_real = config->delay_real;
	return message;
}

struct target *parcel_add(struct world *world, struct parcel *message, struct conn *conn,
			  struct slice id)
{
	struct target *target = &message->targets[message->count++];

	target->conn = conn;
	target->stay = conn ? conn->stay : NULL;
	target->id = id;
	message->undecided++;
	world->want.accepted++;
	world->want.pending++;
	return target;
}

void parcel_decide(struct world *world, struct parcel *message, struct target *target,
		   enum outcome outcome, enum reason reason)
{
	FLOW_HOLDS(world, !target->decided, "the model decides a target twice");
	target->decided = true;
	target->outcome = outcome;
	target->reason = reason;
	message->undecided--;
	message->from->targets++;
	world->want.pending--;
	world->want.outcomes[outcome]++;
	if (outcome == OUTCOME_LOST) {
		world->want.reasons[reason]++;
	}
}

void parcel_decide_rest(struct world *world, struct parcel *message, enum outcome outcome)
{
	for (uint32_t i = 0; i < message->count; i++) {
		struct target *target = &message->targets[i];

		if (!target->decided && !target->waiting) {
			parcel_decide(world, message, target, outcome, REASON_NONE);
		}
	}
}

struct leg *target_leg(struct target *target, struct slice transmitter, struct slice receiver,
		       enum outcome outcome)
{
	struct leg *leg = &target->legs[target->leg_count++];

	leg->transmitter = transmitter;
	leg->receiver = receiver;
	leg->outcome = outcome;
	return leg;
}

bool parcel_aim(struct world *world, struct parcel *message)
{
	bool any = false;

	message->relayed = false;
	for (uint32_t i = 0; i < message->count; i++) {
		struct target *target = &message->targets[i];

		target->due = !target->decided && !target->behind;
		message->relayed = message->relayed || (!target->decided && target->behind);
		any = any || !target->decided;
	}
	message->hub = message->relayed ? grid_hub(world, message->grid) : NULL;
	return any;
}

/* ------------------------------------------------------------------- the channel */

static size_t payload_bytes(const struct parcel *message)
{
	size_t bytes = message->payload_size + message->content_type.size;

	return bytes > SLOT_BYTES ? bytes : 0;
}

void parcel_take_bytes(struct world *world, struct parcel *message)
{
	if (!message->held_bytes) {
		world->outside_bytes += payload_bytes(message);
		message->held_bytes = true;
	}
}

size_t parcel_outside_bytes(const struct parcel *message)
{
	return message->held_bytes && !message->moved_bytes ? payload_bytes(message) : 0;
}

void parcel_move_bytes(struct world *world, struct parcel *message)
{
	world->outside_bytes -= parcel_outside_bytes(message);
	message->moved_bytes = true;
}

static void give_bytes(struct world *world, struct parcel *message)
{
	if (!message->held_bytes) {
		return;
	}
	if (message->moved_bytes) {
		waiting_discharge(world, message, payload_bytes(message));
	} else {
		world->outside_bytes -= payload_bytes(message);
	}
	message->held_bytes = false;
}

void parcel_enter_channel(struct world *world, struct parcel *message)
{
	struct lane *lane = &world->lanes[message->grid->lane];

	parcel_take_bytes(world, message);
	message->way = WAY_CHANNEL;
	message->grid->in_channel++;
	parcels_add(&lane->channel, message);
	if (message->relayed) {
		stay_relayed(world, message->from, 1);
	}
}

static void leave_channel(struct world *world, struct parcel *message)
{
	struct lane *lane = &world->lanes[message->grid->lane];

	parcels_remove(&lane->channel, message);
	message->way = WAY_OUT;
	message->grid->in_channel--;
	if (message->relayed) {
		stay_relayed(world, message->from, -1);
	}
	if (message->id) {
		lane->old_ids[lane->old_count++ % FLOW_OLD_IDS] = message->id;
	}
}

static struct slice hub_id(const struct parcel *message)
{
	return text_slice(&message->hub->conn->id);
}

/* What the hop now in the channel has not decided. */
static void decide_unanswered(struct world *world, struct parcel *message, enum outcome rest)
{
	struct slice sender = text_slice(&message->sender->id);

	for (uint32_t i = 0; i < message->count; i++) {
		struct target *target = &message->targets[i];

		if (target->decided || target->waiting) {
			continue;
		}
		if (message->second) {
			target_leg(target, hub_id(message), target->id, rest);
		} else {
			target_leg(target, sender, message->relayed ? hub_id(message) : target->id,
				   rest);
		}
		parcel_decide(world, message, target, rest, REASON_NONE);
	}
}

static void count_unanswered(struct world *world, const struct parcel *message, enum outcome rest)
{
	if (!message->relayed || !message->undecided) {
		return;
	}
	if (rest == OUTCOME_SIMULATOR_TIMEOUT) {
		world_happens(world, message->second ? HAPPENS_RELAY_TIMEOUT_SECOND
						     : HAPPENS_RELAY_TIMEOUT_FIRST);
	} else if (rest == OUTCOME_SIMULATOR_DOWN && message->second) {
		world_happens(world, HAPPENS_RELAY_DOWN_SECOND);
	}
}

void parcel_end(struct world *world, struct parcel *message, enum outcome rest)
{
	count_unanswered(world, message, rest);
	if (message->relayed && message->from->over) {
		world_happens(world, HAPPENS_RELAY_SENDER_GONE);
	}
	if (message->grid->retired) {
		world_happens(world, HAPPENS_RETIRED_ANSWER);
	}
	decide_unanswered(world, message, rest);
	leave_channel(world, message);
	parcel_settle(world, message);
}

void parcel_settle(struct world *world, struct parcel *message)
{
	if (!message->waiting) {
		give_bytes(world, message);
	}
	/* waiting is outside of the window */
	if (message->in_window && message->sender->state == CONN_ACTIVE) {
		message->sender->in_flight--;
	}
	message->in_window = false;
}

/* That the hub is gone is seen before that others are. */
static void nobody_between(struct world *world, struct parcel *message)
{
	for (uint32_t i = 0; i < message->count; i++) {
		struct target *target = &message->targets[i];

		if (target->between) {
			world->want.outcomes[target->outcome]--;
			target->outcome = OUTCOME_NO_ROUTE;
			world->want.outcomes[target->outcome]++;
		}
	}
}

/* Hop 1 has come to the hub, which goes away before hop 2 leaves. */
void parcel_hub_gone(struct world *world, const struct stay *hub)
{
	if (world->closing && world->closing->hub == hub) {
		nobody_between(world, world->closing);
	}
	for (uint32_t i = 0; i < world->lane_count; i++) {
		struct parcels *channel = &world->lanes[i].channel;

		for (uint32_t j = 0; j < channel->count; j++) {
			struct parcel *message = channel->at[j];

			if (message->relay_due && message->hub == hub) {
				message->relay_due = false;
				world_happens(world, HAPPENS_RELAY_HUB_GONE);
				parcel_decide_rest(world, message, OUTCOME_NO_ROUTE);
				parcel_end(world, message, OUTCOME_NO_ROUTE);
				j--;
			}
		}
	}
}

uint32_t parcels_in_channel(const struct world *world)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < world->lane_count; i++) {
		count += world->lanes[i].channel.count;
	}
	return count;
}

/* Handed over without the channel. */
void parcel_bypass(struct world *world, struct parcel *message)
{
	struct slice sender = text_slice(&message->sender->id);

	message->bypassed = true;
	message->delay_real = false;
	message->sequence = ++message->from->sequence;
	for (uint32_t i = 0; i < message->count; i++) {
		struct target *target = &message->targets[i];

		if (target->decided) {
			continue;
		}
		if (target->behind) {
			struct slice hub = text_slice(&grid_hub(world, message->grid)->conn->id);

			target_leg(target, sender, hub, OUTCOME_DELIVERED)->source =
				SOURCE_BYPASSED;
			sender = hub;
			world_happens(world, HAPPENS_BYPASSED_RELAY);
		}
		target_leg(target, sender, target->id, OUTCOME_DELIVERED)->source = SOURCE_BYPASSED;
		sender = text_slice(&message->sender->id);
		hand_over(world, message, target, 0);
		world->want.bypassed++;
		world_happens(world, HAPPENS_BYPASSED);
	}
}

/* -------------------------------------------------------------------- payloads */

static bool payload_as_sent(const struct world *world, const struct parcel *message,
			    struct slice payload)
{
	size_t head = sizeof(message->uid);

	if (payload.size != message->payload_size) {
		return false;
	}
	if (payload.size <= head) {
		return payload.size == 0 || memcmp(payload.data, &message->uid, payload.size) == 0;
	}
	/* every drone's payload goes on alike behind the number */
	return memcmp(payload.data, &message->uid, head) == 0 &&
	       memcmp(payload.data + head, world->drones[0].payload + head, payload.size - head) ==
		       0;
}

bool parcel_payload_is(const struct world *world, const struct parcel *message,
		       struct slice expected, struct slice payload)
{
	return expected.data ? slice_equal(expected, payload)
			     : payload_as_sent(world, message, payload);
}

struct target *parcel_target(struct parcel *message, struct slice id)
{
	for (uint32_t i = 0; i < message->count; i++) {
		if (slice_equal(message->targets[i].id, id)) {
			return &message->targets[i];
		}
	}
	return NULL;
}
