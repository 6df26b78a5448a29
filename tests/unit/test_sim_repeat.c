/* The same requests give the same results, whoever asks, in whatever order, on whatever
 * connection. */
#include "unit/test_sim_simulator.h"

/* ---------------------------------------------------------- repeatability */

/* The message `sequence` of drone `d` to its neighbour. */
static void put_round(struct bench *at, uint32_t base, uint32_t step, uint32_t d, uint64_t sequence)
{
	uint32_t receiver = base + (d + 1 < DRONES ? d + 1 : d - 1) * step;

	put_transmit(at,
		     transmit_of(sequence * DRONES + d, base + d * step, &receiver, 1, sequence));
}

static void take_outcomes(struct bench *at, uint32_t *outcomes)
{
	for (unsigned i = 0; i < DRONES * ROUNDS; i++) {
		struct answer *answer = take_result(at);

		assert_int_equal(answer->count, 1);
		assert_true(answer->id < DRONES * ROUNDS);
		outcomes[answer->id] = answer->receptions[0].outcome;
	}
}

static void run_rounds(struct bench *at, uint64_t seed, bool by_drone, uint32_t base, uint32_t step,
		       uint32_t *outcomes)
{
	start(at, seed);
	put_square(at, base, step);
	for (uint32_t i = 0; i < DRONES * ROUNDS; i++) {
		uint32_t drone = by_drone ? DRONES - 1 - i / ROUNDS : i % DRONES;

		put_round(at, base, step, drone, by_drone ? i % ROUNDS : i / DRONES);
	}
	assert_int_equal(deliver(at), 0);
	take_outcomes(at, outcomes);
	stop(at);
}

static unsigned lost_of(const uint32_t *outcomes)
{
	unsigned lost = 0;

	for (unsigned i = 0; i < DRONES * ROUNDS; i++) {
		lost += outcomes[i] == OUTCOME_LOST;
	}
	return lost;
}

/* However the senders interleave, and whatever numbers the drones have. */
static void test_repeatable(void **state)
{
	static uint32_t first[DRONES * ROUNDS], second[DRONES * ROUNDS];

	(void)state;
	run_rounds(&bench, 5, false, 1, 1, first);
	run_rounds(&bench, 5, true, 1, 1, second);
	assert_memory_equal(first, second, sizeof(first));
	run_rounds(&bench, 5, true, 90, 1000, second);
	assert_memory_equal(first, second, sizeof(first));
	run_rounds(&bench, 6, false, 1, 1, second);
	assert_memory_not_equal(first, second, sizeof(first));
	assert_in_range(lost_of(first), DRONES * ROUNDS / 4, DRONES * ROUNDS * 3 / 4);
}

/* As many are lost as the packet error rate says. */
static void test_losses_match_the_rate(void **state)
{
	enum { SENDS = 20000 };
	static const uint32_t receivers[] = {2};
	double rate = 0.0;
	unsigned lost = 0;

	(void)state;
	start(&bench, 3);
	put_square(&bench, 1, 1);
	for (uint64_t i = 1; i <= SENDS; i++) {
		put_transmit(&bench, transmit_of(i, 1, receivers, 1, i));
	}
	assert_int_equal(deliver(&bench), 0);
	for (unsigned i = 0; i < SENDS; i++) {
		struct answer *answer = take_result(&bench);

		rate = (double)answer->receptions[0].link.packet_error_rate;
		lost += answer->receptions[0].outcome == OUTCOME_LOST;
	}
	assert_true(rate > 0.2 && rate < 0.8);
	assert_true(fabs(lost - rate * SENDS) < 4.0 * sqrt(rate * (1.0 - rate) * SENDS));
	assert_int_equal(bench.simulator.accounts.lost, lost);
	assert_int_equal(bench.simulator.accounts.delivered, SENDS - lost);
	stop(&bench);
}

/* On a relayed hop the origin counts; none given means the transmitter. */
static void test_origin(void **state)
{
	static const uint32_t receivers[] = {2};
	static const uint32_t origins[] = {1, 0, 3};
	unsigned differ[3] = {0};

	(void)state;
	start(&bench, 3);
	put_square(&bench, 1, 1);
	assert_int_equal(deliver(&bench), 0);
	for (uint64_t i = 1; i <= 200; i++) {
		uint32_t outcomes[3];

		for (unsigned k = 0; k < 3; k++) {
			struct sim_transmit transmit = transmit_of(i, 1, receivers, 1, i);

			transmit.origin = origins[k];
			put_transmit(&bench, transmit);
			assert_int_equal(deliver(&bench), 0);
			outcomes[k] = take_result(&bench)->receptions[0].outcome;
			differ[k] += outcomes[k] != outcomes[0];
		}
	}
	assert_int_equal(differ[1], 0);
	assert_true(differ[2] > 50);
	stop(&bench);
}

