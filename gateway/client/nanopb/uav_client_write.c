/* Frames for the gateway, one behind the other in the caller's output. */
#include "uav_client_parts.h"

#include <pb_encode.h>
#include <string.h>

void uav_client_write_anew(struct uav_client *client)
{
	client->out_start = client->out_end = 0;
	client->pong_waits = false;
}

uint32_t uav_client_next_ref(struct uav_client *client)
{
	client->last_ref += client->last_ref == UINT32_MAX ? 2 : 1;
	return client->last_ref;
}

int uav_client_write(struct uav_client *client, const uav_relay_v1_ToGateway *frame)
{
	uint8_t *out = client->config.out;
	size_t waiting = client->out_end - client->out_start;
	pb_ostream_t stream;

	memmove(out, out + client->out_start, waiting);
	client->out_start = 0;
	client->out_end = waiting;
	stream = pb_ostream_from_buffer(out + waiting, client->config.out_size - waiting);
	if (!pb_encode_ex(&stream, uav_relay_v1_ToGateway_fields, frame, PB_ENCODE_DELIMITED)) {
		return waiting ? UAV_ERROR_FULL : UAV_ERROR_TOO_LARGE;
	}
	client->out_end += stream.bytes_written;
	return 0;
}

const uint8_t *uav_client_output(const struct uav_client *client, size_t *size)
{
	*size = client->out_end - client->out_start;
	return client->config.out + client->out_start;
}

void uav_client_sent(struct uav_client *client, size_t size)
{
	size_t waiting = client->out_end - client->out_start;

	client->out_start += size < waiting ? size : waiting;
	uav_client_write_pong(client);
}

bool uav_client_put_text(char *to, size_t size, const char *text)
{
	size_t length = text ? strlen(text) : 0;

	if (length >= size) {
		return false;
	}
	memcpy(to, text ? text : "", length);
	to[length] = '\0';
	return true;
}

/* --- what the client writes by itself --- */

int uav_client_write_registration(struct uav_client *client)
{
	const struct uav_config *config = &client->config;
	uav_relay_v1_ToGateway frame = {.ref = uav_client_next_ref(client),
					.which_body = uav_relay_v1_ToGateway_registration_tag};
	uav_relay_v1_Registration *body = &frame.body.registration;

	body->protocol = 1;
	body->kind = config->kind;
	body->presence = config->presence;
	body->max_frame_bytes = (uint32_t)config->in_size;
	/* uav_client_init has seen that they fit */
	(void)uav_client_put_text(body->drone_id, sizeof(body->drone_id), config->drone_id);
	(void)uav_client_put_text(body->software, sizeof(body->software), config->software);
	(void)uav_client_put_text(body->scenario, sizeof(body->scenario), client->scenario);
	(void)uav_client_put_text(body->callsign, sizeof(body->callsign),
				  client->without_callsign ? NULL : config->callsign);
	return uav_client_write(client, &frame);
}

int uav_client_write_proof(struct uav_client *client, const uint8_t proof[UAV_PROOF_BYTES])
{
	uav_relay_v1_ToGateway frame = {.ref = uav_client_next_ref(client),
					.which_body = uav_relay_v1_ToGateway_authenticate_tag};

	frame.body.authenticate.proof.size = UAV_PROOF_BYTES;
	memcpy(frame.body.authenticate.proof.bytes, proof, UAV_PROOF_BYTES);
	return uav_client_write(client, &frame);
}

int uav_client_write_ping(struct uav_client *client)
{
	const uav_relay_v1_ToGateway frame = {.which_body = uav_relay_v1_ToGateway_ping_tag};

	return uav_client_write(client, &frame);
}

void uav_client_write_pong(struct uav_client *client)
{
	const uav_relay_v1_ToGateway frame = {.which_body = uav_relay_v1_ToGateway_pong_tag,
					      .body.pong.nonce = client->pong_nonce};

	if (client->pong_waits && uav_client_write(client, &frame) == 0) {
		client->pong_waits = false;
	}
}

/* --- requests --- */

int uav_client_request(struct uav_client *client, uav_relay_v1_ToGateway *request, uint32_t *ref)
{
	int error;

	if (client->phase != UAV_PHASE_ONLINE) {
		return UAV_ERROR_NOT_ONLINE;
	}
	request->ref = uav_client_next_ref(client);
	error = uav_client_write(client, request);
	if (!error && ref) {
		*ref = request->ref;
	}
	return error;
}

