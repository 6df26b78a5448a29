/* Hand-overs: at once, or when the simulated time has come. */
#include <stdlib.h>

#include "world.h"

enum outcome target_through(const struct target *target)
{
	for (unsigned i = 0; i < target->leg_count; i++) {
		if (target->legs[i].outcome == OUTCOME_CORRUPTED) {
			return OUTCOME_CORRUPTED;
		}
	}
	return OUTCOME_DELIVERED;
}

static void add_coming(struct world *world, struct parcel *message, struct target *target)
{
	if (world->coming_count == world->coming_cap) {
		uint32_t cap = world->coming_cap ? 2 * world->coming_cap : 64;
		struct coming *coming = world_take(world, cap * sizeof(*coming));

		if (world->coming_count) {
			memcpy(coming, world->coming, world->coming_count * sizeof(*coming));
		}
		world->coming = coming;
		world->coming_cap = cap;
	}
	world->coming[world->coming_count++] = (struct coming){message, target};
}

static void give(struct world *world, struct parcel *message, struct target *target,
		 uint64_t late_us)
{
	target->legs[target->leg_count - 1].late_by_us =
		late_us < UINT32_MAX ? (uint32_t)late_us : UINT32_MAX;
	if (target->stay->over) {
		parcel_decide(world, message, target, OUTCOME_TARGET_LEFT, REASON_NONE);
		return;
	}
	/* until the endpoint has taken it */
	target->coming = true;
	parcel_decide(world, message, target, OUTCOME_OVERLOADED, REASON_NONE);
	add_coming(world, message, target);
}

uint32_t waiting_count(const struct world *world)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < world->waiting.count; i++) {
		count += world->waiting.at[i]->waiting;
	}
	return count;
}

static bool waits_until(const struct world *world, uint64_t due_us)
{
	for (uint32_t i = 0; i < world->waiting.count; i++) {
		const struct parcel *message = world->waiting.at[i];

		for (uint32_t j = 0; j < message->count; j++) {
			if (message->targets[j].waiting && message->targets[j].due_us <= due_us) {
				return true;
			}
		}
	}
	return false;
}

/* What the channel left of its payload is kept for it alone. */
static size_t own_bytes(const struct target *target)
{
	return target->altered ? target->payload.size : 0;
}

static struct conn *living_sender(const struct parcel *message)
{
	return message->sender->state == CONN_ACTIVE ? message->sender : NULL;
}

static bool waiting_is_full(struct world *world, const struct parcel *message,
			    const struct target *target)
{
	const struct limits *limits = &world->limits;
	const struct conn *sender = living_sender(message);
	uint64_t bytes = own_bytes(target) + parcel_outside_bytes(message);
	bool many = waiting_count(world) >= limits->max_waiting ||
		    (sender && sender->waiting >= limits->max_waiting_per_drone);
	bool much = world->waiting_bytes + bytes > limits->max_waiting_bytes ||
		    (sender && sender->waiting_bytes + bytes > limits->max_waiting_bytes_per_drone);

	if (many) {
		world_happens(world, HAPPENS_WAITING_FULL);
	} else if (much) {
		world_happens(world, HAPPENS_WAITING_TOO_LARGE);
	}
	return many || much;
}

static void charge(struct world *world, const struct parcel *message, size_t bytes)
{
	struct conn *sender = living_sender(message);

	world->waiting_bytes += bytes;
	if (sender) {
		sender->waiting_bytes += bytes;
	}
}

void waiting_discharge(struct world *world, const struct parcel *message, size_t bytes)
{
	struct conn *sender = living_sender(message);

	world->waiting_bytes -= bytes;
	if (sender) {
		sender->waiting_bytes -= bytes;
	}
}

static void wait_for(struct world *world, struct parcel *message, struct target *target)
{
	target->waiting = true;
	charge(world, message, own_bytes(target));
	charge(world, message, parcel_outside_bytes(message));
	parcel_move_bytes(world, message);
	if (living_sender(message)) {
		message->sender->waiting++;
	}
	if (message->waiting++ == 0) {
		parcels_add(&world->waiting, message);
	}
	world_happens(world, HAPPENS_WAITED);
}

void hand_over(struct world *world, struct parcel *message, struct target *target,
	       uint64_t delay_us)
{
	uint64_t now = world->now.mono_us;

	if (!message->delay_real) {
		give(world, message, target, 0);
		return;
	}
	target->due_us = message->accepted_us + delay_us;
	if (target->due_us <= now && !waits_until(world, target->due_us)) {
		if (target->due_us < now) {
			world_happens(world, HAPPENS_LATE_AT_ONCE);
		}
		give(world, message, target, now - target->due_us);
	} else if (waiting_is_full(world, message, target)) {
		parcel_decide(world, message, target, OUTCOME_OVERLOADED, REASON_NONE);
	} else {
		wait_for(world, message, target);
	}
}

/* ----------------------------------------------------------------- when it is time */