/* ------------------------------------------------------------- shadowing */

/* The mean path loss of put_log_distance's scenarios. */
static double mean_loss_db(double distance_m)
{
	return 20.0 * log10(4.0 * M_PI * fmin(distance_m, 10.0) * 2.4e9 / 299792458.0) +
	       32.0 * log10(fmax(distance_m, 10.0) / 10.0);
}

/* What the path loss from `from` to `to` has above the mean, dB. */
static double shadowing_between(struct bench *at, uint32_t scenario, uint32_t from, uint32_t to,
				uint64_t sequence)
{
	struct sim_transmit transmit = transmit_of(sequence, from, &to, 1, sequence);
	struct answer *answer;

	transmit.scenario = scenario;
	transmit.origin = (uint32_t)sequence % 4; /* whose message it is plays no part */
	put_transmit(at, transmit);
	assert_int_equal(deliver(at), 0);
	answer = take_result(at);
	assert_int_equal(answer->count, 1);
	return (double)answer->receptions[0].link.path_loss_db -
	       mean_loss_db((double)answer->receptions[0].link.distance_m);
}

/* Shadowing comes in steps of 0.01 dB, path loss in steps of 0.001 dB. */
static void assert_same_db(double value, double wanted)
{
	if (!(fabs(value - wanted) < 1e-3)) {
		fail_msg("%.6f dB instead of %.6f dB", value, wanted);
	}
}

/* Drawn once for the pair: in both directions, for each message, wherever they fly. The
 * numbers are those of the pair's recorded draws (test_sim_draw) in 8 dB. */
static void test_shadowing_of_a_pair(void **state)
{
	(void)state;
	start(&bench, 1);
	put_hello(&bench);
	put_log_distance(&bench, 1, "meadow", "8");
	put_node(&bench, 1, 1, "uav1", 0.0f);
	put_node(&bench, 1, 2, "uav2", 300.0f);
	put_node(&bench, 1, 3, "uav10", 4000.0f);
	for (uint64_t sequence = 1; sequence <= 20; sequence++) {
		assert_same_db(shadowing_between(&bench, 1, 1, 2, sequence), 3.78);
		assert_same_db(shadowing_between(&bench, 1, 2, 1, sequence), 3.78);
		assert_same_db(shadowing_between(&bench, 1, 2, 3, sequence), -3.03);
		assert_same_db(shadowing_between(&bench, 1, 3, 2, sequence), -3.03);
		/* as far as the reference, and under it */
		put_node(&bench, 1, 2, "uav2", (float)(sequence * sequence));
	}
	/* the number of the scenario does not matter; its name and the amount do */
	put(&bench, (struct to_sim){.kind = TO_SIM_REMOVE_SCENARIO, .remove_scenario = 1});
	put_log_distance(&bench, 7, "meadow", "4");
	put_node(&bench, 7, 20, "uav1", 0.0f);
	put_node(&bench, 7, 10, "uav2", 300.0f);
	assert_same_db(shadowing_between(&bench, 7, 10, 20, 1), 1.89);
	put_log_distance(&bench, 7, "meadow", "0");
	assert_same_db(shadowing_between(&bench, 7, 10, 20, 1), 0.0);
	put_log_distance(&bench, 7, "canyon", "8");
	assert_true(fabs(shadowing_between(&bench, 7, 10, 20, 1) - 3.78) > 0.02);
	stop(&bench);
}

static void test_shadowing_follows_the_seed(void **state)
{
	double last = 0.0;

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		double shadowing;

		start(&bench, seed);
		put_hello(&bench);
		put_log_distance(&bench, 1, "meadow", "8");
		put_node(&bench, 1, 1, "uav1", 0.0f);
		put_node(&bench, 1, 2, "uav2", 300.0f);
		shadowing = shadowing_between(&bench, 1, 1, 2, 1);
		assert_true(fabs(shadowing - last) > 0.02);
		assert_same_db(shadowing_between(&bench, 1, 2, 1, 99), shadowing);
		last = shadowing;
		stop(&bench);
	}
}

