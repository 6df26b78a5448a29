/* Who a session is: registration, ids that are held, asked for and banned, callsigns, and
 * where a newcomer is put. */
#include "unit/test_core.h"

/* -------------------------------------------------------------- registration */

static struct request_registration with_id(const char *id)
{
	return fake_registration(id);
}

static struct request_registration with_callsign(const char *callsign)
{
	struct request_registration registration = fake_registration("uav1");

	registration.callsign = slice_str(callsign);
	return registration;
}

static struct request_registration with_max_frame(uint32_t max_frame)
{
	struct request_registration registration = fake_registration("uav1");

	registration.max_frame_bytes = max_frame;
	return registration;
}

static struct request_registration with_software(size_t size)
{
	static const char text[65];
	struct request_registration registration = fake_registration("uav1");

	registration.software = slice_of(text, size);
	return registration;
}

static void test_registration(void **state)
{
	const struct {
		struct request_registration registration;
		enum error_code code; /* UNSPECIFIED: welcome */
	} rows[] = {
		{with_id(""), ERROR_BAD_ID},
		{with_id("a b"), ERROR_BAD_ID},
		{with_id("123456789012345678901234567890123"), ERROR_BAD_ID},
		{with_callsign("\x07"), ERROR_BAD_NAME},
		{with_callsign("taken"), ERROR_NAME_TAKEN},
		{with_callsign("holder"), ERROR_NAME_TAKEN},
		{with_max_frame(767), ERROR_BAD_REQUEST},
		{with_software(65), ERROR_BAD_REQUEST},
		{with_software(64), ERROR_UNSPECIFIED},
		{with_max_frame(768), ERROR_UNSPECIFIED},
		{with_max_frame(1u << 31), ERROR_UNSPECIFIED},
		{with_callsign("Red Leader"), ERROR_UNSPECIFIED},
		{with_callsign("uav1"), ERROR_UNSPECIFIED},
	};
	struct request_registration holder = fake_registration("holder");

	(void)state;
	holder.callsign = slice_str("taken");
	fake_attach(&gateway, &three, 1);
	fake_register(&three, &holder);
	fake_attach(&gateway, &one, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* after a refusal it may try again, on the same connection */
		assert_int_equal(fake_register(&one, &rows[i].registration), CORE_TAKEN);
		if (rows[i].code != ERROR_UNSPECIFIED) {
			expect_error(&one, rows[i].code);
			continue;
		}
		assert_int_equal(fake_last(&one, 0)->kind, EVENT_WELCOME);
		assert_int_equal(fake_last(&one, 0)->ref, one.refs);
		assert_int_equal(fake_last(&one, 0)->number, 2);
		fake_register(&one, &rows[i].registration);
		expect_error(&one, ERROR_ALREADY_REGISTERED);
		core_detach(gateway.core, one.session);
		fake_pass(&gateway, 1);
		fake_attach(&gateway, &one, 1);
	}
}

static void test_protocol(void **state)
{
	struct request_registration registration = fake_registration("uav1");

	(void)state;
	registration.protocol = 0;
	fake_attach(&gateway, &one, 1);
	assert_int_equal(fake_register(&one, &registration), CORE_CLOSED);
	expect_error(&one, ERROR_UNSUPPORTED_PROTOCOL);
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
	/* who speaks more than we do speaks ours as well */
	registration.protocol = 7;
	fake_attach(&gateway, &one, 1);
	assert_int_equal(fake_register(&one, &registration), CORE_TAKEN);
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_WELCOME);
}

static void test_not_registered(void **state)
{
	(void)state;
	fake_attach(&gateway, &one, 1);
	assert_int_equal(core_frame_limit(gateway.core, one.session), 4096);
	assert_int_equal(fake_ask(&one, REQUEST_LIST_DRONES, NULL), CORE_CLOSED);
	expect_error(&one, ERROR_NOT_REGISTERED);
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
	fake_join(&gateway, &one, "uav1", NULL);
	assert_int_equal(core_frame_limit(gateway.core, one.session), 65536);
	core_malformed(gateway.core, one.session, "cannot be read");
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
	assert_string_equal(fake_last(&one, 0)->text, "cannot be read");
}

