/* What a request must lead to, said before the core is asked. */
#include "world.h"

void expect_error(struct conn *conn, uint32_t ref, enum error_code code)
{
	conn_expect(conn, REPLY_ERROR, ref)->code = code;
}

static void expect_done(struct conn *conn, uint32_t ref)
{
	if (ref) {
		conn_expect(conn, REPLY_DONE, ref);
	}
}

/* As far as the fake drones go wrong. */
bool name_could_be(struct slice name)
{
	for (size_t i = 0; i < name.size; i++) {
		if (name.data[i] <= ' ' || name.data[i] == '!' || name.data[i] > 'z') {
			return false;
		}
	}
	return name.size >= 1 && name.size <= NAME_MAX_BYTES;
}

/* The fake drones' only bad callsigns hold a control character or are too long. */
bool callsign_could_be(struct slice callsign)
{
	size_t points = 0;

	for (size_t i = 0; i < callsign.size; i++) {
		points += (callsign.data[i] & 0xc0) != 0x80;
	}
	return points <= CALLSIGN_MAX_POINTS && (callsign.size == 0 || callsign.data[0] >= ' ');
}

/* -------------------------------------------------------------------- scenarios */

void foresee_entering(struct conn *conn, struct slice name, uint32_t ref, bool tell)
{
	const struct world *world = conn->world;
	uint32_t place = place_named(world, name);

	if (name.size && !place) {
		expect_error(conn, ref, ERROR_NO_SUCH_SCENARIO);
		return;
	}
	if (place && !access_may_enter(world, conn, place)) {
		expect_error(conn, ref, ERROR_SCENARIO_NOT_ALLOWED);
		return;
	}
	if (place && world->places[place].grid->status == STATUS_REFUSED) {
		expect_error(conn, ref, ERROR_SCENARIO_UNAVAILABLE);
		return;
	}
	if (place && place != conn->place &&
	    world_members(world, place) >= place_config(world, place)->max_drones) {
		expect_error(conn, ref, ERROR_SCENARIO_FULL);
		return;
	}
	if (place != conn->place) {
		stay_move(conn, place);
	}
	if (tell) {
		conn_expect(conn, REPLY_CHOSEN, ref);
	}
}

static void foresee_list(struct world *world, struct conn *conn, const struct request *request)
{
	bool drones = request->kind == REQUEST_LIST_DRONES;
	uint32_t place = drones ? place_named(world, request->name) : 0;
	struct reply *reply;

	if (drones && request->name.size && !place) {
		expect_error(conn, request->ref, ERROR_NO_SUCH_SCENARIO);
	} else if (request->ref) {
		reply = conn_expect(conn, drones ? REPLY_DRONES : REPLY_SCENARIOS, request->ref);
		reply->place = place;
		reply->since = world->moment + 1;
		memset(conn->listed, 0, sizeof(conn->listed));
	}
}

static void take_state(struct conn *conn, const struct state *state)
{
	if (state->position.frame != POSITION_UNKNOWN) {
		conn->position = state->position;
	}
	if (state->has_velocity) {
		conn->has_velocity = true;
		conn->velocity_east = state->velocity.east;
	}
	if (state->has_radio) {
		conn->has_radio = true;
		conn->tx_power_dbm = state->radio.tx_power_dbm;
	}
}

static void foresee_state(struct world *world, struct conn *conn, const struct request *request)
{
	const struct position *position = &request->state.position;

	if (position->frame == POSITION_GEODETIC &&
	    (position->geodetic.latitude_e7 > 900000000 ||
	     position->geodetic.longitude_e7 > 1800000000)) {
		expect_error(conn, request->ref, ERROR_BAD_REQUEST);
		return;
	}
	if (position->frame == POSITION_GEODETIC && conn->place &&
	    !place_config(world, conn->place)->has_origin) {
		expect_error(conn, request->ref, ERROR_NO_ORIGIN);
		return;
	}
	take_state(conn, &request->state);
	expect_done(conn, request->ref);
}

/* ---------------------------------------------------------------- names and groups */

static void foresee_rename(struct world *world, struct conn *conn, const struct request *request)
{
	struct slice wanted = request->name.size ? request->name : text_slice(&conn->id);

	if (!callsign_could_be(request->name)) {
		expect_error(conn, request->ref, ERROR_BAD_NAME);
		return;
	}
	if (world_callsign_taken(world, wanted, text_slice(&conn->id), conn)) {
		expect_error(conn, request->ref, ERROR_NAME_TAKEN);
		return;
	}
	if (!slice_equal(wanted, text_slice(&conn->callsign))) {
		conn->callsign = text_of(wanted);
		presence_change(world, conn, PRESENCE_WHAT_RENAMED, conn->place, conn->place);
		world_happens(world, HAPPENS_RENAMED);
	}
	expect_done(conn, request->ref);
}

static void join(struct world *world, struct conn *conn, const struct request *request)
{
	struct stay *stay = conn->stay;

	if (stay_in_group(stay, request->name)) {
		expect_done(conn, request->ref);
	} else if (stay->group_count >= world->limits.max_groups_per_drone) {
		expect_error(conn, request->ref, ERROR_TOO_MANY_GROUPS);
	} else {
		stay->groups[stay->group_count++] = world_keep(world, request->name);
		world_happens(world, HAPPENS_JOINED);
		expect_done(conn, request->ref);
	}
}

static void leave(struct world *world, struct conn *conn, const struct request *request)
{
	struct stay *stay = conn->stay;

	for (uint32_t i = 0; i < stay->group_count; i++) {
		if (slice_equal(stay->groups[i], request->name)) {
			stay->groups[i] = stay->groups[--stay->group_count];
			world_happens(world, HAPPENS_LEFT_GROUP);
			break;
		}
	}
	expect_done(conn, request->ref);
}

