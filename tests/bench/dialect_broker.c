#include "dialect_broker.h"

#include <stddef.h>
#include <stdio.h>

enum {
	DRONE_DIGITS = 5,
	SIZE_DIGITS = 20, /* of the largest size_t */
	READ_DIGITS = 9,  /* more bytes than any message here has */
};

/* The digits of `number`, at least `least`, at the end of `memory`. */
static struct slice decimal(char memory[SIZE_DIGITS], size_t number, size_t least)
{
	size_t at = SIZE_DIGITS;

	while (number > 0 || SIZE_DIGITS - at < least) {
		memory[--at] = (char)('0' + number % 10);
		number /= 10;
	}
	return slice_of(memory + at, SIZE_DIGITS - at);
}

struct slice broker_subject(const struct shape *shape, uint32_t target,
			    char memory[BROKER_SUBJECT_BYTES])
{
	char digits[SIZE_DIGITS];
	struct slice number, prefix;

	if (target == BENCH_EVERYONE) {
		return slice_str(BROKER_EVERYONE);
	}
	number = decimal(digits, target, DRONE_DIGITS);
	prefix = slice_str(shape->drone_prefix);
	if (prefix.size > BROKER_SUBJECT_BYTES - number.size) {
		prefix.size = BROKER_SUBJECT_BYTES - number.size;
	}
	if (prefix.size > 0) {
		memcpy(memory, prefix.data, prefix.size);
	}
	memcpy(memory + prefix.size, number.data, number.size);
	return slice_of(memory, prefix.size + number.size);
}

int broker_put(struct buf *out, const char *text)
{
	return buf_append(out, text, strlen(text));
}

int broker_put_decimal(struct buf *out, size_t number)
{
	char digits[SIZE_DIGITS];
	struct slice text = decimal(digits, number, 1);

	return buf_append(out, text.data, text.size);
}

bool broker_read_decimal(struct slice bytes, size_t *number)
{
	*number = 0;
	if (bytes.size == 0 || bytes.size > READ_DIGITS) {
		return false;
	}
	for (size_t i = 0; i < bytes.size; i++) {
		if (bytes.data[i] < '0' || bytes.data[i] > '9') {
			return false;
		}
		*number = *number * 10 + (size_t)(bytes.data[i] - '0');
	}
	return true;
}

static void put_u32(uint8_t *at, uint32_t number)
{
	for (size_t i = 0; i < sizeof(number); i++) {
		at[i] = (uint8_t)(number >> (8 * i));
	}
}

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

int broker_send(const struct broker_frame *frame, const struct shape *shape, uint32_t target,
		struct slice payload, struct buf *out)
{
	bool direct = target == BENCH_EVERYONE && shape->one_hop;
	const char *subject = direct ? BROKER_EVERYONE : BROKER_SIMULATOR;
	uint8_t header[BROKER_TARGET_BYTES];
	size_t front = direct ? 0 : sizeof(header);

	put_u32(header, target);
	return frame->publish(out, slice_str(subject), front + payload.size) ||
			       buf_append(out, header, front) ||
			       buf_append(out, payload.data, payload.size) ||
			       broker_put(out, frame->end)
		       ? -1
		       : 0;
}

/* The result for one receiver. */
static int answer_one(const struct broker_frame *frame, const struct shape *shape,
		      uint32_t receiver, struct slice payload, struct buf *out)
{
	char memory[BROKER_SUBJECT_BYTES];
	struct slice subject = broker_subject(shape, receiver, memory);
	uint8_t link[BENCH_LINK_BYTES] = {0};

	put_u32(link, receiver);
	return frame->publish(out, subject, payload.size + sizeof(link)) ||
			       buf_append(out, payload.data, payload.size) ||
			       buf_append(out, link, sizeof(link)) || broker_put(out, frame->end)
		       ? -1
		       : 0;
}

/* A result for each drone but the sender, which the payload's stamp names. */
static int answer_everyone(const struct broker_frame *frame, const struct shape *shape,
			   struct slice payload, struct buf *out)
{
	uint32_t sender;

	if (payload.size < BENCH_STAMP_BYTES) {
		return -1;
	}
	sender = get_u32(payload.data + offsetof(struct stamp, sender)) - shape->first_drone;
	if (sender >= shape->drones) {
		return -1;
	}
	for (uint32_t i = 0; i < shape->drones; i++) {
		if (i != sender &&
		    answer_one(frame, shape, shape->first_drone + i, payload, out) < 0) {
			return -1;
		}
	}
	return 0;
}

int broker_answer(const struct broker_frame *frame, const struct shape *shape, struct slice request,
		  struct buf *out)
{
	struct slice payload;
	uint32_t target;

	if (request.size < BROKER_TARGET_BYTES) {
		return -1;
	}
	target = get_u32(request.data);
	payload = slice_of(request.data + BROKER_TARGET_BYTES, request.size - BROKER_TARGET_BYTES);
	return target == BENCH_EVERYONE ? answer_everyone(frame, shape, payload, out)
					: answer_one(frame, shape, target, payload, out);
}

void broker_hear_delivery(const struct shape *shape, struct slice bytes, struct heard *heard)
{
	if (bytes.size < shape->payload_bytes) {
		heard->kind = HEARD_REFUSED;
		snprintf(heard->why, sizeof(heard->why),
			 "a delivery of %zu bytes; the payload alone has %u", bytes.size,
			 shape->payload_bytes);
		return;
	}
	heard->kind = HEARD_DELIVERY;
	heard->payload = slice_of(bytes.data, shape->payload_bytes);
}

void broker_hear_refusal(const char *what, struct slice words, struct heard *heard)
{
	int size = words.size < 120 ? (int)words.size : 120;

	heard->kind = HEARD_REFUSED;
	snprintf(heard->why, sizeof(heard->why), "%s: %.*s", what, size,
		 size > 0 ? (const char *)words.data : "");
}
