#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------- to be told */

void world_fail(const struct world *world, const char *format, ...)
{
	const struct options *options = world->options;
	va_list args;

	printf("not ok - seed %llu, step %u: ", (unsigned long long)world->seed, world->step);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n# again: %s --seed %llu --runs 1 --steps %u --drones %u --trace\n",
	       options->program, (unsigned long long)world->seed, options->steps, options->drones);
	exit(1);
}

void world_trace(const struct world *world, const char *format, ...)
{
	va_list args;

	if (!world->options->trace) {
		return;
	}
	printf("# %4u %10.3f ms  ", world->step, (double)world->now.mono_us / 1000.0);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

void world_happens(struct world *world, enum happening what)
{
	world->tally->happened[what]++;
}

/* ----------------------------------------------------------------- small things */

void *world_take(struct world *world, size_t size)
{
	void *memory = arena_take(&world->arena, size);

	FLOW_HOLDS(world, memory, "the model's memory is out");
	return memset(memory, 0, size);
}

struct slice world_keep(struct world *world, struct slice bytes)
{
	uint8_t *copy = arena_take(&world->arena, bytes.size + 1);

	FLOW_HOLDS(world, copy, "the model's memory is out");
	if (bytes.size) {
		memcpy(copy, bytes.data, bytes.size);
	}
	return slice_of(copy, bytes.size);
}

uint32_t world_below(struct world *world, uint32_t bound)
{
	/* quick, and even enough */
	return (uint32_t)(((rng_next(&world->rng) >> 32) * bound) >> 32);
}

uint32_t world_between(struct world *world, uint32_t least, uint32_t most)
{
	return least + world_below(world, most - least + 1);
}

bool world_chance(struct world *world, unsigned percent)
{
	return world_below(world, 100) < percent;
}

struct text text_of(struct slice slice)
{
	struct text text;

	text.size = (uint8_t)slice.size;
	if (slice.size) {
		memcpy(text.bytes, slice.data, slice.size);
	}
	return text;
}

struct slice text_slice(const struct text *text)
{
	return slice_of(text->bytes, text->size);
}

void parcels_add(struct parcels *parcels, struct parcel *message)
{
	if (parcels->count == parcels->cap) {
		parcels->cap = parcels->cap ? parcels->cap * 2 : 64;
		parcels->at = realloc(parcels->at, parcels->cap * sizeof(struct parcel *));
	}
	parcels->at[parcels->count++] = message;
}

/* In order, so that an answer in order is the usual one. */
void parcels_remove(struct parcels *parcels, const struct parcel *message)
{
	for (uint32_t i = 0; i < parcels->count; i++) {
		if (parcels->at[i] == message) {
			memmove(&parcels->at[i], &parcels->at[i + 1],
				(parcels->count - i - 1) * sizeof(struct parcel *));
			parcels->count--;
			return;
		}
	}
}

/* ------------------------------------------------------------- who is where */

struct conn *world_by_id(const struct world *world, struct slice id)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		if (conn && conn->state == CONN_ACTIVE && slice_equal(text_slice(&conn->id), id)) {
			return conn;
		}
	}
	return NULL;
}

bool world_callsign_taken(const struct world *world, struct slice callsign, struct slice own_id,
			  const struct conn *but)
{
	if (callsign.size == 0 || slice_equal(callsign, own_id)) {
		return false;
	}
	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *conn = world->drones[i].conn;

		if (conn && conn != but && conn->state == CONN_ACTIVE &&
		    (slice_equal(text_slice(&conn->id), callsign) ||
		     slice_equal(text_slice(&conn->callsign), callsign))) {
			return true;
		}
	}
	return false;
}

uint32_t world_members(const struct world *world, uint32_t place)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < world->drone_count; i++) {
		count += world->drones[i].conn && world->drones[i].conn->place == place;
	}
	return count;
}

uint32_t world_online(const struct world *world)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < world->drone_count; i++) {
		count += world->drones[i].conn && world->drones[i].conn->state == CONN_ACTIVE;
	}
	return count;
}

