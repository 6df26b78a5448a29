/* What is drawn is held to its distributions: mean, variance, Kolmogorov-Smirnov, correlation
 * along a track, independence. The seeds are fixed, so nothing here is left to chance. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/draw.h"
#include "base/rng.h"
#include "models/field.h"
#include "models/free_space.h"
#include "models/link.h"
#include "models/parameters.h"
#include "models/shadowing.h"

enum { PAIRS = 20000 };

/* Deviations that a right sample goes beyond once in 15,000 times. */
static const double LIMIT = 4.0;

static void assert_near(double value, double wanted, double tolerance)
{
	if (!(fabs(value - wanted) <= tolerance)) {
		fail_msg("%.12g is not within %g of %.12g", value, tolerance, wanted);
	}
}

/* ------------------------------------------------------------ statistics */

static double mean_of(const double *values, size_t count)
{
	double sum = 0.0;

	for (size_t i = 0; i < count; i++) {
		sum += values[i];
	}
	return sum / (double)count;
}

static double covariance_of(const double *a, const double *b, size_t count)
{
	double mean_a = mean_of(a, count), mean_b = mean_of(b, count), sum = 0.0;

	for (size_t i = 0; i < count; i++) {
		sum += (a[i] - mean_a) * (b[i] - mean_b);
	}
	return sum / (double)count;
}

