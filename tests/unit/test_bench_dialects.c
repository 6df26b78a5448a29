#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/dialect.h"

#include <stdio.h>
#include <stdlib.h>

/* The dialects of the brokers, each beside a broker that does the least: it hands what is
 * published to who has subscribed, in that broker's frames. */

enum { PAYLOAD_BYTES = 128, DRONE = 7, SENDER = 6, FIRST = 5, DRONES = 4 };

static const struct shape shape = {
	.payload_bytes = PAYLOAD_BYTES,
	.drone_prefix = "d",
	.first_drone = FIRST,
	.drones = DRONES,
};
static const struct shape one_hop = {
	.payload_bytes = PAYLOAD_BYTES,
	.drone_prefix = "d",
	.first_drone = FIRST,
	.drones = DRONES,
	.one_hop = true,
};

/* With what the brokers' own frames are made of. */
static const uint8_t *payload_bytes(void)
{
	static const uint8_t odd[] = "\r\n$>MSG 5*\xff";
	static uint8_t payload[PAYLOAD_BYTES];

	for (size_t i = 0; i < sizeof(payload); i++) {
		payload[i] = (uint8_t)(odd[i % sizeof(odd)] + i / 24);
	}
	return payload;
}

static struct slice payload(void)
{
	return slice_of(payload_bytes(), PAYLOAD_BYTES);
}

static void append(struct buf *out, const void *data, size_t size)
{
	assert_int_equal(buf_append(out, data, size), 0);
}

static void say(struct buf *out, const char *text)
{
	append(out, text, strlen(text));
}

static bool contains(struct slice bytes, const char *text)
{
	return bytes.size > 0 && memmem(bytes.data, bytes.size, text, strlen(text));
}

static void expect_bytes(struct buf *got, const char *text, size_t size)
{
	assert_int_equal(buf_size(got), size);
	assert_memory_equal(buf_slice(got).data, text, size);
	buf_clear(got);
}

/* ---------------------------------------------------------------- reading */

/* Reads one frame from a copy that ends where the bytes do, so that a read behind them is
 * seen by a sanitizer. */
static ssize_t read_tight(const struct dialect *dialect, uint32_t drone, struct slice bytes,
			  struct heard *heard, struct buf *out)
{
	uint8_t *copy = malloc(bytes.size + 1);
	ssize_t size;

	assert_non_null(copy);
	memcpy(copy + 1, bytes.data, bytes.size);
	size = dialect->drone_read(&shape, drone, slice_of(copy + 1, bytes.size), heard, out);
	if (size > 0 && heard->kind == HEARD_DELIVERY) {
		/* as a place in what the caller has */
		heard->payload.data = bytes.data + (heard->payload.data - (copy + 1));
	}
	free(copy);
	return size;
}

/* Reads what the broker sent, frame by frame, each cut at every position before it is
 * there. How many frames said `kind`; `last` is what the last of these said. */
static size_t hear_all(const struct dialect *dialect, uint32_t drone, struct buf *sent,
		       enum heard_kind kind, struct heard *last)
{
	struct buf out;
	size_t count = 0;

	buf_init(&out);
	while (buf_size(sent) > 0) {
		struct slice bytes = buf_slice(sent);
		struct heard heard;
		ssize_t size = read_tight(dialect, drone, bytes, &heard, &out);

		assert_true(size > 0);
		for (size_t cut = 0; cut < (size_t)size; cut++) {
			struct heard nothing;

			assert_int_equal(read_tight(dialect, drone, slice_of(bytes.data, cut),
						    &nothing, &out),
					 0);
		}
		if (heard.kind == kind) {
			count++;
			*last = heard;
		}
		buf_consume(sent, (size_t)size);
	}
	buf_fini(&out);
	return count;
}

static void is_nonsense(const struct dialect *dialect, const char *bytes, size_t size)
{
	struct heard heard;
	struct buf out;

	buf_init(&out);
	assert_int_equal(read_tight(dialect, DRONE, slice_of(bytes, size), &heard, &out), -1);
	assert_int_equal(dialect->simulator_read(&shape, slice_of(bytes, size), &out), -1);
	buf_fini(&out);
}