uint32_t world_connected(const struct world *world)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < world->drone_count; i++) {
		count += world->drones[i].conn != NULL;
	}
	return count;
}

/* ------------------------------------------------------------- in and out of the core */

void world_enter(struct world *world)
{
	FLOW_HOLDS(world, !world->in_core && !world->in_port, "the test calls the core twice");
	world->in_core = true;
	world->moment++;
	world->firm = peek_presence_firm(world->core);
}

static void forget_between(struct parcel *message)
{
	for (uint32_t i = 0; i < message->count; i++) {
		message->targets[i].between = false;
	}
}

void world_leave(struct world *world)
{
	world->in_core = false;
	if (world->closing) {
		forget_between(world->closing);
		world->closing = NULL;
	}
	hand_over_check(world);
	queued_check(world);
	grids_settle(world);
	if (world->ticking) {
		queued_expire(world);
	}
	stay_check(world);
	check_call(world);
	world->sending = NULL;
}

void world_port(struct world *world, bool inside)
{
	FLOW_HOLDS(world, world->in_core, "a port is called while the core is not");
	FLOW_HOLDS(world, world->in_port != inside, "a port is called from a port");
	world->in_port = inside;
}

/* ------------------------------------------------------------------------ a run */

/* Memory that one run leaves to the next. */
struct kept {
	uint8_t *payloads[FLOW_MAX_DRONES];
	struct parcels channels[FLOW_LANES], queue, waiting;
	struct record *journal;
	uint64_t journal_cap;
	struct arena arena;
};

static struct parcels emptied(struct parcels parcels)
{
	parcels.count = 0;
	return parcels;
}

static void keep_memory(const struct world *world, struct kept *kept)
{
	for (unsigned i = 0; i < FLOW_MAX_DRONES; i++) {
		kept->payloads[i] = world->drones[i].payload;
	}
	for (unsigned i = 0; i < FLOW_LANES; i++) {
		kept->channels[i] = emptied(world->lanes[i].channel);
	}
	kept->queue = emptied(world->queue);
	kept->waiting = emptied(world->waiting);
	kept->journal = world->journal;
	kept->journal_cap = world->journal_cap;
	kept->arena = world->arena;
}

static void take_memory(struct world *world, const struct kept *kept)
{
	for (unsigned i = 0; i < FLOW_MAX_DRONES; i++) {
		world->drones[i].payload = kept->payloads[i];
	}
	for (unsigned i = 0; i < FLOW_LANES; i++) {
		world->lanes[i] =
			(struct lane){.world = world, .index = i, .channel = kept->channels[i]};
	}
	world->queue = kept->queue;
	world->waiting = kept->waiting;
	world->journal = kept->journal;
	world->journal_cap = kept->journal_cap;
	world->arena = kept->arena;
	if (!world->arena.cap) {
		arena_init(&world->arena, 1u << 30);
	}
}

static void make_payloads(struct world *world)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct drone *drone = &world->drones[i];

		if (!drone->payload) {
			drone->payload = calloc(1, FLOW_PAYLOAD_BYTES);
			for (size_t j = 0; j < FLOW_PAYLOAD_BYTES; j++) {
				drone->payload[j] = (uint8_t)(j * 31 + 7);
			}
		}
	}
}

static void make_places(struct world *world)
{
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		struct place *place = &world->places[i];
		struct scenario_config config;

		snprintf(place->name, sizeof(place->name), "scenario%u", i);
		if (i == FLOW_USUAL_PLACES ||
		    (i > FLOW_USUAL_PLACES && world->drone_count < FLOW_MAX_DRONES)) {
			continue; /* the first of these comes with a reload */
		}
		config = setup_scenario(world, i);
		place->grid = grid_new(world, i, &config, NULL);
	}
	world->default_place = setup_default(world);
}

void world_open(struct world *world, const struct options *options, uint64_t seed,
		struct tally *tally)
{
	struct scenario_config configs[FLOW_PLACES];
	struct sim_port ports[FLOW_LANES];
	struct core_config config;
	struct kept kept;

