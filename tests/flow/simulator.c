/* The fake channel simulator: keeps what it is told, answers late, in any order,
 * wrongly, or never. */
#include <math.h>
#include <stdlib.h>

#include "world.h"

enum { MAX_RECEPTIONS = 3 * FLOW_MAX_DRONES, LINK_MOST = 128 };

/* ----------------------------------------------------------------- the port */

static struct scenario_model *known_scenario(struct world *world, uint32_t number)
{
	FLOW_HOLDS(world, world->sim.up, "the simulator is spoken to while it is away");
	FLOW_HOLDS(world, number >= 1 && number <= FLOW_SCENARIOS, "scenario number %u", number);
	return &world->sim.scenarios[number];
}

static void on_set_scenario(void *ctx, const struct sim_scenario *told)
{
	struct world *world = ctx;
	struct scenario_model *scenario;

	world_port(world, true);
	scenario = known_scenario(world, told->scenario);
	FLOW_HOLDS(world, slice_equal(told->name, slice_str(scenario->name)), "set_scenario: name");
	FLOW_HOLDS(world, !scenario->told, "set_scenario twice");
	FLOW_HOLDS(world,
		   told->parameter_count == 1 &&
			   slice_equal(told->parameters[0].key, slice_str("model")) &&
			   slice_equal(told->parameters[0].value, slice_str("flow")),
		   "set_scenario: parameters");
	scenario->told = true;
	world_port(world, false);
}

static void on_remove_scenario(void *ctx, uint32_t scenario)
{
	world_fail(ctx, "scenario %u is removed, which nothing asks for", scenario);
}