static void test_register_timeout(void **state)
{
	struct request_registration bad = fake_registration("");

	(void)state;
	fake_attach(&gateway, &one, 1);
	fake_pass(&gateway, 999999);
	fake_register(&one, &bad); /* no new time for that */
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
}

static void test_squatter(void **state)
{
	struct request_registration squatter = fake_registration("uav1");

	(void)state;
	squatter.callsign = slice_str("uav2");
	fake_attach(&gateway, &one, 1);
	fake_register(&one, &squatter);
	assert_string_equal(fake_last(&one, 0)->text, "uav2");
	fake_join(&gateway, &two, "uav2", NULL);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_WELCOME);
	fake_pass(&gateway, 10000);
	assert_int_equal(fake_last(&one, 0)->items[0].what, PRESENCE_WHAT_RENAMED);
	assert_string_equal(fake_last(&one, 0)->items[0].id, "uav1");
}

/* ----------------------------------------------------------- the same id again */

static void test_take_over_same_address(void **state)
{
	(void)state;
	register_from(&one, "uav1", 1);
	register_from(&two, "uav1", 1);
	expect_goodbye(&one, GOODBYE_TAKEN_OVER);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_WELCOME);
	assert_int_equal(core_online(gateway.core), 1);
}

static void test_take_over_after_silence(void **state)
{
	(void)state;
	register_from(&one, "uav1", 1);
	register_from(&two, "uav1", 2);
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_PING);
	assert_null(fake_last(&two, 0));
	/* what the newcomer sends meanwhile waits */
	assert_int_equal(fake_ask(&two, REQUEST_LIST_DRONES, NULL), CORE_HOLD);
	/* and a third one does not queue up */
	register_from(&three, "uav1", 3);
	expect_error(&three, ERROR_NAME_TAKEN);
	fake_pass(&gateway, 499999);
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_TAKEN_OVER);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_WELCOME);
	assert_int_equal(fake_last(&two, 0)->ref, 1);
	assert_int_equal(two.resumes, 1);
}

static void test_holder_answers(void **state)
{
	(void)state;
	register_from(&one, "uav1", 1);
	register_from(&two, "uav1", 2);
	fake_pass(&gateway, 400000);
	fake_ask(&one, REQUEST_PONG, NULL);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_ERROR);
	assert_int_equal(fake_last(&two, 0)->code, ERROR_NAME_TAKEN);
	assert_int_equal(fake_last(&two, 0)->ref, 1);
	assert_int_equal(two.resumes, 0); /* nothing of it was held */
	fake_pass(&gateway, 200000);
	assert_int_equal(one.closes, 0);
	/* it may try again until its registration deadline, which has not moved */
	fake_pass(&gateway, 399999);
	assert_int_equal(two.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&two, GOODBYE_PROTOCOL_ERROR);
}

static void test_holder_leaves(void **state)
{
	(void)state;
	register_from(&one, "uav1", 1);
	register_from(&two, "uav1", 2);
	core_detach(gateway.core, one.session);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_WELCOME);
}

static void test_asker_leaves(void **state)
{
	(void)state;
	register_from(&one, "uav1", 1);
	register_from(&two, "uav1", 2);
	core_detach(gateway.core, two.session);
	fake_pass(&gateway, 600000);
	assert_int_equal(one.closes, 0);
	register_from(&three, "uav1", 3);
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_PING);
}

