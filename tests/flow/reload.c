/* The operator's hand: limits, windows and scenarios change while drones fly. */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

enum change { CHANGE_NONE, CHANGE_SOFT, CHANGE_HARD, CHANGE_REMOVED, CHANGE_ADDED, CHANGE_ALLOW };

struct plan {
	enum change change;
	struct scenario_config config;
};

/* -------------------------------------------------------------- what is to change */

/* So few records are kept that it would matter in which order members are told. */
static bool forgets(const struct world *world)
{
	return world->limits.presence_backlog < 4 * world->drone_count;
}

/* A scenario has moved to another lane while something is on its way on the old one: the new
 * lane breaks. */
static void cut_moved(struct world *world, const struct plan *plans)
{
	for (const struct grid *old = world->retired; old; old = old->next) {
		const struct grid *new = world->places[old->place].grid;

		if (new &&plans[old->place].change == CHANGE_HARD &&new->lane != old->lane &&
		    world->lanes[new->lane].up) {
			lane_down(&world->lanes[new->lane], "cut");
			return;
		}
	}
}

/* Somebody is being written the list of its drones. */
static bool is_listed(const struct world *world, uint32_t place)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;
		const struct reply *list = conn ? conn_listing(conn) : NULL;

		if (list && list->kind == REPLY_DRONES && list->place == place) {
			return true;
		}
	}
	return false;
}

/* It matters most while something is on its way. */
static bool is_busy(const struct world *world, const struct grid *grid)
{
	for (uint32_t i = 0; i < world->queue.count; i++) {
		if (world->queue.at[i]->grid == grid) {
			return true;
		}
	}
	return grid->in_channel > 0;
}

static enum change some_change(struct world *world, uint32_t place)
{
	if (!world->places[place].grid) {
		return place <= FLOW_USUAL_PLACES && world_chance(world, 40) ? CHANGE_ADDED
									     : CHANGE_NONE;
	}
	if (is_listed(world, place) && !forgets(world) && world_chance(world, 60)) {
		return CHANGE_REMOVED;
	}
	if (is_busy(world, world->places[place].grid) && world_chance(world, 40)) {
		return forgets(world) || world_chance(world, 60) ? CHANGE_HARD : CHANGE_REMOVED;
	}
	switch (world_below(world, 12)) {
	case 0:
	case 1:
		return CHANGE_SOFT;
	case 2:
		return CHANGE_HARD;
	case 3:
		return place == 1 || forgets(world) ? CHANGE_NONE : CHANGE_REMOVED;
	case 4:
		return forgets(world) ? CHANGE_NONE : CHANGE_ALLOW;
	default:
		return CHANGE_NONE;
	}
}

/* Of what the simulator was told, nothing changes. */
static void keep_hard(struct scenario_config *config, const struct scenario_config *old)
{
	memcpy(config->simulator, old->simulator, sizeof(config->simulator));
	config->parameters = old->parameters;
	config->parameter_count = old->parameter_count;
	config->has_origin = old->has_origin;
	config->origin_altitude_m = old->origin_altitude_m;
}

