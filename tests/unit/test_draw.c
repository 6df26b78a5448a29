#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/draw.h"
#include "base/normal.h"

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

static uint32_t draw_pair(uint64_t seed, const char *scenario, const char *one, const char *other)
{
	struct hash_key key = draw_key(seed);
	struct draw_pair pair = {slice_str(scenario), slice_str(one), slice_str(other)};

	return draw_bits_of_pair(&key, DRAW_SHADOWING, &pair);
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
	assert_int_equal(draw_pair(1, "meadow", "uav1", "uav2"), 0xae83b9ad);
	assert_int_equal(draw_pair(1, "meadow", "uav2", "uav10"), 0x5a39ea43);
	assert_int_equal(
		draw_pair(0xfedcba9876543210, "s", "b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		0xb2dce38e);
	assert_int_equal(draw_pair(7, "s", "uav", "uav1"), 0xe91ab408);
	assert_int_equal(draw_pair(7, "s", "u", "u"), 0x1239d8ed);
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

static void test_every_part_of_a_pair_counts(void **state)
{
	struct hash_key key = draw_key(1);
	struct draw_pair same = {slice_str("s"), slice_str("a"), slice_str("b")};
	uint32_t seen[] = {
		draw_pair(1, "s", "a", "b"),
		draw_pair(2, "s", "a", "b"),
		draw_pair(1, "t", "a", "b"),
		draw_pair(1, "s", "a", "c"),
		draw_pair(1, "s", "c", "b"),
		draw_pair(1, "s", "a", "a"),
		draw_pair(1, "sa", "", "b"),
		draw_pair(1, "s", "", "ab"),
		draw_pair(1, "s", "a", "b\x01"),
		draw_bits_of_pair(&key, DRAW_PACKET_ERROR, &same),
		draw(1, subject("s", "", "a", "b", 0)),
	};
	size_t count = sizeof(seen) / sizeof(seen[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			assert_int_not_equal(seen[i], seen[j]);
		}
	}
}

/* Among the names some that begin alike, and bytes above 127. */
static void test_a_pair_has_no_order(void **state)
{
	static const char *const names[] = {"",	     "a",    "ab",   "b",	 "uav1",
					    "uav10", "uav2", "\x7f", "\xc3\xa4", "\xff"};
	enum { NAMES = sizeof(names) / sizeof(names[0]) };

	(void)state;
	for (size_t i = 0; i < NAMES; i++) {
		for (size_t j = 0; j < NAMES; j++) {
			assert_int_equal(draw_pair(9, "s", names[i], names[j]),
					 draw_pair(9, "s", names[j], names[i]));
		}
	}
}

/* 64 bits of a pair, of which 32 are its draw; and which of both is the first. */
static void test_words_and_order_of_pairs(void **state)
{
	struct hash_key key = draw_key(1);
	struct draw_pair pair = {slice_str("meadow"), slice_str("uav1"), slice_str("uav10")};
	struct draw_pair turned = {pair.scenario, pair.other, pair.one};
	uint64_t word = draw_word_of_pair(&key, DRAW_SHADOWING, &pair);

	(void)state;
	assert_int_equal(word >> 32, draw_bits_of_pair(&key, DRAW_SHADOWING, &pair));
	assert_true(word == draw_word_of_pair(&key, DRAW_SHADOWING, &turned));
	assert_true(word != draw_word_of_pair(&key, DRAW_SHADOWING_WAVES, &pair));
	assert_true((uint32_t)word != (uint32_t)(word >> 32));
	assert_true(draw_pair_is_in_order(&pair));
	assert_false(draw_pair_is_in_order(&turned));
	turned.other = turned.one;
	assert_false(draw_pair_is_in_order(&turned));
	turned.other = slice_str("uav9");
	assert_true(draw_pair_is_in_order(&turned));
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

/* ------------------------------------------------------- normal distribution */

/* Published percentage points, and the distribution function turned round:
 * erfc(-z / sqrt 2) / 2 (of the smaller side, which keeps its digits). */
static void test_quantile(void **state)
{
	(void)state;
	assert_true(normal_quantile(0.5) == 0.0);
	assert_true(fabs(normal_quantile(0.75) - 0.674489750196082) < 1e-14);
	assert_true(fabs(normal_quantile(0.9) - 1.2815515655446004) < 1e-14);
	assert_true(fabs(normal_quantile(0.975) - 1.959963984540054) < 1e-14);
	assert_true(fabs(normal_quantile(0.9999) - 3.719016485455709) < 1e-12);
	assert_true(fabs(normal_quantile(1e-20) + 9.262340089798408) < 1e-13);
	for (int step = 0; step < 3000; step++) { /* down to 1e-300 */
		double p = 0.499 * pow(0.1, step / 10.0);
		double z = normal_quantile(p);

		/* a step of z changes p by z p of it */
		assert_true(fabs(0.5 * erfc(-z * M_SQRT1_2) / p - 1.0) < 1e-14 * (1.0 + z * z));
	}
}

/* Both halves alike, rising, and bounded. */
static void test_normal_of_bits(void **state)
{
	double last = -7.0;

	(void)state;
	for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 99991) {
		double z = draw_normal((uint32_t)bits);

		assert_true(z == -draw_normal(UINT32_MAX - (uint32_t)bits));
		assert_true(z > last);
		last = z;
	}
	assert_true(draw_normal(0) > -6.34 && draw_normal(UINT32_MAX) < 6.34);
	assert_true(draw_normal(0) < -6.3);
}

static int compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* All pairs of 448 names. */
static void fill_normal(double *samples, uint64_t seed)
{
	char names[448][8];
	unsigned count = 0;

	for (unsigned i = 0; i < 448; i++) {
		snprintf(names[i], sizeof(names[i]), "uav%u", i);
		for (unsigned j = 0; j < i && count < SAMPLES; j++) {
			samples[count++] =
				draw_normal(draw_pair(seed, "meadow", names[i], names[j]));
		}
	}
	assert_int_equal(count, SAMPLES);
}

/* The pairs' mean and standard deviation, each within four standard deviations of it,
 * and Kolmogorov and Smirnov's distance, as above. */
static void test_normal(void **state)
{
	static double samples[SAMPLES];

	(void)state;
	for (uint64_t seed = 0; seed < 4; seed++) {
		double sum = 0.0;
		double squares = 0.0;
		double worst = 0.0;

		fill_normal(samples, seed);
		qsort(samples, SAMPLES, sizeof(samples[0]), compare_numbers);
		for (unsigned i = 0; i < SAMPLES; i++) {
			double under = 0.5 * erfc(-samples[i] * M_SQRT1_2);

			sum += samples[i];
			squares += samples[i] * samples[i];
			worst = fmax(worst, fabs(under - (i + 0.5) / SAMPLES) + 0.5 / SAMPLES);
		}
		assert_true(fabs(sum / SAMPLES) < 4.0 / sqrt((double)SAMPLES));
		assert_true(fabs(sqrt(squares / SAMPLES) - 1.0) < 4.0 / sqrt(2.0 * SAMPLES));
		assert_true(worst * sqrt((double)SAMPLES) < 1.95);
	}
}

/* Pairs that share a node do not hang together. */
static void test_pairs_are_uncorrelated(void **state)
{
	enum { NODES = 20000 };
	double sum = 0.0;
	double last = 0.0;
	char name[16];

	(void)state;
	for (unsigned i = 0; i < NODES; i++) {
		double z;

		snprintf(name, sizeof(name), "uav%u", i);
		z = draw_normal(draw_pair(3, "meadow", "hub", name));
		sum += z * last;
		last = z;
	}
	assert_true(fabs(sum / NODES) < 4.0 / sqrt((double)NODES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_every_part_counts),
		cmocka_unit_test(test_every_part_of_a_pair_counts),
		cmocka_unit_test(test_a_pair_has_no_order),
		cmocka_unit_test(test_words_and_order_of_pairs),
		cmocka_unit_test(test_order_plays_no_part),
		cmocka_unit_test(test_even),
		cmocka_unit_test(test_uncorrelated),
		cmocka_unit_test(test_happens),
		cmocka_unit_test(test_quantile),
		cmocka_unit_test(test_normal_of_bits),
		cmocka_unit_test(test_normal),
		cmocka_unit_test(test_pairs_are_uncorrelated),
	};

	return cmocka_run_group_tests_name("sim_draw", tests, NULL, NULL);
}
