/* While the simulator is away: messages wait for it, or go past it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/state.h"
#include "lib/fake_ports.h"

enum { LATER = FAKE_LATER + 1, QUEUE_US = 400000 };

static struct fake_gateway gateway;
static struct fake_drone hub, one, two, three;

/* The star's policy is `policy`; the drones are in `scenario`, the simulator is away. */
static void open_with(const char *scenario, enum down_policy policy)
{
	struct limits limits = fake_limits();

	limits.max_queued = 3;
	limits.queue_ms = QUEUE_US / 1000;
	limits.max_groups_per_drone = 4;
	fake_configure(&gateway, &limits);
	gateway.scenarios[FAKE_STAR].on_simulator_down = policy;
	fake_start(&gateway);
	fake_join(&gateway, &hub, "hub", scenario);
	fake_join(&gateway, &one, "uav1", scenario);
	fake_join(&gateway, &two, "uav2", scenario);
	fake_join(&gateway, &three, "uav3", scenario);
	fake_pass(&gateway, 10000); /* presence has been told */
}

static int setup(void **state)
{
	(void)state;
	open_with("later", DOWN_FAIL);
	return 0;
}

static int setup_star(void **state)
{
	(void)state;
	open_with("star", DOWN_QUEUE);
	return 0;
}

static int setup_past(void **state)
{
	(void)state;
	open_with("past", DOWN_FAIL);
	return 0;
}

static int setup_past_star(void **state)
{
	(void)state;
	open_with("star", DOWN_BYPASS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return fake_end(&gateway);
}

static void send_from(struct fake_drone *drone, const char *to)
{
	assert_int_equal(fake_send(drone, to, "hello", REPORT_WISH_ALL), CORE_TAKEN);
}

static uint64_t queued(void)
{
	return core_stats(gateway.core)->queued;
}

/* In the last report of `one`. */
static const struct fake_item *expect_fate(const char *id, enum outcome outcome, size_t hops)
{
	const struct fake_item *item = fake_fate(&one, id);

	assert_non_null(item);
	assert_int_equal(item->what, outcome);
	assert_int_equal(item->hop_count, hops);
	return item;
}

/* ------------------------------------------------------------------------ they wait */

static void test_waits_for_the_link(void **state)
{
	uint64_t sent_at_us = gateway.now.unix_us;

	(void)state;
	send_from(&one, "uav2");
	assert_int_equal(queued(), 1);
	assert_int_equal(core_in_flight(gateway.core), 1);
	assert_int_equal(one.session->in_flight, 1);
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + QUEUE_US);
	fake_pass(&gateway, 1000);
	/* the link alone is not enough */
	core_sim_up(gateway.core, 0);
	assert_int_equal(gateway.sim.count, 0);
	fake_accept(&gateway, 0);
	assert_int_equal(queued(), 0);
	assert_int_equal(gateway.sim.count, 1);
	assert_int_equal(fake_transmit(&gateway, 0)->sent_at_us, sent_at_us);
	assert_int_equal(one.session->in_flight, 1);
	/* from now on it has its time in the channel */
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 100000);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 1);
	assert_int_equal(fake_find(&two, EVENT_DELIVERY)->sent_at_us, sent_at_us);
	assert_int_equal(one.session->in_flight, 0);
}

static void test_waits_too_long(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	fake_pass(&gateway, 1000);
	send_from(&one, NULL);
	fake_pass(&gateway, QUEUE_US - 1001);
	assert_int_equal(queued(), 2);
	fake_pass(&gateway, 1);
	assert_int_equal(queued(), 1);
	expect_fate("uav2", OUTCOME_SIMULATOR_DOWN, 0);
	fake_pass(&gateway, 1000);
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->count, 3);
	expect_fate("uav3", OUTCOME_SIMULATOR_DOWN, 0);
	/* none of them has taken a number */
	fake_sim_up(&gateway);
	send_from(&one, "uav2");
	assert_int_equal(fake_transmit(&gateway, 0)->sequence, 1);
	fake_answer(&gateway);
}

