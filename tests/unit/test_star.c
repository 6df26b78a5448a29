/* Messages through a star's hub: two hops, each with its own fate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/state.h"
#include "lib/fake_ports.h"

enum { STAR = FAKE_STAR + 1 };

static struct fake_gateway gateway;
static struct fake_drone hub, one, two, three;
static uint32_t asked; /* ref of the last send of `one` */

static int setup(void **state)
{
	struct limits limits = fake_limits();

	(void)state;
	fake_open(&gateway, &limits);
	fake_sim_up(&gateway);
	fake_join(&gateway, &hub, "hub", "star");
	fake_join(&gateway, &one, "uav1", "star");
	fake_join(&gateway, &two, "uav2", "star");
	fake_join(&gateway, &three, "uav3", "star");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return fake_end(&gateway);
}

static void send_all(const char *to)
{
	assert_int_equal(fake_send(&one, to, "hello", REPORT_WISH_ALL), CORE_TAKEN);
	asked = one.refs;
}

static void send_group(const char *group, const char *payload)
{
	assert_int_equal(fake_send_group(&one, group, payload, REPORT_WISH_ALL), CORE_TAKEN);
	asked = one.refs;
}

/* The last send of `one` has a report, with this fate for this drone. */
static const struct fake_item *expect_fate(const char *id, enum outcome outcome, size_t hops)
{
	const struct fake_event *report = fake_find(&one, EVENT_SEND_REPORT);
	const struct fake_item *item = fake_fate(&one, id);

	assert_non_null(report);
	assert_int_equal(report->ref, asked);
	assert_non_null(item);
	assert_int_equal(item->what, outcome);
	assert_int_equal(item->hop_count, hops);
	return item;
}

static void expect_hop(const struct fake_item *item, size_t which, const char *from, const char *to,
		       enum outcome outcome)
{
	const struct fake_hop *hop = &item->hops[which];

	assert_true(which < item->hop_count);
	assert_string_equal(hop->transmitter, from);
	assert_string_equal(hop->receiver, to);
	assert_int_equal(hop->outcome, outcome);
	assert_int_equal(hop->source, outcome == OUTCOME_DELIVERED ||
						      outcome == OUTCOME_CORRUPTED ||
						      outcome == OUTCOME_LOST
					      ? SOURCE_LIVE
					      : SOURCE_UNSPECIFIED);
}

static struct reception at_hub(enum outcome outcome)
{
	struct reception reception = fake_reception(fake_node(&hub), outcome, "first");

	reception.delay_us = 700;
	return reception;
}

/* Answers the first hop. */
static void answer_hub(enum outcome outcome)
{
	struct reception reception = at_hub(outcome);

	fake_result(&gateway, 0, &reception, 1, false);
}

/* -------------------------------------------------------------------- spoke to spoke */

static void test_both_hops(void **state)
{
	struct reception second = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "second");
	const struct fake_transmit *first, *next;
	const struct fake_item *item;
	uint64_t sent_at_us = gateway.now.unix_us;

	(void)state;
	send_all("uav2");
	first = fake_transmit(&gateway, 0);
	assert_int_equal(first->transmitter, fake_node(&one));
	assert_int_equal(first->origin, fake_node(&one));
	assert_int_equal(first->count, 1);
	assert_int_equal(first->receivers[0], fake_node(&hub));
	assert_int_equal(first->sent_at_us, sent_at_us);
	fake_pass(&gateway, 5000);
	answer_hub(OUTCOME_DELIVERED);
	/* the hub only relays it */
	assert_null(fake_find(&hub, EVENT_DELIVERY));
	assert_int_equal(gateway.sim.count, 2);
	next = fake_transmit(&gateway, 0);
	assert_int_equal(next->transmitter, fake_node(&hub));
	assert_int_equal(next->origin, fake_node(&one));
	assert_int_equal(next->count, 1);
	assert_int_equal(next->receivers[0], fake_node(&two));
	assert_int_equal(next->scenario, STAR);
	assert_int_equal(next->sequence, first->sequence);
	assert_int_equal(next->sent_at_us, sent_at_us + 700);
	assert_string_equal(next->payload, "hello");
	/* the same slot under another id */
	assert_int_equal((uint32_t)next->id, (uint32_t)first->id);
	assert_int_equal(next->id >> 32, (first->id >> 32) + 1);
	fake_result(&gateway, 0, &second, 1, false);
	item = expect_fate("uav2", OUTCOME_DELIVERED, 2);
	expect_hop(item, 0, "uav1", "hub", OUTCOME_DELIVERED);
	expect_hop(item, 1, "hub", "uav2", OUTCOME_DELIVERED);
	assert_string_equal(item->hops[0].link, "first");
	assert_string_equal(item->hops[1].link, "second");
	item = &fake_last(&two, 0)->items[0];
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_DELIVERY);
	assert_string_equal(item->id, "uav1");
	assert_int_equal(item->hop_count, 2);
	expect_hop(item, 0, "uav1", "hub", OUTCOME_DELIVERED);
	expect_hop(item, 1, "hub", "uav2", OUTCOME_DELIVERED);
	assert_string_equal(item->hops[1].link, "second");
	assert_int_equal(fake_last(&two, 0)->sent_at_us, sent_at_us);
	assert_int_equal(core_stats(gateway.core)->relayed, 1);
	assert_int_equal(core_stats(gateway.core)->transmits, 2);
}

