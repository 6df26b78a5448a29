/* What a request must lead to, said before the core is asked. */
#include "core/state.h"
#include "world.h"

enum { MAX_FRAME_LEAST_BYTES = 768, DELIVERY_AROUND_BYTES = 64 + 128, SLOT_BYTES = 160 };

static void expect_error(struct conn *conn, uint32_t ref, enum error_code code)
{
	conn_expect(conn, REPLY_ERROR, ref)->code = code;
}

/* ------------------------------------------------------------ the simulator's window */

static uint32_t woken(const struct world *world)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < world->drone_count; i++) {
		count += world->drones[i].conn && world->drones[i].conn->woken;
	}
	return count;
}

bool simulator_full(const struct world *world)
{
	return world->sim.channel_count + woken(world) >= world->simulator.max_in_flight ||
	       (world->sim.up && world->sim.full);
}

bool held_for_simulator(const struct world *world)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *conn = world->drones[i].conn;

		if (conn && conn->held == HELD_SIMULATOR) {
			return true;
		}
	}
	return false;
}

/* -------------------------------------------------------------------------- send */

static enum error_code send_error(const struct world *world, const struct conn *conn,
				  const struct request_send *send)
{
	if (send->to == SEND_TO_NOBODY || send->content_type.size > CONTENT_TYPE_MAX_BYTES) {
		return ERROR_BAD_REQUEST;
	}
	if (send->to == SEND_TO_GROUP) {
		return ERROR_UNSUPPORTED;
	}
	if (send->payload.size > limits_max_payload(world->limits.max_frame_bytes)) {
		return ERROR_PAYLOAD_TOO_LARGE;
	}
	if (!conn->scenario) {
		return ERROR_NO_SCENARIO;
	}
	if (world->sim.scenarios[conn->scenario].status == MODEL_REFUSED) {
		return ERROR_SCENARIO_UNAVAILABLE;
	}
	return ERROR_UNSPECIFIED;
}

/* What keeps the message from this member; UNSPECIFIED: nothing. */
static enum outcome member_fate(const struct world *world, const struct conn *sender,
				const struct conn *target, const struct request_send *send)
{
	size_t size = DELIVERY_AROUND_BYTES + 2u * sender->id.size + target->id.size +
		      send->payload.size + send->content_type.size;

	if (size > target->max_frame) {
		return OUTCOME_TOO_LARGE;
	}
	if (!world->sim.up || world->sim.scenarios[sender->scenario].status != MODEL_ACCEPTED) {
		return OUTCOME_SIMULATOR_DOWN;
	}
	if (world->sim.channel_count >= world->limits.max_in_flight ||
	    world->outside_bytes + world->core->fanout_bytes >= world->limits.max_in_flight_bytes) {
		return OUTCOME_OVERLOADED;
	}
	return OUTCOME_UNSPECIFIED;
}

static enum outcome drone_fate(const struct world *world, const struct conn *sender,
			       const struct conn *target, const struct request_send *send)
{
	if (!target) {
		return OUTCOME_TARGET_OFFLINE;
	}
	if (target == sender) {
		return OUTCOME_NOT_ALLOWED;
	}
	if (target->scenario != sender->scenario) {
		return OUTCOME_NO_ROUTE;
	}
	return member_fate(world, sender, target, send);
}

static struct slice keep(struct world *world, struct slice bytes)
{
	uint8_t *copy = world_take(world, bytes.size + 1);

	if (bytes.size) {
		memcpy(copy, bytes.data, bytes.size);
	}
	return slice_of(copy, bytes.size);
}

static bool could_be_id(struct slice name)
{
	for (size_t i = 0; i < name.size; i++) {
		if (name.data[i] <= ' ' || name.data[i] == '!' || name.data[i] > 'z') {
			return false;
		}
	}
	return name.size >= 1 && name.size <= NAME_MAX_BYTES;
}

static void foresee_target(struct world *world, struct parcel *message, struct conn *target,
			   struct slice id, enum outcome fate)
{
	struct target *added = parcel_add(message, target, id);

	world->want.accepted++;
	world->want.pending++;
	if (fate == OUTCOME_UNSPECIFIED) {
		message->expect_transmit = true;
	} else {
		parcel_decide(world, message, added, fate, REASON_NONE);
	}
}

