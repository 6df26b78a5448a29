/* The clock, and what is due by it. */
#include "world.h"

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t time_due(const struct world *world)
{
	uint64_t due = UINT64_MAX;

	for (uint32_t i = 0; i < world->lane_count; i++) {
		const struct parcels *channel = &world->lanes[i].channel;

		for (uint32_t j = 0; j < channel->count; j++) {
			due = earlier(due, channel->at[j]->deadline_us);
		}
	}
	for (uint32_t i = 0; i < world->queue.count; i++) {
		due = earlier(due, world->queue.at[i]->queued_until_us);
	}
	for (uint32_t i = 0; i < world->waiting.count; i++) {
		const struct parcel *message = world->waiting.at[i];

		for (uint32_t j = 0; j < message->count; j++) {
			if (message->targets[j].waiting) {
				due = earlier(due, message->targets[j].due_us);
			}
		}
	}
	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *conn = world->drones[i].conn;

		if (conn && conn->state == CONN_DENIED) {
			due = earlier(due, conn->denied_us + world->limits.auth_delay_ms * 1000ull);
		}
	}
	return earlier(due, rate_due(world));
}

static void time_out(struct world *world)
{
	for (uint32_t i = 0; i < world->lane_count; i++) {
		struct parcels *channel = &world->lanes[i].channel;
		uint32_t j = 0;

		while (j < channel->count) {
			if (channel->at[j]->deadline_us <= world->now.mono_us) {
				parcel_end(world, channel->at[j], OUTCOME_SIMULATOR_TIMEOUT);
			} else {
				j++;
			}
		}
	}
}

static void tick(struct world *world)
{
	bool more;

	do {
		more = hand_over_due(world);
		time_out(world);
		world->ticking = true;
		world_enter(world);
		core_tick(world->core);
		world_leave(world);
		world->ticking = false;
		check_tick(world, more);
	} while (more);
}

/* The wall clock may be set, either way: nothing follows from it. */
static void jump(struct world *world)
{
	if (world_chance(world, 1)) {
		world->now.unix_us += world_below(world, 4000000000u);
		world->now.unix_us -= world_below(world, 4000000000u);
		world_happens(world, HAPPENS_WALL_JUMP);
	}
}

void time_advance_to(struct world *world, uint64_t mono_us)
{
	uint64_t passed = mono_us - world->now.mono_us;

	world->now.mono_us = mono_us;
	world->now.unix_us += passed;
	jump(world);
	world_enter(world);
	core_now(world->core, world->now);
	world_leave(world);
	FLOW_HOLDS(world, core_next_deadline(world->core) <= time_due(world),
		   "something is due at %llu us, but the core wakes at %llu",
		   (unsigned long long)time_due(world),
		   (unsigned long long)core_next_deadline(world->core));
	if (core_next_deadline(world->core) <= world->now.mono_us) {
		if (world->ticks_late) {
			world_happens(world, HAPPENS_LATE_TICK);
		} else {
			tick(world);
		}
	}
}

void time_advance(struct world *world)
{
	uint64_t due = core_next_deadline(world->core);
	uint64_t now = world->now.mono_us;

	world->ticks_late = world_chance(world, 10);
	switch (world_below(world, 10)) {
	case 0: /* just not there, then there */
		if (due != UINT64_MAX && due > now + 1) {
			time_advance_to(world, due - 1);
			FLOW_HOLDS(world, core_next_deadline(world->core) >= due,
				   "the deadline moves by itself");
			time_advance_to(world, due);
		}
		break;
	case 1: /* late */
		time_advance_to(world, now + world_below(world, 2000000));
		break;
	case 2:
	case 3:
	case 4:
		time_advance_to(world, now + world_below(world, 100000));
		break;
	default:
		time_advance_to(world, now + world_below(world, 3000));
		break;
	}
}
