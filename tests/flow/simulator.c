/* The fake channel simulators: they keep what they are told, lane by lane. What they answer
 * stands in answer.c. */
#include <math.h>
#include <stdio.h>

#include "world.h"

/* ----------------------------------------------------------------- the port */

static struct grid *known_grid(struct lane *lane, uint32_t number)
{
	FLOW_HOLDS(lane->world, lane->up, "lane %u is spoken to while it is away", lane->index);
	FLOW_HOLDS(lane->world, number >= 1 && number < FLOW_NUMBERS && lane->numbers[number],
		   "scenario number %u", number);
	return lane->numbers[number];
}

static void check_parameters(const struct world *world, const struct grid *grid,
			     const struct sim_scenario *told)
{
	const struct scenario_config *config = &grid->config;

	FLOW_HOLDS(world,
		   told->parameter_count == config->parameter_count &&
			   slice_equal(told->parameters[0].key, config->parameters[0].key) &&
			   slice_equal(told->parameters[0].value, config->parameters[0].value),
		   "set_scenario: parameters");
}

/* Used again only after removal, and small. */
static void check_number(struct lane *lane, const struct grid *grid, uint32_t number)
{
	const struct world *world = lane->world;

	FLOW_HOLDS(world, number >= 1 && number < FLOW_NUMBERS, "scenario number %u", number);
	FLOW_HOLDS(world, number <= world->grids_peak, "number %u, though %u scenarios are most",
		   number, world->grids_peak);
	for (uint32_t i = 0; i < world->lane_count; i++) {
		const struct grid *other = world->lanes[i].numbers[number];

		FLOW_HOLDS(world, !other || other == grid, "number %u is another scenario's",
			   number);
	}
	FLOW_HOLDS(world, !grid->number || grid->number == number,
		   "%s has number %u and gets number %u", grid->config.name, grid->number, number);
}

static void on_set_scenario(void *ctx, const struct sim_scenario *told)
{
	struct lane *lane = ctx;
	struct world *world = lane->world;
	uint32_t place;
	struct grid *grid;

	world_port(world, true);
	FLOW_HOLDS(world, lane->up, "lane %u is spoken to while it is away", lane->index);
	place = place_named(world, told->name);
	FLOW_HOLDS(world, place, "set_scenario of %.*s, which there is not", SLICE_ARG(told->name));
	grid = world->places[place].grid;
	FLOW_HOLDS(world, grid->lane == lane->index, "%s is told on lane %u, but stands on %u",
		   grid->config.name, lane->index, grid->lane);
	check_number(lane, grid, told->scenario);
	FLOW_HOLDS(world, !grid->told || grid->ask_again, "set_scenario twice");
	check_parameters(world, grid, told);
	grid->number = told->scenario;
	lane->numbers[told->scenario] = grid;
	recall_changes(grid, world);
	grid->told = true;
	grid->ask_again = false;
	world_port(world, false);
}

static void on_remove_scenario(void *ctx, uint32_t number)
{
	struct lane *lane = ctx;
	struct world *world = lane->world;
	struct grid *grid, **at;

	world_port(world, true);
	grid = known_grid(lane, number);
	FLOW_HOLDS(world, grid->retired, "number %u is removed, which nothing asks for", number);
	FLOW_HOLDS(world, grid->in_channel == 0, "number %u is removed with %u in its channel",
		   number, grid->in_channel);
	lane->numbers[number] = NULL;
	for (at = &world->retired; *at; at = &(*at)->next) {
		if (*at == grid) {
			*at = grid->next;
			break;
		}
	}
	world_port(world, false);
}

