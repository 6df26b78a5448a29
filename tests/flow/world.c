#include "world.h"
#include "core/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct parameter parameter = {
	.key = {(const uint8_t *)"model", 5},
	.value = {(const uint8_t *)"flow", 4},
};

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

/* ----------------------------------------------------------------- small things */

void *world_take(struct world *world, size_t size)
{
	void *memory = arena_take(&world->arena, size);

	FLOW_HOLDS(world, memory, "the model's memory is out");
	return memset(memory, 0, size);
}

uint32_t world_below(struct world *world, uint32_t bound)
{
	/* quick, and even enough */
	return (uint32_t)(((rng_next(&world->rng) >> 32) * bound) >> 32);
}

bool world_chance(struct world *world, unsigned percent)
{
	return world_below(world, 100) < percent;
}

struct text text_of(struct slice slice)
{
	struct text text = {.size = (uint8_t)slice.size};

	if (slice.size) {
		memcpy(text.bytes, slice.data, slice.size);
	}
	return text;
}

struct slice text_slice(const struct text *text)
{
	return slice_of(text->bytes, text->size);
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

uint32_t world_members(const struct world *world, uint32_t scenario)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < world->drone_count; i++) {
		count += world->drones[i].conn && world->drones[i].conn->scenario == scenario;
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

void world_note(struct world *world, struct conn *conn, enum presence_what what,
		enum goodbye_reason reason, uint32_t from, uint32_t into)
{
	if (world->journal_end == world->journal_cap) {
		world->journal_cap = world->journal_cap ? world->journal_cap * 2 : 256;
		world->journal =
			realloc(world->journal, world->journal_cap * sizeof(world->journal[0]));
	}
	world->journal[world->journal_end++] = (struct record){
		.id = conn->id,
		.callsign = conn->callsign,
		.what = what,
		.reason = reason,
		.from = from,
		.into = into,
		.at_us = world->now.mono_us,
	};
	conn->noted = world->journal_end;
}

/* Whether the last record about this drone, a change of scenario that nobody can have
 * seen, becomes this change. */
bool world_renote(struct world *world, const struct conn *conn, uint32_t into)
{
	const struct presence *presence = &world->core->presence;
	uint64_t position = conn->noted - 1;

	if (!conn->noted || position < presence->firm ||
	    world->journal_end - position > world->limits.presence_backlog ||
	    world->journal[position].what != PRESENCE_WHAT_SCENARIO) {
		return false;
	}
	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *reader = world->drones[i].conn;

		FLOW_HOLDS(world,
			   !reader || reader->state != CONN_ACTIVE ||
				   reader->presence == PRESENCE_WISH_NONE ||
				   reader->seen <= position,
			   "%u: has seen what is about to change", reader->slot);
	}
	world->journal[position].into = into;
	world->tally->renoted++;
	return true;
}

uint32_t world_asking_ms(const struct world *world)
{
	return world->limits.register_timeout_ms > world->limits.takeover_ms
		       ? world->limits.register_timeout_ms
		       : world->limits.takeover_ms;
}

/* ------------------------------------------------------------- in and out of the core */

void world_enter(struct world *world)
{
	FLOW_HOLDS(world, !world->in_core && !world->in_port, "the test calls the core twice");
	world->in_core = true;
	world->moment++;
}

