/* Requests, as the gateway reads them. The envelope gives ref and body; the body's
 * row says how it is read. */
#include "wire/drone_codec.h"

#include "drone.pb-c.h"
#include "wire/drone_codec_parts.h"
#include "wire/schema.h"

/* The message given is of the row's descriptor. */
static void take_registration(const void *message, struct request *request)
{
	const Uav__Relay__V1__Registration *body = message;

	request->registration = (struct request_registration){
		.protocol = body->protocol,
		.drone_id = slice_str(body->drone_id),
		.callsign = slice_str(body->callsign),
		.software = slice_str(body->software),
		.scenario = slice_str(body->scenario),
		.kind = (enum drone_kind)body->kind,
		.presence = (enum presence_wish)body->presence,
		.max_frame_bytes = body->max_frame_bytes,
	};
}

static void take_authenticate(const void *message, struct request *request)
{
	const Uav__Relay__V1__Authenticate *body = message;

	request->proof = slice_of(body->proof.data, body->proof.len);
}

static void take_choose_scenario(const void *message, struct request *request)
{
	const Uav__Relay__V1__ChooseScenario *body = message;

	request->name = slice_str(body->name);
}

static void take_list_drones(const void *message, struct request *request)
{
	const Uav__Relay__V1__ListDrones *body = message;

	request->name = slice_str(body->scenario);
}

static void take_rename(const void *message, struct request *request)
{
	const Uav__Relay__V1__Rename *body = message;

	request->name = slice_str(body->callsign);
}

static void take_join_group(const void *message, struct request *request)
{
	const Uav__Relay__V1__JoinGroup *body = message;

	request->name = slice_str(body->group);
}

static void take_leave_group(const void *message, struct request *request)
{
	const Uav__Relay__V1__LeaveGroup *body = message;

	request->name = slice_str(body->group);
}

static void take_velocity(const Uav__Relay__V1__Velocity *velocity, struct state *state)
{
	state->has_velocity = true;
	state->velocity = (struct vector){
		.east = velocity->east_mps,
		.north = velocity->north_mps,
		.up = velocity->up_mps,
	};
}

static void take_attitude(const Uav__Relay__V1__Attitude *attitude, struct state *state)
{
	state->has_attitude = true;
	state->attitude = (struct attitude){
		.roll_deg = attitude->roll_deg,
		.pitch_deg = attitude->pitch_deg,
		.yaw_deg = attitude->yaw_deg,
	};
}

static void take_radio(const Uav__Relay__V1__Radio *radio, struct state *state)
{
	state->has_radio = true;
	state->radio = (struct radio){
		.tx_power_dbm = radio->tx_power_dbm,
		.antenna_gain_dbi = radio->antenna_gain_dbi,
		.noise_figure_db = radio->noise_figure_db,
	};
}

static void take_update_state(const void *message, struct request *request)
{
	const Uav__Relay__V1__UpdateState *body = message;
	struct state *state = &request->state;

	*state = (struct state){.position = parts_position(body->position), .at_us = body->at_us};
	if (body->velocity) {
		take_velocity(body->velocity, state);
	}
	if (body->attitude) {
		take_attitude(body->attitude, state);
	}
	if (body->radio) {
		take_radio(body->radio, state);
	}
}

static void take_ping(const void *message, struct request *request)
{
	const Uav__Relay__V1__Ping *body = message;

	request->ping = (struct ping){.nonce = body->nonce, .time_us = body->time_us};
}

static void take_pong(const void *message, struct request *request)
{
	const Uav__Relay__V1__Pong *body = message;

	request->ping = (struct ping){.nonce = body->nonce, .time_us = body->time_us};
}

static void take_nothing(const void *message, struct request *request)
{
	(void)message;
	(void)request;
}

/* How one body becomes a request: by protobuf-c and `take`, or in place where there
 * is no descriptor (send). */
struct request_row {
	enum request_kind kind;
	const ProtobufCMessageDescriptor *descriptor;
	void (*take)(const void *message, struct request *request);
};

#define BODY(name) UAV__RELAY__V1__TO_GATEWAY__BODY_##name
#define COLD(name) &uav__relay__v1__##name##__descriptor, take_##name
#define EMPTY(name) &uav__relay__v1__##name##__descriptor, take_nothing

static const struct request_row rows[DRONE_LAST_BODY + 1] = {
	[BODY(SEND)] = {REQUEST_SEND, NULL, NULL},
	[BODY(UPDATE_STATE)] = {REQUEST_UPDATE_STATE, COLD(update_state)},
	[BODY(PING)] = {REQUEST_PING, COLD(ping)},
	[BODY(PONG)] = {REQUEST_PONG, COLD(pong)},
	[BODY(REGISTRATION)] = {REQUEST_REGISTRATION, COLD(registration)},
	[BODY(AUTHENTICATE)] = {REQUEST_AUTHENTICATE, COLD(authenticate)},
	[BODY(LIST_SCENARIOS)] = {REQUEST_LIST_SCENARIOS, EMPTY(list_scenarios)},
	[BODY(CHOOSE_SCENARIO)] = {REQUEST_CHOOSE_SCENARIO, COLD(choose_scenario)},
	[BODY(LIST_DRONES)] = {REQUEST_LIST_DRONES, COLD(list_drones)},
	[BODY(RENAME)] = {REQUEST_RENAME, COLD(rename)},
	[BODY(JOIN_GROUP)] = {REQUEST_JOIN_GROUP, COLD(join_group)},
	[BODY(LEAVE_GROUP)] = {REQUEST_LEAVE_GROUP, COLD(leave_group)},
	[BODY(LEAVE)] = {REQUEST_LEAVE, EMPTY(leave)},
};

static enum codec_status refuse(struct request *request, enum error_code code, const char *message)
{
	request->kind = REQUEST_REFUSED;
	request->refused = (struct request_refused){.code = code, .message = message};
	return CODEC_OK;
}

static enum codec_status read_send(struct slice body, struct request *request, const char **why)
{
	switch (hot_read_send(body, &request->send)) {
	case HOT_OK:
		return CODEC_OK;
	case HOT_REFUSED:
		return refuse(request, ERROR_BAD_REQUEST,
			      "a text that is not UTF-8, or an unknown enum value");
	case HOT_BAD:
		break;
	}
	*why = "a send that is malformed";
	return CODEC_BAD;
}

static enum codec_status read_cold(const struct request_row *row, struct slice body,
				   struct arena *arena, struct request *request, const char **why)
{
	ProtobufCMessage *message;

	switch (schema_unpack(row->descriptor, body, arena, &message, why)) {
	case SCHEMA_OK:
		row->take(message, request);
		return CODEC_OK;
	case SCHEMA_NEWER:
	case SCHEMA_REFUSED:
		return refuse(request, ERROR_BAD_REQUEST, *why);
	case SCHEMA_BAD:
		break;
	}
	return CODEC_BAD;
}

enum codec_status drone_read_request(struct slice frame, struct arena *arena,
				     struct request *request, const char **why)
{
	static const struct envelope_form form = {ENVELOPE_REF, DRONE_FIRST_BODY, DRONE_LAST_BODY};
	const struct request_row *row;
	struct envelope envelope;

	if (envelope_read(frame, &form, &envelope, why) < 0) {
		return CODEC_BAD;
	}
	request->ref = envelope.ref;
	if (!envelope.number) {
		return refuse(request, ERROR_UNKNOWN_REQUEST, "no request that this version knows");
	}
	row = &rows[envelope.number];
	request->kind = row->kind;
	return row->descriptor ? read_cold(row, envelope.body, arena, request, why)
			       : read_send(envelope.body, request, why);
}
