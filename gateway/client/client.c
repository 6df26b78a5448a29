#include "client/client.h"

#include "wire/drone_codec.h"
#include "wire/frame.h"

/* All goes well: client_register queues a frame; the gateway's bytes land in `in`;
 * client_next takes one frame off its front at the next call, not before, because
 * the event stands on its bytes. What fails: a frame that cannot be read breaks
 * the client for good; a request that does not fit leaves no trace. */

void client_init(struct client *client, void *in, size_t in_size, void *out, size_t out_size,
		 void *scratch, size_t scratch_size)
{
	*client = (struct client){.state = CLIENT_STATE_NEW};
	buf_init_fixed(&client->in, in, in_size);
	buf_init_fixed(&client->out, out, out_size);
	arena_init_fixed(&client->scratch, scratch, scratch_size);
}

const char *client_error_text(int error)
{
	switch (error) {
	case 0:
		return "no error";
	case CLIENT_FULL:
		return "the output buffer is full";
	case CLIENT_TOO_LARGE:
		return "larger than the gateway takes or the output buffer holds";
	case CLIENT_NOT_REGISTERED:
		return "not registered yet";
	case CLIENT_REGISTERED:
		return "registered already";
	case CLIENT_CLOSED:
		return "the session is over";
	case CLIENT_BAD_TEXT:
		return "a name or type is over 200 bytes or not UTF-8";
	case CLIENT_NO_CHALLENGE:
		return "the gateway has not asked for a proof";
	case CLIENT_NO_MEMORY:
		return "out of memory";
	default:
		return "unknown error";
	}
}

/* ----------------------------------------------------------- from the gateway */

_Static_assert(CLIENT_IN_MIN == FRAME_LEAST_BYTES + FRAME_PREFIX_MAX, "a frame and its prefix");

static uint32_t largest_frame(const struct client *client)
{
	size_t room = client->in.cap;

	if (room <= FRAME_PREFIX_MAX) {
		return 0;
	}
	room -= FRAME_PREFIX_MAX;
	return room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
}

static void forget_event(struct client *client)
{
	buf_consume(&client->in, client->taken);
	client->taken = 0;
	arena_reset(&client->scratch);
}

uint8_t *client_room(struct client *client, size_t *size)
{
	forget_event(client);
	*size = client->in.cap - buf_size(&client->in);
	if (*size && buf_reserve(&client->in, *size) < 0) {
		*size = 0;
	}
	return buf_tail(&client->in);
}

void client_received(struct client *client, size_t size)
{
	buf_produce(&client->in, size);
}

static enum client_status read_event(struct client *client, struct event *event)
{
	struct slice body;
	size_t used;

	if (client->state == CLIENT_STATE_BROKEN) {
		return CLIENT_BAD;
	}
	forget_event(client);
	switch (frame_read(buf_slice(&client->in), largest_frame(client), &body, &used,
			   &client->why)) {
	case FRAME_MORE:
		return CLIENT_MORE;
	case FRAME_OK:
		client->taken = used;
		if (drone_read_event(body, &client->scratch, event, &client->why) == CODEC_OK) {
			return CLIENT_EVENT;
		}
		break;
	case FRAME_BAD:
		break;
	}
	client->state = CLIENT_STATE_BROKEN;
	return CLIENT_BAD;
}

static void take_welcome(struct client *client, const struct event_welcome *welcome)
{
	client->state = CLIENT_STATE_REGISTERED;
	client->max_payload_bytes = welcome->max_payload_bytes;
	client->max_frame_bytes = welcome->max_frame_bytes;
	client->idle_timeout_ms = welcome->idle_timeout_ms;
}

/* The newest ping is the one worth answering when there is no room at once. */
static void flush_pong(struct client *client)
{
	const struct request pong = {.kind = REQUEST_PONG, .ping.nonce = client->pong_nonce};

	if (client->pong_waits && drone_write_request(&client->out, &pong) == 0) {
		client->pong_waits = false;
	}
}

static void take_ping(struct client *client, const struct ping *ping)
{
	if (client->state == CLIENT_STATE_CLOSED) {
		return;
	}
	client->pong_waits = true;
	client->pong_nonce = ping->nonce;
	flush_pong(client);
}

