#include "cli/pattern.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct pattern begin(enum pattern_kind kind, size_t count, uint64_t seed)
{
	const struct pattern_shape shape = {
		.kind = kind, .radius_m = 100, .height_m = 50, .speed_mps = 10, .seed = seed};
	struct pattern pattern;

	assert_int_equal(pattern_init(&pattern, &shape, count), 0);
	return pattern;
}

static void is_at(struct pattern *pattern, size_t number, double time_s, double east, double north,
		  double up)
{
	struct vector position, velocity;

	pattern_at(pattern, number, time_s, &position, &velocity);
	assert_float_equal(position.east, (float)east, 0.001f);
	assert_float_equal(position.north, (float)north, 0.001f);
	assert_float_equal(position.up, (float)up, 0.001f);
}

static void moves(struct pattern *pattern, size_t number, double time_s, double east, double north,
		  double up)
{
	struct vector position, velocity;

	pattern_at(pattern, number, time_s, &position, &velocity);
	assert_float_equal(velocity.east, (float)east, 0.001f);
	assert_float_equal(velocity.north, (float)north, 0.001f);
	assert_float_equal(velocity.up, (float)up, 0.001f);
}

static void a_circle_turns_counter_clockwise_from_the_east(void **state)
{
	struct pattern pattern = begin(PATTERN_CIRCLE, 4, 1);
	double quarter = M_PI / 2 * 100 / 10;

	(void)state;
	is_at(&pattern, 0, 0, 100, 0, 50);
	is_at(&pattern, 1, 0, 0, 100, 50);
	is_at(&pattern, 2, 0, -100, 0, 50);
	moves(&pattern, 0, 0, 0, 10, 0);
	moves(&pattern, 1, 0, -10, 0, 0);
	is_at(&pattern, 0, quarter, 0, 100, 50);
	is_at(&pattern, 0, 4 * quarter, 100, 0, 50);
	pattern_fini(&pattern);
}

static void a_line_flies_north_and_south(void **state)
{
	struct pattern pattern = begin(PATTERN_LINE, 3, 1), alone = begin(PATTERN_LINE, 1, 1);

	(void)state;
	is_at(&pattern, 0, 0, -100, 0, 50);
	is_at(&pattern, 1, 0, 0, 0, 50);
	is_at(&pattern, 2, 0, 100, 0, 50);
	is_at(&pattern, 2, 5, 100, 50, 50);
	moves(&pattern, 2, 5, 0, 10, 0);
	is_at(&pattern, 2, 15, 100, 50, 50);
	moves(&pattern, 2, 15, 0, -10, 0);
	is_at(&pattern, 2, 25, 100, -50, 50);
	moves(&pattern, 2, 25, 0, -10, 0);
	is_at(&pattern, 2, 30, 100, -100, 50);
	is_at(&pattern, 2, 35, 100, -50, 50);
	moves(&pattern, 2, 35, 0, 10, 0);
	is_at(&pattern, 2, 45, 100, 50, 50);
	is_at(&alone, 0, 0, 0, 0, 50);
	pattern_fini(&pattern);
	pattern_fini(&alone);
}

static void a_grid_is_filled_from_the_south_west(void **state)
{
	struct pattern pattern = begin(PATTERN_GRID, 7, 1); /* a side of 3 */

	(void)state;
	is_at(&pattern, 0, 0, -100, -100, 50);
	is_at(&pattern, 2, 0, 100, -100, 50);
	is_at(&pattern, 4, 0, 0, 0, 50);
	is_at(&pattern, 6, 0, -100, 100, 50);
	is_at(&pattern, 6, 5, -50, 100, 50);
	moves(&pattern, 6, 5, 10, 0, 0);
	moves(&pattern, 6, 15, -10, 0, 0);
	pattern_fini(&pattern);
}

static void who_hovers_stands_evenly_over_the_disc(void **state)
{
	enum { COUNT = 400 };
	struct pattern pattern = begin(PATTERN_HOVER, COUNT, 1);
	size_t inner = 0, east = 0;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		struct vector position, velocity;
		double radius;

		pattern_at(&pattern, i, 77, &position, &velocity);
		radius = hypot((double)position.east, (double)position.north);
		assert_true(radius < 100);
		inner += radius < 50;
		east += position.east > 0;
		assert_true(position.up == 50.0f);
		assert_true(velocity.east == 0 && velocity.north == 0 && velocity.up == 0);
	}
	assert_int_equal(inner, COUNT / 4);
	assert_in_range(east, COUNT / 2 - 10, COUNT / 2 + 10);
	pattern_fini(&pattern);
}

