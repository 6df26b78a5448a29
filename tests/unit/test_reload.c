/* A configuration is taken in while drones fly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/listing.h"
#include "core/state.h"
#include "lib/fake_ports.h"

enum { ALPHA = FAKE_ALPHA + 1, STAR = FAKE_STAR + 1, NEXT = FAKE_SCENARIOS + 1 };

static struct fake_gateway gateway;
static struct fake_drone hub, one, two, three;
static struct parameter seed = {.key = {(const uint8_t *)"seed", 4}};

/* Lanes 0 and 1: what alternates; "other" has lane 2 and nothing on it. */
static void open_in(const char *scenario)
{
	struct limits limits = fake_limits();

	fake_configure(&gateway, &limits);
	gateway.simulators[0].connections = 2;
	gateway.config.simulator_count = 2;
	fake_start(&gateway);
	fake_sim_up(&gateway);
	fake_join(&gateway, &hub, "hub", scenario);
	fake_join(&gateway, &one, "uav1", scenario);
	fake_join(&gateway, &two, "uav2", scenario);
	fake_join(&gateway, &three, "uav3", NULL);
	fake_pass(&gateway, 10000);
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

/* The channel's parameters of this scenario are others from now on. */
static void change_channel(size_t which, const char *value)
{
	seed.value = slice_str(value);
	gateway.scenarios[which].parameters = &seed;
	gateway.scenarios[which].parameter_count = 1;
	fake_reload(&gateway);
}

/* The configuration has that scenario no more. */
static void remove_one(size_t which)
{
	gateway.config.scenario_count--;
	for (size_t i = which; i < gateway.config.scenario_count; i++) {
		gateway.scenarios[i] = gateway.scenarios[i + 1];
	}
	fake_reload(&gateway);
}

static void send_from(struct fake_drone *drone, const char *to)
{
	assert_int_equal(fake_send(drone, to, "hello", REPORT_WISH_ALL), CORE_TAKEN);
}

static const struct fake_item *expect_fate(const char *id, enum outcome outcome, size_t hops)
{
	const struct fake_item *item = fake_fate(&one, id);

	assert_non_null(item);
	assert_int_equal(item->what, outcome);
	assert_int_equal(item->hop_count, hops);
	return item;
}

/* It was just told, unasked, of its scenario ("": none). */
static void expect_told(const struct fake_drone *drone, const char *scenario, bool available)
{
	const struct fake_event *event = fake_last(drone, 0);

	assert_int_equal(event->kind, EVENT_SCENARIO_CHOSEN);
	assert_int_equal(event->ref, 0);
	assert_string_equal(event->text, scenario);
	assert_int_equal(event->available, available);
}

/* The order `back` before the last one. */
static void expect_order(uint32_t back, enum fake_order_kind kind, uint32_t scenario, uint32_t node)
{
	const struct fake_order *order = fake_order(&gateway, back);

	assert_non_null(order);
	assert_int_equal(order->kind, kind);
	assert_int_equal(order->scenario, scenario);
	assert_int_equal(order->node, node);
}

static uint32_t removals(uint32_t scenario)
{
	return fake_count_orders(&gateway, FAKE_REMOVE_SCENARIO, scenario);
}

/* Messages in the queues of that lane's scenarios. */
static uint32_t queued_on(uint32_t lane)
{
	const struct list *queues = &gateway.core->lanes[lane].queues;
	uint32_t count = 0;

	for (const struct list *at = queues->next; at != queues; at = at->next) {
		const struct list *queue = &LIST_ENTRY(at, struct scenario, queues)->queue;

		for (const struct list *link = queue->next; link != queue; link = link->next) {
			count++;
		}
	}
	return count;
}

/* -------------------------------------------------------------------- in place */

static void test_nothing_changed(void **state)
{
	uint32_t orders = gateway.sim.order_count, events = one.count;

	(void)state;
	fake_reload(&gateway);
	fake_pass(&gateway, 10000);
	assert_int_equal(gateway.sim.order_count, orders);
	assert_int_equal(one.count, events);
	assert_int_equal(gateway.core->numbers.high, FAKE_SCENARIOS);
}

static void test_rules_in_place(void **state)
{
	const struct scenario *before = gateway.core->scenarios[FAKE_ALPHA];
	uint32_t orders = gateway.sim.order_count, events = three.count;

	(void)state;
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "beta");
	orders++;
	events++;
	memcpy(gateway.scenarios[FAKE_ALPHA].description, "new", sizeof("new"));
	fake_reload(&gateway);
	assert_ptr_equal(gateway.core->scenarios[FAKE_ALPHA], before);
	assert_string_equal(before->config.description, "new");
	expect_told(&one, "alpha", true);
	expect_told(&two, "alpha", true);
	/* neither the simulator nor who is elsewhere hears of it */
	assert_int_equal(gateway.sim.order_count, orders);
	assert_int_equal(three.count, events);
}