static void is_refusal(const struct dialect *dialect, const char *bytes, size_t size)
{
	struct heard heard = {.kind = HEARD_NOTHING};
	struct buf sent, out;

	buf_init(&sent);
	buf_init(&out);
	append(&sent, bytes, size);
	assert_int_equal(dialect->simulator_read(&shape, buf_slice(&sent), &out), -1);
	assert_int_equal(hear_all(dialect, DRONE, &sent, HEARD_REFUSED, &heard), 1);
	assert_true(strlen(heard.why) > 10);
	buf_fini(&sent);
	buf_fini(&out);
}

/* ------------------------------------------------------ what a broker does */

/* Takes the frame that publishes at the front of `bytes` away: its subject and what is in
 * it. */
typedef void take_published(struct slice *bytes, struct slice *subject, struct slice *message);
/* Hands a message to a subscriber. */
typedef void hand_over(struct buf *out, const char *subject, struct slice message);

/* The one frame that was published. */
static void take_only(take_published *take, const struct buf *said, struct slice *subject,
		      struct slice *message)
{
	struct slice bytes = buf_slice(said);

	take(&bytes, subject, message);
	assert_int_equal(bytes.size, 0);
}

/* What the simulator says to a request that reaches it, and says nothing of before it is
 * there. */
static void answer(const struct dialect *dialect, hand_over *hand, struct slice request,
		   struct buf *said)
{
	struct buf to_simulator;

	buf_init(&to_simulator);
	hand(&to_simulator, "simulator", request);
	for (size_t cut = 0; cut < buf_size(&to_simulator); cut++) {
		struct slice part = slice_of(buf_slice(&to_simulator).data, cut);

		assert_int_equal(dialect->simulator_read(&shape, part, said), 0);
		assert_int_equal(buf_size(said), 0);
	}
	assert_int_equal(dialect->simulator_read(&shape, buf_slice(&to_simulator), said),
			 buf_size(&to_simulator));
	buf_fini(&to_simulator);
}

/* The payload, and numbers that are this receiver's. */
static void is_result_for(uint32_t receiver, struct slice sent, struct slice message)
{
	assert_int_equal(message.size, sent.size + BENCH_LINK_BYTES);
	assert_memory_equal(message.data, sent.data, sent.size);
	assert_int_equal(message.data[sent.size], receiver);
	assert_int_equal(message.data[sent.size + 1], 0);
}

/* A message from drone SENDER to DRONE through the simulator. */
static void goes_two_hops(const struct dialect *dialect, take_published *take, hand_over *hand)
{
	struct buf said, answered, to_drone;
	struct slice subject, message;
	struct heard heard;

	buf_init(&said);
	buf_init(&answered);
	buf_init(&to_drone);
	assert_int_equal(dialect->drone_send(&shape, SENDER, DRONE, payload(), &said), 0);
	take_only(take, &said, &subject, &message);
	assert_true(slice_equal(subject, slice_str("simulator")));
	assert_int_equal(message.size, 4 + PAYLOAD_BYTES);

	answer(dialect, hand, message, &answered);
	take_only(take, &answered, &subject, &message);
	assert_true(slice_equal(subject, slice_str("d00007")));
	is_result_for(DRONE, payload(), message);

	hand(&to_drone, "d00007", message);
	hand(&to_drone, "d00007", message);
	assert_int_equal(hear_all(dialect, DRONE, &to_drone, HEARD_DELIVERY, &heard), 2);
	assert_true(slice_equal(heard.payload, payload()));
	buf_fini(&said);
	buf_fini(&answered);
	buf_fini(&to_drone);
}

/* The payload with a stamp that names its sender, little endian. */
static struct slice payload_of(uint32_t sender, uint8_t memory[PAYLOAD_BYTES])
{
	const size_t at = offsetof(struct stamp, sender);

	memcpy(memory, payload_bytes(), PAYLOAD_BYTES);
	for (size_t i = 0; i < sizeof(sender); i++) {
		memory[at + i] = (uint8_t)(sender >> (8 * i));
	}
	return slice_of(memory, PAYLOAD_BYTES);
}

/* What drone SENDER sends to everyone is one message to the simulator; the simulator
 * publishes to each of the others, and not to SENDER, what is that receiver's alone. */