static double correlation_of(const double *a, const double *b, size_t count)
{
	return covariance_of(a, b, count) /
	       sqrt(covariance_of(a, a, count) * covariance_of(b, b, count));
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Kolmogorov-Smirnov: the greatest distance of the sample's distribution from `cdf`. At a
 * significance of 0.001 it is under 1.95 / sqrt(count). */
static void assert_distributed(double *values, size_t count, double (*cdf)(double x))
{
	double worst = 0.0;

	qsort(values, count, sizeof(*values), ascending);
	for (size_t i = 0; i < count; i++) {
		double p = cdf(values[i]);

		worst = fmax(worst, p - (double)i / (double)count);
		worst = fmax(worst, (double)(i + 1) / (double)count - p);
	}
	assert_near(worst, 0.0, 1.95 / sqrt((double)count));
}

static double normal_cdf(double x)
{
	return 0.5 * erfc(-x * M_SQRT1_2);
}

/* Of a power whose mean is 1 when its field is Rayleigh distributed. */
static double exponential_cdf(double x)
{
	return -expm1(-x);
}

/* The same with a direct wave of K = 4: a noncentral chi-square of two degrees of freedom as
 * Poisson's mixture of Erlang distributions. */
static double rice_cdf(double x)
{
	const double k = 4.0;
	double scaled = (k + 1.0) * x, weight = exp(-k), term = exp(-scaled), tail = term;
	double sum = weight * (1.0 - tail);

	for (int j = 1; j < 80; j++) {
		weight *= k / j;
		term *= scaled / j;
		tail += term;
		sum += weight * (1.0 - tail);
	}
	return sum;
}

/* ---------------------------------------------------------------- scenes */

struct pair {
	char names[2][16];
	struct sim_node nodes[2];
};

static void make_pair(struct pair *pair, unsigned number)
{
	*pair = (struct pair){0};
	snprintf(pair->names[0], sizeof(pair->names[0]), "uav%u", number);
	snprintf(pair->names[1], sizeof(pair->names[1]), "hub%u", number);
	for (size_t i = 0; i < 2; i++) {
		pair->nodes[i].name = slice_str(pair->names[i]);
		pair->nodes[i].has_position = true;
	}
	pair->nodes[0].position = (struct vector){500.0f, -300.0f, 40.0f};
	pair->nodes[1].position = (struct vector){-200.0f, 100.0f, 2.0f};
}

static struct channel channel_of(const char *model)
{
	struct parameter parameter = {slice_str("model"), slice_str(model)};
	struct channel channel;
	struct refusal refusal;

	assert_int_equal(parameters_read(&parameter, 1, &channel, &refusal), 0);
	return channel;
}

static struct prediction predict(const struct channel *channel, const struct pair *pair,
				 uint64_t seed, uint64_t sent_at_us)
{
	struct hash_key key = draw_key(seed);
	struct passage passage = {.transmitter = &pair->nodes[0],
				  .receiver = &pair->nodes[1],
				  .payload_bytes = 100,
				  .sent_at_us = sent_at_us,
				  .key = &key,
				  .scenario = slice_str("meadow")};

	return link_predict(channel, &passage);
}

/* Shadowing of 8 dB in free space, as a number of the standard normal distribution. */
static double shadow(const struct pair *pair, uint64_t seed, double decorrelation_m)
{
	struct channel channel = channel_of("free-space");
	struct link_numbers numbers;
	struct scene scene = scene_between(&pair->nodes[0], &pair->nodes[1]);

	channel.settings.shadowing_db = 8.0;
	channel.settings.decorrelation_m = decorrelation_m;
	numbers = predict(&channel, pair, seed, 0).numbers;
	return ((double)numbers.path_loss_db - free_space_loss_db(2.4e9, scene.distance_m)) / 8.0;
}

/* Its power of fading over the mean; K = 4 with FADING_RICIAN. */
static double faded_power(const struct pair *pair, uint64_t seed, enum fading_choice fading)
{
	struct channel channel = channel_of("free-space");
	struct link_numbers numbers;

	channel.settings.fading = fading;
	channel.settings.k_factor_db = 10.0 * log10(4.0);
	channel.settings.motion = MOTION_TOLD;
	numbers = predict(&channel, pair, seed, 0).numbers;
	return pow(10.0,
		   ((double)numbers.rx_power_dbm + (double)numbers.path_loss_db - 20.0) / 10.0);
}

/* ------------------------------------------------------------- shadowing */

static void hold_to_normal(double *values)
{
	double mean = mean_of(values, PAIRS), variance = covariance_of(values, values, PAIRS);

	assert_near(mean, 0.0, LIMIT / sqrt(PAIRS));
	assert_near(variance, 1.0, LIMIT * sqrt(2.0 / PAIRS));
	assert_distributed(values, PAIRS, normal_cdf);
}

static void test_shadowing_is_normal(void **state)
{
	static const double decorrelation_m[] = {0.0, 1.0, 50.0, 1e6};
	static double values[PAIRS];

	(void)state;
	for (size_t k = 0; k < 4; k++) {
		for (unsigned i = 0; i < PAIRS; i++) {
			struct pair pair;

			make_pair(&pair, i);
			values[i] = shadow(&pair, 7, decorrelation_m[k]);
		}
		hold_to_normal(values);
	}
}

/* How much of `values` is left after the nodes moved so far. */
static void hold_to_decay(const double *values, struct vector moved, struct vector other,
			  double wanted)
{
	static double after[PAIRS];

	for (unsigned i = 0; i < PAIRS; i++) {
		struct pair pair;

		make_pair(&pair, i);
		pair.nodes[0].position.east += moved.east;
		pair.nodes[0].position.north += moved.north;
		pair.nodes[0].position.up += moved.up;
		pair.nodes[1].position.east += other.east;
		pair.nodes[1].position.up += other.up;
		after[i] = shadow(&pair, 7, 50.0);
	}
	/* of a correlation r the deviation is (1 - r^2) / sqrt(count) */
	assert_near(correlation_of(values, after, PAIRS), wanted,
		    0.006 + LIMIT * (1.0 - wanted * wanted) / sqrt(PAIRS));
}

/* exp(-moved / decorrelation distance), whichever of both moves, and whereto. */
static void test_shadowing_decays_along_a_track(void **state)
{
	static const float steps[] = {0.0f, 0.1f, 1.0f, 5.0f, 12.5f, 25.0f, 50.0f, 100.0f, 200.0f};
	static double values[PAIRS];

	(void)state;
	for (unsigned i = 0; i < PAIRS; i++) {
		struct pair pair;

		make_pair(&pair, i);
		values[i] = shadow(&pair, 7, 50.0);
	}
	for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
		float d = steps[k];
		struct vector rest = {0}, east = {.east = d}, up = {.up = d};
		struct vector climb = {.north = 0.6f * d, .up = 0.8f * d};
		double wanted = exp(-(double)d / 50.0);

		hold_to_decay(values, east, rest, wanted);
		hold_to_decay(values, climb, rest, wanted);
		hold_to_decay(values, rest, up, wanted);
		hold_to_decay(values, east, east, exp(-(double)d * M_SQRT2 / 50.0));
	}
}

