/* What drones do. Most of it is sensible, so that traffic flows; the rest is what the
 * gateway must survive. */
#include "world.h"

/* ------------------------------------------------------------------ connections */

/* Has been here longest of those that are not registered. */
static struct conn *oldest_newcomer(const struct world *world)
{
	struct conn *oldest = NULL;

	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		if (conn && conn->state != CONN_ACTIVE &&
		    (!oldest || conn->serial < oldest->serial)) {
			oldest = conn;
		}
	}
	return oldest;
}

static void connect_drone(struct world *world, struct drone *drone)
{
	struct conn *conn = world_take(world, sizeof(*conn));

	conn->world = world;
	conn->next = world->conns;
	world->conns = conn;
	conn->slot = (unsigned)(drone - world->drones);
	conn->state = CONN_NEW;
	conn->reading = world_chance(world, 90);
	conn->max_frame = world->limits.max_frame_bytes;
	conn->connected_us = conn->heard_us = world->now.mono_us;
	conn->endpoint.ops = &flow_endpoint_ops;
	conn->endpoint.ctx = conn;
	conn->endpoint.address[15] = (uint8_t)(1 + world_below(world, FLOW_ADDRESSES));
	conn->serial = ++world->conn_serial;
	if (!world->draining && world_connected(world) < world->limits.max_drones &&
	    world_connected(world) - world_online(world) >= world->limits.max_unregistered) {
		world->displaced = oldest_newcomer(world);
		world_happens(world, HAPPENS_DISPLACED);
	}
	world_trace(world, "%u: connects", conn->slot);
	world_enter(world);
	conn->session = core_attach(world->core, &conn->endpoint);
	if (conn->session) {
		drone->conn = conn;
	}
	FLOW_HOLDS(world, (conn->session == NULL) == (conn->state == CONN_OVER),
		   "turned away without a goodbye, or taken in with one");
	FLOW_HOLDS(world, !world->displaced || world->displaced->state == CONN_OVER,
		   "%u: does not make way", world->displaced->slot);
	world->displaced = NULL;
	world_leave(world);
}

void drone_submit(struct world *world, struct drone *drone)
{
	struct conn *conn = drone->conn;
	enum held_why held = foresee(world, conn, &drone->request);
	enum core_verdict verdict;

	world_trace(world, "%u: request %d ref %u%s", conn->slot, (int)drone->request.kind,
		    drone->request.ref, held ? " (must be held)" : "");
	conn->woken = false;
	conn->resumed = false;
	conn->calling = true;
	world_enter(world);
	verdict = core_request(world->core, conn->session, &drone->request);
	FLOW_HOLDS(world, (verdict == CORE_CLOSED) == (conn->state == CONN_OVER),
		   "%u: verdict %d, but the connection is %s", conn->slot, (int)verdict,
		   conn->state == CONN_OVER ? "over" : "not over");
	FLOW_HOLDS(world, (verdict == CORE_HOLD) == (held != HELD_NOT),
		   "%u: verdict %d, expected %s", conn->slot, (int)verdict,
		   held ? "a hold" : "none");
	conn->calling = false;
	/* it would be lost on a peer that stops reading when it gets the answer */
	FLOW_HOLDS(world, !held || !conn->resumed, "%u: resumed before it was held", conn->slot);
	if (held) {
		conn->held = held;
		world_happens(world, HAPPENS_HELD);
	}
	if (!held) {
		conn->resumed = false;
	}
	world_leave(world);
}

void drone_represent(struct world *world, struct drone *drone)
{
	struct conn *conn = drone->conn;

	if (conn && conn->resumed && conn->held == HELD_NOT) {
		drone_submit(world, drone);
	}
}

void drone_drain(struct world *world, struct conn *conn, size_t left)
{
	if (conn->queue <= left) {
		return;
	}
	conn->queue = left;
	if (conn->queue <= world->limits.output_soft_bytes) {
		conn->over_soft_since_us = 0;
	}
	if (!conn_has_room(conn)) {
		return;
	}
	conn->no_room_since_us = 0;
	conn->waits_since_us = 0;
	world_enter(world);
	core_drained(world->core, conn->session);
	world_leave(world);
	presence_passed(conn);
}

