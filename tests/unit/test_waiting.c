/* Deliveries at their simulated time: delay = real. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/state.h"
#include "lib/fake_ports.h"

static struct fake_gateway gateway;
static struct fake_drone hub, one, two, three;

static int setup(void **state)
{
	struct limits limits = fake_limits();

	(void)state;
	limits.max_waiting = 3;
	limits.max_in_flight_per_drone = 2;
	fake_configure(&gateway, &limits);
	gateway.scenarios[FAKE_STAR].delay_real = true;
	fake_start(&gateway);
	fake_sim_up(&gateway);
	fake_join(&gateway, &hub, "hub", "slow");
	fake_join(&gateway, &one, "uav1", "slow");
	fake_join(&gateway, &two, "uav2", "slow");
	fake_join(&gateway, &three, "uav3", "slow");
	fake_pass(&gateway, 10000); /* presence has been told */
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return fake_end(&gateway);
}

static void to_the_star(void)
{
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, "star");
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "star");
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "star");
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "star");
	fake_pass(&gateway, 10000);
}

/* `one` sends, and the channel says at once: with that delay. */
static void send_delayed(const char *to, const char *payload, uint32_t delay_us)
{
	assert_int_equal(fake_send(&one, to, payload, REPORT_WISH_ALL), CORE_TAKEN);
	fake_answer_with(&gateway, OUTCOME_DELIVERED, delay_us);
}

static uint64_t waiting(void)
{
	return core_stats(gateway.core)->waiting;
}

static void expect_delivery(const struct fake_drone *drone, uint32_t count, const char *text,
			    uint32_t late_by_us)
{
	const struct fake_event *event = fake_find(drone, EVENT_DELIVERY);

	assert_int_equal(fake_count(drone, EVENT_DELIVERY), count);
	if (count) {
		const struct fake_item *item = &event->items[0];

		assert_string_equal(event->text, text);
		assert_int_equal(item->hops[item->hop_count - 1].late_by_us, late_by_us);
	}
}

static void expect_fate(const char *id, enum outcome outcome, uint32_t late_by_us)
{
	const struct fake_item *item = fake_fate(&one, id);

	assert_non_null(item);
	assert_int_equal(item->what, outcome);
	assert_true(item->hop_count > 0);
	assert_int_equal(item->hops[item->hop_count - 1].late_by_us, late_by_us);
}

static void test_at_its_time(void **state)
{
	(void)state;
	send_delayed("uav2", "hello", 5000);
	expect_delivery(&two, 0, NULL, 0);
	assert_null(fake_find(&one, EVENT_SEND_REPORT));
	assert_int_equal(waiting(), 1);
	assert_int_equal(core_in_flight(gateway.core), 1);
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 5000);
	assert_int_equal(core_next_delivery(gateway.core), gateway.now.mono_us + 5000);
	fake_pass(&gateway, 4999);
	expect_delivery(&two, 0, NULL, 0);
	fake_pass(&gateway, 1);
	expect_delivery(&two, 1, "hello", 0);
	assert_int_equal(core_next_delivery(gateway.core), UINT64_MAX);
	expect_fate("uav2", OUTCOME_DELIVERED, 0);
	assert_int_equal(fake_find(&two, EVENT_DELIVERY)->sent_at_us, gateway.now.unix_us - 5000);
}

/* Real time that the simulator took counts against the delay. */
static void test_time_spent_counts(void **state)
{
	(void)state;
	fake_send(&one, "uav2", "hello", REPORT_WISH_ALL);
	/* what is in the channel has a deadline, and no time of delivery yet */
	assert_true(core_next_deadline(gateway.core) < UINT64_MAX);
	assert_int_equal(core_next_delivery(gateway.core), UINT64_MAX);
	fake_pass(&gateway, 3000);
	fake_answer_with(&gateway, OUTCOME_DELIVERED, 5000);
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 2000);
	fake_pass(&gateway, 2300); /* and what the tick is late is told */
	expect_delivery(&two, 1, "hello", 300);
	expect_fate("uav2", OUTCOME_DELIVERED, 300);
}