static void goes_to_everyone(const struct dialect *dialect, take_published *take, hand_over *hand)
{
	static const char *const subjects[] = {"d00005", "d00007", "d00008"};
	static const uint32_t receivers[] = {5, 7, 8};
	uint8_t memory[PAYLOAD_BYTES];
	struct slice sent = payload_of(SENDER, memory), subject, message, left;
	struct buf said, answered, to_drone;
	struct heard heard;

	buf_init(&said);
	buf_init(&answered);
	buf_init(&to_drone);
	assert_int_equal(dialect->drone_send(&shape, SENDER, BENCH_EVERYONE, sent, &said), 0);
	take_only(take, &said, &subject, &message);
	assert_true(slice_equal(subject, slice_str("simulator")));

	answer(dialect, hand, message, &answered);
	left = buf_slice(&answered);
	for (size_t i = 0; i < sizeof(receivers) / sizeof(receivers[0]); i++) {
		take(&left, &subject, &message);
		assert_true(slice_equal(subject, slice_str(subjects[i])));
		is_result_for(receivers[i], sent, message);
		hand(&to_drone, subjects[i], message);
	}
	assert_int_equal(left.size, 0);
	assert_int_equal(hear_all(dialect, DRONE, &to_drone, HEARD_DELIVERY, &heard), 3);
	assert_true(slice_equal(heard.payload, sent));
	buf_fini(&said);
	buf_fini(&answered);
	buf_fini(&to_drone);
}

static void goes_one_hop(const struct dialect *dialect, take_published *take, hand_over *hand)
{
	struct buf said, to_drone;
	struct slice subject, message;
	struct heard heard;

	buf_init(&said);
	buf_init(&to_drone);
	assert_int_equal(dialect->drone_send(&one_hop, FIRST, BENCH_EVERYONE, payload(), &said), 0);
	take_only(take, &said, &subject, &message);
	assert_true(slice_equal(subject, slice_str("everyone")));
	hand(&to_drone, "everyone", message);
	assert_int_equal(hear_all(dialect, DRONE, &to_drone, HEARD_DELIVERY, &heard), 1);
	assert_true(slice_equal(heard.payload, payload()));

	message.size--; /* less than was sent */
	hand(&to_drone, "everyone", message);
	assert_int_equal(hear_all(dialect, DRONE, &to_drone, HEARD_REFUSED, &heard), 1);

	/* to one drone it goes through the simulator all the same */
	buf_clear(&said);
	assert_int_equal(dialect->drone_send(&one_hop, FIRST, DRONE, payload(), &said), 0);
	take_only(take, &said, &subject, &message);
	assert_true(slice_equal(subject, slice_str("simulator")));
	buf_fini(&said);
	buf_fini(&to_drone);
}

static void is_no_request(const struct dialect *dialect, hand_over *hand, struct slice request)
{
	struct buf sent, said;

	buf_init(&sent);
	buf_init(&said);
	hand(&sent, "simulator", request);
	assert_int_equal(dialect->simulator_read(&shape, buf_slice(&sent), &said), -1);
	assert_int_equal(buf_size(&said), 0);
	buf_fini(&sent);
	buf_fini(&said);
}

static void simulator_refuses_requests(const struct dialect *dialect, hand_over *hand)
{
	static const uint32_t strangers[] = {FIRST - 1, FIRST + DRONES, UINT32_MAX};
	uint8_t request[4 + PAYLOAD_BYTES] = {0xff, 0xff, 0xff, 0xff}; /* for everyone */

	is_no_request(dialect, hand, slice_of("abc", 3));
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		payload_of(strangers[i], request + 4);
		is_no_request(dialect, hand, slice_of(request, sizeof(request)));
	}
	payload_of(SENDER, request + 4);
	is_no_request(dialect, hand, slice_of(request, 4 + BENCH_STAMP_BYTES - 1));
}

static void messages_go(const struct dialect *dialect, take_published *take, hand_over *hand)
{
	goes_two_hops(dialect, take, hand);
	goes_to_everyone(dialect, take, hand);
	goes_one_hop(dialect, take, hand);
	simulator_refuses_requests(dialect, hand);
}

static struct slice to_end(struct slice bytes, const uint8_t *from)
{
	return slice_of(from, bytes.size - (size_t)(from - bytes.data));
}

/* Takes the bytes up to `end` away, and it too. */
static struct slice cut_line(struct slice *bytes, const char *end)
{
	const uint8_t *at = memmem(bytes->data, bytes->size, end, strlen(end));
	struct slice line;