static void test_full_queue(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	send_from(&two, NULL);
	send_from(&three, "uav1");
	send_from(&one, "uav2");
	expect_fate("uav2", OUTCOME_OVERLOADED, 0);
	send_from(&one, NULL);
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->count, 3);
	expect_fate("hub", OUTCOME_OVERLOADED, 0);
	/* who is nowhere is nowhere, full or not */
	send_from(&one, "uav9");
	expect_fate("uav9", OUTCOME_TARGET_OFFLINE, 0);
	assert_int_equal(queued(), 3);
	fake_pass(&gateway, QUEUE_US);
	send_from(&one, "uav2");
	assert_int_equal(queued(), 1);
	fake_pass(&gateway, QUEUE_US);
}

/* The bounds of all messages count these too, and a drone's window as well. */
static void test_other_bounds(void **state)
{
	static char payload[201];

	(void)state;
	memset(payload, 'x', sizeof(payload) - 1);
	gateway.core->limits.max_in_flight_bytes = 200;
	fake_send(&two, "uav1", payload, REPORT_WISH_ALL);
	send_from(&one, "uav2");
	expect_fate("uav2", OUTCOME_OVERLOADED, 0);
	fake_pass(&gateway, QUEUE_US);
	gateway.core->limits.max_in_flight_bytes = 1000000;
	gateway.core->limits.max_in_flight = 1;
	send_from(&one, "uav2");
	send_from(&one, "uav2");
	expect_fate("uav2", OUTCOME_OVERLOADED, 0);
	gateway.core->limits.max_in_flight = 100;
	gateway.core->limits.max_in_flight_per_drone = 2;
	send_from(&one, "uav2");
	assert_int_equal(fake_send(&one, "uav2", "held", REPORT_WISH_ALL), CORE_HOLD);
	fake_pass(&gateway, QUEUE_US);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(one.session->in_flight, 0);
}

static uint32_t last_transmitter(void)
{
	return fake_transmit(&gateway, 0)->transmitter;
}

/* In the order of acceptance, over all scenarios of the lane, as the window allows; before
 * drones that are held. */
static void test_order(void **state)
{
	(void)state;
	gateway.scenarios[FAKE_BETA].on_simulator_down = DOWN_QUEUE;
	fake_reload(&gateway);
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "beta");
	window_configure(&gateway.core->lanes[0].window, 1, false);
	send_from(&three, NULL);
	send_from(&one, "uav2");
	send_from(&hub, "uav3");
	fake_sim_up(&gateway);
	assert_int_equal(gateway.sim.count, 1);
	assert_int_equal(last_transmitter(), fake_node(&three));
	assert_int_equal(fake_send(&two, "uav1", "held", REPORT_WISH_NONE), CORE_HOLD);
	fake_answer(&gateway);
	assert_int_equal(last_transmitter(), fake_node(&one));
	fake_answer(&gateway);
	assert_int_equal(last_transmitter(), fake_node(&hub));
	assert_int_equal(two.resumes, 0);
	fake_answer(&gateway);
	assert_int_equal(gateway.sim.count, 3);
	assert_int_equal(two.resumes, 1);
}

/* A link that is full stops the queue too. */
static void test_full_link(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	gateway.lanes[0].full = true;
	fake_sim_up(&gateway);
	assert_int_equal(queued(), 1);
	gateway.lanes[0].full = false;
	core_sim_drained(gateway.core, 0);
	assert_int_equal(queued(), 0);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 1);
}

static void test_sequence(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	send_from(&one, "uav2");
	fake_detach(&two);
	fake_join(&gateway, &two, "uav2", "later");
	send_from(&one, NULL);
	fake_sim_up(&gateway);
	/* the first two have lost their target, and take no number */
	expect_fate("uav2", OUTCOME_TARGET_LEFT, 0);
	assert_int_equal(gateway.sim.count, 1);
	assert_int_equal(fake_transmit(&gateway, 0)->sequence, 1);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 1);
}

static void test_who_leaves(void **state)
{
	(void)state;
	send_from(&one, NULL);
	fake_detach(&two);
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_sim_up(&gateway);
	assert_int_equal(fake_transmit(&gateway, 0)->count, 1);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_TARGET_LEFT, 0);
	expect_fate("uav3", OUTCOME_TARGET_LEFT, 0);
	expect_fate("hub", OUTCOME_DELIVERED, 1);
	/* the sender: back again is not the one who sent */
	fake_sim_down(&gateway);
	send_from(&one, "hub");
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "later");
	assert_int_equal(one.session->in_flight, 1);
	fake_sim_up(&gateway);
	expect_fate("hub", OUTCOME_NO_ROUTE, 0);
	assert_int_equal(one.session->in_flight, 0);
	fake_sim_down(&gateway);
	send_from(&one, NULL);
	fake_detach(&one);
	fake_sim_up(&gateway);
	assert_int_equal(gateway.sim.count, 1);
	assert_int_equal(core_stats(gateway.core)->outcomes[OUTCOME_NO_ROUTE], 2);
}