/* Its callsign is taken by the time it gets the id: an error, and its deadline as before. */
static void test_callsign_taken_meanwhile(void **state)
{
	struct request_registration registration = fake_registration("uav1");

	(void)state;
	register_from(&one, "uav1", 1);
	registration.callsign = slice_str("Leader");
	fake_attach(&gateway, &two, 2);
	fake_register(&two, &registration);
	registration.drone_id = slice_str("uav3");
	fake_attach(&gateway, &three, 3);
	fake_register(&three, &registration);
	fake_pass(&gateway, 500000);
	expect_goodbye(&one, GOODBYE_TAKEN_OVER);
	expect_error(&two, ERROR_NAME_TAKEN);
	fake_pass(&gateway, 499999);
	assert_int_equal(two.closes, 0);
	registration = fake_registration("uav1");
	fake_register(&two, &registration);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_WELCOME);
}

/* A frame that the newcomer has begun does not bring the take-over forward. */
static void test_frame_begun_while_asking(void **state)
{
	(void)state;
	gateway.core->limits.frame_timeout_ms = 100;
	register_from(&one, "uav1", 1);
	register_from(&two, "uav1", 2);
	core_partial(gateway.core, two.session, true);
	fake_pass(&gateway, 499999);
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_TAKEN_OVER);
}

static void set_timeout(uint32_t timeout_ms)
{
	struct scenario *alpha = gateway.core->scenarios[0];

	assert_int_equal(expiry_reserve(&alpha->lane->expiry, timeout_ms), 0);
	alpha->config.timeout_ms = timeout_ms;
}

/* `one` is held until its message times out; `two` wants its id. */
static void ask_for_the_id_of_one_held(uint32_t simulator_timeout_ms)
{
	gateway.core->limits.max_in_flight_per_drone = 1;
	set_timeout(simulator_timeout_ms);
	fake_sim_up(&gateway);
	fake_join(&gateway, &three, "uav3", "alpha");
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_send(&one, "uav3", "a", REPORT_WISH_NONE);
	assert_int_equal(fake_send(&one, "uav3", "b", REPORT_WISH_NONE), CORE_HOLD);
	register_from(&two, "uav1", 2);
}

/* A holder that the gateway does not read cannot answer: its silence does not count. */
static void test_held_holder(void **state)
{
	(void)state;
	ask_for_the_id_of_one_held(800);
	fake_pass(&gateway, 799999);
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1); /* its message times out, it is read again */
	assert_int_equal(one.resumes, 1);
	fake_pass(&gateway, 499999);
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_TAKEN_OVER);
}

/* A holder that the gateway does not read may be silent for long: who asks for its id is
 * not kept waiting longer than for a registration, and may not have it. */
static void test_holder_held_for_long(void **state)
{
	(void)state;
	ask_for_the_id_of_one_held(60000);
	fake_pass(&gateway, 999999);
	assert_null(fake_last(&two, 0));
	fake_pass(&gateway, 1);
	assert_int_equal(fake_find(&two, EVENT_ERROR)->code, ERROR_NAME_TAKEN);
	assert_int_equal(one.closes, 0);
	/* held or not, it is pinged, so that TCP can tell whether it is there */
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_PING);
}

/* An id changes hands while the simulator's window is full, and the newcomer's send is
 * there before it is told to go on: it is held once, not twice. */
static void test_held_again_when_resumed(void **state)
{
	struct request_registration registration = fake_registration("uav1");

	(void)state;
	window_configure(&gateway.core->lanes[0].window, 1, false);
	fake_sim_up(&gateway);
	fake_join(&gateway, &three, "uav3", "alpha");
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_send(&three, "uav1", "a", REPORT_WISH_NONE);
	registration.scenario = slice_str("alpha");
	fake_attach(&gateway, &two, 2);
	fake_register(&two, &registration);
	assert_int_equal(fake_send(&two, "uav3", "b", REPORT_WISH_NONE), CORE_HOLD);
	core_detach(gateway.core, one.session);
	assert_int_equal(two.resumes, 1);
	assert_int_equal(fake_send(&two, "uav3", "b", REPORT_WISH_NONE), CORE_HOLD);
	assert_int_equal(fake_send(&two, "uav3", "b", REPORT_WISH_NONE), CORE_HOLD);
	fake_answer(&gateway);
	assert_int_equal(two.resumes, 2);
	assert_int_equal(fake_send(&two, "uav3", "b", REPORT_WISH_NONE), CORE_TAKEN);
	assert_int_equal(gateway.core->lanes[0].woken, 0);
	assert_true(list_empty(&gateway.core->lanes[0].held));
}

