/* Frames: how bytes become messages. */
#include <stdlib.h>

#include "conformance/checks.h"

enum {
	TOGETHER_PINGS = 300,
	TOGETHER_TRANSMITS = 100,
	ODD_PIECE = 61,
	/* Some 50 bytes each: their receptions do not fit one frame of 4 MiB. */
	MANY_NODES = 100000,
	MANY_NODES_RADIUS_M = 1500,
};

/* The same transmit in one piece and then in pieces of so many bytes. */
static void cut_into(struct bench *bench, size_t piece)
{
	const struct cast cast = cast_usual();
	struct caller *caller = bench_play(bench, &cast, 2, 6);
	struct answers *answers;
	const uint32_t to[] = {1, 2, 3};
	struct question question = {.to = to, .to_count = 3, .sequence = 1, .payload_size = 100};
	char how[200];

	if (!caller) {
		return;
	}
	answers = caller->answers;
	bench_say_transmit(bench, caller, &cast, &question);
	if (!bench_await(bench, caller)) {
		return;
	}
	question.key = 1;
	bench_say_nodes(bench, caller, &cast);
	bench_say_transmit(bench, caller, &cast, &question);
	caller_say_ping(caller);
	if (!bench_send_cut(bench, caller, piece) || !bench_await_all(bench, caller)) {
		return;
	}
	for (size_t i = 0; i < 3; i++) {
		if (!fate_same(answers_fate(answers, 0, i), answers_fate(answers, 1, i), how,
			       sizeof(how))) {
			bench_fail(bench, "expected the same answer; came: %s", how);
		}
	}
}

static void byte_by_byte(struct bench *bench)
{
	cut_into(bench, 1);
}

static void cut_anywhere(struct bench *bench)
{
	cut_into(bench, ODD_PIECE);
}

static void many_together(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct caller *caller = bench_play(bench, &cast, TOGETHER_TRANSMITS, TOGETHER_TRANSMITS);

	if (!caller) {
		return;
	}
	for (size_t i = 0; i < TOGETHER_PINGS; i++) {
		caller_say_ping(caller);
		if (i % 3 == 0) {
			bench_say_one(bench, caller, &cast, i / 3, 0, 1);
		}
	}
	bench_await_all(bench, caller);
}

static void long_payload(struct bench *bench)
{
	const struct cast cast = cast_usual();
	const uint32_t to[] = {1, 2, 3, 4, 5};
	struct caller *caller = bench_play(bench, &cast, 2, 10);

	if (!caller) {
		return;
	}
	for (size_t key = 0; key < 2; key++) {
		bench_say_transmit(bench, caller, &cast,
				   &(struct question){.key = key,
						      .to = to,
						      .to_count = 5,
						      .sequence = key,
						      .payload_size = BENCH_PAYLOAD_MAX});
	}
	bench_await_all(bench, caller);
}

/* ---------------------------------------------------------- long answers */

static struct vector crowd_place(uint32_t index)
{
	const uint32_t column = index % MANY_NODES_RADIUS_M, row = index / MANY_NODES_RADIUS_M;

	return (struct vector){(float)column, (float)row, 50};
}

static void more_than_a_frame(struct bench *bench)
{
	struct cast cast = cast_usual();
	struct caller *caller = bench_call(bench);
	struct answers *answers;
	uint32_t *to = malloc(MANY_NODES * sizeof(*to));

	cast.count = MANY_NODES;
	cast.place = crowd_place;
	cast.prefix = "n";
	if (!to || !caller || !bench_stage(bench, caller, &cast)) {
		free(to);
		return;
	}
	answers = bench_ask(bench, caller, 1, MANY_NODES);
	if (answers) {
		for (uint32_t i = 0; i + 1 < MANY_NODES; i++) {
			to[i] = i + 1;
		}
		bench_say_transmit(bench, caller, &cast,
				   &(struct question){.to = to, .to_count = MANY_NODES - 1});
		caller_say_ping(caller);
		bench_await_all(bench, caller);
	}
	free(to);
}