static void test_hub_is_one_hop_away(void **state)
{
	(void)state;
	send_all("hub");
	fake_answer(&gateway);
	expect_hop(expect_fate("hub", OUTCOME_DELIVERED, 1), 0, "uav1", "hub", OUTCOME_DELIVERED);
	assert_int_equal(fake_count(&hub, EVENT_DELIVERY), 1);
	fake_send(&hub, "uav2", "from the hub", REPORT_WISH_ALL);
	fake_answer(&gateway);
	assert_int_equal(fake_fate(&hub, "uav2")->hop_count, 1);
	assert_int_equal(gateway.sim.count, 2);
	assert_int_equal(core_stats(gateway.core)->relayed, 0);
}

/* What the first hop leaves of the payload goes on. */
static void test_payload_altered_twice(void **state)
{
	struct reception first = at_hub(OUTCOME_CORRUPTED);
	struct reception second = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "second");
	const struct fake_item *item;

	(void)state;
	first.altered = true;
	first.payload = slice_str("jell");
	send_all("uav2");
	fake_result(&gateway, 0, &first, 1, false);
	assert_string_equal(fake_transmit(&gateway, 0)->payload, "jell");
	fake_result(&gateway, 0, &second, 1, false);
	item = expect_fate("uav2", OUTCOME_CORRUPTED, 2);
	expect_hop(item, 0, "uav1", "hub", OUTCOME_CORRUPTED);
	expect_hop(item, 1, "hub", "uav2", OUTCOME_DELIVERED);
	assert_string_equal(fake_last(&two, 0)->text, "jell");
	/* and the second may cut it again, but not let it grow to what it was */
	send_all("uav2");
	fake_result(&gateway, 0, &first, 1, false);
	second.altered = true;
	second.payload = slice_str("je");
	fake_result(&gateway, 0, &second, 1, false);
	expect_fate("uav2", OUTCOME_CORRUPTED, 2);
	assert_string_equal(fake_last(&two, 0)->text, "je");
	send_all("uav2");
	fake_result(&gateway, 0, &first, 1, false);
	second.payload = slice_str("hello");
	fake_result(&gateway, 0, &second, 1, false);
	expect_hop(expect_fate("uav2", OUTCOME_SIMULATOR_ERROR, 2), 1, "hub", "uav2",
		   OUTCOME_SIMULATOR_ERROR);
}

/* A payload that is not altered but called corrupted is so for the whole way. */
static void test_corrupted_on_the_second(void **state)
{
	(void)state;
	send_all("uav2");
	answer_hub(OUTCOME_DELIVERED);
	fake_answer_with(&gateway, OUTCOME_CORRUPTED, 0);
	expect_hop(expect_fate("uav2", OUTCOME_CORRUPTED, 2), 0, "uav1", "hub", OUTCOME_DELIVERED);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 1);
}

