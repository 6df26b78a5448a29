/* Who is told what of the others, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/state.h"
#include "lib/fake_ports.h"

static struct fake_gateway gateway;
static struct fake_drone reader, other, third;

static void open_with(uint32_t backlog)
{
	struct limits limits = fake_limits();

	limits.presence_backlog = backlog;
	limits.output_soft_bytes = 1000;
	fake_open(&gateway, &limits);
}

static void join_wishing(struct fake_drone *drone, const char *id, enum presence_wish wish,
			 const char *scenario)
{
	struct request_registration registration = fake_registration(id);

	registration.presence = wish;
	registration.scenario = slice_str(scenario);
	fake_attach(&gateway, drone, 1);
	fake_register(drone, &registration);
}

static void expect(const struct fake_event *event, size_t place, const char *id, int what,
		   int reason, const char *scenario)
{
	assert_non_null(event);
	assert_int_equal(event->kind, EVENT_PRESENCE);
	assert_true(place < event->count);
	assert_string_equal(event->items[place].id, id);
	assert_int_equal(event->items[place].what, what);
	assert_int_equal(event->items[place].reason, reason);
	assert_string_equal(event->items[place].scenario, scenario);
}

static void test_gathered(void **state)
{
	const struct fake_event *told;

	(void)state;
	open_with(100);
	fake_join(&gateway, &reader, "uav1", NULL);
	fake_join(&gateway, &other, "uav2", "alpha");
	fake_ask(&other, REQUEST_LEAVE, NULL);
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 10000);
	fake_pass(&gateway, 9999);
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 0);
	fake_pass(&gateway, 1);
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 1);
	told = fake_last(&reader, 0);
	assert_int_equal(told->count, 3);
	expect(told, 0, "uav2", PRESENCE_WHAT_ONLINE, 0, "");
	expect(told, 1, "uav2", PRESENCE_WHAT_SCENARIO, 0, "alpha");
	expect(told, 2, "uav2", PRESENCE_WHAT_OFFLINE, GOODBYE_LEFT, "alpha");
	fake_pass(&gateway, 100000);
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 1);
	fake_close(&gateway);
}

static void test_wishes(void **state)
{
	(void)state;
	open_with(100);
	join_wishing(&reader, "none", PRESENCE_WISH_NONE, "alpha");
	join_wishing(&other, "own", PRESENCE_WISH_SCENARIO, "alpha");
	fake_pass(&gateway, 20000);
	fake_join(&gateway, &third, "uav3", "beta");
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 0);
	assert_int_equal(fake_find(&other, EVENT_PRESENCE)->count, 1); /* its own coming */
	assert_int_equal(fake_count(&other, EVENT_PRESENCE), 1);
	/* coming in and going out again both touch its scenario */
	fake_ask(&third, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_pass(&gateway, 20000);
	expect(fake_last(&other, 0), 0, "uav3", PRESENCE_WHAT_SCENARIO, 0, "alpha");
	fake_ask(&third, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_pass(&gateway, 20000);
	expect(fake_last(&other, 0), 0, "uav3", PRESENCE_WHAT_SCENARIO, 0, "beta");
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 0);
	fake_close(&gateway);
}

/* A drone that changes its mind in one gathering is told of once, with where it is in the
 * end; but what somebody may have seen stays. */
static void test_coalesced(void **state)
{
	(void)state;
	open_with(100);
	fake_join(&gateway, &reader, "uav1", NULL);
	fake_join(&gateway, &other, "uav2", NULL);
	fake_pass(&gateway, 20000);
	for (int i = 0; i < 1000; i++) {
		fake_ask(&other, REQUEST_CHOOSE_SCENARIO, i % 2 ? "beta" : "alpha");
	}
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 1);
	expect(fake_last(&reader, 0), 0, "uav2", PRESENCE_WHAT_SCENARIO, 0, "beta");
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_join(&gateway, &third, "uav3", NULL);
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 3);
	expect(fake_last(&reader, 0), 0, "uav2", PRESENCE_WHAT_SCENARIO, 0, "alpha");
	expect(fake_last(&reader, 0), 2, "uav2", PRESENCE_WHAT_SCENARIO, 0, "beta");
	assert_int_equal(fake_last(&third, 0)->count, 1);
	expect(fake_last(&third, 0), 0, "uav2", PRESENCE_WHAT_SCENARIO, 0, "beta");
	fake_close(&gateway);
}