static void check_position(const struct world *world, const struct conn *conn,
			   const struct grid *grid, const struct sim_node *node)
{
	switch (conn->position.frame) {
	case POSITION_UNKNOWN:
		FLOW_HOLDS(world, !node->has_position, "a position that was never told");
		break;
	case POSITION_LOCAL:
		FLOW_HOLDS(world,
			   node->has_position && node->position.east == conn->position.local.east &&
				   node->position.north == conn->position.local.north &&
				   node->position.up == conn->position.local.up,
			   "not the position that was told");
		break;
	case POSITION_GEODETIC:
		FLOW_HOLDS(world, node->has_position == grid->config.has_origin,
			   "a geodetic position and the scenario's origin");
		/* the drones stand above the origin */
		FLOW_HOLDS(world,
			   !node->has_position ||
				   (fabsf(node->position.east) < 0.1f &&
				    fabsf(node->position.up -
					  (float)conn->position.geodetic.altitude_mm / 1000.f) <
					    0.01f),
			   "not where the coordinates are");
		break;
	}
}

static void check_state(const struct world *world, const struct conn *conn,
			const struct sim_node *node)
{
	FLOW_HOLDS(world,
		   node->has_velocity == conn->has_velocity &&
			   (!node->has_velocity || node->velocity.east == conn->velocity_east) &&
			   node->has_radio == conn->has_radio &&
			   (!node->has_radio || node->radio.tx_power_dbm == conn->tx_power_dbm),
		   "not the state that was told");
}

/* A stay keeps its number, which is nobody else's until it is removed. */
static void check_node(struct world *world, const struct stay *stay, uint32_t node)
{
	const struct stay *holder;

	FLOW_HOLDS(world, node >= 1 && node < FLOW_NODES, "node number %u", node);
	FLOW_HOLDS(world, node <= world->stays_peak + 1, "node number %u, though %u are most", node,
		   world->stays_peak);
	FLOW_HOLDS(world, !stay->node || stay->node == node, "node %u becomes %u", stay->node,
		   node);
	holder = world->holders[node];
	FLOW_HOLDS(world,
		   !holder || holder == stay || !stay_present(holder) ||
			   (holder->outlived && grids_settled(world, holder->grid)),
		   "node %u is another drone's", node);
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		const struct grid *grid = world->places[i].grid;

		FLOW_HOLDS(world,
			   !grid || !grid_known(world, grid) || !grid->nodes[node] ||
				   grid->nodes[node] == stay,
			   "node %u is used again before it is removed", node);
	}
}

static void on_set_node(void *ctx, const struct sim_node *node)
{
	struct lane *lane = ctx;
	struct world *world = lane->world;
	struct grid *grid;
	struct conn *conn;

	world_port(world, true);
	grid = known_grid(lane, node->scenario);
	conn = world_by_id(world, node->name);
	FLOW_HOLDS(world, grid->told && !grid->retired, "a node before its scenario, or behind it");
	FLOW_HOLDS(world, conn && conn->stay && conn->stay->grid == grid,
		   "node %.*s is not in there", SLICE_ARG(node->name));
	check_node(world, conn->stay, node->node);
	check_position(world, conn, grid, node);
	check_state(world, conn, node);
	recall_node_changes(conn->stay, world);
	conn->stay->node = node->node;
	world->holders[node->node] = conn->stay;
	grid->node_count += grid->nodes[node->node] == NULL;
	grid->nodes[node->node] = conn->stay;
	world_port(world, false);
}

static void on_remove_node(void *ctx, uint32_t number, uint32_t node)
{
	struct lane *lane = ctx;
	struct world *world = lane->world;
	struct grid *grid;

	world_port(world, true);
	grid = known_grid(lane, number);
	FLOW_HOLDS(world, node < FLOW_NODES && grid->nodes[node], "node %u is removed twice", node);
	FLOW_HOLDS(world, world->going_count < FLOW_GOING, "too many nodes are removed at once");
	recall_node_changes(grid->nodes[node], world);
	world->going[world->going_count++] = grid->nodes[node];
	grid->nodes[node] = NULL;
	grid->node_count--;
	world_port(world, false);
}

/* --------------------------------------------------------------------- transmit */

