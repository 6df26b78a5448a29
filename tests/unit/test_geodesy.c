/* Geodetic coordinates to the scenario's local frame, held to published values and to an
 * independent computation in double precision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "core/geodesy.h"

struct row {
	double latitude_deg, longitude_deg, altitude_m; /* of the origin */
	struct geodetic position;
	double east, north, up, tolerance_m;
};

static void near(double is, double expected, double tolerance)
{
	if (fabs(is - expected) > tolerance) {
		fail_msg("%.4f, expected %.4f", is, expected);
	}
}

static void check(const struct row *row)
{
	struct geodesy_origin origin =
		geodesy_origin_of(row->latitude_deg, row->longitude_deg, row->altitude_m);
	struct vector local = geodesy_local(&origin, row->position);

	near(local.east, row->east, row->tolerance_m);
	near(local.north, row->north, row->tolerance_m);
	near(local.up, row->up, row->tolerance_m);
}

/* IOGP Publication 373-7-2, example of method 9837: WGS 84, origin 55 N, 5 E, 200 m; the
 * point 53 48' 33.82" N, 2 07' 46.38" E, 73 m lies at U = -189 013.869, V = -128 642.040,
 * W = -4 220.171. Our coordinates step by 1e-7 degree (11 mm), our results by 16 mm. */
static void test_published(void **state)
{
	static const struct row row = {
		55.0,	     5.0,	  200.0,     {538093944, 21295500, 73000},
		-189013.869, -128642.040, -4220.171, 0.03};

	(void)state;
	check(&row);
}

static void test_computed(void **state)
{
	static const struct row rows[] = {
		/* straight above: the height comes as height */
		{47.3977, 8.5461, 488.0, {473977000, 85461000, 588000}, 0, 0, 100.0, 1e-4},
		{47.3977,
		 8.5461,
		 488.0,
		 {473987000, 85471000, 488000},
		 75.4941,
		 111.1876,
		 -0.0014,
		 1e-3},
		{-33.8688,
		 151.2093,
		 10.0,
		 {-338788000, 1511993000, 60000},
		 -925.1666,
		 -1109.2565,
		 49.8362,
		 1e-3},
		{0, 0, 0, {10000, 10000, 0}, 111.3195, 110.5743, -0.0019, 1e-3},
		/* across the date line, and at the pole */
		{0, 180.0, 0, {0, -1799990000, 0}, 111.3195, 0, -0.0010, 1e-3},
		{90.0, 0, 0, {899990000, 0, 0}, 0, -111.6940, -0.0010, 1e-3},
		{64.1466,
		 -21.9426,
		 5.0,
		 {641466000, -219416000, 5000},
		 48.6753,
		 0.0004,
		 -0.0002,
		 1e-3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check(&rows[i]);
	}
}

static void test_valid(void **state)
{
	static const struct {
		struct geodetic position;
		bool valid;
	} rows[] = {
		{{0, 0, 0}, true},
		{{900000000, 1800000000, INT32_MAX}, true},
		{{-900000000, -1800000000, INT32_MIN}, true},
		{{900000001, 0, 0}, false},
		{{-900000001, 0, 0}, false},
		{{0, 1800000001, 0}, false},
		{{0, -1800000001, 0}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(geodesy_valid(rows[i].position), rows[i].valid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_computed),
		cmocka_unit_test(test_valid),
	};

	return cmocka_run_group_tests_name("geodesy", tests, NULL, NULL);
}