/* Content that stands outside the slot is altered as well, with its content type behind it. */
static void test_large_payload_altered(void **state)
{
	static char payload[400], cut[300];
	struct reception first = at_hub(OUTCOME_CORRUPTED);

	(void)state;
	memset(payload, 'a', sizeof(payload) - 1);
	memset(cut, 'b', sizeof(cut) - 1);
	first.altered = true;
	first.payload = slice_str(cut);
	fake_send(&one, "uav2", payload, REPORT_WISH_ALL);
	asked = one.refs;
	fake_result(&gateway, 0, &first, 1, false);
	assert_int_equal(fake_transmit(&gateway, 0)->payload_size, sizeof(cut) - 1);
	assert_int_equal(fake_transmit(&gateway, 0)->payload[0], 'b');
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_CORRUPTED, 2);
}

static void test_no_link_is_no_delay(void **state)
{
	struct reception first = fake_reception(fake_node(&hub), OUTCOME_DELIVERED, NULL);

	(void)state;
	first.delay_us = 5000;
	send_all("uav2");
	fake_result(&gateway, 0, &first, 1, false);
	assert_int_equal(fake_transmit(&gateway, 0)->sent_at_us, gateway.now.unix_us);
	fake_answer(&gateway);
	assert_false(expect_fate("uav2", OUTCOME_DELIVERED, 2)->hops[0].has_link);
}

/* ----------------------------------------------------------------- what goes wrong */

static void test_lost_at_first(void **state)
{
	struct reception first = at_hub(OUTCOME_LOST);

	(void)state;
	first.reason = REASON_BLOCKED;
	send_all("uav2");
	fake_result(&gateway, 0, &first, 1, false);
	assert_int_equal(gateway.sim.count, 1);
	expect_hop(expect_fate("uav2", OUTCOME_LOST, 1), 0, "uav1", "hub", OUTCOME_LOST);
	assert_int_equal(fake_fate(&one, "uav2")->reason, REASON_BLOCKED);
	assert_int_equal(fake_fate(&one, "uav2")->hops[0].reason, REASON_BLOCKED);
	assert_int_equal(core_stats(gateway.core)->reasons[REASON_BLOCKED], 1);
}

static void test_lost_at_second(void **state)
{
	(void)state;
	send_all("uav2");
	answer_hub(OUTCOME_DELIVERED);
	fake_answer_with(&gateway, OUTCOME_LOST, 0);
	expect_hop(expect_fate("uav2", OUTCOME_LOST, 2), 1, "hub", "uav2", OUTCOME_LOST);
	assert_null(fake_find(&two, EVENT_DELIVERY));
}

/* What cannot be used, is missing, or comes too late, on either hop. */
static void test_unusable(void **state)
{
	struct reception bad = at_hub(OUTCOME_DELIVERED);

	(void)state;
	bad.link_ok = false;
	send_all("uav2");
	fake_result(&gateway, 0, &bad, 1, false);
	expect_hop(expect_fate("uav2", OUTCOME_SIMULATOR_ERROR, 1), 0, "uav1", "hub",
		   OUTCOME_SIMULATOR_ERROR);
	send_all("uav2");
	fake_result(&gateway, 0, NULL, 0, false);
	expect_fate("uav2", OUTCOME_SIMULATOR_ERROR, 1);
	send_all("uav2");
	answer_hub(OUTCOME_DELIVERED);
	fake_result(&gateway, 0, NULL, 0, false);
	expect_hop(expect_fate("uav2", OUTCOME_SIMULATOR_ERROR, 2), 1, "hub", "uav2",
		   OUTCOME_SIMULATOR_ERROR);
	assert_int_equal(gateway.sim.count, 4);
}

/* Each hop has the scenario's whole timeout. */
static void test_timeouts(void **state)
{
	(void)state;
	send_all("uav2");
	fake_pass(&gateway, 99999);
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 0);
	fake_pass(&gateway, 1);
	expect_hop(expect_fate("uav2", OUTCOME_SIMULATOR_TIMEOUT, 1), 0, "uav1", "hub",
		   OUTCOME_SIMULATOR_TIMEOUT);
	send_all("uav2");
	fake_pass(&gateway, 99999);
	answer_hub(OUTCOME_DELIVERED);
	assert_int_equal(gateway.core->lanes[0].in_channel, 1);
	fake_pass(&gateway, 99999);
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 1);
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 1);
	fake_pass(&gateway, 1);
	expect_hop(expect_fate("uav2", OUTCOME_SIMULATOR_TIMEOUT, 2), 1, "hub", "uav2",
		   OUTCOME_SIMULATOR_TIMEOUT);
}

