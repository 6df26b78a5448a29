#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "models/free_space.h"
#include "models/parameters.h"
#include "plot/script.h"

static void channel_of(struct channel *channel, const char *model)
{
	struct parameter parameter = {slice_str("model"), slice_str(model)};
	struct refusal refusal;

	assert_int_equal(parameters_read(&parameter, 1, channel, &refusal), 0);
}

static void assert_near(double value, double wanted, double most)
{
	if (!(fabs(value - wanted) <= most)) {
		print_error("%.9g is not %.9g +- %.3g\n", value, wanted, most);
	}
	assert_true(fabs(value - wanted) <= most);
}

static void test_look(void **state)
{
	struct channel channel;
	struct sounding_point point;

	(void)state;
	channel_of(&channel, "free-space");
	point = sounding_look(&channel, 3000.0, 301.5);
	assert_near(point.path_loss_db, free_space_loss_db(2.4e9, hypot(3000.0, 300.0)), 1e-3);
	assert_true(point.line_of_sight == 1.0);
	channel_of(&channel, "3gpp-uma");
	channel.settings.los = LOS_ALWAYS;
	point = sounding_look(&channel, 2000.0, 30.0);
	channel.settings.los = LOS_NEVER;
	assert_true(sounding_look(&channel, 2000.0, 30.0).path_loss_db > point.path_loss_db + 10.0);
	assert_true(point.line_of_sight > 0.0 && point.line_of_sight < 1.0);
	/* `auto` is the likelier */
	channel.settings.los = LOS_AUTO;
	assert_true((sounding_look(&channel, 2000.0, 30.0).path_loss_db == point.path_loss_db) ==
		    (point.line_of_sight >= 0.5));
}

/* The least and the greatest that a model says within an interval. */
static void search(const struct channel *channel, size_t interval, double height_m, double *least,
		   double *greatest)
{
	double ratio = pow(SOUNDING_FARTHEST_M / SOUNDING_NEAREST_M, 1.0 / SOUNDING_INTERVALS);
	double from_m = SOUNDING_NEAREST_M * pow(ratio, (double)interval);

	*least = INFINITY;
	*greatest = -INFINITY;
	for (size_t i = 0; i <= 2000; i++) {
		double distance_m = from_m * pow(ratio, (double)i / 2000.0);
		double loss_db = sounding_look(channel, distance_m, height_m).path_loss_db;

		*least = fmin(*least, loss_db);
		*greatest = fmax(*greatest, loss_db);
	}
}

/* Swings that are narrower than the intervals of the curve are in it as deep as they are. */
static void test_swings(void **state)
{
	struct sounding_point points[SOUNDING_POINTS];
	struct channel channel;

	(void)state;
	channel_of(&channel, "two-ray");
	sounding_curve(&channel, 100.0, points);
	for (size_t i = 1; i < SOUNDING_POINTS; i++) {
		assert_true(points[i].distance_m >= points[i - 1].distance_m);
	}
	for (size_t interval = 60; interval < SOUNDING_INTERVALS; interval++) {
		const struct sounding_point *pair = &points[2 * interval];
		double least, greatest;

		search(&channel, interval, 100.0, &least, &greatest);
		assert_near(fmin(pair[0].path_loss_db, pair[1].path_loss_db), least, 0.5);
		assert_near(fmax(pair[0].path_loss_db, pair[1].path_loss_db), greatest, 0.5);
	}
	assert_near(points[0].distance_m, SOUNDING_NEAREST_M, 1e-9);
	assert_near(points[SOUNDING_POINTS - 1].distance_m, SOUNDING_FARTHEST_M, 1e-6);
}

static void test_cells(void **state)
{
	struct channel channel;
	struct sounding_point cell;
	double height_m;

	(void)state;
	channel_of(&channel, "free-space");
	sounding_cell(&channel, 0, 0, &cell, &height_m);
	assert_near(height_m, SOUNDING_HIGHEST_M / SOUNDING_ROWS / 2.0, 1e-9);
	sounding_cell(&channel, SOUNDING_COLUMNS - 1, SOUNDING_ROWS - 1, &cell, &height_m);
	assert_true(height_m < SOUNDING_HIGHEST_M && height_m > 0.98 * SOUNDING_HIGHEST_M);
	assert_true(cell.distance_m < SOUNDING_FARTHEST_M &&
		    cell.distance_m > 0.95 * SOUNDING_FARTHEST_M);
	/* of a smooth model the mean over the cell is what its middle has */
	assert_near(cell.path_loss_db,
		    sounding_look(&channel, cell.distance_m, height_m).path_loss_db, 0.01);
	assert_true(isnan(sounding_height_m(SOUNDING_HEIGHTS)));
}

/* Swings of two-ray that are narrower than a cell: what is left goes on nearly evenly from each
 * cell to the next, without the pattern that too few looks would draw. */
static void test_cells_have_no_pattern(void **state)
{
	struct channel channel;
	double roughness = 0.0;
	size_t count = 0;

	(void)state;
	channel_of(&channel, "two-ray");
	for (size_t column = 20; column < 40; column++) {
		double last[2] = {0.0, 0.0};

		for (size_t row = 2; row < 20; row++) {
			struct sounding_point cell;
			double height_m;

			sounding_cell(&channel, column, row, &cell, &height_m);
			if (row >= 4) {
				roughness += fabs(cell.path_loss_db - 2.0 * last[1] + last[0]);
				count++;
			}
			last[0] = last[1];
			last[1] = cell.path_loss_db;
		}
	}
	assert_near(roughness / (double)count, 0.0, 1.5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_swings),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_cells_have_no_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