static struct parcel *relay_awaited(struct lane *lane, const struct sim_transmit *transmit,
				    const struct grid *grid)
{
	for (uint32_t i = 0; i < lane->channel.count; i++) {
		struct parcel *message = lane->channel.at[i];

		if (message->relay_due && message->grid == grid &&
		    message->from->node == transmit->origin &&
		    message->sequence == transmit->sequence) {
			return message;
		}
	}
	world_fail(lane->world, "a second hop that nothing asks for");
}

static struct parcel *first_awaited(struct lane *lane)
{
	struct world *world = lane->world;
	struct parcel *message = world->sending;

	if (message && message->expect_transmit && !message->transmitted) {
		return message;
	}
	message = queued_next(world, lane, NULL);
	FLOW_HOLDS(world, message, "a transmit that nothing asks for");
	queued_remove(world, message);
	world_happens(world, HAPPENS_QUEUED_SENT);
	return message;
}

static uint32_t due_receivers(const struct parcel *message)
{
	uint32_t due = 0;

	for (uint32_t i = 0; i < message->count; i++) {
		due += message->targets[i].due;
	}
	return due;
}

static void check_receivers(const struct world *world, struct parcel *message,
			    const struct grid *grid, const struct sim_transmit *transmit)
{
	uint32_t due = due_receivers(message);

	FLOW_HOLDS(world, transmit->receiver_count == due, "%u receivers, expected %u",
		   (unsigned)transmit->receiver_count, due);
	for (size_t i = 0; i < transmit->receiver_count; i++) {
		uint32_t node = transmit->receivers[i];
		struct stay *stay = node < FLOW_NODES ? grid->nodes[node] : NULL;
		struct target *target =
			stay ? parcel_target(message, text_slice(&stay->conn->id)) : NULL;

		FLOW_HOLDS(world,
			   target && target->due && target->stay == stay && !stay->over &&
				   node != transmit->transmitter,
			   "receiver %u is no target", node);
		target->due = false;
		target->node = node;
	}
}

static void check_hub_receives(const struct world *world, struct parcel *message,
			       const struct grid *grid, const struct sim_transmit *transmit)
{
	FLOW_HOLDS(world,
		   transmit->receiver_count == 1 && message->hub && !message->hub->over &&
			   grid->nodes[transmit->receivers[0]] == message->hub,
		   "the first hop does not go to the hub alone");
	for (uint32_t i = 0; i < message->count; i++) {
		message->targets[i].due = false;
	}
}

static void check_new_id(const struct lane *lane, uint64_t id)
{
	FLOW_HOLDS(lane->world, id != 0, "id 0");
	for (uint32_t i = 0; i < lane->world->lane_count; i++) {
		const struct parcels *channel = &lane->world->lanes[i].channel;

		for (uint32_t j = 0; j < channel->count; j++) {
			FLOW_HOLDS(lane->world, channel->at[j]->id != id, "an id is in use");
		}
	}
}

static void transmit_first(struct lane *lane, struct parcel *message, struct grid *grid,
			   const struct sim_transmit *transmit)
{
	struct world *world = lane->world;

	FLOW_HOLDS(world, grid->status == STATUS_ACCEPTED && !grid->retired,
		   "a transmit to a scenario that is not accepted");
	FLOW_HOLDS(world, grid == message->grid, "a transmit to another scenario");
	FLOW_HOLDS(world,
		   transmit->origin == transmit->transmitter && !message->from->over &&
			   grid->nodes[transmit->transmitter] == message->from,
		   "the transmitter is not the sender's node");
	FLOW_HOLDS(world, parcel_payload_is(world, message, slice_of(NULL, 0), transmit->payload),
		   "a transmit with another payload");
	FLOW_HOLDS(world, transmit->sequence == ++message->from->sequence, "sequence %u after %u",
		   (unsigned)transmit->sequence, (unsigned)message->from->sequence - 1);
	FLOW_HOLDS(world, transmit->sent_at_us == message->sent_at_us, "sent at another time");
	if (message->relayed) {
		check_hub_receives(world, message, grid, transmit);
	} else {
		check_receivers(world, message, grid, transmit);
	}
	message->transmitted = true;
	message->sequence = transmit->sequence;
	parcel_enter_channel(world, message);
}