static void test_max_drones(void **state)
{
	(void)state;
	gateway.scenarios[FAKE_ALPHA].max_drones = 2;
	fake_reload(&gateway);
	assert_int_equal(gateway.core->scenarios[FAKE_ALPHA]->member_count, 3);
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "alpha");
	assert_int_equal(fake_last(&three, 0)->code, ERROR_SCENARIO_FULL);
	gateway.scenarios[FAKE_ALPHA].max_drones = 4;
	fake_reload(&gateway);
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "alpha");
	assert_string_equal(fake_last(&three, 0)->text, "alpha");
}

/* What is in flight has the time it was given, also when nothing else has that any more. */
static void test_timeout(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	for (size_t i = 0; i < FAKE_SCENARIOS; i++) {
		gateway.scenarios[i].timeout_ms = 20;
	}
	fake_reload(&gateway);
	fake_reload(&gateway);
	send_from(&one, "hub");
	fake_pass(&gateway, 20000);
	expect_fate("hub", OUTCOME_SIMULATOR_TIMEOUT, 1);
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 1);
	fake_pass(&gateway, 79999);
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 1);
	fake_pass(&gateway, 1);
	expect_fate("uav2", OUTCOME_SIMULATOR_TIMEOUT, 1);
}

/* The second hop's deadline is by the new rule, the first one's by the old. */
static void test_timeout_between_hops(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	gateway.scenarios[FAKE_STAR].timeout_ms = 7;
	fake_reload(&gateway);
	fake_pass(&gateway, 50000);
	fake_answer(&gateway);
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 7000);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 2);
}

/* The old number's time is kept for its second hops, though nothing else has it any more. */
static void test_timeout_of_the_retired(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	gateway.scenarios[FAKE_STAR].timeout_ms = 7;
	fake_reload(&gateway);
	gateway.scenarios[FAKE_STAR].timeout_ms = 100;
	change_channel(FAKE_STAR, "2");
	fake_reload(&gateway);
	fake_answer(&gateway);
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 7000);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 2);
	assert_int_equal(removals(STAR), 1);
}

static void test_policy(void **state)
{
	(void)state;
	fake_sim_down(&gateway);
	send_from(&one, "uav2");
	expect_fate("uav2", OUTCOME_SIMULATOR_DOWN, 0);
	gateway.scenarios[FAKE_ALPHA].on_simulator_down = DOWN_BYPASS;
	fake_reload(&gateway);
	expect_told(&one, "alpha", false);
	send_from(&one, "uav2");
	expect_fate("uav2", OUTCOME_DELIVERED, 1);
}

/* --------------------------------------------------------------------- successors */

/* Members, their nodes, groups and sequences go over; the old number ends with the last message in
 * its channel. */
static void test_successor(void **state)
{
	uint32_t nodes[] = {fake_node(&hub), fake_node(&one), fake_node(&two)};
	struct reception reception = fake_reception(nodes[2], OUTCOME_DELIVERED, "");

	(void)state;
	fake_ask(&two, REQUEST_JOIN_GROUP, "wing");
	send_from(&one, "uav2");
	send_from(&one, "hub");
	change_channel(FAKE_ALPHA, "2");
	assert_int_equal(gateway.core->scenarios[FAKE_ALPHA]->number, NEXT);
	expect_order(3, FAKE_SET_SCENARIO, NEXT, 0);
	for (uint32_t i = 0; i < 3; i++) {
		expect_order(2 - i, FAKE_SET_NODE, NEXT, nodes[i]);
	}
	expect_told(&one, "alpha", false);
	assert_int_equal(fake_node(&one), nodes[1]);
	fake_accept(&gateway, 0);
	expect_told(&one, "alpha", true);
	/* from now on everything is about the new number */
	fake_send_group(&one, "wing", "to the group", REPORT_WISH_ALL);
	assert_int_equal(fake_transmit(&gateway, 0)->scenario, NEXT);
	assert_int_equal(fake_transmit(&gateway, 0)->sequence, 3);
	fake_answer(&gateway);
	assert_string_equal(fake_find(&two, EVENT_DELIVERY)->text, "to the group");
	/* what was in flight arrives */
	fake_result(&gateway, 2, &reception, 1, false);
	expect_fate("uav2", OUTCOME_DELIVERED, 1);
	assert_string_equal(fake_find(&two, EVENT_DELIVERY)->text, "hello");
	assert_int_equal(removals(ALPHA), 0);
	fake_pass(&gateway, 100000);
	expect_fate("hub", OUTCOME_SIMULATOR_TIMEOUT, 1);
	assert_int_equal(removals(ALPHA), 1);
	assert_int_equal(fake_count_orders(&gateway, FAKE_REMOVE_NODE, ALPHA), 0);
	/* and the number may be used again */
	change_channel(FAKE_BETA, "2");
	assert_int_equal(gateway.core->scenarios[FAKE_BETA]->number, ALPHA);
}

/* With nothing in the channel the old one ends at once, after the new one was told. */
static void test_successor_of_an_idle_one(void **state)
{
	(void)state;
	change_channel(FAKE_ALPHA, "2");
	expect_order(0, FAKE_REMOVE_SCENARIO, ALPHA, 0);
	expect_order(4, FAKE_SET_SCENARIO, NEXT, 0);
	assert_null(gateway.core->numbers.by_number[FAKE_ALPHA]);
	/* the same again is no change, another value is */
	change_channel(FAKE_ALPHA, "2");
	assert_int_equal(gateway.core->scenarios[FAKE_ALPHA]->number, NEXT);
	change_channel(FAKE_ALPHA, "3");
	assert_int_equal(gateway.core->scenarios[FAKE_ALPHA]->number, ALPHA);
}