static void random_ways_stay_in_the_disc_at_their_speed(void **state)
{
	struct pattern pattern = begin(PATTERN_RANDOM, 5, 1);
	double furthest = 0, lowest = 1e9, highest = 0;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		for (int half = 0; half < 1000; half++) {
			struct vector p, v;

			pattern_at(&pattern, i, half * 0.5, &p, &v);
			furthest = fmax(furthest, hypot((double)p.east, (double)p.north));
			lowest = fmin(lowest, (double)p.up);
			highest = fmax(highest, (double)p.up);
			assert_float_equal(sqrtf(v.east * v.east + v.north * v.north + v.up * v.up),
					   10.0f, 0.001f);
		}
	}
	assert_true(furthest <= 100.001 && furthest > 80);
	assert_true(lowest >= 24.999 && lowest < 35);
	assert_true(highest <= 75.001 && highest > 65);
	pattern_fini(&pattern);
}

static bool same(const struct vector *a, const struct vector *b)
{
	return a->east == b->east && a->north == b->north && a->up == b->up;
}

static void one_seed_is_one_flight_in_whatever_order_it_is_asked(void **state)
{
	struct pattern one = begin(PATTERN_RANDOM, 3, 7), two = begin(PATTERN_RANDOM, 3, 7),
		       other = begin(PATTERN_RANDOM, 3, 8);
	struct vector on[200][2], p[2], v[2];

	(void)state;
	for (int i = 0; i < 200; i++) {
		pattern_at(&one, 2, i, &on[i][0], &on[i][1]);
	}
	for (int i = 199; i >= 0; i--) {
		pattern_at(&two, 2, i, &p[1], &v[1]);
		assert_true(same(&on[i][0], &p[1]) && same(&on[i][1], &v[1]));
	}
	pattern_at(&other, 2, 0, &p[1], &v[1]);
	pattern_at(&one, 2, 0, &p[0], &v[0]);
	assert_false(same(&p[0], &p[1]));
	pattern_at(&one, 1, 0, &p[1], &v[1]);
	assert_false(same(&p[0], &p[1]));
	pattern_fini(&one);
	pattern_fini(&two);
	pattern_fini(&other);
}

/* Where it goes is where its velocity points, but at the corners. */
static void velocity_is_the_change_of_position(void **state)
{
	const double step = 0.01;

	(void)state;
	for (int kind = PATTERN_CIRCLE; kind <= PATTERN_HOVER; kind++) {
		struct pattern pattern = begin((enum pattern_kind)kind, 5, 3);
		int corners = 0;

		for (int i = 0; i < 1000; i++) {
			double time_s = i * 0.1 + 0.05;
			struct vector p[2], v[2];

			pattern_at(&pattern, 3, time_s, &p[0], &v[0]);
			pattern_at(&pattern, 3, time_s + step, &p[1], &v[1]);
			corners += fabs((double)(p[1].east - p[0].east) / step -
					(double)v[0].east) > 0.1 ||
				   fabs((double)(p[1].north - p[0].north) / step -
					(double)v[0].north) > 0.1 ||
				   fabs((double)(p[1].up - p[0].up) / step - (double)v[0].up) > 0.1;
		}
		assert_in_range(corners, 0, 3);
		pattern_fini(&pattern);
	}
}

static void nothing_moves_at_no_speed_or_in_no_room(void **state)
{
	(void)state;
	for (int kind = PATTERN_CIRCLE; kind <= PATTERN_HOVER; kind++) {
		struct pattern_shape shape = {.kind = (enum pattern_kind)kind, .speed_mps = 10};
		struct pattern pattern;

		assert_int_equal(pattern_init(&pattern, &shape, 3), 0);
		is_at(&pattern, 2, 1234.5, 0, 0, 0);
		moves(&pattern, 2, 1234.5, 0, 0, 0);
		pattern_fini(&pattern);
		shape = (struct pattern_shape){.kind = (enum pattern_kind)kind, .radius_m = 5};
		assert_int_equal(pattern_init(&pattern, &shape, 3), 0);
		moves(&pattern, 2, 1234.5, 0, 0, 0);
		pattern_fini(&pattern);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_circle_turns_counter_clockwise_from_the_east),
		cmocka_unit_test(a_line_flies_north_and_south),
		cmocka_unit_test(a_grid_is_filled_from_the_south_west),
		cmocka_unit_test(who_hovers_stands_evenly_over_the_disc),
		cmocka_unit_test(random_ways_stay_in_the_disc_at_their_speed),
		cmocka_unit_test(one_seed_is_one_flight_in_whatever_order_it_is_asked),
		cmocka_unit_test(velocity_is_the_change_of_position),
		cmocka_unit_test(nothing_moves_at_no_speed_or_in_no_room),
	};

	return cmocka_run_group_tests_name("cli pattern", tests, NULL, NULL);
}