/* Along one flight it changes a little at a time: nowhere a jump. */
static void test_shadowing_is_continuous(void **state)
{
	struct pair pair;
	double last;

	(void)state;
	make_pair(&pair, 1);
	last = shadow(&pair, 7, 50.0);
	for (int step = 1; step <= 20000; step++) {
		double here;

		pair.nodes[0].position.east = 500.0f + 0.1f * (float)step;
		here = shadow(&pair, 7, 50.0);
		/* E (difference^2) = 2 (1 - exp(-0.002)): a deviation of 0.063 */
		assert_near(here, last, 0.4);
		last = here;
	}
}

static void test_chance_is_reciprocal(void **state)
{
	struct channel channel = channel_of("free-space");

	(void)state;
	channel.settings.shadowing_db = 8.0;
	channel.settings.fading = FADING_RICIAN;
	for (unsigned i = 0; i < 200; i++) {
		struct pair there, back;
		struct prediction one, other;

		make_pair(&there, i);
		there.nodes[0].has_velocity = there.nodes[1].has_velocity = true;
		there.nodes[0].velocity = (struct vector){3.0f, -20.0f, 1.0f};
		there.nodes[1].velocity = (struct vector){0.5f, 0.25f, (float)i};
		back = there;
		back.nodes[0] = there.nodes[1];
		back.nodes[1] = there.nodes[0];
		one = predict(&channel, &there, 7, 1000 * i);
		other = predict(&channel, &back, 7, 1000 * i);
		assert_memory_equal(&one.numbers, &other.numbers, sizeof(one.numbers));
		assert_int_equal(one.valid_for_us, other.valid_for_us);
	}
}

/* Pairs that share a node, seeds, scenarios, and purposes have nothing to do with each other. */
static void test_pairs_and_seeds_are_independent(void **state)
{
	static double first[PAIRS], values[4][PAIRS];
	struct wave_places places = {{500, -300, 40}, {-200, 100, 2}};
	struct hash_key key = draw_key(7);

	(void)state;
	for (unsigned i = 0; i < PAIRS; i++) {
		struct pair pair, other;
		struct draw_pair names;

		make_pair(&pair, i);
		make_pair(&other, i + 1);
		first[i] = shadow(&pair, 7, 50.0);
		values[0][i] = shadow(&pair, 8, 50.0);
		other.nodes[1].name = pair.nodes[1].name;
		values[1][i] = shadow(&other, 7, 50.0);
		names = (struct draw_pair){slice_str("canyon"), pair.nodes[0].name,
					   pair.nodes[1].name};
		values[2][i] = field_normal(FIELD_EXPONENTIAL,
					    draw_word_of_pair(&key, DRAW_SHADOWING_WAVES, &names),
					    &places, 50.0);
		names.scenario = slice_str("meadow");
		values[3][i] = field_normal(FIELD_GAUSSIAN,
					    draw_word_of_pair(&key, DRAW_SIGHT_WAVES, &names),
					    &places, 50.0);
	}
	for (size_t k = 0; k < 4; k++) {
		assert_near(correlation_of(first, values[k], PAIRS), 0.0, LIMIT / sqrt(PAIRS));
	}
}

/* The tables of wave numbers are what their comments say: the solutions for equal areas. */
static void test_wave_numbers(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FIELD_WAVES; i++) {
		double r = field_wave_number(FIELD_EXPONENTIAL, i);
		double c = 1.0 / sqrt(1.0 + r * r);
		double g = field_wave_number(FIELD_GAUSSIAN, i);
		double q = g * g / 4.0;

		assert_near((15.0 * c - 10.0 * c * c * c + 3.0 * pow(c, 5.0)) / 8.0,
			    (i + 0.5) / FIELD_WAVES, 1e-9);
		assert_near(1.0 - exp(-q) * (1.0 + q + q * q / 2.0), (i + 0.5) / FIELD_WAVES, 1e-9);
	}
}

static double smooth(unsigned pair, double moved_m, double other_m)
{
	struct wave_places places = {{500.0 + moved_m, -300.0, 40.0},
				     {-200.0, 100.0, 2.0 + other_m}};

	return field_normal(FIELD_GAUSSIAN, rng_mix(pair), &places, 50.0);
}

