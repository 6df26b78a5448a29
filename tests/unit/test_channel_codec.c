/* channel.proto through its codecs: what one side writes the other reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "channel.pb-c.h"
#include "lib/fixture.h"
#include "wire/channel_codec.h"
#include "wire/frame.h"

#include <stdlib.h>

/* The one frame in `out`. */
static struct slice body_of(const struct buf *out)
{
	struct slice body = {0};
	const char *why;
	size_t used;

	assert_int_equal(frame_read(buf_slice(out), UINT32_MAX, &body, &used, &why), FRAME_OK);
	assert_int_equal(used, buf_size(out));
	return body;
}

static struct to_sim to_sim_through(struct fixture *fixture, const struct to_sim *message)
{
	struct to_sim back = {0};
	const char *why = "";

	buf_clear(&fixture->out);
	assert_int_equal(channel_write_to_sim(&fixture->out, message), 0);
	if (channel_read_to_sim(body_of(&fixture->out), &fixture->arena, &back, &why) != CODEC_OK) {
		fail_msg("message %d: %s", message->kind, why);
	}
	assert_int_equal(back.kind, message->kind);
	return back;
}

static struct from_sim from_sim_through(struct fixture *fixture, const struct from_sim *message)
{
	struct from_sim back = {0};
	const char *why = "";

	buf_clear(&fixture->out);
	assert_int_equal(channel_write_from_sim(&fixture->out, message), 0);
	if (channel_read_from_sim(body_of(&fixture->out), &fixture->arena, &back, &why) !=
	    CODEC_OK) {
		fail_msg("message %d: %s", message->kind, why);
	}
	assert_int_equal(back.kind, message->kind);
	return back;
}

/* -------------------------------------------------------- gateway to simulator */

static void hello_comes_through(void **state)
{
	const struct to_sim message = {
		.kind = TO_SIM_HELLO,
		.hello = {1, slice_str("field gateway"), slice_str("uav-gateway 1")},
	};
	struct channel_hello back = to_sim_through(*state, &message).hello;

	assert_int_equal(back.protocol, 1);
	assert_true(slice_equal(back.gateway, message.hello.gateway));
	assert_true(slice_equal(back.software, message.hello.software));
}

static void scenario_comes_through_with_long_parameters(void **state)
{
	enum { LONG = 5000 };
	char *value = malloc(LONG);
	const struct parameter parameters[] = {
		{slice_str("model"), slice_str("free-space")},
		{slice_str("empty"), slice_of(NULL, 0)},
		{slice_str("long"), slice_of(value, LONG)},
	};
	const struct to_sim message = {
		.kind = TO_SIM_SET_SCENARIO,
		.set_scenario = {3, slice_str("field"), parameters, 3},
	};
	struct sim_scenario back;

	assert_non_null(value);
	memset(value, 'v', LONG);
	back = to_sim_through(*state, &message).set_scenario;
	assert_int_equal(back.scenario, 3);
	assert_true(slice_equal(back.name, slice_str("field")));
	assert_int_equal(back.parameter_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(slice_equal(back.parameters[i].key, parameters[i].key));
		assert_true(slice_equal(back.parameters[i].value, parameters[i].value));
	}
	free(value);
}