	assert_non_null(at);
	line = slice_of(bytes->data, (size_t)(at - bytes->data));
	*bytes = to_end(*bytes, at + strlen(end));
	return line;
}

static size_t number_of(struct slice digits)
{
	char text[20];

	assert_in_range(digits.size, 1, sizeof(text) - 1);
	memcpy(text, digits.data, digits.size);
	text[digits.size] = '\0';
	return strtoul(text, NULL, 10);
}

/* ------------------------------------------------------------------- NATS */

static void nats_take(struct slice *bytes, struct slice *subject, struct slice *message)
{
	size_t size;

	assert_true(slice_equal(cut_line(bytes, " "), slice_str("PUB")));
	*subject = cut_line(bytes, " ");
	size = number_of(cut_line(bytes, "\r\n"));
	assert_true(bytes->size >= size + 2);
	assert_memory_equal(bytes->data + size, "\r\n", 2);
	*message = slice_of(bytes->data, size);
	*bytes = to_end(*bytes, bytes->data + size + 2);
}

static void nats_hand(struct buf *out, const char *subject, struct slice message)
{
	char head[100];

	snprintf(head, sizeof(head), "MSG %s 1 %zu\r\n", subject, message.size);
	say(out, head);
	append(out, message.data, message.size);
	say(out, "\r\n");
}

static void nats_registers(void **state)
{
	struct heard heard;
	struct buf buf;

	(void)state;
	buf_init(&buf);
	assert_int_equal(dialect_nats.drone_hello(&shape, DRONE, &buf), 0);
	assert_true(contains(buf_slice(&buf), "CONNECT {"));
	assert_true(contains(buf_slice(&buf), "\"echo\":false"));
	assert_true(contains(buf_slice(&buf), "\r\nSUB d00007 1\r\nPING\r\n"));
	buf_clear(&buf);
	assert_int_equal(dialect_nats.drone_hello(&one_hop, DRONE, &buf), 0);
	assert_true(contains(buf_slice(&buf), "\r\nSUB d00007 1\r\nSUB everyone 2\r\nPING\r\n"));
	buf_clear(&buf);
	assert_int_equal(dialect_nats.drone_hello(&one_hop, FIRST, &buf), 0);
	assert_true(contains(buf_slice(&buf), "\r\nSUB d00005 1\r\nPING\r\n"));
	buf_clear(&buf);
	say(&buf, "INFO {\"server_id\":\"N\"}\r\n+OK\r\n");
	assert_int_equal(hear_all(&dialect_nats, DRONE, &buf, HEARD_READY, &heard), 0);
	say(&buf, "PONG\r\n");
	assert_int_equal(hear_all(&dialect_nats, DRONE, &buf, HEARD_READY, &heard), 1);

	assert_int_equal(dialect_nats.simulator_hello(&shape, &buf), 0);
	assert_true(contains(buf_slice(&buf), "\r\nSUB simulator 1\r\n"));
	buf_fini(&buf);
}

static void nats_answers_pings(void **state)
{
	struct slice ping = slice_str("PING\r\n");
	struct heard heard;
	struct buf out;

	(void)state;
	buf_init(&out);
	assert_int_equal(dialect_nats.drone_read(&shape, DRONE, ping, &heard, &out), ping.size);
	expect_bytes(&out, "PONG\r\n", 6);
	assert_int_equal(dialect_nats.simulator_read(&shape, ping, &out), ping.size);
	expect_bytes(&out, "PONG\r\n", 6);
	buf_fini(&out);
}

static void nats_messages_go(void **state)
{
	(void)state;
	messages_go(&dialect_nats, nats_take, nats_hand);
}

static void nats_reads_a_reply_subject(void **state)
{
	struct heard heard;
	struct buf buf;

	(void)state;
	buf_init(&buf);
	say(&buf, "MSG d00007 1 inbox 128\r\n");
	append(&buf, payload().data, PAYLOAD_BYTES);
	say(&buf, "\r\n");
	assert_int_equal(hear_all(&dialect_nats, DRONE, &buf, HEARD_DELIVERY, &heard), 1);
	buf_fini(&buf);
}