/* What is due already is handed over in the call that brought the result. */
static void test_late_already(void **state)
{
	(void)state;
	fake_send(&one, "uav2", "hello", REPORT_WISH_ALL);
	fake_pass(&gateway, 8000);
	fake_answer_with(&gateway, OUTCOME_CORRUPTED, 5000);
	expect_delivery(&two, 1, "hello", 3000);
	expect_fate("uav2", OUTCOME_CORRUPTED, 3000);
	assert_int_equal(waiting(), 0);
	/* exactly in time is not late */
	fake_send(&one, "uav2", "hello", REPORT_WISH_ALL);
	fake_pass(&gateway, 5000);
	fake_answer_with(&gateway, OUTCOME_DELIVERED, 5000);
	expect_delivery(&two, 2, "hello", 0);
}

/* What is lost is told at once. */
static void test_lost(void **state)
{
	(void)state;
	fake_send(&one, "uav2", "hello", REPORT_WISH_ALL);
	fake_answer_with(&gateway, OUTCOME_LOST, 5000);
	expect_fate("uav2", OUTCOME_LOST, 0);
	assert_int_equal(waiting(), 0);
}

/* ---------------------------------------------------------------------------- order */

static char order[8];

static bool watch(struct fake_drone *drone, const struct event *event, uint32_t max_frame)
{
	(void)drone;
	(void)max_frame;
	if (event->kind == EVENT_DELIVERY) {
		strncat(order, (const char *)event->delivery.payload.data, 1);
	}
	return true;
}

/* By time, not by acceptance; at the same time, by acceptance. */
static void test_order(void **state)
{
	struct reception reception = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "");

	(void)state;
	order[0] = '\0';
	two.watch = watch;
	fake_send(&one, "uav2", "a", REPORT_WISH_NONE);
	fake_send(&one, "uav2", "b", REPORT_WISH_NONE);
	fake_send(&three, "uav2", "c", REPORT_WISH_NONE);
	reception.delay_us = 3000;
	fake_result(&gateway, 0, &reception, 1, false); /* c */
	fake_result(&gateway, 1, &reception, 1, false); /* b, at the same time */
	reception.delay_us = 4000;
	fake_result(&gateway, 2, &reception, 1, false); /* a */
	fake_pass(&gateway, 4000);
	assert_string_equal(order, "bca");
}

/* Due now, but something that waits is due before it, or as early and accepted earlier: nothing is
 * overtaken. */
static void test_no_overtaking(void **state)
{
	struct reception reception = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "");

	(void)state;
	order[0] = '\0';
	two.watch = watch;
	send_delayed("uav2", "a", 3000);
	fake_send(&one, "uav2", "b", REPORT_WISH_NONE);
	gateway.now.mono_us += 4000; /* no tick yet */
	core_now(gateway.core, gateway.now);
	reception.delay_us = 3000;
	fake_result(&gateway, 0, &reception, 1, false);
	assert_string_equal(order, "");
	assert_int_equal(waiting(), 2);
	assert_true(core_next_deadline(gateway.core) <= gateway.now.mono_us);
	/* what is due earlier than all that wait need not wait with them */
	fake_send(&one, "uav2", "c", REPORT_WISH_NONE);
	gateway.now.mono_us += 1;
	core_now(gateway.core, gateway.now);
	core_tick(gateway.core);
	assert_string_equal(order, "ab");
	fake_answer_with(&gateway, OUTCOME_DELIVERED, 1);
	assert_string_equal(order, "abc");
}

static uint32_t heard;

static bool count(struct fake_drone *drone, const struct event *event, uint32_t max_frame)
{
	(void)drone;
	(void)max_frame;
	heard += event->kind == EVENT_DELIVERY;
	return true;
}