static void node_comes_through_whole_and_bare(void **state)
{
	struct to_sim message = {
		.kind = TO_SIM_SET_NODE,
		.set_node = {.scenario = 1,
			     .node = 2,
			     .name = slice_str("uav-1"),
			     .has_position = true,
			     .position = {1, 2, 3},
			     .has_velocity = true,
			     .velocity = {4, 5, 6},
			     .has_attitude = true,
			     .attitude = {7, 8, 9},
			     .has_radio = true,
			     .radio = {20, 2, 6},
			     .at_us = UINT64_MAX},
	};
	const struct sim_node *node = &message.set_node;
	struct sim_node back = to_sim_through(*state, &message).set_node;

	assert_true(back.scenario == 1 && back.node == 2 && back.at_us == UINT64_MAX);
	assert_true(slice_equal(back.name, node->name));
	assert_true(back.has_position && back.has_velocity && back.has_attitude && back.has_radio);
	assert_memory_equal(&back.position, &node->position, sizeof(back.position));
	assert_memory_equal(&back.velocity, &node->velocity, sizeof(back.velocity));
	assert_memory_equal(&back.attitude, &node->attitude, sizeof(back.attitude));
	assert_memory_equal(&back.radio, &node->radio, sizeof(back.radio));
	message.set_node = (struct sim_node){.scenario = 1, .node = 2};
	back = to_sim_through(*state, &message).set_node;
	assert_true(!back.has_position && !back.has_velocity && !back.has_attitude &&
		    !back.has_radio);
}

static void removals_and_ping_come_through(void **state)
{
	struct to_sim message = {.kind = TO_SIM_REMOVE_SCENARIO, .remove_scenario = 7};

	assert_int_equal(to_sim_through(*state, &message).remove_scenario, 7);
	message = (struct to_sim){.kind = TO_SIM_REMOVE_NODE, .remove_node = {7, 8}};
	assert_int_equal(to_sim_through(*state, &message).remove_node.scenario, 7);
	assert_int_equal(to_sim_through(*state, &message).remove_node.node, 8);
	message = (struct to_sim){.kind = TO_SIM_PING, .ping = UINT64_MAX};
	assert_true(to_sim_through(*state, &message).ping == UINT64_MAX);
}

static void transmit_is_handed_on_in_place(void **state)
{
	struct fixture *fixture = *state;
	const uint32_t receivers[] = {4, 5};
	const struct sim_transmit transmit = {
		.id = 1,
		.scenario = 2,
		.transmitter = 3,
		.origin = 3,
		.receivers = receivers,
		.receiver_count = 2,
		.sequence = 6,
		.payload = slice_str("payload"),
		.sent_at_us = 7,
	};
	struct sim_transmit back = {0};
	struct to_sim message = {0};
	uint32_t room[2];
	const char *why;

	assert_int_equal(hot_write_transmit(&fixture->out, &transmit), 0);
	assert_int_equal(
		channel_read_to_sim(body_of(&fixture->out), &fixture->arena, &message, &why),
		CODEC_OK);
	assert_int_equal(message.kind, TO_SIM_TRANSMIT);
	assert_int_equal(fixture->arena.used, 0);
	assert_int_equal(hot_read_transmit(message.transmit, &back, room, 2), HOT_OK);
	assert_true(back.id == 1 && back.scenario == 2 && back.transmitter == 3 &&
		    back.origin == 3 && back.sequence == 6 && back.sent_at_us == 7);
	assert_memory_equal(room, receivers, sizeof(room));
	assert_true(slice_equal(back.payload, transmit.payload));
}

/* -------------------------------------------------------- simulator to gateway */

static void hello_ack_comes_through(void **state)
{
	const struct slice models[] = {slice_str("ideal"), slice_str("free-space")};
	struct from_sim message = {
		.kind = FROM_SIM_HELLO_ACK,
		.hello_ack = {.protocol = 1,
			      .simulator = slice_str("sim-stub"),
			      .version = slice_str("1.0"),
			      .models = models,
			      .model_count = 2},
	};
	struct channel_hello_ack back = from_sim_through(*state, &message).hello_ack;

	assert_int_equal(back.protocol, 1);
	assert_true(slice_equal(back.simulator, message.hello_ack.simulator));
	assert_true(slice_equal(back.version, message.hello_ack.version));
	assert_int_equal(back.model_count, 2);
	assert_true(slice_equal(back.models[0], models[0]));
	assert_true(slice_equal(back.models[1], models[1]));
	message.hello_ack.model_count = 0;
	assert_int_equal(from_sim_through(*state, &message).hello_ack.model_count, 0);
	assert_false(from_sim_through(*state, &message).hello_ack.has_draws);
	for (uint64_t seed = 0; seed < 3; seed++) {
		message.hello_ack.has_draws = true;
		message.hello_ack.draw_seed = seed ? UINT64_MAX - seed : 0;
		back = from_sim_through(*state, &message).hello_ack;
		assert_true(back.has_draws);
		assert_true(back.draw_seed == message.hello_ack.draw_seed);
	}
}