static void nats_refuses(void **state)
{
	static char endless[70000];

	(void)state;
	is_refusal(&dialect_nats, "-ERR 'Unknown Protocol Operation'\r\n", 35);
	is_nonsense(&dialect_nats, "WHAT\r\n", 6);
	is_nonsense(&dialect_nats, "INFO {}\n", 8);
	is_nonsense(&dialect_nats, "\n", 1);
	is_nonsense(&dialect_nats, "MSG d00007 1 x\r\n", 16);
	is_nonsense(&dialect_nats, "MSG d00007 1 4294967296\r\n", 25);
	is_nonsense(&dialect_nats, "MSG d00007 1 1\r\nabc", 19);
	memset(endless, 'I', sizeof(endless));
	is_nonsense(&dialect_nats, endless, sizeof(endless));
}

/* ------------------------------------------------------------------ Redis */

static struct slice redis_argument(struct slice *bytes)
{
	struct slice text;
	size_t size;

	assert_int_equal(bytes->data[0], '$');
	*bytes = to_end(*bytes, bytes->data + 1);
	size = number_of(cut_line(bytes, "\r\n"));
	assert_true(bytes->size >= size + 2);
	assert_memory_equal(bytes->data + size, "\r\n", 2);
	text = slice_of(bytes->data, size);
	*bytes = to_end(*bytes, bytes->data + size + 2);
	return text;
}

static void redis_take(struct slice *bytes, struct slice *subject, struct slice *message)
{
	assert_true(slice_equal(cut_line(bytes, "\r\n"), slice_str("*3")));
	assert_true(slice_equal(redis_argument(bytes), slice_str("PUBLISH")));
	*subject = redis_argument(bytes);
	*message = redis_argument(bytes);
}

static void redis_hand(struct buf *out, const char *subject, struct slice message)
{
	char head[100];

	snprintf(head, sizeof(head), ">3\r\n$7\r\nmessage\r\n$%zu\r\n%s\r\n$%zu\r\n",
		 strlen(subject), subject, message.size);
	say(out, head);
	append(out, message.data, message.size);
	say(out, "\r\n");
}

#define REDIS_REPLIES_OFF "*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$3\r\nOFF\r\n"
#define REDIS_HELLO "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"
#define REDIS_SUBSCRIBE_OF_7 "*2\r\n$9\r\nSUBSCRIBE\r\n$6\r\nd00007\r\n"
#define REDIS_SUBSCRIBE_SIMULATOR "*2\r\n$9\r\nSUBSCRIBE\r\n$9\r\nsimulator\r\n"
#define REDIS_WELCOME                                                                              \
	"%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n"    \
	":3\r\n$2\r\nid\r\n:3\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster"    \
	"\r\n$7\r\nmodules\r\n*0\r\n"
#define REDIS_SUBSCRIBED(channel, number) ">3\r\n$9\r\nsubscribe\r\n" channel ":" number "\r\n"

static void redis_says(struct buf *said, const char *wanted)
{
	expect_bytes(said, wanted, strlen(wanted));
}

static void redis_registers(void **state)
{
	struct heard heard;
	struct buf buf;

	(void)state;
	buf_init(&buf);
	assert_int_equal(dialect_redis.drone_hello(&shape, DRONE, &buf), 0);
	redis_says(&buf, REDIS_HELLO REDIS_SUBSCRIBE_OF_7);
	say(&buf, REDIS_WELCOME);
	assert_int_equal(hear_all(&dialect_redis, DRONE, &buf, HEARD_READY, &heard), 0);
	say(&buf, REDIS_SUBSCRIBED("$6\r\nd00007\r\n", "1"));
	assert_int_equal(hear_all(&dialect_redis, DRONE, &buf, HEARD_READY, &heard), 1);
	assert_int_equal(dialect_redis.simulator_hello(&shape, &buf), 0);
	redis_says(&buf, REDIS_HELLO REDIS_SUBSCRIBE_SIMULATOR);

	assert_int_equal(dialect_redis_no_replies.drone_hello(&shape, DRONE, &buf), 0);
	redis_says(&buf, REDIS_REPLIES_OFF REDIS_HELLO REDIS_SUBSCRIBE_OF_7);
	assert_int_equal(dialect_redis_no_replies.simulator_hello(&shape, &buf), 0);
	redis_says(&buf, REDIS_REPLIES_OFF REDIS_HELLO REDIS_SUBSCRIBE_SIMULATOR);
	buf_fini(&buf);
}

/* Ready when the second subscription is there. The first drone does not hear what it sends
 * to everyone. */
