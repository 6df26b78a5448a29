/* Requests, as a drone writes them. */
#include "drone.pb-c.h"
#include "wire/cold.h"
#include "wire/drone_codec.h"
#include "wire/drone_codec_parts.h"

#define BODY(name) UAV__RELAY__V1__TO_GATEWAY__BODY_##name

/* Room for any text of a request, some more than its documented length: the gateway
 * says what is wrong with one that is too long. Longer ones are not written, for
 * they would be another name when cut. */
struct text {
	char bytes[DESCRIPTION_MAX_BYTES + 1];
};

static bool copy(struct text *room, struct slice text)
{
	return cold_copy_text(room->bytes, sizeof(room->bytes), text);
}

static int write_registration(struct buf *out, const struct request *request)
{
	const struct request_registration *registration = &request->registration;
	Uav__Relay__V1__Registration body = UAV__RELAY__V1__REGISTRATION__INIT;
	struct text id, callsign, software, scenario;

	if (!copy(&id, registration->drone_id) || !copy(&callsign, registration->callsign) ||
	    !copy(&software, registration->software) || !copy(&scenario, registration->scenario)) {
		return -1;
	}
	body.protocol = registration->protocol;
	body.drone_id = id.bytes;
	body.callsign = callsign.bytes;
	body.kind = (Uav__Relay__V1__Kind)registration->kind;
	body.software = software.bytes;
	body.scenario = scenario.bytes;
	body.presence = (Uav__Relay__V1__PresenceWish)registration->presence;
	body.max_frame_bytes = registration->max_frame_bytes;
	return cold_write(out, request->ref, BODY(REGISTRATION), &body.base);
}

static int write_authenticate(struct buf *out, const struct request *request)
{
	Uav__Relay__V1__Authenticate body = UAV__RELAY__V1__AUTHENTICATE__INIT;

	body.proof = cold_bytes(request->proof);
	return cold_write(out, request->ref, BODY(AUTHENTICATE), &body.base);
}

static int write_list_scenarios(struct buf *out, const struct request *request)
{
	Uav__Relay__V1__ListScenarios body = UAV__RELAY__V1__LIST_SCENARIOS__INIT;

	return cold_write(out, request->ref, BODY(LIST_SCENARIOS), &body.base);
}

static int write_choose_scenario(struct buf *out, const struct request *request)
{
	Uav__Relay__V1__ChooseScenario body = UAV__RELAY__V1__CHOOSE_SCENARIO__INIT;
	struct text name;

	if (!copy(&name, request->name)) {
		return -1;
	}
	body.name = name.bytes;
	return cold_write(out, request->ref, BODY(CHOOSE_SCENARIO), &body.base);
}

static int write_list_drones(struct buf *out, const struct request *request)
{
	Uav__Relay__V1__ListDrones body = UAV__RELAY__V1__LIST_DRONES__INIT;
	struct text name;

	if (!copy(&name, request->name)) {
		return -1;
	}
	body.scenario = name.bytes;
	return cold_write(out, request->ref, BODY(LIST_DRONES), &body.base);
}

static int write_rename(struct buf *out, const struct request *request)
{
	Uav__Relay__V1__Rename body = UAV__RELAY__V1__RENAME__INIT;
	struct text name;

	if (!copy(&name, request->name)) {
		return -1;
	}
	body.callsign = name.bytes;
	return cold_write(out, request->ref, BODY(RENAME), &body.base);
}

static int write_join_group(struct buf *out, const struct request *request)
{
	Uav__Relay__V1__JoinGroup body = UAV__RELAY__V1__JOIN_GROUP__INIT;
	struct text name;

	if (!copy(&name, request->name)) {
		return -1;
	}
	body.group = name.bytes;
	return cold_write(out, request->ref, BODY(JOIN_GROUP), &body.base);
}

static int write_leave_group(struct buf *out, const struct request *request)
{
	Uav__Relay__V1__LeaveGroup body = UAV__RELAY__V1__LEAVE_GROUP__INIT;
	struct text name;

	if (!copy(&name, request->name)) {
		return -1;
	}
	body.group = name.bytes;
	return cold_write(out, request->ref, BODY(LEAVE_GROUP), &body.base);
}

