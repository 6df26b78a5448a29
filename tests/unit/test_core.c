/* A session's dialogue from its welcome to its goodbye. */
#include "unit/test_core.h"

/* --------------------------------------------------------------- what cannot be done */

static void expect_refusal(struct request *request, enum error_code code)
{
	request->ref = ++one.refs;
	assert_int_equal(core_request(gateway.core, one.session, request), CORE_TAKEN);
	expect_error(&one, code);
}

static void test_refused_sends(void **state)
{
	static const char bytes[64 * 1024];
	struct request request = {.kind = REQUEST_SEND, .send = {.to = SEND_TO_EVERYONE}};

	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	expect_refusal(&request, ERROR_NO_SCENARIO);
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "alpha");
	request.send.to = SEND_TO_NOBODY;
	expect_refusal(&request, ERROR_BAD_REQUEST);
	request.send.to = SEND_TO_EVERYONE;
	request.send.content_type = slice_of(bytes, 65);
	expect_refusal(&request, ERROR_BAD_REQUEST);
	request.send.content_type.size = 64;
	request.send.payload = slice_of(bytes, sizeof(bytes) - 1024 + 1);
	expect_refusal(&request, ERROR_PAYLOAD_TOO_LARGE);
	assert_int_equal(core_stats(gateway.core)->sends, 0);
}

static void test_refused_requests(void **state)
{
	struct request request = {.kind = REQUEST_AUTHENTICATE};

	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	expect_refusal(&request, ERROR_ALREADY_REGISTERED);
	request.kind = REQUEST_REFUSED;
	request.refused = (struct request_refused){ERROR_UNKNOWN_REQUEST, "no such request"};
	expect_refusal(&request, ERROR_UNKNOWN_REQUEST);
	request.kind = REQUEST_LIST_DRONES;
	request.name = slice_str("nowhere");
	expect_refusal(&request, ERROR_NO_SUCH_SCENARIO);
	/* who wants no reply gets no list */
	request = (struct request){.kind = REQUEST_LIST_SCENARIOS};
	assert_int_equal(core_request(gateway.core, one.session, &request), CORE_TAKEN);
	assert_null(fake_find(&one, EVENT_SCENARIOS));
}

/* One list at a time: what is asked behind it waits. */
static void test_list_not_read(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	one.queued = gateway.core->limits.output_soft_bytes;
	assert_int_equal(fake_ask(&one, REQUEST_LIST_SCENARIOS, NULL), CORE_TAKEN);
	assert_int_equal(fake_ask(&one, REQUEST_LIST_DRONES, NULL), CORE_HOLD);
	fake_drain(&one);
	assert_int_equal(fake_last(&one, 0)->count, FAKE_SCENARIOS);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(fake_ask(&one, REQUEST_LIST_DRONES, NULL), CORE_TAKEN);
	assert_int_equal(fake_last(&one, 0)->count, 1);
}

/* ---------------------------------------------------------------------- silence */

static void test_ping_and_idle(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	fake_pass(&gateway, 999999);
	assert_int_equal(fake_count(&one, EVENT_PING), 0);
	fake_pass(&gateway, 1);
	assert_int_equal(fake_count(&one, EVENT_PING), 1);
	fake_pass(&gateway, 1000000);
	assert_int_equal(fake_count(&one, EVENT_PING), 2);
	fake_ask(&one, REQUEST_PONG, NULL);
	fake_pass(&gateway, 2999999);
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_IDLE_TIMEOUT);
	assert_int_equal(core_sessions(gateway.core), 0);
}

static void test_no_pings(void **state)
{
	(void)state;
	gateway.core->limits.ping_interval_ms = 0;
	fake_join(&gateway, &one, "uav1", NULL);
	fake_pass(&gateway, 10000);
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 2990000);
	fake_pass(&gateway, 2990000);
	assert_int_equal(fake_count(&one, EVENT_PING), 0);
	expect_goodbye(&one, GOODBYE_IDLE_TIMEOUT);
}

