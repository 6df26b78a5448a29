/* link_cache = on: messages that the simulator is not asked about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/draw.h"
#include "core/state.h"
#include "lib/fake_ports.h"

enum { VALID_US = 50000, DELAY_US = 3000, SEED = 77 };

static struct fake_gateway gateway;
static struct fake_drone hub, one, two, three;

static void join_all(const char *scenario)
{
	fake_join(&gateway, &hub, "hub", scenario);
	fake_join(&gateway, &one, "uav1", scenario);
	fake_join(&gateway, &two, "uav2", scenario);
	fake_join(&gateway, &three, "uav3", scenario);
	fake_pass(&gateway, 10000); /* presence has been told */
}

static void open_in(const char *scenario)
{
	struct limits limits = fake_limits();

	limits.max_queued = 8;
	limits.queue_ms = 1000;
	fake_configure(&gateway, &limits);
	for (size_t i = 0; i < FAKE_SCENARIOS; i++) {
		gateway.scenarios[i].link_cache = true;
	}
	fake_start(&gateway);
	core_sim_draws(gateway.core, 0, SEED);
	fake_sim_up(&gateway);
	join_all(scenario);
}

/* Of a test that begins in that scenario. */
static int setup(void **state)
{
	open_in(*state);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return fake_end(&gateway);
}

static void send_to(struct fake_drone *drone, const char *to)
{
	assert_int_equal(fake_send(drone, to, "hello", REPORT_WISH_ALL), CORE_TAKEN);
}

/* Answers the transmit `back` before the last one for all its receivers. */
static void answer_back(uint32_t back, const struct reception *like)
{
	const struct fake_transmit *transmit = fake_transmit(&gateway, back);
	struct reception receptions[FAKE_ITEMS];

	for (size_t i = 0; i < transmit->count; i++) {
		receptions[i] = *like;
		receptions[i].receiver = transmit->receivers[i];
	}
	fake_result(&gateway, back, receptions, transmit->count, false);
}

static struct reception valid(float rate)
{
	struct reception reception = fake_reception(0, OUTCOME_DELIVERED, "numbers");

	reception.valid_for_us = VALID_US;
	reception.packet_error_rate = rate;
	reception.delay_us = DELAY_US;
	return reception;
}

static void answer_valid(void)
{
	struct reception reception = valid(0);

	answer_back(0, &reception);
}

static uint64_t cached(void)
{
	return core_stats(gateway.core)->cached;
}

/* The last hop of that target in the last report of `drone`. */
static const struct fake_hop *last_hop(struct fake_drone *drone, const char *id)
{
	const struct fake_item *item = fake_fate(drone, id);

	assert_non_null(item);
	assert_true(item->hop_count > 0);
	return &item->hops[item->hop_count - 1];
}

/* Sends, and the simulator is asked or not. */
static void expect_asks(struct fake_drone *drone, const char *to, bool asks)
{
	uint32_t before = gateway.sim.count;

	send_to(drone, to);
	assert_int_equal(gateway.sim.count - before, asks);
}

static void ask_and_answer(struct fake_drone *drone, const char *to)
{
	expect_asks(drone, to, true);
	answer_valid();
}

/* --------------------------------------------------------------------- one drone */

static void test_second_is_cached(void **state)
{
	const struct fake_event *delivery;

	(void)state;
	ask_and_answer(&one, "uav2");
	assert_int_equal(last_hop(&one, "uav2")->source, SOURCE_LIVE);
	expect_asks(&one, "uav2", false);
	assert_int_equal(last_hop(&one, "uav2")->source, SOURCE_CACHED);
	assert_string_equal(last_hop(&one, "uav2")->link, "numbers");
	assert_int_equal(fake_fate(&one, "uav2")->what, OUTCOME_DELIVERED);
	delivery = fake_find(&two, EVENT_DELIVERY);
	assert_int_equal(delivery->number, 2); /* its sequence */
	assert_int_equal(delivery->items[0].hops[0].source, SOURCE_CACHED);
	assert_string_equal(delivery->items[0].hops[0].link, "numbers");
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 2);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 2);
	assert_int_equal(cached(), 1);
	assert_int_equal(core_stats(gateway.core)->transmits, 1);
	assert_int_equal(core_stats(gateway.core)->results, 1);
	assert_int_equal(one.session->in_flight, 0);
	assert_int_equal(core_in_flight(gateway.core), 0);
}