/* ------------------------------------------------------------------------ where it is put */

static const struct fake_event *register_placed(const char *scenario, const char *placement)
{
	struct request_registration registration = fake_registration("uav1");

	registration.scenario = slice_str(scenario);
	registration.placement = slice_str(placement);
	if (one.session) {
		fake_detach(&one);
	}
	fake_attach(&gateway, &one, 1);
	fake_register(&one, &registration);
	assert_int_equal(fake_last(&one, 1)->kind, EVENT_WELCOME);
	assert_int_equal(fake_last(&one, 1)->ref, one.refs);
	assert_int_equal(fake_last(&one, 0)->ref, one.refs);
	return fake_last(&one, 0);
}

/* What it names itself goes before its listener's scenario, that before the default. */
static void test_placement(void **state)
{
	(void)state;
	one = (struct fake_drone){0};
	assert_string_equal(register_placed(NULL, "beta")->text, "beta");
	gateway.core->default_scenario = name_of(slice_str("gamma"));
	assert_string_equal(register_placed("alpha", "beta")->text, "alpha");
	assert_string_equal(register_placed(NULL, "beta")->text, "beta");
	assert_string_equal(register_placed(NULL, NULL)->text, "gamma");
	assert_int_equal(register_placed(NULL, "nowhere")->code, ERROR_NO_SUCH_SCENARIO);
	assert_null(one.session->member);
}

/* One that has to wait for its id is put there all the same. */
static void test_placement_after_asking(void **state)
{
	struct request_registration registration = fake_registration("uav1");
	char placement[] = "beta";

	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	registration.placement = slice_str(placement);
	fake_attach(&gateway, &two, 2);
	fake_register(&two, &registration);
	placement[0] = 'x'; /* it was copied */
	core_detach(gateway.core, one.session);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_SCENARIO_CHOSEN);
	assert_string_equal(fake_last(&two, 0)->text, "beta");
}

/* ------------------------------------------------------------------------------ names */

static void rename_to(struct fake_drone *drone, const char *callsign)
{
	assert_int_equal(fake_ask(drone, REQUEST_RENAME, callsign), CORE_TAKEN);
}

static void expect_done(const struct fake_drone *drone)
{
	assert_int_equal(fake_last(drone, 0)->kind, EVENT_DONE);
	assert_int_equal(fake_last(drone, 0)->ref, drone->refs);
}

static void test_rename(void **state)
{
	static const char *const bad[] = {"\x1b[2J", "\n", "123456789012345678901234567890123",
					  "\xc2\x85"};

	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	fake_join(&gateway, &two, "uav2", NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rename_to(&one, bad[i]);
		expect_error(&one, ERROR_BAD_NAME);
	}
	rename_to(&one, "Red Leader");
	expect_done(&one);
	rename_to(&one, "Red Leader"); /* it is its own */
	expect_done(&one);
	rename_to(&two, "Red Leader");
	expect_error(&two, ERROR_NAME_TAKEN);
	rename_to(&two, "uav1");
	expect_error(&two, ERROR_NAME_TAKEN);
	rename_to(&two, "uav2"); /* its own id, which it goes by */
	expect_done(&two);
	/* back to the id: then the name is free */
	rename_to(&one, NULL);
	expect_done(&one);
	rename_to(&two, "Red Leader");
	expect_done(&two);
	rename_to(&two, "Blue Leader");
	rename_to(&one, "Red Leader");
	expect_done(&one);
	/* its address is the id as before */
	assert_null(registry_by_id(&gateway.core->registry, slice_str("Red Leader")));
}