static void test_frame_timeout(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	core_partial(gateway.core, one.session, true);
	fake_pass(&gateway, 1500000);
	fake_ask(&one, REQUEST_PONG, NULL); /* that was the frame; another one begins */
	core_partial(gateway.core, one.session, true);
	fake_pass(&gateway, 1999999);
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
	fake_attach(&gateway, &one, 1);
	gateway.core->limits.frame_timeout_ms = 100;
	core_partial(gateway.core, one.session, true);
	fake_pass(&gateway, 100000);
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
	assert_string_equal(fake_last(&one, 0)->text, "a frame took too long");
}

/* ------------------------------------------------------------------ slow readers */

static void test_too_slow(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	one.queued = gateway.core->limits.output_hard_bytes + 1;
	assert_int_equal(fake_ask(&one, REQUEST_PING, NULL), CORE_CLOSED);
	expect_goodbye(&one, GOODBYE_TOO_SLOW);
	fake_join(&gateway, &two, "uav2", NULL);
	two.event_bytes = gateway.core->limits.output_soft_bytes + 1;
	fake_ask(&two, REQUEST_PING, NULL);
	two.event_bytes = 0;
	fake_pass(&gateway, 999999);
	assert_int_equal(two.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&two, GOODBYE_TOO_SLOW);
}

static void test_refused_event(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	one.refuse = true;
	assert_int_equal(fake_ask(&one, REQUEST_PING, NULL), CORE_CLOSED);
	assert_int_equal(one.closes, 1);
	assert_int_equal(core_stats(gateway.core)->goodbyes[GOODBYE_KICKED], 1);
}

/* ----------------------------------------------------------------- back-pressure */

static void test_window(void **state)
{
	(void)state;
	gateway.core->limits.max_in_flight_per_drone = 2;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	assert_int_equal(fake_send(&one, "uav2", "a", REPORT_WISH_ALL), CORE_TAKEN);
	assert_int_equal(fake_send(&one, "uav2", "b", REPORT_WISH_ALL), CORE_TAKEN);
	assert_int_equal(fake_send(&one, "uav2", "c", REPORT_WISH_ALL), CORE_HOLD);
	assert_int_equal(one.resumes, 0);
	fake_answer(&gateway);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(fake_send(&one, "uav2", "c", REPORT_WISH_ALL), CORE_TAKEN);
	assert_int_equal(fake_find(&two, EVENT_DELIVERY)->number, 2);
	fake_answer(&gateway);
	assert_int_equal(fake_find(&two, EVENT_DELIVERY)->number, 3);
}

/* The simulator's window goes round. */
static void test_simulator_window(void **state)
{
	(void)state;
	window_configure(&gateway.core->lanes[0].window, 1, false);
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	fake_join(&gateway, &three, "uav3", "alpha");
	assert_int_equal(fake_send(&one, "uav2", "a", REPORT_WISH_NONE), CORE_TAKEN);
	assert_int_equal(fake_send(&two, "uav1", "b", REPORT_WISH_NONE), CORE_HOLD);
	assert_int_equal(fake_send(&three, "uav1", "c", REPORT_WISH_NONE), CORE_HOLD);
	fake_answer(&gateway);
	assert_int_equal(two.resumes, 1);
	assert_int_equal(three.resumes, 0);
	/* the place is kept for the one that was woken */
	assert_int_equal(fake_send(&one, "uav2", "d", REPORT_WISH_NONE), CORE_HOLD);
	/* who does something else gives it on */
	fake_ask(&two, REQUEST_PONG, NULL);
	assert_int_equal(three.resumes, 1);
	core_detach(gateway.core, three.session);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(fake_send(&one, "uav2", "d", REPORT_WISH_NONE), CORE_TAKEN);
	/* the link itself is full, and drains */
	fake_answer(&gateway);
	gateway.lanes[0].full = true;
	assert_int_equal(fake_send(&two, "uav1", "e", REPORT_WISH_NONE), CORE_HOLD);
	gateway.lanes[0].full = false;
	core_sim_drained(gateway.core, 0);
	assert_int_equal(two.resumes, 2);
}