	keep_memory(world, &kept);
	*world = (struct world){
		.options = options,
		.seed = seed,
		.tally = tally,
		.drone_count = options->drones,
		.now = {.mono_us = 1000000, .unix_us = 1700000000000000},
	};
	take_memory(world, &kept);
	rng_seed(&world->rng, seed);
	if (world_chance(world, 2)) {
		world->drone_count = FLOW_MAX_DRONES; /* lists and reports of several pages */
	}
	make_payloads(world);
	world->limits = setup_limits(world);
	world->most = world->limits;
	world->key = (struct hash_key){rng_next(&world->rng), rng_next(&world->rng)};
	setup_simulators(world);
	access_setup(world);
	make_places(world);
	config = setup_config(world, configs);
	for (uint32_t i = 0; i < world->lane_count; i++) {
		ports[i] = (struct sim_port){&flow_sim_ops, &world->lanes[i]};
	}
	world->core = core_new(&config, ports, world->now);
	FLOW_HOLDS(world, world->core, "memory is out");
}

void world_close(struct world *world)
{
	core_free(world->core);
	arena_reset(&world->arena);
	world->core = NULL;
}

void world_fini(struct world *world)
{
	arena_fini(&world->arena);
	free(world->journal);
	free(world->queue.at);
	free(world->waiting.at);
	for (unsigned i = 0; i < FLOW_LANES; i++) {
		free(world->lanes[i].channel.at);
	}
	for (unsigned i = 0; i < FLOW_MAX_DRONES; i++) {
		free(world->drones[i].payload);
	}
}

/* ----------------------------------------------------------------------- a step */

static void read_on(struct world *world)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		if (conn && conn->reading && conn->queue) {
			drone_drain(world, conn, 0);
		}
		if (world_chance(world, 70)) {
			drone_represent(world, &world->drones[i]);
		}
	}
}

/* All queues together are said to be too long. */
static void crowd(struct world *world)
{
	bool any = false;

	world->crowd_left = 1 + world_below(world, 40000);
	for (unsigned i = 0; i < world->drone_count; i++) {
		if (world->drones[i].conn) {
			world->drones[i].conn->queue_before = world->drones[i].conn->queue;
		}
	}
	world_trace(world, "crowded by %llu", (unsigned long long)world->crowd_left);
	world->crowding = true;
	world_enter(world);
	core_crowded(world->core, world->crowd_left);
	world_leave(world);
	world->crowding = false;
	for (unsigned i = 0; i < world->drone_count; i++) {
		any = any || (world->drones[i].conn && world->drones[i].conn->queue);
	}
	FLOW_HOLDS(world, !world->crowd_left || !any, "the queues stay too long");
}

static void step(struct world *world)
{
	for (uint32_t i = world_below(world, 1 + world->drone_count / 3); i > 0; i--) {
		drone_act(world, &world->drones[world_below(world, world->drone_count)]);
	}
	for (uint32_t i = world_below(world, 4); i > 0; i--) {
		simulator_act(world);
	}
	read_on(world);
	if (!world->draining && world_below(world, 1000) < (reload_matters(world) ? 100 : 14)) {
		reload_some(world);
	}
	if (world_below(world, 1000) < 3) {
		crowd(world);
	}
	if (world_chance(world, 60)) {
		time_advance(world);
	}
	check_step(world);
}

/* ------------------------------------------------------------------------ the end */

static void settle_round(struct world *world, uint64_t passing_us)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct drone *drone = &world->drones[i];

		if (drone->conn) {
			drone->conn->refuse = false;
			drone_drain(world, drone->conn, 0);
		}
		drone_represent(world, drone);
		drone_speak(world, drone);
	}
	simulator_settle(world);
	time_advance_to(world, world->now.mono_us + passing_us);
	check_step(world);
}

enum { LONGEST_GATHERING_US = 100000 };

