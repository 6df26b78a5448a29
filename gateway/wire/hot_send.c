/* send. */

#include "wire/envelope.h"
#include "wire/hot_codec.h"

enum { TO_GATEWAY_SEND = 2 };

enum {
	SEND_DRONE = 1,
	SEND_GROUP,
	SEND_EVERYONE,
	SEND_PAYLOAD,
	SEND_CONTENT_TYPE,
	SEND_REPORT,
};

/* ------------------------------------------------------------------ send */

/* One of the fields of `to`; the last one given counts. */
static enum hot_status take_name(struct request_send *send, enum send_to to, struct slice name)
{
	send->to = to;
	send->name = name;
	return utf8_valid(name) ? HOT_OK : HOT_REFUSED;
}

static enum hot_status take_everyone(struct request_send *send, struct slice everyone,
				     bool *everyone_seen)
{
	if (*everyone_seen || !wire_well_formed(everyone)) {
		return HOT_BAD;
	}
	*everyone_seen = true;
	send->to = SEND_TO_EVERYONE;
	send->name = slice_of(NULL, 0);
	return HOT_OK;
}

static enum hot_status take_send_field(const struct wire_field *field, struct request_send *send,
				       bool *everyone_seen)
{
	switch (field->tag) {
	case WIRE_TAG(SEND_DRONE, WIRE_BYTES):
		return take_name(send, SEND_TO_DRONE, field->bytes);
	case WIRE_TAG(SEND_GROUP, WIRE_BYTES):
		return take_name(send, SEND_TO_GROUP, field->bytes);
	case WIRE_TAG(SEND_EVERYONE, WIRE_BYTES):
		return take_everyone(send, field->bytes, everyone_seen);
	case WIRE_TAG(SEND_PAYLOAD, WIRE_BYTES):
		send->payload = field->bytes;
		return HOT_OK;
	case WIRE_TAG(SEND_CONTENT_TYPE, WIRE_BYTES):
		send->content_type = field->bytes;
		return utf8_valid(field->bytes) ? HOT_OK : HOT_REFUSED;
	case WIRE_TAG(SEND_REPORT, WIRE_VARINT):
		send->report = (enum report_wish)(uint32_t)field->value;
		return (uint32_t)field->value <= REPORT_WISH_ALL ? HOT_OK : HOT_REFUSED;
	default:
		return wire_number(field) > SEND_REPORT ? HOT_OK : HOT_BAD;
	}
}

enum hot_status hot_read_send(struct slice body, struct request_send *send)
{
	struct wire_reader reader = wire_reader_of(body);
	enum hot_status status = HOT_OK;
	struct wire_field field = {0};
	bool everyone_seen = false;
	int next;

	*send = (struct request_send){0};
	while ((next = wire_next(&reader, &field)) > 0) {
		enum hot_status one = take_send_field(&field, send, &everyone_seen);

		if (one == HOT_BAD) {
			return HOT_BAD;
		}
		if (one == HOT_REFUSED) {
			status = HOT_REFUSED;
		}
	}
	return next < 0 ? HOT_BAD : status;
}

static size_t to_size(const struct request_send *send)
{
	switch (send->to) {
	case SEND_TO_DRONE:
	case SEND_TO_GROUP:
		return wire_bytes_size(SEND_DRONE, send->name.size);
	case SEND_TO_EVERYONE:
		return wire_bytes_size(SEND_EVERYONE, 0);
	case SEND_TO_NOBODY:
		break;
	}
	return 0;
}

static uint8_t *put_to(uint8_t *at, const struct request_send *send)
{
	switch (send->to) {
	case SEND_TO_DRONE:
		return wire_put_bytes(at, SEND_DRONE, send->name);
	case SEND_TO_GROUP:
		return wire_put_bytes(at, SEND_GROUP, send->name);
	case SEND_TO_EVERYONE:
		return wire_put_bytes(at, SEND_EVERYONE, slice_of(NULL, 0));
	case SEND_TO_NOBODY:
		break;
	}
	return at;
}

int hot_write_send(struct buf *out, uint32_t ref, const struct request_send *send)
{
	size_t size = to_size(send) + wire_some_bytes_size(SEND_PAYLOAD, send->payload) +
		      wire_some_bytes_size(SEND_CONTENT_TYPE, send->content_type) +
		      wire_some_uint_size(SEND_REPORT, send->report);
	uint8_t *at = envelope_begin(out, ref, TO_GATEWAY_SEND, size);

	if (!at) {
		return -1;
	}
	at = put_to(at, send);
	at = wire_put_some_bytes(at, SEND_PAYLOAD, send->payload);
	at = wire_put_some_bytes(at, SEND_CONTENT_TYPE, send->content_type);
	at = wire_put_some_uint(at, SEND_REPORT, send->report);
	envelope_end(out, at);
	return 0;
}
