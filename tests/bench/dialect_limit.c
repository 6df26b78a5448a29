/* What a drone and a simulator say to limit_relay. */
#include "dialect.h"
#include "limit_frame.h"

#include <stdio.h>

static uint32_t at_least(uint32_t size, uint32_t least)
{
	return size < least ? least : size;
}

static int append_frame(struct buf *out, struct limit_header header, struct slice body)
{
	if (buf_reserve(out, header.size) < 0) {
		return -1;
	}
	limit_frame_put(out, &header, body);
	return 0;
}

static int append_empty(struct buf *out, uint32_t size, enum limit_kind kind, uint32_t target,
			uint32_t sender)
{
	return append_frame(
		out,
		(struct limit_header){at_least(size, LIMIT_HEADER_BYTES), kind, target, sender},
		slice_of(limit_filler, 0));
}

static int drone_hello(const struct shape *shape, uint32_t drone, struct buf *out)
{
	return append_empty(out, shape->sizes.registration, LIMIT_REGISTRATION, shape->presence,
			    drone);
}

static int drone_send(const struct shape *shape, uint32_t drone, uint32_t target,
		      struct slice payload, struct buf *out)
{
	uint32_t size = at_least(shape->sizes.send, LIMIT_MESSAGE_MIN);

	return append_frame(out, (struct limit_header){size, LIMIT_SEND, target, drone}, payload);
}

static int drone_change(const struct shape *shape, uint32_t drone, uint32_t turn, struct buf *out)
{
	return append_empty(out, shape->sizes.registration, LIMIT_CHANGE, turn, drone);
}

static void hear(const struct limit_header *header, struct slice body, uint32_t payload_bytes,
		 struct heard *heard)
{
	switch (header->kind) {
	case LIMIT_WELCOME:
		heard->kind = HEARD_READY;
		break;
	case LIMIT_DELIVERY:
		heard->kind = HEARD_DELIVERY;
		heard->payload =
			slice_of(body.data, body.size < payload_bytes ? body.size : payload_bytes);
		break;
	case LIMIT_PRESENCE:
		heard->kind = HEARD_PRESENCE;
		heard->count = 1;
		break;
	default:
		heard->kind = HEARD_REFUSED;
		snprintf(heard->why, sizeof(heard->why), "a frame of unknown kind %u",
			 header->kind);
		break;
	}
}

static ssize_t drone_read(const struct shape *shape, uint32_t drone, struct slice bytes,
			  struct heard *heard, struct buf *out)
{
	struct limit_header header;
	ssize_t size = limit_frame_read(bytes, &header);

	(void)drone;
	(void)out;
	heard->kind = HEARD_NOTHING;
	if (size > 0) {
		hear(&header,
		     slice_of(bytes.data + LIMIT_HEADER_BYTES, header.size - LIMIT_HEADER_BYTES),
		     shape->payload_bytes, heard);
	}
	return size;
}

static int simulator_hello(const struct shape *shape, struct buf *out)
{
	(void)shape;
	(void)out;
	return 0;
}

/* What the answer to a transmit begins with; false: that is not one, or its answer would be
 * larger than a frame may be. */
static bool answer_of(const struct frame_sizes *sizes, const struct limit_header *transmit,
		      struct limit_header *answer)
{
	uint64_t size = at_least(sizes->result, LIMIT_MESSAGE_MIN);

	*answer = *transmit;
	if (transmit->size < LIMIT_MESSAGE_MIN) {
		return false;
	}
	if (transmit->kind == LIMIT_TRANSMIT) {
		answer->kind = LIMIT_RESULT;
	} else if (transmit->kind == LIMIT_TRANSMIT_ALL) {
		answer->kind = LIMIT_RESULT_ALL;
		size += transmit->target ? (transmit->target - 1ull) * sizes->result_more : 0;
	} else {
		return false;
	}
	answer->size = (uint32_t)size;
	return size <= LIMIT_FRAME_MAX;
}

static ssize_t simulator_read(const struct shape *shape, struct slice bytes, struct buf *out)
{
	struct limit_header transmit, answer;
	ssize_t size = limit_frame_read(bytes, &transmit);

	if (size <= 0) {
		return size;
	}
	if (!answer_of(&shape->sizes, &transmit, &answer)) {
		return -1;
	}
	return append_frame(out, answer,
			    slice_of(bytes.data + LIMIT_HEADER_BYTES, BENCH_STAMP_BYTES)) < 0
		       ? -1
		       : size;
}

const struct dialect dialect_limit = {
	.name = "limit",
	.drone_hello = drone_hello,
	.drone_send = drone_send,
	.drone_change = drone_change,
	.drone_read = drone_read,
	.simulator_connects = false,
	.simulator_hello = simulator_hello,
	.simulator_read = simulator_read,
};