static bool same_string(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool same_parameters(const struct scenario_config *a, const struct scenario_config *b)
{
	return slice_equal(a->parameters[0].value, b->parameters[0].value);
}

static bool is_hard(const struct scenario_config *a, const struct scenario_config *b)
{
	return !same_string(a->simulator, b->simulator) || !same_parameters(a, b) ||
	       a->has_origin != b->has_origin;
}

/* Often one thing alone: the rest stays. */
static void keep_some(struct world *world, struct scenario_config *config,
		      const struct scenario_config *old)
{
	if (world_chance(world, 50)) {
		config->topology = old->topology;
		config->spoke_to_spoke = old->spoke_to_spoke;
		memcpy(config->hub, old->hub, sizeof(config->hub));
	}
	if (world_chance(world, 50)) {
		config->delay_real = old->delay_real;
		config->on_simulator_down = old->on_simulator_down;
	}
	if (world_chance(world, 50)) {
		memcpy(config->description, old->description, sizeof(config->description));
	}
}

static void plan_one(struct world *world, uint32_t place, struct plan *plan)
{
	const struct grid *grid = world->places[place].grid;

	plan->change = some_change(world, place);
	if (plan->change == CHANGE_NONE || plan->change == CHANGE_REMOVED) {
		return;
	}
	plan->config = setup_scenario(world, place);
	if (plan->change == CHANGE_ADDED) {
		return;
	}
	if (plan->change == CHANGE_ALLOW) {
		plan->config = grid->config;
		access_draw_allow(world, plan->config.allow);
		return;
	}
	if (forgets(world) || world_chance(world, 70)) {
		memcpy(plan->config.allow, grid->config.allow, sizeof(grid->config.allow));
	}
	keep_some(world, &plan->config, &grid->config);
	if (plan->change == CHANGE_SOFT) {
		keep_hard(&plan->config, &grid->config);
		/* something differs, whatever was drawn */
		plan->config.timeout_ms += plan->config.timeout_ms == grid->config.timeout_ms;
	} else if (!is_hard(&plan->config, &grid->config)) {
		plan->config.has_origin = !plan->config.has_origin;
	}
}

/* --------------------------------------------------------------- what follows from it */

static struct conn *member(const struct world *world, unsigned slot, uint32_t place)
{
	struct conn *conn = world->drones[slot].conn;

	return conn && conn->place == place && place ? conn : NULL;
}

static void tell_hub(struct world *world, uint32_t place, const struct stay *hub, bool up)
{
	const struct conn *conn = hub->conn;

	presence_hub(world, place, text_slice(&conn->id), text_slice(&conn->callsign), up);
	world_happens(world, HAPPENS_RELOAD_HUB);
}

static void change_hub(struct world *world, uint32_t place, const struct stay *old)
{
	const struct stay *new = grid_hub(world, world->places[place].grid);

	if (old == new) {
		return;
	}
	if (old) {
		tell_hub(world, place, old, false);
	}
	if (new) {
		tell_hub(world, place, new, true);
	}
}

static void change_softly(struct world *world, uint32_t place, const struct scenario_config *config)
{
	struct grid *grid = world->places[place].grid;
	const struct stay *hub = grid_hub(world, grid);

	if (!config->link_cache || !grid->config.link_cache) {
		recall_changes(grid, world);
	}
	grid->config = *config;
	change_hub(world, place, hub);
	await_pushes(world, place);
	world_happens(world, HAPPENS_RELOAD_SOFT);
}

static void move_queue(struct world *world, const struct grid *from, struct grid *into)
{
	for (uint32_t i = 0; i < world->queue.count; i++) {
		if (world->queue.at[i]->grid == from) {
			world->queue.at[i]->grid = into;
			world_happens(world, HAPPENS_QUEUED_MOVED);
		}
	}
}

static void retire(struct world *world, struct grid *grid)
{
	grid_retire(world, grid);
	if (grid->in_channel) {
		world_happens(world, HAPPENS_RETIRED_LATER);
	}
}

static void change_hard(struct world *world, uint32_t place)
{
	struct grid *old = world->places[place].grid, *new = world->planned[place];
	const struct stay *hub = grid_hub(world, old);

	world->places[place].grid = new;
	retire(world, old);
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = member(world, i, place);

		if (conn) {
			conn->stay->grid = new;
			old->stays--;
			new->stays++;
		}
	}
	move_queue(world, old, new);
	change_hub(world, place, hub);
	await_pushes(world, place);
	world_happens(world, HAPPENS_RELOAD_HARD);
	if (old->lane != new->lane) {
		world_happens(world, HAPPENS_RELOAD_LANE);
	}
}

/* The drone is in no scenario any more, but what is in flight may still reach it. */
static void outlive(struct world *world, struct conn *conn)
{
	uint32_t from = conn->place;
	struct stay *stay = conn->stay;
	bool was_hub = stay_is_hub(stay);

	presence_change(world, conn, PRESENCE_WHAT_SCENARIO, from, 0);
	if (was_hub) {
		presence_hub(world, from, text_slice(&conn->id), text_slice(&conn->callsign),
			     false);
	}
	conn->outlived = stay;
	stay->outlived = true;
	stay->group_count = 0;
	conn->place = 0;
	conn->stay = NULL;
	conn->pushes++;
}