/* exp(-(moved / decorrelation distance)^2), whichever of both moves. */
static void test_smooth_field(void **state)
{
	static const double steps[] = {1.0, 10.0, 25.0, 50.0, 75.0, 100.0, 150.0, 300.0};
	static double before[PAIRS], one[PAIRS], both[PAIRS];

	(void)state;
	for (unsigned i = 0; i < PAIRS; i++) {
		before[i] = smooth(i, 0.0, 0.0);
	}
	for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
		double d = steps[k], r = exp(-d * d / 2500.0), r2 = r * r;

		for (unsigned i = 0; i < PAIRS; i++) {
			one[i] = smooth(i, d, 0.0);
			both[i] = smooth(i, d, d);
		}
		assert_near(correlation_of(before, one, PAIRS), r,
			    0.002 + LIMIT * (1.0 - r * r) / sqrt(PAIRS));
		assert_near(correlation_of(before, both, PAIRS), r2,
			    0.002 + LIMIT * (1.0 - r2 * r2) / sqrt(PAIRS));
	}
	hold_to_normal(before);
}

static void test_cosine(void **state)
{
	(void)state;
	for (int i = -40000; i <= 40000; i++) {
		double turns = i * 0.00037;

		assert_near(wave_cos(turns), cos(2.0 * M_PI * turns), 1e-7);
		assert_near(wave_sin(turns), sin(2.0 * M_PI * turns), 1e-7);
		assert_near(wave_cos(turns + 1e12), cos(2.0 * M_PI * turns), 1e-3);
	}
	assert_true(fabs(wave_cos(2e15)) <= 1.0 + 1e-7);
}

/* --------------------------------------------------------- line of sight */

static double chance_of_sight;

static double sight_chance(const struct model_settings *settings, const struct scene *scene)
{
	(void)settings;
	(void)scene;
	return chance_of_sight;
}

static struct path_loss two_branches(const struct model_settings *settings,
				     const struct scene *scene, enum line_of_sight sight)
{
	bool los = sight == LINE_OF_SIGHT_LOS;

	(void)settings;
	(void)scene;
	return (struct path_loss){.mean_db = los ? 80.0 : 110.0,
				  .shadowing_db = los ? 4.0 : 8.0,
				  .decorrelation_m = SIGHT_DECORRELATION_M};
}

static const struct model branching = {
	.name = "branching", .line_of_sight = sight_chance, .path_loss = two_branches};

static struct channel branching_channel(double chance)
{
	struct channel channel = channel_of("free-space");

	channel.model = &branching;
	chance_of_sight = chance;
	return channel;
}

static bool in_sight(double chance, const struct pair *pair)
{
	struct channel channel = branching_channel(chance);

	return predict(&channel, pair, 7, 0).numbers.line_of_sight == LINE_OF_SIGHT_LOS;
}

static void test_sight_has_its_probability(void **state)
{
	static const double chances[] = {0.0, 0.01, 0.3, 0.5, 0.93, 1.0};

	(void)state;
	for (size_t k = 0; k < 6; k++) {
		unsigned seen = 0;

		for (unsigned i = 0; i < PAIRS; i++) {
			struct pair pair;

			make_pair(&pair, i);
			seen += in_sight(chances[k], &pair);
		}
		assert_near(seen, chances[k] * PAIRS,
			    LIMIT * sqrt(chances[k] * (1.0 - chances[k]) * PAIRS));
	}
}

/* Two normal numbers of correlation r have the same sign with probability 1/2 + asin(r) / pi. */
static void test_sight_holds_over_place(void **state)
{
	static const float steps[] = {1.0f, 10.0f, 50.0f, 100.0f, 300.0f};

	(void)state;
	for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
		double moved = (double)steps[k] / SIGHT_DECORRELATION_M;
		double r = exp(-moved * moved);
		double wanted = 0.5 + asin(r) / M_PI;
		unsigned alike = 0;

		for (unsigned i = 0; i < PAIRS; i++) {
			struct pair pair;
			bool before;

			make_pair(&pair, i);
			before = in_sight(0.5, &pair);
			pair.nodes[1].position.north += steps[k];
			alike += before == in_sight(0.5, &pair);
		}
		assert_near((double)alike / PAIRS, wanted,
			    0.003 + LIMIT * sqrt(wanted * (1.0 - wanted) / PAIRS));
	}
}

/* How often sight comes or goes along a way is Rice's rate of crossings of a Gaussian process whose
 * correlation is exp(-(d / D)^2): sqrt(2) / (pi D) exp(-u^2 / 2), u the probability's quantile.
 * However closely one looks: half a metre here. */