/* The link takes with it what is on its first and on its second hop. */
static void test_link_down(void **state)
{
	(void)state;
	send_all("uav2");
	fake_sim_down(&gateway);
	expect_hop(expect_fate("uav2", OUTCOME_SIMULATOR_DOWN, 1), 0, "uav1", "hub",
		   OUTCOME_SIMULATOR_DOWN);
	fake_sim_up(&gateway);
	send_all("uav2");
	answer_hub(OUTCOME_DELIVERED);
	fake_sim_down(&gateway);
	expect_hop(expect_fate("uav2", OUTCOME_SIMULATOR_DOWN, 2), 1, "hub", "uav2",
		   OUTCOME_SIMULATOR_DOWN);
}

/* The first hop's answer again, or the hub's node in the second: not what was asked. */
static void test_answers_of_the_other_hop(void **state)
{
	struct reception first = at_hub(OUTCOME_DELIVERED);
	uint64_t id;

	(void)state;
	send_all("uav2");
	id = fake_transmit(&gateway, 0)->id;
	fake_result(&gateway, 0, &first, 1, true); /* what more there is, is another's */
	assert_int_equal(gateway.sim.count, 2);
	core_sim_result(gateway.core, 0, id, &first, 1, false);
	fake_result(&gateway, 0, &first, 1, true);
	assert_int_equal(core_stats(gateway.core)->results, 1);
	assert_int_equal(core_stats(gateway.core)->results_unknown, 2);
	assert_null(fake_find(&two, EVENT_DELIVERY));
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 2);
}

/* --------------------------------------------------------------- who goes meanwhile */

static void test_hub_leaves_between(void **state)
{
	struct reception first = at_hub(OUTCOME_DELIVERED);

	(void)state;
	send_all("uav2");
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_result(&gateway, 0, &first, 1, false);
	expect_hop(expect_fate("uav2", OUTCOME_NO_ROUTE, 1), 0, "uav1", "hub", OUTCOME_DELIVERED);
	assert_int_equal(gateway.sim.count, 1);
	/* it is the stay that counts: the hub again, with the same node, is another */
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, "star");
	send_all("uav2");
	first = at_hub(OUTCOME_DELIVERED);
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, "star");
	fake_result(&gateway, 0, &first, 1, false);
	expect_fate("uav2", OUTCOME_NO_ROUTE, 1);
	/* what was lost on its way to the hub was lost before that */
	send_all("uav2");
	first = at_hub(OUTCOME_LOST);
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_result(&gateway, 0, &first, 1, false);
	expect_fate("uav2", OUTCOME_LOST, 1);
}

/* After that it is needed no more. */
static void test_hub_leaves_on_the_second(void **state)
{
	struct reception second = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "");

	(void)state;
	send_all("uav2");
	answer_hub(OUTCOME_DELIVERED);
	fake_detach(&hub);
	fake_result(&gateway, 0, &second, 1, false);
	expect_hop(expect_fate("uav2", OUTCOME_DELIVERED, 2), 1, "hub", "uav2", OUTCOME_DELIVERED);
}

static void test_target_leaves(void **state)
{
	struct reception second = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "");

	(void)state;
	send_all("uav2");
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, NULL);
	answer_hub(OUTCOME_DELIVERED);
	expect_hop(expect_fate("uav2", OUTCOME_TARGET_LEFT, 1), 0, "uav1", "hub",
		   OUTCOME_DELIVERED);
	assert_int_equal(gateway.sim.count, 1);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "star");
	send_all("uav2");
	answer_hub(OUTCOME_DELIVERED);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_result(&gateway, 0, &second, 1, false);
	expect_hop(expect_fate("uav2", OUTCOME_TARGET_LEFT, 2), 1, "hub", "uav2",
		   OUTCOME_DELIVERED);
}

