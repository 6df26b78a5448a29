/* Several connections to simulators, each with its own scenarios and its own window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/state.h"
#include "lib/fake_ports.h"

static struct fake_gateway gateway;
static struct fake_drone one, two, three, four;

/* Lanes 0 and 1 are the first simulator's, lane 2 is of "other", where gamma and deny are. */
static int setup(void **state)
{
	struct limits limits = fake_limits();

	(void)state;
	fake_configure(&gateway, &limits);
	gateway.simulators[0].connections = 2;
	gateway.config.simulator_count = 2;
	memcpy(gateway.scenarios[FAKE_GAMMA].simulator, "other", sizeof("other"));
	memcpy(gateway.scenarios[FAKE_DENY].simulator, "other", sizeof("other"));
	fake_start(&gateway);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return fake_end(&gateway);
}

/* Two drones in alpha, on lane 0, two in beta, on lane 1. */
static void two_by_two(void)
{
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	fake_join(&gateway, &three, "uav3", "beta");
	fake_join(&gateway, &four, "uav4", "beta");
}

static uint32_t lane_of(size_t scenario)
{
	return gateway.core->scenarios[scenario]->lane->index;
}

static enum core_verdict send_from(struct fake_drone *drone, const char *to)
{
	return fake_send(drone, to, "hello", REPORT_WISH_ALL);
}

static void expect_fate(const struct fake_drone *drone, const char *id, enum outcome outcome)
{
	assert_non_null(fake_fate(drone, id));
	assert_int_equal(fake_fate(drone, id)->what, outcome);
}

/* Each new one on the lane with the fewest, the first of equals. */
static void test_least_loaded(void **state)
{
	(void)state;
	assert_int_equal(lane_of(FAKE_ALPHA), 0);
	assert_int_equal(lane_of(FAKE_BETA), 1);
	assert_int_equal(lane_of(FAKE_GAMMA), 2);
	assert_int_equal(lane_of(FAKE_STAR), 0);
	assert_int_equal(lane_of(FAKE_DENY), 2);
	assert_int_equal(lane_of(FAKE_SLOW), 1);
	assert_int_equal(lane_of(FAKE_LATER), 0);
	assert_int_equal(lane_of(FAKE_PAST), 1);
	assert_int_equal(gateway.core->lanes[0].scenarios, 3);
	assert_int_equal(gateway.core->lanes[1].scenarios, 3);
	assert_int_equal(gateway.core->lanes[2].scenarios, 2);
	fake_sim_up(&gateway);
	assert_true(gateway.lanes[0].known[FAKE_ALPHA + 1]);
	assert_false(gateway.lanes[1].known[FAKE_ALPHA + 1]);
	assert_true(gateway.lanes[2].known[FAKE_GAMMA + 1]);
}

/* A removed one counts no more: the next goes where it was. */
static void test_least_loaded_after_removal(void **state)
{
	(void)state;
	gateway.config.scenario_count = FAKE_PAST;
	fake_reload(&gateway);
	assert_int_equal(gateway.core->lanes[1].scenarios, 2);
	gateway.config.scenario_count = FAKE_SCENARIOS;
	fake_reload(&gateway);
	assert_int_equal(lane_of(FAKE_PAST), 1);
}

static void test_each_by_its_own(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	two_by_two();
	send_from(&one, "uav2");
	assert_int_equal(fake_transmit(&gateway, 0)->lane, 0);
	send_from(&three, "uav4");
	assert_int_equal(fake_transmit(&gateway, 0)->lane, 1);
	assert_int_equal(gateway.core->lanes[0].in_channel, 1);
	assert_int_equal(gateway.core->lanes[1].in_channel, 1);
	fake_answer(&gateway);
	expect_fate(&three, "uav4", OUTCOME_DELIVERED);
	assert_int_equal(gateway.core->lanes[0].in_channel, 1);
	fake_pass(&gateway, 100000);
	expect_fate(&one, "uav2", OUTCOME_SIMULATOR_TIMEOUT);
}