/* The way back is another link, and so is another size. */
static void test_other_links(void **state)
{
	(void)state;
	ask_and_answer(&one, "uav2");
	ask_and_answer(&two, "uav1");
	ask_and_answer(&one, "uav3");
	assert_int_equal(fake_send(&one, "uav2", "longer", REPORT_WISH_ALL), CORE_TAKEN);
	assert_int_equal(gateway.sim.count, 4);
	answer_valid();
	assert_int_equal(cached(), 0);
}

static void test_expires(void **state)
{
	(void)state;
	send_to(&one, "uav2");
	fake_pass(&gateway, 20000);
	answer_valid(); /* its time counts from when it left */
	fake_pass(&gateway, VALID_US - 20000 - 1);
	expect_asks(&one, "uav2", false);
	fake_pass(&gateway, 1);
	expect_asks(&one, "uav2", true);
	answer_valid();
	expect_asks(&one, "uav2", false);
}

static void test_off(void **state)
{
	(void)state;
	ask_and_answer(&one, "uav2");
	gateway.scenarios[FAKE_ALPHA].link_cache = false;
	fake_reload(&gateway);
	assert_int_equal(gateway.sim.scenarios, FAKE_SCENARIOS); /* nothing was set anew */
	ask_and_answer(&one, "uav2");
	send_to(&one, "uav2");
	gateway.scenarios[FAKE_ALPHA].link_cache = true;
	fake_reload(&gateway);
	answer_valid(); /* sent before: nothing is kept of it */
	expect_asks(&one, "uav2", true);
	answer_valid();
	expect_asks(&one, "uav2", false);
}

static void test_in_window(void **state)
{
	(void)state;
	gateway.config.limits.max_in_flight_per_drone = 1;
	fake_reload(&gateway);
	ask_and_answer(&one, "uav2");
	for (int i = 0; i < 3; i++) {
		expect_asks(&one, "uav2", false);
	}
	assert_int_equal(one.session->in_flight, 0);
}

/* ------------------------------------------------------------------------- changes */

static void tell_state(struct fake_drone *drone)
{
	assert_int_equal(fake_ask(drone, REQUEST_UPDATE_STATE, ""), CORE_TAKEN);
}

static void test_node_changes(void **state)
{
	struct fake_drone *const drones[] = {&one, &two};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		ask_and_answer(&one, "uav2");
		expect_asks(&one, "uav2", false);
		tell_state(&three); /* somebody else */
		expect_asks(&one, "uav2", false);
		tell_state(drones[i]);
		expect_asks(&one, "uav2", true);
		tell_state(drones[i]); /* while it is on its way: the answer is about the past */
		answer_valid();
	}
	expect_asks(&one, "uav2", true);
	answer_valid();
}

static void test_comes_again(void **state)
{
	uint32_t node = fake_node(&two);

	(void)state;
	ask_and_answer(&one, "uav2");
	fake_detach(&two);
	fake_join(&gateway, &two, "uav2", "alpha");
	assert_int_equal(fake_node(&two), node);
	expect_asks(&one, "uav2", true);
	answer_valid();
}

static void test_simulator_comes_again(void **state)
{
	(void)state;
	ask_and_answer(&one, "uav2");
	fake_sim_down(&gateway);
	send_to(&one, "uav2");
	assert_int_equal(fake_fate(&one, "uav2")->what, OUTCOME_SIMULATOR_DOWN);
	fake_sim_up(&gateway);
	expect_asks(&one, "uav2", true);
	answer_valid();
}

static void test_status_again(void **state)
{
	(void)state;
	ask_and_answer(&one, "uav2");
	send_to(&one, "uav3");
	core_sim_status(gateway.core, 0, FAKE_ALPHA + 1, true, slice_str(""));
	answer_valid();
	ask_and_answer(&one, "uav2");
	ask_and_answer(&one, "uav3");
}

static void test_scenario_changes(void **state)
{
	static struct parameter parameter;

	(void)state;
	ask_and_answer(&one, "uav2");
	send_to(&one, "uav3");
	parameter = (struct parameter){slice_str("model"), slice_str("other")};
	gateway.scenarios[FAKE_ALPHA].parameters = &parameter;
	gateway.scenarios[FAKE_ALPHA].parameter_count = 1;
	fake_reload(&gateway);
	answer_valid(); /* of the scenario before */
	fake_accept(&gateway, 0);
	ask_and_answer(&one, "uav2");
	ask_and_answer(&one, "uav3");
	expect_asks(&one, "uav3", false);
}

