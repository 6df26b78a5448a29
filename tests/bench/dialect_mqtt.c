/* MQTT 3.1.1 (OASIS Standard, 29 October 2014,
 * https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html), QoS 0 throughout:
 * nothing is acknowledged but the subscriptions. Version 5 would bring nothing here but a
 * byte more in each PUBLISH.
 *
 * A packet: type and flags (2.2.1), the length of what follows in one to four bytes of
 * seven bits, lowest first (2.2.3), then that. Strings stand behind their length in two
 * bytes, highest first (1.5.3). */
#include "dialect_broker.h"

#include <stdio.h>

enum {
	TYPE_CONNECT = 0x10,   /* 3.1 */
	TYPE_CONNACK = 0x20,   /* 3.2 */
	TYPE_PUBLISH = 0x30,   /* 3.3; the low bits: DUP, QoS, RETAIN, all 0 */
	TYPE_SUBSCRIBE = 0x82, /* 3.8; the low bits are reserved and must be 2 */
	TYPE_SUBACK = 0x90,    /* 3.9 */
	TYPE_PINGRESP = 0xd0,  /* 3.13 */
};

enum {
	LENGTH_MAX_BYTES = 4,
	STRING_HEADER = 2,
	SUBACK_FAILURE = 0x80, /* 3.9.3 */
};

static int put_byte(struct buf *out, unsigned int byte)
{
	const uint8_t bytes[] = {(uint8_t)byte};

	return buf_append(out, bytes, sizeof(bytes));
}

static int put_string(struct buf *out, struct slice text)
{
	return put_byte(out, (unsigned int)(text.size >> 8)) ||
			       put_byte(out, (unsigned int)text.size & 0xff) ||
			       buf_append(out, text.data, text.size)
		       ? -1
		       : 0;
}

/* Type and length (2.2.3) of a packet with `length` bytes behind them. */
static int put_header(struct buf *out, unsigned int type, size_t length)
{
	uint8_t bytes[1 + LENGTH_MAX_BYTES] = {(uint8_t)type};
	size_t size = 1;

	do {
		bytes[size] = (uint8_t)(length & 0x7f);
		length >>= 7;
		bytes[size++] |= length > 0 ? 0x80 : 0;
	} while (length > 0 && size < sizeof(bytes));
	return buf_append(out, bytes, size);
}

/* Level 4 (3.1.2.2), clean session (3.1.2.4), keep-alive 0: the server does not count the
 * client's silence (3.1.2.10). */
static int put_connect(struct buf *out, struct slice id)
{
	static const uint8_t header[] = {0, 4, 'M', 'Q', 'T', 'T', 4, 0x02, 0, 0};

	return put_header(out, TYPE_CONNECT, sizeof(header) + STRING_HEADER + id.size) ||
			       buf_append(out, header, sizeof(header)) || put_string(out, id)
		       ? -1
		       : 0;
}

/* Packet identifier 1, then each topic with QoS 0 (3.8.3). `second` may be empty. */
static int put_subscribe(struct buf *out, struct slice first, struct slice second)
{
	static const uint8_t identifier[] = {0, 1};
	size_t length = sizeof(identifier) + STRING_HEADER + first.size + 1;

	if (second.size > 0) {
		length += STRING_HEADER + second.size + 1;
	}
	return put_header(out, TYPE_SUBSCRIBE, length) ||
			       buf_append(out, identifier, sizeof(identifier)) ||
			       put_string(out, first) || put_byte(out, 0) ||
			       (second.size > 0 && (put_string(out, second) || put_byte(out, 0)))
		       ? -1
		       : 0;
}

/* A client need not wait for the CONNACK (3.1.4). */
static int drone_hello(const struct shape *shape, uint32_t drone, struct buf *out)
{
	char memory[BROKER_SUBJECT_BYTES];
	struct slice id = broker_subject(shape, drone, memory);
	struct slice everyone = broker_hears_everyone(shape, drone) ? slice_str(BROKER_EVERYONE)
								    : slice_of(NULL, 0);

	return put_connect(out, id) || put_subscribe(out, id, everyone) ? -1 : 0;
}

static int simulator_hello(const struct shape *shape, struct buf *out)
{
	struct slice id = slice_str(BROKER_SIMULATOR);

	(void)shape;
	return put_connect(out, id) || put_subscribe(out, id, slice_of(NULL, 0)) ? -1 : 0;
}

/* PUBLISH up to where the `size` bytes begin: with QoS 0 it has no packet identifier
 * (3.3.2.2). */
static int publish(struct buf *out, struct slice topic, size_t size)
{
	return put_header(out, TYPE_PUBLISH, STRING_HEADER + topic.size + size) ||
			       put_string(out, topic)
		       ? -1
		       : 0;
}