static void foresee_one(struct world *world, struct conn *conn, const struct request *request)
{
	const struct request_send *send = &request->send;
	struct conn *target = world_by_id(world, send->name);
	struct parcel *message = parcel_new(world, conn, request, 1);
	struct slice id = could_be_id(send->name) ? keep(world, send->name) : slice_of(NULL, 0);

	foresee_target(world, message, target, id, drone_fate(world, conn, target, send));
	world->sending = message;
}

static void foresee_everyone(struct world *world, struct conn *conn, const struct request *request)
{
	struct parcel *message = parcel_new(world, conn, request, world->drone_count);

	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *member = world->drones[i].conn;

		if (member && member != conn && member->scenario == conn->scenario) {
			foresee_target(world, message, member, text_slice(&member->id),
				       member_fate(world, conn, member, &request->send));
		}
	}
	world->sending = message;
}

bool conn_report_waits(const struct conn *conn)
{
	for (uint32_t i = 0; i < conn->reply_count; i++) {
		const struct reply *reply = &conn->replies[i];

		if (reply->kind == REPLY_SEND && reply->message->many &&
		    !reply->message->in_channel) {
			return true;
		}
	}
	return false;
}

static enum held_why foresee_send(struct world *world, struct conn *conn,
				  const struct request *request)
{
	enum error_code code = send_error(world, conn, &request->send);
	struct parcel *message;

	if (code != ERROR_UNSPECIFIED) {
		expect_error(conn, request->ref, code);
		return HELD_NOT;
	}
	if (conn->in_flight >= world->limits.max_in_flight_per_drone || conn_report_waits(conn)) {
		return HELD_WINDOW;
	}
	if (!conn->woken && world->sim.up && (simulator_full(world) || held_for_simulator(world))) {
		return HELD_SIMULATOR;
	}
	world->want.sends++;
	if (request->send.to == SEND_TO_DRONE) {
		foresee_one(world, conn, request);
	} else {
		foresee_everyone(world, conn, request);
	}
	message = world->sending;
	message->content_type = keep(world, message->content_type);
	if (message->wish != REPORT_WISH_NONE) {
		conn_expect(conn, REPLY_SEND, request->ref)->message = message;
	}
	/* what is decided already is in flight until it is reported, if to many */
	conn->in_flight +=
		message->expect_transmit || (message->many && message->wish != REPORT_WISH_NONE);
	return HELD_NOT;
}

/* ----------------------------------------------------------------- registration */

static enum error_code registration_error(const struct world *world,
					  const struct request_registration *registration)
{
	if (!could_be_id(registration->drone_id)) {
		return ERROR_BAD_ID;
	}
	/* the fake drones' only bad callsigns hold a control character or are too long */
	if (registration->callsign.size > CALLSIGN_MAX_POINTS ||
	    (registration->callsign.size && registration->callsign.data[0] < ' ')) {
		return ERROR_BAD_NAME;
	}
	if (registration->software.size > CONTENT_TYPE_MAX_BYTES ||
	    (registration->max_frame_bytes &&
	     registration->max_frame_bytes < MAX_FRAME_LEAST_BYTES)) {
		return ERROR_BAD_REQUEST;
	}
	if (world_callsign_taken(world, registration->callsign, registration->drone_id,
				 world_by_id(world, registration->drone_id))) {
		return ERROR_NAME_TAKEN;
	}
	return ERROR_UNSPECIFIED;
}

static void foresee_registration(struct world *world, struct conn *conn,
				 const struct request *request)
{
	const struct request_registration *registration = &request->registration;
	struct conn *holder = world_by_id(world, registration->drone_id);
	enum error_code code = registration_error(world, registration);
	bool same_address;

	if (conn->state == CONN_ACTIVE) {
		code = ERROR_ALREADY_REGISTERED;
	} else if (registration->protocol == 0) {
		code = ERROR_UNSUPPORTED_PROTOCOL;
		conn->tell_over = true;
	}
	same_address = holder && memcmp(holder->endpoint.address, conn->endpoint.address,
					ENDPOINT_ADDRESS_BYTES) == 0;
	if (code == ERROR_UNSPECIFIED && holder && !same_address && holder->rival) {
		code = ERROR_NAME_TAKEN;
	}
	if (code != ERROR_UNSPECIFIED) {
		expect_error(conn, request->ref, code);
		return;
	}
	conn->wanted_ref = request->ref;
	conn->wanted_id = text_of(registration->drone_id);
	conn->wanted_callsign = text_of(registration->callsign);
	conn->wanted_scenario = text_of(registration->scenario);
	conn->wanted_presence = registration->presence;
	conn->wanted_max_frame = registration->max_frame_bytes;
	if (!holder || same_address) {
		conn->will_register = true;
		conn->may_ask = holder && holder->rival;
		conn_expect(conn, REPLY_WELCOME, request->ref);
		return;
	}
	conn->state = CONN_ASKING;
	conn->asked_us = world->now.mono_us;
	conn->rival = holder;
	holder->rival = conn;
}