/* A result by another lane is one that nothing asked for there. */
static void test_result_by_another_lane(void **state)
{
	struct reception reception;
	uint64_t id;

	(void)state;
	gateway.core->limits.max_stray_results = 2;
	fake_sim_up(&gateway);
	two_by_two();
	send_from(&one, "uav2");
	id = fake_transmit(&gateway, 0)->id;
	reception = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "");
	core_sim_result(gateway.core, 1, id, &reception, 1, false);
	core_sim_result(gateway.core, 1, id, NULL, 0, false);
	assert_null(fake_find(&two, EVENT_DELIVERY));
	assert_int_equal(core_stats(gateway.core)->results_unknown, 2);
	assert_int_equal(gateway.core->lanes[1].strays, 2);
	assert_int_equal(gateway.core->lanes[0].strays, 0);
	core_sim_result(gateway.core, 1, id, &reception, 1, false);
	assert_int_equal(gateway.lanes[1].resets, 1);
	assert_int_equal(gateway.lanes[0].resets, 0);
	core_sim_result(gateway.core, 0, id, &reception, 1, false);
	expect_fate(&one, "uav2", OUTCOME_DELIVERED);
}

static void test_status_by_another_lane(void **state)
{
	(void)state;
	gateway.core->limits.max_stray_results = 0;
	core_sim_up(gateway.core, 0);
	core_sim_up(gateway.core, 1);
	core_sim_status(gateway.core, 1, FAKE_ALPHA + 1, true, slice_of(NULL, 0));
	assert_int_equal(gateway.core->scenarios[FAKE_ALPHA]->status, SCENARIO_WAITING);
	assert_int_equal(gateway.lanes[1].resets, 1);
	core_sim_status(gateway.core, 0, FAKE_ALPHA + 1, true, slice_of(NULL, 0));
	assert_int_equal(gateway.core->scenarios[FAKE_ALPHA]->status, SCENARIO_ACCEPTED);
	assert_int_equal(gateway.lanes[0].resets, 0);
}

/* Strays are counted for each lane by itself. */
static void test_strays(void **state)
{
	struct reception reception = fake_reception(1, OUTCOME_DELIVERED, "");

	(void)state;
	gateway.core->limits.max_stray_results = 2;
	fake_sim_up(&gateway);
	for (int i = 0; i < 2; i++) {
		core_sim_result(gateway.core, 0, 0xdeadbeef, &reception, 1, false);
		core_sim_result(gateway.core, 1, 0xdeadbeef, &reception, 1, false);
	}
	assert_int_equal(gateway.sim.resets, 0);
	core_sim_result(gateway.core, 1, 0xdeadbeef, &reception, 1, false);
	assert_int_equal(gateway.lanes[1].resets, 1);
	assert_int_equal(gateway.sim.resets, 1);
	/* those of the link before do not count against the next */
	fake_lane_down(&gateway, 0);
	fake_lane_up(&gateway, 0);
	core_sim_result(gateway.core, 0, 0xdeadbeef, &reception, 1, false);
	assert_int_equal(gateway.lanes[0].resets, 0);
}

static void test_one_goes_down(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	two_by_two();
	send_from(&one, "uav2");
	send_from(&three, "uav4");
	fake_lane_down(&gateway, 0);
	expect_fate(&one, "uav2", OUTCOME_SIMULATOR_DOWN);
	assert_null(fake_find(&three, EVENT_SEND_REPORT));
	assert_false(fake_find(&one, EVENT_SCENARIO_CHOSEN)->available);
	assert_true(fake_find(&three, EVENT_SCENARIO_CHOSEN)->available);
	fake_answer(&gateway);
	expect_fate(&three, "uav4", OUTCOME_DELIVERED);
	send_from(&one, "uav2");
	expect_fate(&one, "uav2", OUTCOME_SIMULATOR_DOWN);
	assert_int_equal(core_stats(gateway.core)->sim_downs, 1);
	/* what is down goes down once */
	fake_lane_down(&gateway, 0);
	assert_int_equal(core_stats(gateway.core)->sim_downs, 1);
}