/* A sender's node stays as long as a second hop names it as origin, and goes once. */
static void test_sender_leaves(void **state)
{
	struct reception first = at_hub(OUTCOME_DELIVERED);
	uint32_t node = fake_node(&one), before = gateway.sim.nodes_removed;

	(void)state;
	send_all("uav2");
	send_all("uav3");
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, NULL);
	assert_int_equal(gateway.sim.nodes_removed, before);
	/* a newcomer does not get its number */
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "star");
	assert_int_not_equal(fake_node(&one), node);
	fake_detach(&three);
	assert_int_equal(gateway.sim.nodes_removed, before + 1);
	fake_result(&gateway, 0, &first, 1, false);
	/* it is told all the same: its session goes on */
	expect_fate("uav3", OUTCOME_TARGET_LEFT, 1);
	fake_result(&gateway, 1, &first, 1, false);
	assert_int_equal(fake_transmit(&gateway, 0)->origin, node);
	assert_int_equal(gateway.sim.nodes_removed, before + 1);
	fake_answer(&gateway);
	assert_int_equal(gateway.sim.nodes_removed, before + 2);
	assert_int_equal(fake_order(&gateway, 0)->kind, FAKE_REMOVE_NODE);
	assert_int_equal(fake_order(&gateway, 0)->node, node);
	assert_int_equal(fake_order(&gateway, 0)->scenario, STAR);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 1);
}

/* When the link goes, so does all that the simulator knew. */
static void test_sender_leaves_and_link_down(void **state)
{
	uint32_t before = gateway.sim.nodes_removed, high = gateway.core->members.table.high;

	(void)state;
	send_all("uav2");
	fake_detach(&one);
	fake_sim_down(&gateway);
	assert_int_equal(gateway.sim.nodes_removed, before);
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "star");
	assert_int_equal(gateway.core->members.table.high, high); /* the number is free again */
}

/* A message that is one hop away keeps no node. */
static void test_sender_to_hub_leaves(void **state)
{
	uint32_t before = gateway.sim.nodes_removed;

	(void)state;
	send_all("hub");
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, NULL);
	assert_int_equal(gateway.sim.nodes_removed, before + 1);
	fake_answer(&gateway);
	expect_fate("hub", OUTCOME_DELIVERED, 1);
}

/* ------------------------------------------------------------------------ to many */

static void test_everyone(void **state)
{
	struct reception seconds[2] = {
		fake_reception(fake_node(&three), OUTCOME_LOST, "three"),
		fake_reception(fake_node(&two), OUTCOME_DELIVERED, "two"),
	};
	const struct fake_transmit *transmit;
	const struct fake_item *item;

	(void)state;
	send_all(NULL);
	transmit = fake_transmit(&gateway, 0);
	assert_int_equal(transmit->count, 1);
	assert_int_equal(transmit->receivers[0], fake_node(&hub));
	answer_hub(OUTCOME_DELIVERED);
	/* the hub is a target, and need not wait for the others */
	assert_string_equal(fake_find(&hub, EVENT_DELIVERY)->text, "hello");
	assert_int_equal(fake_find(&hub, EVENT_DELIVERY)->items[0].hop_count, 1);
	transmit = fake_transmit(&gateway, 0);
	assert_int_equal(transmit->count, 2);
	assert_int_equal(transmit->transmitter, fake_node(&hub));
	fake_result(&gateway, 0, seconds, 2, false);
	assert_int_equal(gateway.sim.count, 2);
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->count, 3);
	expect_hop(expect_fate("hub", OUTCOME_DELIVERED, 1), 0, "uav1", "hub", OUTCOME_DELIVERED);
	item = expect_fate("uav2", OUTCOME_DELIVERED, 2);
	expect_hop(item, 0, "uav1", "hub", OUTCOME_DELIVERED);
	expect_hop(item, 1, "hub", "uav2", OUTCOME_DELIVERED);
	assert_string_equal(item->hops[0].link, "first");
	assert_string_equal(item->hops[1].link, "two");
	item = expect_fate("uav3", OUTCOME_LOST, 2);
	expect_hop(item, 1, "hub", "uav3", OUTCOME_LOST);
	assert_string_equal(item->hops[1].link, "three");
	item = &fake_last(&two, 0)->items[0];
	assert_int_equal(item->hop_count, 2);
	assert_string_equal(item->hops[1].link, "two");
	assert_int_equal(fake_last(&two, 0)->number, 1);
}