/* Least squares over one transmit to many, 10 m to 10 km away: the slope is the
 * exponent, what is left over has the standard deviation. */
static void test_slope_and_deviation(void **state)
{
	enum { NODES = RECEPTIONS_CAP };
	static uint32_t receivers[NODES];
	double x = 0.0, y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0;
	double slope, left_over;
	struct answer *answer;
	char name[16];

	(void)state;
	start(&bench, 4);
	put_hello(&bench);
	put_log_distance(&bench, 1, "meadow", "6");
	put_node(&bench, 1, NODES + 1, "hub", 0.0f);
	for (uint32_t i = 0; i < NODES; i++) {
		receivers[i] = i + 1;
		snprintf(name, sizeof(name), "uav%u", i);
		put_node(&bench, 1, receivers[i], name, (float)pow(10.0, 1.0 + 3.0 * i / NODES));
	}
	put_transmit(&bench, transmit_of(1, NODES + 1, receivers, NODES, 1));
	assert_int_equal(deliver(&bench), 0);
	answer = take_result(&bench);
	assert_int_equal(answer->count, NODES);
	for (size_t i = 0; i < NODES; i++) {
		double decades = log10((double)answer->receptions[i].link.distance_m);
		double loss = (double)answer->receptions[i].link.path_loss_db;

		x += decades / NODES;
		y += loss / NODES;
		xx += decades * decades / NODES;
		xy += decades * loss / NODES;
		yy += loss * loss / NODES;
	}
	slope = (xy - x * y) / (xx - x * x);
	left_over = sqrt(yy - y * y - slope * (xy - x * y));
	/* four standard deviations of each */
	assert_true(fabs(slope - 32.0) < 4.0 * 6.0 / sqrt(NODES * (xx - x * x)));
	assert_true(fabs(left_over - 6.0) < 4.0 * 6.0 / sqrt(2.0 * NODES));
	stop(&bench);
}

/* ------------------------------------------ hops, and names more than once */

/* Who lost what in two hops of each message: uav1 to the hub, the hub to uav2. The
 * numbers are the caller's. */
static void fly_two_hops(uint64_t seed, const uint32_t numbers[3], uint64_t sent_at_us,
			 uint32_t outcomes[2][ROUNDS])
{
	static const char *const names[] = {"uav1", "hub", "uav2"};

	start(&bench, seed);
	put_hello(&bench);
	put_free_space(&bench, 1, "star", half_lost_dbm);
	for (size_t i = 0; i < 3; i++) {
		put_node(&bench, 1, numbers[i], names[i], 1000.0f * (float)i);
	}
	for (uint64_t i = 0; i < ROUNDS; i++) {
		for (size_t hop = 0; hop < 2; hop++) {
			struct sim_transmit transmit =
				transmit_of(i, numbers[hop], &numbers[hop + 1], 1, i);

			transmit.origin = numbers[0];
			transmit.sent_at_us = sent_at_us + i * 1000000;
			put_transmit(&bench, transmit);
			assert_int_equal(deliver(&bench), 0);
			outcomes[hop][i] = take_result(&bench)->receptions[0].outcome;
		}
	}
	stop(&bench);
}

/* Each hop of a relayed message is a draw of its own, by names. The time of sending may be
 * none at all, or lie centuries ahead. */
static void test_two_hops(void **state)
{
	static const uint32_t few[] = {1, 2, 3}, many[] = {700, 41, 12345};
	static uint32_t first[2][ROUNDS], second[2][ROUNDS];
	unsigned lost[2] = {0}, both = 0;

	(void)state;
	fly_two_hops(11, few, 0, first);
	fly_two_hops(11, many, 1ull << 60, second);
	assert_memory_equal(first, second, sizeof(first));
	for (unsigned i = 0; i < ROUNDS; i++) {
		bool gone[] = {first[0][i] == OUTCOME_LOST, first[1][i] == OUTCOME_LOST};

		lost[0] += gone[0];
		lost[1] += gone[1];
		both += gone[0] && gone[1];
	}
	assert_in_range(lost[0], ROUNDS / 4, ROUNDS * 3 / 4);
	assert_in_range(lost[1], ROUNDS / 4, ROUNDS * 3 / 4);
	/* independent: as many as the product says, four standard deviations at most */
	assert_true(fabs(both - (double)lost[0] * lost[1] / ROUNDS) < 4.0 * sqrt(ROUNDS / 16.0));
	fly_two_hops(12, few, 0, second);
	assert_memory_not_equal(first[0], second[0], sizeof(first[0]));
	assert_memory_not_equal(first[1], second[1], sizeof(first[1]));
}