static void transmit_second(struct lane *lane, struct parcel *message, const struct grid *grid,
			    const struct sim_transmit *transmit)
{
	struct world *world = lane->world;

	FLOW_HOLDS(world,
		   grid->nodes[transmit->transmitter] == message->hub && !message->hub->over &&
			   grid->nodes[transmit->origin] == message->from,
		   "the second hop is not from the hub for its origin");
	FLOW_HOLDS(world, parcel_payload_is(world, message, message->left, transmit->payload),
		   "not the payload that the first hop left");
	FLOW_HOLDS(world, transmit->sent_at_us == message->sent_at_us + message->first_delay_us,
		   "the second hop does not leave at sent + the first one's delay");
	check_receivers(world, message, grid, transmit);
	if (message->id) {
		lane->old_ids[lane->old_count++ % FLOW_OLD_IDS] = message->id;
	}
	message->relay_due = false;
	message->second = true;
	world->want.relayed++;
	world_happens(world, message->many ? HAPPENS_RELAY_TO_MANY : HAPPENS_RELAY);
	if (message->left.data) {
		world_happens(world, HAPPENS_RELAY_ALTERED);
	}
	if (grid->retired) {
		world_happens(world, HAPPENS_RELAY_RETIRED);
	}
}

static void on_transmit(void *ctx, const struct sim_transmit *transmit)
{
	struct lane *lane = ctx;
	struct world *world = lane->world;
	struct parcel *message;
	struct grid *grid;

	world_port(world, true);
	grid = known_grid(lane, transmit->scenario);
	check_new_id(lane, transmit->id);
	FLOW_HOLDS(world, transmit->transmitter < FLOW_NODES && transmit->origin < FLOW_NODES,
		   "node numbers");
	if (transmit->origin != transmit->transmitter) {
		message = relay_awaited(lane, transmit, grid);
		transmit_second(lane, message, grid, transmit);
	} else {
		message = first_awaited(lane);
		transmit_first(lane, message, grid, transmit);
	}
	message->id = transmit->id;
	message->told = world->changes;
	/* each transmit has a deadline of its own, by the rules of when it leaves */
	message->deadline_us = world->now.mono_us + grid->config.timeout_ms * 1000ull;
	world->want.transmits++;
	world_port(world, false);
}

static bool on_full(const void *ctx)
{
	return ((const struct lane *)ctx)->full;
}

static void on_reset(void *ctx, const char *why)
{
	struct lane *lane = ctx;
	struct world *world = lane->world;

	world_port(world, true);
	FLOW_HOLDS(world, lane->up && why[0], "a reset of a link that is down");
	FLOW_HOLDS(world, lane->strays > world->limits.max_stray_results, "a reset after %u strays",
		   (unsigned)lane->strays);
	lane->reset = true;
	world_happens(world, HAPPENS_RESET);
	world_port(world, false);
}

const struct sim_ops flow_sim_ops = {
	.set_scenario = on_set_scenario,
	.remove_scenario = on_remove_scenario,
	.set_node = on_set_node,
	.remove_node = on_remove_node,
	.transmit = on_transmit,
	.full = on_full,
	.reset = on_reset,
};

/* ---------------------------------------------------------------- up and down */

void await_pushes(struct world *world, uint32_t place)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		if (conn && conn->place == place) {
			conn->pushes = 1;
		}
	}
}

static void forget(struct lane *lane, struct grid *grid)
{
	grid->told = false;
	grid->node_count = 0;
	memset(grid->nodes, 0, sizeof(grid->nodes));
	(void)lane;
}

void lane_up(struct lane *lane)
{
	struct world *world = lane->world;

	world_trace(world, "lane %u: up", lane->index);
	lane->up = true;
	lane->full = false;
	lane->reset = false;
	lane->strays = 0;
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		if (world->places[i].grid && world->places[i].grid->lane == lane->index) {
			forget(lane, world->places[i].grid);
		}
	}
	world->want.sim_ups++;
	lane->seed = world_chance(world, 70) ? rng_next(&world->rng) : 0;
	world_enter(world);
	if (lane->seed) {
		core_sim_draws(world->core, lane->index, lane->seed);
	}
	core_sim_up(world->core, lane->index);
	world_leave(world);
}