static void test_other_origin(void **state)
{
	(void)state;
	gateway.scenarios[FAKE_ALPHA].origin_altitude_m = 400;
	fake_reload(&gateway);
	assert_int_equal(gateway.core->scenarios[FAKE_ALPHA]->number, NEXT);
	gateway.scenarios[FAKE_ALPHA].has_origin = false;
	fake_reload(&gateway);
	assert_int_equal(gateway.core->scenarios[FAKE_ALPHA]->number, ALPHA);
}

/* To another simulator: what was sent comes by the old lane, what is sent goes by the new. */
static void test_other_simulator(void **state)
{
	struct reception reception = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "");

	(void)state;
	send_from(&one, "uav2");
	memcpy(gateway.scenarios[FAKE_ALPHA].simulator, "other", sizeof("other"));
	fake_reload(&gateway);
	assert_int_equal(fake_order(&gateway, 0)->lane, 2);
	assert_int_equal(gateway.core->lanes[0].scenarios, 3);
	assert_int_equal(gateway.core->lanes[2].scenarios, 1);
	fake_accept(&gateway, 2);
	send_from(&one, "hub");
	assert_int_equal(fake_transmit(&gateway, 0)->lane, 2);
	fake_answer(&gateway);
	expect_fate("hub", OUTCOME_DELIVERED, 1);
	fake_result(&gateway, 1, &reception, 1, false);
	expect_fate("uav2", OUTCOME_DELIVERED, 1);
	expect_order(0, FAKE_REMOVE_SCENARIO, ALPHA, 0);
	assert_int_equal(fake_order(&gateway, 0)->lane, 0);
}

/* Pinned for life: a successor stays on the lane, however few scenarios the others have. */
static void test_same_lane(void **state)
{
	(void)state;
	gateway.config.scenario_count = 1; /* alpha alone, on lane 0 */
	fake_reload(&gateway);
	change_channel(FAKE_ALPHA, "2");
	assert_int_equal(gateway.core->scenarios[FAKE_ALPHA]->lane->index, 0);
}

static void test_successor_while_down(void **state)
{
	uint32_t orders;

	(void)state;
	send_from(&one, "uav2");
	fake_sim_down(&gateway);
	orders = gateway.sim.order_count;
	change_channel(FAKE_ALPHA, "2");
	assert_int_equal(gateway.sim.order_count, orders);
	assert_null(gateway.core->numbers.by_number[FAKE_ALPHA]);
	fake_sim_up(&gateway);
	assert_true(gateway.lanes[0].known[NEXT]);
	assert_false(gateway.lanes[0].known[ALPHA]);
	send_from(&one, "uav2");
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 1);
}

/* Every change has its own number while messages are in the channels of all of them. */
static void test_many_successors(void **state)
{
	struct reception reception = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "");

	(void)state;
	send_from(&one, "uav2");
	change_channel(FAKE_ALPHA, "2");
	fake_accept(&gateway, 0);
	send_from(&one, "uav2");
	change_channel(FAKE_ALPHA, "3");
	fake_accept(&gateway, 0);
	send_from(&one, "uav2");
	assert_int_equal(fake_transmit(&gateway, 0)->scenario, NEXT + 1);
	fake_result(&gateway, 1, &reception, 1, false);
	expect_order(0, FAKE_REMOVE_SCENARIO, NEXT, 0);
	assert_int_equal(removals(ALPHA), 0);
	fake_result(&gateway, 0, &reception, 1, false);
	assert_int_equal(removals(NEXT + 1), 0);
	fake_result(&gateway, 2, &reception, 1, false);
	expect_order(0, FAKE_REMOVE_SCENARIO, ALPHA, 0);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 3);
}

/* What the simulator says about a number that is retired is neither news nor abuse. */
static void test_status_of_the_retired(void **state)
{
	uint32_t events;

	(void)state;
	gateway.core->limits.max_stray_results = 0;
	send_from(&one, "uav2");
	change_channel(FAKE_ALPHA, "2");
	gateway.core->limits.max_stray_results = 0;
	events = one.count;
	core_sim_status(gateway.core, 0, ALPHA, false, slice_str("no such model"));
	assert_int_equal(gateway.sim.resets, 0); /* it was asked for */
	core_sim_status(gateway.core, 1, ALPHA, true, slice_of(NULL, 0));
	assert_int_equal(gateway.sim.resets, 1); /* that lane was not */
	assert_int_equal(one.count, events);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 1);
}

/* Both hops are the old number's; the origin's node goes from the new one's. */
static void test_relayed_over_a_change(void **state)
{
	uint32_t node = fake_node(&one);

	(void)state;
	send_from(&one, "uav2");
	change_channel(FAKE_STAR, "2");
	fake_answer(&gateway);
	assert_int_equal(fake_transmit(&gateway, 0)->scenario, STAR);
	assert_int_equal(removals(STAR), 0);
	fake_detach(&one);
	assert_int_equal(fake_count_orders(&gateway, FAKE_REMOVE_NODE, NEXT), 0);
	fake_answer(&gateway);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 1);
	expect_order(1, FAKE_REMOVE_NODE, NEXT, node);
	expect_order(0, FAKE_REMOVE_SCENARIO, STAR, 0);
}

