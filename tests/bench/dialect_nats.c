/* NATS: lines of text, and payloads behind their size. The client protocol is described
 * at https://docs.nats.io/reference/reference-protocols/nats-protocol (INFO, CONNECT, PUB,
 * SUB, MSG, PING, PONG, -ERR); every line ends in CR LF.
 *
 * A client need not wait for anything: the server handles CONNECT, SUB and PING in their
 * order, so the PONG says that the subscriptions before it are there. `"echo":false`: what
 * a connection publishes does not come back to it. `"verbose":false`: no +OK for each PUB. */
#include "dialect_broker.h"

#define CONNECT                                                                                    \
	"CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false,\"headers\":false,"          \
	"\"name\":\"bench\",\"lang\":\"c\",\"version\":\"1\",\"protocol\":0}\r\n"

/* No line is longer; INFO has a few hundred bytes. */
enum { LINE_MAX_BYTES = 64 * 1024 };

static int subscribe(struct buf *out, struct slice subject, const char *number)
{
	return broker_put(out, "SUB ") || buf_append(out, subject.data, subject.size) ||
			       broker_put(out, " ") || broker_put(out, number) ||
			       broker_put(out, "\r\n")
		       ? -1
		       : 0;
}

static int drone_hello(const struct shape *shape, uint32_t drone, struct buf *out)
{
	char memory[BROKER_SUBJECT_BYTES];

	return broker_put(out, CONNECT) ||
			       subscribe(out, broker_subject(shape, drone, memory), "1") ||
			       (broker_hears_everyone(shape, drone) &&
				subscribe(out, slice_str(BROKER_EVERYONE), "2")) ||
			       broker_put(out, "PING\r\n")
		       ? -1
		       : 0;
}

static int simulator_hello(const struct shape *shape, struct buf *out)
{
	(void)shape;
	return broker_put(out, CONNECT) || subscribe(out, slice_str(BROKER_SIMULATOR), "1") ? -1
											    : 0;
}

/* PUB up to where the `size` bytes begin. */
static int publish(struct buf *out, struct slice subject, size_t size)
{
	return broker_put(out, "PUB ") || buf_append(out, subject.data, subject.size) ||
			       broker_put(out, " ") || broker_put_decimal(out, size) ||
			       broker_put(out, "\r\n")
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

/* One line, and the payload behind it when it is a MSG. */
struct frame {
	struct slice line; /* without CR LF */
	bool message;
	struct slice payload;
};

static bool begins(struct slice line, const char *word)
{
	size_t size = strlen(word);

	return line.size >= size && memcmp(line.data, word, size) == 0;
}

/* MSG <subject> <sid> [reply-to] <#bytes>: the size is the last word. */
static bool message_size(struct slice line, size_t *size)
{
	size_t at = line.size;

	while (at > 0 && line.data[at - 1] != ' ') {
		at--;
	}
	return broker_read_decimal(slice_of(line.data + at, line.size - at), size);
}

/* As drone_read: the frame's size, 0, -1. */
static ssize_t frame_read(struct slice bytes, struct frame *frame)
{
	size_t look = bytes.size < LINE_MAX_BYTES ? bytes.size : LINE_MAX_BYTES;
	const uint8_t *end = look > 0 ? memchr(bytes.data, '\n', look) : NULL;
	size_t head, size;

	if (!end) {
		return bytes.size >= LINE_MAX_BYTES ? -1 : 0;
	}
	head = (size_t)(end - bytes.data) + 1;
	if (head < 2 || bytes.data[head - 2] != '\r') {
		return -1;
	}
	*frame = (struct frame){.line = slice_of(bytes.data, head - 2)};
	frame->message = begins(frame->line, "MSG ");
	if (!frame->message) {
		return (ssize_t)head;
	}
	if (!message_size(frame->line, &size)) {
		return -1;
	}
	if (bytes.size - head < size + 2) {
		return 0;
	}
	if (memcmp(bytes.data + head + size, "\r\n", 2) != 0) {
		return -1;
	}
	frame->payload = slice_of(bytes.data + head, size);
	return (ssize_t)(head + size + 2);
}

/* A line that is no message. False: there is none of that kind. */
static bool line_hear(struct slice line, struct heard *heard, bool *ping)
{
	*ping = begins(line, "PING");
	if (*ping || begins(line, "INFO ") || begins(line, "+OK")) {
		return true;
	}
	if (begins(line, "PONG")) {
		heard->kind = HEARD_READY;
		return true;
	}
	if (begins(line, "-ERR")) {
		broker_hear_refusal("the NATS server said", line, heard);
		return true;
	}
	return false;
}

static ssize_t drone_read(const struct shape *shape, uint32_t drone, struct slice bytes,
			  struct heard *heard, struct buf *out)
{
	struct frame frame;
	ssize_t size = frame_read(bytes, &frame);
	bool ping;

	(void)drone;
	heard->kind = HEARD_NOTHING;
	heard->count = 0;
	if (size <= 0) {
		return size;
	}
	if (frame.message) {
		broker_hear_delivery(shape, frame.payload, heard);
		return size;
	}
	if (!line_hear(frame.line, heard, &ping) || (ping && broker_put(out, "PONG\r\n"))) {
		return -1;
	}
	return size;
}

static ssize_t simulator_read(const struct shape *shape, struct slice bytes, struct buf *out)
{
	struct heard heard = {.kind = HEARD_NOTHING};
	struct frame frame;
	ssize_t size = frame_read(bytes, &frame);
	bool ping;

	if (size <= 0) {
		return size;
	}
	if (frame.message) {
		return broker_answer(&framing, shape, frame.payload, out) ? -1 : size;
	}
	if (!line_hear(frame.line, &heard, &ping) || heard.kind == HEARD_REFUSED ||
	    (ping && broker_put(out, "PONG\r\n"))) {
		return -1;
	}
	return size;
}

const struct dialect dialect_nats = {
	.name = "nats",
	.drone_hello = drone_hello,
	.drone_send = drone_send,
	.drone_read = drone_read,
	.simulator_connects = true,
	.simulator_hello = simulator_hello,
	.simulator_read = simulator_read,
};