static void remove_place(struct world *world, uint32_t place)
{
	struct grid *grid = world->places[place].grid;

	for (uint32_t i = 0; i < world->queue.count; i++) {
		if (world->queue.at[i]->grid == grid) {
			world_happens(world, HAPPENS_QUEUED_REMOVED);
		}
	}
	queued_fail(world, grid, OUTCOME_NO_ROUTE);
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = member(world, i, place);

		if (conn) {
			outlive(world, conn);
		}
	}
	world->places[place].grid = NULL;
	retire(world, grid);
	world_happens(world, HAPPENS_RELOAD_REMOVED);
}

static void ask_again(struct world *world, struct grid *grid)
{
	if (grid->status == STATUS_REFUSED) {
		grid->status = STATUS_WAITING;
		grid->ask_again = grid->told;
		await_pushes(world, grid->place);
		world_happens(world, HAPPENS_RELOAD_ASKED_AGAIN);
	}
}

/* While those that are about to go still count. */
static void make_grids(struct world *world, const struct plan *plans)
{
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		if (plans[i].change == CHANGE_HARD || plans[i].change == CHANGE_ADDED) {
			world->planned[i] =
				grid_new(world, i, &plans[i].config, world->places[i].grid);
		}
	}
}

static void carry_out(struct world *world, const struct plan *plans)
{
	make_grids(world, plans);
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		switch (plans[i].change) {
		case CHANGE_SOFT:
			change_softly(world, i, &plans[i].config);
			break;
		case CHANGE_HARD:
			change_hard(world, i);
			break;
		case CHANGE_ADDED:
			world->places[i].grid = world->planned[i];
			world->places[i].hub_noted = 0;
			world->places[i].grid->era = ++world->places[i].era;
			world_happens(world, HAPPENS_RELOAD_ADDED);
			break;
		case CHANGE_ALLOW:
		case CHANGE_NONE:
		case CHANGE_REMOVED:
			break;
		}
	}
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		if (plans[i].change == CHANGE_REMOVED) {
			remove_place(world, i);
		}
	}
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		if (world->places[i].grid) {
			ask_again(world, world->places[i].grid);
		}
		world->planned[i] = NULL;
	}
}

/* Whoever may not be where it is any more is put out, before anything else changes. */
static void put_out(struct world *world, const struct plan *plans)
{
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		if (plans[i].change == CHANGE_SOFT || plans[i].change == CHANGE_HARD ||
		    plans[i].change == CHANGE_ALLOW) {
			memcpy(world->places[i].grid->config.allow, plans[i].config.allow,
			       sizeof(plans[i].config.allow));
		}
	}
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		if (conn && conn->place && !access_may_enter(world, conn, conn->place)) {
			stay_move(conn, 0);
			conn->pushes++;
			world_happens(world, HAPPENS_PUT_OUT);
		}
	}
}

/* Lists of scenarios start again; those of the drones of a scenario that went end. */
static void change_lists(struct world *world, const struct plan *plans)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;
		struct reply *reply = conn ? conn_listing(conn) : NULL;

		if (reply && reply->kind == REPLY_SCENARIOS) {
			world_happens(world,
				      reply->entries ? HAPPENS_LIST_AGAIN : HAPPENS_LIST_AT_ALL);
			reply->entries = 0;
		} else if (reply && plans[reply->place].change == CHANGE_REMOVED) {
			reply->cut = true;
			world_happens(world, HAPPENS_LIST_CUT);
		}
	}
}

/* Nobody is put out for what was allowed until now. */
static void count_anew(struct world *world, const struct limits *old)
{
	const struct limits *new = &world->limits;

	if (new->register_timeout_ms >= old->register_timeout_ms &&new->frame_timeout_ms >=
	    old->frame_timeout_ms &&new->idle_timeout_ms >= old->idle_timeout_ms) {
		return;
	}
	world_happens(world, HAPPENS_RELOAD_STRICTER);
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		if (!conn) {
			continue;
		}
		conn->heard_us = world->now.mono_us;
		conn->partial_us = world->now.mono_us;
		if (conn->state == CONN_NEW || conn->state == CONN_PROVING) {
			conn->connected_us = world->now.mono_us;
		}
		if (conn->no_room_since_us) {
			conn->no_room_since_us = world->now.mono_us;
		}
		if (conn->over_soft_since_us) {
			conn->over_soft_since_us = world->now.mono_us;
		}
		if (conn->waits_since_us) {
			conn->waits_since_us = world->now.mono_us;
		}
	}
}