static void redis_registers_for_one_hop(void **state)
{
	struct heard heard;
	struct buf buf, out;
	struct slice bytes;

	(void)state;
	buf_init(&buf);
	buf_init(&out);
	assert_int_equal(dialect_redis.drone_hello(&one_hop, DRONE, &buf), 0);
	redis_says(&buf, REDIS_HELLO "*3\r\n$9\r\nSUBSCRIBE\r\n$6\r\nd00007\r\n$8\r\neveryone\r\n");
	bytes = slice_str(REDIS_SUBSCRIBED("$6\r\nd00007\r\n", "1"));
	assert_int_equal(dialect_redis.drone_read(&one_hop, DRONE, bytes, &heard, &out),
			 bytes.size);
	assert_int_equal(heard.kind, HEARD_NOTHING);
	bytes = slice_str(REDIS_SUBSCRIBED("$8\r\neveryone\r\n", "2"));
	assert_int_equal(dialect_redis.drone_read(&one_hop, DRONE, bytes, &heard, &out),
			 bytes.size);
	assert_int_equal(heard.kind, HEARD_READY);

	assert_int_equal(dialect_redis.drone_hello(&one_hop, FIRST, &buf), 0);
	redis_says(&buf, REDIS_HELLO "*2\r\n$9\r\nSUBSCRIBE\r\n$6\r\nd00005\r\n");
	bytes = slice_str(REDIS_SUBSCRIBED("$6\r\nd00005\r\n", "1"));
	assert_int_equal(dialect_redis.drone_read(&one_hop, FIRST, bytes, &heard, &out),
			 bytes.size);
	assert_int_equal(heard.kind, HEARD_READY);
	buf_fini(&buf);
	buf_fini(&out);
}

/* How many received what was published: neither side does anything about it. */
static void redis_ignores_what_publish_is_answered_with(void **state)
{
	struct slice reply = slice_str(":1\r\n");
	struct heard heard;
	struct buf buf;

	(void)state;
	buf_init(&buf);
	assert_int_equal(dialect_redis.simulator_read(&shape, reply, &buf), reply.size);
	assert_int_equal(buf_size(&buf), 0);
	say(&buf, ":1\r\n");
	redis_hand(&buf, "d00007", payload());
	say(&buf, ":0\r\n");
	assert_int_equal(hear_all(&dialect_redis, DRONE, &buf, HEARD_DELIVERY, &heard), 1);
	assert_true(slice_equal(heard.payload, payload()));
	buf_fini(&buf);
}

static void redis_messages_go(void **state)
{
	(void)state;
	messages_go(&dialect_redis, redis_take, redis_hand);
	messages_go(&dialect_redis_no_replies, redis_take, redis_hand);
}

static void redis_skips_what_is_of_no_interest(void **state)
{
	struct heard heard;
	struct buf buf;

	(void)state;
	buf_init(&buf);
	say(&buf, ":1\r\n+OK\r\n_\r\n#t\r\n,1.5\r\n(123\r\n=6\r\ntxt:ab\r\n~2\r\n:1\r\n:2\r\n");
	say(&buf, "|1\r\n+a\r\n:1\r\n*2\r\n*1\r\n:1\r\n%1\r\n+k\r\n$2\r\n\r\n\r\n*0\r\n");
	assert_int_equal(hear_all(&dialect_redis, DRONE, &buf, HEARD_NOTHING, &heard), 10);
	buf_fini(&buf);
}

static void redis_refuses(void **state)
{
	static char endless[70000];

	(void)state;
	is_refusal(&dialect_redis, "-NOPROTO unsupported protocol version\r\n", 39);
	is_refusal(&dialect_redis, "!21\r\nSYNTAX invalid syntax\r\n", 28);
	is_nonsense(&dialect_redis, "what\r\n", 6);
	is_nonsense(&dialect_redis, "\0001\r\n", 4);
	is_nonsense(&dialect_redis, ":1\n", 3);
	is_nonsense(&dialect_redis, "\n", 1);
	is_nonsense(&dialect_redis, "$x\r\n", 4);
	is_nonsense(&dialect_redis, "$-1\r\n", 5);
	is_nonsense(&dialect_redis, "$1\r\nabc", 7);
	is_nonsense(&dialect_redis, ">10001\r\n", 8);
	is_nonsense(&dialect_redis, "*1\r\nwhat\r\n", 10);
	is_nonsense(&dialect_redis, "$99999999999999999999\r\n", 23);
	memset(endless, '+', sizeof(endless));
	is_nonsense(&dialect_redis, endless, sizeof(endless));
}

