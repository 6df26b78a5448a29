#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"

/* The outputs that the authors' own C code gives. */
static void matches_the_published_generators(void **state)
{
	const uint64_t gamma = 0x9e3779b97f4a7c15u;
	struct rng rng = {.s = {1, 2, 3, 4}};

	(void)state;
	assert_true(rng_mix(1234567) == 6457827717110365317u);
	assert_true(rng_mix(1234567 + gamma) == 3203168211198807973u);
	assert_true(rng_next(&rng) == 11520u);
	assert_true(rng_next(&rng) == 0u);
	assert_true(rng_next(&rng) == 1509978240u);
	assert_true(rng_next(&rng) == 1215971899390074240u);
}

static void is_seeded_by_splitmix(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1234567);
	assert_true(rng.s[0] == 6457827717110365317u);
	assert_true(rng.s[1] == 3203168211198807973u);
	assert_true(rng.s[2] == 9817491932198370423u);
	assert_true(rng.s[3] == 4593380528125082431u);
}

static void seeds_from_the_system_differ(void **state)
{
	struct rng a, b;

	(void)state;
	assert_int_equal(rng_seed_from_os(&a), 0);
	assert_int_equal(rng_seed_from_os(&b), 0);
	assert_true(rng_next(&a) != rng_next(&b));
}

static void below_stays_below_and_reaches_all(void **state)
{
	unsigned counts[7] = {0};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	assert_true(rng_below(&rng, 0) == 0);
	assert_true(rng_below(&rng, 1) == 0);
	for (int i = 0; i < 70000; i++) {
		uint64_t drawn = rng_below(&rng, 7);

		assert_true(drawn < 7);
		counts[drawn]++;
	}
	for (int i = 0; i < 7; i++) {
		assert_in_range(counts[i], 9500, 10500); /* five standard deviations */
	}
}

/* Of 3 * 2^62 a plain remainder would give the lowest third twice as often. */
static void below_is_even_for_large_bounds(void **state)
{
	const uint64_t bound = 3ull << 62;
	unsigned low = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 6);
	for (int i = 0; i < 30000; i++) {
		low += rng_below(&rng, bound) < bound / 3;
	}
	assert_in_range(low, 9500, 10500);
}

static void unit_is_even_in_zero_to_one(void **state)
{
	double sum = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 8);
	for (int i = 0; i < 100000; i++) {
		double drawn = rng_unit(&rng);

		assert_true(drawn >= 0 && drawn < 1);
		sum += drawn;
	}
	assert_true(sum > 49500 && sum < 50500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_the_published_generators),
		cmocka_unit_test(is_seeded_by_splitmix),
		cmocka_unit_test(seeds_from_the_system_differ),
		cmocka_unit_test(below_stays_below_and_reaches_all),
		cmocka_unit_test(below_is_even_for_large_bounds),
		cmocka_unit_test(unit_is_even_in_zero_to_one),
	};

	return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
