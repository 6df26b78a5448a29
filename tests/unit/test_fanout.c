/* Messages to many: answers in any order and in pieces, reports as fast as they are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/state.h"
#include "lib/fake_ports.h"

enum { FEW = 5 };

static struct fake_gateway gateway;
static struct fake_drone drones[FEW]; /* the first one sends */

static int setup(void **state)
{
	struct limits limits = fake_limits();
	char id[16];

	(void)state;
	limits.output_soft_bytes = 1000;
	fake_open(&gateway, &limits);
	fake_sim_up(&gateway);
	for (unsigned i = 0; i < FEW; i++) {
		(void)snprintf(id, sizeof(id), "uav%u", i);
		fake_join(&gateway, &drones[i], id, "alpha");
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_close(&gateway);
	return 0;
}

static const struct fake_item *outcome_of(const struct fake_event *report, const char *id)
{
	for (size_t i = 0; i < report->count; i++) {
		if (strcmp(report->items[i].id, id) == 0) {
			return &report->items[i];
		}
	}
	fail_msg("%s is not in the report", id);
	return NULL;
}

static uint32_t node(unsigned drone)
{
	return drones[drone].session->index + 1;
}

static void answer(const struct reception *receptions, size_t count, bool more)
{
	core_sim_result(gateway.core, 0, fake_transmit(&gateway, 0)->id, receptions, count, more);
}

static void test_pieces_in_any_order(void **state)
{
	struct reception receptions[2] = {
		fake_reception(node(4), OUTCOME_DELIVERED, "four"),
		fake_reception(node(2), OUTCOME_LOST, "two"),
	};
	const struct fake_event *report;

	(void)state;
	receptions[1].reason = REASON_BLOCKED;
	fake_send(&drones[0], NULL, "hello", REPORT_WISH_ALL);
	assert_int_equal(fake_transmit(&gateway, 0)->count, FEW - 1);
	answer(receptions, 2, true);
	assert_string_equal(fake_find(&drones[4], EVENT_DELIVERY)->text, "hello");
	assert_string_equal(fake_find(&drones[4], EVENT_DELIVERY)->items[0].hops[0].link, "four");
	assert_null(fake_find(&drones[2], EVENT_DELIVERY));
	assert_null(fake_find(&drones[0], EVENT_SEND_REPORT));
	receptions[0] = fake_reception(node(3), OUTCOME_CORRUPTED, "three");
	receptions[1] = fake_reception(node(1), OUTCOME_DELIVERED, NULL);
	answer(receptions, 2, false);
	report = fake_last(&drones[0], 0);
	assert_int_equal(report->kind, EVENT_SEND_REPORT);
	assert_int_equal(report->ref, drones[0].refs);
	assert_int_equal(report->count, FEW - 1);
	assert_int_equal(outcome_of(report, "uav1")->what, OUTCOME_DELIVERED);
	assert_int_equal(outcome_of(report, "uav2")->what, OUTCOME_LOST);
	assert_int_equal(outcome_of(report, "uav2")->reason, REASON_BLOCKED);
	assert_string_equal(outcome_of(report, "uav2")->hops[0].link, "two");
	assert_int_equal(outcome_of(report, "uav3")->what, OUTCOME_CORRUPTED);
	assert_string_equal(outcome_of(report, "uav3")->hops[0].link, "three");
	assert_string_equal(outcome_of(report, "uav4")->hops[0].link, "four");
	assert_int_equal(gateway.core->fanout_bytes, 0);
}

/* Named twice, not named at all, not a target: each is somebody's fault and is counted. */
static void test_faulty_answer(void **state)
{
	struct reception receptions[4] = {
		fake_reception(node(1), OUTCOME_DELIVERED, "first"),
		fake_reception(node(1), OUTCOME_LOST, "second"),
		fake_reception(node(0), OUTCOME_DELIVERED, "the sender"),
		fake_reception(4711, OUTCOME_DELIVERED, "nobody"),
	};
	const struct stats *stats = core_stats(gateway.core);
	const struct fake_event *report;

	(void)state;
	fake_send(&drones[0], NULL, "hello", REPORT_WISH_ALL);
	answer(receptions, 4, false);
	report = fake_last(&drones[0], 0);
	assert_int_equal(report->number, 1);
	assert_int_equal(outcome_of(report, "uav1")->what, OUTCOME_DELIVERED);
	assert_string_equal(outcome_of(report, "uav1")->hops[0].link, "first");
	assert_int_equal(outcome_of(report, "uav2")->what, OUTCOME_SIMULATOR_ERROR);
	assert_int_equal(outcome_of(report, "uav2")->hop_count, 1);
	assert_int_equal(stats->results, 1);
	assert_int_equal(stats->results_repeated, 1);
	assert_int_equal(stats->results_unknown, 2);
	assert_int_equal(stats->outcomes[OUTCOME_SIMULATOR_ERROR], FEW - 2);
	assert_int_equal(stats->pending, 0);
	assert_int_equal(fake_count(&drones[1], EVENT_DELIVERY), 1);
}

static void test_wishes(void **state)
{
	struct reception lost = fake_reception(node(3), OUTCOME_LOST, NULL);
	const struct fake_event *report;

	(void)state;
	fake_send(&drones[0], NULL, "hello", REPORT_WISH_FAILURES);
	fake_answer(&gateway);
	assert_int_equal(fake_last(&drones[0], 0)->kind, EVENT_DONE);
	assert_int_equal(fake_last(&drones[0], 0)->ref, drones[0].refs);
	fake_send(&drones[0], NULL, "hello", REPORT_WISH_FAILURES);
	answer(&lost, 1, true);
	fake_pass(&gateway, 100000);
	report = fake_find(&drones[0], EVENT_SEND_REPORT);
	assert_non_null(report);
	assert_int_equal(report->count, FEW - 1);
	assert_int_equal(outcome_of(report, "uav3")->what, OUTCOME_LOST);
	assert_int_equal(outcome_of(report, "uav1")->what, OUTCOME_SIMULATOR_TIMEOUT);
	fake_send(&drones[0], NULL, "hello", REPORT_WISH_NONE);
	fake_answer(&gateway);
	assert_int_equal(fake_count(&drones[0], EVENT_SEND_REPORT), 1);
	assert_int_equal(fake_count(&drones[0], EVENT_DONE), 1);
}

/* Nobody else there: a report without entries, or done. */
static void test_alone(void **state)
{
	(void)state;
	fake_ask(&drones[0], REQUEST_CHOOSE_SCENARIO, "beta");
	fake_send(&drones[0], NULL, "hello", REPORT_WISH_ALL);
	assert_int_equal(fake_last(&drones[0], 0)->kind, EVENT_SEND_REPORT);
	assert_int_equal(fake_last(&drones[0], 0)->count, 0);
	fake_send(&drones[0], NULL, "hello", REPORT_WISH_FAILURES);
	assert_int_equal(fake_last(&drones[0], 0)->kind, EVENT_DONE);
	assert_int_equal(gateway.sim.count, 0);
	assert_int_equal(core_stats(gateway.core)->accepted, 0);
	assert_int_equal(gateway.core->inflight.count, 0);
}

/* What has been decided takes no place in the window, but who lets its report wait is held. */
static void test_report_waits(void **state)
{
	(void)state;
	drones[0].queued = 900;
	fake_send(&drones[0], NULL, "hello", REPORT_WISH_ALL);
	assert_int_equal(drones[0].session->in_flight, 1);
	fake_answer(&gateway);
	assert_int_equal(drones[0].session->in_flight, 0);
	assert_int_equal(fake_send(&drones[0], NULL, "hello", REPORT_WISH_NONE), CORE_HOLD);
	fake_drain(&drones[0]);
	assert_int_equal(drones[0].resumes, 1);
	assert_int_equal(fake_last(&drones[0], 0)->kind, EVENT_SEND_REPORT);
	assert_int_equal(fake_send(&drones[0], NULL, "hello", REPORT_WISH_NONE), CORE_TAKEN);
}

/* What was kept for one message is not seen in, and does not grow with, the next. */
static void test_recycled(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		struct reception receptions[FEW - 1];

		for (unsigned j = 0; j < FEW - 1; j++) {
			receptions[j] = fake_reception(node(j + 1), OUTCOME_LOST, "numbers");
		}
		receptions[0].outcome = i % 2 ? OUTCOME_DELIVERED : OUTCOME_LOST;
		fake_send(&drones[0], NULL, "hello", REPORT_WISH_ALL);
		answer(receptions, FEW - 1, false);
		assert_int_equal(fake_last(&drones[0], 0)->number, i % 2);
	}
	assert_non_null(gateway.core->fanouts);
	assert_null(gateway.core->fanouts->next_free);
	assert_true(gateway.core->fanouts->links.cap < 4096);
	assert_int_equal(core_stats(gateway.core)->pending, 0);
}