static void change_limits(struct world *world)
{
	struct limits old = world->limits, new = setup_limits(world);

	if (world_chance(world, 40)) {
		return;
	}
	world->limits = new;
	world->limits.presence_backlog = old.presence_backlog;
	world->limits.output_soft_bytes = old.output_soft_bytes;
	world->limits.output_hard_bytes = old.output_hard_bytes;
	world->limits.output_soft_ms = old.output_soft_ms;
	world->limits.max_frame_bytes_unregistered = old.max_frame_bytes_unregistered;
	if (old.rate_messages != new.rate_messages || old.rate_bytes != new.rate_bytes ||
	    old.rate_refuse != new.rate_refuse) {
		rates_changed(world);
	}
	count_anew(world, &old);
}

/* What the reload may write to one drone at most. */
static size_t told_bytes(const struct world *world)
{
	size_t bytes = 1000;

	for (uint32_t i = 0; i < world->queue.count; i++) {
		bytes += 100 + 60 * world->queue.at[i]->count;
	}
	return bytes;
}

/* Nobody must end of what it is told, or it would matter who is told first. */
static void calm(struct world *world)
{
	size_t bytes = told_bytes(world);

	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		if (conn) {
			conn->refuse = false;
		}
		if (conn && conn->queue + bytes > conn_bound(conn)) {
			drone_drain(world, conn, 0);
		}
	}
}

static void change_windows(struct world *world)
{
	for (uint32_t i = 0; i < world->simulator_count; i++) {
		if (world_chance(world, 30)) {
			world->simulators[i].max_in_flight =
				world_chance(world, 50) ? world_between(world, 1, 8) : 65536;
		}
	}
}

/* Whoever waits for a place is let try again: it may have another way. */
static void check_resumed(const struct world *world)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *conn = world->drones[i].conn;

		FLOW_HOLDS(world, !conn || conn->held != HELD_SIMULATOR,
			   "%u: still held after the reload", conn->slot);
	}
}

static bool same_allow(const struct world *world, uint32_t place, const struct plan *plan)
{
	return plan->change == CHANGE_NONE || plan->change == CHANGE_ADDED ||
	       plan->change == CHANGE_REMOVED ||
	       same_string(plan->config.allow, world->places[place].grid->config.allow);
}

bool reload_matters(const struct world *world)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;
		const struct reply *list = conn ? conn_listing(conn) : NULL;

		if (list && (list->place || list->entries)) {
			return true;
		}
	}
	return false;
}

void reload_some(struct world *world)
{
	struct plan plans[FLOW_PLACES + 1] = {{0}};
	struct scenario_config configs[FLOW_PLACES];
	struct core_config config;
	bool one = world_chance(world, 50), tells = false;
	uint32_t only = world_between(world, 1, FLOW_USUAL_PLACES);

	world_trace(world, "reload");
	if (world->proofs == PROOFS_SECRET && world_chance(world, 20)) {
		access_change(world);
		one = tells = true;
		only = 0; /* who goes and what goes at the same time would be another order */
	}
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		if (!one || i == only) {
			plan_one(world, i, &plans[i]);
			tells = tells || plans[i].change == CHANGE_REMOVED ||
				!same_allow(world, i, &plans[i]);
		}
	}
	if (tells) {
		calm(world);
	}
	world->reload_from = world->journal_end;
	change_limits(world);
	change_windows(world);
	check_remember(world);
	put_out(world, plans);
	carry_out(world, plans);
	change_lists(world, plans);
	world->default_place = setup_default(world);
	config = setup_config(world, configs);
	world_happens(world, HAPPENS_RELOAD);
	world->reloading = true;
	world->reloaded_us = world->now.mono_us;
	world->status_changes = true;
	world_enter(world);
	FLOW_HOLDS(world, core_reload(world->core, &config) == 0, "memory is out");
	presence_reorder(world);
	world_leave(world);
	world->reloading = false;
	world->status_changes = false;
	check_resumed(world);
	access_changed(world);
	if (world_chance(world, 50)) {
		cut_moved(world, plans);
	}
}