/* ------------------------------------------------------- later versions */

/* What a later version might add to a message: a number, text, and a float. */
static size_t put_unknown_fields(uint8_t *at)
{
	uint8_t *end = wire_put_varint(wire_put_tag(at, 201, WIRE_VARINT), 123456789);

	end = wire_put_bytes(end, 202, slice_str("of a later version"));
	end = wire_put_fixed32(end, 203, 0x7fc00000);
	return (size_t)(wire_put_fixed64(end, 204, UINT64_MAX) - at);
}

/* Says again what stands in `frames`, with unknown fields in each body and around it. */
static void say_as_later_version(struct caller *caller, struct slice frames)
{
	uint8_t unknown[64], head[32];
	size_t unknown_size = put_unknown_fields(unknown), used;
	struct slice envelope;
	const char *why;

	while (frame_read(frames, LINE_FRAME_MAX, &envelope, &used, &why) == FRAME_OK) {
		struct wire_reader reader = wire_reader_of(envelope);
		struct wire_field field = {0};
		size_t body_size;
		uint8_t *end;

		if (wire_next(&reader, &field) != 1) {
			return; /* never: it was written here */
		}
		body_size = field.bytes.size + unknown_size;
		end = wire_put_varint(head, wire_bytes_size(wire_number(&field), body_size) +
						    unknown_size);
		end = wire_put_varint(wire_put_varint(end, field.tag), body_size);
		caller_say_bytes(caller, head, (size_t)(end - head));
		caller_say_bytes(caller, field.bytes.data, field.bytes.size);
		caller_say_bytes(caller, unknown, unknown_size);
		caller_say_bytes(caller, unknown, unknown_size);
		frames = slice_of(frames.data + used, frames.size - used);
	}
}

static void unknown_fields(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct caller *caller = bench_call(bench);
	struct buf said;

	if (!caller) {
		return;
	}
	bench_say_scenario(bench, caller, cast.scenario, cast.scenario_name);
	bench_say_nodes(bench, caller, &cast);
	if (!bench_ask(bench, caller, 1, 1)) {
		return;
	}
	bench_say_one(bench, caller, &cast, 0, 0, 1);
	caller_say_ping(caller);
	said = caller->out;
	buf_init(&caller->out);
	say_as_later_version(caller, buf_slice(&said));
	buf_fini(&said);
	bench_await_all(bench, caller);
}

static void unknown_body(struct bench *bench)
{
	static const uint8_t later[] = {0x07, 0xe2, 0x03, 0x04, 0x08, 0x01, 0x10, 0x02};
	struct caller *caller = bench_call(bench);

	if (!caller) {
		return;
	}
	caller_say_bytes(caller, later, sizeof(later)); /* field 60, a message of 4 bytes */
	caller_say_ping(caller);
	bench_await_all(bench, caller);
}

const struct check checks_frames[] = {
	{"frames", "frames sent byte by byte give the same answers", WHERE_FRAMING, NEEDS_SCENARIO,
	 1, byte_by_byte},
	{"frames", "frames cut anywhere give the same answers", WHERE_FRAMING, NEEDS_SCENARIO, 1,
	 cut_anywhere},
	{"frames", "400 frames in one segment are all answered", WHERE_FRAMING, NEEDS_SCENARIO, 1,
	 many_together},
	{"frames", "unknown fields are ignored", "Compatibility", NEEDS_SCENARIO, 1,
	 unknown_fields},
	{"frames", "an unknown body is ignored", "Compatibility", NEEDS_SCENARIO, 1, unknown_body},
	{0},
};

const struct check checks_sizes[] = {
	{"sizes", "payloads of 63 KiB, the most there are", "Sizes", NEEDS_SCENARIO, 1,
	 long_payload},
	{"sizes", "100000 receivers: each once, in frames of at most 4 MiB joined by `more`",
	 WHERE_RULES, NEEDS_SCENARIO, 8, more_than_a_frame},
	{0},
};