static void test_everyone_from_the_hub(void **state)
{
	(void)state;
	fake_send(&hub, NULL, "hello", REPORT_WISH_ALL);
	assert_int_equal(fake_transmit(&gateway, 0)->count, 3);
	fake_answer(&gateway);
	assert_int_equal(gateway.sim.count, 1);
	assert_int_equal(fake_fate(&hub, "uav1")->hop_count, 1);
}

/* A group whose members are behind the hub: the hub is not handed what it only relays. */
static void test_group(void **state)
{
	(void)state;
	fake_ask(&two, REQUEST_JOIN_GROUP, "wing");
	fake_ask(&three, REQUEST_JOIN_GROUP, "wing");
	send_group("wing", "hello");
	answer_hub(OUTCOME_DELIVERED);
	fake_answer(&gateway);
	assert_null(fake_find(&hub, EVENT_DELIVERY));
	expect_fate("uav2", OUTCOME_DELIVERED, 2);
	expect_fate("uav3", OUTCOME_DELIVERED, 2);
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->count, 2);
	assert_string_equal(fake_last(&two, 0)->to, "wing");
	/* the hub alone in it: one hop */
	fake_ask(&hub, REQUEST_JOIN_GROUP, "ground");
	send_group("ground", "hello");
	fake_answer(&gateway);
	assert_int_equal(gateway.sim.count, 3);
	expect_fate("hub", OUTCOME_DELIVERED, 1);
	assert_string_equal(fake_last(&hub, 0)->to, "ground");
}

/* The hub's own part and the others' when the first hop fails. */
static void test_many_lost_at_first(void **state)
{
	(void)state;
	send_all(NULL);
	answer_hub(OUTCOME_LOST);
	expect_fate("hub", OUTCOME_LOST, 1);
	expect_fate("uav2", OUTCOME_LOST, 1);
	expect_hop(expect_fate("uav3", OUTCOME_LOST, 1), 0, "uav1", "hub", OUTCOME_LOST);
	assert_int_equal(gateway.sim.count, 1);
	send_all(NULL);
	fake_pass(&gateway, 100000);
	expect_hop(expect_fate("hub", OUTCOME_SIMULATOR_TIMEOUT, 1), 0, "uav1", "hub",
		   OUTCOME_SIMULATOR_TIMEOUT);
	expect_hop(expect_fate("uav3", OUTCOME_SIMULATOR_TIMEOUT, 1), 0, "uav1", "hub",
		   OUTCOME_SIMULATOR_TIMEOUT);
}

/* Some behind the hub never get an answer. */
static void test_many_missing_at_second(void **state)
{
	struct reception second = fake_reception(fake_node(&three), OUTCOME_DELIVERED, "");

	(void)state;
	send_all(NULL);
	answer_hub(OUTCOME_DELIVERED);
	fake_result(&gateway, 0, &second, 1, false);
	expect_fate("hub", OUTCOME_DELIVERED, 1);
	expect_fate("uav3", OUTCOME_DELIVERED, 2);
	expect_hop(expect_fate("uav2", OUTCOME_SIMULATOR_ERROR, 2), 1, "hub", "uav2",
		   OUTCOME_SIMULATOR_ERROR);
}