static void foresee_group(struct world *world, struct conn *conn, const struct request *request)
{
	if (!name_could_be(request->name)) {
		expect_error(conn, request->ref, ERROR_BAD_NAME);
	} else if (!conn->stay) {
		expect_error(conn, request->ref, ERROR_NO_SCENARIO);
	} else if (request->kind == REQUEST_JOIN_GROUP) {
		join(world, conn, request);
	} else {
		leave(world, conn, request);
	}
}

/* ----------------------------------------------------------------------- all of them */

static enum held_why foresee_handled(struct world *world, struct conn *conn,
				     const struct request *request)
{
	switch (request->kind) {
	case REQUEST_REFUSED:
		expect_error(conn, request->ref, request->refused.code);
		break;
	case REQUEST_REGISTRATION:
		foresee_registration(world, conn, request);
		break;
	case REQUEST_LIST_SCENARIOS:
	case REQUEST_LIST_DRONES:
		foresee_list(world, conn, request);
		break;
	case REQUEST_CHOOSE_SCENARIO:
		foresee_entering(conn, request->name, request->ref, request->ref != 0);
		break;
	case REQUEST_RENAME:
		foresee_rename(world, conn, request);
		break;
	case REQUEST_JOIN_GROUP:
	case REQUEST_LEAVE_GROUP:
		foresee_group(world, conn, request);
		break;
	case REQUEST_UPDATE_STATE:
		foresee_state(world, conn, request);
		break;
	case REQUEST_SEND:
		return foresee_send(world, conn, request);
	case REQUEST_PING:
		conn_expect(conn, REPLY_PONG, request->ref);
		break;
	case REQUEST_PONG:
		break;
	case REQUEST_LEAVE:
		conn_expect(conn, REPLY_GOODBYE, request->ref);
		break;
	case REQUEST_NOTHING:
	case REQUEST_ASIDE: /* no drone of this world has a front that asks so */
		break;
	case REQUEST_AUTHENTICATE:
	case REQUEST_COUNT:
		foresee_authenticate(world, conn, request);
		break;
	}
	return HELD_NOT;
}

/* Who is asked for its id and speaks keeps it. */
static void foresee_refusal(struct conn *holder)
{
	struct conn *asker = holder->rival;

	holder->rival = NULL;
	asker->rival = NULL;
	asker->state = CONN_NEW;
	asker->partial_us = holder->world->now.mono_us;
	expect_error(asker, asker->wanted_ref, ERROR_NAME_TAKEN);
}

/* The lane that this request would make the gateway write to and that takes no more;
 * FLOW_LANES: none. */
static uint32_t silent_lane(const struct world *world, const struct conn *conn,
			    const struct request *request)
{
	uint32_t place =
		request->kind == REQUEST_CHOOSE_SCENARIO ? place_named(world, request->name) : 0;
	uint32_t lane;

	if (request->kind != REQUEST_CHOOSE_SCENARIO && request->kind != REQUEST_UPDATE_STATE) {
		return FLOW_LANES;
	}
	if (place) {
		lane = world->places[place].grid->lane;
		if (world->lanes[lane].up && world->lanes[lane].full) {
			return lane;
		}
	}
	if (conn->stay) {
		lane = conn->stay->grid->lane;
		if (world->lanes[lane].up && world->lanes[lane].full) {
			return lane;
		}
	}
	return FLOW_LANES;
}

static bool too_early(const struct conn *conn, enum request_kind kind)
{
	bool proving = conn->state == CONN_PROVING && kind == REQUEST_AUTHENTICATE;

	return (conn->state == CONN_NEW || conn->state == CONN_PROVING) &&
	       kind != REQUEST_REGISTRATION && !proving;
}

static enum held_why foresee_performed(struct world *world, struct conn *conn,
				       const struct request *request)
{
	uint32_t lane = silent_lane(world, conn, request);

	if (lane != FLOW_LANES && !conn->woken) {
		conn->held_lane = lane;
		return HELD_SIMULATOR;
	}
	return foresee_handled(world, conn, request);
}

enum held_why foresee(struct world *world, struct conn *conn, const struct request *request)
{
	enum held_why held;
	bool refused;

	if (world->draining) {
		conn->heard_us = world->now.mono_us;
		if (conn->state == CONN_ACTIVE && conn->rival) {
			foresee_refusal(conn);
		}
		if (request->kind == REQUEST_PONG) {
			conn->partial = false;
			return HELD_NOT;
		}
		return HELD_DRAINING;
	}
	if (conn->state == CONN_ASKING) {
		return HELD_ASKING;
	}
	if (conn->state == CONN_DENIED) {
		return HELD_DENIED;
	}
	if (conn_listing(conn)) {
		return HELD_LISTING;
	}
	conn->heard_us = world->now.mono_us;
	conn->partial = false;
	if (conn->state == CONN_ACTIVE && conn->rival) {
		foresee_refusal(conn);
	}
	if (too_early(conn, request->kind)) {
		expect_error(conn, request->ref,
			     request->kind == REQUEST_REFUSED ? request->refused.code
							      : ERROR_NOT_REGISTERED);
		conn->tell_over = true;
		return HELD_NOT;
	}
	if (conn->state != CONN_ACTIVE) {
		return foresee_handled(world, conn, request);
	}
	held = foresee_rate(conn, request, &refused);
	if (held || refused) {
		return held;
	}
	held = foresee_performed(world, conn, request);
	if (!held) {
		rate_count(conn, request);
	}
	return held;
}
