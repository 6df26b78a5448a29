/* What must hold between the calls into the core. */
#include "world.h"

/* --------------------------------------------------------------- after each call */

static void check_replies(const struct world *world, const struct conn *conn)
{
	for (uint32_t i = 0; i < conn->reply_count; i++) {
		const struct reply *reply = &conn->replies[i];
		bool may_wait = reply->kind >= REPLY_SCENARIOS && !conn_has_room(conn);

		if (reply->kind == REPLY_SEND) {
			may_wait = reply->message->many
					   ? reply->message->way != WAY_OUT ||
						     reply->message->undecided || may_wait
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
		conn->proved = false;
		FLOW_HOLDS(world, !conn->tell_rate, "%u: sends far too much and stays", conn->slot);
		FLOW_HOLDS(world, !conn->refused, "%u: what it refused has no consequence",
			   conn->slot);
		FLOW_HOLDS(world, !conn->tell_banned, "%u: asked for a banned id and stays",
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
		FLOW_HOLDS(world, message->transmitted || !message->expect_transmit,
			   "a message did not go to the simulator");
		FLOW_HOLDS(world, !message->relay_due, "a second hop does not leave");
	}
}

/* ------------------------------------------------------------------ after a tick */

enum { RELOAD_GRACE_US = 1000 };

static bool over(const struct conn *conn, uint64_t since_us, uint32_t allowed_ms)
{
	return since_us && conn_passed(conn, since_us, allowed_ms);
}

static void check_overdue(const struct world *world, const struct conn *conn)
{
	const struct limits *limits = &world->limits;
	uint64_t quiet = conn->heard_us > conn->pinged_us ? conn->heard_us : conn->pinged_us;

	FLOW_HOLDS(world,
		   (conn->state != CONN_NEW && conn->state != CONN_PROVING) ||
			   !conn_passed(conn, conn->connected_us, limits->register_timeout_ms),
		   "%u: has not registered and stays", conn->slot);
	FLOW_HOLDS(world,
		   conn->state != CONN_DENIED ||
			   !conn_passed(conn, conn->denied_us, limits->auth_delay_ms),
		   "%u: is not let in, but not told", conn->slot);
	FLOW_HOLDS(world, conn->held != HELD_RATE || world->now.mono_us < conn->rate_until_us,
		   "%u: may send again, but is held", conn->slot);
	if (conn->state == CONN_DENIED) {
		return;
	}
	if (conn->state == CONN_ASKING) {
		const struct conn *holder = conn->rival;
		uint64_t since =
			holder->heard_us > conn->asked_us ? holder->heard_us : conn->asked_us;

		FLOW_HOLDS(world,
			   conn_silenced(holder) || !conn_passed(conn, since, limits->takeover_ms),
			   "%u: the holder was silent, but keeps its id", conn->slot);
		FLOW_HOLDS(world,
			   !conn_silenced(holder) ||
				   !conn_passed(conn, conn->asked_us, asking_longest_ms(world)),
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

		FLOW_HOLDS(world, world->now.mono_us < world->journal[next].due_us,
			   "%u: presence comes too late", conn->slot);
	}
}

void check_tick(struct world *world, bool more)
{
	FLOW_HOLDS(world, (core_next_deadline(world->core) <= world->now.mono_us) == more,
		   more ? "what is left to hand over has no deadline"
			: "the next deadline lies in the past");
	for (unsigned i = 0; i < world->drone_count; i++) {
		if (world->drones[i].conn) {
			presence_passed(world->drones[i].conn);
		}
	}
	if (world->now.mono_us <= world->reloaded_us + RELOAD_GRACE_US) {
		return; /* what shorter times make overdue has a moment */
	}
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
	FLOW_HOLDS(
		world,
		is->auth_failures == want->auth_failures && is->sends == want->sends &&
			is->transmits == want->transmits && is->results == want->results &&
			is->cached == want->cached &&
			is->results_unknown + is->results_repeated == want->results_unknown &&
			is->sim_ups == want->sim_ups && is->sim_downs == want->sim_downs &&
			is->presence_events == world->journal_end,
		"sends %lld, transmits %lld, results %lld, cached %lld, strays %lld, events %lld "
		"too many",
		(long long)(is->sends - want->sends), (long long)(is->transmits - want->transmits),
		(long long)(is->results - want->results), (long long)(is->cached - want->cached),
		(long long)(is->results_unknown + is->results_repeated - want->results_unknown),
		(long long)(is->presence_events - world->journal_end));
	FLOW_HOLDS(world,
		   is->waiting == waiting_count(world) && is->queued == world->queue.count &&
			   is->relayed == want->relayed && is->bypassed == want->bypassed,
		   "waiting %llu, queued %llu, relayed %llu, bypassed %llu; expected %u, %u, %llu, "
		   "%llu",
		   (unsigned long long)is->waiting, (unsigned long long)is->queued,
		   (unsigned long long)is->relayed, (unsigned long long)is->bypassed,
		   waiting_count(world), world->queue.count, (unsigned long long)want->relayed,
		   (unsigned long long)want->bypassed);
}

static uint32_t more(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

void check_remember(struct world *world)
{
	const struct core *core = world->core;
	const struct limits *limits = &world->limits;
	struct limits *most = &world->most;

	most->max_drones = more(limits->max_drones, core_sessions(core));
	most->max_unregistered =
		more(limits->max_unregistered, core_sessions(core) - core_online(core));
	most->max_in_flight =
		more(limits->max_in_flight, parcels_in_channel(world) + world->queue.count);
	most->max_queued = more(limits->max_queued, world->queue.count);
	most->max_waiting = more(limits->max_waiting, waiting_count(world));
	for (uint32_t i = 0; i < world->lane_count; i++) {
		world->lanes[i].most = world->lanes[i].channel.count + lane_woken(world, i);
	}
	for (unsigned i = 0; i < world->drone_count; i++) {
		if (world->drones[i].conn) {
			world->drones[i].conn->most = world->drones[i].conn->in_flight;
		}
	}
}

/* A reload puts nobody out: what was within the old bounds may stay. */
static void check_most(struct world *world)
{
	const struct core *core = world->core;
	const struct limits *most = &world->most;
	uint32_t unregistered = core_sessions(core) - core_online(core);
	uint32_t in_flight = parcels_in_channel(world) + world->queue.count;

	FLOW_HOLDS(world,
		   core_sessions(core) <= most->max_drones &&
			   unregistered <= most->max_unregistered,
		   "more sessions than allowed");
	FLOW_HOLDS(world, in_flight <= most->max_in_flight, "more in flight than allowed");
	FLOW_HOLDS(world, world->queue.count <= most->max_queued, "more queued than allowed");
	FLOW_HOLDS(world, waiting_count(world) <= most->max_waiting, "more waiting than allowed");
	check_remember(world);
}

static uint32_t messages_that_wait(const struct world *world)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < world->waiting.count; i++) {
		count += world->waiting.at[i]->way == WAY_OUT;
	}
	return count;
}

static void check_bounds(struct world *world)
{
	const struct core *core = world->core;
	uint32_t in_flight =
		parcels_in_channel(world) + world->queue.count + messages_that_wait(world);

	FLOW_HOLDS(world, core_in_flight(core) == in_flight, "%u in flight, expected %u",
		   core_in_flight(core), in_flight);
	FLOW_HOLDS(world, peek_outside_bytes(core) == world->outside_bytes,
		   "%llu payload bytes are held, expected %llu",
		   (unsigned long long)peek_outside_bytes(core),
		   (unsigned long long)world->outside_bytes);
	FLOW_HOLDS(world, peek_waiting_bytes(core) == world->waiting_bytes,
		   "%llu altered bytes wait, expected %llu",
		   (unsigned long long)peek_waiting_bytes(core),
		   (unsigned long long)world->waiting_bytes);
	for (uint32_t i = 0; i < world->lane_count; i++) {
		struct lane *lane = &world->lanes[i];
		uint32_t window = world->simulators[lane->simulator].max_in_flight;

		FLOW_HOLDS(world, lane->channel.count <= more(window, lane->most),
			   "lane %u: more in flight than its window", i);
	}
	FLOW_HOLDS(world,
		   core_sessions(core) == world_connected(world) &&
			   core_online(core) == world_online(world),
		   "%u sessions, %u online, expected %u and %u", core_sessions(core),
		   core_online(core), world_connected(world), world_online(world));
	check_most(world);
}

static void check_held(const struct world *world, const struct conn *conn)
{
	switch (conn->held) {
	case HELD_NOT:
	case HELD_DRAINING:
		break;
	case HELD_DENIED:
		FLOW_HOLDS(world, conn->state == CONN_DENIED, "%u: held for nothing", conn->slot);
		break;
	case HELD_RATE: /* for how long is looked at after each tick */
		FLOW_HOLDS(world, conn->rate_until_us, "%u: held for nothing", conn->slot);
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
	case HELD_SIMULATOR: /* or others are let in, and go first */
		FLOW_HOLDS(world,
			   window_full(world, &world->lanes[conn->held_lane]) ||
				   lane_woken(world, conn->held_lane),
			   "%u: held though the simulator's window has room", conn->slot);
		break;
	}
}

static bool waits(const struct conn *conn)
{
	for (uint32_t i = 0; i < conn->reply_count; i++) {
		const struct reply *reply = &conn->replies[i];

		if (reply->kind < REPLY_SEND ||
		    (reply->message->many && reply->message->way == WAY_OUT &&
		     !reply->message->undecided)) {
			return true;
		}
	}
	return false;
}

static void check_conn(struct world *world, struct conn *conn)
{
	check_held(world, conn);
	FLOW_HOLDS(world,
		   conn->in_flight <= more(world->limits.max_in_flight_per_drone, conn->most),
		   "%u: more in flight than its window", conn->slot);
	if (!waits(conn)) {
		conn->waits_since_us = 0;
	} else if (!conn->waits_since_us) {
		conn->waits_since_us = world->now.mono_us;
	}
}

/* What a list would tell of it now. */
static void check_traffic(const struct world *world, const struct conn *conn)
{
	const struct drone_traffic is = peek_traffic(conn->session);
	const struct stay *want = conn->stay;

	FLOW_HOLDS(world,
		   is.sent == want->sequence && is.targets == want->targets &&
			   is.delivered == want->delivered && is.received == want->received,
		   "%u: sent %llu, targets %llu, delivered %llu, received %llu; expected %llu, "
		   "%llu, %llu, %llu",
		   conn->slot, (unsigned long long)is.sent, (unsigned long long)is.targets,
		   (unsigned long long)is.delivered, (unsigned long long)is.received,
		   (unsigned long long)want->sequence, (unsigned long long)want->targets,
		   (unsigned long long)want->delivered, (unsigned long long)want->received);
	FLOW_HOLDS(world,
		   is.heard == want->heard && !(is.snr_db < want->snr_db) &&
			   !(is.snr_db > want->snr_db),
		   "%u: an SNR of %g dB, expected %g dB", conn->slot, (double)is.snr_db,
		   (double)want->snr_db);
}

void check_step(struct world *world)
{
	check_accounts(world);
	check_bounds(world);
	for (unsigned i = 0; i < world->drone_count; i++) {
		if (world->drones[i].conn) {
			check_conn(world, world->drones[i].conn);
		}
		if (world->drones[i].conn && world->drones[i].conn->place) {
			check_traffic(world, world->drones[i].conn);
		}
	}
	check_remember(world);
}

/* --------------------------------------------------------------------- at the end */

void check_quiet(struct world *world)
{
	FLOW_HOLDS(world, world->want.pending == 0 && core_in_flight(world->core) == 0,
		   "something is never decided");
	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *conn = world->drones[i].conn;

		if (!conn) {
			continue;
		}
		FLOW_HOLDS(world,
			   conn->held == HELD_NOT || conn->held == HELD_ASKING ||
				   conn->held == HELD_DENIED,
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
		   core_in_flight(core) == 0 && core_stats(core)->pending == 0 &&
			   core_stats(core)->waiting == 0 && core_stats(core)->queued == 0,
		   "messages are left over");
	FLOW_HOLDS(world, !peek_leftover(core), "%s", peek_leftover(core));
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		const struct grid *grid = world->places[i].grid;

		FLOW_HOLDS(world,
			   !grid || (grid->stays == 0 &&
				     (!world->lanes[grid->lane].up || grid->node_count == 0)),
			   "%u nodes are left over of %u stays", grid->node_count, grid->stays);
	}
	FLOW_HOLDS(world, !world->retired, "a retired scenario is left over");
	for (const struct conn *conn = world->conns; conn; conn = conn->next) {
		FLOW_HOLDS(world, conn->closed, "an endpoint is never closed");
	}
}