static void test_many_leave_between(void **state)
{
	struct reception first = at_hub(OUTCOME_CORRUPTED);

	(void)state;
	send_all(NULL);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "star"); /* the same node, another stay */
	first.altered = true;
	first.payload = slice_str("hell");
	fake_result(&gateway, 0, &first, 1, false);
	assert_int_equal(fake_transmit(&gateway, 0)->count, 1);
	fake_answer(&gateway);
	expect_fate("hub", OUTCOME_CORRUPTED, 1);
	assert_string_equal(fake_last(&hub, 0)->text, "hell");
	expect_fate("uav2", OUTCOME_TARGET_LEFT, 1);
	expect_fate("uav3", OUTCOME_CORRUPTED, 2);
	assert_string_equal(fake_last(&three, 0)->text, "hell");
	assert_null(fake_find(&two, EVENT_DELIVERY));
	/* all of them: nothing is sent on */
	send_all(NULL);
	fake_detach(&two);
	fake_detach(&three);
	answer_hub(OUTCOME_DELIVERED);
	expect_fate("hub", OUTCOME_DELIVERED, 1);
	expect_fate("uav3", OUTCOME_TARGET_LEFT, 1);
	assert_int_equal(gateway.sim.count, 3);
}

static void test_many_hub_leaves_between(void **state)
{
	struct reception first = at_hub(OUTCOME_DELIVERED);

	(void)state;
	send_all(NULL);
	fake_detach(&hub);
	fake_result(&gateway, 0, &first, 1, false);
	expect_fate("hub", OUTCOME_TARGET_LEFT, 1);
	expect_fate("uav2", OUTCOME_NO_ROUTE, 1);
	expect_fate("uav3", OUTCOME_NO_ROUTE, 1);
	assert_int_equal(gateway.sim.count, 1);
}

/* ---------------------------------------------------------------- deny, and no hub */

static void test_deny(void **state)
{
	(void)state;
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, "deny");
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "deny");
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "deny");
	send_all("uav2");
	expect_fate("uav2", OUTCOME_NOT_ALLOWED, 0);
	assert_int_equal(gateway.sim.count, 0);
	send_all(NULL);
	fake_answer(&gateway);
	assert_int_equal(gateway.sim.count, 1);
	expect_fate("hub", OUTCOME_DELIVERED, 1);
	expect_fate("uav2", OUTCOME_NOT_ALLOWED, 0);
	fake_send(&hub, NULL, "hello", REPORT_WISH_ALL);
	fake_answer(&gateway);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 1);
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, NULL);
	send_all("uav2"); /* also without a hub */
	expect_fate("uav2", OUTCOME_NOT_ALLOWED, 0);
}

static void test_no_hub(void **state)
{
	(void)state;
	fake_detach(&hub);
	send_all("uav2");
	expect_fate("uav2", OUTCOME_NO_ROUTE, 0);
	send_all("hub");
	expect_fate("hub", OUTCOME_TARGET_OFFLINE, 0);
	send_all(NULL);
	expect_fate("uav2", OUTCOME_NO_ROUTE, 0);
	expect_fate("uav3", OUTCOME_NO_ROUTE, 0);
	assert_int_equal(gateway.sim.count, 0);
	fake_join(&gateway, &hub, "hub", "star");
	send_all("uav2");
	assert_int_equal(fake_transmit(&gateway, 0)->sequence, 1); /* those took no number */
	answer_hub(OUTCOME_DELIVERED);
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED, 2);
}

/* Online, but in another scenario: neither in reach nor a hub. */
static void test_hub_elsewhere(void **state)
{
	(void)state;
	fake_ask(&hub, REQUEST_CHOOSE_SCENARIO, "alpha");
	send_all("hub");
	expect_fate("hub", OUTCOME_NO_ROUTE, 0);
	send_all("uav2");
	expect_fate("uav2", OUTCOME_NO_ROUTE, 0);
	send_all("uav1");
	expect_fate("uav1", OUTCOME_NOT_ALLOWED, 0);
}

/* --------------------------------------------------------------------------- sizes */

static void join_small(struct fake_drone *drone)
{
	struct request_registration registration = fake_registration("uav4");

	registration.max_frame_bytes = FRAME_LEAST_BYTES;
	registration.scenario = slice_str("star");
	fake_attach(&gateway, drone, 1);
	fake_register(drone, &registration);
	fake_ask(drone, REQUEST_JOIN_GROUP, "wing");
}