/* --------------------------------------------------------------------------- chance */

static bool drawn_lost(uint64_t seed, const char *scenario, const char *origin,
		       const char *transmitter, const char *receiver, uint64_t sequence, float rate)
{
	const struct hash_key key = draw_key(seed);
	const struct draw_subject subject = {slice_str(scenario), slice_str(origin),
					     slice_str(transmitter), slice_str(receiver), sequence};

	return draw_happens(draw_bits(&key, DRAW_PACKET_ERROR, &subject), (double)rate);
}

static void expect_draws(uint64_t seed)
{
	struct reception reception = valid(0.5f);
	unsigned lost = 0;

	expect_asks(&one, "uav2", true);
	answer_back(0, &reception);
	for (uint64_t sequence = 2; sequence <= 60; sequence++) {
		bool loses = drawn_lost(seed, "alpha", "uav1", "uav1", "uav2", sequence, 0.5f);

		lost += loses;
		expect_asks(&one, "uav2", false);
		assert_int_equal(fake_fate(&one, "uav2")->what,
				 loses ? OUTCOME_LOST : OUTCOME_DELIVERED);
		assert_int_equal(last_hop(&one, "uav2")->reason,
				 loses ? REASON_PACKET_ERROR : REASON_NONE);
		assert_string_equal(last_hop(&one, "uav2")->link, "numbers");
	}
	assert_in_range(lost, 10, 50);
}

static void test_draws(void **state)
{
	(void)state;
	expect_draws(SEED);
}

static void test_draws_without_a_seed(void **state)
{
	(void)state;
	fake_sim_down(&gateway);
	fake_sim_up(&gateway);
	for (struct fake_drone *drone = &one; drone; drone = drone == &one ? &two : NULL) {
		assert_int_equal(fake_ask(drone, REQUEST_CHOOSE_SCENARIO, ""), CORE_TAKEN);
		assert_int_equal(fake_ask(drone, REQUEST_CHOOSE_SCENARIO, "alpha"), CORE_TAKEN);
	}
	expect_draws(0);
}

static void test_reason_stays(void **state)
{
	struct reception reception = valid(1);

	(void)state;
	reception.outcome = OUTCOME_LOST;
	reception.reason = REASON_BELOW_SENSITIVITY;
	expect_asks(&one, "uav2", true);
	answer_back(0, &reception);
	expect_asks(&one, "uav2", false);
	assert_int_equal(last_hop(&one, "uav2")->outcome, OUTCOME_LOST);
	assert_int_equal(last_hop(&one, "uav2")->reason, REASON_BELOW_SENSITIVITY);
	assert_int_equal(last_hop(&one, "uav2")->source, SOURCE_CACHED);
}

/* --------------------------------------------------------------------------- two hops */

static void expect_hops(const char *id, enum source first, enum source second)
{
	const struct fake_item *item = fake_fate(&one, id);

	assert_non_null(item);
	assert_int_equal(item->hop_count, 2);
	assert_int_equal(item->hops[0].source, first);
	assert_int_equal(item->hops[1].source, second);
}

static void test_both_hops(void **state)
{
	(void)state;
	ask_and_answer(&one, "uav2");
	assert_int_equal(gateway.sim.count, 2);
	answer_valid();
	expect_hops("uav2", SOURCE_LIVE, SOURCE_LIVE);
	fake_pass(&gateway, 10000);
	expect_asks(&one, "uav2", false);
	expect_hops("uav2", SOURCE_CACHED, SOURCE_CACHED);
	assert_int_equal(cached(), 2);
	assert_int_equal(core_stats(gateway.core)->relayed, 1);
	/* the second hop left by its delay later, so it still holds when the first does not */
	fake_pass(&gateway, VALID_US - 10000);
	expect_asks(&one, "uav2", true);
	assert_int_equal(fake_transmit(&gateway, 0)->origin,
			 fake_transmit(&gateway, 0)->transmitter);
	answer_valid();
	assert_int_equal(fake_transmit(&gateway, 0)->transmitter, fake_node(&hub));
	answer_valid();
}

