/* Frames from the gateway. Bytes come cut anywhere: the prefix is read byte by byte, then the
 * body is gathered in the caller's input, then nanopb reads it where it stands. Lists are read
 * twice: the first time checks the whole frame, the second tells its entries, so that nothing
 * of a frame is told that turns out broken further down, and lists of any length take the
 * memory of one entry. */
#include "uav_client_parts.h"

#include <pb_decode.h>
#include <string.h>

/* --- what nanopb reads from --- */

/* Where it has come to in the frame; its streams within streams share it, so that a payload
 * can be handed on where it stands. */
struct place {
	const uint8_t *at;
};

static bool read_on(pb_istream_t *stream, pb_byte_t *to, size_t size)
{
	struct place *place = stream->state;

	memcpy(to, place->at, size);
	place->at += size;
	return true;
}

/* What each callback within a body finds. */
struct reading {
	struct uav_client *client;
	struct place place;
	bool tells;   /* the entries of lists: it is the second reading */
	uint32_t ref; /* then: the frame's, which may stand behind the body */
};

static bool find_payload(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
	struct reading *reading = *arg;

	(void)field;
	reading->client->payload = stream->bytes_left ? reading->place.at : NULL;
	reading->client->payload_size = stream->bytes_left;
	return pb_read(stream, NULL, stream->bytes_left);
}

/* --- entries of lists --- */

static void tell_entry(const struct reading *reading, struct uav_event event)
{
	if (reading->tells && uav_client_listens(reading->client)) {
		event.ref = reading->ref;
		uav_client_tell(reading->client, &event);
	}
}

static bool read_drone(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
	const struct reading *reading = *arg;
	struct uav_client *client = reading->client;

	(void)field;
	if (!pb_decode(stream, uav_relay_v1_DroneEntry_fields, &client->entry.drone)) {
		return false;
	}
	tell_entry(reading,
		   (struct uav_event){.kind = UAV_EVENT_DRONE, .u.drone = &client->entry.drone});
	return true;
}

static bool read_scenario(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
	const struct reading *reading = *arg;
	struct uav_client *client = reading->client;

	(void)field;
	if (!pb_decode(stream, uav_relay_v1_ScenarioEntry_fields, &client->entry.scenario)) {
		return false;
	}
	tell_entry(reading, (struct uav_event){.kind = UAV_EVENT_SCENARIO_ENTRY,
					       .u.scenario = &client->entry.scenario});
	return true;
}

static bool read_presence(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
	const struct reading *reading = *arg;
	struct uav_client *client = reading->client;

	(void)field;
	if (!pb_decode(stream, uav_relay_v1_PresenceEvent_fields, &client->entry.presence)) {
		return false;
	}
	tell_entry(reading, (struct uav_event){.kind = UAV_EVENT_PRESENCE,
					       .u.presence = &client->entry.presence});
	return true;
}

static bool read_outcome(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
	const struct reading *reading = *arg;
	struct uav_client *client = reading->client;

	(void)field;
	if (!pb_decode(stream, uav_relay_v1_TargetOutcome_fields, &client->entry.outcome)) {
		return false;
	}
	tell_entry(reading, (struct uav_event){.kind = UAV_EVENT_OUTCOME,
					       .u.outcome = &client->entry.outcome});
	return true;
}

/* --- the envelope --- */

/* nanopb calls this when it knows which body has come and has cleared its structure:
 * callbacks inside the body are set here. */
static bool begin_body(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
	pb_callback_t *inside = NULL;
	bool (*read)(pb_istream_t *, const pb_field_t *, void **) = NULL;

	(void)stream;
	switch (field->tag) {
	case uav_relay_v1_FromGateway_delivery_tag:
		inside = &((uav_relay_v1_Delivery *)field->pData)->payload;
		read = find_payload;
		break;
	case uav_relay_v1_FromGateway_send_report_tag:
		inside = &((uav_relay_v1_SendReport *)field->pData)->outcomes;
		read = read_outcome;
		break;
	case uav_relay_v1_FromGateway_presence_tag:
		inside = &((uav_relay_v1_Presence *)field->pData)->events;
		read = read_presence;
		break;
	case uav_relay_v1_FromGateway_scenarios_tag:
		inside = &((uav_relay_v1_Scenarios *)field->pData)->entries;
		read = read_scenario;
		break;
	case uav_relay_v1_FromGateway_drones_tag:
		inside = &((uav_relay_v1_Drones *)field->pData)->entries;
		read = read_drone;
		break;
	default:
		return true;
	}
	inside->funcs.decode = read;
	inside->arg = *arg;
	return true;
}

static bool read_frame(struct reading *reading)
{
	struct uav_client *client = reading->client;
	pb_istream_t stream = {
		.callback = read_on, .state = &reading->place, .bytes_left = client->length};

	reading->place.at = client->config.in;
	client->payload = NULL;
	client->payload_size = 0;
	memset(&client->frame, 0, sizeof(client->frame));
	client->frame.cb_body.funcs.decode = begin_body;
	client->frame.cb_body.arg = reading;
	return pb_decode_ex(&stream, uav_relay_v1_FromGateway_fields, &client->frame,
			    PB_DECODE_NOINIT);
}

void uav_client_tell_entries(struct uav_client *client)
{
	struct reading second = {.client = client, .tells = true, .ref = client->frame.ref};

	(void)read_frame(&second);
}

/* --- framing --- */

void uav_client_read_anew(struct uav_client *client)
{
	client->length = client->got = 0;
	client->length_bytes = 0;
	client->length_known = false;
}

/* One more byte of the prefix; false if there is no such length. */
static bool take_prefix(struct uav_client *client, uint8_t byte)
{
	if (client->length_bytes == 4 && byte > 0x0f) {
		return false; /* over 32 bits, or over 5 bytes */
	}
	client->length |= (uint32_t)(byte & 0x7f) << (7u * client->length_bytes);
	client->length_bytes++;
	client->length_known = byte < 0x80;
	return !client->length_known || (client->length > 0 && client->length <= UAV_SKIP_MAX);
}

static void end_frame(struct uav_client *client)
{
	struct reading first = {.client = client};

	if (client->length > client->config.in_size) {
		uav_client_tell(client, &(struct uav_event){.kind = UAV_EVENT_SKIPPED,
							    .u.skipped = client->length});
	} else if (read_frame(&first)) {
		uav_client_heard(client);
	} else {
		uav_client_unreadable(client);
	}
	uav_client_read_anew(client);
}

/* Takes what of the bytes belongs to the body; returns how many. */
static size_t take_body(struct uav_client *client, const uint8_t *bytes, size_t size)
{
	size_t missing = client->length - client->got;

	size = size < missing ? size : missing;
	if (client->length <= client->config.in_size) {
		memcpy(client->config.in + client->got, bytes, size);
	}
	client->got += (uint32_t)size;
	return size;
}

void uav_client_received(struct uav_client *client, const void *bytes, size_t size, uint32_t now_ms)
{
	const uint8_t *at = bytes;

	uav_client_set_time(client, now_ms);
	if (size) {
		client->heard_at = now_ms;
		client->probed = false;
	}
	while (size && uav_client_listens(client)) {
		size_t taken = 1;

		if (client->length_known) {
			taken = take_body(client, at, size);
		} else if (!take_prefix(client, *at)) {
			uav_client_unreadable(client);
			return;
		}
		at += taken;
		size -= taken;
		if (client->length_known && client->got == client->length) {
			end_frame(client);
		}
	}
}