/* -------------------------------------------------------------------- the others */

static uint32_t scenario_named(const struct world *world, struct slice name)
{
	for (uint32_t i = 1; i <= FLOW_SCENARIOS; i++) {
		if (slice_equal(name, slice_str(world->sim.scenarios[i].name))) {
			return i;
		}
	}
	return 0;
}

static void move(struct conn *conn, uint32_t scenario)
{
	struct world *world = conn->world;

	if (!world_renote(world, conn, scenario)) {
		world_note(world, conn, PRESENCE_WHAT_SCENARIO, GOODBYE_UNSPECIFIED, conn->scenario,
			   scenario);
	}
	conn->scenario = scenario;
	conn->membership = scenario ? ++world->memberships : 0;
	conn->member_since = world->moment;
	conn->sequence = 0;
}

void foresee_entering(struct conn *conn, struct slice name, uint32_t ref, bool tell)
{
	const struct world *world = conn->world;
	uint32_t scenario = scenario_named(world, name);

	if (name.size && !scenario) {
		expect_error(conn, ref, ERROR_NO_SUCH_SCENARIO);
		return;
	}
	if (scenario && world->sim.scenarios[scenario].status == MODEL_REFUSED) {
		expect_error(conn, ref, ERROR_SCENARIO_UNAVAILABLE);
		return;
	}
	if (scenario && scenario != conn->scenario &&
	    world_members(world, scenario) >= world->configs[scenario - 1].max_drones) {
		expect_error(conn, ref, ERROR_SCENARIO_FULL);
		return;
	}
	if (scenario != conn->scenario) {
		move(conn, scenario);
	}
	if (tell) {
		conn_expect(conn, REPLY_CHOSEN, ref);
	}
}

static void foresee_list(struct world *world, struct conn *conn, const struct request *request)
{
	bool drones = request->kind == REQUEST_LIST_DRONES;
	uint32_t scenario = drones ? scenario_named(world, request->name) : 0;
	struct reply *reply;

	if (drones && request->name.size && !scenario) {
		expect_error(conn, request->ref, ERROR_NO_SUCH_SCENARIO);
	} else if (request->ref) {
		reply = conn_expect(conn, drones ? REPLY_DRONES : REPLY_SCENARIOS, request->ref);
		reply->scenario = scenario;
		reply->since = world->moment + 1;
		memset(conn->listed, 0, sizeof(conn->listed));
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
	if (position->frame == POSITION_GEODETIC && conn->scenario &&
	    !world->configs[conn->scenario - 1].has_origin) {
		expect_error(conn, request->ref, ERROR_NO_ORIGIN);
		return;
	}
	if (position->frame != POSITION_UNKNOWN) {
		conn->position = *position;
	}
	if (request->ref) {
		conn_expect(conn, REPLY_DONE, request->ref);
	}
}

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
	default:
		expect_error(conn, request->ref, ERROR_UNSUPPORTED);
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

enum held_why foresee(struct world *world, struct conn *conn, const struct request *request)
{
	if (world->draining) {
		return HELD_DRAINING;
	}
	if (conn->state == CONN_ASKING) {
		return HELD_ASKING;
	}
	if (conn_listing(conn)) {
		return HELD_LISTING;
	}
	conn->heard_us = world->now.mono_us;
	conn->partial = false;
	if (conn->state == CONN_ACTIVE && conn->rival) {
		foresee_refusal(conn);
	}
	if (conn->state == CONN_NEW && request->kind != REQUEST_REGISTRATION) {
		expect_error(conn, request->ref,
			     request->kind == REQUEST_REFUSED ? request->refused.code
							      : ERROR_NOT_REGISTERED);
		conn->tell_over = true;
		return HELD_NOT;
	}
	if ((request->kind == REQUEST_CHOOSE_SCENARIO ||
	     (request->kind == REQUEST_UPDATE_STATE && conn->scenario)) &&
	    !conn->woken && world->sim.up && world->sim.full) {
		return HELD_SIMULATOR;
	}
	return foresee_handled(world, conn, request);
}