static void test_second_hop_holds(void **state)
{
	struct reception at_once = valid(0);

	(void)state;
	ask_and_answer(&one, "uav2");
	answer_valid();
	fake_pass(&gateway, VALID_US);
	at_once.delay_us = DELAY_US - 1; /* it leaves the hub just in time */
	expect_asks(&one, "uav2", true);
	answer_back(0, &at_once);
	expect_hops("uav2", SOURCE_LIVE, SOURCE_CACHED);
	tell_state(&one);
	expect_asks(&one, "uav2", true);
	answer_valid(); /* it leaves the hub when that holds no more */
	assert_int_equal(fake_transmit(&gateway, 0)->transmitter, fake_node(&hub));
	answer_valid();
	expect_hops("uav2", SOURCE_LIVE, SOURCE_LIVE);
}

/* Only the second is asked for. */
static void test_first_hop_cached(void **state)
{
	(void)state;
	ask_and_answer(&one, "uav2");
	answer_valid();
	expect_asks(&one, "uav3", true);
	assert_int_equal(fake_transmit(&gateway, 0)->transmitter, fake_node(&hub));
	assert_int_equal(fake_transmit(&gateway, 0)->origin, fake_node(&one));
	assert_int_equal(fake_transmit(&gateway, 0)->sent_at_us, gateway.now.unix_us + DELAY_US);
	assert_int_equal(one.session->in_flight, 1);
	answer_valid();
	expect_hops("uav3", SOURCE_CACHED, SOURCE_LIVE);
	assert_int_equal(one.session->in_flight, 0);
}

static void test_second_hop_cached(void **state)
{
	(void)state;
	ask_and_answer(&hub, "uav3");
	expect_asks(&one, "uav3", true);
	fake_pass(&gateway, DELAY_US);
	answer_valid();
	assert_int_equal(gateway.sim.count, 2);
	expect_hops("uav3", SOURCE_LIVE, SOURCE_CACHED);
}

static void test_hop_lost(void **state)
{
	struct reception reception = valid(1);

	(void)state;
	reception.outcome = OUTCOME_LOST;
	reception.reason = REASON_BLOCKED;
	expect_asks(&one, "uav2", true);
	answer_back(0, &reception);
	expect_asks(&one, "uav3", false);
	assert_int_equal(fake_fate(&one, "uav3")->hop_count, 1);
	assert_int_equal(fake_fate(&one, "uav3")->what, OUTCOME_LOST);
	assert_int_equal(last_hop(&one, "uav3")->source, SOURCE_CACHED);
}

/* Drawn by the message's origin and the hop's own ends. */
static void test_draws_of_the_second_hop(void **state)
{
	struct reception reception = valid(0.5f), sure = valid(0);

	(void)state;
	expect_asks(&hub, "uav2", true);
	answer_back(0, &reception);
	fake_pass(&gateway, 1);
	expect_asks(&one, "hub", true);
	sure.delay_us = 0;
	answer_back(0, &sure);
	for (uint64_t sequence = 2; sequence <= 20; sequence++) {
		bool loses = drawn_lost(SEED, "star", "uav1", "hub", "uav2", sequence, 0.5f);

		expect_asks(&one, "uav2", false);
		assert_int_equal(fake_fate(&one, "uav2")->what,
				 loses ? OUTCOME_LOST : OUTCOME_DELIVERED);
		expect_hops("uav2", SOURCE_CACHED, SOURCE_CACHED);
	}
}

/* ------------------------------------------------------------------------------ many */

/* Everyone; how many receivers the simulator is asked about. */
static size_t send_to_all(struct fake_drone *drone)
{
	uint32_t before = gateway.sim.count;

	send_to(drone, NULL);
	return gateway.sim.count == before ? 0 : fake_transmit(&gateway, 0)->count;
}

static void test_many(void **state)
{
	(void)state;
	assert_int_equal(send_to_all(&one), 3);
	answer_valid();
	assert_int_equal(send_to_all(&one), 0);
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 2);
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->number, 3);
	assert_int_equal(last_hop(&one, "uav2")->source, SOURCE_CACHED);
	assert_int_equal(last_hop(&one, "uav3")->source, SOURCE_CACHED);
	assert_int_equal(fake_count(&three, EVENT_DELIVERY), 2);
}