static bool anyone_waits(const struct world *world)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *conn = world->drones[i].conn;

		if (conn && (conn->resumed || (conn->held && conn->held != HELD_ASKING &&
					       conn->held != HELD_DENIED))) {
			return true;
		}
	}
	return false;
}

/* Everyone reads, the simulators answer, time passes: all that was promised comes. In a
 * window of one, each round lets one drone go on. */
static void settle(struct world *world)
{
	unsigned rounds = 2 * world->drone_count + 6;

	world->ticks_late = false;
	do {
		settle_round(world, 0);
	} while (anyone_waits(world) && --rounds);
	/* who is held may send what then waits for its time; what has timed out is forgiven */
	for (unsigned i = 0; i < 1000 && (waiting_count(world) || anyone_waits(world)); i++) {
		uint64_t due = time_due(world), now = world->now.mono_us;

		settle_round(world, due == UINT64_MAX ? LONGEST_GATHERING_US
				    : due > now	      ? due - now
						      : 0);
	}
	for (unsigned i = 0; i < 6; i++) {
		settle_round(world, LONGEST_GATHERING_US / 4);
	}
}

static void leave_all(struct world *world)
{
	bool orderly = world_chance(world, 50);

	for (unsigned i = 0; i < world->drone_count; i++) {
		drone_leave(world, &world->drones[i], orderly);
	}
}

static void shut_down(struct world *world)
{
	if (world->queue.count) {
		world_happens(world, HAPPENS_SHUTDOWN_QUEUED);
	}
	if (waiting_count(world)) {
		world_happens(world, HAPPENS_SHUTDOWN_WAITING);
	}
	world_trace(world, "shutdown");
	world->draining = true;
	world->down = true;
	for (uint32_t i = 0; i < world->lane_count; i++) {
		struct parcels *channel = &world->lanes[i].channel;

		while (channel->count) {
			parcel_end(world, channel->at[0], OUTCOME_SIMULATOR_DOWN);
		}
	}
	while (world->queue.count) {
		struct parcel *message = world->queue.at[0];

		queued_remove(world, message);
		parcel_decide_rest(world, message, OUTCOME_SIMULATOR_DOWN);
		parcel_settle(world, message);
	}
	waiting_give_up(world);
	world_enter(world);
	core_shutdown(world->core);
	world_leave(world);
}

/* The last part of some runs is played while the gateway drains. */
static void drain(struct world *world)
{
	world_trace(world, "drain");
	world->draining = true;
	world_enter(world);
	core_drain(world->core);
	world_leave(world);
}

/* What was sent before may still wait for its time. */
static void wait_out(struct world *world)
{
	world->ticks_late = false;
	for (unsigned i = 0; i < 1000 && (waiting_count(world) || world->queue.count); i++) {
		uint64_t due = time_due(world);

		simulator_settle(world);
		time_advance_to(world, due > world->now.mono_us ? due : world->now.mono_us + 1);
	}
}

void world_play(struct world *world)
{
	const struct options *options = world->options;
	bool drains = world_chance(world, 10);
	bool abrupt = world_chance(world, 25);

	for (uint32_t i = 0; i < world->lane_count; i++) {
		if (world_chance(world, 90)) {
			lane_up(&world->lanes[i]);
		}
	}
	for (world->step = 1; world->step <= options->steps; world->step++) {
		if (drains && world->step == options->steps - options->steps / 20) {
			drain(world);
		}
		step(world);
		if (abrupt && queued_ready(world) && world_chance(world, 30)) {
			break; /* the end comes while the queue is on its way out */
		}
	}
	if (world_chance(world, 10)) {
		return; /* freed as it stands */
	}
	if (!world->draining && !abrupt) {
		settle(world);
		check_quiet(world);
	}
	if (world->draining || abrupt || world_chance(world, 30)) {
		shut_down(world);
	} else {
		leave_all(world);
		simulator_settle(world);
		wait_out(world);
	}
	time_advance_to(world, world->now.mono_us + 1);
	check_empty(world);
}