/* It leaves while its scenario's new simulator is away and its message is still with the old one:
 * the new one never hears of its node. */
static void test_left_while_the_new_one_is_away(void **state)
{
	uint32_t high = gateway.core->members.table.high;

	(void)state;
	fake_lane_down(&gateway, 2);
	send_from(&one, "uav2");
	memcpy(gateway.scenarios[FAKE_STAR].simulator, "other", sizeof("other"));
	fake_reload(&gateway);
	fake_detach(&one);
	fake_lane_up(&gateway, 2);
	assert_int_equal(fake_count_orders(&gateway, FAKE_SET_NODE, NEXT), 2);
	fake_answer(&gateway);
	fake_answer(&gateway);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 1);
	assert_int_equal(fake_count_orders(&gateway, FAKE_REMOVE_NODE, NEXT), 0);
	fake_join(&gateway, &one, "uav1", "star");
	assert_int_equal(gateway.core->members.table.high, high);
}

/* It had left before the change: its node goes with the number. */
static void test_left_before_a_change(void **state)
{
	uint32_t before = gateway.sim.nodes_removed, high = gateway.core->members.table.high;

	(void)state;
	send_from(&one, "uav2");
	fake_detach(&one);
	change_channel(FAKE_STAR, "2");
	assert_int_equal(fake_count_orders(&gateway, FAKE_SET_NODE, NEXT), 2);
	fake_answer(&gateway);
	fake_answer(&gateway);
	assert_int_equal(gateway.sim.nodes_removed, before);
	expect_order(0, FAKE_REMOVE_SCENARIO, STAR, 0);
	fake_join(&gateway, &one, "uav1", "star");
	assert_int_equal(gateway.core->members.table.high, high);
}

/* What waits for the simulator goes over too, in its order, and in the time that it had. */
static void test_queue_goes_over(void **state)
{
	(void)state;
	gateway.scenarios[FAKE_ALPHA].on_simulator_down = DOWN_QUEUE;
	fake_reload(&gateway);
	fake_sim_down(&gateway);
	send_from(&one, "uav2");
	send_from(&one, NULL);
	memcpy(gateway.scenarios[FAKE_ALPHA].simulator, "other", sizeof("other"));
	fake_reload(&gateway);
	assert_int_equal(queued_on(0), 0);
	assert_int_equal(queued_on(2), 2);
	fake_lane_up(&gateway, 0);
	assert_int_equal(gateway.sim.count, 0);
	fake_lane_up(&gateway, 2);
	assert_int_equal(gateway.sim.count, 2);
	assert_int_equal(fake_transmit(&gateway, 1)->count, 1);
	assert_int_equal(fake_transmit(&gateway, 0)->count, 2);
	assert_int_equal(fake_transmit(&gateway, 0)->scenario, NEXT);
	fake_answer(&gateway);
	expect_fate("hub", OUTCOME_DELIVERED, 1);
	fake_pass(&gateway, 100000);
}

/* ----------------------------------------------------------------- stars that change */

static void expect_presence(uint32_t back, const char *id, enum presence_what what)
{
	const struct fake_event *event = fake_find(&three, EVENT_PRESENCE);

	assert_non_null(event);
	assert_true(back < event->count);
	assert_string_equal(event->items[event->count - 1 - back].id, id);
	assert_int_equal(event->items[event->count - 1 - back].what, what);
}

/* One record about a scenario's hub in a gathering: the last word. */
static void test_other_hub(void **state)
{
	(void)state;
	memcpy(gateway.scenarios[FAKE_STAR].hub, "uav2", sizeof("uav2"));
	fake_reload(&gateway);
	fake_pass(&gateway, 10000);
	assert_int_equal(fake_find(&three, EVENT_PRESENCE)->count, 1);
	expect_presence(0, "uav2", PRESENCE_WHAT_HUB_UP);
	send_from(&one, "hub");
	assert_int_equal(fake_transmit(&gateway, 0)->receivers[0], fake_node(&two));
	fake_answer(&gateway);
	fake_answer(&gateway);
	assert_string_equal(expect_fate("hub", OUTCOME_DELIVERED, 2)->hops[0].receiver, "uav2");
	/* one that is away */
	memcpy(gateway.scenarios[FAKE_STAR].hub, "uav9", sizeof("uav9"));
	fake_reload(&gateway);
	fake_pass(&gateway, 10000);
	expect_presence(0, "uav2", PRESENCE_WHAT_HUB_DOWN);
	send_from(&one, "uav2");
	expect_fate("uav2", OUTCOME_NO_ROUTE, 0);
}