static void status_and_pong_come_through(void **state)
{
	struct from_sim message = {
		.kind = FROM_SIM_SCENARIO_STATUS,
		.status = {3, false, slice_str("unknown model \"x\"")},
	};
	struct channel_status back = from_sim_through(*state, &message).status;

	assert_int_equal(back.scenario, 3);
	assert_false(back.ok);
	assert_true(slice_equal(back.message, message.status.message));
	message.status.ok = true;
	assert_true(from_sim_through(*state, &message).status.ok);
	message = (struct from_sim){.kind = FROM_SIM_PONG, .pong = 9};
	assert_true(from_sim_through(*state, &message).pong == 9);
}

static void result_is_recognised_without_the_arena(void **state)
{
	const struct reception reception = {.receiver = 2, .outcome = OUTCOME_LOST};
	struct fixture *fixture = *state;
	struct hot_result result = {0};
	struct reception back = {0};
	struct from_sim message = {0};
	const char *why;

	arena_fini(&fixture->arena);
	arena_init(&fixture->arena, 0);
	assert_int_equal(hot_write_result(&fixture->out, 5, &reception, 1, false), 0);
	assert_int_equal(
		channel_read_from_sim(body_of(&fixture->out), &fixture->arena, &message, &why),
		CODEC_OK);
	assert_int_equal(message.kind, FROM_SIM_RESULT);
	assert_int_equal(hot_result_begin(message.result, &result), HOT_OK);
	assert_int_equal(hot_result_next(&result, &back), 1);
	assert_int_equal(back.outcome, OUTCOME_LOST);
}

/* ---------------------------------------------------------- what is not allowed */