static void test_overloaded(void **state)
{
	(void)state;
	gateway.core->limits.max_in_flight = 1;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	/* the last place is for a message to everyone as well as for one to one */
	fake_send(&one, NULL, "a", REPORT_WISH_ALL);
	assert_int_equal(gateway.sim.count, 1);
	fake_send(&one, "uav2", "b", REPORT_WISH_ALL);
	assert_int_equal(fake_last(&one, 0)->items[0].what, OUTCOME_OVERLOADED);
	fake_send(&two, NULL, "c", REPORT_WISH_ALL);
	assert_int_equal(fake_last(&two, 0)->items[0].what, OUTCOME_OVERLOADED);
	assert_int_equal(gateway.sim.count, 1);
}

/* While the simulator does not read, nothing that would be written to it is taken. */
static void test_link_full(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	gateway.lanes[0].full = true;
	assert_int_equal(fake_ask(&one, REQUEST_UPDATE_STATE, NULL), CORE_HOLD);
	assert_int_equal(fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "beta"), CORE_HOLD);
	gateway.lanes[0].full = false;
	core_sim_drained(gateway.core, 0);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "beta"), CORE_TAKEN);
}

/* Reports that are not read take memory: who lets one wait sends no more. */
static void test_report_not_read(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	one.queued = gateway.core->limits.output_soft_bytes / 2;
	assert_int_equal(fake_send(&one, NULL, "a", REPORT_WISH_ALL), CORE_TAKEN);
	assert_int_equal(fake_send(&one, NULL, "b", REPORT_WISH_ALL), CORE_HOLD);
	fake_drain(&one);
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 1);
	assert_int_equal(one.resumes, 1);
}

/* A simulator that changes its mind all the time is dropped, as one that sends strays. */
static void test_flapping_status(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	for (uint32_t i = 0; i <= gateway.core->limits.max_stray_results; i++) {
		assert_int_equal(gateway.sim.resets, 0);
		core_sim_status(gateway.core, 0, 1, i % 2 == 0, slice_of(NULL, 0));
	}
	assert_int_equal(gateway.sim.resets, 1);
}

/* ------------------------------------------------------------------ the simulator */

static void test_strays(void **state)
{
	struct reception reception = fake_reception(1, OUTCOME_DELIVERED, NULL);
	const struct stats *stats = core_stats(gateway.core);
	uint64_t id;

	(void)state;
	gateway.core->limits.max_stray_results = 3;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	fake_send(&one, "uav2", "a", REPORT_WISH_NONE);
	id = fake_transmit(&gateway, 0)->id;
	fake_pass(&gateway, 100000);
	/* late is no abuse */
	for (int i = 0; i < 10; i++) {
		core_sim_result(gateway.core, 0, id, &reception, 1, false);
	}
	assert_int_equal(stats->results_unknown, 10);
	assert_int_equal(gateway.sim.resets, 0);
	/* nor is the empty end of an answer that came in pieces */
	fake_send(&one, "uav2", "b", REPORT_WISH_NONE);
	fake_answer(&gateway);
	id = fake_transmit(&gateway, 0)->id;
	for (int i = 0; i < 10; i++) {
		core_sim_result(gateway.core, 0, id, NULL, 0, false);
	}
	assert_int_equal(gateway.sim.resets, 0);
	/* repeated and forged are, when there are more than three in a second */
	core_sim_result(gateway.core, 0, id, &reception, 1, false);
	core_sim_result(gateway.core, 0, id, &reception, 1, false);
	core_sim_result(gateway.core, 0, 0xdeadbeef, &reception, 1, false);
	assert_int_equal(gateway.sim.resets, 0);
	fake_pass(&gateway, 1000000);
	core_sim_result(gateway.core, 0, 0xdeadbeef, &reception, 1, false);
	assert_int_equal(gateway.sim.resets, 0);
	core_sim_result(gateway.core, 0, 0xdeadbeef, &reception, 1, false);
	core_sim_result(gateway.core, 0, 0xdeadbeef, &reception, 1, false);
	core_sim_result(gateway.core, 0, 0xdeadbeef, &reception, 1, false);
	assert_int_equal(gateway.sim.resets, 1);
}

