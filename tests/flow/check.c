/* What must hold between the calls into the core. */
#include "core/state.h"
#include "world.h"

/* --------------------------------------------------------------- after each call */

static void check_replies(const struct world *world, const struct conn *conn)
{
	for (uint32_t i = 0; i < conn->reply_count; i++) {
		const struct reply *reply = &conn->replies[i];
		bool may_wait = reply->kind >= REPLY_SCENARIOS && !conn_has_room(conn);

		if (reply->kind == REPLY_SEND) {
			may_wait = reply->message->many ? reply->message->in_channel || may_wait
							: reply->message->undecided;
		}
		FLOW_HOLDS(world, may_wait, "%u: no reply (kind %d, ref %u)", conn->slot,
			   (int)reply->kind, reply->ref);
	}
}

/* Another got the id before: this one asks now. */
static void note_asking(struct world *world, struct conn *conn)
{
	struct conn *holder = world_by_id(world, text_slice(&conn->wanted_id));
	struct reply *reply = conn_find_reply(conn, REPLY_WELCOME, conn->wanted_ref);

	if (conn->state != CONN_NEW || !conn->may_ask || !holder || !reply) {
		return;
	}
	conn_drop_reply(conn, reply);
	conn->state = CONN_ASKING;
	conn->asked_us = world->now.mono_us;
	conn->rival = holder;
	holder->rival = conn;
}

void check_call(struct world *world)
{
	const struct parcel *message = world->sending;

	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		if (!conn) {
			continue;
		}
		note_asking(world, conn);
		conn->will_register = false;
		conn->may_ask = false;
		FLOW_HOLDS(world, !conn->refused, "%u: what it refused has no consequence",
			   conn->slot);
		FLOW_HOLDS(world, !conn->tell_over, "%u: broke the protocol and stays", conn->slot);
		FLOW_HOLDS(world, !conn->freed, "%u: the id is free, but it is not told",
			   conn->slot);
		FLOW_HOLDS(world, conn->held != HELD_ASKING || conn->state == CONN_ASKING,
			   "%u: held for an id that is settled", conn->slot);
		FLOW_HOLDS(world, conn->pushes == 0, "%u: its scenario changed, untold",
			   conn->slot);
		check_replies(world, conn);
	}
	if (message) {
		FLOW_HOLDS(world, message->transmitted == message->expect_transmit,
			   "a message did not go to the simulator");
	}
}

/* ------------------------------------------------------------------ after a tick */

static bool over(const struct conn *conn, uint64_t since_us, uint32_t allowed_ms)
{
	return since_us && conn_passed(conn, since_us, allowed_ms);
}

static void check_overdue(const struct world *world, const struct conn *conn)
{
	const struct limits *limits = &world->limits;
	uint64_t quiet = conn->heard_us > conn->pinged_us ? conn->heard_us : conn->pinged_us;

	FLOW_HOLDS(world,
		   conn->state != CONN_NEW ||
			   !conn_passed(conn, conn->connected_us, limits->register_timeout_ms),
		   "%u: has not registered and stays", conn->slot);
	if (conn->state == CONN_ASKING) {
		const struct conn *holder = conn->rival;
		uint64_t since =
			holder->heard_us > conn->asked_us ? holder->heard_us : conn->asked_us;

		FLOW_HOLDS(world,
			   conn_silenced(holder) || !conn_passed(conn, since, limits->takeover_ms),
			   "%u: the holder was silent, but keeps its id", conn->slot);
		FLOW_HOLDS(world,
			   !conn_silenced(holder) ||
				   !conn_passed(conn, conn->asked_us, world_asking_ms(world)),
			   "%u: waits for an id for ever", conn->slot);
		return;
	}
	FLOW_HOLDS(world,
		   conn_silenced(conn) || !conn->partial ||
			   !conn_passed(conn, conn->partial_us, limits->frame_timeout_ms),
		   "%u: a frame takes for ever", conn->slot);
	if (conn->state != CONN_ACTIVE) {
		return;
	}
	FLOW_HOLDS(world, !over(conn, conn->over_soft_since_us, limits->output_soft_ms),
		   "%u: reads too slowly and stays", conn->slot);
	FLOW_HOLDS(world, !over(conn, conn->waits_since_us, limits->output_soft_ms),
		   "%u: lets lists or reports wait and stays", conn->slot);
	FLOW_HOLDS(world,
		   conn_silenced(conn) ||
			   !conn_passed(conn, conn->heard_us, limits->idle_timeout_ms),
		   "%u: is silent and stays", conn->slot);
	FLOW_HOLDS(world,
		   !limits->ping_interval_ms || !conn_passed(conn, quiet, limits->ping_interval_ms),
		   "%u: is silent and not pinged", conn->slot);
	if (conn->presence == PRESENCE_WISH_ALL && conn_has_room(conn) &&
	    conn->seen < world->journal_end) {
		uint64_t oldest = world->journal_end > limits->presence_backlog
					  ? world->journal_end - limits->presence_backlog
					  : 0;
		uint64_t next = conn->seen > oldest ? conn->seen : oldest;

		FLOW_HOLDS(world,
			   !conn_passed(conn, world->journal[next].at_us,
					limits->presence_interval_ms),
			   "%u: presence comes too late", conn->slot);
	}
}