/* A message on its first hop goes on through the hub it was sent to. */
static void test_mesh_from_a_star(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	gateway.scenarios[FAKE_STAR].topology = TOPOLOGY_MESH;
	fake_reload(&gateway);
	fake_pass(&gateway, 10000);
	expect_presence(0, "hub", PRESENCE_WHAT_HUB_DOWN);
	fake_answer(&gateway);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 2);
	send_from(&one, "uav2");
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 1);
	gateway.scenarios[FAKE_STAR].topology = TOPOLOGY_STAR;
	gateway.scenarios[FAKE_STAR].spoke_to_spoke = SPOKES_DENY;
	fake_reload(&gateway);
	fake_pass(&gateway, 10000);
	expect_presence(0, "hub", PRESENCE_WHAT_HUB_UP);
	send_from(&one, "uav2");
	expect_fate("uav2", OUTCOME_NOT_ALLOWED, 0);
}

/* A successor has the same hub: nothing is told of it. */
static void test_hub_of_a_successor(void **state)
{
	uint32_t before = fake_count(&three, EVENT_PRESENCE);

	(void)state;
	change_channel(FAKE_STAR, "2");
	fake_pass(&gateway, 10000);
	assert_int_equal(fake_count(&three, EVENT_PRESENCE), before);
	fake_accept(&gateway, 1);
	fake_accept(&gateway, 0);
	send_from(&one, "uav2");
	fake_answer(&gateway);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 2);
}

/* What nobody has seen of the hub before the change is replaced after it. */
static void test_hub_record_of_a_successor(void **state)
{
	(void)state;
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_pass(&gateway, 10000);
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, "star");
	change_channel(FAKE_STAR, "2");
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_pass(&gateway, 10000);
	assert_int_equal(fake_find(&three, EVENT_PRESENCE)->count, 2);
	expect_presence(1, "hub", PRESENCE_WHAT_SCENARIO);
	expect_presence(0, "hub", PRESENCE_WHAT_HUB_DOWN);
}

/* ------------------------------------------------------------------------- removed */

static void test_removed(void **state)
{
	struct reception reception = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "");

	(void)state;
	send_from(&one, "uav2");
	send_from(&one, "hub");
	remove_one(FAKE_ALPHA);
	expect_told(&one, "", false);
	expect_told(&two, "", false);
	assert_int_equal(removals(ALPHA), 0);
	/* they are in no scenario */
	fake_send(&one, "uav2", "hello", REPORT_WISH_ALL);
	assert_int_equal(fake_last(&one, 0)->code, ERROR_NO_SCENARIO);
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "alpha");
	assert_int_equal(fake_last(&one, 0)->code, ERROR_NO_SUCH_SCENARIO);
	fake_ask(&two, REQUEST_JOIN_GROUP, "wing");
	assert_int_equal(fake_last(&two, 0)->code, ERROR_NO_SCENARIO);
	fake_pass(&gateway, 10000);
	assert_int_equal(fake_find(&three, EVENT_PRESENCE)->count, 3);
	expect_presence(0, "uav2", PRESENCE_WHAT_SCENARIO);
	assert_string_equal(fake_find(&three, EVENT_PRESENCE)->items[0].scenario, "");
	/* what is in flight arrives all the same */
	fake_result(&gateway, 1, &reception, 1, false);
	assert_string_equal(fake_last(&two, 0)->text, "hello");
	expect_fate("uav2", OUTCOME_DELIVERED, 1);
	assert_int_equal(removals(ALPHA), 0);
	fake_answer(&gateway);
	expect_fate("hub", OUTCOME_DELIVERED, 1);
	assert_int_equal(removals(ALPHA), 1);
	assert_null(one.session->member);
	assert_int_equal(fake_count_orders(&gateway, FAKE_REMOVE_NODE, ALPHA), 0);
}

/* Who goes to another scenario meanwhile has left; who ends, too. */
static void test_removed_and_left(void **state)
{
	struct reception reception = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "");

	(void)state;
	send_from(&one, "uav2");
	send_from(&one, NULL);
	remove_one(FAKE_ALPHA);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_detach(&hub);
	fake_result(&gateway, 1, &reception, 1, false);
	expect_fate("uav2", OUTCOME_TARGET_LEFT, 1);
	fake_answer(&gateway);
	expect_fate("hub", OUTCOME_TARGET_LEFT, 1);
	assert_int_equal(removals(ALPHA), 1);
	assert_int_equal(fake_count_orders(&gateway, FAKE_REMOVE_NODE, ALPHA), 0);
	assert_int_equal(two.session->member->scenario->number, FAKE_BETA + 1);
}

/* Its number is another's only when the simulator has been told of its end. */
static void test_removed_and_number(void **state)
{
	struct scenario_config alpha = gateway.scenarios[FAKE_ALPHA];

	(void)state;
	send_from(&one, "uav2");
	remove_one(FAKE_ALPHA);
	gateway.scenarios[gateway.config.scenario_count++] = alpha;
	fake_reload(&gateway);
	/* it has the same name, but is another: nobody is in it */
	assert_int_equal(gateway.core->scenarios[FAKE_PAST]->number, NEXT);
	assert_int_equal(gateway.core->scenarios[FAKE_PAST]->member_count, 0);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 1);
	expect_order(0, FAKE_REMOVE_SCENARIO, ALPHA, 0);
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "alpha");
	assert_int_equal(fake_order(&gateway, 0)->scenario, NEXT);
}