/* A tick has an end; what it leaves over is told to be due still. */
static void test_more_due_than_a_tick_takes(void **state)
{
	enum { MANY = 5000, DELAY_US = 100000 };

	(void)state;
	heard = 0;
	two.watch = count;
	gateway.core->limits.max_waiting = MANY;
	gateway.core->limits.max_waiting_per_drone = MANY;
	for (int i = 0; i < MANY; i++) {
		fake_send(&one, "uav2", "x", REPORT_WISH_NONE);
		fake_answer_with(&gateway, OUTCOME_DELIVERED, DELAY_US);
	}
	gateway.now.mono_us += DELAY_US;
	core_now(gateway.core, gateway.now);
	core_tick(gateway.core);
	assert_in_range(heard, 1, MANY - 1);
	assert_int_equal(waiting(), MANY - heard);
	assert_int_equal(core_next_delivery(gateway.core), gateway.now.mono_us);
	core_tick(gateway.core);
	assert_int_equal(heard, MANY);
	assert_int_equal(core_next_delivery(gateway.core), UINT64_MAX);
}

static void test_due_before_all(void **state)
{
	(void)state;
	order[0] = '\0';
	two.watch = watch;
	send_delayed("uav2", "a", 3000);
	send_delayed("uav2", "b", 0);
	assert_string_equal(order, "b");
	fake_pass(&gateway, 3000);
	assert_string_equal(order, "ba");
}

/* -------------------------------------------------------------------- bounds, windows */

static void test_max_waiting(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		send_delayed("uav2", "hello", 5000);
	}
	assert_null(fake_find(&one, EVENT_SEND_REPORT));
	send_delayed("uav2", "one too many", 5000);
	/* its numbers are told all the same */
	expect_fate("uav2", OUTCOME_OVERLOADED, 0);
	assert_int_equal(fake_fate(&one, "uav2")->hops[0].outcome, OUTCOME_DELIVERED);
	assert_true(fake_fate(&one, "uav2")->hops[0].has_link);
	send_delayed("uav2", "at once", 0); /* needs no room */
	expect_delivery(&two, 1, "at once", 0);
	fake_pass(&gateway, 5000);
	expect_delivery(&two, 4, "hello", 0);
	send_delayed("uav2", "again", 1);
	assert_int_equal(waiting(), 1);
	fake_pass(&gateway, 1);
}

/* The channel alters the payload of the last message and hands it over later. */
static void answer_altered(const char *payload)
{
	struct reception reception = fake_reception(fake_node(&two), OUTCOME_CORRUPTED, "link");

	reception.delay_us = 5000;
	reception.altered = true;
	reception.payload = slice_str(payload);
	core_sim_result(gateway.core, 0, fake_transmit(&gateway, 0)->id, &reception, 1, false);
}

/* Payloads that wait have a bound of their own, those that the channel altered too. */
static void test_bytes_are_bounded(void **state)
{
	(void)state;
	gateway.core->limits.max_waiting_bytes = 8;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(fake_send(&one, "uav2", "hello", REPORT_WISH_ALL), CORE_TAKEN);
		answer_altered("hallo");
	}
	expect_fate("uav2", OUTCOME_OVERLOADED, 0);
	assert_int_equal(waiting(), 1);
	fake_pass(&gateway, 5000);
	expect_delivery(&two, 1, "hallo", 0);
	assert_int_equal(gateway.core->waiting_bytes, 0);
}

/* What waits takes nothing of what is on its way, and no sender takes all of it. */
static void test_a_share_for_each_sender(void **state)
{
	static char payload[200];

	(void)state;
	memset(payload, 'x', sizeof(payload) - 1);
	gateway.core->limits.max_waiting_bytes_per_drone = 2 * sizeof(payload);
	send_delayed("uav2", payload, 5000);
	send_delayed("uav2", payload, 5000);
	assert_int_equal(gateway.core->inflight.outside_bytes, 0);
	send_delayed("uav2", payload, 5000);
	expect_fate("uav2", OUTCOME_OVERLOADED, 0);
	assert_int_equal(fake_send(&three, "uav2", payload, REPORT_WISH_ALL), CORE_TAKEN);
	fake_answer_with(&gateway, OUTCOME_DELIVERED, 5000);
	assert_int_equal(waiting(), 3);
	fake_pass(&gateway, 5000);
	assert_int_equal(gateway.core->waiting_bytes, 0);
	gateway.core->limits.max_waiting_per_drone = 1;
	send_delayed("uav2", "a", 5000);
	send_delayed("uav2", "b", 5000);
	expect_fate("uav2", OUTCOME_OVERLOADED, 0);
	assert_int_equal(fake_send(&three, "uav2", "c", REPORT_WISH_ALL), CORE_TAKEN);
	fake_answer_with(&gateway, OUTCOME_DELIVERED, 5000);
	assert_int_equal(waiting(), 2);
	fake_pass(&gateway, 5000);
}

