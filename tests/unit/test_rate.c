/* How much a drone may send in a second; and what all of them together leave unread. */
#include "unit/test_core.h"

enum { RATE = 5 };

static int open_with(const struct limits *limits)
{
	fake_configure(&gateway, limits);
	fake_start(&gateway);
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", NULL);
	fake_join(&gateway, &two, "uav2", NULL);
	return 0;
}

static struct limits limits_of(uint32_t messages, uint32_t bytes, bool refuse)
{
	struct limits limits = fake_limits();

	limits.idle_timeout_ms = 1000000;
	limits.ping_interval_ms = 0;
	limits.rate_messages = messages;
	limits.rate_bytes = bytes;
	limits.rate_refuse = refuse;
	return limits;
}

static int open_holding(void **state)
{
	struct limits limits = limits_of(RATE, 0, false);

	(void)state;
	return open_with(&limits);
}

static int open_refusing(void **state)
{
	struct limits limits = limits_of(RATE, 0, true);

	(void)state;
	return open_with(&limits);
}

static int open_bytes(void **state)
{
	struct limits limits = limits_of(0, 1000, false);

	limits.idle_timeout_ms = 1500;
	(void)state;
	return open_with(&limits);
}

static enum core_verdict ping_of(struct fake_drone *drone, uint32_t size)
{
	struct request request = {.kind = REQUEST_PING, .ref = ++drone->refs, .size = size};

	return core_request(gateway.core, drone->session, &request);
}

static void spend(struct fake_drone *drone, unsigned count)
{
	while (count--) {
		assert_int_equal(ping_of(drone, 10), CORE_TAKEN);
	}
}

static void test_beyond_it_a_drone_is_held(void **state)
{
	(void)state;
	spend(&one, RATE);
	assert_int_equal(ping_of(&one, 10), CORE_HOLD);
	assert_int_equal(fake_count(&one, EVENT_PONG), RATE);
	/* others are not */
	spend(&two, RATE);
	fake_pass(&gateway, 1000000 / RATE - 1);
	assert_int_equal(one.resumes, 0);
	fake_pass(&gateway, 1);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(ping_of(&one, 10), CORE_TAKEN);
	assert_int_equal(ping_of(&one, 10), CORE_HOLD);
	fake_pass(&gateway, 10000000);
	assert_int_equal(one.resumes, 2);
	spend(&one, RATE);
	assert_int_equal(ping_of(&one, 10), CORE_HOLD);
}

/* What is presented again counts once. */
static void test_what_waits_for_other_reasons_is_not_counted(void **state)
{
	(void)state;
	gateway.core->limits.max_in_flight_per_drone = 1;
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "alpha");
	assert_int_equal(fake_send(&one, "uav2", "x", REPORT_WISH_NONE), CORE_TAKEN);
	for (int i = 0; i < 3 * RATE; i++) {
		assert_int_equal(fake_send(&one, "uav2", "x", REPORT_WISH_NONE), CORE_HOLD);
	}
	fake_answer(&gateway);
	assert_int_equal(fake_send(&one, "uav2", "x", REPORT_WISH_NONE), CORE_TAKEN);
	fake_answer(&gateway);
	spend(&one, RATE - 3);
	assert_int_equal(ping_of(&one, 10), CORE_HOLD);
}

static void test_bytes_go_into_debt(void **state)
{
	(void)state;
	assert_int_equal(ping_of(&one, 3000), CORE_TAKEN);
	assert_int_equal(ping_of(&one, 1), CORE_HOLD);
	fake_pass(&gateway, 1999999);
	assert_int_equal(one.resumes, 0);
	fake_pass(&gateway, 1);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(ping_of(&one, 1), CORE_TAKEN);
	assert_int_equal(ping_of(&one, 1), CORE_HOLD);
}

/* It is the gateway that does not read it: it is not blamed for its silence. */
static void test_a_held_drone_is_not_idle(void **state)
{
	(void)state;
	assert_int_equal(ping_of(&one, 3000), CORE_TAKEN);
	assert_int_equal(ping_of(&one, 1), CORE_HOLD);
	fake_pass(&gateway, 1900000);
	assert_non_null(one.session);
	expect_goodbye(&two, GOODBYE_IDLE_TIMEOUT);
}

static void test_refusals(void **state)
{
	(void)state;
	spend(&one, RATE);
	assert_int_equal(ping_of(&one, 10), CORE_TAKEN);
	expect_error(&one, ERROR_RATE_LIMITED);
	assert_int_equal(fake_last(&one, 0)->ref, one.refs);
	/* never too much */
	assert_int_equal(fake_ask(&one, REQUEST_PONG, NULL), CORE_TAKEN);
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_ERROR);
	assert_int_equal(fake_count(&one, EVENT_ERROR), 1);
	/* what was refused was not counted; the pong was */
	fake_pass(&gateway, 2 * 1000000 / RATE);
	assert_int_equal(ping_of(&one, 10), CORE_TAKEN);
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_PONG);
	assert_int_equal(fake_ask(&one, REQUEST_LEAVE, NULL), CORE_CLOSED);
	expect_goodbye(&one, GOODBYE_LEFT);
}