/* Only what belongs to that lane is told again. */
static void test_one_comes_up(void **state)
{
	uint32_t before;

	(void)state;
	fake_sim_up(&gateway);
	two_by_two();
	fake_lane_down(&gateway, 1);
	before = gateway.sim.order_count;
	fake_lane_up(&gateway, 1);
	assert_int_equal(gateway.sim.order_count, before + 3 + 2);
	for (uint32_t back = 0; back < 5; back++) {
		assert_int_equal(fake_order(&gateway, back)->lane, 1);
	}
	/* a scenario, then its nodes */
	assert_int_equal(fake_order(&gateway, 4)->kind, FAKE_SET_SCENARIO);
	assert_int_equal(fake_order(&gateway, 4)->scenario, FAKE_BETA + 1);
	assert_int_equal(fake_order(&gateway, 3)->kind, FAKE_SET_NODE);
	assert_int_equal(fake_order(&gateway, 3)->node, fake_node(&three));
	assert_int_equal(fake_order(&gateway, 2)->node, fake_node(&four));
	assert_int_equal(fake_order(&gateway, 1)->kind, FAKE_SET_SCENARIO);
	assert_true(fake_find(&three, EVENT_SCENARIO_CHOSEN)->available);
}

/* A full window holds back those of its lane alone. */
static void test_windows(void **state)
{
	(void)state;
	window_configure(&gateway.core->lanes[0].window, 1, false);
	fake_sim_up(&gateway);
	two_by_two();
	assert_int_equal(send_from(&one, "uav2"), CORE_TAKEN);
	assert_int_equal(send_from(&two, "uav1"), CORE_HOLD);
	assert_int_equal(send_from(&three, "uav4"), CORE_TAKEN);
	fake_answer(&gateway);
	assert_int_equal(two.resumes, 0);
	fake_pass(&gateway, 100000);
	assert_int_equal(two.resumes, 1);
	assert_int_equal(gateway.core->lanes[0].woken, 1);
	assert_int_equal(send_from(&two, "uav1"), CORE_TAKEN);
	assert_int_equal(gateway.core->lanes[0].woken, 0);
	fake_answer(&gateway);
}

/* A place that was kept but is not used goes to the next. */
static void test_place_not_used(void **state)
{
	(void)state;
	window_configure(&gateway.core->lanes[0].window, 1, false);
	fake_sim_up(&gateway);
	two_by_two();
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_ask(&four, REQUEST_CHOOSE_SCENARIO, "alpha");
	send_from(&one, "uav2");
	assert_int_equal(send_from(&two, "uav9"), CORE_HOLD);
	assert_int_equal(send_from(&three, "uav1"), CORE_HOLD);
	assert_int_equal(send_from(&four, "uav1"), CORE_HOLD);
	fake_answer(&gateway);
	assert_int_equal(two.resumes, 1);
	/* to nobody: it needs no place */
	assert_int_equal(send_from(&two, "uav9"), CORE_TAKEN);
	assert_int_equal(three.resumes, 1);
	/* it goes to another lane with it */
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "beta");
	assert_int_equal(four.resumes, 1);
	assert_int_equal(send_from(&four, "uav1"), CORE_TAKEN);
	fake_answer(&gateway);
	assert_int_equal(gateway.core->lanes[0].woken, 0);
}

static void test_full_links(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	two_by_two();
	gateway.lanes[0].full = true;
	assert_int_equal(send_from(&one, "uav2"), CORE_HOLD);
	assert_int_equal(fake_ask(&three, REQUEST_UPDATE_STATE, NULL), CORE_TAKEN);
	/* out of the full one, or into it: something is written there */
	assert_int_equal(fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "beta"), CORE_HOLD);
	assert_int_equal(fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "alpha"), CORE_HOLD);
	core_sim_drained(gateway.core, 1);
	assert_int_equal(one.resumes + two.resumes + three.resumes, 0);
	gateway.lanes[0].full = false;
	core_sim_drained(gateway.core, 0);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(two.resumes, 1);
	assert_int_equal(three.resumes, 1);
	assert_int_equal(fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "alpha"), CORE_TAKEN);
}