/* Who waits for its time is in nobody's window. */
static void test_windows_are_free(void **state)
{
	(void)state;
	window_configure(&gateway.core->lanes[0].window, 1, false);
	send_delayed("uav2", "a", 5000);
	assert_int_equal(one.session->in_flight, 0);
	assert_int_equal(gateway.core->lanes[0].in_channel, 0);
	send_delayed("uav2", "b", 5000);
	send_delayed("uav2", "c", 5000); /* past its own window of two */
	assert_int_equal(waiting(), 3);
	assert_int_equal(fake_send(&three, "uav2", "d", REPORT_WISH_NONE), CORE_TAKEN);
	fake_answer(&gateway);
	fake_pass(&gateway, 5000);
	expect_delivery(&two, 4, "c", 0);
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 3);
}

/* ----------------------------------------------------------------------- who goes */

static void test_target_leaves(void **state)
{
	(void)state;
	send_delayed("uav2", "hello", 5000);
	send_delayed("uav3", "hello", 6000);
	fake_detach(&two);
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "slow"); /* another stay */
	assert_null(fake_find(&one, EVENT_SEND_REPORT));   /* not before it is due */
	fake_pass(&gateway, 5000);
	expect_fate("uav2", OUTCOME_TARGET_LEFT, 0);
	assert_int_equal(fake_fate(&one, "uav2")->hops[0].outcome, OUTCOME_DELIVERED);
	fake_pass(&gateway, 1000);
	expect_fate("uav3", OUTCOME_TARGET_LEFT, 0);
	expect_delivery(&three, 0, NULL, 0);
}

static void test_sender_leaves(void **state)
{
	(void)state;
	send_delayed("uav2", "one", 5000);
	fake_send(&one, NULL, "all", REPORT_WISH_ALL);
	fake_answer_with(&gateway, OUTCOME_DELIVERED, 0);
	fake_detach(&one);
	fake_pass(&gateway, 5000);
	expect_delivery(&two, 2, "one", 0);
}

static void test_target_takes_nothing(void **state)
{
	(void)state;
	send_delayed("uav2", "hello", 5000);
	two.refuse = true;
	fake_pass(&gateway, 5000);
	expect_fate("uav2", OUTCOME_OVERLOADED, 0);
}

/* The link that goes down does not touch what the channel has decided. */
static void test_link_down(void **state)
{
	(void)state;
	send_delayed("uav2", "hello", 5000);
	fake_sim_down(&gateway);
	assert_int_equal(waiting(), 1);
	fake_pass(&gateway, 5000);
	expect_delivery(&two, 1, "hello", 0);
	expect_fate("uav2", OUTCOME_DELIVERED, 0);
}

static void test_shutdown(void **state)
{
	(void)state;
	send_delayed("uav2", "hello", 5000);
	core_drain(gateway.core);
	assert_int_equal(waiting(), 1);
	core_shutdown(gateway.core);
	expect_fate("uav2", OUTCOME_TARGET_LEFT, 0);
	expect_delivery(&two, 0, NULL, 0);
	assert_int_equal(core_stats(gateway.core)->pending, 0);
}

/* Whether it waits is decided when it is accepted. */
static void test_rule_of_acceptance(void **state)
{
	(void)state;
	fake_send(&one, "uav2", "waits", REPORT_WISH_ALL);
	gateway.scenarios[FAKE_SLOW].delay_real = false;
	fake_reload(&gateway);
	fake_answer_with(&gateway, OUTCOME_DELIVERED, 5000);
	assert_int_equal(waiting(), 1);
	send_delayed("uav2", "does not", 5000);
	expect_delivery(&two, 1, "does not", 0);
	fake_pass(&gateway, 5000);
	expect_delivery(&two, 2, "waits", 0);
}

