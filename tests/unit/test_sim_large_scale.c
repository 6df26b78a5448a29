/* Path loss and line of sight of the models to which heights and places matter: what has been
 * published of them, and what must hold wherever the nodes are. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "models/free_space.h"
#include "models/parameters.h"

static void assert_near(double value, double wanted, double tolerance)
{
	if (!(fabs(value - wanted) <= tolerance)) {
		fail_msg("%.12g is not within %g of %.12g", value, tolerance, wanted);
	}
}

/* "key", "value", ... of `model`, NULL behind the last. */
static struct channel channel_of(const char *model, const char *const *pairs)
{
	struct parameter parameters[12] = {{slice_str("model"), slice_str(model)}};
	size_t count = 1;
	struct channel channel;
	struct refusal refusal;

	for (; pairs && pairs[0]; pairs += 2) {
		parameters[count++] = (struct parameter){slice_str(pairs[0]), slice_str(pairs[1])};
	}
	if (parameters_read(parameters, count, &channel, &refusal) < 0) {
		fail_msg("%s", refusal.text);
	}
	return channel;
}

#define CHANNEL(model, ...) channel_of(model, (const char *const[]){__VA_ARGS__, NULL})

static struct scene scene_at(double low, double high, double horizontal)
{
	struct sim_node transmitter = {.has_position = true, .position = {.up = (float)low}};
	struct sim_node receiver = {.has_position = true,
				    .position = {.east = (float)horizontal, .up = (float)high}};

	return scene_between(&transmitter, &receiver);
}

static struct path_loss loss_of(const struct channel *channel, double low, double high,
				double horizontal, bool los)
{
	struct scene scene = scene_at(low, high, horizontal);
	struct path_loss loss = channel->model->path_loss(
		&channel->settings, &scene, los ? LINE_OF_SIGHT_LOS : LINE_OF_SIGHT_NLOS);

	/* it takes the function of that name for a constructor of the struct */
	/* cppcheck-suppress returnDanglingLifetime */
	return loss;
}

static double mean_of(const struct channel *channel, double low, double high, double horizontal,
		      bool los)
{
	return loss_of(channel, low, high, horizontal, los).mean_db;
}

static double seen_of(const struct channel *channel, double low, double high, double horizontal)
{
	struct scene scene = scene_at(low, high, horizontal);

	return channel->model->line_of_sight(&channel->settings, &scene);
}

/* ---------------------------------------------------------- air-to-ground */

/* Mean loss over both branches where the receiver is 1 km from the platform's foot. */
static double coverage_edge_db(const struct channel *channel, double degrees)
{
	double height = 1000.0 * tan(degrees * M_PI / 180.0);
	double seen = seen_of(channel, 0.0, height, 1000.0);

	return seen * mean_of(channel, 0.0, height, 1000.0, true) +
	       (1.0 - seen) * mean_of(channel, 0.0, height, 1000.0, false);
}

/* The elevations of widest coverage that the letter tells: sub-urban 20.34, urban 42.44, dense
 * 54.62 and high-rise 75.52 degrees. They follow from all four numbers of an environment. */
static void test_optimal_elevation(void **state)
{
	static const struct {
		const char *environment;
		double degrees;
	} published[] = {
		{"sub-urban", 20.34}, {"urban", 42.44}, {"dense", 54.62}, {"high-rise", 75.52}};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct channel channel = CHANNEL("air-to-ground", "frequency_hz", "2e9",
						 "environment", published[i].environment);
		double best = 0.0;
		double least = INFINITY;

		for (int hundredth = 100; hundredth < 8900; hundredth++) {
			double degrees = hundredth / 100.0;
			double loss = coverage_edge_db(&channel, degrees);

			if (loss < least) {
				least = loss;
				best = degrees;
			}
		}
		assert_near(best, published[i].degrees, 0.02);
	}
}