static void test_refused(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	send_from(&one, NULL);
	core_sim_up(gateway.core, 0);
	core_sim_status(gateway.core, 0, LATER, false, slice_str("no such model"));
	assert_int_equal(queued(), 0);
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 2);
	expect_fate("uav2", OUTCOME_SIMULATOR_DOWN, 0);
	send_from(&one, "uav2");
	assert_int_equal(fake_last(&one, 0)->code, ERROR_SCENARIO_UNAVAILABLE);
}

/* Whatever the policy: the link is there, the status is not yet. When the link goes, they
 * fare as the policy has it. */
static void test_waits_for_the_status(void **state)
{
	(void)state;
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "alpha");
	core_sim_up(gateway.core, 0);
	send_from(&one, "uav2");
	assert_int_equal(queued(), 1);
	assert_int_equal(gateway.sim.count, 0);
	fake_accept(&gateway, 0);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 1);
	fake_sim_down(&gateway);
	core_sim_up(gateway.core, 0);
	send_from(&one, "uav2");
	fake_sim_down(&gateway);
	assert_int_equal(queued(), 0);
	expect_fate("uav2", OUTCOME_SIMULATOR_DOWN, 0);
	/* and where the policy is to wait, they go on waiting */
	core_sim_up(gateway.core, 0);
	send_from(&hub, "uav3");
	fake_sim_down(&gateway);
	assert_int_equal(queued(), 1);
	fake_sim_up(&gateway);
	fake_answer(&gateway);
}

/* What the simulator was given is lost with it, what waited is not. */
static void test_link_goes(void **state)
{
	(void)state;
	window_configure(&gateway.core->lanes[0].window, 1, false);
	send_from(&one, "uav2");
	send_from(&one, "uav3");
	fake_sim_up(&gateway);
	fake_sim_down(&gateway);
	expect_fate("uav2", OUTCOME_SIMULATOR_DOWN, 1);
	assert_int_equal(queued(), 1);
	fake_sim_up(&gateway);
	fake_answer(&gateway);
	expect_fate("uav3", OUTCOME_DELIVERED, 1);
}

static void test_shutdown(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	core_drain(gateway.core);
	assert_int_equal(queued(), 1);
	core_shutdown(gateway.core);
	expect_fate("uav2", OUTCOME_SIMULATOR_DOWN, 0);
	assert_int_equal(queued(), 0);
}

static void test_group_waits(void **state)
{
	(void)state;
	fake_ask(&two, REQUEST_JOIN_GROUP, "wing");
	fake_send_group(&one, "wing", "hello", REPORT_WISH_ALL);
	fake_ask(&three, REQUEST_JOIN_GROUP, "wing"); /* too late for that one */
	fake_sim_up(&gateway);
	fake_answer(&gateway);
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->count, 1);
	assert_string_equal(fake_find(&two, EVENT_DELIVERY)->to, "wing");
	/* of nobody: nothing waits */
	fake_sim_down(&gateway);
	fake_send_group(&one, "nobody", "hello", REPORT_WISH_ALL);
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->count, 0);
	assert_int_equal(queued(), 0);
}

/* Who cannot be reached whatever the simulator does is decided at acceptance, the others wait. */
static void test_some_wait(void **state)
{
	static struct fake_drone small;
	static char payload[700];
	struct request_registration registration = fake_registration("uav4");

	(void)state;
	registration.max_frame_bytes = FRAME_LEAST_BYTES;
	registration.scenario = slice_str("later");
	fake_attach(&gateway, &small, 1);
	fake_register(&small, &registration);
	memset(payload, 'x', sizeof(payload) - 1);
	fake_send(&one, NULL, payload, REPORT_WISH_ALL);
	assert_int_equal(core_stats(gateway.core)->outcomes[OUTCOME_TOO_LARGE], 1);
	assert_int_equal(queued(), 1);
	fake_sim_up(&gateway);
	assert_int_equal(fake_transmit(&gateway, 0)->count, 3);
	fake_answer(&gateway);
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->count, 4);
	expect_fate("uav4", OUTCOME_TOO_LARGE, 0);
	expect_fate("uav3", OUTCOME_DELIVERED, 1);
	/* nobody can be reached: nothing waits */
	fake_sim_down(&gateway);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_send(&one, NULL, payload, REPORT_WISH_ALL);
	assert_int_equal(queued(), 0);
	expect_fate("uav4", OUTCOME_TOO_LARGE, 0);
}