/* What waits outlives its scenario, for those who have gone nowhere else since. */
static void test_scenario_removed(void **state)
{
	(void)state;
	send_delayed("uav2", "hello", 5000);
	send_delayed("uav3", "hello", 5000);
	gateway.scenarios[FAKE_SLOW] = gateway.scenarios[FAKE_PAST];
	gateway.config.scenario_count = FAKE_PAST;
	fake_reload(&gateway);
	/* the simulator has nothing more to do with it */
	assert_int_equal(fake_count_orders(&gateway, FAKE_REMOVE_SCENARIO, FAKE_SLOW + 1), 1);
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "beta");
	assert_int_equal(waiting(), 2);
	fake_pass(&gateway, 5000);
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 2);
	expect_fate("uav3", OUTCOME_TARGET_LEFT, 0);
	expect_delivery(&two, 1, "hello", 0);
	expect_delivery(&three, 0, NULL, 0);
	assert_null(gateway.core->numbers.by_number[FAKE_SLOW]);
	assert_int_equal(fake_count_orders(&gateway, FAKE_REMOVE_SCENARIO, FAKE_SLOW + 1), 1);
}

/* --------------------------------------------------------------------------- to many */

static void test_many(void **state)
{
	struct reception receptions[3];

	(void)state;
	receptions[0] = fake_reception(fake_node(&hub), OUTCOME_LOST, "");
	receptions[1] = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "two");
	receptions[2] = fake_reception(fake_node(&three), OUTCOME_DELIVERED, "three");
	receptions[1].delay_us = 5000;
	receptions[2].delay_us = 2000;
	receptions[2].altered = true;
	receptions[2].payload = slice_str("hell");
	fake_send(&one, NULL, "hello", REPORT_WISH_ALL);
	fake_result(&gateway, 0, receptions, 3, false);
	assert_int_equal(waiting(), 2);
	assert_int_equal(core_in_flight(gateway.core), 1);
	fake_pass(&gateway, 2000);
	expect_delivery(&three, 1, "hell", 0);
	expect_delivery(&two, 0, NULL, 0);
	assert_null(fake_find(&one, EVENT_SEND_REPORT)); /* when the last is known */
	fake_pass(&gateway, 3500);
	expect_delivery(&two, 1, "hello", 500);
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->count, 3);
	expect_fate("hub", OUTCOME_LOST, 0);
	expect_fate("uav2", OUTCOME_DELIVERED, 500);
	expect_fate("uav3", OUTCOME_CORRUPTED, 0);
	assert_string_equal(fake_fate(&one, "uav2")->hops[0].link, "two");
	assert_string_equal(fake_fate(&one, "uav3")->hops[0].link, "three");
}

/* Some are due while others of the same message are still in the channel. */
static void test_due_before_the_answer_ends(void **state)
{
	struct reception receptions[2] = {
		fake_reception(fake_node(&two), OUTCOME_DELIVERED, "two"),
		fake_reception(fake_node(&three), OUTCOME_DELIVERED, "three"),
	};

	(void)state;
	receptions[0].delay_us = 1000;
	receptions[1].delay_us = 200000;
	fake_send(&one, NULL, "hello", REPORT_WISH_ALL);
	fake_result(&gateway, 0, receptions, 2, true);
	fake_pass(&gateway, 1000);
	expect_delivery(&two, 1, "hello", 0);
	fake_pass(&gateway, 99000); /* the rest of the answer never comes */
	assert_null(fake_find(&one, EVENT_SEND_REPORT));
	assert_int_equal(one.session->in_flight, 0);
	fake_pass(&gateway, 100000);
	expect_fate("hub", OUTCOME_SIMULATOR_TIMEOUT, 0);
	expect_fate("uav2", OUTCOME_DELIVERED, 0);
	expect_fate("uav3", OUTCOME_DELIVERED, 0);
}

/* ---------------------------------------------------------------------- over two hops */