/* A name that changes all the time is told of once, and only when it changes. */
static void test_renamed(void **state)
{
	(void)state;
	open_with(100);
	fake_join(&gateway, &reader, "uav1", NULL);
	fake_join(&gateway, &other, "uav2", "alpha");
	fake_pass(&gateway, 20000);
	for (int i = 0; i < 1000; i++) {
		fake_ask(&other, REQUEST_RENAME, i % 2 ? "Red" : "Blue");
	}
	fake_pass(&gateway, 20000);
	fake_ask(&other, REQUEST_RENAME, "Red"); /* no change: no news */
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 2);
	assert_int_equal(fake_last(&reader, 0)->count, 1);
	expect(fake_last(&reader, 0), 0, "uav2", PRESENCE_WHAT_RENAMED, 0, "alpha");
	assert_string_equal(fake_last(&reader, 0)->items[0].callsign, "Red");
	/* whatever else it does in between */
	for (int i = 0; i < 10; i++) {
		fake_ask(&other, REQUEST_RENAME, "Green");
		fake_ask(&other, REQUEST_CHOOSE_SCENARIO, i % 2 ? "alpha" : "beta");
		fake_ask(&other, REQUEST_RENAME, NULL);
	}
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 2);
	expect(fake_last(&reader, 0), 0, "uav2", PRESENCE_WHAT_RENAMED, 0, "alpha");
	assert_string_equal(fake_last(&reader, 0)->items[0].callsign, "uav2");
	expect(fake_last(&reader, 0), 1, "uav2", PRESENCE_WHAT_SCENARIO, 0, "alpha");
	fake_close(&gateway);
}

/* Behind what it did itself; into its star and out of it, by choice or by its end. */
static void test_hub(void **state)
{
	(void)state;
	open_with(100);
	join_wishing(&reader, "uav1", PRESENCE_WISH_SCENARIO, "star");
	join_wishing(&third, "uav3", PRESENCE_WISH_SCENARIO, "deny"); /* has the same hub's name */
	fake_pass(&gateway, 20000);
	fake_join(&gateway, &other, "hub", "star");
	fake_ask(&other, REQUEST_RENAME, "Ground");
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 3);
	expect(fake_last(&reader, 0), 0, "hub", PRESENCE_WHAT_SCENARIO, 0, "star");
	expect(fake_last(&reader, 0), 1, "hub", PRESENCE_WHAT_HUB_UP, 0, "star");
	assert_string_equal(fake_last(&reader, 0)->items[1].callsign, "hub");
	expect(fake_last(&reader, 0), 2, "hub", PRESENCE_WHAT_RENAMED, 0, "star");
	assert_int_equal(fake_count(&third, EVENT_PRESENCE), 1); /* its own coming */
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "deny");
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 2);
	expect(fake_last(&reader, 0), 0, "hub", PRESENCE_WHAT_SCENARIO, 0, "deny");
	expect(fake_last(&reader, 0), 1, "hub", PRESENCE_WHAT_HUB_DOWN, 0, "star");
	assert_string_equal(fake_last(&reader, 0)->items[1].callsign, "Ground");
	assert_int_equal(fake_last(&third, 0)->count, 2);
	expect(fake_last(&third, 0), 1, "hub", PRESENCE_WHAT_HUB_UP, 0, "deny");
	fake_ask(&other, REQUEST_LEAVE, NULL);
	fake_pass(&gateway, 20000);
	expect(fake_last(&third, 0), 0, "hub", PRESENCE_WHAT_OFFLINE, GOODBYE_LEFT, "deny");
	expect(fake_last(&third, 0), 1, "hub", PRESENCE_WHAT_HUB_DOWN, 0, "deny");
	fake_close(&gateway);
}