/* ------------------------------------------------------------------- MQTT */

static uint8_t take_byte(struct slice *bytes)
{
	uint8_t byte;

	assert_true(bytes->size > 0);
	memcpy(&byte, bytes->data, 1);
	*bytes = to_end(*bytes, bytes->data + 1);
	return byte;
}

static size_t mqtt_length(struct slice *bytes)
{
	size_t length = 0;

	for (unsigned int shift = 0;; shift += 7) {
		uint8_t byte = take_byte(bytes);

		length |= (size_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			return length;
		}
	}
}

static void mqtt_take(struct slice *bytes, struct slice *subject, struct slice *message)
{
	struct slice body;
	size_t length, topic;

	assert_int_equal(take_byte(bytes), 0x30);
	length = mqtt_length(bytes);
	assert_true(bytes->size >= length);
	body = slice_of(bytes->data, length);
	*bytes = to_end(*bytes, bytes->data + length);
	topic = (size_t)take_byte(&body) << 8;
	topic |= take_byte(&body);
	*subject = slice_of(body.data, topic);
	*message = to_end(body, body.data + topic);
}

static void mqtt_hand(struct buf *out, const char *subject, struct slice message)
{
	size_t length = 2 + strlen(subject) + message.size;
	const uint8_t head[] = {0x30, (uint8_t)(length | 0x80), (uint8_t)(length >> 7), 0,
				(uint8_t)strlen(subject)};
	const uint8_t short_head[] = {0x30, (uint8_t)length, 0, (uint8_t)strlen(subject)};

	if (length < 128) {
		append(out, short_head, sizeof(short_head));
	} else {
		append(out, head, sizeof(head));
	}
	say(out, subject);
	append(out, message.data, message.size);
}

static void mqtt_registers(void **state)
{
	/* each string's NUL is the last topic's QoS */
	static const char hello[] = "\x10\x12\0\4MQTT\4\2\0\0\0\6d00007"
				    "\x82\x0b\0\1\0\6d00007";
	static const char hello_one_hop[] = "\x10\x12\0\4MQTT\4\2\0\0\0\6d00007"
					    "\x82\x16\0\1\0\6d00007\0\0\10everyone";
	static const char hello_of_first[] = "\x10\x12\0\4MQTT\4\2\0\0\0\6d00005"
					     "\x82\x0b\0\1\0\6d00005";
	static const char simulator[] = "\x10\x15\0\4MQTT\4\2\0\0\0\11simulator"
					"\x82\x0e\0\1\0\11simulator";
	struct heard heard;
	struct buf buf;

	(void)state;
	buf_init(&buf);
	assert_int_equal(dialect_mqtt.drone_hello(&shape, DRONE, &buf), 0);
	expect_bytes(&buf, hello, sizeof(hello));
	assert_int_equal(dialect_mqtt.drone_hello(&one_hop, DRONE, &buf), 0);
	expect_bytes(&buf, hello_one_hop, sizeof(hello_one_hop));
	assert_int_equal(dialect_mqtt.drone_hello(&one_hop, FIRST, &buf), 0);
	expect_bytes(&buf, hello_of_first, sizeof(hello_of_first));
	assert_int_equal(dialect_mqtt.simulator_hello(&shape, &buf), 0);
	expect_bytes(&buf, simulator, sizeof(simulator));

	append(&buf, "\x20\2\0\0\xd0\0", 6);
	assert_int_equal(hear_all(&dialect_mqtt, DRONE, &buf, HEARD_READY, &heard), 0);
	append(&buf, "\x90\4\0\1\0\0", 6);
	assert_int_equal(hear_all(&dialect_mqtt, DRONE, &buf, HEARD_READY, &heard), 1);
	buf_fini(&buf);
}

static void mqtt_messages_go(void **state)
{
	(void)state;
	messages_go(&dialect_mqtt, mqtt_take, mqtt_hand);
}