/* The same message to the same receiver, by another transmitter as far away. */
static void test_transmitter_counts(void **state)
{
	static const uint32_t receiver = 2;
	unsigned differ = 0;

	(void)state;
	start(&bench, 11);
	put_square(&bench, 1, 1);
	for (uint64_t i = 0; i < ROUNDS; i++) {
		uint32_t outcomes[2];

		for (uint32_t k = 0; k < 2; k++) {
			struct sim_transmit transmit = transmit_of(i, 1 + 2 * k, &receiver, 1, i);

			transmit.origin = 1;
			put_transmit(&bench, transmit);
			assert_int_equal(deliver(&bench), 0);
			outcomes[k] = take_result(&bench)->receptions[0].outcome;
		}
		differ += outcomes[0] != outcomes[1];
	}
	assert_in_range(differ, ROUNDS / 4, ROUNDS * 3 / 4);
	stop(&bench);
}

/* A hop whose origin has left is decided all the same, and again the same. */
static void test_origin_has_left(void **state)
{
	static const uint32_t receiver = 3;
	uint32_t outcomes[2][ROUNDS];

	(void)state;
	for (unsigned run = 0; run < 2; run++) {
		start(&bench, 11);
		put_hello(&bench);
		put_free_space(&bench, 1, "star", half_lost_dbm);
		put_node(&bench, 1, 2, "hub", 0.0f);
		put_node(&bench, 1, 3, "uav2", 1000.0f);
		for (uint64_t i = 0; i < ROUNDS; i++) {
			struct sim_transmit transmit = transmit_of(i, 2, &receiver, 1, i);

			transmit.origin = 1 + run * 77;
			put_transmit(&bench, transmit);
			assert_int_equal(deliver(&bench), 0);
			outcomes[run][i] = take_result(&bench)->receptions[0].outcome;
		}
		stop(&bench);
	}
	assert_memory_equal(outcomes[0], outcomes[1], sizeof(outcomes[0]));
}

/* The first reception of the message `sequence` from node 1 to node 2 of a scenario. */
static struct answer *ask(struct bench *at, uint32_t scenario, uint64_t sequence)
{
	static const uint32_t receiver = 2;
	struct sim_transmit transmit = transmit_of(sequence, 1, &receiver, 1, sequence);

	transmit.scenario = scenario;
	put_transmit(at, transmit);
	assert_int_equal(deliver(at), 0);
	return take_result(at);
}

/* A gateway gives a changed scenario a new number while the old one ends: both have the name,
 * and both have the drones. Who is decided where is a matter of names; with other parameters
 * of those. A drone in a scenario of another name has another fate there. */
static void test_scenario_replaced(void **state)
{
	static const char *const names[] = {"meadow", "meadow", "canyon", "meadow"};
	unsigned differ[4] = {0};

	(void)state;
	start(&bench, 8);
	put_hello(&bench);
	for (uint32_t k = 0; k < 4; k++) {
		put_free_space(&bench, k + 1, names[k], k == 3 ? "-3" : half_lost_dbm);
		put_node(&bench, k + 1, 1, "uav1", 0.0f);
		put_node(&bench, k + 1, 2, "uav2", 1000.0f);
	}
	for (uint64_t i = 0; i < ROUNDS; i++) {
		bool lost[4];

		for (uint32_t k = 0; k < 4; k++) {
			lost[k] = ask(&bench, k + 1, i)->receptions[0].outcome == OUTCOME_LOST;
			differ[k] += lost[k] != lost[0];
		}
		/* the same draw against a higher rate: what was lost stays so */
		assert_true(!lost[0] || lost[3]);
	}
	assert_int_equal(differ[1], 0);
	assert_true(differ[2] > ROUNDS / 4);
	assert_true(differ[3] > 0);
	/* the old one goes, and takes its nodes alone with it */
	put(&bench, (struct to_sim){.kind = TO_SIM_REMOVE_SCENARIO, .remove_scenario = 1});
	assert_int_equal(ask(&bench, 1, 1)->count, 0);
	assert_int_equal(ask(&bench, 2, 1)->count, 1);
	assert_int_equal(bench.guest.world.nodes, 6);
	stop(&bench);
}