struct piece {
	const void *data;
	size_t size;
};

static bool put_payload(pb_ostream_t *stream, const pb_field_t *field, void *const *arg)
{
	const struct piece *payload = *arg;

	return payload->size == 0 || (pb_encode_tag_for_field(stream, field) &&
				      pb_encode_string(stream, payload->data, payload->size));
}

static bool put_target(uav_relay_v1_Send *body, const struct uav_send *send)
{
	if (send->drone) {
		body->which_to = uav_relay_v1_Send_drone_tag;
		return uav_client_put_text(body->to.drone, sizeof(body->to.drone), send->drone);
	}
	if (send->group) {
		body->which_to = uav_relay_v1_Send_group_tag;
		return uav_client_put_text(body->to.group, sizeof(body->to.group), send->group);
	}
	body->which_to = uav_relay_v1_Send_everyone_tag;
	return true;
}

int uav_client_send(struct uav_client *client, const struct uav_send *send, uint32_t *ref)
{
	struct piece payload = {.data = send->payload, .size = send->size};
	uav_relay_v1_ToGateway frame = {.which_body = uav_relay_v1_ToGateway_send_tag};
	uav_relay_v1_Send *body = &frame.body.send;

	if (client->phase != UAV_PHASE_ONLINE) {
		return UAV_ERROR_NOT_ONLINE;
	}
	if (send->size > client->max_payload_bytes) {
		return UAV_ERROR_TOO_LARGE;
	}
	if (!put_target(body, send) ||
	    !uav_client_put_text(body->content_type, sizeof(body->content_type),
				 send->content_type)) {
		return UAV_ERROR_BAD_TEXT;
	}
	body->payload.funcs.encode = put_payload;
	body->payload.arg = &payload;
	body->report = send->report;
	return uav_client_request(client, &frame, ref);
}

int uav_client_choose(struct uav_client *client, const char *scenario, uint32_t *ref)
{
	uav_relay_v1_ToGateway frame = {.which_body = uav_relay_v1_ToGateway_choose_scenario_tag};
	uav_relay_v1_ChooseScenario *body = &frame.body.choose_scenario;
	int error;

	if (!uav_client_put_text(body->name, sizeof(body->name), scenario)) {
		return UAV_ERROR_BAD_TEXT;
	}
	error = uav_client_request(client, &frame, ref);
	if (!error) {
		client->choose_ref = frame.ref;
	}
	return error;
}

int uav_client_list_scenarios(struct uav_client *client, uint32_t *ref)
{
	uav_relay_v1_ToGateway frame = {.which_body = uav_relay_v1_ToGateway_list_scenarios_tag};

	return uav_client_request(client, &frame, ref);
}

int uav_client_list_drones(struct uav_client *client, const char *scenario, uint32_t *ref)
{
	uav_relay_v1_ToGateway frame = {.which_body = uav_relay_v1_ToGateway_list_drones_tag};
	uav_relay_v1_ListDrones *body = &frame.body.list_drones;

	if (!uav_client_put_text(body->scenario, sizeof(body->scenario), scenario)) {
		return UAV_ERROR_BAD_TEXT;
	}
	return uav_client_request(client, &frame, ref);
}

int uav_client_place(struct uav_client *client, float east_m, float north_m, float up_m,
		     uint32_t *ref)
{
	uav_relay_v1_ToGateway frame = {.which_body = uav_relay_v1_ToGateway_update_state_tag};
	uav_relay_v1_UpdateState *body = &frame.body.update_state;

	body->has_position = true;
	body->position.which_frame = uav_relay_v1_Position_local_tag;
	body->position.frame.local = (uav_relay_v1_Local){east_m, north_m, up_m};
	return uav_client_request(client, &frame, ref);
}

int uav_client_leave(struct uav_client *client, uint32_t *ref)
{
	uav_relay_v1_ToGateway frame = {.which_body = uav_relay_v1_ToGateway_leave_tag};
	int error = uav_client_request(client, &frame, ref);

	if (!error) {
		client->phase = UAV_PHASE_LEAVING;
		client->since = client->now;
	}
	return error;
}