/* Held for a lane that goes down: released, and told so. */
static void test_held_and_down(void **state)
{
	(void)state;
	window_configure(&gateway.core->lanes[0].window, 1, false);
	fake_sim_up(&gateway);
	two_by_two();
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "alpha");
	send_from(&one, "uav2");
	assert_int_equal(send_from(&two, "uav1"), CORE_HOLD);
	assert_int_equal(send_from(&three, "uav1"), CORE_HOLD);
	fake_lane_down(&gateway, 0);
	assert_int_equal(two.resumes, 1);
	assert_int_equal(send_from(&two, "uav1"), CORE_TAKEN);
	expect_fate(&two, "uav1", OUTCOME_SIMULATOR_DOWN);
	assert_int_equal(three.resumes, 1);
	assert_int_equal(send_from(&three, "uav1"), CORE_TAKEN);
	assert_int_equal(gateway.core->lanes[0].woken, 0);
}

/* max_in_flight is of all lanes together. */
static void test_overloaded(void **state)
{
	(void)state;
	gateway.core->limits.max_in_flight = 1;
	fake_sim_up(&gateway);
	two_by_two();
	send_from(&one, "uav2");
	send_from(&three, "uav4");
	expect_fate(&three, "uav4", OUTCOME_OVERLOADED);
	fake_answer(&gateway);
}

static void expect_simulators(uint32_t down, uint32_t unanswered, uint32_t refused)
{
	struct core_simulators found = core_simulators(gateway.core);

	assert_int_equal(found.lanes_down, down);
	assert_int_equal(found.scenarios_unanswered, unanswered);
	assert_int_equal(found.scenarios_refused, refused);
}

/* What a gateway that is to say when it is ready goes by. */
static void test_how_far_they_are(void **state)
{
	uint32_t all = (uint32_t)gateway.core->scenario_count;
	const struct scenario *gamma = gateway.core->scenarios[FAKE_GAMMA];
	uint32_t others = 0;

	(void)state;
	fake_sim_down(&gateway);
	for (uint32_t i = 0; i < all; i++) {
		others += gateway.core->scenarios[i]->lane->index != 2;
	}
	expect_simulators(3, all, 0);
	for (uint32_t i = 0; i < 2; i++) {
		core_sim_up(gateway.core, i);
		expect_simulators(2 - i, all, 0);
	}
	core_sim_up(gateway.core, 2);
	for (uint32_t i = 0; i < all; i++) {
		const struct scenario *scenario = gateway.core->scenarios[i];

		assert_false(core_scenario_is_available(gateway.core, scenario->config.name));
		core_sim_status(gateway.core, scenario->lane->index, scenario->number,
				scenario != gamma, slice_str("why"));
		expect_simulators(0, all - i - 1, scenario == gamma || i > FAKE_GAMMA);
		assert_int_equal(core_scenario_is_available(gateway.core, scenario->config.name),
				 scenario != gamma);
	}
	assert_false(core_scenario_is_available(gateway.core, "nix"));
	core_sim_down(gateway.core, 2, "gone");
	expect_simulators(1, all - others, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_least_loaded),
		TEST(test_least_loaded_after_removal),
		TEST(test_each_by_its_own),
		TEST(test_result_by_another_lane),
		TEST(test_status_by_another_lane),
		TEST(test_how_far_they_are),
		TEST(test_strays),
		TEST(test_one_goes_down),
		TEST(test_one_comes_up),
		TEST(test_windows),
		TEST(test_place_not_used),
		TEST(test_full_links),
		TEST(test_held_and_down),
		TEST(test_overloaded),
	};

	return cmocka_run_group_tests_name("lane", tests, NULL, NULL);
}
