#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "draw.h"

static struct draw_subject subject(const char *scenario, const char *origin,
				   const char *transmitter, const char *receiver, uint64_t sequence)
{
	return (struct draw_subject){slice_str(scenario), slice_str(origin), slice_str(transmitter),
				     slice_str(receiver), sequence};
}

static uint32_t draw(uint64_t seed, struct draw_subject about)
{
	struct hash_key key = draw_key(seed);

	return draw_bits(&key, DRAW_PACKET_ERROR, &about);
}

/* Worked out by a program of its own from README.md's description: runs that
 * people have recorded must come out the same with later versions. */
static void test_recorded(void **state)
{
	(void)state;
	assert_int_equal(draw(1, subject("meadow", "uav1", "uav1", "uav2", 1)), 0x70e8b3b2);
	assert_int_equal(draw(1, subject("meadow", "uav1", "hub", "uav2", (1ull << 40) + 7)),
			 0x5e52469f);
	assert_int_equal(draw(0xfedcba9876543210,
			      subject("s", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "b", "c", 3)),
			 0xc20521ee);
}

static void test_every_part_counts(void **state)
{
	uint32_t seen[] = {
		draw(1, subject("s", "o", "t", "r", 1)),
		draw(2, subject("s", "o", "t", "r", 1)),
		draw(1, subject("s2", "o", "t", "r", 1)),
		draw(1, subject("s", "o2", "t", "r", 1)),
		draw(1, subject("s", "o", "t2", "r", 1)),
		draw(1, subject("s", "o", "t", "r2", 1)),
		draw(1, subject("s", "o", "t", "r", 2)),
		draw(1, subject("s", "o", "r", "t", 1)),
		/* the same bytes, parted elsewhere */
		draw(1, subject("so", "", "t", "r", 1)),
		draw(1, subject("s", "", "ot", "r", 1)),
		draw(1, subject("s", "o", "tr", "", 1)),
	};
	size_t count = sizeof(seen) / sizeof(seen[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			assert_int_not_equal(seen[i], seen[j]);
		}
	}
}

/* Names in other memory, asked for in another order: the same draws. */
static void test_order_plays_no_part(void **state)
{
	enum { DRAWS = 1000 };
	uint32_t forward[DRAWS];
	char name[] = "uav2";

	(void)state;
	for (uint64_t i = 0; i < DRAWS; i++) {
		forward[i] = draw(7, subject("meadow", "uav1", "uav1", "uav2", i));
	}
	for (uint64_t i = DRAWS; i-- > 0;) {
		(void)draw(7, subject("meadow", name, name, "uav3", i));
		assert_int_equal(forward[i], draw(7, subject("meadow", "uav1", "uav1", name, i)));
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

enum { SAMPLES = 100000 };

static void fill_samples(uint32_t *samples, uint64_t seed)
{
	char receiver[16];

	for (unsigned i = 0; i < SAMPLES; i++) {
		snprintf(receiver, sizeof(receiver), "uav%u", i % 100);
		samples[i] = draw(seed, subject("meadow", "uav1", "uav1", receiver, i / 100));
	}
}

/* Mean, and Kolmogorov and Smirnov's distance from evenness: sqrt(n) D stays
 * under 1.95 in 999 of 1000 cases; the seeds are fixed. */
static void test_even(void **state)
{
	static uint32_t samples[SAMPLES];

	(void)state;
	for (uint64_t seed = 0; seed < 4; seed++) {
		double sum = 0.0;
		double worst = 0.0;

		fill_samples(samples, seed);
		qsort(samples, SAMPLES, sizeof(samples[0]), compare);
		for (unsigned i = 0; i < SAMPLES; i++) {
			double u = samples[i] / 4294967296.0;

			sum += u;
			worst = fmax(worst, fabs(u - (i + 0.5) / SAMPLES) + 0.5 / SAMPLES);
		}
		/* four standard deviations of the mean, 1 / sqrt(12 n) each */
		assert_true(fabs(sum / SAMPLES - 0.5) < 4.0 / sqrt(12.0 * SAMPLES));
		assert_true(worst * sqrt((double)SAMPLES) < 1.95);
	}
}

/* Neighbours in sequence and in receiver do not hang together. */
static void test_uncorrelated(void **state)
{
	static const unsigned lags[] = {1, 100};
	static uint32_t samples[SAMPLES];

	(void)state;
	fill_samples(samples, 11);
	for (unsigned k = 0; k < 2; k++) {
		unsigned pairs = SAMPLES - lags[k];
		double sum = 0.0;

		for (unsigned i = 0; i < pairs; i++) {
			sum += (samples[i] / 4294967296.0 - 0.5) *
			       (samples[i + lags[k]] / 4294967296.0 - 0.5);
		}
		/* correlation: covariance over 1/12, standard deviation 1 / sqrt(n) */
		assert_true(fabs(12.0 * sum / pairs) < 4.0 / sqrt((double)pairs));
	}
}

static void test_happens(void **state)
{
	static uint32_t samples[SAMPLES];
	unsigned count = 0;

	(void)state;
	assert_false(draw_happens(0, 0.0));
	assert_true(draw_happens(UINT32_MAX, 1.0));
	assert_true(draw_happens(0x7fffffff, 0.5));
	assert_false(draw_happens(0x80000000, 0.5));
	/* one step of a double away: the same decision */
	assert_true(draw_happens(0x7fffffff, nextafter(0.5, 0.0)));
	assert_false(draw_happens(0x80000000, nextafter(0.5, 1.0)));
	/* under 2^-33: never */
	assert_false(draw_happens(0, 1e-10));

	fill_samples(samples, 5);
	for (unsigned i = 0; i < SAMPLES; i++) {
		count += draw_happens(samples[i], 0.3);
	}
	assert_true(fabs(count - 0.3 * SAMPLES) < 4.0 * sqrt(0.3 * 0.7 * SAMPLES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_every_part_counts),
		cmocka_unit_test(test_order_plays_no_part),
		cmocka_unit_test(test_even),
		cmocka_unit_test(test_uncorrelated),
		cmocka_unit_test(test_happens),
	};

	return cmocka_run_group_tests_name("sim_draw", tests, NULL, NULL);
}
