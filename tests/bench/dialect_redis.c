/* Redis: commands as arrays of strings, answers and pushed messages as RESP3 values
 * (https://github.com/redis/redis-specifications/blob/master/protocol/RESP3.md).
 *
 * HELLO 3, because with RESP2 a connection that has subscribed may not publish
 * (https://redis.io/docs/latest/develop/pubsub/).
 *
 * There are two dialects. `redis` is what its clients speak: each PUBLISH is answered with
 * the number of receivers, which is read here and means nothing. `redis-no-replies` says
 * CLIENT REPLY OFF (https://redis.io/docs/latest/commands/client-reply/) first of all, the
 * least that Redis can be asked to do: with 1000 pairs and one message in flight two system
 * calls of the server for each instead of three. Messages and subscriptions are pushed all
 * the same, from Redis 7.0.10 on (https://github.com/redis/redis/pull/11875); errors are
 * not. */
#include "dialect_broker.h"

enum {
	LINE_MAX_BYTES = 4096,
	ITEMS = 3,	    /* of a pushed message: kind, channel, bytes or number */
	VALUES_MAX = 10000, /* in one frame */
};

/* $<size>: up to where the `size` bytes of an argument begin. */
static int argument_begin(struct buf *out, size_t size)
{
	return broker_put(out, "$") || broker_put_decimal(out, size) || broker_put(out, "\r\n") ? -1
												: 0;
}

static int argument(struct buf *out, struct slice text)
{
	return argument_begin(out, text.size) || buf_append(out, text.data, text.size) ||
			       broker_put(out, "\r\n")
		       ? -1
		       : 0;
}

/* Goes before HELLO, or its long answer would be made and sent as well. */
static int put_replies_off(struct buf *out)
{
	return broker_put(out, "*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$3\r\nOFF\r\n");
}