static void test_removed_with_a_queue(void **state)
{
	(void)state;
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "later");
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "later");
	fake_sim_down(&gateway);
	send_from(&one, "uav2");
	send_from(&one, NULL);
	remove_one(FAKE_LATER);
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 2);
	expect_fate("uav2", OUTCOME_NO_ROUTE, 0);
	expect_told(&one, "", false);
	assert_null(gateway.core->numbers.by_number[FAKE_LATER]);
}

static void test_removed_star(void **state)
{
	(void)state;
	send_from(&one, NULL);
	fake_answer(&gateway);
	send_from(&one, "uav2");
	remove_one(FAKE_STAR);
	fake_answer(&gateway); /* the hub has not left: the second hop goes on */
	assert_int_equal(gateway.sim.count, 4);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 2);
	assert_int_equal(removals(STAR), 0);
	fake_pass(&gateway, 100000);
	assert_int_equal(removals(STAR), 1);
	expect_fate("uav2", OUTCOME_SIMULATOR_TIMEOUT, 2);
	expect_presence(3, "hub", PRESENCE_WHAT_SCENARIO);
	expect_presence(2, "hub", PRESENCE_WHAT_HUB_DOWN);
	expect_presence(1, "uav1", PRESENCE_WHAT_SCENARIO);
}

/* The link goes while a retired number has messages in its channel: it ends there and then, and is
 * not told of again. */
static void test_removed_and_down(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	remove_one(FAKE_ALPHA);
	fake_sim_down(&gateway);
	expect_fate("uav2", OUTCOME_SIMULATOR_DOWN, 1);
	assert_null(gateway.core->numbers.by_number[FAKE_ALPHA]);
	assert_int_equal(removals(ALPHA), 0);
	fake_sim_up(&gateway);
	assert_false(gateway.lanes[0].known[ALPHA]);
	assert_null(one.session->member);
}

/* Changed, then removed, while a message is in the channel of what it was: that finishes. */
static void test_changed_then_removed(void **state)
{
	(void)state;
	send_from(&one, "uav2");
	change_channel(FAKE_ALPHA, "2");
	fake_accept(&gateway, 0);
	remove_one(FAKE_ALPHA);
	assert_int_equal(removals(NEXT), 1); /* nothing is in the successor's channel */
	expect_told(&two, "", false);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 1);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 1);
	assert_int_equal(removals(ALPHA), 1);
	assert_null(two.session->member);
}

static void test_groups_end(void **state)
{
	(void)state;
	fake_ask(&two, REQUEST_JOIN_GROUP, "wing");
	send_from(&one, "uav2");
	remove_one(FAKE_ALPHA);
	assert_int_equal(gateway.core->groups.table.free_count, gateway.core->groups.table.high);
	fake_answer(&gateway);
}

static void test_added(void **state)
{
	struct scenario_config past = gateway.scenarios[FAKE_PAST];

	(void)state;
	remove_one(FAKE_PAST);
	gateway.scenarios[gateway.config.scenario_count++] = past;
	fake_reload(&gateway);
	expect_order(0, FAKE_SET_SCENARIO, FAKE_PAST + 1, 0);
	fake_accept(&gateway, 1);
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "past");
	assert_true(fake_last(&one, 0)->available);
}

/* ------------------------------------------------------------------------ refused */

static void test_refused_is_asked_again(void **state)
{
	(void)state;
	core_sim_status(gateway.core, 0, ALPHA, false, slice_str("no such model"));
	fake_reload(&gateway);
	expect_order(3, FAKE_SET_SCENARIO, ALPHA, 0);
	expect_order(0, FAKE_SET_NODE, ALPHA, fake_node(&two));
	expect_told(&one, "alpha", false);
	assert_string_not_equal(fake_last(&one, 0)->note, "no such model");
	gateway.core->limits.max_stray_results = 0;
	core_sim_status(gateway.core, 0, ALPHA, true, slice_of(NULL, 0));
	expect_told(&one, "alpha", true);
	assert_int_equal(gateway.sim.resets, 0); /* that answer was asked for */
}

/* ------------------------------------------------------------- limits, and who waits */

static void test_limits(void **state)
{
	(void)state;
	fake_pass(&gateway, 900000);
	gateway.config.limits.idle_timeout_ms = 1500;
	gateway.config.limits.ping_interval_ms = 0;
	fake_reload(&gateway);
	fake_pass(&gateway, 1499999); /* silence counts from the reload on */
	assert_int_equal(one.closes, 0);
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 1);
	fake_pass(&gateway, 1);
	assert_int_equal(one.closes, 1);
	assert_int_equal(fake_last(&one, 0)->code, GOODBYE_IDLE_TIMEOUT);
}

/* Silent for longer than the new limit allows, when that comes: nobody is dropped for it, and
 * there is a ping first. */