static void test_left_and_came_again(void **state)
{
	const struct fake_transmit *transmit;
	struct reception reception;

	(void)state;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	fake_send(&one, "uav2", "a", REPORT_WISH_ALL);
	transmit = fake_transmit(&gateway, 0);
	core_detach(gateway.core, two.session);
	fake_pass(&gateway, 1);
	fake_join(&gateway, &three, "uav2", "alpha");
	/* even its node's number is the same */
	assert_int_equal(fake_node(&three), transmit->receivers[0]);
	reception = fake_reception(transmit->receivers[0], OUTCOME_DELIVERED, NULL);
	core_sim_result(gateway.core, 0, transmit->id, &reception, 1, false);
	assert_null(fake_find(&three, EVENT_DELIVERY));
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->items[0].what, OUTCOME_TARGET_LEFT);
}

/* ------------------------------------------------------------------------- the end */

static void test_shutdown(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	fake_send(&one, "uav2", "a", REPORT_WISH_ALL);
	core_drain(gateway.core);
	fake_attach(&gateway, &three, 1);
	expect_goodbye(&three, GOODBYE_SHUTTING_DOWN);
	assert_null(three.session);
	assert_int_equal(fake_send(&one, "uav2", "b", REPORT_WISH_ALL), CORE_HOLD);
	core_shutdown(gateway.core);
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->items[0].what, OUTCOME_SIMULATOR_DOWN);
	expect_goodbye(&one, GOODBYE_SHUTTING_DOWN);
	expect_goodbye(&two, GOODBYE_SHUTTING_DOWN);
	assert_int_equal(core_sessions(gateway.core), 0);
	assert_int_equal(core_in_flight(gateway.core), 0);
	assert_int_equal(core_stats(gateway.core)->pending, 0);
}

/* While the last messages finish, nobody is dropped for silence: neither who answers pings nor who
 * is not read any more. */
static void test_alive_while_draining(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	core_drain(gateway.core);
	for (int i = 0; i < 4; i++) {
		fake_pass(&gateway, 1000000);
		assert_int_equal(fake_ask(&one, REQUEST_PONG, NULL), CORE_TAKEN);
		if (i == 1) {
			assert_int_equal(fake_send(&two, "uav1", "b", REPORT_WISH_ALL), CORE_HOLD);
		}
	}
	fake_pass(&gateway, 1000000);
	assert_int_equal(one.closes, 0);
	assert_int_equal(two.closes, 0);
	core_shutdown(gateway.core);
	expect_goodbye(&one, GOODBYE_SHUTTING_DOWN);
	expect_goodbye(&two, GOODBYE_SHUTTING_DOWN);
}

static void test_server_full(void **state)
{
	(void)state;
	gateway.core->limits.max_drones = 1;
	fake_attach(&gateway, &one, 1);
	fake_attach(&gateway, &two, 1);
	expect_goodbye(&two, GOODBYE_SERVER_FULL);
	core_detach(gateway.core, one.session);
	gateway.core->limits.max_drones = 10;
	gateway.core->limits.max_unregistered = 1;
	fake_join(&gateway, &one, "uav1", NULL);
	fake_attach(&gateway, &two, 1);
	assert_non_null(two.session);
	/* whoever only connects makes way */
	fake_attach(&gateway, &three, 1);
	expect_goodbye(&two, GOODBYE_SERVER_FULL);
	assert_non_null(three.session);
	assert_non_null(one.session);
}

/* Nothing is written to, or left behind by, what is freed as it stands (a sanitizer sees it). */
static void test_freed_as_it_stands(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	register_from(&two, "uav2", 1);
	register_from(&three, "uav2", 2);
	fake_send(&one, NULL, "a", REPORT_WISH_ALL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_refused_sends),
		TEST(test_refused_requests),
		TEST(test_list_not_read),
		TEST(test_link_full),
		TEST(test_report_not_read),
		TEST(test_flapping_status),
		TEST(test_ping_and_idle),
		TEST(test_no_pings),
		TEST(test_frame_timeout),
		TEST(test_too_slow),
		TEST(test_refused_event),
		TEST(test_window),
		TEST(test_simulator_window),
		TEST(test_overloaded),
		TEST(test_strays),
		TEST(test_left_and_came_again),
		TEST(test_shutdown),
		TEST(test_server_full),
		TEST(test_alive_while_draining),
		TEST(test_freed_as_it_stands),
	};

	return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