static void check_position(const struct world *world, const struct conn *conn,
			   const struct sim_node *node)
{
	const struct scenario_config *config = &world->configs[node->scenario - 1];

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
		FLOW_HOLDS(world, node->has_position == config->has_origin,
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

static void on_set_node(void *ctx, const struct sim_node *node)
{
	struct world *world = ctx;
	struct scenario_model *scenario;
	struct conn *conn;

	world_port(world, true);
	scenario = known_scenario(world, node->scenario);
	conn = world_by_id(world, node->name);
	FLOW_HOLDS(world, scenario->told, "a node before its scenario");
	FLOW_HOLDS(world, conn && conn->scenario == node->scenario, "node %.*s is not in there",
		   SLICE_ARG(node->name));
	FLOW_HOLDS(world, node->node >= 1 && node->node < FLOW_NODES, "node number %u", node->node);
	FLOW_HOLDS(world, !scenario->nodes[node->node] || scenario->nodes[node->node] == conn,
		   "node %u is another drone's", node->node);
	check_position(world, conn, node);
	scenario->nodes[node->node] = conn;
	world_port(world, false);
}

static void on_remove_node(void *ctx, uint32_t number, uint32_t node)
{
	struct world *world = ctx;
	struct scenario_model *scenario;

	world_port(world, true);
	scenario = known_scenario(world, number);
	FLOW_HOLDS(world, node < FLOW_NODES && scenario->nodes[node], "node %u is removed twice",
		   node);
	scenario->nodes[node] = NULL;
	world_port(world, false);
}

static void enter_channel(struct simulator *sim, struct parcel *message)
{
	if (sim->channel_count == sim->channel_cap) {
		sim->channel_cap = sim->channel_cap ? sim->channel_cap * 2 : 64;
		sim->channel = realloc(sim->channel, sim->channel_cap * sizeof(struct parcel *));
	}
	sim->channel[sim->channel_count++] = message;
	message->in_channel = true;
}

static void on_transmit(void *ctx, const struct sim_transmit *transmit)
{
	struct world *world = ctx;
	struct parcel *message = world->sending;
	const struct scenario_model *scenario;
	size_t bytes = transmit->payload.size + (message ? message->content_type.size : 0);
	uint32_t due = 0;

	world_port(world, true);
	scenario = known_scenario(world, transmit->scenario);
	FLOW_HOLDS(world, message && message->expect_transmit && !message->transmitted,
		   "a transmit that nothing asks for");
	FLOW_HOLDS(world, scenario->status == MODEL_ACCEPTED, "a transmit to a refused scenario");
	FLOW_HOLDS(world, transmit->scenario == message->scenario,
		   "a transmit to another scenario");
	FLOW_HOLDS(world, parcel_payload_equal(world, message, transmit->payload),
		   "a transmit with another payload");
	FLOW_HOLDS(world, transmit->id != 0, "id 0");
	FLOW_HOLDS(world,
		   transmit->transmitter < FLOW_NODES &&
			   transmit->origin == transmit->transmitter &&
			   scenario->nodes[transmit->transmitter] == message->sender,
		   "the transmitter is not the sender's node");
	FLOW_HOLDS(world, transmit->sequence == message->sender->sequence + 1,
		   "sequence %u after %u", (unsigned)transmit->sequence,
		   (unsigned)message->sender->sequence);
	FLOW_HOLDS(world, transmit->sent_at_us == world->now.unix_us, "sent at another time");
	for (uint32_t i = 0; i < message->count; i++) {
		due += !message->targets[i].decided;
	}
	FLOW_HOLDS(world, transmit->receiver_count == due, "%u receivers, expected %u",
		   (unsigned)transmit->receiver_count, due);
	for (size_t i = 0; i < transmit->receiver_count; i++) {
		uint32_t node = transmit->receivers[i];
		struct target *target =
			node < FLOW_NODES && scenario->nodes[node]
				? parcel_target(message, text_slice(&scenario->nodes[node]->id))
				: NULL;

		FLOW_HOLDS(world, target && !target->decided && !target->node,
			   "receiver %u is no target", node);
		target->node = node;
	}
	message->sender->sequence++;
	message->transmitted = true;
	message->id = transmit->id;
	message->sequence = transmit->sequence;
	world->want.transmits++;
	world->outside_bytes += bytes > 160 ? bytes : 0;
	enter_channel(&world->sim, message);
	world_port(world, false);
}

static bool on_full(const void *ctx)
{
	return ((const struct world *)ctx)->sim.full;
}

static void on_reset(void *ctx, const char *why)
{
	struct world *world = ctx;

	world_port(world, true);
	FLOW_HOLDS(world, world->sim.up && why[0], "a reset of a link that is down");
	FLOW_HOLDS(world, world->sim.strays > world->limits.max_stray_results,
		   "a reset after %u strays", (unsigned)world->sim.strays);
	world->sim.reset = true;
	world->tally->resets++;
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

static void await_pushes(struct world *world, uint32_t scenario)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		if (conn && conn->scenario == scenario) {
			conn->pushes++;
		}
	}
}

void simulator_up(struct world *world)
{
	struct simulator *sim = &world->sim;

	world_trace(world, "simulator: up");
	sim->up = true;
	sim->full = false;
	sim->reset = false;
	for (uint32_t i = 1; i <= FLOW_SCENARIOS; i++) {
		sim->scenarios[i].told = false;
		memset(sim->scenarios[i].nodes, 0, sizeof(sim->scenarios[i].nodes));
	}
	world->want.sim_ups++;
	world_enter(world);
	core_sim_up(world->core, 0);
	world_leave(world);
}

void simulator_down(struct world *world, const char *why)
{
	struct simulator *sim = &world->sim;

	world_trace(world, "simulator: down, %s", why);
	sim->up = false;
	sim->full = false;
	sim->reset = false;
	sim->strays = 0;
	for (uint32_t i = 1; i <= FLOW_SCENARIOS; i++) {
		await_pushes(world, i);
		sim->scenarios[i].status = MODEL_WAITING;
	}
	while (sim->channel_count) {
		parcel_end(world, sim->channel[0], OUTCOME_SIMULATOR_DOWN);
	}
	world->want.sim_downs++;
	world->status_changes = true;
	world_enter(world);
	core_sim_down(world->core, 0, why);
	world_leave(world);
	world->status_changes = false;
}

static void tell_status(struct world *world, uint32_t number, bool ok)
{
	struct scenario_model *scenario = &world->sim.scenarios[number];
	const char *message = ok ? "" : world_chance(world, 50) ? "no such model" : "bad frequency";
	int was = (int)scenario->status;
	bool changes = scenario->status != (ok ? MODEL_ACCEPTED : MODEL_REFUSED);

	world_trace(world, "simulator: scenario %u %s", number, ok ? "accepted" : "refused");
	if (changes) {
		await_pushes(world, number);
		scenario->status = ok ? MODEL_ACCEPTED : MODEL_REFUSED;
		memcpy(scenario->message, message, strlen(message) + 1);
	}
	/* nobody asked: now and then that is no abuse */
	world->sim.strays += was != MODEL_WAITING;
	world->status_changes = changes;
	world_enter(world);
	core_sim_status(world->core, 0, number, ok, slice_str(message));
	world_leave(world);
	world->status_changes = false;
}

static void tell_some_status(struct world *world)
{
	uint32_t number = 1 + world_below(world, FLOW_SCENARIOS);

	if (world_chance(world, 5)) {
		world_enter(world);
		core_sim_status(world->core, 0, world_chance(world, 50) ? 0 : FLOW_SCENARIOS + 1,
				true, slice_of(NULL, 0));
		world_leave(world);
		return;
	}
	/* the last is refused more often than not */
	tell_status(world, number, world_chance(world, number == FLOW_SCENARIOS ? 30 : 95));
}

/* -------------------------------------------------------------------- answers */

struct answer {
	struct reception receptions[MAX_RECEPTIONS];
	uint8_t links[MAX_RECEPTIONS][FLOW_LINK_BYTES];
	uint8_t payloads[MAX_RECEPTIONS][64];
	size_t count;
};

static uint32_t node_of(const struct world *world, const struct parcel *message,
			const struct conn *conn)
{
	const struct scenario_model *scenario = &world->sim.scenarios[message->scenario];

	for (uint32_t node = 1; node < FLOW_NODES; node++) {
		if (scenario->nodes[node] == conn) {
			return node;
		}
	}
	return 0;
}

static void alter(struct world *world, struct answer *answer, const struct parcel *message,
		  struct reception *reception)
{
	uint8_t *bytes = answer->payloads[answer->count];
	size_t size = world_below(world, 64);

	if (size > message->payload_size && world_chance(world, 70)) {
		size = message->payload_size;
	}
	memset(bytes, 0xa5, sizeof(answer->payloads[0]));
	reception->altered = true;
	reception->payload = slice_of(bytes, size);
}

/* An outcome, and now and then something that no simulator may say. */
static void add_reception(struct world *world, struct answer *answer, const struct parcel *message,
			  uint32_t node)
{
	struct reception *reception = &answer->receptions[answer->count];
	uint8_t *link = answer->links[answer->count];
	size_t link_size = world_below(world, 12);

	for (size_t i = 0; i < link_size; i++) {
		link[i] = (uint8_t)rng_next(&world->rng);
	}
	*reception = (struct reception){
		.receiver = node,
		.outcome = OUTCOME_DELIVERED,
		.link_ok = true,
		.link = slice_of(link, link_size),
	};
	switch (world_below(world, 20)) {
	case 0:
	case 1:
	case 2:
		reception->outcome = OUTCOME_LOST;
		reception->reason = world_below(world, REASON_COUNT);
		break;
	case 3:
		reception->outcome = OUTCOME_CORRUPTED;
		break;
	case 4:
	case 5:
		alter(world, answer, message, reception);
		break;
	case 6:
		reception->link = slice_of(NULL, 0);
		break;
	case 7:
		reception->link = slice_of(link, LINK_MOST + world_below(world, 2));
		break;
	case 8:
		reception->link_ok = world_chance(world, 50);
		reception->outcome =
			world_chance(world, 50) ? OUTCOME_DELIVERED : world_below(world, 100);
		break;
	case 9:
		reception->reason = world_below(world, REASON_COUNT + 2);
		break;
	default:
		break;
	}
	answer->count++;
}

static bool usable(const struct parcel *message, const struct reception *reception)
{
	return (!reception->link.data ||
		(reception->link_ok && reception->link.size <= LINK_MOST)) &&
	       reception->outcome >= OUTCOME_DELIVERED && reception->outcome <= OUTCOME_LOST &&
	       reception->reason < REASON_COUNT &&
	       (!reception->altered || reception->payload.size <= message->payload_size);
}

static void foresee_fate(struct world *world, struct parcel *message, struct target *target,
			 const struct reception *reception)
{
	bool lost = reception->outcome == OUTCOME_LOST;

	target->has_hop = true;
	world->want.results++;
	if (!usable(message, reception)) {
		target->hop_outcome = OUTCOME_SIMULATOR_ERROR;
		parcel_decide(world, message, target, OUTCOME_SIMULATOR_ERROR, REASON_NONE);
		return;
	}
	target->hop_outcome =
		reception->altered && !lost ? OUTCOME_CORRUPTED : (enum outcome)reception->outcome;
	target->hop_reason = lost ? (enum reason)reception->reason : REASON_NONE;
	target->source = SOURCE_LIVE;
	target->has_link = reception->link.data != NULL;
	target->link_size = reception->link.size;
	if (target->has_link) {
		memcpy(target->link, reception->link.data, reception->link.size);
	}
	if (lost) {
		parcel_decide(world, message, target, OUTCOME_LOST, target->hop_reason);
	} else if (target->conn->state != CONN_ACTIVE ||
		   target->conn->membership != target->membership) {
		parcel_decide(world, message, target, OUTCOME_TARGET_LEFT, REASON_NONE);
	} else {
		/* until the endpoint has taken it */
		target->coming = true;
		parcel_decide(world, message, target, OUTCOME_OVERLOADED, REASON_NONE);
	}
}

static struct target *answered_target(struct parcel *message, uint32_t node)
{
	for (uint32_t i = 0; i < message->count; i++) {
		if (node && message->targets[i].node == node) {
			return &message->targets[i];
		}
	}
	return NULL;
}

static void stray(struct world *world, uint64_t count)
{
	world->sim.strays += count;
	world->want.results_unknown += count;
}

/* What the answer must lead to. */
static void foresee_answer(struct world *world, struct parcel *message, const struct answer *answer,
			   bool more)
{
	bool closed = false;

	for (size_t i = 0; i < answer->count; i++) {
		struct target *target = answered_target(message, answer->receptions[i].receiver);

		if (!target || target->decided) {
			stray(world, 1);
		} else {
			foresee_fate(world, message, target, &answer->receptions[i]);
		}
		closed = closed || (!message->many && message->undecided == 0);
	}
	if (!more || closed) {
		parcel_end(world, message, OUTCOME_SIMULATOR_ERROR);
	}
}

static void check_handed_over(const struct world *world, const struct parcel *message)
{
	for (uint32_t i = 0; i < message->count; i++) {
		const struct target *target = &message->targets[i];

		FLOW_HOLDS(world,
			   !target->coming || target->delivered || target->conn->state == CONN_OVER,
			   "%.*s is there, but was not handed the message", SLICE_ARG(target->id));
	}
}

static void answer_message(struct world *world, struct parcel *message, const struct answer *answer,
			   bool more)
{
	struct simulator *sim = &world->sim;

	world_trace(world, "simulator: answers %u receivers of %llx%s", (unsigned)answer->count,
		    (unsigned long long)message->id, more ? ", more follow" : "");
	foresee_answer(world, message, answer, more);
	sim->answering = message;
	sim->receptions = answer->receptions;
	sim->reception_count = answer->count;
	world_enter(world);
	core_sim_result(world->core, 0, message->id, answer->receptions, answer->count, more);
	world_leave(world);
	sim->answering = NULL;
	check_handed_over(world, message);
}

/* Numbers stand with the targets from the transmit on: sessions come and go. */
static void fill_answer(struct world *world, struct answer *answer, const struct parcel *message,
			unsigned faulty_percent, uint32_t most)
{
	uint32_t start = world_chance(world, 70) ? 0 : world_below(world, message->count);

	answer->count = 0;
	for (uint32_t i = 0; i < message->count && answer->count < most; i++) {
		const struct target *target = &message->targets[(start + i) % message->count];

		if (target->decided || !target->node) {
			continue;
		}
		if (world_chance(world, faulty_percent)) {
			switch (world_below(world, 4)) {
			case 0: /* missing */
				continue;
			case 1: /* twice */
				add_reception(world, answer, message, target->node);
				break;
			case 2: /* nobody, or anybody */
				add_reception(world, answer, message,
					      world_below(world, FLOW_NODES));
				break;
			default: /* the sender */
				add_reception(world, answer, message,
					      node_of(world, message, message->sender));
				break;
			}
		}
		add_reception(world, answer, message, target->node);
	}
}

static void answer_some(struct world *world)
{
	static struct answer answer;
	struct simulator *sim = &world->sim;
	struct parcel *message =
		sim->channel[world_chance(world, 60) ? 0 : world_below(world, sim->channel_count)];
	bool more = world_chance(world, 15);

	fill_answer(world, &answer, message, 8, more ? 1 + world_below(world, 4) : FLOW_MAX_DRONES);
	answer_message(world, message, &answer, more);
}

/* An answer to nothing. */
static void answer_stray(struct world *world)
{
	static struct answer answer;
	static const struct parcel empty;
	struct simulator *sim = &world->sim;
	uint64_t id = sim->old_ids[world_below(world, FLOW_OLD_IDS)];
	size_t times = world_chance(world, 3) ? world_below(world, 30) : 1;

	if (world_chance(world, 30)) {
		id = rng_next(&world->rng);
	} else if (world_chance(world, 20)) {
		id = world_below(world, 300);
	}
	for (uint32_t i = 0; i < sim->channel_count; i++) {
		if (sim->channel[i]->id == id) {
			return;
		}
	}
	answer.count = 0;
	for (uint32_t i = world_below(world, 3); i > 0; i--) {
		add_reception(world, &answer, &empty, world_below(world, 12));
	}
	while (times-- > 0) {
		stray(world, answer.count ? answer.count : 1);
		world_enter(world);
		core_sim_result(world->core, 0, id, answer.receptions, answer.count,
				world_chance(world, 10));
		world_leave(world);
	}
}

static void change_full(struct world *world)
{
	world->sim.full = !world->sim.full;
	if (!world->sim.full) {
		world_enter(world);
		core_sim_drained(world->core, 0);
		world_leave(world);
	}
}

void simulator_act(struct world *world)
{
	struct simulator *sim = &world->sim;
	uint32_t dice = world_below(world, 1000);

	if (!sim->up) {
		if (dice < 200) {
			simulator_up(world);
		}
	} else if (sim->reset) {
		simulator_down(world, "reset");
	} else if (dice < 4) {
		simulator_down(world, "cable");
	} else if (dice < 150) {
		tell_some_status(world);
	} else if (dice < 175) {
		answer_stray(world);
	} else if (dice < 190 || (sim->full && dice < 400)) {
		change_full(world);
	} else if (sim->channel_count && dice < 850) {
		answer_some(world);
	}
}

void simulator_settle(struct world *world)
{
	static struct answer answer;
	struct simulator *sim = &world->sim;

	if (sim->reset) {
		simulator_down(world, "reset");
	}
	if (!sim->up) {
		simulator_up(world);
	}
	if (sim->full) {
		change_full(world);
	}
	for (uint32_t i = 1; i <= FLOW_SCENARIOS; i++) {
		tell_status(world, i, true);
	}
	while (sim->channel_count) {
		struct parcel *message = sim->channel[0];

		fill_answer(world, &answer, message, 0, FLOW_MAX_DRONES);
		answer_message(world, message, &answer, false);
	}
}
