/* Scenarios: who is in them, what the simulator and the members are told. */
#include "unit/test_core.h"

static const struct fake_event *chosen(const struct fake_drone *drone)
{
	const struct fake_event *event = fake_find(drone, EVENT_SCENARIO_CHOSEN);

	assert_non_null(event);
	return event;
}

static int last_error(const struct fake_drone *drone)
{
	const struct fake_event *event = fake_last(drone, 0);

	assert_non_null(event);
	assert_int_equal(event->kind, EVENT_ERROR);
	assert_int_equal(event->ref, drone->refs);
	return event->code;
}

/* Scenarios before nodes, nodes with their state, again after each reconnect. */
static void test_replay(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", NULL);
	assert_int_equal(gateway.sim.scenarios + gateway.sim.nodes_set, 0);
	fake_sim_up(&gateway);
	assert_int_equal(gateway.sim.scenarios, FAKE_SCENARIOS);
	assert_int_equal(gateway.sim.nodes_set, 1);
	core_sim_down(gateway.core, 0, "test");
	fake_sim_up(&gateway);
	assert_int_equal(gateway.sim.scenarios, 2 * FAKE_SCENARIOS);
	assert_int_equal(gateway.sim.nodes_set, 2);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "beta");
	assert_int_equal(gateway.sim.nodes_set, 3);
	assert_int_equal(gateway.sim.node.scenario, 2);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "alpha");
	assert_int_equal(gateway.sim.nodes_removed, 1);
	fake_ask(&two, REQUEST_LEAVE, NULL);
	assert_int_equal(gateway.sim.nodes_removed, 2);
}

static void test_status(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", "alpha");
	assert_string_equal(chosen(&one)->text, "alpha");
	assert_false(chosen(&one)->available);
	fake_sim_up(&gateway);
	assert_true(chosen(&one)->available);
	assert_int_equal(chosen(&one)->ref, 0);
	core_sim_status(gateway.core, 0, 1, false, slice_str("no such model"));
	assert_false(chosen(&one)->available);
	assert_int_equal(fake_count(&one, EVENT_SCENARIO_CHOSEN), 3);
	/* the same again is no news; numbers that are none are nobody's */
	core_sim_status(gateway.core, 0, 1, false, slice_str("no such model"));
	core_sim_status(gateway.core, 0, 0, true, slice_of(NULL, 0));
	core_sim_status(gateway.core, 0, FAKE_SCENARIOS + 1, true, slice_of(NULL, 0));
	assert_int_equal(fake_count(&one, EVENT_SCENARIO_CHOSEN), 3);
	/* who is in stays; nobody else comes in */
	fake_send(&one, NULL, "x", REPORT_WISH_ALL);
	assert_int_equal(last_error(&one), ERROR_SCENARIO_UNAVAILABLE);
	fake_join(&gateway, &two, "uav2", NULL);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "alpha");
	assert_int_equal(last_error(&two), ERROR_SCENARIO_UNAVAILABLE);
	core_sim_down(gateway.core, 0, "test");
	assert_int_equal(fake_count(&one, EVENT_SCENARIO_CHOSEN), 4);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "alpha");
	assert_string_equal(chosen(&two)->text, "alpha");
}

static void test_full(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", "gamma");
	fake_join(&gateway, &two, "uav2", "gamma");
	fake_join(&gateway, &three, "uav3", "gamma");
	assert_int_equal(last_error(&three), ERROR_SCENARIO_FULL);
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "gamma"); /* it is in there */
	assert_int_equal(chosen(&one)->ref, one.refs);
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, NULL);
	assert_string_equal(chosen(&one)->text, "");
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "gamma");
	assert_string_equal(chosen(&three)->text, "gamma");
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "delta");
	assert_int_equal(last_error(&three), ERROR_NO_SUCH_SCENARIO);
	assert_int_equal(gateway.core->scenarios[2]->member_count, 2);
}

/* Out of the middle of the array, into another, the last one first. */
static void test_members(void **state)
{
	const struct scenario *alpha, *beta;

	(void)state;
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	fake_join(&gateway, &three, "uav3", "alpha");
	alpha = gateway.core->scenarios[0];
	beta = gateway.core->scenarios[1];
	assert_int_equal(alpha->member_count, 3);
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "beta");
	assert_int_equal(alpha->member_count, 1);
	assert_int_equal(beta->member_count, 2);
	for (uint32_t i = 0; i < beta->member_count; i++) {
		assert_int_equal(beta->members[i]->place, i);
		assert_ptr_equal(beta->members[i]->scenario, beta);
	}
	core_detach(gateway.core, one.session);
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, NULL);
	assert_int_equal(alpha->member_count, 0);
	assert_int_equal(beta->member_count, 1);
	assert_ptr_equal(beta->members[0]->session, two.session);
	one.session = NULL;
}

static enum core_verdict update(struct fake_drone *drone, const struct state *known)
{
	struct request request = {
		.kind = REQUEST_UPDATE_STATE,
		.ref = ++drone->refs,
		.state = *known,
	};

	return core_request(gateway.core, drone->session, &request);
}

static void test_state(void **state)
{
	struct state local = {
		.position = {.frame = POSITION_LOCAL, .local = {1, 2, 3}},
		.has_radio = true,
		.radio = {.tx_power_dbm = 20},
		.at_us = 7,
	};
	struct state velocity = {.has_velocity = true, .velocity = {4, 5, 6}};
	struct state geodetic = {
		.position = {.frame = POSITION_GEODETIC, .geodetic = {470000000, 80000000, 100000}},
	};
	const struct sim_node *node = &gateway.sim.node;

	(void)state;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	assert_false(node->has_position || node->has_velocity || node->has_radio);
	update(&one, &local);
	assert_true(node->has_position && node->has_radio && !node->has_velocity);
	assert_true(node->position.north == 2 && node->at_us == 7);
	/* what is absent stays as it is; time that is not given is now */
	update(&one, &velocity);
	assert_true(node->has_position && node->has_radio && node->has_velocity);
	assert_true(node->velocity.up == 6 && node->radio.tx_power_dbm == 20);
	assert_int_equal(node->at_us, gateway.now.unix_us);
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_DONE);
	update(&one, &geodetic);
	assert_true(node->position.up > 99.99f && node->position.up < 100.01f);
	/* a scenario without origin */
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "beta");
	assert_false(node->has_position);
	assert_true(node->has_velocity);
	update(&one, &geodetic);
	assert_int_equal(last_error(&one), ERROR_NO_ORIGIN);
	geodetic.position.geodetic.latitude_e7 = 900000001;
	update(&one, &geodetic);
	assert_int_equal(last_error(&one), ERROR_BAD_REQUEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_replay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_status, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_members, setup, teardown),
		cmocka_unit_test_setup_teardown(test_state, setup, teardown),
	};

	return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
