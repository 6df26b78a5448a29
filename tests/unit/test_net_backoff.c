#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/backoff.h"

static void grows_by_1_6_up_to_the_most(void **state)
{
	/* ceil(1.6 x), from 100 */
	static const uint32_t bounds[] = {100, 160, 256, 410, 656, 1000, 1000};
	struct backoff backoff;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	backoff_init(&backoff, 100, 1000, 160);
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		uint32_t delay_ms;

		assert_int_equal(backoff.bound_ms, bounds[i]);
		delay_ms = backoff_next(&backoff, &rng);
		assert_in_range(delay_ms, 1, bounds[i]);
	}
	backoff_reset(&backoff);
	assert_int_equal(backoff.bound_ms, 100);
}

/* Full jitter: the whole range is used, evenly. 10,000 draws of 10 values: each
 * within 5 standard deviations (30) of 1,000. */
static void draws_evenly_from_the_whole_range(void **state)
{
	uint32_t counts[11] = {0};
	struct backoff backoff;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2);
	backoff_init(&backoff, 10, 10, 160);
	for (int i = 0; i < 10000; i++) {
		counts[backoff_next(&backoff, &rng)]++;
	}
	assert_int_equal(counts[0], 0);
	for (int delay_ms = 1; delay_ms <= 10; delay_ms++) {
		assert_in_range(counts[delay_ms], 850, 1150);
	}
}

/* How far it has grown stays, within the new bounds. */
static void takes_other_bounds(void **state)
{
	struct backoff backoff;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 4);
	backoff_init(&backoff, 100, 1000, 160);
	(void)backoff_next(&backoff, &rng);
	(void)backoff_next(&backoff, &rng);
	assert_int_equal(backoff.bound_ms, 256);
	backoff_bound(&backoff, 50, 2000, 160);
	assert_int_equal(backoff.bound_ms, 256);
	backoff_bound(&backoff, 50, 200, 160);
	assert_int_equal(backoff.bound_ms, 200);
	backoff_bound(&backoff, 300, 2000, 160);
	assert_int_equal(backoff.bound_ms, 300);
	backoff_bound(&backoff, 300, 200, 160);
	assert_int_equal(backoff.bound_ms, 300);
}

/* From the next pause on. */
static void takes_another_growth(void **state)
{
	struct backoff backoff;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	backoff_init(&backoff, 100, 1000, 100);
	for (int i = 0; i < 10; i++) {
		(void)backoff_next(&backoff, &rng);
		assert_int_equal(backoff.bound_ms, 100);
	}
	backoff_bound(&backoff, 100, 1000, 300);
	(void)backoff_next(&backoff, &rng);
	assert_int_equal(backoff.bound_ms, 300);
	(void)backoff_next(&backoff, &rng);
	assert_int_equal(backoff.bound_ms, 900);
}

static void bears_odd_bounds(void **state)
{
	struct backoff backoff;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3);
	backoff_init(&backoff, 0, 0, 160);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(backoff_next(&backoff, &rng), 1);
	}
	backoff_init(&backoff, 500, 20, 160); /* the larger one counts */
	backoff_next(&backoff, &rng);
	assert_int_equal(backoff.bound_ms, 500);
	backoff_init(&backoff, 1, UINT32_MAX, 160);
	for (int i = 0; i < 100; i++) {
		assert_true(backoff_next(&backoff, &rng) >= 1);
	}
	assert_int_equal(backoff.bound_ms, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_by_1_6_up_to_the_most),
		cmocka_unit_test(draws_evenly_from_the_whole_range),
		cmocka_unit_test(takes_other_bounds),
		cmocka_unit_test(takes_another_growth),
		cmocka_unit_test(bears_odd_bounds),
	};

	return cmocka_run_group_tests_name("net_backoff", tests, NULL, NULL);
}