static void test_shorter_than_the_silence(void **state)
{
	(void)state;
	gateway.config.limits.ping_interval_ms = 0;
	fake_reload(&gateway);
	fake_pass(&gateway, 2900000);
	gateway.config.limits.ping_interval_ms = 50;
	gateway.config.limits.idle_timeout_ms = 100;
	fake_reload(&gateway);
	fake_pass(&gateway, 1);
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 49999);
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_PING);
	fake_ask(&one, REQUEST_PONG, NULL);
	fake_pass(&gateway, 50000);
	assert_int_equal(one.closes, 0);
	assert_int_equal(two.closes, 1);
}

/* A reload that changes no time leaves silence as it is. */
static void test_silence_goes_on(void **state)
{
	(void)state;
	gateway.config.limits.ping_interval_ms = 0;
	fake_reload(&gateway);
	fake_pass(&gateway, 2000000);
	fake_reload(&gateway);
	fake_pass(&gateway, 990000);
	assert_int_equal(one.closes, 1);
}

/* What a welcome allowed stays allowed; newcomers are told the new bound. */
static void test_smaller_frames(void **state)
{
	static struct fake_drone newcomer;
	uint32_t before = gateway.config.limits.max_frame_bytes;

	(void)state;
	gateway.config.limits.max_frame_bytes = before / 2;
	fake_reload(&gateway);
	assert_int_equal(core_frame_limit(gateway.core, one.session), before);
	fake_join(&gateway, &newcomer, "uav9", NULL);
	assert_int_equal(core_frame_limit(gateway.core, newcomer.session), before / 2);
	gateway.config.limits.max_frame_bytes = before * 2;
	fake_reload(&gateway);
	assert_int_equal(core_frame_limit(gateway.core, one.session), before * 2);
	assert_int_equal(core_frame_limit(gateway.core, newcomer.session), before * 2);
}

static void test_registration_limit(void **state)
{
	static struct fake_drone newcomer;

	(void)state;
	fake_attach(&gateway, &newcomer, 1);
	fake_pass(&gateway, 20000);
	gateway.config.limits.register_timeout_ms = 10;
	gateway.config.limits.max_drones = 4;
	fake_reload(&gateway);
	fake_pass(&gateway, 9999);
	assert_int_equal(newcomer.closes, 0);
	fake_pass(&gateway, 1);
	assert_int_equal(newcomer.closes, 1);
	assert_int_equal(core_online(gateway.core), 4);
}

static void test_held_by_its_window(void **state)
{
	(void)state;
	gateway.config.limits.max_in_flight_per_drone = 1;
	fake_reload(&gateway);
	send_from(&one, "uav2");
	assert_int_equal(fake_send(&one, "uav2", "held", REPORT_WISH_NONE), CORE_HOLD);
	fake_reload(&gateway);
	assert_int_equal(one.resumes, 0); /* no room yet */
	gateway.config.limits.max_in_flight_per_drone = 2;
	fake_reload(&gateway);
	assert_int_equal(one.resumes, 1);
	send_from(&one, "uav2");
	fake_pass(&gateway, 100000);
}

static void test_held_by_the_lane(void **state)
{
	(void)state;
	gateway.simulators[0].max_in_flight = 1;
	fake_reload(&gateway);
	send_from(&one, "uav2");
	assert_int_equal(fake_send(&two, "uav1", "held", REPORT_WISH_NONE), CORE_HOLD);
	fake_reload(&gateway);
	assert_int_equal(two.resumes, 1); /* whoever waits looks again */
	assert_int_equal(fake_send(&two, "uav1", "held", REPORT_WISH_NONE), CORE_HOLD);
	gateway.simulators[0].max_in_flight = 2;
	fake_reload(&gateway);
	assert_int_equal(two.resumes, 2);
	assert_int_equal(fake_send(&two, "uav1", "b", REPORT_WISH_NONE), CORE_TAKEN);
	fake_pass(&gateway, 100000);
	assert_int_equal(gateway.core->lanes[0].woken, 0);
}

/* Held for the lane of a scenario that is no more. */
static void test_held_and_removed(void **state)
{
	(void)state;
	window_configure(&gateway.core->lanes[0].window, 1, false);
	gateway.simulators[0].max_in_flight = 1;
	send_from(&one, "uav2");
	assert_int_equal(fake_send(&two, "uav1", "held", REPORT_WISH_NONE), CORE_HOLD);
	remove_one(FAKE_ALPHA);
	assert_int_equal(two.resumes, 1);
	fake_send(&two, "uav1", "held", REPORT_WISH_NONE);
	assert_int_equal(fake_last(&two, 0)->code, ERROR_NO_SCENARIO);
	fake_answer(&gateway);
	assert_int_equal(gateway.core->lanes[0].woken, 0);
}

/* What waits in the queue has the time that it was given. */
static void test_queue_ms(void **state)
{
	(void)state;
	gateway.scenarios[FAKE_ALPHA].on_simulator_down = DOWN_QUEUE;
	gateway.config.limits.queue_ms = 200;
	fake_reload(&gateway);
	fake_sim_down(&gateway);
	send_from(&one, "uav2");
	gateway.config.limits.queue_ms = 50;
	fake_reload(&gateway);
	send_from(&one, "hub");
	fake_pass(&gateway, 50000);
	expect_fate("hub", OUTCOME_SIMULATOR_DOWN, 0);
	assert_int_equal(core_stats(gateway.core)->queued, 1);
	fake_pass(&gateway, 150000);
	expect_fate("uav2", OUTCOME_SIMULATOR_DOWN, 0);
}