static void detach(struct world *world, struct drone *drone)
{
	struct conn *conn = drone->conn;

	world_trace(world, "%u: breaks", conn->slot);
	conn_over(conn, GOODBYE_CONNECTION_LOST);
	conn->closed = true;
	world_enter(world);
	core_detach(world->core, conn->session);
	world_leave(world);
}

static void malformed(struct world *world, struct conn *conn)
{
	world_trace(world, "%u: malformed", conn->slot);
	conn->tell_over = true;
	world_enter(world);
	core_malformed(world->core, conn->session, "the frame cannot be read");
	FLOW_HOLDS(world, conn->state == CONN_OVER, "a malformed frame is forgiven");
	world_leave(world);
}

static void tell_partial(struct world *world, struct conn *conn, bool partial)
{
	if (partial && !conn->partial) {
		conn->partial_us = world->now.mono_us;
	}
	conn->partial = partial;
	world_enter(world);
	core_partial(world->core, conn->session, partial);
	world_leave(world);
}

void drone_speak(struct world *world, struct drone *drone)
{
	struct conn *conn = drone->conn;

	if (conn && conn->state == CONN_ACTIVE && conn->held == HELD_NOT && !conn->resumed &&
	    !rate_beyond(conn)) {
		drone->request = (struct request){.kind = REQUEST_PONG};
		drone_submit(world, drone);
	}
}

void drone_leave(struct world *world, struct drone *drone, bool orderly)
{
	struct conn *conn = drone->conn;

	if (!conn) {
		return;
	}
	if (orderly && conn->state == CONN_ACTIVE && !conn_silenced(conn) && !conn_listing(conn) &&
	    !conn->resumed && !world->draining && !rate_beyond(conn)) {
		drone->request = (struct request){.kind = REQUEST_LEAVE, .ref = ++conn->last_ref};
		drone_submit(world, drone);
	} else {
		detach(world, drone);
	}
}

/* --------------------------------------------------------------------- one step */

/* What has nothing to do with requests. True: that was its step. */
static bool misbehave(struct world *world, struct drone *drone)
{
	struct conn *conn = drone->conn;
	uint32_t dice = world_below(world, 1000);
	bool away = conn->stay && conn->stay->relayed && !world->lanes[conn->stay->grid->lane].up;

	/* it goes while its message is on its way under an earlier number of the scenario */
	if (dice < 10 || (away && dice < 400)) {
		detach(world, drone);
	} else if (dice < 14) {
		malformed(world, conn);
	} else if (dice < 24) {
		conn->reading = false;
	} else if (dice < 60) {
		conn->reading = true;
	} else if (dice < 70) {
		drone->mute = world_below(world, 60);
	} else if (dice < 74) {
		conn->refuse = true;
	} else if (dice < 100) {
		drone_drain(world, conn, world_below(world, (uint32_t)conn->queue + 1));
	} else {
		return false;
	}
	return true;
}

/* More at once than it may, if there are such limits. */
static void flood(struct world *world, struct drone *drone)
{
	const struct limits *limits = &world->limits;
	uint32_t more = 0;

	if ((limits->rate_messages || limits->rate_bytes) && world_chance(world, 4)) {
		more = world_below(world, 60);
	}
	while (more-- && drone->conn && drone->conn->held == HELD_NOT && !drone->conn->resumed) {
		request_make(world, drone);
	}
}

void drone_act(struct world *world, struct drone *drone)
{
	struct conn *conn = drone->conn;

	if (drone->mute) {
		drone->mute--;
		return;
	}
	if (!conn) {
		connect_drone(world, drone);
		return;
	}
	if (misbehave(world, drone)) {
		return;
	}
	if (conn->held != HELD_NOT) {
		if (world_chance(world, 5)) {
			tell_partial(world, conn, true);
		}
		return;
	}
	if (conn->resumed) {
		drone_submit(world, drone);
	} else {
		request_make(world, drone);
	}
	flood(world, drone);
	if (drone->conn && world_chance(world, 5)) {
		tell_partial(world, drone->conn, world_chance(world, 80));
	}
}