/* Some are known: the others alone are asked for, and the report comes with their answer. */
static void test_some_of_many(void **state)
{
	(void)state;
	ask_and_answer(&one, "uav2");
	assert_int_equal(send_to_all(&one), 2);
	assert_int_equal(fake_transmit(&gateway, 0)->receivers[0], fake_node(&hub));
	assert_int_equal(fake_transmit(&gateway, 0)->receivers[1], fake_node(&three));
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 2);
	assert_int_equal(fake_count(&three, EVENT_DELIVERY), 0);
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 1);
	answer_valid();
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 2);
	assert_int_equal(fake_count(&three, EVENT_DELIVERY), 1);
	assert_int_equal(last_hop(&one, "uav2")->source, SOURCE_CACHED);
	assert_int_equal(last_hop(&one, "uav3")->source, SOURCE_LIVE);
}

/* What the simulator says of one that it was not asked about counts for nothing. */
static void test_answer_for_a_cached_one(void **state)
{
	struct reception receptions[3];

	(void)state;
	ask_and_answer(&one, "uav2");
	assert_int_equal(send_to_all(&one), 2);
	receptions[0] = fake_reception(fake_node(&two), OUTCOME_LOST, NULL);
	receptions[1] = fake_reception(fake_node(&three), OUTCOME_DELIVERED, NULL);
	receptions[2] = fake_reception(fake_node(&hub), OUTCOME_DELIVERED, NULL);
	fake_result(&gateway, 0, receptions, 3, false);
	assert_int_equal(core_stats(gateway.core)->results_repeated, 1);
	assert_int_equal(fake_fate(&one, "uav2")->what, OUTCOME_DELIVERED);
}

static void test_the_rest_times_out(void **state)
{
	(void)state;
	ask_and_answer(&one, "uav2");
	assert_int_equal(send_to_all(&one), 2);
	fake_pass(&gateway, 100000);
	assert_int_equal(fake_fate(&one, "uav2")->what, OUTCOME_DELIVERED);
	assert_int_equal(fake_fate(&one, "uav3")->what, OUTCOME_SIMULATOR_TIMEOUT);
}

static void test_many_through_the_hub(void **state)
{
	(void)state;
	assert_int_equal(send_to_all(&one), 1); /* the hub */
	answer_valid();
	answer_valid(); /* uav2 and uav3 */
	assert_int_equal(gateway.sim.count, 2);
	assert_int_equal(send_to_all(&one), 0);
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 2);
	assert_int_equal(last_hop(&one, "hub")->source, SOURCE_CACHED);
	expect_hops("uav2", SOURCE_CACHED, SOURCE_CACHED);
	expect_hops("uav3", SOURCE_CACHED, SOURCE_CACHED);
	assert_int_equal(fake_count(&hub, EVENT_DELIVERY), 2);
	tell_state(&two);
	assert_int_equal(send_to_all(&one), 1); /* from the hub to uav2 */
	assert_int_equal(fake_transmit(&gateway, 0)->transmitter, fake_node(&hub));
	answer_valid();
	expect_hops("uav2", SOURCE_CACHED, SOURCE_LIVE);
	expect_hops("uav3", SOURCE_CACHED, SOURCE_CACHED);
}

/* A drone that takes no more ends in the middle; the place that was kept for it goes to who is
 * next, whose messages use the same room for nodes. */
static void test_ends_in_the_middle(void **state)
{
	static struct fake_drone four;

	(void)state;
	fake_join(&gateway, &four, "uav4", "alpha");
	fake_pass(&gateway, 10000);
	assert_int_equal(send_to_all(&one), 4);
	answer_valid();
	gateway.config.simulators = gateway.simulators;
	gateway.simulators[0].max_in_flight = 1;
	fake_reload(&gateway);
	send_to(&four, "uav3"); /* the window is full */
	assert_int_equal(fake_send(&two, NULL, "hello", REPORT_WISH_ALL), CORE_HOLD);
	assert_int_equal(fake_send(&one, NULL, "hello", REPORT_WISH_ALL), CORE_HOLD);
	answer_valid();
	assert_int_equal(two.resumes, 1); /* a place is kept for it */
	two.refuse = true;
	fake_detach(&two);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(send_to_all(&one), 0);
	assert_int_equal(fake_fate(&one, "uav3")->what, OUTCOME_DELIVERED);
	three.refuse = true;
	assert_int_equal(send_to_all(&one), 0);
	assert_int_equal(fake_fate(&one, "uav3")->what, OUTCOME_OVERLOADED);
	assert_int_equal(fake_fate(&one, "uav4")->what, OUTCOME_DELIVERED);
}

