#include "unit/test_sim_simulator.h"

static struct bench other; /* large */

/* ------------------------------------------------------------- dialogues */

static void test_hello(void **state)
{
	struct answer *answer;
	char models[256];
	size_t size;

	(void)state;
	start(&bench, 1);
	put_hello(&bench);
	put(&bench, (struct to_sim){.kind = TO_SIM_PING, .ping = 77});
	assert_int_equal(deliver(&bench), 0);
	answer = take(&bench, FROM_SIM_HELLO_ACK);
	assert_int_equal(answer->protocol, 1);
	size = (size_t)snprintf(models, sizeof(models), "sim-stub");
	for (size_t i = 0; model_at(i); i++) {
		size += (size_t)snprintf(models + size, sizeof(models) - size, " %s",
					 model_at(i)->name);
	}
	assert_string_equal(answer->text, models);
	assert_int_equal(take(&bench, FROM_SIM_PONG)->id, 77);
	assert_int_equal(buf_size(&bench.guest.out), 0);
	assert_true(slice_equal(simulator_guest_name(&bench.guest), slice_str("gateway")));

	put(&bench, (struct to_sim){.kind = TO_SIM_HELLO, .hello = {.protocol = 9}});
	assert_int_equal(deliver(&bench), 0);
	assert_int_equal(take(&bench, FROM_SIM_HELLO_ACK)->protocol, 1);
	put(&bench, (struct to_sim){.kind = TO_SIM_HELLO, .hello = {.protocol = 0}});
	assert_int_equal(deliver(&bench), -1);
	assert_string_equal(bench.why, "hello offers no protocol version");
	stop(&bench);
}

static void test_hello_comes_first(void **state)
{
	(void)state;
	start(&bench, 1);
	put(&bench, (struct to_sim){.kind = TO_SIM_PING, .ping = 1});
	assert_int_equal(deliver(&bench), -1);
	assert_string_equal(bench.why, "the first message was not hello");
	assert_int_equal(buf_size(&bench.guest.out), 0);
	stop(&bench);
}

static void test_scenario_status(void **state)
{
	struct parameter wrong[] = {{slice_str("model"), slice_str("free-space")},
				    {slice_str("frequencyhz"), slice_str("1e9")}};
	struct answer *answer;

	(void)state;
	start(&bench, 1);
	put_hello(&bench);
	put_free_space(&bench, 1, "meadow", "20");
	put_scenario(&bench, 2, "canyon", wrong, 2);
	put_scenario(&bench, 3, "nothing", NULL, 0);
	assert_int_equal(deliver(&bench), 0);
	take(&bench, FROM_SIM_HELLO_ACK);
	answer = take(&bench, FROM_SIM_SCENARIO_STATUS);
	assert_int_equal(answer->scenario, 1);
	assert_true(answer->ok);
	assert_string_equal(answer->text, "");
	answer = take(&bench, FROM_SIM_SCENARIO_STATUS);
	assert_int_equal(answer->scenario, 2);
	assert_false(answer->ok);
	assert_string_equal(answer->text,
			    "unknown parameter \"frequencyhz\"; nearest known: frequency_hz");
	answer = take(&bench, FROM_SIM_SCENARIO_STATUS);
	assert_false(answer->ok);
	assert_int_equal(strncmp(answer->text,
				 "no parameter \"model\" given; known models: ideal, free-space, ",
				 61),
			 0);
	assert_int_equal(bench.simulator.accounts.scenarios, 1);
	stop(&bench);
}

