/* Groups: who is in them, and what is sent to them. Through stars: test_star. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/state.h"
#include "lib/fake_ports.h"

static const char longest[] = "12345678901234567890123456789012";
static const char too_long[] = "123456789012345678901234567890123";

static struct fake_gateway gateway;
static struct fake_drone one, two, three;

static int setup(void **state)
{
	struct limits limits = fake_limits();

	(void)state;
	limits.max_groups_per_drone = 2;
	fake_open(&gateway, &limits);
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	fake_join(&gateway, &three, "uav3", "alpha");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return fake_end(&gateway);
}

static void expect_done(const struct fake_drone *drone)
{
	const struct fake_event *event = fake_last(drone, 0);

	assert_int_equal(event->kind, EVENT_DONE);
	assert_int_equal(event->ref, drone->refs);
}

static void expect_error(const struct fake_drone *drone, enum error_code code)
{
	const struct fake_event *event = fake_last(drone, 0);

	assert_int_equal(event->kind, EVENT_ERROR);
	assert_int_equal(event->ref, drone->refs);
	assert_int_equal(event->code, code);
	assert_true(event->text[0]);
}

static void join(struct fake_drone *drone, const char *group)
{
	fake_ask(drone, REQUEST_JOIN_GROUP, group);
	expect_done(drone);
}

static void leave(struct fake_drone *drone, const char *group)
{
	fake_ask(drone, REQUEST_LEAVE_GROUP, group);
	expect_done(drone);
}

/* Sends to the group; how many targets its report has. */
static size_t reached(struct fake_drone *drone, const char *group)
{
	uint32_t before = gateway.sim.count;

	fake_send_group(drone, group, "hello", REPORT_WISH_ALL);
	if (gateway.sim.count > before) {
		fake_answer(&gateway);
	}
	assert_int_equal(fake_last(drone, 0)->kind, EVENT_SEND_REPORT);
	assert_int_equal(fake_last(drone, 0)->ref, drone->refs);
	return fake_last(drone, 0)->count;
}

static void test_send(void **state)
{
	(void)state;
	join(&one, "wing");
	join(&two, "wing");
	assert_int_equal(reached(&one, "wing"), 1); /* not oneself */
	assert_int_equal(fake_fate(&one, "uav2")->what, OUTCOME_DELIVERED);
	assert_string_equal(fake_last(&two, 0)->to, "wing");
	assert_string_equal(fake_last(&two, 0)->text, "hello");
	assert_int_equal(fake_last(&two, 0)->number, 1);
	assert_null(fake_find(&three, EVENT_DELIVERY));
	/* any member of the scenario may send to it */
	assert_int_equal(reached(&three, "wing"), 2);
	assert_int_equal(fake_transmit(&gateway, 0)->count, 2);
	assert_int_equal(fake_count(&one, EVENT_DELIVERY), 1);
	/* what goes to one or everyone has no group */
	fake_send(&one, NULL, "all", REPORT_WISH_NONE);
	fake_answer(&gateway);
	assert_string_equal(fake_last(&two, 0)->to, "");
	fake_send(&one, "uav2", "you", REPORT_WISH_NONE);
	fake_answer(&gateway);
	assert_string_equal(fake_last(&two, 0)->to, "");
}

/* Nobody in it, or nobody else: a report of nobody, and no number is used up. */
static void test_nobody(void **state)
{
	(void)state;
	assert_int_equal(reached(&one, "wing"), 0);
	join(&one, "wing");
	assert_int_equal(reached(&one, "wing"), 0);
	fake_send_group(&one, "wing", "hello", REPORT_WISH_FAILURES);
	expect_done(&one);
	fake_send_group(&one, "wing", "hello", REPORT_WISH_NONE);
	assert_int_equal(fake_count(&one, EVENT_DONE), 2);
	assert_int_equal(gateway.sim.count, 0);
	assert_int_equal(core_stats(gateway.core)->accepted, 0);
	assert_int_equal(core_stats(gateway.core)->sends, 4);
	fake_send(&one, NULL, "hello", REPORT_WISH_NONE);
	assert_int_equal(fake_transmit(&gateway, 0)->sequence, 1);
	fake_answer(&gateway);
}

static void test_limit(void **state)
{
	(void)state;
	join(&one, "a");
	join(&one, "b");
	fake_ask(&one, REQUEST_JOIN_GROUP, "c");
	expect_error(&one, ERROR_TOO_MANY_GROUPS);
	join(&one, "b"); /* again is harmless, also with as many as may be */
	leave(&one, "c");
	leave(&one, "a");
	leave(&one, "a");
	join(&one, "c");
	assert_int_equal(reached(&two, "a"), 0);
	assert_int_equal(reached(&two, "b"), 1);
	assert_int_equal(reached(&two, "c"), 1);
}

