/* What drones do. Most of it is sensible, so that traffic flows; the rest is what the
 * gateway must survive. */
#include <stdio.h>

#include "world.h"

/* ------------------------------------------------------------------ connections */

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
	world_trace(world, "%u: connects", conn->slot);
	world_enter(world);
	conn->session = core_attach(world->core, &conn->endpoint);
	if (conn->session) {
		drone->conn = conn;
	}
	FLOW_HOLDS(world, (conn->session == NULL) == (conn->state == CONN_OVER),
		   "turned away without a goodbye, or taken in with one");
	world_leave(world);
}

static void submit(struct world *world, struct drone *drone)
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
		world->tally->held++;
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
		submit(world, drone);
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

/* -------------------------------------------------------------------- requests */

static struct slice put_text(struct drone *drone, unsigned place, const char *format,
			     unsigned number)
{
	struct text *text = &drone->texts[place];
	int size = snprintf(text->bytes, sizeof(text->bytes), format, number);

	text->size = (uint8_t)size;
	return slice_of(text->bytes, text->size);
}

static struct slice put_id(struct world *world, struct drone *drone, unsigned place,
			   unsigned own_percent)
{
	unsigned slot = (unsigned)(drone - world->drones);

	if (!world_chance(world, own_percent)) {
		slot = world_below(world, world->drone_count);
	}
	return put_text(drone, place, "uav%u", slot);
}

static struct slice put_bad_name(struct world *world, struct drone *drone, unsigned place)
{
	static const char *const names[] = {
		"", "no spaces", "exclaim!", "123456789012345678901234567890123", "caf\xc3\xa9",
	};

	return put_text(drone, place, names[world_below(world, 5)], 0);
}

static struct slice put_callsign(struct world *world, struct drone *drone)
{
	switch (world_below(world, 20)) {
	case 0:
		return put_text(drone, 1, "\001 bell", 0);
	case 1:
		return put_text(drone, 1, "%040u", 7);
	case 2:
	case 3:
		return put_id(world, drone, 1, 30);
	case 4:
	case 5:
	case 6:
	case 7:
		return put_text(drone, 1, "call %u", world_below(world, FLOW_CALLSIGNS));
	default:
		return slice_of(NULL, 0);
	}
}

static struct slice put_scenario(struct world *world, struct drone *drone, unsigned place)
{
	if (world_chance(world, 5)) {
		return put_text(drone, place, "nowhere%u", 1);
	}
	/* the first has most of the traffic */
	return put_text(drone, place, "scenario%u",
			world_chance(world, 60) ? 1 : 1 + world_below(world, FLOW_SCENARIOS));
}

static void make_registration(struct world *world, struct drone *drone)
{
	struct request_registration *registration = &drone->request.registration;

	drone->request.kind = REQUEST_REGISTRATION;
	*registration = (struct request_registration){
		.protocol = world_chance(world, 97) ? 1 + world_below(world, 3) : 0,
		.drone_id = world_chance(world, 95) ? put_id(world, drone, 0, 80)
						    : put_bad_name(world, drone, 0),
		.callsign = put_callsign(world, drone),
		.software =
			world_chance(world, 98) ? slice_str("flow") : slice_of(drone->payload, 65),
		.kind = (enum drone_kind)world_below(world, 2),
		.presence = world_chance(world, 60) ? PRESENCE_WISH_ALL
						    : (enum presence_wish)world_below(world, 3),
		.max_frame_bytes = world_chance(world, 70) ? 0 : 700 + world_below(world, 3000),
	};
	if (world_chance(world, 60)) {
		registration->scenario = put_scenario(world, drone, 2);
	}
}

static size_t payload_size(struct world *world)
{
	uint32_t most = limits_max_payload(world->limits.max_frame_bytes);

	switch (world_below(world, 20)) {
	case 0:
		return 0;
	case 1:
		return world_below(world, 8);
	case 2:
		return most + world_below(world, 3);
	case 3:
	case 4:
		return world_below(world, most < 4000 ? most : 4000);
	default:
		return 8 + world_below(world, 200);
	}
}

static void make_send(struct world *world, struct drone *drone)
{
	struct request_send *send = &drone->request.send;
	uint64_t uid = ++world->uids;

	memcpy(drone->payload, &uid, sizeof(uid));
	drone->request.kind = REQUEST_SEND;
	*send = (struct request_send){
		.to = SEND_TO_DRONE,
		.payload = slice_of(drone->payload, payload_size(world)),
		.content_type =
			world_chance(world, 30) ? slice_str("text/plain") : slice_of(NULL, 0),
		.report = (enum report_wish)world_below(world, 3),
	};
	switch (world_below(world, 40)) {
	case 0:
		send->to = SEND_TO_NOBODY;
		break;
	case 1:
		send->to = SEND_TO_GROUP;
		send->name = slice_str("wing");
		break;
	case 2:
		send->content_type = slice_of(drone->payload, 65);
		send->name = put_id(world, drone, 0, 0);
		break;
	case 3:
		send->name = world_chance(world, 50) ? put_text(drone, 0, "stranger%u", 1)
						     : put_bad_name(world, drone, 0);
		break;
	default:
		if (world_chance(world, 35)) {
			send->to = SEND_TO_EVERYONE;
		} else {
			send->name = put_id(world, drone, 0, 4);
		}
		break;
	}
}