/* The length takes one byte more at 128, 16384, 2097152. */
static void mqtt_lengths(void **state)
{
	static const size_t sizes[] = {16, 100, 116, 117, 118, 16370, 16372, 16373, 61440, 2100000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct shape large = {
			.payload_bytes = (uint32_t)sizes[i],
			.drone_prefix = "d",
			.one_hop = true,
		};
		uint8_t *bytes = calloc(1, sizes[i]);
		struct slice subject, message;
		struct heard heard;
		struct buf buf;

		assert_non_null(bytes);
		buf_init(&buf);
		assert_int_equal(dialect_mqtt.drone_send(&large, SENDER, BENCH_EVERYONE,
							 slice_of(bytes, sizes[i]), &buf),
				 0);
		take_only(mqtt_take, &buf, &subject, &message);
		assert_int_equal(message.size, sizes[i]);
		assert_int_equal(
			dialect_mqtt.drone_read(&large, DRONE, buf_slice(&buf), &heard, &buf),
			buf_size(&buf));
		assert_int_equal(heard.kind, HEARD_DELIVERY);
		assert_int_equal(heard.payload.size, sizes[i]);
		buf_fini(&buf);
		free(bytes);
	}
}

static void mqtt_refuses(void **state)
{
	(void)state;
	is_refusal(&dialect_mqtt, "\x20\2\0\5", 4);
	is_refusal(&dialect_mqtt, "\x90\4\0\1\0\x80", 6);
	is_nonsense(&dialect_mqtt, "\x20\1\0", 3);
	is_nonsense(&dialect_mqtt, "\x90\2\0\1", 4);
	is_nonsense(&dialect_mqtt, "\x30\1\0", 3);	       /* no topic */
	is_nonsense(&dialect_mqtt, "\x30\4\0\5ab", 6);	       /* longer than the packet */
	is_nonsense(&dialect_mqtt, "\x32\4\0\0\0\1", 6);       /* QoS 1 */
	is_nonsense(&dialect_mqtt, "\x30\xff\xff\xff\xff", 5); /* a length of five bytes */
	is_nonsense(&dialect_mqtt, "\0\0", 2);
}

/* ------------------------------------------------------------- all of them */

static const struct dialect *const brokers[] = {&dialect_nats, &dialect_redis,
						&dialect_redis_no_replies, &dialect_mqtt};

static void simulators_connect(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(brokers) / sizeof(brokers[0]); i++) {
		assert_true(brokers[i]->simulator_connects);
		assert_null(brokers[i]->drone_change);
	}
}

/* With room for no byte, nothing is said and memory is what is missing. */
static void no_memory(void **state)
{
	char room[10];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof(brokers) / sizeof(brokers[0]); i++) {
		buf_init_fixed(&out, room, sizeof(room));
		assert_int_equal(brokers[i]->drone_hello(&shape, DRONE, &out), -1);
		buf_init_fixed(&out, room, sizeof(room));
		assert_int_equal(brokers[i]->simulator_hello(&shape, &out), -1);
		buf_init_fixed(&out, room, sizeof(room));
		assert_int_equal(brokers[i]->drone_send(&shape, DRONE, 1, payload(), &out), -1);
	}
}

static void ids_are_bounded(void **state)
{
	char prefix[200];
	const struct shape odd = {.payload_bytes = PAYLOAD_BYTES, .drone_prefix = prefix};
	struct buf out;

	(void)state;
	memset(prefix, 'p', sizeof(prefix) - 1);
	prefix[sizeof(prefix) - 1] = '\0';
	buf_init(&out);
	assert_int_equal(dialect_nats.drone_hello(&odd, 1234567, &out), 0);
	assert_true(contains(buf_slice(&out), "ppp1234567 1\r\n"));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nats_registers),
		cmocka_unit_test(nats_answers_pings),
		cmocka_unit_test(nats_messages_go),
		cmocka_unit_test(nats_reads_a_reply_subject),
		cmocka_unit_test(nats_refuses),
		cmocka_unit_test(redis_registers),
		cmocka_unit_test(redis_registers_for_one_hop),
		cmocka_unit_test(redis_ignores_what_publish_is_answered_with),
		cmocka_unit_test(redis_messages_go),
		cmocka_unit_test(redis_skips_what_is_of_no_interest),
		cmocka_unit_test(redis_refuses),
		cmocka_unit_test(mqtt_registers),
		cmocka_unit_test(mqtt_messages_go),
		cmocka_unit_test(mqtt_lengths),
		cmocka_unit_test(mqtt_refuses),
		cmocka_unit_test(simulators_connect),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(ids_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