/* Its number comes again for another scenario, which has nobody of the former. */
static void test_numbers_come_again(void **state)
{
	(void)state;
	start(&bench, 8);
	put_hello(&bench);
	for (unsigned round = 0; round < 3; round++) {
		put_free_space(&bench, 1, round % 2 ? "canyon" : "meadow", "20");
		assert_int_equal(ask(&bench, 1, 1)->count, 0);
		put_node(&bench, 1, 1, "uav1", 0.0f);
		assert_int_equal(ask(&bench, 1, 1)->count, 0);
		put_node(&bench, 1, 2, round % 2 ? "uav2" : "uav3", 10.0f + (float)round);
		assert_int_equal(ask(&bench, 1, 1)->count, 1);
		assert_true(bench.answer.receptions[0].link.distance_m == 10.0f + (float)round);
		/* a node's number, too, comes again */
		put(&bench, (struct to_sim){.kind = TO_SIM_REMOVE_NODE, .remove_node = {1, 2}});
		assert_int_equal(ask(&bench, 1, 1)->count, 0);
		put_node(&bench, 1, 2, "uav4", 50.0f);
		assert_true(ask(&bench, 1, 1)->receptions[0].link.distance_m == 50.0f);
		put(&bench, (struct to_sim){.kind = TO_SIM_REMOVE_SCENARIO, .remove_scenario = 1});
		assert_int_equal(ask(&bench, 1, 1)->count, 0);
		assert_int_equal(bench.guest.world.nodes, 0);
	}
	assert_int_equal(bench.simulator.accounts.nodes, 9);
	assert_int_equal(bench.simulator.accounts.scenarios, 3);
	stop(&bench);
}

/* A drone that comes again may be there twice for a while: both are answered, each by its
 * number and from its place, with the draw of their name. */
static void test_a_name_twice(void **state)
{
	static const uint32_t receivers[] = {2, 3, 4};
	unsigned lost = 0;

	(void)state;
	start(&bench, 8);
	put_hello(&bench);
	put_free_space(&bench, 1, "meadow", half_lost_dbm);
	put_node(&bench, 1, 1, "uav1", 0.0f);
	put_node(&bench, 1, 2, "uav2", 1000.0f);
	put_node(&bench, 1, 3, "uav2", 1000.0f);
	put_node(&bench, 1, 4, "uav2", 10.0f);
	for (uint64_t i = 0; i < ROUNDS; i++) {
		struct answer *answer;

		put_transmit(&bench, transmit_of(i, 1, receivers, 3, i));
		assert_int_equal(deliver(&bench), 0);
		answer = take_result(&bench);
		assert_int_equal(answer->count, 3);
		for (size_t k = 0; k < 3; k++) {
			assert_int_equal(answer->receptions[k].receiver, receivers[k]);
		}
		assert_int_equal(answer->receptions[0].outcome, answer->receptions[1].outcome);
		assert_int_equal(answer->receptions[2].outcome, OUTCOME_DELIVERED);
		lost += answer->receptions[0].outcome == OUTCOME_LOST;
	}
	assert_in_range(lost, ROUNDS / 4, ROUNDS * 3 / 4);
	/* the old one leaves, the new one stays; to a namesake it sends as to anyone */
	put(&bench, (struct to_sim){.kind = TO_SIM_REMOVE_NODE, .remove_node = {1, 2}});
	put_transmit(&bench, transmit_of(1, 4, receivers, 3, 1));
	assert_int_equal(deliver(&bench), 0);
	assert_int_equal(take_result(&bench)->count, 2);
	assert_int_equal(bench.answer.receptions[0].receiver, 3);
	stop(&bench);
}

/* --------------------------------------------------- several connections */

enum { LANES = 8 };
static struct bench lanes[LANES];

/* Eight connections of one gateway into the simulator of the first. */
static void start_lanes(uint64_t seed)
{
	for (size_t i = 0; i < LANES; i++) {
		start(&lanes[i], seed);
		lanes[i].guest.simulator = &lanes[0].simulator;
	}
}

static void stop_lanes(void)
{
	for (size_t i = LANES; i-- > 0;) {
		stop(&lanes[i]);
	}
}

/* Whichever connection carries a message, it is decided the same: each has been told the
 * scenario and its drones, under numbers of its own. */