static void forget_retired(struct world *world, const struct lane *lane)
{
	for (struct grid **at = &world->retired; *at;) {
		if ((*at)->lane == lane->index) {
			*at = (*at)->next;
		} else {
			at = &(*at)->next;
		}
	}
}

/* What the queue may bring to anyone when it goes past the simulator. */
static size_t queued_bytes(const struct lane *lane)
{
	const struct parcels *queue = &lane->world->queue;
	size_t bytes = 0;

	for (uint32_t i = 0; i < queue->count; i++) {
		const struct parcel *message = queue->at[i];

		if (message->grid->lane == lane->index) {
			bytes += message->payload_size + 300 + 60 * message->count;
		}
	}
	return bytes;
}

/* Who takes nothing more ends when it is told of the link, and with it what it has queued:
 * which comes first nobody promises. */
static bool may_go_down(const struct lane *lane)
{
	const struct world *world = lane->world;
	size_t bytes = queued_bytes(lane);

	for (unsigned i = 0; i < world->drone_count && bytes; i++) {
		const struct conn *conn = world->drones[i].conn;

		if (conn && conn->stay && conn->stay->grid->lane == lane->index &&
		    (conn->refuse || conn->queue + bytes > conn_bound(conn))) {
			return false;
		}
	}
	return true;
}

void lane_down(struct lane *lane, const char *why)
{
	struct world *world = lane->world;

	if (!may_go_down(lane)) {
		return;
	}
	world_trace(world, "lane %u: down, %s", lane->index, why);
	lane->up = false;
	lane->full = false;
	lane->reset = false;
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		struct grid *grid = world->places[i].grid;

		if (grid && grid->lane == lane->index) {
			await_pushes(world, i);
			recall_changes(grid, world);
			grid->status = STATUS_WAITING;
		}
	}
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		if (world->places[i].grid && world->places[i].grid->lane == lane->index) {
			queued_link_down(world, world->places[i].grid);
		}
	}
	while (lane->channel.count) {
		parcel_end(world, lane->channel.at[0], OUTCOME_SIMULATOR_DOWN);
	}
	stays_forget(world, lane->index);
	forget_retired(world, lane);
	memset(lane->numbers, 0, sizeof(lane->numbers));
	world->want.sim_downs++;
	world->status_changes = true;
	world_enter(world);
	core_sim_down(world->core, lane->index, why);
	world_leave(world);
	world->status_changes = false;
}

/* -------------------------------------------------------------------- statuses */

static void decide_status(struct world *world, struct grid *grid, bool ok, const char *message)
{
	await_pushes(world, grid->place);
	grid->status = ok ? STATUS_ACCEPTED : STATUS_REFUSED;
	snprintf(grid->message, sizeof(grid->message), "%s", message);
	if (!ok) {
		if (world->queue.count) {
			world_happens(world, HAPPENS_QUEUED_REFUSED);
		}
		queued_fail(world, grid, OUTCOME_SIMULATOR_DOWN);
	}
}

static void tell_status(struct lane *lane, struct grid *grid, bool ok)
{
	struct world *world = lane->world;
	const char *message = ok ? "" : world_chance(world, 50) ? "no such model" : "bad frequency";
	bool changes = !grid->retired && grid->status != (ok ? STATUS_ACCEPTED : STATUS_REFUSED);

	world_trace(world, "lane %u: scenario %u %s", lane->index, grid->number,
		    ok ? "accepted" : "refused");
	/* nobody asked: now and then that is no abuse */
	lane->strays += grid->retired || grid->status != STATUS_WAITING;
	recall_changes(grid, world);
	if (changes) {
		decide_status(world, grid, ok, message);
	}
	world->status_changes = changes;
	world_enter(world);
	core_sim_status(world->core, lane->index, grid->number, ok, slice_str(message));
	world_leave(world);
	world->status_changes = false;
}