void check_tick(struct world *world)
{
	FLOW_HOLDS(world, core_next_deadline(world->core) > world->now.mono_us,
		   "the next deadline lies in the past");
	for (unsigned i = 0; i < world->drone_count; i++) {
		if (world->drones[i].conn) {
			check_overdue(world, world->drones[i].conn);
		}
	}
}

/* ------------------------------------------------------------------ after each step */

static void check_accounts(const struct world *world)
{
	const struct stats *is = core_stats(world->core), *want = &world->want;
	uint64_t sum = 0, errors = 0, seen = 0;

	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		sum += is->outcomes[i];
		FLOW_HOLDS(world, is->outcomes[i] == want->outcomes[i],
			   "%llu targets were %s, the gateway counts %llu",
			   (unsigned long long)want->outcomes[i], outcome_name((enum outcome)i),
			   (unsigned long long)is->outcomes[i]);
	}
	FLOW_HOLDS(world, is->accepted == sum + is->pending, "the accounts do not close");
	FLOW_HOLDS(world, is->accepted == want->accepted && is->pending == want->pending,
		   "accepted %llu, pending %llu, expected %llu and %llu",
		   (unsigned long long)is->accepted, (unsigned long long)is->pending,
		   (unsigned long long)want->accepted, (unsigned long long)want->pending);
	FLOW_HOLDS(world, memcmp(is->reasons, want->reasons, sizeof(is->reasons)) == 0,
		   "reasons are miscounted");
	FLOW_HOLDS(world, memcmp(is->goodbyes, want->goodbyes, sizeof(is->goodbyes)) == 0,
		   "goodbyes are miscounted");
	for (size_t i = 0; i < ERROR_COUNT; i++) {
		errors += is->errors[i];
		seen += want->errors[i];
		FLOW_HOLDS(world, is->errors[i] >= want->errors[i], "error %s is miscounted",
			   error_name((enum error_code)i));
	}
	FLOW_HOLDS(world, errors <= seen + world->unseen_errors, "errors are miscounted");
	FLOW_HOLDS(world,
		   is->sends == want->sends && is->transmits == want->transmits &&
			   is->results == want->results &&
			   is->results_unknown + is->results_repeated == want->results_unknown &&
			   is->sim_ups == want->sim_ups && is->sim_downs == want->sim_downs &&
			   is->presence_events == world->journal_end,
		   "sends, transmits, results or events are miscounted");
}

static void check_bounds(const struct world *world)
{
	const struct core *core = world->core;
	const struct limits *limits = &world->limits;

	FLOW_HOLDS(world, core_in_flight(core) == world->sim.channel_count,
		   "%u in flight, expected %u", core_in_flight(core), world->sim.channel_count);
	FLOW_HOLDS(world, core->inflight.count == world->sim.channel_count,
		   "%u slots are taken by %u messages", core->inflight.count,
		   world->sim.channel_count);
	FLOW_HOLDS(world, core->inflight.outside_bytes == world->outside_bytes,
		   "payload bytes are miscounted");
	FLOW_HOLDS(world,
		   core_in_flight(core) <= limits->max_in_flight &&
			   core_in_flight(core) <= world->simulator.max_in_flight,
		   "more in flight than allowed");
	FLOW_HOLDS(world,
		   core_sessions(core) == world_connected(world) &&
			   core_online(core) == world_online(world),
		   "%u sessions, %u online, expected %u and %u", core_sessions(core),
		   core_online(core), world_connected(world), world_online(world));
	FLOW_HOLDS(world,
		   core_sessions(core) <= limits->max_drones &&
			   core_sessions(core) - core_online(core) <= limits->max_unregistered,
		   "more sessions than allowed");
}