static void test_drones_are_told(void **state)
{
	(void)state;
	assert_false(fake_find(&one, EVENT_SCENARIO_CHOSEN)->available);
	assert_non_null(strstr(fake_find(&one, EVENT_SCENARIO_CHOSEN)->note, "wait for it"));
	fake_sim_up(&gateway);
	assert_true(fake_find(&one, EVENT_SCENARIO_CHOSEN)->available);
	assert_string_equal(fake_find(&one, EVENT_SCENARIO_CHOSEN)->note, "");
	fake_sim_down(&gateway);
	assert_false(fake_find(&one, EVENT_SCENARIO_CHOSEN)->available);
}

/* Freed as it stands (a sanitizer sees what is left). */
static void test_freed_as_it_stands(void **state)
{
	(void)state;
	send_from(&one, NULL);
	send_from(&one, "uav2");
	fake_close(&gateway);
	open_with("later", DOWN_FAIL);
}

/* ------------------------------------------------------------------- in a star */

/* Routes are those of the moment when it leaves the queue. */
static void test_star_routes_anew(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	fake_detach(&hub);
	fake_sim_up(&gateway);
	expect_fate("uav2", OUTCOME_NO_ROUTE, 0);
	fake_sim_down(&gateway);
	send_from(&one, "uav2"); /* no hub: it does not wait for one */
	expect_fate("uav2", OUTCOME_NO_ROUTE, 0);
	assert_int_equal(queued(), 0);
	/* another stay of the hub is as good */
	fake_join(&gateway, &hub, "hub", "star");
	send_from(&one, NULL);
	fake_detach(&hub);
	fake_join(&gateway, &hub, "hub", "star");
	fake_sim_up(&gateway);
	fake_answer(&gateway);
	fake_answer(&gateway);
	expect_fate("hub", OUTCOME_TARGET_LEFT, 0);
	expect_fate("uav2", OUTCOME_DELIVERED, 2);
	assert_null(fake_find(&hub, EVENT_DELIVERY));
}

/* ------------------------------------------------------------------ past the simulator */

static void expect_bypassed(const struct fake_item *item, size_t hops)
{
	assert_int_equal(item->hop_count, hops);
	for (size_t i = 0; i < hops; i++) {
		assert_int_equal(item->hops[i].outcome, OUTCOME_DELIVERED);
		assert_int_equal(item->hops[i].source, SOURCE_BYPASSED);
		assert_false(item->hops[i].has_link);
		assert_int_equal(item->hops[i].late_by_us, 0);
	}
}

static void test_bypass(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	expect_bypassed(expect_fate("uav2", OUTCOME_DELIVERED, 1), 1);
	expect_bypassed(&fake_find(&two, EVENT_DELIVERY)->items[0], 1);
	assert_int_equal(fake_find(&two, EVENT_DELIVERY)->number, 1);
	send_from(&one, NULL);
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->count, 3);
	expect_bypassed(expect_fate("uav3", OUTCOME_DELIVERED, 1), 1);
	assert_int_equal(fake_find(&two, EVENT_DELIVERY)->number, 2);
	assert_int_equal(core_stats(gateway.core)->bypassed, 4);
	assert_int_equal(core_stats(gateway.core)->transmits, 0);
	assert_int_equal(one.session->in_flight, 0);
	/* with the simulator there again it is as ever, and numbers go on */
	fake_sim_up(&gateway);
	send_from(&one, "uav2");
	assert_int_equal(fake_transmit(&gateway, 0)->sequence, 3);
	fake_sim_down(&gateway); /* what it was given is lost with it */
	expect_fate("uav2", OUTCOME_SIMULATOR_DOWN, 1);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 2);
}

/* What waited for a status when the link went goes past as well. */
static void test_bypass_after_waiting(void **state)
{
	(void)state;
	core_sim_up(gateway.core, 0);
	send_from(&one, "uav2");
	send_from(&one, NULL);
	assert_int_equal(queued(), 2);
	assert_null(fake_find(&two, EVENT_DELIVERY));
	fake_sim_down(&gateway);
	assert_int_equal(queued(), 0);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 2);
	expect_bypassed(expect_fate("uav3", OUTCOME_DELIVERED, 1), 1);
	assert_int_equal(one.session->in_flight, 0);
}

