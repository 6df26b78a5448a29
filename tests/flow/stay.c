/* Who is in which scenario, under which numbers the simulators know of it, and when
 * they must be told that it is over. */
#include <stdio.h>

#include "world.h"

/* ------------------------------------------------------------------ scenarios */

/* The lane with the fewest scenarios that are not retired, the first of equals. */
static uint32_t pin(const struct world *world, const struct scenario_config *config)
{
	uint32_t load[FLOW_LANES] = {0}, best = FLOW_LANES;

	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		if (world->places[i].grid) {
			load[world->places[i].grid->lane]++;
		}
		if (world->planned[i]) {
			load[world->planned[i]->lane]++;
		}
	}
	for (uint32_t i = 0; i < world->lane_count; i++) {
		const struct simulator_config *simulator =
			&world->simulators[world->lanes[i].simulator];

		if (strcmp(simulator->name, config->simulator) == 0 &&
		    (best == FLOW_LANES || load[i] < load[best])) {
			best = i;
		}
	}
	return best;
}

bool grid_settled(const struct world *world, const struct grid *grid)
{
	if (!grid->retired || grid->in_channel) {
		return false;
	}
	for (uint32_t i = 0; i < world->waiting.count; i++) {
		if (world->waiting.at[i]->grid == grid) {
			return false;
		}
	}
	return true;
}

/* Nothing is in flight in it, nor in those that it succeeded. */
bool grids_settled(const struct world *world, const struct grid *last)
{
	for (const struct grid *grid = world->old; grid; grid = grid->older) {
		if (grid->place == last->place && grid->era == last->era &&
		    !grid_settled(world, grid)) {
			return false;
		}
	}
	return true;
}

static void count_grids(struct world *world)
{
	uint32_t count = 1; /* the one being made */

	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		count += world->places[i].grid != NULL;
		count += world->planned[i] != NULL;
	}
	for (const struct grid *grid = world->old; grid; grid = grid->older) {
		count += !grids_settled(world, grid);
	}
	if (count > world->grids_peak) {
		world->grids_peak = count;
	}
}

static bool same_simulator(const struct grid *like, const struct scenario_config *config)
{
	return like && strcmp(like->config.simulator, config->simulator) == 0;
}

struct grid *grid_new(struct world *world, uint32_t place, const struct scenario_config *config,
		      const struct grid *like)
{
	struct grid *grid = world_take(world, sizeof(*grid));

	count_grids(world);
	grid->place = place;
	grid->era = world->places[place].era;
	grid->config = *config;
	grid->lane = same_simulator(like, config) ? like->lane : pin(world, config);
	grid->status = STATUS_WAITING;
	return grid;
}

void grid_retire(struct world *world, struct grid *grid)
{
	grid->retired = true;
	grid->older = world->old;
	world->old = grid;
	if (grid_known(world, grid)) {
		grid->next = world->retired;
		world->retired = grid;
	}
}

bool grid_known(const struct world *world, const struct grid *grid)
{
	return world->lanes[grid->lane].up && grid->told;
}

const struct scenario_config *place_config(const struct world *world, uint32_t place)
{
	return &world->places[place].grid->config;
}

uint32_t place_named(const struct world *world, struct slice name)
{
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		if (world->places[i].grid && slice_equal(name, slice_str(world->places[i].name))) {
			return i;
		}
	}
	return 0;
}

const char *place_name(const struct world *world, uint32_t place)
{
	return world->places[place].name;
}

bool stay_is_hub(const struct stay *stay)
{
	const struct scenario_config *config = &stay->grid->config;

	return !stay->over && config->topology == TOPOLOGY_STAR &&
	       slice_equal(text_slice(&stay->conn->id), slice_str(config->hub));
}

struct stay *grid_hub(const struct world *world, const struct grid *grid)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		if (conn && conn->stay && conn->stay->grid == grid && stay_is_hub(conn->stay)) {
			return conn->stay;
		}
	}
	return NULL;
}

/* ------------------------------------------------------------------ coming and going */

static struct stay *stay_begin(struct world *world, struct conn *conn, struct grid *grid)
{
	struct stay *stay = world_take(world, sizeof(*stay));

	stay->conn = conn;
	stay->grid = grid;
	stay->serial = ++world->stay_serial;
	stay->since = world->moment;
	grid->stays++;
	if (++world->stays_now > world->stays_peak) {
		world->stays_peak = world->stays_now;
	}
	return stay;
}

bool stay_present(const struct stay *stay)
{
	return !stay->over || stay->relayed > 0;
}

