#include "dialect_broker.h"

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

int broker_send(const struct broker_frame *frame, uint32_t target, struct slice payload,
		struct buf *out)
{
	const uint8_t header[BROKER_TARGET_BYTES] = {(uint8_t)target, (uint8_t)(target >> 8),
						     (uint8_t)(target >> 16),
						     (uint8_t)(target >> 24)};
	bool direct = target == BENCH_EVERYONE;
	const char *subject = direct ? BROKER_EVERYONE : BROKER_SIMULATOR;
	size_t front = direct ? 0 : sizeof(header);

	return frame->publish(out, slice_str(subject), front + payload.size) ||
			       buf_append(out, header, front) ||
			       buf_append(out, payload.data, payload.size) ||
			       buf_append(out, frame->end, strlen(frame->end))
		       ? -1
		       : 0;
}

int broker_answer(const struct broker_frame *frame, const struct shape *shape, struct slice request,
		  struct buf *out)
{
	static const uint8_t link[BENCH_LINK_BYTES];
	const uint8_t *head = request.data;
	char memory[BROKER_SUBJECT_BYTES];
	struct slice subject;
	size_t size;

	if (request.size < BROKER_TARGET_BYTES) {
		return -1;
	}
	size = request.size - BROKER_TARGET_BYTES;
	subject = broker_subject(shape,
				 (uint32_t)head[0] | (uint32_t)head[1] << 8 |
					 (uint32_t)head[2] << 16 | (uint32_t)head[3] << 24,
				 memory);
	return frame->publish(out, subject, size + sizeof(link)) ||
			       buf_append(out, head + BROKER_TARGET_BYTES, size) ||
			       buf_append(out, link, sizeof(link)) ||
			       buf_append(out, frame->end, strlen(frame->end))
		       ? -1
		       : 0;
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