static void test_default_scenario(void **state)
{
	static struct fake_drone newcomer;

	(void)state;
	memcpy(gateway.config.default_scenario, "beta", sizeof("beta"));
	fake_reload(&gateway);
	fake_join(&gateway, &newcomer, "uav9", NULL);
	assert_string_equal(fake_last(&newcomer, 0)->text, "beta");
	assert_int_equal(fake_last(&newcomer, 0)->ref, newcomer.refs);
	assert_null(three.session->member); /* who is there stays where it is */
}

/* --------------------------------------------------------------------------- lists */

/* The reader has not read its list yet. */
static void ask_deaf(enum request_kind kind, const char *name)
{
	one.queued = gateway.core->limits.output_soft_bytes;
	fake_ask(&one, kind, name);
}

static void test_lists_of_scenarios(void **state)
{
	(void)state;
	ask_deaf(REQUEST_LIST_SCENARIOS, NULL);
	one.session->listing->next = 3; /* as if it had been written those */
	gateway.config.scenario_count = 2;
	fake_reload(&gateway);
	fake_drain(&one);
	assert_int_equal(fake_find(&one, EVENT_SCENARIOS)->count, 2);
	assert_string_equal(fake_find(&one, EVENT_SCENARIOS)->items[0].id, "alpha");
	assert_false(fake_find(&one, EVENT_SCENARIOS)->more);
	assert_int_equal(fake_find(&one, EVENT_SCENARIOS)->ref, one.refs);
}

static void test_lists_of_drones(void **state)
{
	(void)state;
	ask_deaf(REQUEST_LIST_DRONES, "alpha");
	change_channel(FAKE_ALPHA, "2");
	fake_drain(&one);
	assert_int_equal(fake_find(&one, EVENT_DRONES)->count, 3);
	ask_deaf(REQUEST_LIST_DRONES, "alpha");
	remove_one(FAKE_ALPHA);
	fake_drain(&one);
	assert_int_equal(fake_count(&one, EVENT_DRONES), 2);
	assert_int_equal(fake_find(&one, EVENT_DRONES)->count, 0);
	assert_false(fake_find(&one, EVENT_DRONES)->more);
	assert_int_equal(fake_find(&one, EVENT_DRONES)->ref, one.refs);
	/* everyone's list goes on */
	ask_deaf(REQUEST_LIST_DRONES, NULL);
	fake_reload(&gateway);
	fake_drain(&one);
	assert_int_equal(fake_find(&one, EVENT_DRONES)->count, 4);
}

/* A member that takes nothing ends while all are told; nobody is left out. */
static void test_member_ends_while_told(void **state)
{
	(void)state;
	hub.refuse = true;
	memcpy(gateway.scenarios[FAKE_ALPHA].description, "new", sizeof("new"));
	fake_reload(&gateway);
	assert_null(hub.session);
	expect_told(&one, "alpha", true);
	expect_told(&two, "alpha", true);
	one.refuse = true;
	remove_one(FAKE_ALPHA);
	assert_null(one.session);
	expect_told(&two, "", false);
}

#define IN(name, scenario)                                                                         \
	cmocka_unit_test_prestate_setup_teardown(name, setup, teardown,                            \
						 (void *)(uintptr_t)(scenario))
#define TEST(name) IN(test_##name, "alpha")
#define STAR_TEST(name) IN(test_##name, "star")

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_changed),
		TEST(rules_in_place),
		TEST(max_drones),
		TEST(timeout),
		STAR_TEST(timeout_between_hops),
		STAR_TEST(timeout_of_the_retired),
		TEST(policy),
		TEST(successor),
		TEST(successor_of_an_idle_one),
		TEST(other_origin),
		TEST(other_simulator),
		TEST(same_lane),
		TEST(successor_while_down),
		TEST(many_successors),
		TEST(status_of_the_retired),
		STAR_TEST(relayed_over_a_change),
		STAR_TEST(left_while_the_new_one_is_away),
		STAR_TEST(left_before_a_change),
		TEST(queue_goes_over),
		STAR_TEST(other_hub),
		STAR_TEST(mesh_from_a_star),
		STAR_TEST(hub_of_a_successor),
		STAR_TEST(hub_record_of_a_successor),
		TEST(removed),
		TEST(removed_and_left),
		TEST(removed_and_number),
		TEST(removed_with_a_queue),
		STAR_TEST(removed_star),
		TEST(removed_and_down),
		TEST(groups_end),
		TEST(changed_then_removed),
		TEST(shorter_than_the_silence),
		TEST(silence_goes_on),
		TEST(smaller_frames),
		TEST(added),
		TEST(refused_is_asked_again),
		TEST(limits),
		TEST(registration_limit),
		TEST(held_by_its_window),
		TEST(held_by_the_lane),
		TEST(held_and_removed),
		TEST(queue_ms),
		TEST(default_scenario),
		TEST(lists_of_scenarios),
		TEST(lists_of_drones),
		TEST(member_ends_while_told),
	};

	return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