/* By a lane that has nothing to do with it: ignored. */
static void tell_wrong_status(struct lane *lane)
{
	struct world *world = lane->world;
	uint32_t number = world_below(world, world->grids_peak + 2);

	if (lane->numbers[number]) {
		return;
	}
	lane->strays++;
	world_happens(world, HAPPENS_WRONG_LANE_STATUS);
	world_enter(world);
	core_sim_status(world->core, lane->index, number, world_chance(world, 50),
			slice_str("not mine"));
	world_leave(world);
}

/* More often than not one that waits for it. */
static struct grid *some_grid(struct lane *lane)
{
	uint32_t start = world_below(lane->world, FLOW_NUMBERS);
	bool waits = world_chance(lane->world, 80);

	for (uint32_t i = 0; i < FLOW_NUMBERS && waits; i++) {
		struct grid *grid = lane->numbers[(start + i) % FLOW_NUMBERS];

		if (grid && !grid->retired && grid->status == STATUS_WAITING) {
			return grid;
		}
	}

	for (uint32_t i = 0; i < FLOW_NUMBERS; i++) {
		struct grid *grid = lane->numbers[(start + i) % FLOW_NUMBERS];

		if (grid) {
			return grid;
		}
	}
	return NULL;
}

static void tell_some_status(struct lane *lane)
{
	struct world *world = lane->world;
	struct grid *grid = some_grid(lane);

	if (!grid || world_chance(world, 6)) {
		tell_wrong_status(lane);
		return;
	}
	/* the fourth is refused more often than not */
	tell_status(lane, grid, world_chance(world, grid->place == 4 ? 30 : 96));
}

/* ------------------------------------------------------------------------- a turn */

void stray(struct lane *lane, uint64_t count)
{
	lane->strays += count;
	lane->world->want.results_unknown += count;
}

static void change_full(struct lane *lane)
{
	lane->full = !lane->full;
	if (!lane->full) {
		world_enter(lane->world);
		core_sim_drained(lane->world->core, lane->index);
		world_leave(lane->world);
	}
}

static void lane_act(struct lane *lane)
{
	struct world *world = lane->world;
	uint32_t dice = world_below(world, 1000);

	if (!lane->up) {
		if (dice < 200) {
			lane_up(lane);
		}
	} else if (lane->reset) {
		lane_down(lane, "reset");
	} else if (dice < 8) {
		lane_down(lane, "cable");
	} else if (dice < 180) {
		tell_some_status(lane);
	} else if (dice < 205) {
		answer_stray(lane);
	} else if (dice < 220 || (lane->full && dice < 400)) {
		change_full(lane);
	} else if (lane->channel.count && dice < 900) {
		answer_some(lane);
	}
}

/* One that has something to answer is more likely to act. */
void simulator_act(struct world *world)
{
	uint32_t lane = world_below(world, world->lane_count);

	for (uint32_t i = 0; i < world->lane_count && world_chance(world, 60); i++) {
		if (world->lanes[(lane + i) % world->lane_count].channel.count) {
			lane = (lane + i) % world->lane_count;
			break;
		}
	}
	lane_act(&world->lanes[lane]);
}

static void lane_settle(struct lane *lane)
{
	if (lane->reset) {
		lane_down(lane, "reset");
	}
	if (!lane->up) {
		lane_up(lane);
	}
	if (lane->full) {
		change_full(lane);
	}
	for (uint32_t i = 1; i < FLOW_NUMBERS; i++) {
		if (lane->numbers[i] && !lane->numbers[i]->retired) {
			tell_status(lane, lane->numbers[i], true);
		}
	}
	while (lane->channel.count) {
		answer_well(lane, lane->channel.at[0]);
	}
}

void simulator_settle(struct world *world)
{
	for (uint32_t i = 0; i < world->lane_count; i++) {
		lane_settle(&world->lanes[i]);
	}
}