static Uav__Relay__V1__Velocity *fill_velocity(Uav__Relay__V1__Velocity *message,
					       const struct state *state)
{
	uav__relay__v1__velocity__init(message);
	message->east_mps = state->velocity.east;
	message->north_mps = state->velocity.north;
	message->up_mps = state->velocity.up;
	return state->has_velocity ? message : NULL;
}

static Uav__Relay__V1__Attitude *fill_attitude(Uav__Relay__V1__Attitude *message,
					       const struct state *state)
{
	uav__relay__v1__attitude__init(message);
	message->roll_deg = state->attitude.roll_deg;
	message->pitch_deg = state->attitude.pitch_deg;
	message->yaw_deg = state->attitude.yaw_deg;
	return state->has_attitude ? message : NULL;
}

static Uav__Relay__V1__Radio *fill_radio(Uav__Relay__V1__Radio *message, const struct state *state)
{
	uav__relay__v1__radio__init(message);
	message->tx_power_dbm = state->radio.tx_power_dbm;
	message->antenna_gain_dbi = state->radio.antenna_gain_dbi;
	message->noise_figure_db = state->radio.noise_figure_db;
	return state->has_radio ? message : NULL;
}

static int write_update_state(struct buf *out, const struct request *request)
{
	const struct state *state = &request->state;
	Uav__Relay__V1__UpdateState body = UAV__RELAY__V1__UPDATE_STATE__INIT;
	struct parts_position_room position;
	Uav__Relay__V1__Velocity velocity;
	Uav__Relay__V1__Attitude attitude;
	Uav__Relay__V1__Radio radio;

	body.position = parts_position_message(&position, &state->position);
	body.velocity = fill_velocity(&velocity, state);
	body.attitude = fill_attitude(&attitude, state);
	body.radio = fill_radio(&radio, state);
	body.at_us = state->at_us;
	return cold_write(out, request->ref, BODY(UPDATE_STATE), &body.base);
}

static int write_ping(struct buf *out, const struct request *request)
{
	Uav__Relay__V1__Ping body = UAV__RELAY__V1__PING__INIT;

	body.nonce = request->ping.nonce;
	body.time_us = request->ping.time_us;
	return cold_write(out, request->ref, BODY(PING), &body.base);
}

static int write_pong(struct buf *out, const struct request *request)
{
	Uav__Relay__V1__Pong body = UAV__RELAY__V1__PONG__INIT;

	body.nonce = request->ping.nonce;
	body.time_us = request->ping.time_us;
	return cold_write(out, request->ref, BODY(PONG), &body.base);
}

static int write_leave(struct buf *out, const struct request *request)
{
	Uav__Relay__V1__Leave body = UAV__RELAY__V1__LEAVE__INIT;

	return cold_write(out, request->ref, BODY(LEAVE), &body.base);
}

static int write_send(struct buf *out, const struct request *request)
{
	return hot_write_send(out, request->ref, &request->send);
}

int drone_write_request(struct buf *out, const struct request *request)
{
	static int (*const writers[REQUEST_COUNT])(struct buf *, const struct request *) = {
		[REQUEST_REGISTRATION] = write_registration,
		[REQUEST_AUTHENTICATE] = write_authenticate,
		[REQUEST_LIST_SCENARIOS] = write_list_scenarios,
		[REQUEST_CHOOSE_SCENARIO] = write_choose_scenario,
		[REQUEST_LIST_DRONES] = write_list_drones,
		[REQUEST_RENAME] = write_rename,
		[REQUEST_JOIN_GROUP] = write_join_group,
		[REQUEST_LEAVE_GROUP] = write_leave_group,
		[REQUEST_UPDATE_STATE] = write_update_state,
		[REQUEST_SEND] = write_send,
		[REQUEST_PING] = write_ping,
		[REQUEST_PONG] = write_pong,
		[REQUEST_LEAVE] = write_leave,
	};

	if (request->kind >= REQUEST_COUNT || !writers[request->kind]) {
		return -1;
	}
	return writers[request->kind](out, request);
}
