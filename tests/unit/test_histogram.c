/* Quantiles of the load's times: within 1 % of what sorting all times gives, never under it,
 * never over the largest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "bench/histogram.h"

enum { MANY = 20000 };

static struct histogram histogram;

static int clear(void **state)
{
	(void)state;
	histogram_clear(&histogram);
	return 0;
}

static int by_size(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

	return (first > second) - (first < second);
}

static void none(void **state)
{
	(void)state;
	assert_int_equal(histogram_quantile(&histogram, 0.5), 0);
	assert_int_equal(histogram.total, 0);
}

static void short_times_are_exact(void **state)
{
	(void)state;
	for (uint64_t ns = 1; ns <= 100; ns++) {
		histogram_note(&histogram, ns);
	}
	assert_int_equal(histogram_quantile(&histogram, 0), 1);
	assert_int_equal(histogram_quantile(&histogram, 0.5), 50);
	assert_int_equal(histogram_quantile(&histogram, 0.99), 99);
	assert_int_equal(histogram_quantile(&histogram, 1), 100);
	assert_int_equal(histogram.max_ns, 100);
}

/* Each time alone comes back as itself: the largest bounds its bucket. So the next smaller
 * one is noted with a larger one beside it. */
static void each_power_of_two(void **state)
{
	(void)state;
	for (uint32_t bit = 0; bit < 63; bit++) {
		for (int64_t off = -1; off <= 1; off++) {
			uint64_t ns = (1ull << bit) + (uint64_t)off, got;

			histogram_clear(&histogram);
			histogram_note(&histogram, ns);
			histogram_note(&histogram, UINT64_MAX);
			got = histogram_quantile(&histogram, 0.5);
			assert_true(got >= ns);
			assert_true(got - ns <= ns / 100);
			assert_true(histogram_quantile(&histogram, 1) == UINT64_MAX);
		}
	}
}

static void as_sorting_says(void **state)
{
	static const double shares[] = {0.001, 0.1, 0.5, 0.9, 0.99, 0.999};
	static uint64_t times[MANY];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 42);
	for (size_t i = 0; i < MANY; i++) {
		/* from nanoseconds to minutes, all sizes alike */
		times[i] = rng_next(&rng) >> (28 + rng_below(&rng, 32));
		histogram_note(&histogram, times[i]);
	}
	qsort(times, MANY, sizeof(times[0]), by_size);
	assert_int_equal(histogram.total, MANY);
	assert_true(histogram.max_ns == times[MANY - 1]);
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		uint64_t exact = times[(size_t)(shares[i] * MANY + 0.5) - 1];
		uint64_t got = histogram_quantile(&histogram, shares[i]);

		assert_true(got >= exact);
		assert_true(got - exact <= exact / 100);
	}
}

static void never_over_the_largest(void **state)
{
	(void)state;
	histogram_note(&histogram, 1000003);
	histogram_note(&histogram, 1000001);
	assert_int_equal(histogram_quantile(&histogram, 0.99), 1000003);
}

static void cleared(void **state)
{
	(void)state;
	histogram_note(&histogram, 12345);
	histogram_clear(&histogram);
	assert_int_equal(histogram.total, 0);
	assert_int_equal(histogram.max_ns, 0);
	assert_int_equal(histogram_quantile(&histogram, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(none, clear),
		cmocka_unit_test_setup(short_times_are_exact, clear),
		cmocka_unit_test_setup(each_power_of_two, clear),
		cmocka_unit_test_setup(as_sorting_says, clear),
		cmocka_unit_test_setup(never_over_the_largest, clear),
		cmocka_unit_test_setup(cleared, clear),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