/* The second hop leaves as soon as the first one's result is in; its time is the sum. */
static void test_two_hops(void **state)
{
	(void)state;
	to_the_star();
	fake_send(&one, "uav2", "hello", REPORT_WISH_ALL);
	fake_answer_with(&gateway, OUTCOME_DELIVERED, 3000);
	assert_int_equal(gateway.sim.count, 2);
	assert_int_equal(fake_transmit(&gateway, 0)->sent_at_us, gateway.now.unix_us + 3000);
	fake_answer_with(&gateway, OUTCOME_DELIVERED, 4000);
	assert_int_equal(waiting(), 1);
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 7000);
	fake_pass(&gateway, 7100);
	expect_delivery(&two, 1, "hello", 100);
	expect_fate("uav2", OUTCOME_DELIVERED, 100);
	assert_int_equal(fake_fate(&one, "uav2")->hop_count, 2);
	assert_int_equal(fake_fate(&one, "uav2")->hops[0].late_by_us, 0);
}

/* To everyone: the hub at the first hop's time, the others later, all from what is left of the
 * payload. */
static void test_everyone_in_a_star(void **state)
{
	struct reception first;

	(void)state;
	to_the_star();
	first = fake_reception(fake_node(&hub), OUTCOME_CORRUPTED, "first");
	first.delay_us = 3000;
	first.altered = true;
	first.payload = slice_str("hell");
	fake_send(&one, NULL, "hello", REPORT_WISH_ALL);
	fake_result(&gateway, 0, &first, 1, false);
	fake_answer_with(&gateway, OUTCOME_DELIVERED, 1000);
	assert_int_equal(waiting(), 3);
	fake_pass(&gateway, 3000);
	expect_delivery(&hub, 1, "hell", 0);
	expect_delivery(&two, 0, NULL, 0);
	fake_pass(&gateway, 1000);
	expect_delivery(&two, 1, "hell", 0);
	expect_delivery(&three, 1, "hell", 0);
	assert_int_equal(fake_fate(&one, "hub")->hop_count, 1);
	expect_fate("uav3", OUTCOME_CORRUPTED, 0);
	assert_int_equal(fake_fate(&one, "uav3")->hops[1].outcome, OUTCOME_DELIVERED);
}

/* The slot of a message whose deliveries wait is not another one's. */
static void test_slot_is_kept(void **state)
{
	(void)state;
	send_delayed("uav2", "first", 5000);
	send_delayed("uav3", "second", 5000);
	assert_int_not_equal((uint32_t)fake_transmit(&gateway, 0)->id,
			     (uint32_t)fake_transmit(&gateway, 1)->id);
	fake_answer(&gateway); /* again: it is no more in the channel */
	assert_int_equal(core_stats(gateway.core)->results_repeated, 1);
	fake_pass(&gateway, 5000);
	expect_delivery(&two, 1, "first", 0);
	expect_delivery(&three, 1, "second", 0);
}

/* Freed as it stands (a sanitizer sees what is left or used again). */
static void test_freed_as_it_stands(void **state)
{
	static struct fake_gateway other;
	static struct fake_drone from, to;
	struct limits limits = fake_limits();

	(void)state;
	fake_open(&other, &limits);
	fake_sim_up(&other);
	fake_join(&other, &from, "uav1", "slow");
	fake_join(&other, &to, "uav2", "slow");
	fake_send(&from, NULL, "hello", REPORT_WISH_ALL);
	fake_answer_with(&other, OUTCOME_DELIVERED, 5000);
	fake_send(&from, "uav2", "hello", REPORT_WISH_ALL);
	fake_answer_with(&other, OUTCOME_DELIVERED, 5000);
	fake_close(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_at_its_time),
		TEST(test_time_spent_counts),
		TEST(test_late_already),
		TEST(test_lost),
		TEST(test_order),
		TEST(test_no_overtaking),
		TEST(test_more_due_than_a_tick_takes),
		TEST(test_due_before_all),
		TEST(test_max_waiting),
		TEST(test_windows_are_free),
		TEST(test_bytes_are_bounded),
		TEST(test_a_share_for_each_sender),
		TEST(test_target_leaves),
		TEST(test_sender_leaves),
		TEST(test_target_takes_nothing),
		TEST(test_link_down),
		TEST(test_shutdown),
		TEST(test_rule_of_acceptance),
		TEST(test_scenario_removed),
		TEST(test_many),
		TEST(test_due_before_the_answer_ends),
		TEST(test_two_hops),
		TEST(test_everyone_in_a_star),
		TEST(test_slot_is_kept),
		TEST(test_freed_as_it_stands),
	};

	return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
