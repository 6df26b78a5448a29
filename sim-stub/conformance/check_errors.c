/* What breaks the protocol: it may cost that connection, and nothing else. */
#include "base/clock.h"
#include "conformance/checks.h"

enum {
	CLOSE_WITHIN_US = 1000000,
	PENDING = 300,
	UNTAKEN = 20000,
	DEAF_FOR_US = 500000,
	GARBAGE = 4096
};

/* Another connection is served. */
static bool goes_on(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct caller *caller = bench_call(bench);

	if (!caller) {
		return false;
	}
	if (bench->accepted) {
		if (!bench_stage(bench, caller, &cast) || !bench_ask(bench, caller, 1, 1)) {
			return false;
		}
		bench_say_one(bench, caller, &cast, 0, 0, 1);
	}
	caller_say_ping(caller);
	return bench_await(bench, caller);
}

/* The bytes have been said; the connection should end, and another must be served. */
static void breaks(struct bench *bench, struct caller *caller)
{
	uint64_t soon_us = clock_mono_us() + CLOSE_WITHIN_US;
	enum line_status status;

	if (!bench_send(bench, caller)) {
		return;
	}
	status = line_wait_over(&caller->line, earliest(soon_us, bench->deadline_us));
	if (status == LINE_BAD) {
		bench_fail(bench, "expected the connection to end; came: %s", caller->line.fault);
	} else if (goes_on(bench) && status == LINE_LATE) {
		bench_note(bench,
			   "the connection stays open: what is broken will be noticed later, or "
			   "never");
	}
}

static void greeted_and_then(struct bench *bench, const void *bytes, size_t size)
{
	struct caller *caller = bench_call(bench);

	if (caller) {
		caller_say_bytes(caller, bytes, size);
		breaks(bench, caller);
	}
}

static void empty_frame(struct bench *bench)
{
	greeted_and_then(bench, "\0", 1);
}

static void endless_length(struct bench *bench)
{
	greeted_and_then(bench, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12);
}

/* 5 MiB, of which the first bytes come. */
static void length_over_the_cap(struct bench *bench)
{
	greeted_and_then(bench, "\x80\x80\xc0\x02\x0a\x03\x08\x01\x10", 9);
}

/* Frames that are not protobuf: a field that is cut short; two bodies. */
static void no_protobuf(struct bench *bench)
{
	greeted_and_then(bench, "\x04\x0a\x7f\x08\x01", 5);
}

/* Most protobuf libraries take the last one, and cannot tell: whether the connection ends is left
 * to them. */
static void two_bodies(struct bench *bench)
{
	struct caller *caller = bench_call(bench);

	if (caller) {
		caller_say_bytes(caller, "\x08\x32\x02\x08\x01\x32\x02\x08\x02", 9);
		if (bench_send(bench, caller)) {
			goes_on(bench);
		}
	}
}

static void noise(struct bench *bench)
{
	uint8_t bytes[GARBAGE];
	uint32_t state = 12345;

	for (size_t i = 0; i < sizeof(bytes); i++) {
		state = state * 1664525u + 1013904223u;
		bytes[i] = (uint8_t)(state >> 24);
	}
	greeted_and_then(bench, bytes, sizeof(bytes));
}

static void hello_is_missing(struct bench *bench)
{
	struct caller *caller = bench_connect(bench);

	if (caller) {
		caller_say_ping(caller);
		breaks(bench, caller);
	}
}

/* Begun, and not gone on with. */
static void half_a_frame(struct bench *bench)
{
	struct caller *caller = bench_call(bench);

	if (!caller) {
		return;
	}
	caller_say_bytes(caller, "\xe8\x07\x0a", 3);
	if (bench_send(bench, caller)) {
		goes_on(bench);
	}
}

static void gone_with_requests(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct caller *caller = bench_play(bench, &cast, PENDING, PENDING);

	if (!caller) {
		return;
	}
	for (size_t key = 0; key < PENDING; key++) {
		bench_say_one(bench, caller, &cast, key, 0, 1);
	}
	if (bench_send(bench, caller)) {
		line_reset(&caller->line);
		goes_on(bench);
	}
}

/* 20,000 answers of some 400 bytes are more than what sockets hold. */
static void deaf(struct bench *bench)
{
	const struct cast cast = cast_usual();
	const uint32_t receivers[] = {2, 3, 4, 5, 6};
	struct caller *caller = bench_call(bench);

	if (!caller || !bench_stage(bench, caller, &cast)) {
		return;
	}
	for (uint64_t id = 1; id <= UNTAKEN; id++) {
		caller_say_transmit(caller, &(struct sim_transmit){.id = id,
								   .scenario = cast.scenario,
								   .transmitter = 1,
								   .origin = 1,
								   .receivers = receivers,
								   .receiver_count = 5,
								   .sequence = id});
	}
	line_send_deaf(&caller->line, buf_slice(&caller->out), clock_mono_us() + DEAF_FOR_US);
	goes_on(bench);
}

const struct check checks_errors[] = {
	{"errors", "a frame of no bytes costs at most that connection", WHERE_FRAMING, NEEDS_HELLO,
	 1, empty_frame},
	{"errors", "a length of more than 5 bytes costs at most that connection", WHERE_FRAMING,
	 NEEDS_HELLO, 1, endless_length},
	{"errors", "a frame of over 4 MiB costs at most that connection", "Sizes", NEEDS_HELLO, 1,
	 length_over_the_cap},
	{"errors", "a frame that is not protobuf costs at most that connection", WHERE_FRAMING,
	 NEEDS_HELLO, 1, no_protobuf},
	{"errors", "a frame with two bodies costs at most that connection", WHERE_FRAMING,
	 NEEDS_HELLO, 1, two_bodies},
	{"errors", "4 KiB of noise cost at most that connection", WHERE_FRAMING, NEEDS_HELLO, 1,
	 noise},
	{"errors", "a first message that is not hello costs at most that connection", WHERE_BODIES,
	 NEEDS_HELLO, 1, hello_is_missing},
	{"errors", "half a frame holds up nobody else", WHERE_FRAMING, NEEDS_HELLO, 1,
	 half_a_frame},
	{"errors", "a gateway that does not take its answers holds up nobody else", WHERE_BODIES,
	 NEEDS_SCENARIO, 2, deaf},
	{"errors", "a gateway that goes with 300 requests under way leaves the others alone",
	 "Reconnect", NEEDS_SCENARIO, 1, gone_with_requests},
	{0},
};
