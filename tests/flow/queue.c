/* Messages that wait for a simulator: in order of acceptance, each until its lane is up
 * and its scenario accepted, or until its time is up. */
#include "world.h"

void queued_add(struct world *world, struct parcel *message)
{
	message->way = WAY_QUEUED;
	parcel_take_bytes(world, message);
	message->queued_until_us = world->now.mono_us + world->limits.queue_ms * 1000ull;
	parcels_add(&world->queue, message);
	world_happens(world, HAPPENS_QUEUED);
}

void queued_remove(struct world *world, struct parcel *message)
{
	parcels_remove(&world->queue, message);
	message->way = WAY_OUT;
}

/* Who can be reached now, and how. */
static void route_anew(struct world *world, struct parcel *message)
{
	for (uint32_t i = 0; i < message->count; i++) {
		struct target *target = &message->targets[i];
		struct route route;

		if (target->decided) {
			continue;
		}
		if (message->from->over) {
			route.fate = OUTCOME_NO_ROUTE;
		} else if (target->stay->over) {
			route.fate = OUTCOME_TARGET_LEFT;
		} else {
			route = route_to_member(world, message->from, target->stay);
			target->behind = route.behind;
			if (route.fate == OUTCOME_UNSPECIFIED &&
			    delivery_bound(message, target) > target->conn->max_frame) {
				route.fate = OUTCOME_TOO_LARGE;
			}
		}
		if (route.fate != OUTCOME_UNSPECIFIED) {
			world->silent += message->wish == REPORT_WISH_NONE;
			parcel_decide(world, message, target, route.fate, REASON_NONE);
		}
	}
}

struct parcel *queued_next(struct world *world, const struct lane *lane, const struct parcel *until)
{
	for (uint32_t i = 0; i < world->queue.count;) {
		struct parcel *message = world->queue.at[i];

		if (message->grid->lane != lane->index ||
		    message->grid->status != STATUS_ACCEPTED) {
			i++;
			continue;
		}
		route_anew(world, message);
		if (parcel_aim(world, message)) {
			return message;
		}
		world_happens(world, HAPPENS_QUEUED_LEFT);
		queued_remove(world, message);
		parcel_settle(world, message);
		if (message == until) {
			break;
		}
	}
	return NULL;
}

static void fail(struct world *world, struct parcel *message, enum outcome outcome)
{
	queued_remove(world, message);
	parcel_decide_rest(world, message, outcome);
	parcel_settle(world, message);
}

void queued_told(struct world *world, struct parcel *message, bool down)
{
	if (message->way == WAY_QUEUED && world->ticking && down &&
	    message->queued_until_us <= world->now.mono_us) {
		fail(world, message, OUTCOME_SIMULATOR_DOWN);
		world_happens(world, HAPPENS_QUEUED_EXPIRED);
	} else if (message->way == WAY_QUEUED) {
		(void)queued_next(world, &world->lanes[message->grid->lane], message);
	}
}

void queued_fail(struct world *world, const struct grid *grid, enum outcome outcome)
{
	for (uint32_t i = 0; i < world->queue.count;) {
		if (world->queue.at[i]->grid == grid) {
			fail(world, world->queue.at[i], outcome);
		} else {
			i++;
		}
	}
}

bool queued_ready(const struct world *world)
{
	for (uint32_t i = 0; i < world->queue.count; i++) {
		const struct grid *grid = world->queue.at[i]->grid;

		if (grid->status == STATUS_ACCEPTED && world->lanes[grid->lane].up) {
			return true;
		}
	}
	return false;
}

void queued_link_down(struct world *world, const struct grid *grid)
{
	if (grid->config.on_simulator_down == DOWN_FAIL) {
		queued_fail(world, grid, OUTCOME_SIMULATOR_DOWN);
	}
	for (uint32_t i = 0;
	     grid->config.on_simulator_down == DOWN_BYPASS && i < world->queue.count;) {
		struct parcel *message = world->queue.at[i];

		if (message->grid != grid) {
			i++;
			continue;
		}
		queued_remove(world, message);
		route_anew(world, message);
		if (parcel_aim(world, message)) {
			parcel_bypass(world, message);
		}
		parcel_settle(world, message);
	}
}

void queued_expire(struct world *world)
{
	for (uint32_t i = 0; i < world->queue.count;) {
		if (world->queue.at[i]->queued_until_us <= world->now.mono_us) {
			fail(world, world->queue.at[i], OUTCOME_SIMULATOR_DOWN);
			world_happens(world, HAPPENS_QUEUED_EXPIRED);
		} else {
			i++;
		}
	}
}

/* What nobody is told of is seen here only later. If a session has ended since, it may have been
 * there when the gateway looked, or have gone before. */
static void reconcile(struct world *world)
{
	const uint64_t *is = core_stats(world->core)->outcomes;
	uint64_t *want = world->want.outcomes;
	uint64_t left = is[OUTCOME_TARGET_LEFT] - want[OUTCOME_TARGET_LEFT];
	uint64_t astray = is[OUTCOME_NO_ROUTE] - want[OUTCOME_NO_ROUTE];

	if (world->ended && left + astray == 0 && left + world->silent <= 2ull * world->silent) {
		want[OUTCOME_TARGET_LEFT] += left;
		want[OUTCOME_NO_ROUTE] += astray;
	}
	world->silent = 0;
	world->ended = false;
}

void queued_check(struct world *world)
{
	for (uint32_t i = 0; i < world->lane_count && world->queue.count; i++) {
		const struct lane *lane = &world->lanes[i];
		const struct parcel *message;

		if (!lane->up || window_full(world, lane)) {
			continue;
		}
		message = queued_next(world, lane, NULL);
		FLOW_HOLDS(world, !message, "lane %u has room, but a message of %u stays queued", i,
			   message->sender->slot);
	}
	reconcile(world);
}