/* Overhead the town is out of the way; near the horizon a high one hides all. */
static void test_elevation_decides(void **state)
{
	struct channel urban = CHANNEL("air-to-ground", "environment", "urban");
	struct channel high_rise = CHANNEL("air-to-ground", "environment", "high-rise");
	double last = 0.0;

	(void)state;
	assert_true(seen_of(&urban, 0.0, 300.0, 0.0) > 0.9999);
	assert_true(seen_of(&high_rise, 0.0, 10.0, 5000.0) < 0.01);
	/* where the angle is a, it is 1 / (1 + a): 9.61 degrees are 100 m in 590.6 m */
	assert_near(seen_of(&urban, 0.0, 100.0, 590.624), 1.0 / 10.61, 1e-4);
	for (int height = 0; height <= 1000; height += 10) {
		double seen = seen_of(&urban, 0.0, height, 300.0);

		assert_true(seen > last);
		assert_true(seen > seen_of(&high_rise, 0.0, height, 300.0));
		last = seen;
	}
	/* who sends makes no difference */
	assert_near(seen_of(&urban, 80.0, 2.0, 300.0), seen_of(&urban, 2.0, 80.0, 300.0), 0.0);
	assert_near(mean_of(&urban, 80.0, 2.0, 300.0, false),
		    mean_of(&urban, 2.0, 80.0, 300.0, false), 0.0);
	assert_near(mean_of(&urban, 0.0, 300.0, 400.0, true),
		    free_space_loss_db(2.4e9, 500.0) + 1.0, 1e-9);
}

/* ---------------------------------------------------------------- two-ray */

/* Rappaport, Wireless Communications, 2nd ed., example 4.6: 900 MHz, antennas at 50 m and 1.5 m.
 * At 5 km there are 113.1 uV/m, while free space would leave 200 uV/m of 1 mV/m at 1 km. The
 * book takes the sine for its argument, which is 0.1 dB here. */
static void test_two_ray_published(void **state)
{
	struct channel crossover =
		CHANNEL("two-ray", "frequency_hz", "900e6", "ground", "crossover");
	struct channel fresnel = CHANNEL("two-ray", "frequency_hz", "900e6", "polarization",
					 "horizontal", "permittivity", "100");
	double free_space = free_space_loss_db(900e6, 5000.0);
	double published = free_space - 20.0 * log10(113.1 / 200.0);

	(void)state;
	assert_near(mean_of(&crossover, 1.5, 50.0, 5000.0, true), published, 0.01);
	assert_near(mean_of(&fresnel, 1.5, 50.0, 5000.0, true), published, 0.2);
	/* 2 sin(2 pi h1 h2 / (lambda d)), before the approximation */
	assert_near(mean_of(&fresnel, 1.5, 50.0, 5000.0, true),
		    free_space - 20.0 * log10(2.0 * sin(2.0 * M_PI * 75.0 * 900e6 /
							(SPEED_OF_LIGHT_MPS * 5000.0))),
		    0.1);
}

/* Near grazing the ground turns the wave over: rays that are whole wavelengths apart cancel, half
 * wavelengths apart they add up to twice the field, 6.02 dB. */
static void test_rays_cancel_and_add(void **state)
{
	struct channel channel = CHANNEL("two-ray", "polarization", "horizontal");
	double wavelength = SPEED_OF_LIGHT_MPS / 2.4e9;

	(void)state;
	for (int halves = 1; halves <= 6; halves++) {
		/* d2 - d1 is close to 2 h1 h2 / d */
		double distance = 2.0 * 2.0 * 20.0 / (halves * wavelength / 2.0);
		double gain = free_space_loss_db(2.4e9, hypot(distance, 18.0)) -
			      mean_of(&channel, 2.0, 20.0, distance, true);

		if (halves % 2) {
			assert_near(gain, 6.02, 0.3);
		} else {
			assert_true(gain < -15.0);
		}
	}
}