/* A place that a held drone has been given, and does not use, goes to the next. */
static void test_place_goes_on(void **state)
{
	(void)state;
	ask_and_answer(&one, "uav2");
	gateway.simulators[0].max_in_flight = 1;
	fake_reload(&gateway);
	send_to(&three, "uav2");
	assert_int_equal(fake_send(&one, "uav2", "hello", REPORT_WISH_ALL), CORE_HOLD);
	assert_int_equal(fake_send(&two, "uav1", "hello", REPORT_WISH_ALL), CORE_HOLD);
	answer_valid();
	assert_int_equal(one.resumes, 1);
	assert_int_equal(two.resumes, 0);
	expect_asks(&one, "uav2", false);
	assert_int_equal(two.resumes, 1);
	ask_and_answer(&two, "uav1");
}

/* ------------------------------------------------------------------------------- time */

static void test_delay(void **state)
{
	(void)state;
	ask_and_answer(&one, "uav2");
	fake_pass(&gateway, DELAY_US);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 1);
	expect_asks(&one, "uav2", false);
	assert_int_equal(core_stats(gateway.core)->waiting, 1);
	fake_pass(&gateway, DELAY_US - 1);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 1);
	fake_pass(&gateway, 5);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 2);
	assert_int_equal(last_hop(&one, "uav2")->late_by_us, 4);
	assert_int_equal(last_hop(&one, "uav2")->source, SOURCE_CACHED);
	assert_string_equal(last_hop(&one, "uav2")->link, "numbers");
}

/* What waits outlives what is kept. */
static void test_delay_outlives(void **state)
{
	(void)state;
	ask_and_answer(&one, "uav2");
	expect_asks(&one, "uav2", false);
	tell_state(&two);
	gateway.scenarios[FAKE_SLOW].link_cache = false;
	fake_reload(&gateway);
	fake_pass(&gateway, DELAY_US);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 2);
	assert_string_equal(last_hop(&one, "uav2")->link, "numbers");
}

/* Messages that have waited for the simulator all go to it. */
static void test_queue(void **state)
{
	(void)state;
	ask_and_answer(&one, "uav2");
	fake_sim_down(&gateway);
	send_to(&one, "uav2");
	send_to(&one, "uav2");
	gateway.simulators[0].max_in_flight = 1;
	fake_reload(&gateway);
	fake_sim_up(&gateway);
	assert_int_equal(gateway.sim.count, 2);
	answer_valid();
	assert_int_equal(gateway.sim.count, 3);
	answer_valid();
	assert_int_equal(cached(), 0);
}

#define IN(name, scenario)                                                                         \
	cmocka_unit_test_prestate_setup_teardown(name, setup, teardown,                            \
						 (void *)(uintptr_t)(scenario))
#define TEST(name) IN(name, "alpha")
#define TEST_STAR(name) IN(name, "star")
#define TEST_SLOW(name) IN(name, "slow")

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_second_is_cached),
		TEST(test_other_links),
		TEST(test_expires),
		TEST(test_off),
		TEST(test_in_window),
		TEST(test_node_changes),
		TEST(test_comes_again),
		TEST(test_simulator_comes_again),
		TEST(test_status_again),
		TEST(test_scenario_changes),
		TEST(test_draws),
		TEST(test_draws_without_a_seed),
		TEST(test_reason_stays),
		TEST_STAR(test_both_hops),
		TEST_STAR(test_second_hop_holds),
		TEST_STAR(test_first_hop_cached),
		TEST_STAR(test_second_hop_cached),
		TEST_STAR(test_hop_lost),
		TEST_STAR(test_draws_of_the_second_hop),
		TEST(test_many),
		TEST(test_some_of_many),
		TEST(test_answer_for_a_cached_one),
		TEST(test_the_rest_times_out),
		TEST_STAR(test_many_through_the_hub),
		TEST(test_ends_in_the_middle),
		TEST(test_place_goes_on),
		TEST_SLOW(test_delay),
		TEST_SLOW(test_delay_outlives),
		IN(test_queue, "later"),
	};

	return cmocka_run_group_tests_name("recall", tests, NULL, NULL);
}