static void test_names(void **state)
{
	static const char *const bad[] = {"", "a b", "a/b", "\xc3\xa9", too_long};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fake_ask(&one, REQUEST_JOIN_GROUP, bad[i]);
		expect_error(&one, ERROR_BAD_NAME);
		fake_ask(&one, REQUEST_LEAVE_GROUP, bad[i]);
		expect_error(&one, ERROR_BAD_NAME);
		fake_send_group(&one, bad[i], "hello", REPORT_WISH_NONE);
		expect_error(&one, ERROR_BAD_NAME);
	}
	join(&one, longest);
	assert_int_equal(reached(&two, longest), 1);
	assert_string_equal(fake_last(&one, 0)->to, longest);
	assert_int_equal(core_stats(gateway.core)->sends, 1);
}

static void test_no_scenario(void **state)
{
	(void)state;
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_ask(&one, REQUEST_JOIN_GROUP, "wing");
	expect_error(&one, ERROR_NO_SCENARIO);
	fake_ask(&one, REQUEST_LEAVE_GROUP, "wing");
	expect_error(&one, ERROR_NO_SCENARIO);
	fake_send_group(&one, "wing", "hello", REPORT_WISH_NONE);
	expect_error(&one, ERROR_NO_SCENARIO);
}

/* Groups of the same name in two scenarios are two. */
static void test_of_a_scenario(void **state)
{
	(void)state;
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "beta");
	join(&two, "wing");
	join(&three, "wing");
	assert_int_equal(reached(&one, "wing"), 1);
	assert_null(fake_find(&three, EVENT_DELIVERY));
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "beta");
	assert_int_equal(reached(&one, "wing"), 1);
	assert_int_equal(fake_count(&three, EVENT_DELIVERY), 1);
}

/* Groups end with the stay, however it ends. */
static void test_end(void **state)
{
	(void)state;
	join(&two, "wing");
	join(&three, "wing");
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "alpha");
	assert_int_equal(reached(&one, "wing"), 1);
	fake_detach(&three);
	assert_int_equal(reached(&one, "wing"), 0);
	assert_int_equal(gateway.core->groups.table.free_count, gateway.core->groups.table.high);
	join(&two, "other"); /* and it may be in as many as before */
	join(&two, "third");
}

/* A target of a group message that leaves is TARGET_LEFT; the group goes on. */
static void test_left_meanwhile(void **state)
{
	(void)state;
	join(&two, "wing");
	join(&three, "wing");
	fake_send_group(&one, "wing", "hello", REPORT_WISH_ALL);
	fake_ask(&two, REQUEST_LEAVE_GROUP, "wing"); /* it was in when that was sent */
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_answer(&gateway);
	assert_int_equal(fake_fate(&one, "uav2")->what, OUTCOME_DELIVERED);
	assert_int_equal(fake_fate(&one, "uav3")->what, OUTCOME_TARGET_LEFT);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 1);
}

/* A payload that just fits the smallest frame beside the group's name, and one byte more. */
static void test_too_large(void **state)
{
	enum { FITS = FRAME_LEAST_BYTES - 64 - 3 * 4 - HOP_LINK_MAX_BYTES - 2 - NAME_MAX_BYTES };
	static struct fake_drone small;
	struct request_registration registration = fake_registration("uav4");
	char payload[FITS + 2];

	(void)state;
	registration.max_frame_bytes = FRAME_LEAST_BYTES;
	registration.scenario = slice_str("alpha");
	fake_attach(&gateway, &small, 1);
	fake_register(&small, &registration);
	join(&small, longest);
	memset(payload, 'x', sizeof(payload));
	payload[FITS] = '\0';
	fake_send_group(&one, longest, payload, REPORT_WISH_ALL);
	fake_answer(&gateway);
	assert_int_equal(fake_fate(&one, "uav4")->what, OUTCOME_DELIVERED);
	payload[FITS] = 'x';
	payload[FITS + 1] = '\0';
	fake_send_group(&one, longest, payload, REPORT_WISH_ALL);
	assert_int_equal(fake_fate(&one, "uav4")->what, OUTCOME_TOO_LARGE);
	assert_int_equal(fake_fate(&one, "uav4")->hop_count, 0);
}

/* More groups than the table begins with; each is found, none is left. */
static void test_many(void **state)
{
	enum { MANY = 100 };
	char name[] = "g00";

	(void)state;
	gateway.core->limits.max_groups_per_drone = MANY;
	for (int i = 0; i < MANY; i++) {
		name[1] = (char)('0' + i / 10);
		name[2] = (char)('0' + i % 10);
		join(&one, name);
	}
	for (int i = 0; i < MANY; i++) {
		name[1] = (char)('0' + i / 10);
		name[2] = (char)('0' + i % 10);
		assert_non_null(group_find(&gateway.core->groups, 1, slice_str(name)));
		leave(&one, name);
		assert_null(group_find(&gateway.core->groups, 1, slice_str(name)));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_send),  TEST(test_nobody),	     TEST(test_limit),
		TEST(test_names), TEST(test_no_scenario),    TEST(test_of_a_scenario),
		TEST(test_end),	  TEST(test_left_meanwhile), TEST(test_too_large),
		TEST(test_many),
	};

	return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