/* Far out both grounds and both polarizations come to the same: 40 dB a decade. */
static void test_two_ray_far(void **state)
{
	static const char *const polarizations[] = {"vertical", "horizontal"};
	struct channel crossover = CHANNEL("two-ray", "ground", "crossover");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct channel fresnel = CHANNEL("two-ray", "polarization", polarizations[i]);

		assert_near(mean_of(&fresnel, 2.0, 30.0, 3e5, true),
			    mean_of(&crossover, 2.0, 30.0, 3e5, true), 0.05);
		assert_near(mean_of(&fresnel, 2.0, 30.0, 3e6, true) -
				    mean_of(&fresnel, 2.0, 30.0, 3e5, true),
			    40.0, 0.05);
	}
}

/* A ground that is as empty as the air reflects nothing. */
static void test_no_ground(void **state)
{
	struct channel channel =
		CHANNEL("two-ray", "permittivity", "1", "conductivity_s_per_m", "0");

	(void)state;
	for (int step = 0; step < 22; step++) {
		double distance = pow(1.7, step);

		assert_near(mean_of(&channel, 2.0, 50.0, distance, true),
			    free_space_loss_db(2.4e9, hypot(distance, 48.0)), 1e-6);
	}
}

/* At Brewster's angle, tan = 1 / sqrt(permittivity) over the ground, a vertical wave goes
 * into the ground: with permittivity 9 that is 3 of distance to 1 of both heights together. */
static void test_brewster(void **state)
{
	struct channel vertical =
		CHANNEL("two-ray", "permittivity", "9", "conductivity_s_per_m", "0");
	struct channel horizontal = CHANNEL("two-ray", "permittivity", "9", "conductivity_s_per_m",
					    "0", "polarization", "horizontal");
	double clear = free_space_loss_db(2.4e9, hypot(300.0, 90.0));
	double most = 0.0;

	(void)state;
	assert_near(mean_of(&vertical, 5.0, 95.0, 300.0, true), clear, 1e-6);
	/* a horizontal one does not */
	for (int tenth = 2900; tenth < 3100; tenth++) {
		double distance = tenth / 10.0;

		most = fmax(most, fabs(mean_of(&horizontal, 5.0, 95.0, distance, true) - clear));
	}
	assert_true(most > 5.0);
}

/* ------------------------------------------------------------------- 3GPP */

/* By hand from TR 38.901, table 7.4.1-1. Nodes on the ground below a base station at its usual
 * height; d_3D of 100 m, where the logarithms are whole, is 97.2 m of ground in UMa. */
static void test_cells_by_hand(void **state)
{
	struct channel rma = CHANNEL("3gpp-rma", "frequency_hz", "1e9");
	struct channel uma = CHANNEL("3gpp-uma", "frequency_hz", "1e9");
	struct channel umi = CHANNEL("3gpp-umi", "frequency_hz", "10e9");
	double uma_ground = sqrt(100.0 * 100.0 - 23.5 * 23.5);
	double umi_ground = sqrt(100.0 * 100.0 - 8.5 * 8.5);

	(void)state;
	/* d'_BP = 4 * 24 * 0.5 * 1e9 / 3e8 = 160 m: before it, 28 + 44 + 0 */
	assert_near(mean_of(&uma, 0.0, 1.5, uma_ground, true), 72.0, 1e-4);
	/* 13.54 + 78.16 + 0 - 0 */
	assert_near(mean_of(&uma, 0.0, 1.5, uma_ground, false), 91.7, 1e-4);
	/* d'_BP = 4 * 9 * 0.5 * 1e10 / 3e8 = 600 m: before it, 32.4 + 42 + 20 */
	assert_near(mean_of(&umi, 0.0, 1.5, umi_ground, true), 94.4, 1e-4);
	/* 70.6 + 22.4 + 21.3 - 0 */
	assert_near(mean_of(&umi, 0.0, 1.5, umi_ground, false), 114.3, 1e-4);
	/* exp(-1): 1010 m out in the country (table 7.4.2-1) */
	assert_near(seen_of(&rma, 0.0, 1.5, 1010.0), exp(-1.0), 1e-9);
	assert_near(seen_of(&rma, 0.0, 1.5, 10.0), 1.0, 0.0);
	assert_near(seen_of(&umi, 0.0, 1.5, 36.0), 0.5 + 0.5 * exp(-1.0), 1e-9);
}