static void test_several_connections(void **state)
{
	static uint32_t one[DRONES * ROUNDS], spread[DRONES * ROUNDS];
	size_t taken = 0;

	(void)state;
	run_rounds(&bench, 5, false, 1, 1, one);
	start_lanes(5);
	for (uint32_t lane = 0; lane < LANES; lane++) {
		put_square(&lanes[lane], 1 + lane, 1 + lane * 3);
	}
	for (uint32_t i = 0; i < DRONES * ROUNDS; i++) {
		uint32_t lane = i * 5 % LANES;

		put_round(&lanes[lane], 1 + lane, 1 + lane * 3, i % DRONES, i / DRONES);
		if (i % 37 == 0) {
			assert_int_equal(deliver(&lanes[lane]), 0);
		}
	}
	for (size_t lane = 0; lane < LANES; lane++) {
		assert_int_equal(deliver(&lanes[lane]), 0);
		take(&lanes[lane], FROM_SIM_HELLO_ACK);
		take(&lanes[lane], FROM_SIM_SCENARIO_STATUS);
		for (; buf_size(&lanes[lane].guest.out) > 0; taken++) {
			struct answer *answer = take(&lanes[lane], FROM_SIM_RESULT);

			assert_int_equal(answer->count, 1);
			spread[answer->id] = answer->receptions[0].outcome;
		}
	}
	assert_int_equal(taken, DRONES * ROUNDS);
	assert_memory_equal(one, spread, sizeof(one));
	assert_int_equal(lanes[0].simulator.accounts.transmits, DRONES * ROUNDS);
	assert_int_equal(lanes[0].simulator.accounts.scenarios, LANES);
	assert_int_equal(lanes[0].simulator.accounts.nodes, LANES * DRONES);
	stop_lanes();
}

/* Everything that is drawn, on: places, velocities and times of sending play their part. */
static void put_weather(struct bench *at, uint32_t base, uint32_t step)
{
	struct parameter parameters[] = {
		{slice_str("model"), slice_str("3gpp-uma")},
		{slice_str("fading"), slice_str("rician")},
		{slice_str("tx_power_dbm"), slice_str("9")},
	};

	put_hello(at);
	put_scenario(at, 1, "town", parameters, 3);
	for (uint32_t d = 0; d < DRONES; d++) {
		char name[8];
		struct sim_node node = {.scenario = 1,
					.node = base + d * step,
					.has_position = true,
					.position = {350.0f * (float)d, 40.0f, 20.0f * (float)d},
					.has_velocity = true,
					.velocity = {-8.0f, 3.0f * (float)d, 0.5f},
					.at_us = 1000000};

		snprintf(name, sizeof(name), "uav%u", d);
		node.name = slice_str(name);
		put(at, (struct to_sim){.kind = TO_SIM_SET_NODE, .set_node = node});
	}
}

/* The message `sequence` of drone `d`, to all others. */
static void put_weather_round(struct bench *at, uint32_t base, uint32_t step, uint32_t d,
			      uint64_t sequence)
{
	uint32_t receivers[DRONES - 1];
	size_t count = 0;
	struct sim_transmit transmit;

	for (uint32_t other = 0; other < DRONES; other++) {
		if (other != d) {
			receivers[count++] = base + other * step;
		}
	}
	transmit = transmit_of(sequence * DRONES + d, base + d * step, receivers, count, sequence);
	transmit.sent_at_us = 1000000 + sequence * 3217 + d * 271;
	put_transmit(at, transmit);
}

/* All that is told of a message, but the numbers that the gateway gave. */
struct told {
	struct {
		uint32_t outcome, reason, valid_for_us;
		struct link_numbers link;
	} receptions[DRONES - 1];
};

static size_t take_told(struct bench *at, struct told *told)
{
	size_t taken = 0;

	while (buf_size(&at->guest.out) > 0) {
		struct answer *answer = take_result(at);

		assert_int_equal(answer->count, DRONES - 1);
		for (size_t i = 0; i < DRONES - 1; i++) {
			told[answer->id].receptions[i].outcome = answer->receptions[i].outcome;
			told[answer->id].receptions[i].reason = answer->receptions[i].reason;
			told[answer->id].receptions[i].valid_for_us =
				answer->receptions[i].valid_for_us;
			told[answer->id].receptions[i].link = answer->receptions[i].link;
		}
		taken++;
	}
	return taken;
}