static void frames_to_a_simulator_are_bad_as_documented(void **state)
{
	struct fixture *fixture = *state;
	const struct {
		const char *what;
		struct slice frame;
		enum codec_status status;
		enum to_sim_kind kind;
	} cases[] = {
		{"no body", BYTES(""), CODEC_OK, TO_SIM_UNKNOWN},
		{"unknown body", BYTES("\x7a\x00"), CODEC_OK, TO_SIM_UNKNOWN},
		{"ping", BYTES("\x32\x00"), CODEC_OK, TO_SIM_PING},
		{"two bodies", BYTES("\x32\x00\x3a\x00"), CODEC_BAD, 0},
		{"ping as a number", BYTES("\x30\x00"), CODEC_BAD, 0},
		{"name not UTF-8", BYTES("\x12\x03\x1a\x01\xff"), CODEC_BAD, 0},
		{"position not a number", BYTES("\x12\x07\x22\x05\x0d\x00\x00\xc0\x7f"), CODEC_BAD,
		 0},
		{"two positions", BYTES("\x12\x04\x22\x00\x22\x00"), CODEC_BAD, 0},
		{"cut short", BYTES("\x12\x03\x1a"), CODEC_BAD, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = NULL;
		struct to_sim message = {0};
		enum codec_status status =
			channel_read_to_sim(cases[i].frame, &fixture->arena, &message, &why);

		if (status != cases[i].status ||
		    (status == CODEC_OK && message.kind != cases[i].kind) ||
		    (status == CODEC_BAD && !why)) {
			fail_msg("%s: status %d", cases[i].what, status);
		}
	}
}

static void frames_from_a_simulator_are_bad_as_documented(void **state)
{
	struct fixture *fixture = *state;
	const struct {
		const char *what;
		struct slice frame;
		enum codec_status status;
		enum from_sim_kind kind;
	} cases[] = {
		{"no body", BYTES(""), CODEC_OK, FROM_SIM_UNKNOWN},
		{"unknown body", BYTES("\x2a\x00"), CODEC_OK, FROM_SIM_UNKNOWN},
		{"pong", BYTES("\x1a\x00"), CODEC_OK, FROM_SIM_PONG},
		{"two results", BYTES("\x0a\x00\x0a\x00"), CODEC_BAD, 0},
		{"result as a number", BYTES("\x08\x00"), CODEC_BAD, 0},
		{"model with NUL", BYTES("\x22\x03\x22\x01\x00"), CODEC_BAD, 0},
		{"message not UTF-8", BYTES("\x12\x03\x1a\x01\xff"), CODEC_BAD, 0},
		{"not a message", BYTES("GET / HTTP/1.1"), CODEC_BAD, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = NULL;
		struct from_sim message = {0};
		enum codec_status status =
			channel_read_from_sim(cases[i].frame, &fixture->arena, &message, &why);

		if (status != cases[i].status ||
		    (status == CODEC_OK && message.kind != cases[i].kind) ||
		    (status == CODEC_BAD && !why)) {
			fail_msg("%s: status %d", cases[i].what, status);
		}
	}
}

/* Empty sub-messages without end, from either side. */
static void bombs_stop_at_the_cap(void **state)
{
	enum { BOMB = 64 * 1024 };
	struct fixture *fixture = *state;
	uint8_t *frame = malloc(BOMB);
	struct from_sim from;
	struct to_sim to;

	assert_non_null(frame);
	for (int side = 0; side < 2; side++) {
		/* set_scenario { parameters {} ... } and hello_ack { models "" ... } have
		 * number 4; repeated in them 3 and 4. */
		uint8_t *at = wire_put_tag(frame, 4, WIRE_BYTES);
		const char *why = NULL;
		enum codec_status status;

		at = wire_put_varint(at, BOMB - 4);
		for (; at + 2 <= frame + BOMB; at += 2) {
			at[0] = (uint8_t)WIRE_TAG(side ? 4 : 3, WIRE_BYTES);
			at[1] = 0;
		}
		arena_reset(&fixture->arena);
		status = side ? channel_read_from_sim(slice_of(frame, BOMB), &fixture->arena, &from,
						      &why)
			      : channel_read_to_sim(slice_of(frame, BOMB), &fixture->arena, &to,
						    &why);
		assert_int_equal(status, CODEC_BAD);
		assert_string_equal(why, "message too complex");
		assert_true(fixture->arena.used <= fixture->arena.cap);
	}
	free(frame);
}

static void nothing_is_written_for_what_others_write(void **state)
{
	static const enum to_sim_kind to[] = {TO_SIM_UNKNOWN, TO_SIM_TRANSMIT};
	static const enum from_sim_kind from[] = {FROM_SIM_UNKNOWN, FROM_SIM_RESULT};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
			channel_write_to_sim(&fixture->out, &(struct to_sim){.kind = to[i]}), -1);
		assert_int_equal(
			channel_write_from_sim(&fixture->out, &(struct from_sim){.kind = from[i]}),
			-1);
	}
	assert_int_equal(buf_size(&fixture->out), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hello_comes_through),
		TEST(scenario_comes_through_with_long_parameters),
		TEST(node_comes_through_whole_and_bare),
		TEST(removals_and_ping_come_through),
		TEST(transmit_is_handed_on_in_place),
		TEST(hello_ack_comes_through),
		TEST(status_and_pong_come_through),
		TEST(result_is_recognised_without_the_arena),
		TEST(frames_to_a_simulator_are_bad_as_documented),
		TEST(frames_from_a_simulator_are_bad_as_documented),
		TEST(bombs_stop_at_the_cap),
		TEST(nothing_is_written_for_what_others_write),
	};

	return cmocka_run_group_tests_name("channel_codec", tests, NULL, NULL);
}