/* By hand from TR 36.777, tables B-1 to B-3, at 100 m, where the logarithms are whole. */
static void test_aerial_by_hand(void **state)
{
	struct channel rma = CHANNEL("3gpp-rma", "frequency_hz", "1e9");
	struct channel uma = CHANNEL("3gpp-uma", "frequency_hz", "1e9");
	struct channel umi = CHANNEL("3gpp-umi", "frequency_hz", "1e9");
	double first_metre = 20.0 * log10(40.0 * M_PI / 3.0);
	/* of 1 km in a straight line, from bases at 35 m, 25 m and 10 m */
	double rma_ground = sqrt(1e6 - 65.0 * 65.0);
	double uma_ground = sqrt(1e6 - 75.0 * 75.0);
	double umi_ground = sqrt(1e6 - 90.0 * 90.0);

	(void)state;
	/* max(23.9 - 3.6, 20) = 20.3 dB a decade; -12 + 3 (35 - 10.6) */
	assert_near(mean_of(&rma, 0.0, 100.0, rma_ground, true), 60.9 + first_metre, 1e-4);
	assert_near(mean_of(&rma, 0.0, 100.0, rma_ground, false), 61.2 + first_metre, 1e-4);
	/* 28 + 66; -17.5 + 3 (46 - 14) */
	assert_near(mean_of(&uma, 0.0, 100.0, uma_ground, true), 94.0, 1e-4);
	assert_near(mean_of(&uma, 0.0, 100.0, uma_ground, false), 78.5 + first_metre, 1e-4);
	/* 30.9 + 3 (22.25 - 1); 32.4 + 3 (43.2 - 15.2) */
	assert_near(mean_of(&umi, 0.0, 100.0, umi_ground, true), 94.65, 1e-4);
	assert_near(mean_of(&umi, 0.0, 100.0, umi_ground, false), 116.4, 1e-4);
	/* p1 = 467.01, d1 = 155.16; UMa: p1 = 4800, d1 = 220 */
	assert_near(seen_of(&umi, 0.0, 100.0, 1000.0),
		    0.15516 + exp(-1000.0 / 467.01) * (1.0 - 0.15516), 1e-6);
	assert_near(seen_of(&uma, 0.0, 100.0, 1000.0), 0.22 + exp(-1000.0 / 4800.0) * 0.78, 1e-6);
	assert_near(loss_of(&umi, 0.0, 100.0, 500.0, true).shadowing_db, 2.0, 0.0);
	assert_near(loss_of(&uma, 0.0, 100.0, 500.0, true).shadowing_db, 4.64 * exp(-0.66), 1e-9);
	assert_near(loss_of(&rma, 0.0, 100.0, 500.0, true).shadowing_db, 4.2 * exp(-0.46), 1e-9);
}

