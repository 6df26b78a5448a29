/* A gateway at the simulator, without a socket: what it says, and the answers. */
#ifndef UAV_TESTS_UNIT_TEST_SIM_SIMULATOR_H
#define UAV_TESTS_UNIT_TEST_SIM_SIMULATOR_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/rng.h"
#include "models/free_space.h"
#include "models/link.h"
#include "simulator.h"
#include "wire/frame.h"

/* ------------------------------------------------- a gateway and its answers */

enum { RECEPTIONS_CAP = 2048 };

/* One answer, copied out of its frame; a result's frames are joined. */
struct answer {
	enum from_sim_kind kind;
	uint32_t protocol, scenario;
	bool ok;
	char text[256]; /* status: message; hello_ack: simulator, version, models */
	uint64_t id;	/* result, pong */
	unsigned frames;
	size_t count;
	struct {
		uint32_t receiver, outcome, reason, valid_for_us;
		struct link_numbers link;
	} receptions[RECEPTIONS_CAP];
};

struct bench {
	struct simulator simulator;
	struct simulator_guest guest;
	struct buf requests;
	const char *why;
	struct answer answer;
};

static inline void start(struct bench *bench, uint64_t seed)
{
	simulator_init(&bench->simulator, seed, NULL);
	simulator_guest_init(&bench->guest, &bench->simulator);
	buf_init(&bench->requests);
	bench->why = NULL;
}

static inline void stop(struct bench *bench)
{
	simulator_guest_fini(&bench->guest);
	simulator_fini(&bench->simulator);
	buf_fini(&bench->requests);
}

static inline int deliver(struct bench *bench)
{
	int result = simulator_read(&bench->guest, buf_slice(&bench->requests), &bench->why);

	buf_clear(&bench->requests);
	return result;
}

static inline void put(struct bench *bench, struct to_sim message)
{
	assert_int_equal(channel_write_to_sim(&bench->requests, &message), 0);
}

static inline void put_hello(struct bench *bench)
{
	put(bench, (struct to_sim){.kind = TO_SIM_HELLO,
				   .hello = {1, slice_str("gateway"), slice_str("test 1")}});
}

static inline void put_scenario(struct bench *bench, uint32_t number, const char *name,
				const struct parameter *parameters, size_t count)
{
	put(bench, (struct to_sim){.kind = TO_SIM_SET_SCENARIO,
				   .set_scenario = {number, slice_str(name), parameters, count}});
}

static inline void put_free_space(struct bench *bench, uint32_t number, const char *name,
				  const char *tx_power_dbm)
{
	struct parameter parameters[] = {
		{slice_str("model"), slice_str("free-space")},
		{slice_str("tx_power_dbm"), slice_str(tx_power_dbm)},
	};

	put_scenario(bench, number, name, parameters, 2);
}

/* Its shadowing is one number for each pair, wherever it is. */
static inline void put_log_distance(struct bench *bench, uint32_t number, const char *name,
				    const char *shadowing_db)
{
	struct parameter parameters[] = {
		{slice_str("model"), slice_str("log-distance")},
		{slice_str("exponent"), slice_str("3.2")},
		{slice_str("reference_m"), slice_str("10")},
		{slice_str("shadowing_db"), slice_str(shadowing_db)},
		{slice_str("decorrelation_m"), slice_str("0")},
	};

	put_scenario(bench, number, name, parameters, 5);
}

static inline void put_node(struct bench *bench, uint32_t scenario, uint32_t number,
			    const char *name, float east)
{
	put(bench, (struct to_sim){.kind = TO_SIM_SET_NODE,
				   .set_node = {.scenario = scenario,
						.node = number,
						.name = slice_str(name),
						.has_position = true,
						.position = {.east = east}}});
}

static inline void put_transmit(struct bench *bench, struct sim_transmit transmit)
{
	assert_int_equal(hot_write_transmit(&bench->requests, &transmit), 0);
}

static const uint8_t payload[100];

static inline struct sim_transmit transmit_of(uint64_t id, uint32_t transmitter,
					      const uint32_t *receivers, size_t count,
					      uint64_t sequence)
{
	return (struct sim_transmit){.id = id,
				     .scenario = 1,
				     .transmitter = transmitter,
				     .origin = transmitter,
				     .receivers = receivers,
				     .receiver_count = count,
				     .sequence = sequence,
				     .payload = slice_of(payload, sizeof(payload))};
}