void world_leave(struct world *world)
{
	world->in_core = false;
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

static uint32_t between(struct world *world, uint32_t least, uint32_t most)
{
	return least + world_below(world, most - least + 1);
}

/* Either so small that it is met all the time, or as good as none. */
static uint32_t small_or(struct world *world, unsigned percent, uint32_t least, uint32_t most,
			 uint32_t otherwise)
{
	return world_chance(world, percent) ? between(world, least, most) : otherwise;
}

static struct limits random_limits(struct world *world)
{
	static const uint32_t frames[] = {2048, 4096, 16384, 65536};
	struct limits limits = {
		.max_drones = small_or(world, 10, world->drone_count - 3, world->drone_count, 100),
		.max_unregistered = small_or(world, 10, 1, 3, 100),
		.register_timeout_ms = between(world, 500, 5000),
		.frame_timeout_ms = between(world, 500, 10000),
		.ping_interval_ms = small_or(world, 80, 200, 5000, 0),
		.idle_timeout_ms = between(world, 1000, 10000),
		.takeover_ms = between(world, 150, 2000),
		.max_frame_bytes = frames[world_below(world, 4)],
		.max_frame_bytes_unregistered = between(world, 1000, 2048),
		.output_soft_ms = between(world, 200, 5000),
		.max_in_flight = small_or(world, 30, 1, 6, 65536),
		.max_in_flight_per_drone = small_or(world, 50, 1, 4, 64),
		.max_in_flight_bytes = small_or(world, 20, 1000, 8000, 1u << 30),
		.max_stray_results = between(world, 1, 60),
		.presence_interval_ms = between(world, 1, 100),
		.presence_backlog = small_or(world, 40, 1, 12, 512),
	};

	limits.output_soft_bytes = between(world, 400, 8000);
	limits.output_hard_bytes =
		limits.max_frame_bytes_unregistered + 1000 + between(world, 0, 60000);
	if (limits.output_soft_bytes > limits.output_hard_bytes) {
		limits.output_soft_bytes = limits.output_hard_bytes;
	}
	return limits;
}

static void make_scenarios(struct world *world)
{
	uint32_t timeout_ms = between(world, 50, 1000);

	world->simulator = (struct simulator_config){
		.connections = 1, .max_in_flight = small_or(world, 40, 1, 8, 65536)};
	for (uint32_t i = 0; i < FLOW_SCENARIOS; i++) {
		struct scenario_config *config = &world->configs[i];
		struct scenario_model *model = &world->sim.scenarios[i + 1];

		*config = (struct scenario_config){
			.topology = TOPOLOGY_MESH,
			.max_drones = i == 2 ? 2 : 100,
			.timeout_ms = timeout_ms,
			.has_origin = i == 0,
			.origin_latitude_deg = 47.3977,
			.origin_longitude_deg = 8.5461,
			.parameters = (struct parameter *)&parameter,
			.parameter_count = 1,
		};
		snprintf(config->name, sizeof(config->name), "scenario%u", i + 1);
		memcpy(model->name, config->name, sizeof(model->name));
	}
}

void world_open(struct world *world, const struct options *options, uint64_t seed,
		struct tally *tally)
{
	struct core_config config = {.first_session = 1};
	struct drone drones[FLOW_MAX_DRONES];
	struct parcel **channel = world->sim.channel;
	uint32_t channel_cap = world->sim.channel_cap;
	struct record *journal = world->journal;
	uint64_t journal_cap = world->journal_cap;
	struct arena arena = world->arena;

	memcpy(drones, world->drones, sizeof(drones));
	*world = (struct world){
		.options = options,
		.seed = seed,
		.tally = tally,
		.arena = arena,
		.drone_count = options->drones,
		.journal = journal,
		.journal_cap = journal_cap,
		.sim = {.channel = channel, .channel_cap = channel_cap},
		.now = {.mono_us = 1000000, .unix_us = 1700000000000000},
	};
	if (!arena.cap) {
		arena_init(&world->arena, 1u << 30);
	}
	rng_seed(&world->rng, seed);
	if (world_chance(world, 3)) {
		world->drone_count = FLOW_MAX_DRONES; /* lists and reports of several pages */
	}
	for (unsigned i = 0; i < FLOW_MAX_DRONES; i++) {
		world->drones[i].payload = drones[i].payload;
		if (i < world->drone_count && !drones[i].payload) {
			world->drones[i].payload = calloc(1, FLOW_PAYLOAD_BYTES);
			for (size_t j = 0; j < FLOW_PAYLOAD_BYTES; j++) {
				world->drones[i].payload[j] = (uint8_t)(j * 31 + 7);
			}
		}
	}
	world->limits = random_limits(world);
	make_scenarios(world);
	config.limits = world->limits;
	config.key = (struct hash_key){rng_next(&world->rng), rng_next(&world->rng)};
	config.simulators = &world->simulator;
	config.simulator_count = 1;
	config.scenarios = world->configs;
	config.scenario_count = FLOW_SCENARIOS;
	world->core = core_new(&config, &(struct sim_port){&flow_sim_ops, world}, world->now);
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
	free(world->sim.channel);
	for (unsigned i = 0; i < FLOW_MAX_DRONES; i++) {
		free(world->drones[i].payload);
	}
}

/* ------------------------------------------------------------------------- time */

static void tick(struct world *world)
{
	struct simulator *sim = &world->sim;
	uint32_t i = 0;

	while (i < sim->channel_count) {
		if (sim->channel[i]->deadline_us <= world->now.mono_us) {
			parcel_end(world, sim->channel[i], OUTCOME_SIMULATOR_TIMEOUT);
		} else {
			i++;
		}
	}
	world->ticking = true;
	world_enter(world);
	core_tick(world->core);
	world_leave(world);
	world->ticking = false;
	check_tick(world);
}

static void advance_to(struct world *world, uint64_t mono_us)
{
	uint64_t passed = mono_us - world->now.mono_us;

	world->now.mono_us = mono_us;
	world->now.unix_us += passed;
	if (world_chance(world, 1)) {
		/* the wall clock may be set, either way */
		world->now.unix_us += world_below(world, 1000000);
		world->now.unix_us -= world_below(world, 1000000);
	}
	world_enter(world);
	core_now(world->core, world->now);
	world_leave(world);
	if (core_next_deadline(world->core) <= world->now.mono_us) {
		tick(world);
	}
}

static void advance(struct world *world)
{
	uint64_t due = core_next_deadline(world->core);
	uint64_t now = world->now.mono_us;

	switch (world_below(world, 10)) {
	case 0: /* just not there, then there */
		if (due != UINT64_MAX && due > now + 1) {
			advance_to(world, due - 1);
			FLOW_HOLDS(world, core_next_deadline(world->core) >= due,
				   "the deadline moves by itself");
			advance_to(world, due);
		}
		break;
	case 1: /* late */
		advance_to(world, now + world_below(world, 2000000));
		break;
	case 2:
	case 3:
	case 4:
		advance_to(world, now + world_below(world, 100000));
		break;
	default:
		advance_to(world, now + world_below(world, 3000));
		break;
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

static void step(struct world *world)
{
	for (uint32_t i = world_below(world, 1 + world->drone_count / 3); i > 0; i--) {
		drone_act(world, &world->drones[world_below(world, world->drone_count)]);
	}
	for (uint32_t i = world_below(world, 3); i > 0; i--) {
		simulator_act(world);
	}
	read_on(world);
	if (world_chance(world, 60)) {
		advance(world);
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
	advance_to(world, world->now.mono_us + passing_us);
	check_step(world);
}

static bool anyone_waits(const struct world *world)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *conn = world->drones[i].conn;

		if (conn && (conn->resumed || (conn->held && conn->held != HELD_ASKING))) {
			return true;
		}
	}
	return false;
}

/* Everyone reads, the simulator answers, time passes: all that was promised comes. In a
 * window of one, each round lets one drone go on. */
static void settle(struct world *world)
{
	unsigned rounds = 2 * world->drone_count + 6;

	do {
		settle_round(world, 0);
	} while (anyone_waits(world) && --rounds);
	for (unsigned i = 0; i < 6; i++) {
		settle_round(world, world->limits.presence_interval_ms * 1000ull);
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
	struct simulator *sim = &world->sim;

	while (sim->channel_count) {
		parcel_end(world, sim->channel[0], OUTCOME_SIMULATOR_DOWN);
	}
	world->draining = true;
	world->down = true;
	world_enter(world);
	core_shutdown(world->core);
	world_leave(world);
}

/* The last part of some runs is played while the gateway drains. */
static void drain(struct world *world)
{
	world->draining = true;
	world_enter(world);
	core_drain(world->core);
	world_leave(world);
}

void world_play(struct world *world)
{
	const struct options *options = world->options;
	bool drains = world_chance(world, 10);

	if (world_chance(world, 90)) {
		simulator_up(world);
	}
	for (world->step = 1; world->step <= options->steps; world->step++) {
		if (drains && world->step == options->steps - options->steps / 20) {
			drain(world);
		}
		step(world);
	}
	if (world_chance(world, 10)) {
		return; /* freed as it stands */
	}
	if (!world->draining) {
		settle(world);
		check_quiet(world);
	}
	if (world->draining || world_chance(world, 30)) {
		shut_down(world);
	} else {
		leave_all(world);
		simulator_settle(world);
	}
	advance_to(world, world->now.mono_us + 1);
	check_empty(world);
}