/* Refused it would have no answer: it waits, and counts. */
static void test_an_aside_waits(void **state)
{
	const struct request aside = {.kind = REQUEST_ASIDE, .ref = 1, .size = 10, .aside = 7};

	(void)state;
	for (int i = 0; i < RATE; i++) {
		assert_int_equal(core_request(gateway.core, one.session, &aside), CORE_TAKEN);
	}
	assert_int_equal(fake_count(&one, EVENT_ASIDE), RATE);
	assert_int_equal(core_request(gateway.core, one.session, &aside), CORE_HOLD);
	fake_pass(&gateway, 1000000 / RATE);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(core_request(gateway.core, one.session, &aside), CORE_TAKEN);
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_ASIDE);
	assert_int_equal(fake_last(&one, 0)->number, 7);
	assert_int_equal(fake_count(&one, EVENT_ERROR), 0);
}

/* What telnet says to itself takes as much of a turn as anything else. */
static void test_bytes_for_nothing_count(void **state)
{
	const struct request nothing = {.kind = REQUEST_NOTHING, .size = 10};
	struct fake_drone newcomer;

	(void)state;
	for (int i = 0; i < RATE; i++) {
		assert_int_equal(core_request(gateway.core, one.session, &nothing), CORE_TAKEN);
	}
	assert_int_equal(core_request(gateway.core, one.session, &nothing), CORE_HOLD);
	assert_int_equal(fake_count(&one, EVENT_ERROR), 0);
	/* and are no mistake of one who has not registered */
	fake_attach(&gateway, &newcomer, 9);
	assert_int_equal(core_request(gateway.core, newcomer.session, &nothing), CORE_TAKEN);
	fake_detach(&newcomer);
}

static void test_who_does_not_stop_is_sent_away(void **state)
{
	(void)state;
	spend(&one, RATE);
	for (int i = 0; i < 10 * RATE; i++) {
		assert_int_equal(ping_of(&one, 10), CORE_TAKEN);
	}
	/* in the next second they are counted anew */
	fake_pass(&gateway, 1000000);
	spend(&one, RATE);
	for (int i = 0; i < 10 * RATE; i++) {
		assert_int_equal(ping_of(&one, 10), CORE_TAKEN);
	}
	assert_int_equal(ping_of(&one, 10), CORE_CLOSED);
	expect_goodbye(&one, GOODBYE_RATE_LIMITED);
	assert_true(fake_last(&one, 0)->retry_after_ms > 0);
}

static void test_other_rates_let_go(void **state)
{
	(void)state;
	spend(&one, RATE);
	assert_int_equal(ping_of(&one, 10), CORE_HOLD);
	gateway.config.limits.rate_messages = 0;
	fake_reload(&gateway);
	assert_int_equal(one.resumes, 1);
	spend(&one, 10 * RATE);
}

/* ------------------------------------------------------------ what is left unread */

static void test_the_largest_queues_go_first(void **state)
{
	(void)state;
	fake_join(&gateway, &three, "uav3", NULL);
	one.queued = 3000;
	two.queued = 5000;
	three.queued = 4000;
	core_crowded(gateway.core, 5001);
	expect_goodbye(&two, GOODBYE_TOO_SLOW);
	expect_goodbye(&three, GOODBYE_TOO_SLOW);
	assert_non_null(one.session);
	core_crowded(gateway.core, 0);
	assert_non_null(one.session);
	/* however much it is, nobody goes who owes nothing */
	one.queued = 0;
	core_crowded(gateway.core, UINT64_MAX);
	assert_non_null(one.session);
}

/* ------------------------------------------------------------------------ the end */

static void test_all_come_again_at_different_times(void **state)
{
	(void)state;
	fake_join(&gateway, &three, "uav3", NULL);
	gateway.core->limits.retry_spread_ms = 30;
	core_shutdown(gateway.core);
	expect_goodbye(&one, GOODBYE_SHUTTING_DOWN);
	assert_int_equal(fake_last(&one, 0)->retry_after_ms, 100);
	assert_int_equal(fake_last(&two, 0)->retry_after_ms, 110);
	assert_int_equal(fake_last(&three, 0)->retry_after_ms, 120);
}

/* Few drones do not wait for a place among many. */
static void test_few_come_again_soon(void **state)
{
	(void)state;
	gateway.core->limits.retry_spread_ms = 60000;
	core_shutdown(gateway.core);
	assert_int_equal(fake_last(&one, 0)->retry_after_ms, 100);
	assert_int_equal(fake_last(&two, 0)->retry_after_ms, 120);
}

#define TEST(function, opened) cmocka_unit_test_setup_teardown(function, opened, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_beyond_it_a_drone_is_held, open_holding),
		TEST(test_what_waits_for_other_reasons_is_not_counted, open_holding),
		TEST(test_bytes_go_into_debt, open_bytes),
		TEST(test_a_held_drone_is_not_idle, open_bytes),
		TEST(test_refusals, open_refusing),
		TEST(test_an_aside_waits, open_refusing),
		TEST(test_bytes_for_nothing_count, open_refusing),
		TEST(test_who_does_not_stop_is_sent_away, open_refusing),
		TEST(test_other_rates_let_go, open_holding),
		TEST(test_the_largest_queues_go_first, open_holding),
		TEST(test_all_come_again_at_different_times, open_holding),
		TEST(test_few_come_again_soon, open_holding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