/* Before the welcome nothing but the registration, or the proof, can have been asked. */
static void take_refusal(struct client *client, enum error_code code)
{
	if (client->state != CLIENT_STATE_REGISTERING && client->state != CLIENT_STATE_CHALLENGED) {
		return;
	}
	switch (code) {
	case ERROR_AUTH_FAILED:
	case ERROR_BANNED:
	case ERROR_UNSUPPORTED_PROTOCOL:
		client->state = CLIENT_STATE_CLOSED;
		break;
	default:
		client->state = CLIENT_STATE_NEW;
		break;
	}
}

/* What the event means for our own state. */
static void follow(struct client *client, const struct event *event)
{
	switch (event->kind) {
	case EVENT_CHALLENGE:
		if (client->state == CLIENT_STATE_REGISTERING) {
			client->state = CLIENT_STATE_CHALLENGED;
		}
		break;
	case EVENT_WELCOME:
		take_welcome(client, &event->welcome);
		break;
	case EVENT_ERROR:
		take_refusal(client, event->error.code);
		break;
	case EVENT_GOODBYE:
		client->state = CLIENT_STATE_CLOSED;
		break;
	case EVENT_PING:
		take_ping(client, &event->ping);
		break;
	default:
		break;
	}
}

enum client_status client_next(struct client *client, struct event *event)
{
	enum client_status status;

	do {
		status = read_event(client, event);
		if (status == CLIENT_EVENT) {
			follow(client, event);
		}
		/* EVENT_COUNT: a body that a later version of the protocol has. */
	} while (status == CLIENT_EVENT &&
		 (event->kind == EVENT_PING || event->kind == EVENT_COUNT));
	return status;
}

const char *client_why(const struct client *client)
{
	return client->state == CLIENT_STATE_BROKEN && client->why ? client->why : "";
}

/* ------------------------------------------------------------- to the gateway */

struct slice client_output(struct client *client)
{
	flush_pong(client);
	return buf_slice(&client->out);
}

void client_sent(struct client *client, size_t size)
{
	buf_consume(&client->out, size);
}

/* Whether a request of this kind may be asked now. */
static int allowed(const struct client *client, enum request_kind kind)
{
	if (kind == REQUEST_AUTHENTICATE && client->state < CLIENT_STATE_CLOSED) {
		return client->state == CLIENT_STATE_CHALLENGED ? 0 : CLIENT_NO_CHALLENGE;
	}
	switch (client->state) {
	case CLIENT_STATE_NEW:
		return kind == REQUEST_REGISTRATION ? 0 : CLIENT_NOT_REGISTERED;
	case CLIENT_STATE_REGISTERING:
	case CLIENT_STATE_CHALLENGED:
		return kind == REQUEST_REGISTRATION ? CLIENT_REGISTERED : CLIENT_NOT_REGISTERED;
	case CLIENT_STATE_REGISTERED:
		return kind == REQUEST_REGISTRATION ? CLIENT_REGISTERED : 0;
	case CLIENT_STATE_CLOSED:
	case CLIENT_STATE_BROKEN:
		break;
	}
	return CLIENT_CLOSED;
}

/* The codec has no room for longer texts; the gateway refuses much shorter ones. */
static bool text_valid(struct slice text)
{
	return text.size <= DESCRIPTION_MAX_BYTES && utf8_valid(text);
}

static bool texts_valid(const struct request *request)
{
	const struct request_registration *registration = &request->registration;

	switch (request->kind) {
	case REQUEST_REGISTRATION:
		return text_valid(registration->drone_id) && text_valid(registration->callsign) &&
		       text_valid(registration->software) && text_valid(registration->scenario);
	case REQUEST_CHOOSE_SCENARIO:
	case REQUEST_LIST_DRONES:
	case REQUEST_RENAME:
	case REQUEST_JOIN_GROUP:
	case REQUEST_LEAVE_GROUP:
		return text_valid(request->name);
	case REQUEST_SEND:
		return text_valid(request->send.name) && text_valid(request->send.content_type);
	default:
		return true;
	}
}

/* Whether the frame behind the first `before` waiting bytes is one that the
 * gateway takes. */
static bool fits_gateway(const struct client *client, size_t before)
{
	struct slice all = buf_slice(&client->out), body;
	uint32_t max = client->max_frame_bytes ? client->max_frame_bytes : UINT32_MAX;
	size_t used;
	const char *why;

	return frame_read(slice_of(all.data + before, all.size - before), max, &body, &used,
			  &why) == FRAME_OK;
}