static const struct broker_frame framing = {.publish = publish, .end = ""};

static int drone_send(const struct shape *shape, uint32_t drone, uint32_t target,
		      struct slice payload, struct buf *out)
{
	(void)drone;
	return broker_send(&framing, shape, target, payload, out);
}

struct frame {
	uint8_t type;
	struct slice body; /* all behind the length; of a PUBLISH its payload */
};

/* The length at `bytes`[1...]: how many bytes it takes, 0, -1. */
static ssize_t length_read(struct slice bytes, size_t *length)
{
	*length = 0;
	for (size_t i = 0; i < LENGTH_MAX_BYTES; i++) {
		if (bytes.size <= 1 + i) {
			return 0;
		}
		*length |= (size_t)(bytes.data[1 + i] & 0x7f) << (7 * i);
		if (!(bytes.data[1 + i] & 0x80)) {
			return (ssize_t)i + 1;
		}
	}
	return -1;
}

/* Takes the topic away (3.3.2.1). */
static bool publish_payload(struct slice *body)
{
	size_t topic;

	if (body->size < STRING_HEADER) {
		return false;
	}
	topic = STRING_HEADER + ((size_t)body->data[0] << 8 | body->data[1]);
	if (body->size < topic) {
		return false;
	}
	*body = slice_of(body->data + topic, body->size - topic);
	return true;
}

/* As drone_read: the frame's size, 0, -1. */
static ssize_t frame_read(struct slice bytes, struct frame *frame)
{
	size_t length, head;
	ssize_t taken = length_read(bytes, &length);

	if (taken <= 0) {
		return taken;
	}
	head = 1 + (size_t)taken;
	if (bytes.size - head < length) {
		return 0;
	}
	frame->type = bytes.data[0];
	frame->body = slice_of(bytes.data + head, length);
	if (frame->type == TYPE_PUBLISH && !publish_payload(&frame->body)) {
		return -1;
	}
	return (ssize_t)(head + length);
}

static void refuse(struct heard *heard, const char *what, unsigned int code)
{
	heard->kind = HEARD_REFUSED;
	snprintf(heard->why, sizeof(heard->why), "the MQTT broker refused %s (code %u)", what,
		 code);
}

/* Return code 0: accepted (3.2.2.3). */
static bool connack_hear(struct slice body, struct heard *heard)
{
	if (body.size != 2) {
		return false;
	}
	if (body.data[1] != 0) {
		refuse(heard, "the connection", body.data[1]);
	}
	return true;
}

/* The identifier, then a return code for each topic (3.9.3). */
static bool suback_hear(struct slice body, struct heard *heard)
{
	if (body.size < 3) {
		return false;
	}
	heard->kind = HEARD_READY;
	for (size_t i = 2; i < body.size; i++) {
		if (body.data[i] >= SUBACK_FAILURE) {
			refuse(heard, "a subscription", body.data[i]);
		}
	}
	return true;
}

/* A packet that is no PUBLISH. False: it makes no sense. */
static bool control_hear(const struct frame *frame, struct heard *heard)
{
	switch (frame->type) {
	case TYPE_CONNACK:
		return connack_hear(frame->body, heard);
	case TYPE_SUBACK:
		return suback_hear(frame->body, heard);
	case TYPE_PINGRESP:
		return true;
	default:
		return false;
	}
}

static ssize_t drone_read(const struct shape *shape, uint32_t drone, struct slice bytes,
			  struct heard *heard, struct buf *out)
{
	struct frame frame;
	ssize_t size = frame_read(bytes, &frame);

	(void)drone;
	(void)out;
	heard->kind = HEARD_NOTHING;
	heard->count = 0;
	if (size <= 0) {
		return size;
	}
	if (frame.type == TYPE_PUBLISH) {
		broker_hear_delivery(shape, frame.body, heard);
		return size;
	}
	return control_hear(&frame, heard) ? size : -1;
}

static ssize_t simulator_read(const struct shape *shape, struct slice bytes, struct buf *out)
{
	struct heard heard = {.kind = HEARD_NOTHING};
	struct frame frame;
	ssize_t size = frame_read(bytes, &frame);

	if (size <= 0) {
		return size;
	}
	if (frame.type == TYPE_PUBLISH) {
		return broker_answer(&framing, shape, frame.body, out) ? -1 : size;
	}
	return control_hear(&frame, &heard) && heard.kind != HEARD_REFUSED ? size : -1;
}

const struct dialect dialect_mqtt = {
	.name = "mqtt",
	.drone_hello = drone_hello,
	.drone_send = drone_send,
	.drone_read = drone_read,
	.simulator_connects = true,
	.simulator_hello = simulator_hello,
	.simulator_read = simulator_read,
};