/* Out and in again: one record about the scenario's hub, with the last word; what somebody may have
 * seen stays. A hub is one in its own star alone. */
static void test_hub_coalesced(void **state)
{
	(void)state;
	open_with(100);
	fake_join(&gateway, &reader, "uav1", NULL);
	fake_join(&gateway, &other, "hub", "star");
	fake_pass(&gateway, 20000);
	expect(fake_last(&reader, 0), 2, "hub", PRESENCE_WHAT_HUB_UP, 0, "star");
	for (int i = 0; i < 100; i++) {
		fake_ask(&other, REQUEST_CHOOSE_SCENARIO, i % 2 ? "star" : NULL);
	}
	fake_pass(&gateway, 20000);
	/* its first change, then what became of the hub */
	assert_int_equal(fake_last(&reader, 0)->count, 2);
	expect(fake_last(&reader, 0), 1, "hub", PRESENCE_WHAT_HUB_UP, 0, "star");
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_join(&gateway, &third, "uav3", NULL); /* sees what comes from now on */
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "star");
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 5);
	expect(fake_last(&reader, 0), 1, "hub", PRESENCE_WHAT_HUB_DOWN, 0, "star");
	expect(fake_last(&reader, 0), 4, "hub", PRESENCE_WHAT_HUB_UP, 0, "star");
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_pass(&gateway, 20000);
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 1);
	fake_close(&gateway);
}

/* Who does not read is told later, and how much it missed. */
static void test_missed(void **state)
{
	(void)state;
	open_with(4);
	fake_join(&gateway, &reader, "uav1", NULL);
	reader.queued = 600; /* over half of the soft bound */
	fake_join(&gateway, &other, "uav2", NULL);
	for (int i = 0; i < 3; i++) {
		fake_ask(&other, REQUEST_CHOOSE_SCENARIO, i % 2 ? "beta" : "alpha");
		fake_pass(&gateway, 20000);
	}
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 0);
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_pass(&gateway, 20000);
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_pass(&gateway, 20000);
	fake_drain(&reader);
	assert_int_equal(fake_last(&reader, 0)->missed, 2);
	assert_int_equal(fake_last(&reader, 0)->count, 4);
	expect(fake_last(&reader, 0), 3, "uav2", PRESENCE_WHAT_SCENARIO, 0, "beta");
	assert_int_equal(core_stats(gateway.core)->presence_missed, 2);
	fake_close(&gateway);
}

/* With a journal of one place, a reader that turns out too slow while the page is being
 * written takes that place: the others miss an event, they are not told another. */
static void test_overrun_while_written(void **state)
{
	(void)state;
	open_with(1);
	fake_join(&gateway, &third, "uav3", NULL);
	fake_join(&gateway, &reader, "uav1", NULL);
	fake_join(&gateway, &other, "uav2", NULL);
	fake_pass(&gateway, 20000);
	third.refuse = true;
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_pass(&gateway, 10000);
	assert_null(third.session);
	assert_int_equal(fake_last(&reader, 0)->missed, 1);
	assert_int_equal(fake_last(&reader, 0)->count, 0);
	fake_pass(&gateway, 10000);
	expect(fake_last(&reader, 0), 0, "uav3", PRESENCE_WHAT_OFFLINE, GOODBYE_KICKED, "");
	fake_close(&gateway);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gathered),  cmocka_unit_test(test_wishes),
		cmocka_unit_test(test_coalesced), cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_hub),	  cmocka_unit_test(test_hub_coalesced),
		cmocka_unit_test(test_missed),	  cmocka_unit_test(test_overrun_while_written),
	};

	return cmocka_run_group_tests_name("presence", tests, NULL, NULL);
}