/* The base is the lower node, raised; the higher one is the terminal; whoever sends. */
static void test_who_is_base(void **state)
{
	struct channel uma = CHANNEL("3gpp-uma", "los", "auto");
	struct channel mast = CHANNEL("3gpp-uma", "base_height_m", "40");

	(void)state;
	assert_near(mean_of(&uma, 3.0, 90.0, 400.0, true), mean_of(&uma, 90.0, 3.0, 400.0, true),
		    0.0);
	/* under 25 m nothing changes, over it the base rises */
	assert_near(mean_of(&uma, 3.0, 90.0, 60.0, true), mean_of(&uma, 25.0, 90.0, 60.0, true),
		    0.0);
	assert_true(mean_of(&uma, 60.0, 90.0, 60.0, true) < mean_of(&uma, 25.0, 90.0, 60.0, true));
	assert_near(mean_of(&mast, 3.0, 90.0, 60.0, true), mean_of(&uma, 40.0, 90.0, 60.0, true),
		    0.0);
	/* nobody's antenna is below 1.5 m, nor nearer than 10 m over ground */
	assert_near(mean_of(&uma, -20.0, -3.0, 400.0, false), mean_of(&uma, 0.0, 1.5, 400.0, false),
		    0.0);
	assert_near(mean_of(&uma, 0.0, 1.5, 0.0, true), mean_of(&uma, 0.0, 1.5, 10.0, true), 0.0);
	/* over 300 m the coefficients stay, the way grows */
	assert_near(mean_of(&uma, 0.0, 725.0, 0.0, false) - mean_of(&uma, 0.0, 375.0, 0.0, false),
		    (46.0 - 7.0 * log10(300.0)) * log10(hypot(700.0, 10.0) / hypot(350.0, 10.0)),
		    1e-9);
}

static const char *const cells[] = {"3gpp-rma", "3gpp-uma", "3gpp-umi"};
/* On both sides of every height at which formulas change. */
static const double heights[] = {1.5,  5.0,  10.0,  10.1,  13.0,  22.5,	 22.6,
				 40.0, 40.1, 100.0, 100.1, 300.0, 1000.0};
enum { HEIGHTS = sizeof(heights) / sizeof(heights[0]) };

/* 10 m to 10 km in steps of 0.2 %, by which 40 dB a decade are 0.035 dB. */
enum { STEPS = 3457 };

static double distance_at(int step)
{
	return 10.0 * pow(1.002, step);
}

/* Loss only grows with distance, without a jump at any breakpoint. */
static void hold_loss_to_distance(const struct channel *channel, double height, bool los)
{
	double last = mean_of(channel, 0.0, height, distance_at(0), los);

	for (int step = 1; step < STEPS; step++) {
		double distance = distance_at(step);
		double mean = mean_of(channel, 0.0, height, distance, los);

		if (!(mean >= last - 1e-6 && mean - last < 0.06)) {
			fail_msg("%s at %g m, height %g, los %d: from %g dB to %g dB",
				 channel->model->name, distance, height, los, last, mean);
		}
		assert_true(mean_of(channel, 0.0, height, distance, false) >=
			    mean_of(channel, 0.0, height, distance, true));
		last = mean;
	}
}

/* Line of sight only becomes rarer; but from 13 m to 22.5 m UMa has a term that lets it rise
 * again. */
static void hold_sight_to_distance(const struct channel *channel, double height)
{
	double slack = height > 13.0 && height <= 22.5 ? 0.01 : 0.0;
	double last = 1.0;

	for (int step = 0; step < STEPS; step++) {
		double seen = seen_of(channel, 0.0, height, distance_at(step));

		assert_true(seen <= last + slack);
		last = seen;
	}
}

static void test_distance(void **state)
{
	(void)state;
	for (size_t cell = 0; cell < 3; cell++) {
		for (size_t i = 0; i < HEIGHTS; i++) {
			struct channel channel = CHANNEL(cells[cell], "frequency_hz", "5.8e9");

			hold_loss_to_distance(&channel, heights[i], true);
			hold_loss_to_distance(&channel, heights[i], false);
			hold_sight_to_distance(&channel, heights[i]);
		}
	}
}

static double widest_step(const struct channel *channel, double height, bool los)
{
	double widest = 0.0;

	for (int step = 0; distance_at(step) < 4000.0; step += 20) {
		double below = mean_of(channel, 0.0, height, distance_at(step), los);
		double above = mean_of(channel, 0.0, height + 0.01, distance_at(step), los);

		widest = fmax(widest, fabs(above - below));
	}
	return widest;
}