static void uncount(struct stay *stay)
{
	stay->grid->stays -= !stay->uncounted;
	stay->uncounted = true;
}

static void stay_gone(struct world *world, struct stay *stay)
{
	uncount(stay);
	world->stays_now--;
}

/* Who has left, but whose node stays, is not told again when the link comes back. */
void stays_forget(struct world *world, uint32_t lane)
{
	for (uint32_t node = 1; node < FLOW_NODES; node++) {
		struct stay *stay = world->holders[node];

		if (stay && stay->over && stay_present(stay) && stay->grid->lane == lane) {
			uncount(stay);
		}
	}
}

void stay_end(struct world *world, struct stay *stay)
{
	stay->over = true;
	stay->group_count = 0;
	parcel_hub_gone(world, stay);
	if (!stay_present(stay)) {
		stay_gone(world, stay);
	} else {
		world_happens(world, HAPPENS_NODE_OUTLIVES);
		if (!world->lanes[stay->grid->lane].up) {
			uncount(stay);
		}
	}
}

void stay_relayed(struct world *world, struct stay *stay, int change)
{
	bool was = stay_present(stay);

	stay->relayed = (uint32_t)((int)stay->relayed + change);
	if (was && !stay_present(stay)) {
		stay_gone(world, stay);
	}
}

/* What is in flight of a removed scenario still reaches those who were in it. */
void grids_settle(struct world *world)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		if (conn && conn->outlived && grids_settled(world, conn->outlived->grid)) {
			stay_end(world, conn->outlived);
			conn->outlived = NULL;
		}
	}
}

static void end_outlived(struct conn *conn)
{
	if (conn->outlived) {
		stay_end(conn->world, conn->outlived);
		conn->outlived = NULL;
	}
}

void stay_move(struct conn *conn, uint32_t place)
{
	struct world *world = conn->world;
	struct stay *old = conn->stay;
	uint32_t from = conn->place;
	bool was_hub = old && stay_is_hub(old);

	presence_change(world, conn, PRESENCE_WHAT_SCENARIO, from, place);
	conn->place = place;
	conn->stay = NULL;
	end_outlived(conn);
	if (old) {
		stay_end(world, old);
	}
	if (was_hub) {
		presence_hub(world, from, text_slice(&conn->id), text_slice(&conn->callsign),
			     false);
	}
	if (place) {
		conn->stay = stay_begin(world, conn, world->places[place].grid);
		if (stay_is_hub(conn->stay)) {
			presence_hub(world, place, text_slice(&conn->id),
				     text_slice(&conn->callsign), true);
		}
	}
}

void stay_leave(struct conn *conn)
{
	struct world *world = conn->world;
	struct stay *stay = conn->stay;
	uint32_t from = conn->place;
	bool was_hub = stay && stay_is_hub(stay);

	conn->place = 0;
	conn->stay = NULL;
	end_outlived(conn);
	if (stay) {
		stay_end(world, stay);
	}
	if (was_hub) {
		presence_hub(world, from, text_slice(&conn->id), text_slice(&conn->callsign),
			     false);
	}
}

bool stay_in_group(const struct stay *stay, struct slice group)
{
	for (uint32_t i = 0; i < stay->group_count; i++) {
		if (slice_equal(stay->groups[i], group)) {
			return true;
		}
	}
	return false;
}

/* ------------------------------------------------------------------ after each call */

static void check_grid(const struct world *world, const struct grid *grid)
{
	if (!world->lanes[grid->lane].up) {
		return;
	}
	FLOW_HOLDS(world, grid->told, "the simulator does not know %s",
		   place_name(world, grid->place));
	FLOW_HOLDS(world, !grid->ask_again, "the simulator is not asked again about %s",
		   place_name(world, grid->place));
	FLOW_HOLDS(world, grid->node_count == grid->stays, "%s: %u nodes at the simulator, not %u",
		   place_name(world, grid->place), grid->node_count, grid->stays);
}

void stay_check(struct world *world)
{
	for (uint32_t i = 0; i < world->going_count; i++) {
		const struct stay *stay = world->going[i];

		FLOW_HOLDS(world, !stay_present(stay),
			   "node %u is removed, but %u is there or a message of it is on its way",
			   stay->node, stay->conn->slot);
	}
	world->going_count = 0;
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		if (world->places[i].grid) {
			check_grid(world, world->places[i].grid);
		}
	}
	for (const struct grid *grid = world->retired; grid; grid = grid->next) {
		FLOW_HOLDS(world, grid->in_channel > 0,
			   "number %u is retired and nothing is in its channel, but it stays",
			   grid->number);
	}
}