static void check_held(const struct world *world, const struct conn *conn)
{
	switch (conn->held) {
	case HELD_NOT:
	case HELD_DRAINING:
		break;
	case HELD_ASKING:
		FLOW_HOLDS(world, conn->state == CONN_ASKING, "%u: held for nothing", conn->slot);
		break;
	case HELD_LISTING:
		FLOW_HOLDS(world, conn_listing((struct conn *)conn),
			   "%u: held for a list that is written", conn->slot);
		break;
	case HELD_WINDOW:
		FLOW_HOLDS(world,
			   conn_report_waits(conn) ||
				   conn->in_flight >= world->limits.max_in_flight_per_drone,
			   "%u: held though its window has room", conn->slot);
		break;
	case HELD_SIMULATOR:
		FLOW_HOLDS(world, simulator_full(world),
			   "%u: held though the simulator's window has room", conn->slot);
		break;
	}
}

static bool waits(const struct conn *conn)
{
	for (uint32_t i = 0; i < conn->reply_count; i++) {
		const struct reply *reply = &conn->replies[i];

		if (reply->kind < REPLY_SEND ||
		    (reply->message->many && !reply->message->in_channel)) {
			return true;
		}
	}
	return false;
}

static void check_conn(struct world *world, struct conn *conn)
{
	check_held(world, conn);
	FLOW_HOLDS(world, conn->in_flight <= world->limits.max_in_flight_per_drone,
		   "%u: more in flight than its window", conn->slot);
	if (!waits(conn)) {
		conn->waits_since_us = 0;
	} else if (!conn->waits_since_us) {
		conn->waits_since_us = world->now.mono_us;
	}
}

static void check_nodes(const struct world *world)
{
	for (uint32_t i = 1; i <= FLOW_SCENARIOS; i++) {
		const struct scenario_model *scenario = &world->sim.scenarios[i];
		uint32_t members = 0;

		FLOW_HOLDS(world, world_members(world, i) <= world->configs[i - 1].max_drones,
			   "more members than max_drones");
		if (!world->sim.up) {
			continue;
		}
		FLOW_HOLDS(world, scenario->told, "the simulator does not know scenario %u", i);
		for (uint32_t node = 0; node < FLOW_NODES; node++) {
			if (scenario->nodes[node]) {
				members++;
				FLOW_HOLDS(world, scenario->nodes[node]->scenario == i,
					   "node %u has left scenario %u", node, i);
			}
		}
		FLOW_HOLDS(world, members == world_members(world, i),
			   "the simulator knows %u of %u nodes", members, world_members(world, i));
	}
}

void check_step(struct world *world)
{
	check_accounts(world);
	check_bounds(world);
	if (world->step % 8 == 0) {
		check_nodes(world);
	}
	for (unsigned i = 0; i < world->drone_count; i++) {
		if (world->drones[i].conn) {
			check_conn(world, world->drones[i].conn);
		}
	}
}

/* --------------------------------------------------------------------- at the end */

void check_quiet(struct world *world)
{
	FLOW_HOLDS(world, world->want.pending == 0 && world->sim.channel_count == 0,
		   "something is never decided");
	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *conn = world->drones[i].conn;

		if (!conn) {
			continue;
		}
		FLOW_HOLDS(world, conn->held == HELD_NOT || conn->held == HELD_ASKING,
			   "%u: is held for ever", conn->slot);
		FLOW_HOLDS(world, conn->reply_count == 0, "%u: a reply never comes", conn->slot);
		FLOW_HOLDS(world, conn->in_flight == 0, "%u: its window never empties", conn->slot);
		FLOW_HOLDS(world,
			   conn->state != CONN_ACTIVE || conn->presence != PRESENCE_WISH_ALL ||
				   conn->seen == world->journal_end,
			   "%u: is never told of all that happened", conn->slot);
	}
}

void check_empty(struct world *world)
{
	const struct core *core = world->core;

	check_accounts(world);
	FLOW_HOLDS(world, core_sessions(core) == 0 && core_online(core) == 0,
		   "sessions are left over");
	FLOW_HOLDS(world,
		   core->inflight.count == 0 && core_in_flight(core) == 0 &&
			   core_stats(core)->pending == 0 && core->inflight.outside_bytes == 0 &&
			   core->fanout_bytes == 0 && core->woken == 0,
		   "messages are left over");
	FLOW_HOLDS(world, list_empty(&core->held) && core->deadlines.count == 0,
		   "lists are left over");
	FLOW_HOLDS(world, core->registry.ids.count == 0 && core->registry.callsigns.count == 0,
		   "names are left over");
	for (size_t i = 0; i < core->scenario_count; i++) {
		FLOW_HOLDS(world, core->scenarios[i].member_count == 0, "members are left over");
	}
	for (const struct conn *conn = world->conns; conn; conn = conn->next) {
		FLOW_HOLDS(world, conn->closed, "an endpoint is never closed");
	}
}