static void test_transmit(void **state)
{
	static const uint32_t receivers[] = {3, 2};
	struct channel channel;
	struct parameter model = {slice_str("model"), slice_str("free-space")};
	struct refusal refusal;
	struct answer *answer;

	(void)state;
	assert_int_equal(parameters_read(&model, 1, &channel, &refusal), 0);
	start(&bench, 1);
	put_hello(&bench);
	put_free_space(&bench, 1, "meadow", "20");
	put_node(&bench, 1, 1, "uav1", 0.0f);
	put_node(&bench, 1, 2, "uav2", 1000.0f);
	put_node(&bench, 1, 3, "uav3", 1e6f);
	put_transmit(&bench, transmit_of(0xfeedfacecafebeef, 1, receivers, 2, 1));
	assert_int_equal(deliver(&bench), 0);
	answer = take_result(&bench);
	assert_true(answer->id == 0xfeedfacecafebeef);
	assert_int_equal(answer->frames, 1);
	assert_int_equal(answer->count, 2);
	assert_int_equal(answer->receptions[0].receiver, 3);
	assert_int_equal(answer->receptions[0].outcome, OUTCOME_LOST);
	assert_int_equal(answer->receptions[0].reason, REASON_PACKET_ERROR);
	assert_int_equal(answer->receptions[1].receiver, 2);
	assert_int_equal(answer->receptions[1].outcome, OUTCOME_DELIVERED);
	assert_int_equal(answer->receptions[1].reason, REASON_NONE);
	for (size_t i = 0; i < 2; i++) {
		float east = i ? 1000.0f : 1e6f;
		struct sim_node from = {.has_position = true};
		struct sim_node to = {.has_position = true, .position = {.east = east}};
		struct passage passage = {
			.transmitter = &from, .receiver = &to, .payload_bytes = sizeof(payload)};
		struct prediction wanted = link_predict(&channel, &passage);

		assert_memory_equal(&answer->receptions[i].link, &wanted.numbers,
				    sizeof(wanted.numbers));
	}
	assert_int_equal(bench.simulator.accounts.transmits, 1);
	assert_int_equal(bench.simulator.accounts.receptions, 2);
	assert_int_equal(bench.simulator.accounts.delivered, 1);
	assert_int_equal(bench.simulator.accounts.lost, 1);
	assert_int_equal(bench.simulator.accounts.corrupted, 0);
	assert_int_equal(bench.simulator.accounts.nodes, 3);
	stop(&bench);
}

/* Who is not known is left out; the gateway sees who is missing. */
static void test_unknown_is_left_out(void **state)
{
	static const uint32_t receivers[] = {9, 2, 0, 4000000000u};
	struct sim_transmit elsewhere = transmit_of(3, 1, receivers, 4, 3);
	struct answer *answer;

	(void)state;
	start(&bench, 1);
	put_hello(&bench);
	put_free_space(&bench, 1, "meadow", "20");
	put_scenario(&bench, 2, "refused", NULL, 0);
	for (uint32_t scenario = 1; scenario <= 2; scenario++) {
		put_node(&bench, scenario, 1, "uav1", 0.0f);
		put_node(&bench, scenario, 2, "uav2", 10.0f);
	}
	put_transmit(&bench, transmit_of(1, 1, receivers, 4, 1));
	put_transmit(&bench, transmit_of(2, 7, receivers, 4, 2));
	elsewhere.scenario = 5;
	put_transmit(&bench, elsewhere);
	elsewhere.scenario = 2;
	put_transmit(&bench, elsewhere);
	put(&bench, (struct to_sim){.kind = TO_SIM_REMOVE_NODE, .remove_node = {1, 2}});
	put_transmit(&bench, transmit_of(4, 1, receivers, 4, 4));
	put(&bench, (struct to_sim){.kind = TO_SIM_REMOVE_SCENARIO, .remove_scenario = 1});
	put_transmit(&bench, transmit_of(5, 1, receivers, 4, 5));
	assert_int_equal(deliver(&bench), 0);
	answer = take_result(&bench);
	assert_int_equal(answer->count, 1);
	assert_int_equal(answer->receptions[0].receiver, 2);
	for (uint64_t id = 2; id <= 5; id++) {
		answer = take_result(&bench);
		assert_int_equal(answer->count, 0);
		if (id == 3) { /* both of these have the id 3 */
			assert_int_equal(take_result(&bench)->count, 0);
		}
		assert_int_equal(answer->id, id);
	}
	assert_int_equal(buf_size(&bench.guest.out), 0);
	assert_int_equal(bench.simulator.accounts.transmits, 6);
	assert_int_equal(bench.simulator.accounts.receptions, 1);
	stop(&bench);
}

