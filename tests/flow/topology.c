/* Which way a message may take, from the text of the protocol alone. */
#include "world.h"

static struct route star_route(const struct world *world, const struct stay *from,
			       const struct stay *to)
{
	const struct grid *grid = from->grid;

	if (stay_is_hub(from) || stay_is_hub(to)) {
		return (struct route){.fate = OUTCOME_UNSPECIFIED};
	}
	if (grid->config.spoke_to_spoke == SPOKES_DENY) {
		return (struct route){.fate = OUTCOME_NOT_ALLOWED};
	}
	if (!grid_hub(world, grid)) {
		return (struct route){.fate = OUTCOME_NO_ROUTE};
	}
	return (struct route){.fate = OUTCOME_UNSPECIFIED, .behind = true};
}

struct route route_to_member(const struct world *world, const struct stay *from,
			     const struct stay *to)
{
	if (from->grid->config.topology == TOPOLOGY_MESH) {
		return (struct route){.fate = OUTCOME_UNSPECIFIED};
	}
	return star_route(world, from, to);
}

struct route route_to_drone(const struct world *world, const struct conn *sender,
			    const struct conn *target)
{
	if (!target) {
		return (struct route){.fate = OUTCOME_TARGET_OFFLINE};
	}
	if (target == sender) {
		return (struct route){.fate = OUTCOME_NOT_ALLOWED};
	}
	if (target->place != sender->place) {
		return (struct route){.fate = OUTCOME_NO_ROUTE};
	}
	return route_to_member(world, sender->stay, target->stay);
}

/* The largest frame that the delivery can become (proto/README.md, "Sizes"). */
size_t delivery_bound(const struct parcel *message, const struct target *target)
{
	size_t sender = message->sender->id.size, hub = strlen(message->grid->config.hub);
	size_t bound = 64 + 2 * sender + target->id.size + message->content_type.size +
		       message->payload_size + message->to.size + 128;

	bound += message->to.size ? 2 : 0;
	return target->behind ? bound + 24 + 128 + 2 * hub : bound;
}

enum channel_state channel_state(const struct world *world, const struct grid *grid)
{
	if (world->lanes[grid->lane].up) {
		return grid->status == STATUS_ACCEPTED ? CHANNEL_OPEN : CHANNEL_QUEUES;
	}
	switch (grid->config.on_simulator_down) {
	case DOWN_QUEUE:
		return CHANNEL_QUEUES;
	case DOWN_BYPASS:
		return CHANNEL_BYPASSED;
	case DOWN_FAIL:
		break;
	}
	return CHANNEL_DOWN;
}