static void wait_over(struct world *world, struct parcel *message, struct target *target)
{
	target->waiting = false;
	waiting_discharge(world, message, own_bytes(target));
	if (living_sender(message)) {
		message->sender->waiting--;
	}
	if (--message->waiting == 0) {
		parcels_remove(&world->waiting, message);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct coming *one = a, *two = b;

	if (one->target->due_us != two->target->due_us) {
		return one->target->due_us < two->target->due_us ? -1 : 1;
	}
	return one->message->order < two->message->order   ? -1
	       : one->message->order > two->message->order ? 1
							   : 0;
}

static uint32_t gather_due(struct world *world, struct coming **due)
{
	uint32_t count = 0;

	*due = world_take(world, (waiting_count(world) + 1) * sizeof(**due));
	for (uint32_t i = 0; i < world->waiting.count; i++) {
		struct parcel *message = world->waiting.at[i];

		for (uint32_t j = 0; j < message->count; j++) {
			struct target *target = &message->targets[j];

			if (target->waiting && target->due_us <= world->now.mono_us) {
				(*due)[count++] = (struct coming){message, target};
			}
		}
	}
	qsort(*due, count, sizeof(**due), by_time);
	return count;
}

static void count_due(struct world *world, const struct parcel *message,
		      const struct target *target)
{
	if (target->due_us < world->now.mono_us) {
		world_happens(world, HAPPENS_LATE);
	}
	if (target->stay->over) {
		world_happens(world, HAPPENS_WAITING_LEFT);
	}
	if (message->from->over) {
		world_happens(world, HAPPENS_WAITING_SENDER_GONE);
	}
	if (!world->lanes[message->grid->lane].up) {
		world_happens(world, HAPPENS_WAITING_LINK_DOWN);
	}
}

enum { BYTES_A_TICK = 512 * 1024 };

static size_t handed_bytes(const struct parcel *message, const struct target *target)
{
	if (!stay_present(target->stay)) {
		return 0;
	}
	return target->payload.data ? target->payload.size
	       : message->left.data ? message->left.size
				    : message->payload_size;
}

bool hand_over_due(struct world *world)
{
	struct coming *due;
	uint32_t count;
	size_t bytes = 0;

	if (!world->waiting.count) {
		return false;
	}
	count = gather_due(world, &due);
	for (uint32_t i = 0; i < count; i++) {
		struct parcel *message = due[i].message;
		struct target *target = due[i].target;

		if (bytes >= BYTES_A_TICK) {
			return true;
		}
		bytes += handed_bytes(message, target);

		count_due(world, message, target);
		wait_over(world, message, target);
		give(world, message, target, world->now.mono_us - target->due_us);
		if (!message->waiting && message->way == WAY_OUT) {
			parcel_settle(world, message);
		}
	}
	return false;
}

void waiting_give_up(struct world *world)
{
	while (world->waiting.count) {
		struct parcel *message = world->waiting.at[0];

		for (uint32_t i = 0; i < message->count; i++) {
			if (message->targets[i].waiting) {
				wait_over(world, message, &message->targets[i]);
				parcel_decide(world, message, &message->targets[i],
					      OUTCOME_TARGET_LEFT, REASON_NONE);
			}
		}
		parcel_settle(world, message);
	}
}

/* -------------------------------------------------------------- what is handed over */

static bool may_be_passed(const struct coming *one, const struct coming *by)
{
	return one->target->attempted || one->target->stay->over ||
	       (one->message == by->message && one->target->due_us == by->target->due_us);
}

struct coming *hand_over_find(struct world *world, const struct conn *conn)
{
	for (uint32_t i = 0; i < world->coming_count; i++) {
		struct coming *coming = &world->coming[i];

		if (coming->target->conn != conn || coming->target->attempted) {
			continue;
		}
		/* in the order of their times, and of acceptance */
		for (uint32_t j = 0; world->ticking && j < i; j++) {
			FLOW_HOLDS(world, may_be_passed(&world->coming[j], coming),
				   "%u: a delivery that is due later goes first", conn->slot);
		}
		return coming;
	}
	world_fail(world, "%u: a delivery that nothing brings", conn->slot);
}

static void become(struct world *world, struct target *target, enum outcome outcome)
{
	world->want.outcomes[target->outcome]--;
	target->outcome = outcome;
	world->want.outcomes[outcome]++;
}

static bool went_away(const struct world *world, const struct target *target)
{
	return world->ticking && target->coming && !target->attempted && target->stay->over;
}

void hand_over_told(struct world *world, struct target *target, enum outcome outcome)
{
	if (outcome != OUTCOME_OVERLOADED && outcome != OUTCOME_TARGET_LEFT) {
		return;
	}
	if (target->either) {
		target->outcome = outcome;
	} else if (went_away(world, target)) {
		target->attempted = true;
		become(world, target, outcome);
	}
}

void hand_over_check(struct world *world)
{
	uint64_t left = core_stats(world->core)->outcomes[OUTCOME_TARGET_LEFT];

	for (uint32_t i = 0; i < world->coming_count; i++) {
		struct target *target = world->coming[i].target;

		FLOW_HOLDS(world, target->attempted || target->stay->over,
			   "%.*s is there, but was not handed the message", SLICE_ARG(target->id));
		/* the tick may have ended its session before or by the hand-over */
		if (went_away(world, target)) {
			target->either = true;
			if (world->want.outcomes[OUTCOME_TARGET_LEFT] < left) {
				become(world, target, OUTCOME_TARGET_LEFT);
			}
		}
		target->coming = false;
	}
	world->coming_count = 0;
}