static void expect_bound(const char *group, size_t fits)
{
	char payload[FRAME_LEAST_BYTES];

	memset(payload, 'x', sizeof(payload));
	for (size_t over = 0; over < 2; over++) {
		uint32_t before = gateway.sim.count;

		payload[fits + over] = '\0';
		if (group) {
			send_group(group, payload);
		} else {
			fake_send(&one, "uav4", payload, REPORT_WISH_ALL);
			asked = one.refs;
		}
		if (over) {
			expect_fate("uav4", OUTCOME_TOO_LARGE, 0);
			assert_int_equal(gateway.sim.count, before);
		} else {
			answer_hub(OUTCOME_DELIVERED);
			fake_answer(&gateway);
			expect_fate("uav4", OUTCOME_DELIVERED, 2);
		}
		payload[fits + over] = 'x';
	}
}

/* A second hop takes room for its link, for the hub's id twice and for numbers; a group for its
 * name. */
static void test_too_large(void **state)
{
	enum {
		ONE_HOP = 64 + 3 * 4 + HOP_LINK_MAX_BYTES,
		TWO_HOPS = ONE_HOP + 24 + HOP_LINK_MAX_BYTES + 2 * 3
	};
	static struct fake_drone small;

	(void)state;
	join_small(&small);
	expect_bound(NULL, FRAME_LEAST_BYTES - TWO_HOPS);
	expect_bound("wing", FRAME_LEAST_BYTES - TWO_HOPS - 2 - 4);
}

/* ------------------------------------------------------------------------- windows */

/* A relayed message keeps its places; its second hop asks for none, and for no room in the
 * link: a window full of them drains. */
static void test_full_window_drains(void **state)
{
	const struct fake_transmit *transmit;
	struct reception first = at_hub(OUTCOME_DELIVERED);

	(void)state;
	window_configure(&gateway.core->lanes[0].window, 2, false);
	send_all("uav2");
	send_all("uav3");
	assert_int_equal(fake_send(&two, "uav3", "held", REPORT_WISH_ALL), CORE_HOLD);
	gateway.lanes[0].full = true;
	transmit = fake_transmit(&gateway, 1);
	assert_int_equal(transmit->receivers[0], fake_node(&hub));
	fake_result(&gateway, 1, &first, 1, false);
	assert_int_equal(gateway.sim.count, 3);
	assert_int_equal(gateway.core->lanes[0].in_channel, 2);
	assert_int_equal(one.session->in_flight, 2);
	fake_result(&gateway, 1, &first, 1, false);
	assert_int_equal(gateway.sim.count, 4);
	assert_int_equal(two.resumes, 0);
	fake_answer(&gateway);
	assert_int_equal(one.session->in_flight, 1);
	assert_int_equal(two.resumes, 0); /* the link is still full */
	gateway.lanes[0].full = false;
	core_sim_drained(gateway.core, 0);
	assert_int_equal(two.resumes, 1);
	first = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "");
	fake_result(&gateway, 1, &first, 1, false);
	assert_int_equal(fake_fate(&one, "uav2")->what, OUTCOME_DELIVERED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both_hops),
		TEST(test_hub_is_one_hop_away),
		TEST(test_payload_altered_twice),
		TEST(test_corrupted_on_the_second),
		TEST(test_large_payload_altered),
		TEST(test_no_link_is_no_delay),
		TEST(test_lost_at_first),
		TEST(test_lost_at_second),
		TEST(test_unusable),
		TEST(test_timeouts),
		TEST(test_link_down),
		TEST(test_answers_of_the_other_hop),
		TEST(test_hub_leaves_between),
		TEST(test_hub_leaves_on_the_second),
		TEST(test_target_leaves),
		TEST(test_sender_leaves),
		TEST(test_sender_leaves_and_link_down),
		TEST(test_sender_to_hub_leaves),
		TEST(test_everyone),
		TEST(test_everyone_from_the_hub),
		TEST(test_group),
		TEST(test_many_lost_at_first),
		TEST(test_many_missing_at_second),
		TEST(test_many_leave_between),
		TEST(test_many_hub_leaves_between),
		TEST(test_deny),
		TEST(test_no_hub),
		TEST(test_hub_elsewhere),
		TEST(test_too_large),
		TEST(test_full_window_drains),
	};

	return cmocka_run_group_tests_name("star", tests, NULL, NULL);
}