static int put_hello(struct buf *out)
{
	return broker_put(out, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
}

static int drone_hello(const struct shape *shape, uint32_t drone, struct buf *out)
{
	char memory[BROKER_SUBJECT_BYTES];
	bool everyone = broker_hears_everyone(shape, drone);

	return put_hello(out) ||
			       broker_put(out, everyone ? "*3\r\n$9\r\nSUBSCRIBE\r\n"
							: "*2\r\n$9\r\nSUBSCRIBE\r\n") ||
			       argument(out, broker_subject(shape, drone, memory)) ||
			       (everyone && argument(out, slice_str(BROKER_EVERYONE)))
		       ? -1
		       : 0;
}

static int simulator_hello(const struct shape *shape, struct buf *out)
{
	(void)shape;
	return put_hello(out) || broker_put(out, "*2\r\n$9\r\nSUBSCRIBE\r\n") ||
			       argument(out, slice_str(BROKER_SIMULATOR))
		       ? -1
		       : 0;
}

static int drone_hello_no_replies(const struct shape *shape, uint32_t drone, struct buf *out)
{
	return put_replies_off(out) || drone_hello(shape, drone, out) ? -1 : 0;
}

static int simulator_hello_no_replies(const struct shape *shape, struct buf *out)
{
	return put_replies_off(out) || simulator_hello(shape, out) ? -1 : 0;
}

/* PUBLISH up to where the `size` bytes begin. */
static int publish(struct buf *out, struct slice channel, size_t size)
{
	return broker_put(out, "*3\r\n$7\r\nPUBLISH\r\n") || argument(out, channel) ||
			       argument_begin(out, size)
		       ? -1
		       : 0;
}

static const struct broker_frame framing = {.publish = publish, .end = "\r\n"};

static int drone_send(const struct shape *shape, uint32_t drone, uint32_t target,
		      struct slice payload, struct buf *out)
{
	(void)drone;
	return broker_send(&framing, shape, target, payload, out);
}

/* A value with all that is in it; of an aggregate the first values that are in it. */
struct frame {
	uint8_t type;		   /* '>' pushed, '-' error, ... */
	struct slice line;	   /* behind the type */
	struct slice items[ITEMS]; /* strings, or the line of what is none */
	size_t count;		   /* of items, at most ITEMS */
};

/* One value's first line: its size with CR LF, 0, -1. */
static ssize_t line_read(struct slice bytes, struct slice *line)
{
	size_t look = bytes.size < LINE_MAX_BYTES ? bytes.size : LINE_MAX_BYTES;
	size_t end = 0;

	/* most lines have two to five bytes: a loop is faster than memchr */
	while (end < look && bytes.data[end] != '\n') {
		end++;
	}
	if (end == look) {
		return look == LINE_MAX_BYTES ? -1 : 0;
	}
	if (end < 2 || bytes.data[end - 1] != '\r') {
		return -1;
	}
	*line = slice_of(bytes.data + 1, end - 2);
	return (ssize_t)end + 1;
}

/* What a value's first line tells, by its type. */
enum value_form { VALUE_BAD, VALUE_LINE, VALUE_STRING, VALUE_AGGREGATE };

static enum value_form value_form(uint8_t type)
{
	switch (type) {
	case '$':
	case '=':
	case '!':
		return VALUE_STRING;
	case '*':
	case '~':
	case '>':
	case '%':
	case '|':
		return VALUE_AGGREGATE;
	case '+':
	case '-':
	case ':':
	case '_':
	case ',':
	case '#':
	case '(':
		return VALUE_LINE;
	default:
		return VALUE_BAD;
	}
}

/* How many values are in an aggregate that says `number`: maps have pairs, and an
 * attribute ('|') is followed by the value that it belongs to. */
static size_t values_in(uint8_t type, size_t number)
{
	switch (type) {
	case '%':
		return 2 * number;
	case '|':
		return 2 * number + 1;
	default:
		return number;
	}
}

/* The rest of a string whose first line has `head` bytes: as value_read. */
static ssize_t string_read(struct slice bytes, ssize_t head, size_t size, struct slice *item)
{
	if (bytes.size - (size_t)head < size + 2) {
		return 0;
	}
	*item = slice_of(bytes.data + head, size);
	return memcmp(item->data + size, "\r\n", 2) == 0 ? head + (ssize_t)size + 2 : -1;
}

/* One value without those that are in it, whose number is added to `more`: size, 0, -1. */
static ssize_t value_read(struct slice bytes, struct slice *item, size_t *more)
{
	ssize_t head = line_read(bytes, item);
	enum value_form form;
	size_t number;

	if (head <= 0) {
		return head;
	}
	form = value_form(bytes.data[0]);
	if (form == VALUE_BAD || form == VALUE_LINE) {
		return form == VALUE_LINE ? head : -1;
	}
	if (!broker_read_decimal(*item, &number)) {
		return -1;
	}
	if (form == VALUE_STRING) {
		return string_read(bytes, head, number, item);
	}
	*more += values_in(bytes.data[0], number);
	return head;
}

/* As drone_read: the frame's size, 0, -1. */
static ssize_t frame_read(struct slice bytes, struct frame *frame)
{
	size_t at = 0, left = 0;
	ssize_t size = value_read(bytes, &frame->line, &left);

	frame->count = 0;
	while (size > 0) {
		struct slice item;

		at += (size_t)size;
		if (left > VALUES_MAX) {
			return -1;
		}
		if (left == 0) {
			frame->type = bytes.data[0];
			return (ssize_t)at;
		}
		left--;
		size = value_read(slice_of(bytes.data + at, bytes.size - at), &item, &left);
		if (frame->count < ITEMS) {
			frame->items[frame->count++] = item;
		}
	}
	return size;
}

static bool pushed(const struct frame *frame, const char *kind)
{
	return frame->type == '>' && frame->count == ITEMS &&
	       slice_equal(frame->items[0], slice_str(kind));
}

static void frame_hear(const struct shape *shape, uint32_t drone, const struct frame *frame,
		       struct heard *heard)
{
	size_t count;

	if (pushed(frame, "message")) {
		broker_hear_delivery(shape, frame->items[2], heard);
	} else if (pushed(frame, "subscribe")) {
		/* pushed for each channel, with how many there are by now */
		if (broker_read_decimal(frame->items[2], &count) &&
		    count == (broker_hears_everyone(shape, drone) ? 2 : 1)) {
			heard->kind = HEARD_READY;
		}
	} else if (frame->type == '-' || frame->type == '!') {
		broker_hear_refusal("the Redis server said", frame->line, heard);
	}
}

static ssize_t drone_read(const struct shape *shape, uint32_t drone, struct slice bytes,
			  struct heard *heard, struct buf *out)
{
	struct frame frame;
	ssize_t size = frame_read(bytes, &frame);

	(void)out;
	heard->kind = HEARD_NOTHING;
	heard->count = 0;
	if (size > 0) {
		frame_hear(shape, drone, &frame, heard);
	}
	return size;
}

static ssize_t simulator_read(const struct shape *shape, struct slice bytes, struct buf *out)
{
	struct frame frame;
	ssize_t size = frame_read(bytes, &frame);

	if (size <= 0) {
		return size;
	}
	if (frame.type == '-' || frame.type == '!' ||
	    (pushed(&frame, "message") && broker_answer(&framing, shape, frame.items[2], out))) {
		return -1;
	}
	return size;
}

const struct dialect dialect_redis = {
	.name = "redis",
	.drone_hello = drone_hello,
	.drone_send = drone_send,
	.drone_read = drone_read,
	.simulator_connects = true,
	.simulator_hello = simulator_hello,
	.simulator_read = simulator_read,
};

const struct dialect dialect_redis_no_replies = {
	.name = "redis-no-replies",
	.drone_hello = drone_hello_no_replies,
	.drone_send = drone_send,
	.drone_read = drone_read,
	.simulator_connects = true,
	.simulator_hello = simulator_hello_no_replies,
	.simulator_read = simulator_read,
};