static void test_long_answer_is_cut(void **state)
{
	enum { MOST = 4 * SIMULATOR_RECEPTIONS_A_FRAME };
	static uint32_t receivers[MOST];
	static const size_t counts[] = {0, 1, 255, 256, 257, 512, 513, 1024};
	static const unsigned frames[] = {1, 1, 1, 1, 2, 2, 3, 4};
	char name[16];

	(void)state;
	start(&bench, 1);
	put_hello(&bench);
	put_free_space(&bench, 1, "meadow", "20");
	put_node(&bench, 1, 1, "uav1", -0.5f);
	for (uint32_t i = 0; i < MOST; i++) {
		receivers[i] = MOST + 1 - i;
		snprintf(name, sizeof(name), "uav%u", receivers[i]);
		put_node(&bench, 1, receivers[i], name, (float)i * 12.3f);
	}
	assert_int_equal(deliver(&bench), 0);
	for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
		struct answer *answer;

		put_transmit(&bench, transmit_of(k + 1, 1, receivers, counts[k], k));
		assert_int_equal(deliver(&bench), 0);
		answer = take_result(&bench);
		assert_int_equal(answer->frames, frames[k]);
		assert_int_equal(answer->count, counts[k]);
		for (size_t i = 0; i < counts[k]; i++) {
			assert_int_equal(answer->receptions[i].receiver, receivers[i]);
		}
	}
	stop(&bench);
}

static void test_hello_clears(void **state)
{
	static const uint32_t receivers[] = {2};

	(void)state;
	start(&bench, 1);
	for (int round = 0; round < 2; round++) {
		put_hello(&bench);
		put_transmit(&bench, transmit_of(1, 1, receivers, 1, 1));
		put_free_space(&bench, 1, "meadow", "20");
		put_transmit(&bench, transmit_of(2, 1, receivers, 1, 1));
		put_node(&bench, 1, 1, "uav1", 0.0f);
		put_node(&bench, 1, 2, "uav2", 9.0f);
		put_transmit(&bench, transmit_of(3, 1, receivers, 1, 1));
		assert_int_equal(deliver(&bench), 0);
		assert_int_equal(take_result(&bench)->count, 0);
		assert_int_equal(take_result(&bench)->count, 0);
		assert_int_equal(take_result(&bench)->count, 1);
	}
	assert_int_equal(bench.simulator.accounts.nodes, 4);
	stop(&bench);
}

/* --------------------------------------------------- framing and hostility */

/* Each cut of the bytes gives the same answers. */
static void test_split_input(void **state)
{
	static const size_t pieces[] = {1, 2, 3, 7, 64, 1000};
	static const uint32_t receivers[] = {1, 2, 3, 4};
	struct buf requests;
	struct slice whole;

	(void)state;
	start(&bench, 1);
	put_square(&bench, 1, 1);
	for (uint64_t i = 1; i <= 50; i++) {
		put_transmit(&bench, transmit_of(i, 1, receivers, 4, i));
	}
	requests = bench.requests;
	buf_init(&bench.requests);
	whole = buf_slice(&requests);
	assert_int_equal(simulator_read(&bench.guest, whole, &bench.why), 0);
	for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
		start(&other, 1);
		for (size_t at = 0; at < whole.size; at += pieces[k]) {
			size_t rest = whole.size - at;
			size_t size = rest < pieces[k] ? rest : pieces[k];

			assert_int_equal(simulator_read(&other.guest,
							slice_of(whole.data + at, size),
							&other.why),
					 0);
		}
		assert_true(slice_equal(buf_slice(&bench.guest.out), buf_slice(&other.guest.out)));
		stop(&other);
	}
	buf_fini(&requests);
	stop(&bench);
}

static void assert_closed(const char *bytes, size_t size)
{
	start(&bench, 1);
	put_hello(&bench);
	assert_int_equal(buf_append(&bench.requests, bytes, size), 0);
	assert_int_equal(deliver(&bench), -1);
	assert_non_null(bench.why);
	/* the answer to what came before is there */
	take(&bench, FROM_SIM_HELLO_ACK);
	stop(&bench);
}