/* A callsign leads nowhere: messages go to ids. */
static void test_callsign_is_no_address(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	rename_to(&two, "Leader");
	fake_send(&one, "Leader", "a", REPORT_WISH_ALL);
	assert_int_equal(fake_last(&one, 0)->items[0].what, OUTCOME_TARGET_OFFLINE);
}

/* ------------------------------------------------------------ ids that change hands */

/* `count` drones take uav1 from each other, from one host; the last of them has it in the end. */
static struct fake_drone *take_turns(uint32_t count)
{
	struct fake_drone *drones[2] = {&one, &two};

	for (uint32_t i = 0; i <= count; i++) {
		register_from(drones[i % 2], "uav1", 1);
		assert_int_equal(fake_last(drones[i % 2], 0)->kind, EVENT_WELCOME);
	}
	return drones[count % 2];
}

static void test_flapping_id(void **state)
{
	struct request_registration registration = fake_registration("uav1");
	struct fake_drone *holder;

	(void)state;
	gateway.core->limits.max_takeovers_per_minute = 3;
	gateway.core->limits.takeover_ban_ms = 2000;
	gateway.core->limits.idle_timeout_ms = 100000;
	holder = take_turns(4); /* the fourth is one too many */
	fake_pass(&gateway, 500500);
	fake_attach(&gateway, &three, 1);
	assert_int_equal(fake_register(&three, &registration), CORE_CLOSED);
	expect_error(&three, ERROR_BANNED);
	expect_goodbye(&three, GOODBYE_BANNED);
	assert_int_equal(fake_last(&three, 0)->retry_after_ms, 1500); /* what is left, rounded up */
	/* who has it keeps it, and others are not touched */
	assert_non_null(holder->session);
	register_from(&three, "uav2", 1);
	assert_int_equal(fake_last(&three, 0)->kind, EVENT_WELCOME);
	core_detach(gateway.core, three.session);
	/* when the ban is over it may be taken over again */
	fake_pass(&gateway, 1499500);
	register_from(&three, "uav1", 1);
	expect_goodbye(holder, GOODBYE_TAKEN_OVER);
	assert_int_equal(core_stats(gateway.core)->goodbyes[GOODBYE_BANNED], 1);
}

/* The ban is the id's: it does not go with its holder. */
static void test_banned_and_gone(void **state)
{
	struct request_registration registration = fake_registration("uav1");

	(void)state;
	gateway.core->limits.max_takeovers_per_minute = 1;
	fake_detach(take_turns(2));
	fake_attach(&gateway, &three, 2);
	assert_int_equal(fake_register(&three, &registration), CORE_CLOSED);
	expect_goodbye(&three, GOODBYE_BANNED);
	assert_int_equal(fake_last(&three, 0)->retry_after_ms, 300000);
	/* what is wrong with a registration is told before that */
	registration.max_frame_bytes = 1;
	fake_attach(&gateway, &three, 2);
	assert_int_equal(fake_register(&three, &registration), CORE_TAKEN);
	expect_error(&three, ERROR_BAD_REQUEST);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_registration),
		TEST(test_protocol),
		TEST(test_not_registered),
		TEST(test_register_timeout),
		TEST(test_squatter),
		TEST(test_take_over_same_address),
		TEST(test_take_over_after_silence),
		TEST(test_holder_answers),
		TEST(test_holder_leaves),
		TEST(test_asker_leaves),
		TEST(test_callsign_taken_meanwhile),
		TEST(test_frame_begun_while_asking),
		TEST(test_held_holder),
		TEST(test_holder_held_for_long),
		TEST(test_held_again_when_resumed),
		TEST(test_placement),
		TEST(test_placement_after_asking),
		TEST(test_rename),
		TEST(test_callsign_is_no_address),
		TEST(test_flapping_id),
		TEST(test_banned_and_gone),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
