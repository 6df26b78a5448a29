/* Staying awake before what is due, and no more of the time than a part of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/busy_poll.h"

enum { NOW_US = 1000000000, LATER_US = NOW_US + 5000 };

static void awake_a_little_before(void **state)
{
	struct busy_poll busy = {0};

	(void)state;
	assert_int_equal(busy_poll_wake_us(&busy, LATER_US, NOW_US), LATER_US - BUSY_POLL_US);
	assert_int_equal(busy_poll_wake_us(&busy, NOW_US + 1, NOW_US), NOW_US + 1 - BUSY_POLL_US);
}

static void not_for_what_is_never_due(void **state)
{
	struct busy_poll busy = {0};

	(void)state;
	assert_int_equal(busy_poll_wake_us(&busy, UINT64_MAX, NOW_US), UINT64_MAX);
	assert_int_equal(busy_poll_wake_us(&busy, 7, NOW_US), 7);
}

/* Polls `us` at once, from `now_us` on; when that is over. */
static uint64_t poll_for(struct busy_poll *busy, uint64_t now_us, uint64_t us)
{
	busy_poll_begin(busy, now_us);
	busy_poll_end(busy, now_us + us);
	return now_us + us;
}

static void sleeps_when_it_has_been_awake_enough(void **state)
{
	struct busy_poll busy = {0};
	uint64_t now_us = NOW_US, all_us = 0;

	(void)state;
	while (busy_poll_wake_us(&busy, LATER_US, now_us) < LATER_US) {
		now_us = poll_for(&busy, now_us, BUSY_POLL_US);
		all_us += BUSY_POLL_US;
		assert_true(all_us <= 2 * BUSY_POLL_MOST_US);
	}
	assert_true(all_us >= BUSY_POLL_MOST_US);
	now_us += BUSY_POLL_US * BUSY_POLL_PART;
	assert_true(busy_poll_wake_us(&busy, UINT64_MAX - 1, now_us) < UINT64_MAX - 1);
}

/* With something due at any time: a second of polling in twenty. */
static void takes_its_part_of_the_time(void **state)
{
	enum { STEP_US = 10, SPAN_US = 20 * 1000000 };
	struct busy_poll busy = {0};
	uint64_t awake_us = 0;

	(void)state;
	for (uint64_t now_us = NOW_US; now_us < NOW_US + (uint64_t)SPAN_US; now_us += STEP_US) {
		if (busy_poll_wake_us(&busy, now_us + BUSY_POLL_US, now_us) <= now_us) {
			(void)poll_for(&busy, now_us, STEP_US);
			awake_us += STEP_US;
		}
	}
	assert_in_range(awake_us, SPAN_US / BUSY_POLL_PART,
			SPAN_US / BUSY_POLL_PART + 2 * BUSY_POLL_MOST_US);
}

/* The process may be stopped in the middle of it, and processors be given to others. */
static void what_stops_it_costs_little(void **state)
{
	struct busy_poll busy = {0};
	uint64_t now_us;

	(void)state;
	now_us = poll_for(&busy, NOW_US, 3600 * 1000000ull);
	assert_int_equal(busy_poll_wake_us(&busy, now_us + 5000, now_us),
			 now_us + 5000 - BUSY_POLL_US);
}

static void an_end_without_a_beginning_costs_nothing(void **state)
{
	struct busy_poll busy = {0};

	(void)state;
	busy_poll_end(&busy, NOW_US);
	(void)poll_for(&busy, NOW_US, 1);
	busy_poll_end(&busy, NOW_US + 1000000);
	assert_int_equal(busy_poll_wake_us(&busy, LATER_US, NOW_US + 1000000),
			 LATER_US - BUSY_POLL_US);
	assert_int_equal(busy.spent.full_ns, (NOW_US + 1) * 1000ull + 1000 * BUSY_POLL_PART);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(awake_a_little_before),
		cmocka_unit_test(not_for_what_is_never_due),
		cmocka_unit_test(sleeps_when_it_has_been_awake_enough),
		cmocka_unit_test(takes_its_part_of_the_time),
		cmocka_unit_test(what_stops_it_costs_little),
		cmocka_unit_test(an_end_without_a_beginning_costs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