static int ask(struct client *client, struct request *request, uint32_t *ref)
{
	size_t before = buf_size(&client->out);
	int error = allowed(client, request->kind);

	if (error) {
		return error;
	}
	if (!texts_valid(request)) {
		return CLIENT_BAD_TEXT;
	}
	request->ref = client->last_ref + 1 ? client->last_ref + 1 : 1;
	if (drone_write_request(&client->out, request) < 0) {
		return before ? CLIENT_FULL : CLIENT_TOO_LARGE;
	}
	if (!fits_gateway(client, before)) {
		buf_truncate(&client->out, before);
		return CLIENT_TOO_LARGE;
	}
	client->last_ref = request->ref;
	if (ref) {
		*ref = request->ref;
	}
	return 0;
}

static int ask_name(struct client *client, enum request_kind kind, struct slice name, uint32_t *ref)
{
	struct request request = {.kind = kind, .name = name};

	return ask(client, &request, ref);
}

static void keep_id(struct client *client, struct slice id)
{
	client->drone_id_size = id.size < NAME_MAX_BYTES ? id.size : NAME_MAX_BYTES;
	if (client->drone_id_size) {
		memcpy(client->drone_id, id.data, client->drone_id_size);
	}
}

int client_register(struct client *client, const struct request_registration *registration,
		    uint32_t *ref)
{
	struct request request = {.kind = REQUEST_REGISTRATION, .registration = *registration};
	struct request_registration *own = &request.registration;
	uint32_t largest = largest_frame(client);
	int error;

	if (own->protocol == 0) {
		own->protocol = PROTOCOL_VERSION;
	}
	if (own->max_frame_bytes == 0 || own->max_frame_bytes > largest) {
		own->max_frame_bytes = largest;
	}
	error = ask(client, &request, ref);
	if (error == 0) {
		client->state = CLIENT_STATE_REGISTERING;
		keep_id(client, registration->drone_id);
	}
	return error;
}

int client_authenticate(struct client *client, struct slice proof, uint32_t *ref)
{
	struct request request = {.kind = REQUEST_AUTHENTICATE, .proof = proof};
	int error = ask(client, &request, ref);

	if (error == 0) {
		client->state = CLIENT_STATE_REGISTERING;
	}
	return error;
}

int client_list_scenarios(struct client *client, uint32_t *ref)
{
	struct request request = {.kind = REQUEST_LIST_SCENARIOS};

	return ask(client, &request, ref);
}

int client_choose(struct client *client, struct slice scenario, uint32_t *ref)
{
	return ask_name(client, REQUEST_CHOOSE_SCENARIO, scenario, ref);
}

int client_list_drones(struct client *client, struct slice scenario, uint32_t *ref)
{
	return ask_name(client, REQUEST_LIST_DRONES, scenario, ref);
}

int client_rename(struct client *client, struct slice callsign, uint32_t *ref)
{
	return ask_name(client, REQUEST_RENAME, callsign, ref);
}

int client_join_group(struct client *client, struct slice group, uint32_t *ref)
{
	return ask_name(client, REQUEST_JOIN_GROUP, group, ref);
}

int client_leave_group(struct client *client, struct slice group, uint32_t *ref)
{
	return ask_name(client, REQUEST_LEAVE_GROUP, group, ref);
}

int client_update_state(struct client *client, const struct state *state, uint32_t *ref)
{
	struct request request = {.kind = REQUEST_UPDATE_STATE, .state = *state};

	return ask(client, &request, ref);
}

int client_send(struct client *client, const struct request_send *send, uint32_t *ref)
{
	struct request request = {.kind = REQUEST_SEND, .send = *send};

	if (client->max_payload_bytes && send->payload.size > client->max_payload_bytes) {
		return CLIENT_TOO_LARGE;
	}
	return ask(client, &request, ref);
}

int client_ping(struct client *client, uint64_t nonce, uint32_t *ref)
{
	struct request request = {.kind = REQUEST_PING, .ping.nonce = nonce};

	return ask(client, &request, ref);
}

int client_leave(struct client *client, uint32_t *ref)
{
	struct request request = {.kind = REQUEST_LEAVE};
	int error = ask(client, &request, ref);

	if (error == 0) {
		client->state = CLIENT_STATE_CLOSED;
	}
	return error;
}