static void test_sight_does_not_flicker(void **state)
{
	static const double chances[] = {0.5, 0.9}, quantiles[] = {0.0, 1.2815515655446004};
	enum { TRACKS = 1000, STEPS = 200 };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		double way_m = TRACKS * STEPS * 0.5;
		double wanted = way_m * M_SQRT2 / (M_PI * SIGHT_DECORRELATION_M) *
				exp(-quantiles[k] * quantiles[k] / 2.0);
		unsigned flips = 0;

		for (unsigned i = 0; i < TRACKS; i++) {
			struct pair pair;
			bool last;

			make_pair(&pair, i);
			last = in_sight(chances[k], &pair);
			for (unsigned step = 0; step < STEPS; step++) {
				bool here;

				pair.nodes[i % 2].position.east += 0.5f;
				here = in_sight(chances[k], &pair);
				flips += here != last;
				last = here;
			}
		}
		assert_near(flips, wanted, LIMIT * sqrt(wanted));
	}
}

/* Where the probability rises, who had sight keeps it; and both branches have their own mean
 * and their own spread. */
static void test_sight_chooses_the_branch(void **state)
{
	static double values[2][PAIRS];
	size_t count[2] = {0};

	(void)state;
	for (unsigned i = 0; i < PAIRS; i++) {
		struct channel channel;
		struct link_numbers numbers;
		struct pair pair;
		bool sight;

		make_pair(&pair, i);
		sight = in_sight(0.4, &pair);
		assert_true(!sight || in_sight(0.6, &pair));
		channel = branching_channel(0.4);
		numbers = predict(&channel, &pair, 7, 0).numbers;
		values[sight][count[sight]++] =
			((double)numbers.path_loss_db - (sight ? 80 : 110)) / (sight ? 4.0 : 8.0);
	}
	for (size_t k = 0; k < 2; k++) {
		double n = (double)count[k];

		assert_near(mean_of(values[k], count[k]), 0.0, LIMIT / sqrt(n));
		assert_near(covariance_of(values[k], values[k], count[k]), 1.0,
			    LIMIT * sqrt(2.0 / n));
	}
}

static void test_sight_as_told(void **state)
{
	struct channel channel = branching_channel(0.5);
	struct passage passage = {0};
	struct pair pair;

	(void)state;
	make_pair(&pair, 1);
	passage.transmitter = &pair.nodes[0];
	passage.receiver = &pair.nodes[1];
	channel.settings.los = LOS_ALWAYS;
	chance_of_sight = 0.0;
	assert_int_equal(predict(&channel, &pair, 1, 0).numbers.line_of_sight, LINE_OF_SIGHT_LOS);
	channel.settings.los = LOS_NEVER;
	chance_of_sight = 1.0;
	assert_int_equal(predict(&channel, &pair, 1, 0).numbers.line_of_sight, LINE_OF_SIGHT_NLOS);
	/* without chance: where it is at least as likely as not, and the mean of that branch */
	channel.settings.los = LOS_AUTO;
	chance_of_sight = 0.5;
	assert_true(link_predict(&channel, &passage).numbers.path_loss_db == 80.0f);
	chance_of_sight = nextafter(0.5, 0.0);
	assert_true(link_predict(&channel, &passage).numbers.path_loss_db == 110.0f);
}

/* ---------------------------------------------------------------- fading */

static void sample_power(enum fading_choice fading, struct vector moved, struct vector other,
			 double *values)
{
	for (unsigned i = 0; i < PAIRS; i++) {
		struct pair pair;

		make_pair(&pair, i);
		pair.nodes[0].position.east += moved.east;
		pair.nodes[0].position.up += moved.up;
		pair.nodes[1].position.north += other.north;
		values[i] = faded_power(&pair, 7, fading);
	}
}

/* An exponentially distributed power has mean 1 and variance 1; of 32 waves the variance is
 * 1 - 1/32. A direct wave of K makes it (1 + 2 K) / (1 + K)^2. */
