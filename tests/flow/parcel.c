#include "world.h"

enum { SLOT_BYTES = 160 }; /* payload and content type beyond it are counted */

struct parcel *parcel_new(struct world *world, struct conn *sender, const struct request *request,
			  uint32_t targets)
{
	struct parcel *message =
		world_take(world, sizeof(*message) + targets * sizeof(message->targets[0]));
	const struct request_send *send = &request->send;

	message->sender = sender;
	message->sender_membership = sender->membership;
	message->ref = request->ref;
	message->wish = request->ref ? send->report : REPORT_WISH_NONE;
	message->many = send->to == SEND_TO_EVERYONE;
	message->payload_size = send->payload.size;
	memcpy(&message->uid, send->payload.data,
	       send->payload.size < sizeof(message->uid) ? send->payload.size
							 : sizeof(message->uid));
	message->content_type = send->content_type;
	message->scenario = sender->scenario;
	message->sent_at_us = world->now.unix_us;
	message->deadline_us = world->now.mono_us + world->configs[0].timeout_ms * 1000ull;
	return message;
}

struct target *parcel_add(struct parcel *message, struct conn *conn, struct slice id)
{
	struct target *target = &message->targets[message->count++];

	target->conn = conn;
	target->membership = conn ? conn->membership : 0;
	target->id = id;
	message->undecided++;
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
	world->want.pending--;
	world->want.outcomes[outcome]++;
	if (outcome == OUTCOME_LOST) {
		world->want.reasons[reason]++;
	}
}

static void leave_channel(struct world *world, struct parcel *message)
{
	struct simulator *sim = &world->sim;
	size_t bytes = message->payload_size + message->content_type.size;

	for (uint32_t i = 0; i < sim->channel_count; i++) {
		if (sim->channel[i] == message) {
			/* in order, so that an answer in order is the usual one */
			memmove(&sim->channel[i], &sim->channel[i + 1],
				(sim->channel_count - i - 1) * sizeof(struct parcel *));
			sim->channel_count--;
			break;
		}
	}
	message->in_channel = false;
	world->outside_bytes -= bytes > SLOT_BYTES ? bytes : 0;
	sim->old_ids[sim->old_count++ % FLOW_OLD_IDS] = message->id;
}

void parcel_end(struct world *world, struct parcel *message, enum outcome rest)
{
	for (uint32_t i = 0; i < message->count; i++) {
		struct target *target = &message->targets[i];

		if (!target->decided) {
			target->has_hop = true;
			target->hop_outcome = rest;
			parcel_decide(world, message, target, rest, REASON_NONE);
		}
	}
	leave_channel(world, message);
	if (!message->many || message->wish == REPORT_WISH_NONE) {
		parcel_reported(message);
	}
}

void parcel_reported(struct parcel *message)
{
	if (message->sender->state == CONN_ACTIVE) {
		message->sender->in_flight--;
	}
}

bool parcel_payload_equal(const struct world *world, const struct parcel *message,
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

struct target *parcel_target(struct parcel *message, struct slice id)
{
	for (uint32_t i = 0; i < message->count; i++) {
		if (slice_equal(message->targets[i].id, id)) {
			return &message->targets[i];
		}
	}
	return NULL;
}