/* `faulty`: links may have faults, of which nothing is promised. */
static inline void keep_receptions(struct answer *answer, struct hot_result *result, bool faulty)
{
	struct reception reception;

	while (hot_result_next(result, &reception) == 1) {
		size_t i = answer->count++;

		assert_true(i < RECEPTIONS_CAP);
		assert_true(reception.link_ok);
		assert_false(reception.altered);
		answer->receptions[i].receiver = reception.receiver;
		answer->receptions[i].outcome = reception.outcome;
		answer->receptions[i].reason = reception.reason;
		assert_int_equal(link_read(reception.link, &answer->receptions[i].link), HOT_OK);
		assert_int_equal(answer->receptions[i].link.delay_us, reception.delay_us);
		answer->receptions[i].valid_for_us = reception.valid_for_us;
		assert_in_range(reception.valid_for_us, faulty ? 0 : 1, LINK_VALID_MAX_US);
	}
}

static inline void keep_ack(struct answer *answer, const struct channel_hello_ack *ack)
{
	size_t size = (size_t)snprintf(answer->text, sizeof(answer->text), "%.*s",
				       SLICE_ARG(ack->simulator));

	answer->protocol = ack->protocol;
	assert_true(ack->version.size > 0);
	for (size_t i = 0; i < ack->model_count; i++) {
		size += (size_t)snprintf(answer->text + size, sizeof(answer->text) - size, " %.*s",
					 SLICE_ARG(ack->models[i]));
	}
}

/* Takes one frame off the answers. True when the answer goes on in the next. */
static inline bool take_frame(struct bench *bench)
{
	struct answer *answer = &bench->answer;
	struct from_sim message;
	struct hot_result result = {0};
	struct arena arena;
	struct slice frame;
	size_t used;
	const char *why;

	assert_int_equal(frame_read(buf_slice(&bench->guest.out), 65536, &frame, &used, &why),
			 FRAME_OK);
	arena_init(&arena, 65536);
	assert_int_equal(channel_read_from_sim(frame, &arena, &message, &why), CODEC_OK);
	answer->kind = message.kind;
	answer->frames++;
	switch (message.kind) {
	case FROM_SIM_HELLO_ACK:
		keep_ack(answer, &message.hello_ack);
		break;
	case FROM_SIM_SCENARIO_STATUS:
		answer->scenario = message.status.scenario;
		answer->ok = message.status.ok;
		snprintf(answer->text, sizeof(answer->text), "%.*s",
			 SLICE_ARG(message.status.message));
		break;
	case FROM_SIM_RESULT:
		assert_int_equal(hot_result_begin(message.result, &result), HOT_OK);
		answer->id = result.id;
		keep_receptions(answer, &result, bench->simulator.timeline != NULL);
		break;
	case FROM_SIM_PONG:
		answer->id = message.pong;
		break;
	case FROM_SIM_UNKNOWN:
		fail();
	}
	arena_fini(&arena);
	buf_consume(&bench->guest.out, used);
	return result.more;
}

static inline struct answer *take(struct bench *bench, enum from_sim_kind kind)
{
	memset(&bench->answer, 0, offsetof(struct answer, receptions));
	while (take_frame(bench)) {
	}
	assert_int_equal(bench->answer.kind, kind);
	return &bench->answer;
}

/* The next result; any other answer before it is passed over. */
static inline struct answer *take_result(struct bench *bench)
{
	do {
		memset(&bench->answer, 0, offsetof(struct answer, receptions));
		while (take_frame(bench)) {
		}
	} while (bench->answer.kind != FROM_SIM_RESULT);
	return &bench->answer;
}

static struct bench bench; /* large, and one at a time */

enum { DRONES = 4, ROUNDS = 250 };

/* At this power and distance about half of the packets are lost. */
static const char half_lost_dbm[] = "-0.9";

/* A world in which the drone `d` has the number base + d * step. */
static inline void put_square(struct bench *at, uint32_t base, uint32_t step)
{
	put_hello(at);
	put_free_space(at, 1, "meadow", half_lost_dbm);
	for (uint32_t d = 0; d < DRONES; d++) {
		char name[8];

		snprintf(name, sizeof(name), "uav%u", d);
		put_node(at, 1, base + d * step, name, 1000.0f * (float)d);
	}
}

#endif