/* Drone by drone, or round by round, over so many connections. */
static void fly_through_weather(size_t lane_count, bool by_drone, uint64_t seed, struct told *told)
{
	size_t taken = 0;

	memset(told, 0, sizeof(*told) * DRONES * ROUNDS);
	start_lanes(seed);
	for (uint32_t lane = 0; lane < lane_count; lane++) {
		put_weather(&lanes[lane], 1 + lane, 1 + lane * 3);
	}
	for (uint32_t i = 0; i < DRONES * ROUNDS; i++) {
		uint32_t lane = i * 5 % (uint32_t)lane_count;
		uint32_t drone = by_drone ? DRONES - 1 - i / ROUNDS : i % DRONES;

		put_weather_round(&lanes[lane], 1 + lane, 1 + lane * 3, drone,
				  by_drone ? ROUNDS - 1 - i % ROUNDS : i / DRONES);
		if (i % 29 == 0) {
			assert_int_equal(deliver(&lanes[lane]), 0);
		}
	}
	for (size_t lane = 0; lane < lane_count; lane++) {
		assert_int_equal(deliver(&lanes[lane]), 0);
		taken += take_told(&lanes[lane], told);
	}
	assert_int_equal(taken, DRONES * ROUNDS);
	stop_lanes();
}

/* Every number and every fate, to the last bit. */
static void test_weather_is_repeatable(void **state)
{
	static struct told first[DRONES * ROUNDS], second[DRONES * ROUNDS];
	unsigned lost = 0;

	(void)state;
	fly_through_weather(1, false, 5, first);
	for (size_t i = 0; i < DRONES * ROUNDS; i++) {
		lost += first[i].receptions[0].outcome == OUTCOME_LOST;
	}
	assert_in_range(lost, DRONES * ROUNDS / 50, DRONES * ROUNDS * 9 / 10);
	fly_through_weather(1, true, 5, second);
	assert_memory_equal(first, second, sizeof(first));
	fly_through_weather(LANES, false, 5, second);
	assert_memory_equal(first, second, sizeof(first));
	fly_through_weather(LANES - 1, true, 5, second);
	assert_memory_equal(first, second, sizeof(first));
	fly_through_weather(1, false, 6, second);
	assert_memory_not_equal(first, second, sizeof(first));
}

/* What one connection forgets the others still know, shadowing included. */
static void test_connections_know_their_own(void **state)
{
	double before;

	(void)state;
	start_lanes(5);
	for (size_t i = 0; i < LANES; i++) {
		put_hello(&lanes[i]);
		put_log_distance(&lanes[i], 1, "meadow", "8");
		put_node(&lanes[i], 1, 1, "uav1", 0.0f);
		put_node(&lanes[i], 1, 2, "uav2", 100.0f);
		assert_int_equal(deliver(&lanes[i]), 0);
	}
	before = shadowing_between(&lanes[0], 1, 1, 2, 1);
	put(&lanes[1], (struct to_sim){.kind = TO_SIM_REMOVE_SCENARIO, .remove_scenario = 1});
	put(&lanes[2], (struct to_sim){.kind = TO_SIM_REMOVE_NODE, .remove_node = {1, 2}});
	put_hello(&lanes[3]);
	put_node(&lanes[4], 1, 2, "uav2", 250.0f);
	for (size_t i = 0; i < LANES; i++) {
		if (i >= 1 && i <= 3) {
			assert_int_equal(ask(&lanes[i], 1, 1)->count, 0);
		} else {
			assert_same_db(shadowing_between(&lanes[i], 1, 2, 1, i), before);
		}
	}
	stop_lanes();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeatable),
		cmocka_unit_test(test_losses_match_the_rate),
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_shadowing_of_a_pair),
		cmocka_unit_test(test_shadowing_follows_the_seed),
		cmocka_unit_test(test_slope_and_deviation),
		cmocka_unit_test(test_two_hops),
		cmocka_unit_test(test_transmitter_counts),
		cmocka_unit_test(test_origin_has_left),
		cmocka_unit_test(test_scenario_replaced),
		cmocka_unit_test(test_numbers_come_again),
		cmocka_unit_test(test_a_name_twice),
		cmocka_unit_test(test_several_connections),
		cmocka_unit_test(test_weather_is_repeatable),
		cmocka_unit_test(test_connections_know_their_own),
	};

	return cmocka_run_group_tests_name("sim_repeat", tests, NULL, NULL);
}
