#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bucket.h"

#define SECOND_NS 1000000000ull
#define SECOND_US 1000000ull

enum { RATE = 4 };

static const uint64_t cost = SECOND_NS / RATE;

/* How many it gives at this moment, one after the other. */
static unsigned drain(struct bucket *bucket, uint64_t now_us)
{
	unsigned count = 0;

	while (count < 100 && bucket_has(bucket, now_us, SECOND_NS, cost)) {
		bucket_take(bucket, now_us, cost);
		count++;
	}
	return count;
}

static void a_full_one_gives_its_depth_and_no_more(void **state)
{
	struct bucket bucket = {0};

	(void)state;
	assert_int_equal(drain(&bucket, 5 * SECOND_US), RATE);
	assert_int_equal(drain(&bucket, 5 * SECOND_US), 0);
}

static void it_fills_at_its_rate(void **state)
{
	struct bucket bucket = {0};

	(void)state;
	(void)drain(&bucket, SECOND_US);
	assert_int_equal(drain(&bucket, SECOND_US + SECOND_US / RATE - 1), 0);
	assert_int_equal(drain(&bucket, SECOND_US + SECOND_US / RATE), 1);
	assert_int_equal(drain(&bucket, 2 * SECOND_US), RATE - 1);
	assert_int_equal(drain(&bucket, 100 * SECOND_US), RATE);
}

static void debt_is_paid_first(void **state)
{
	struct bucket bucket = {0};

	(void)state;
	bucket_take(&bucket, SECOND_US, 3 * SECOND_NS);
	assert_false(bucket_has(&bucket, SECOND_US, SECOND_NS, 0));
	assert_int_equal(bucket_ready_us(&bucket, SECOND_NS, 0), 3 * SECOND_US);
	assert_false(bucket_has(&bucket, 3 * SECOND_US - 1, SECOND_NS, 0));
	assert_true(bucket_has(&bucket, 3 * SECOND_US, SECOND_NS, 0));
	assert_false(bucket_has(&bucket, 3 * SECOND_US, SECOND_NS, 1));
	assert_int_equal(bucket_ready_us(&bucket, SECOND_NS, cost),
			 3 * SECOND_US + SECOND_US / RATE);
}

/* More than it ever holds is given when it is full. */
static void what_is_too_large_waits_until_it_is_full(void **state)
{
	struct bucket bucket = {0};

	(void)state;
	assert_true(bucket_has(&bucket, SECOND_US, SECOND_NS, 2 * SECOND_NS));
	bucket_take(&bucket, SECOND_US, 2 * SECOND_NS);
	assert_false(bucket_has(&bucket, 3 * SECOND_US - 1, SECOND_NS, 2 * SECOND_NS));
	assert_true(bucket_has(&bucket, 3 * SECOND_US, SECOND_NS, 2 * SECOND_NS));
	assert_int_equal(bucket_ready_us(&bucket, SECOND_NS, 2 * SECOND_NS), 3 * SECOND_US);
}

static void ready_is_when_it_has(void **state)
{
	struct bucket bucket = {0};

	(void)state;
	assert_int_equal(bucket_ready_us(&bucket, SECOND_NS, cost), 0);
	for (uint64_t taken = 1; taken < 10; taken++) {
		uint64_t ready;

		bucket_take(&bucket, SECOND_US, cost + 1); /* not a whole number of us */
		ready = bucket_ready_us(&bucket, SECOND_NS, cost);
		assert_true(bucket_has(&bucket, ready, SECOND_NS, cost));
		assert_true(ready <= SECOND_US || !bucket_has(&bucket, ready - 1, SECOND_NS, cost));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_one_gives_its_depth_and_no_more),
		cmocka_unit_test(it_fills_at_its_rate),
		cmocka_unit_test(debt_is_paid_first),
		cmocka_unit_test(what_is_too_large_waits_until_it_is_full),
		cmocka_unit_test(ready_is_when_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