/* Where the tables of one report hand over to those of the other they do not meet: README.md says
 * by how much. */
static void test_step_into_the_air(void **state)
{
	static const struct {
		const char *cell;
		double height, los_db, nlos_db;
	} step[] = {{"3gpp-rma", 10.0, 4.4, 7.3},
		    {"3gpp-uma", 22.5, 0.0, 9.9},
		    {"3gpp-umi", 22.5, 0.8, 13.0}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct channel channel = CHANNEL(step[i].cell, "los", "auto");

		assert_near(widest_step(&channel, step[i].height, true), step[i].los_db, 0.1);
		assert_near(widest_step(&channel, step[i].height, false), step[i].nlos_db, 0.1);
	}
}

/* ------------------------------------------------------------- every model */

static const double places[] = {-3e38, -1e9, -100.0, 0.0,   1e-30,  1.5, 9.99, 10.01,
				22.4,  22.6, 100.0,  400.0, 5000.0, 1e6, 1e9,  3e38};
enum { PLACES = sizeof(places) / sizeof(places[0]) };

static void hold_to_numbers(const struct channel *channel, const struct scene *scene)
{
	for (int sight = LINE_OF_SIGHT_LOS; sight <= LINE_OF_SIGHT_NLOS; sight++) {
		struct path_loss loss = channel->model->path_loss(&channel->settings, scene,
								  (enum line_of_sight)sight);

		assert_true(isfinite(loss.mean_db));
		assert_true(loss.shadowing_db >= 0.0 && loss.shadowing_db < 40.0);
		assert_true(loss.decorrelation_m >= 0.0 && loss.decorrelation_m < 1e6);
	}
	if (channel->model->line_of_sight) {
		double seen = channel->model->line_of_sight(&channel->settings, scene);

		assert_true(seen >= 0.0 && seen <= 1.0);
	}
}

static void hold_everywhere(const struct channel *channel)
{
	for (size_t low = 0; low < PLACES; low++) {
		for (size_t high = 0; high < PLACES; high++) {
			for (size_t east = 0; east < PLACES; east++) {
				struct scene scene =
					scene_at(places[low], places[high], places[east]);

				hold_to_numbers(channel, &scene);
			}
		}
	}
}

/* Whatever the words, at the least and at the greatest of what a number may be. */
static void test_numbers_everywhere(void **state)
{
	(void)state;
	for (size_t m = 0; model_at(m); m++) {
		struct channel channel = {.model = model_at(m)};

		if (!channel.model->path_loss) {
			continue;
		}
		parameters_presets(&channel.settings);
		for (unsigned words = 0; words < 8; words++) {
			for (int far = 0; far < 2; far++) {
				channel.settings.frequency_hz = far ? 300e9 : 1e6;
				channel.settings.ground = words & 1;
				channel.settings.polarization = words >> 1 & 1;
				channel.settings.environment = words >> 1;
				channel.settings.permittivity = words & 4 ? 100.0 : NAN;
				channel.settings.conductivity_s_per_m = words & 4 ? 10.0 : NAN;
				channel.settings.base_height_m = far ? 150.0 : 1.5;
				hold_everywhere(&channel);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_optimal_elevation),
		cmocka_unit_test(test_elevation_decides),
		cmocka_unit_test(test_two_ray_published),
		cmocka_unit_test(test_rays_cancel_and_add),
		cmocka_unit_test(test_two_ray_far),
		cmocka_unit_test(test_no_ground),
		cmocka_unit_test(test_brewster),
		cmocka_unit_test(test_cells_by_hand),
		cmocka_unit_test(test_aerial_by_hand),
		cmocka_unit_test(test_who_is_base),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_step_into_the_air),
		cmocka_unit_test(test_numbers_everywhere),
	};

	return cmocka_run_group_tests_name("sim_large_scale", tests, NULL, NULL);
}
