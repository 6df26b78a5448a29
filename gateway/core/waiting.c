#include "core/waiting.h"

#include <stdlib.h>

#include "core/state.h"

enum {
	WAITING_KEPT = 1024,
	/* Then the network has its turn, or one who reads it well would look slow. */
	WAITING_PER_TICK = 4096,
	WAITING_BYTES_PER_TICK = 512 * 1024,
};

struct waiting {
	struct heap_entry due;
	struct message *message;
	uint32_t place; /* of its target in the fanout */
	struct kept_leg own;
	uint8_t *payload; /* when it was altered, else NULL */
	size_t payload_size;
	struct waiting *next_free;
};

static struct waiting *take(struct core *core)
{
	struct waiting *waiting = core->waiting_free;

	if (!waiting) {
		return calloc(1, sizeof(*waiting));
	}
	core->waiting_free = waiting->next_free;
	core->waiting_kept--;
	waiting->payload = NULL;
	return waiting;
}

static void give(struct core *core, struct waiting *waiting)
{
	free(waiting->payload);
	if (core->waiting_kept == WAITING_KEPT) {
		free(waiting);
		return;
	}
	waiting->next_free = core->waiting_free;
	core->waiting_free = waiting;
	core->waiting_kept++;
}

bool waiting_is_turn(const struct core *core, uint64_t due_us)
{
	const struct heap_entry *first = heap_first(&core->waiting);

	return due_us <= core->now.mono_us && (!first || first->due_us > due_us);
}

static bool keep_payload(struct waiting *waiting, struct slice payload)
{
	waiting->payload = malloc(payload.size ? payload.size : 1);
	if (!waiting->payload) {
		return false;
	}
	if (payload.size) {
		memcpy(waiting->payload, payload.data, payload.size);
	}
	waiting->payload_size = payload.size;
	return true;
}

/* Nobody's messages take so much that the others' cannot wait. */
static bool has_room(const struct core *core, const struct session *sender, uint64_t bytes)
{
	const struct limits *limits = &core->limits;

	return core->stats.waiting < limits->max_waiting &&
	       core->waiting_bytes + bytes <= limits->max_waiting_bytes &&
	       (!sender || (sender->waiting < limits->max_waiting_per_drone &&
			    sender->waiting_bytes + bytes <= limits->max_waiting_bytes_per_drone));
}

static void charge(struct core *core, struct session *sender, uint64_t bytes)
{
	core->waiting_bytes += bytes;
	if (sender) {
		sender->waiting_bytes += bytes;
	}
}

static void discharge(struct core *core, const struct message *message, uint64_t bytes)
{
	struct session *sender = core_sender(core, message);

	core->waiting_bytes -= bytes;
	if (sender) {
		sender->waiting_bytes -= bytes;
	}
}

/* The message's own payload counts among what waits from now on. */
static void take_payload(struct core *core, struct session *sender, struct message *message)
{
	charge(core, sender, message->outside_size);
	core->inflight.outside_bytes -= message->outside_size;
	message->waiting_bytes += message->outside_size;
	message->outside_size = 0;
}

bool waiting_add(struct core *core, struct message *message, const struct aim *aim,
		 const struct leg *own, uint64_t due_us, struct slice payload, bool altered)
{
	struct session *sender = core_sender(core, message);
	uint64_t own_bytes = altered ? payload.size : 0;
	struct waiting *waiting;

	if (!has_room(core, sender, own_bytes + message->outside_size)) {
		return false;
	}
	waiting = take(core);
	if (!waiting) {
		return false;
	}
	waiting->message = message;
	waiting->place = aim->target ? (uint32_t)(aim->target - message->fanout->targets) : 0;
	waiting->due.order = message->order;
	leg_keep(&waiting->own, own);
	if ((altered && !keep_payload(waiting, payload)) ||
	    heap_set(&core->waiting, &waiting->due, due_us) < 0) {
		give(core, waiting);
		return false;
	}
	charge(core, sender, own_bytes);
	take_payload(core, sender, message);
	message->waiting++;
	core->stats.waiting++;
	if (sender) {
		sender->waiting++;
	}
	return true;
}

void waiting_forget(struct core *core, struct message *message)
{
	discharge(core, message, message->waiting_bytes);
	message->waiting_bytes = 0;
}

static struct waiting *first_of(const struct core *core)
{
	struct heap_entry *first = heap_first(&core->waiting);

	return first ? LIST_ENTRY(first, struct waiting, due) : NULL;
}

/* Ends the wait: what it was about is decided. */
static void end(struct core *core, struct waiting *waiting)
{
	struct message *message = waiting->message;

	give(core, waiting);
	if (message->waiting == 0 && message->stage == MESSAGE_WAITING) {
		struct scenario *scenario = message->scenario;

		delivery_finish(core, message);
		scenario->waiting--;
		scenario_settle(core, scenario);
	}
}

static struct aim aim_of(const struct waiting *waiting)
{
	struct message *message = waiting->message;

	return message->fanout ? aim_at(&message->fanout->targets[waiting->place])
			       : aim_at_one(message);
}

static void take_out(struct core *core, struct waiting *waiting)
{
	struct session *sender = core_sender(core, waiting->message);

	heap_remove(&core->waiting, &waiting->due);
	waiting->message->waiting--;
	core->stats.waiting--;
	if (sender) {
		sender->waiting--;
	}
	if (waiting->payload) {
		discharge(core, waiting->message, waiting->payload_size);
	}
}

void waiting_tick(struct core *core)
{
	struct waiting *waiting;
	uint32_t left = WAITING_PER_TICK;
	uint64_t enough = core->stats.delivered_bytes + WAITING_BYTES_PER_TICK;

	while (left-- && core->stats.delivered_bytes < enough && (waiting = first_of(core)) &&
	       waiting->due.due_us <= core->now.mono_us) {
		uint64_t late_us = core->now.mono_us - waiting->due.due_us;
		struct message *message = waiting->message;
		struct aim aim = aim_of(waiting);

		take_out(core, waiting);
		delivery_hand_over(core, message, &aim, &waiting->own.leg,
				   waiting->payload
					   ? slice_of(waiting->payload, waiting->payload_size)
					   : message_payload(message),
				   waiting->payload != NULL, late_us);
		end(core, waiting);
	}
}

uint64_t waiting_next(const struct core *core)
{
	const struct heap_entry *first = heap_first(&core->waiting);

	return first ? first->due_us : UINT64_MAX;
}

void waiting_abandon(struct core *core)
{
	struct waiting *waiting;

	while ((waiting = first_of(core))) {
		struct aim aim = aim_of(waiting);

		take_out(core, waiting);
		delivery_decide(core, waiting->message, &aim, OUTCOME_TARGET_LEFT, REASON_NONE,
				&waiting->own.leg);
		end(core, waiting);
	}
}

void waiting_fini(struct core *core)
{
	struct waiting *waiting;

	while ((waiting = first_of(core))) {
		heap_remove(&core->waiting, &waiting->due);
		give(core, waiting);
	}
	while ((waiting = core->waiting_free)) {
		core->waiting_free = waiting->next_free;
		free(waiting);
	}
	heap_fini(&core->waiting);
}