static void test_broken_frames(void **state)
{
	(void)state;
	assert_closed("\0", 1);				  /* a frame of no bytes */
	assert_closed("\x81\x80\x80\x02", 4);		  /* 4 MiB and one byte */
	assert_closed("\xff\xff\xff\xff\xff", 5);	  /* a length without end */
	assert_closed("\x02\x0a\x05", 3);		  /* transmit, cut short */
	assert_closed("\x03\x0a\x01\xff", 4);		  /* transmit of garbage */
	assert_closed("\x06\x12\x04\x08\x00\x10\x01", 7); /* set_node in scenario 0, no name */
}

/* A body of a later version is passed over. */
static void test_unknown_body(void **state)
{
	(void)state;
	start(&bench, 1);
	put_hello(&bench);
	assert_int_equal(buf_append(&bench.requests, "\x02\x7a\x00", 3), 0);
	put(&bench, (struct to_sim){.kind = TO_SIM_PING, .ping = 5});
	assert_int_equal(deliver(&bench), 0);
	take(&bench, FROM_SIM_HELLO_ACK);
	assert_int_equal(take(&bench, FROM_SIM_PONG)->id, 5);
	stop(&bench);
}

/* Sweeps until the guest is to be closed; 0 when it never is. */
static unsigned sweeps_until_closed(const char *reason)
{
	const char *why = "";

	for (unsigned sweep = 1; sweep <= 5 * SIMULATOR_PATIENCE_S; sweep++) {
		if (!simulator_sweep(&bench.guest, &why)) {
			assert_string_equal(why, reason);
			return sweep;
		}
	}
	return 0;
}

/* Who owes nothing may be silent for ever; whoever does has SIMULATOR_PATIENCE_S, anew
 * with each whole frame. */
static void test_patience(void **state)
{
	const char *why;

	(void)state;
	start(&bench, 1);
	assert_int_equal(sweeps_until_closed("no hello came"), SIMULATOR_PATIENCE_S + 1);
	stop(&bench);
	start(&bench, 1);
	put_hello(&bench);
	assert_int_equal(deliver(&bench), 0);
	assert_int_equal(sweeps_until_closed(""), 0);
	assert_int_equal(simulator_read(&bench.guest, slice_of("\x02", 1), &why), 0);
	for (unsigned frame = 0; frame < 3 * SIMULATOR_PATIENCE_S; frame++) {
		/* the rest of a ping, and the first byte of the next */
		assert_int_equal(simulator_read(&bench.guest, slice_of("\x32\x00\x02", 3), &why),
				 0);
		assert_true(simulator_sweep(&bench.guest, &why));
	}
	assert_int_equal(sweeps_until_closed("the rest of a frame did not come"),
			 SIMULATOR_PATIENCE_S + 1);
	stop(&bench);
}

/* Changed bytes may close the connection, and do nothing worse. */
static void test_mangled_input(void **state)
{
	enum { RUNS = 3000 };
	static const uint32_t receivers[] = {1, 2, 3, 4};
	struct rng rng;
	unsigned closed = 0;

	(void)state;
	rng_seed(&rng, 77);
	for (unsigned i = 0; i < RUNS; i++) {
		start(&bench, 1);
		put_square(&bench, 1, 1);
		put_transmit(&bench, transmit_of(i, 1, receivers, 4, i));
		for (uint64_t k = 1 + rng_below(&rng, 4); k > 0; k--) {
			size_t place = (size_t)rng_below(&rng, buf_size(&bench.requests));

			bench.requests.data[bench.requests.start + place] = (uint8_t)rng_next(&rng);
		}
		closed += deliver(&bench) < 0;
		stop(&bench);
	}
	assert_in_range(closed, RUNS / 20, RUNS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_hello_comes_first),
		cmocka_unit_test(test_scenario_status),
		cmocka_unit_test(test_transmit),
		cmocka_unit_test(test_unknown_is_left_out),
		cmocka_unit_test(test_long_answer_is_cut),
		cmocka_unit_test(test_hello_clears),
		cmocka_unit_test(test_split_input),
		cmocka_unit_test(test_broken_frames),
		cmocka_unit_test(test_unknown_body),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_mangled_input),
	};

	return cmocka_run_group_tests_name("sim_simulator", tests, NULL, NULL);
}