static void test_bypass_refused_by_target(void **state)
{
	(void)state;
	two.refuse = true;
	send_from(&one, "uav2");
	expect_fate("uav2", OUTCOME_OVERLOADED, 1);
	send_from(&one, "uav9");
	expect_fate("uav9", OUTCOME_TARGET_OFFLINE, 0);
}

/* No delay without a channel. */
static void test_bypass_is_not_delayed(void **state)
{
	(void)state;
	gateway.scenarios[FAKE_PAST].delay_real = true;
	fake_reload(&gateway);
	send_from(&one, "uav2");
	expect_bypassed(expect_fate("uav2", OUTCOME_DELIVERED, 1), 1);
	assert_int_equal(core_stats(gateway.core)->waiting, 0);
}

static void test_bypass_in_a_star(void **state)
{
	const struct fake_item *item;

	(void)state;
	send_from(&one, "uav2");
	item = expect_fate("uav2", OUTCOME_DELIVERED, 2);
	expect_bypassed(item, 2);
	assert_string_equal(item->hops[0].receiver, "hub");
	assert_string_equal(item->hops[1].transmitter, "hub");
	expect_bypassed(&fake_find(&two, EVENT_DELIVERY)->items[0], 2);
	assert_null(fake_find(&hub, EVENT_DELIVERY));
	send_from(&one, NULL);
	expect_bypassed(expect_fate("hub", OUTCOME_DELIVERED, 1), 1);
	expect_bypassed(expect_fate("uav3", OUTCOME_DELIVERED, 2), 2);
	expect_bypassed(&fake_find(&three, EVENT_DELIVERY)->items[0], 2);
	expect_bypassed(&fake_find(&hub, EVENT_DELIVERY)->items[0], 1);
	send_from(&one, "hub");
	expect_bypassed(expect_fate("hub", OUTCOME_DELIVERED, 1), 1);
	assert_int_equal(core_stats(gateway.core)->bypassed, 5);
	assert_int_equal(core_stats(gateway.core)->relayed, 0);
	fake_detach(&hub); /* the star's rules hold all the same */
	send_from(&one, "uav2");
	expect_fate("uav2", OUTCOME_NO_ROUTE, 0);
}

/* A front addresses a drone by the core's own bytes. Past the channel the message itself may end
 * that drone, in the middle of the request: they stay until the core is told the time. */
static void test_a_name_outlives_its_drone(void **state)
{
	const struct slice to = core_id(gateway.core, slice_str("uav2"));
	const struct request request = {
		.kind = REQUEST_SEND,
		.ref = ++one.refs,
		.send = {.to = SEND_TO_DRONE,
			 .name = to,
			 .payload = slice_str("x"),
			 .report = REPORT_WISH_ALL},
	};

	(void)state;
	two.queued = gateway.core->limits.output_hard_bytes + 1;
	assert_int_equal(core_request(gateway.core, one.session, &request), CORE_TAKEN);
	assert_null(core_id(gateway.core, slice_str("uav2")).data);
	assert_true(slice_equal(to, slice_str("uav2")));
	assert_int_not_equal(fake_fate(&one, "uav2")->what, OUTCOME_DELIVERED);
}

#define TEST(name, kind) cmocka_unit_test_setup_teardown(test_##name, setup##kind, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(waits_for_the_link, ),
		TEST(waits_too_long, ),
		TEST(full_queue, ),
		TEST(other_bounds, ),
		TEST(order, ),
		TEST(full_link, ),
		TEST(sequence, ),
		TEST(who_leaves, ),
		TEST(refused, ),
		TEST(waits_for_the_status, ),
		TEST(link_goes, ),
		TEST(shutdown, ),
		TEST(group_waits, ),
		TEST(some_wait, ),
		TEST(drones_are_told, ),
		TEST(freed_as_it_stands, ),
		TEST(star_routes_anew, _star),
		TEST(bypass, _past),
		TEST(bypass_after_waiting, _past),
		TEST(bypass_refused_by_target, _past),
		TEST(bypass_is_not_delayed, _past),
		TEST(bypass_in_a_star, _past_star),
		TEST(a_name_outlives_its_drone, _past),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