static void make_state(struct world *world, struct drone *drone)
{
	struct state *state = &drone->request.state;

	drone->request.kind = REQUEST_UPDATE_STATE;
	*state = (struct state){.has_velocity = world_chance(world, 50)};
	switch (world_below(world, 4)) {
	case 0:
		state->position.frame = POSITION_GEODETIC;
		state->position.geodetic = (struct geodetic){
			.latitude_e7 = world_chance(world, 90) ? 473977000 : 900000001,
			.longitude_e7 = 85461000,
			.altitude_mm = (int32_t)world_below(world, 100000),
		};
		break;
	case 1:
	case 2:
		state->position.frame = POSITION_LOCAL;
		state->position.local = (struct vector){
			.east = (float)world_below(world, 1000),
			.up = (float)world_below(world, 100),
		};
		break;
	default:
		break;
	}
}

static void make_refused(struct world *world, struct drone *drone)
{
	static const enum error_code codes[] = {ERROR_UNKNOWN_REQUEST, ERROR_BAD_REQUEST};

	drone->request.kind = REQUEST_REFUSED;
	drone->request.refused = (struct request_refused){
		.code = codes[world_below(world, 2)],
		.message = "not one of this version",
	};
}

static void make_unsupported(struct world *world, struct drone *drone)
{
	static const enum request_kind kinds[] = {REQUEST_AUTHENTICATE, REQUEST_RENAME,
						  REQUEST_JOIN_GROUP, REQUEST_LEAVE_GROUP};

	drone->request.kind = kinds[world_below(world, 4)];
	drone->request.name = slice_str("x");
}

static void make_list(struct world *world, struct drone *drone)
{
	drone->request.kind = REQUEST_LIST_DRONES;
	if (world_chance(world, 50)) {
		drone->request.name = put_scenario(world, drone, 0);
	}
}

static void make_choice(struct world *world, struct drone *drone)
{
	drone->request.kind = REQUEST_CHOOSE_SCENARIO;
	if (!world_chance(world, 10)) {
		drone->request.name = put_scenario(world, drone, 0);
	}
}

static void make_ping(struct world *world, struct drone *drone)
{
	drone->request.kind = world_chance(world, 50) ? REQUEST_PING : REQUEST_PONG;
	drone->request.ping.nonce = drone->request.ref + 7ull;
}

static void make_request(struct world *world, struct drone *drone)
{
	struct conn *conn = drone->conn;
	uint32_t dice = world_below(world, 100);
	uint32_t ref = world_chance(world, 85) ? ++conn->last_ref : 0;

	drone->request = (struct request){.ref = ref};
	if (conn->state != CONN_ACTIVE ? dice < 96 : dice < 2) {
		make_registration(world, drone);
	} else if (dice < 10 || (!conn->scenario && dice < 60)) {
		make_choice(world, drone);
	} else if (dice < 70) {
		make_send(world, drone);
	} else if (dice < 78) {
		make_state(world, drone);
	} else if (dice < 82) {
		drone->request.kind = REQUEST_LIST_SCENARIOS;
	} else if (dice < 87) {
		make_list(world, drone);
	} else if (dice < 95) {
		make_ping(world, drone);
	} else if (dice < 97) {
		make_refused(world, drone);
	} else if (dice < 99) {
		make_unsupported(world, drone);
	} else {
		drone->request.kind = REQUEST_LEAVE;
	}
	submit(world, drone);
}

void drone_speak(struct world *world, struct drone *drone)
{
	struct conn *conn = drone->conn;

	if (conn && conn->state == CONN_ACTIVE && conn->held == HELD_NOT && !conn->resumed) {
		drone->request = (struct request){.kind = REQUEST_PONG};
		submit(world, drone);
	}
}

void drone_leave(struct world *world, struct drone *drone, bool orderly)
{
	struct conn *conn = drone->conn;

	if (!conn) {
		return;
	}
	if (orderly && conn->state == CONN_ACTIVE && !conn_silenced(conn) && !conn_listing(conn) &&
	    !conn->resumed && !world->draining) {
		drone->request = (struct request){.kind = REQUEST_LEAVE, .ref = ++conn->last_ref};
		submit(world, drone);
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

	if (dice < 10) {
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
		submit(world, drone);
	} else {
		make_request(world, drone);
	}
	if (drone->conn && world_chance(world, 5)) {
		tell_partial(world, drone->conn, world_chance(world, 80));
	}
}