static void test_fading_has_its_distribution(void **state)
{
	static double values[PAIRS];
	double spread;

	(void)state;
	sample_power(FADING_RAYLEIGH, (struct vector){0}, (struct vector){0}, values);
	assert_near(mean_of(values, PAIRS), 1.0, LIMIT / sqrt(PAIRS));
	/* the fourth moment of an exponential about its mean is 9 */
	assert_near(covariance_of(values, values, PAIRS), 1.0 - 1.0 / 32.0,
		    LIMIT * sqrt(8.0 / PAIRS));
	assert_distributed(values, PAIRS, exponential_cdf);

	sample_power(FADING_RICIAN, (struct vector){0}, (struct vector){0}, values);
	spread = 9.0 / 25.0;
	assert_near(mean_of(values, PAIRS), 1.0, LIMIT * sqrt(spread / PAIRS));
	assert_near(covariance_of(values, values, PAIRS), spread,
		    LIMIT * spread * sqrt(4.0 / PAIRS) + 1.0 / 32.0 / 25.0);
	assert_distributed(values, PAIRS, rice_cdf);
}

static double sinc(double turns)
{
	double x = 2.0 * M_PI * turns;

	return x > 0.0 ? sin(x) / x : 1.0;
}

/* The powers of two complex normal numbers of correlation r correlate as r^2. */
static void test_fading_decays_within_a_wavelength(void **state)
{
	static const double turns[] = {0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0};
	static double here[PAIRS], there[PAIRS];
	double lambda_m = 299792458.0 / 2.4e9;
	double tolerance = LIMIT * sqrt(8.0) / sqrt(PAIRS);

	(void)state;
	sample_power(FADING_RAYLEIGH, (struct vector){0}, (struct vector){0}, here);
	for (size_t k = 0; k < sizeof(turns) / sizeof(turns[0]); k++) {
		float d = (float)(turns[k] * lambda_m);
		double wanted = pow(sinc(turns[k]), 2.0);

		sample_power(FADING_RAYLEIGH, (struct vector){.east = d}, (struct vector){0},
			     there);
		assert_near(correlation_of(here, there, PAIRS), wanted, tolerance);
		sample_power(FADING_RAYLEIGH, (struct vector){.up = d}, (struct vector){0}, there);
		assert_near(correlation_of(here, there, PAIRS), wanted, tolerance);
		sample_power(FADING_RAYLEIGH, (struct vector){.up = d}, (struct vector){.north = d},
			     there);
		assert_near(correlation_of(here, there, PAIRS), wanted * wanted, tolerance);
	}
}

/* Where the way is known to be blocked there is no direct wave. */
static void test_no_direct_wave_out_of_sight(void **state)
{
	struct channel channel = branching_channel(0.0);
	unsigned faded[3] = {0};

	(void)state;
	channel.settings.shadowing_db = 0.0;
	channel.settings.k_factor_db = 20.0;
	for (unsigned i = 0; i < 2000; i++) {
		for (int k = 0; k < 3; k++) {
			struct link_numbers numbers;
			struct pair pair;

			make_pair(&pair, i);
			channel.settings.fading = k == 0 ? FADING_RAYLEIGH : FADING_RICIAN;
			channel.settings.los = k == 2 ? LOS_ALWAYS : LOS_NEVER;
			numbers = predict(&channel, &pair, 7, 0).numbers;
			faded[k] += numbers.rx_power_dbm + numbers.path_loss_db < 20.0f - 10.0f;
		}
	}
	/* a power under a tenth of the mean: 1 - exp(-0.1) */
	assert_near(faded[0], 190.0, 55.0);
	assert_int_equal(faded[1], faded[0]);
	assert_int_equal(faded[2], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shadowing_is_normal),
		cmocka_unit_test(test_shadowing_decays_along_a_track),
		cmocka_unit_test(test_shadowing_is_continuous),
		cmocka_unit_test(test_chance_is_reciprocal),
		cmocka_unit_test(test_pairs_and_seeds_are_independent),
		cmocka_unit_test(test_wave_numbers),
		cmocka_unit_test(test_smooth_field),
		cmocka_unit_test(test_cosine),
		cmocka_unit_test(test_sight_has_its_probability),
		cmocka_unit_test(test_sight_holds_over_place),
		cmocka_unit_test(test_sight_does_not_flicker),
		cmocka_unit_test(test_sight_chooses_the_branch),
		cmocka_unit_test(test_sight_as_told),
		cmocka_unit_test(test_fading_has_its_distribution),
		cmocka_unit_test(test_fading_decays_within_a_wavelength),
		cmocka_unit_test(test_no_direct_wave_out_of_sight),
	};

	return cmocka_run_group_tests_name("sim_chance", tests, NULL, NULL);
}