/* More targets than a recycled list keeps; the sender is found too slow, or goes, in the
 * middle of its report. */
static void test_reader_ends_in_report(void **state)
{
	enum { MANY = 4200 };
	static struct fake_drone crowd[2]; /* the many share an endpoint */
	struct limits limits = fake_limits();
	char id[16];

	(void)state;
	limits.output_soft_bytes = 1000000;
	limits.output_hard_bytes = 100;
	for (int kind = 0; kind < 2; kind++) {
		fake_open(&gateway, &limits);
		for (unsigned i = 0; i < MANY; i++) {
			(void)snprintf(id, sizeof(id), "uav%u", i);
			fake_join(&gateway, &crowd[i == 0 ? 0 : 1], id, "alpha");
		}
		crowd[0].event_bytes = kind == 0 ? 60 : 0;
		crowd[0].refuse = kind == 1;
		assert_int_equal(fake_send(&crowd[0], NULL, "hello", REPORT_WISH_ALL), CORE_CLOSED);
		assert_null(crowd[0].session);
		assert_int_equal(gateway.core->fanout_bytes, 0);
		fake_close(&gateway);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pieces_in_any_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_faulty_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wishes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_report_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recycled, setup, teardown),
		cmocka_unit_test(test_reader_ends_in_report),
	};

	return cmocka_run_group_tests_name("fanout", tests, NULL, NULL);
}
