#include "cli/pattern.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

struct point {
	double east, north, up;
};

/* From one drawn point to the next. */
struct pattern_leg {
	uint64_t number; /* of the point flown to, from 1 */
	struct point from, to;
	double start_s, end_s;
};

const char *pattern_name(enum pattern_kind kind)
{
	static const char *const names[] = {"circle", "grid", "line", "random", "hover"};

	return names[kind];
}

static struct vector vector_of(double east, double north, double up)
{
	return (struct vector){(float)east, (float)north, (float)up};
}

/* ------------------------------------------------------------- whole formations */

static void circle_at(const struct pattern *pattern, size_t number, double time_s,
		      struct vector *position, struct vector *velocity)
{
	double radius = pattern->shape.radius_m, speed = radius > 0 ? pattern->shape.speed_mps : 0;
	double angle = 2 * M_PI * (double)number / (double)pattern->count;

	if (radius > 0) {
		angle += speed * time_s / radius;
	}
	*position = vector_of(radius * cos(angle), radius * sin(angle), pattern->shape.height_m);
	*velocity = vector_of(-speed * sin(angle), speed * cos(angle), 0);
}

/* To R, to -R, and back to 0, at V. */
static double shuttle_at(const struct pattern_shape *shape, double time_s, double *speed)
{
	double radius = shape->radius_m, way;

	*speed = radius > 0 ? shape->speed_mps : 0;
	if (*speed <= 0) {
		return 0;
	}
	way = fmod(*speed * time_s, 4 * radius);
	if (way < radius) {
		return way;
	}
	if (way < 3 * radius) {
		*speed = -*speed;
		return 2 * radius - way;
	}
	return way - 4 * radius;
}

/* The place of one of `count` that stand evenly from -R to R; in the middle if alone. */
static double evenly(double radius, size_t number, size_t count)
{
	return count > 1 ? radius * (2 * (double)number / (double)(count - 1) - 1) : 0;
}

static void grid_at(const struct pattern *pattern, size_t number, double time_s,
		    struct vector *position, struct vector *velocity)
{
	double radius = pattern->shape.radius_m, speed;
	double offset = shuttle_at(&pattern->shape, time_s, &speed);
	size_t side = 1;

	while (side * side < pattern->count) {
		side++;
	}
	*position = vector_of(evenly(radius, number % side, side) + offset,
			      evenly(radius, number / side, side), pattern->shape.height_m);
	*velocity = vector_of(speed, 0, 0);
}

static void line_at(const struct pattern *pattern, size_t number, double time_s,
		    struct vector *position, struct vector *velocity)
{
	double speed, offset = shuttle_at(&pattern->shape, time_s, &speed);

	*position = vector_of(evenly(pattern->shape.radius_m, number, pattern->count), offset,
			      pattern->shape.height_m);
	*velocity = vector_of(0, speed, 0);
}

/* A sunflower's seeds: Vogel 1979, each the golden angle on from the last. */
static void hover_at(const struct pattern *pattern, size_t number, struct vector *position,
		     struct vector *velocity)
{
	double golden = M_PI * (3 - sqrt(5)), angle = golden * (double)number;
	double radius =
		pattern->shape.radius_m * sqrt(((double)number + 0.5) / (double)pattern->count);

	*position = vector_of(radius * cos(angle), radius * sin(angle), pattern->shape.height_m);
	*velocity = vector_of(0, 0, 0);
}

/* --------------------------------------------------------------- from point to point */

static struct point draw_point(const struct pattern *pattern, size_t drone, uint64_t number)
{
	const struct pattern_shape *shape = &pattern->shape;
	double radius, angle, up;
	struct rng rng;

	rng_seed(&rng, rng_mix(rng_mix(shape->seed ^ rng_mix(drone + 1)) ^ number));
	radius = shape->radius_m * sqrt(rng_unit(&rng));
	angle = 2 * M_PI * rng_unit(&rng);
	up = shape->height_m * (0.5 + rng_unit(&rng));
	return (struct point){radius * cos(angle), radius * sin(angle), up};
}

/* A way of no length takes a second, so that time goes on. */
static double way_s(const struct pattern *pattern, const struct point *from, const struct point *to)
{
	double east = to->east - from->east, north = to->north - from->north;
	double way = sqrt(east * east + north * north + (to->up - from->up) * (to->up - from->up));

	if (pattern->shape.speed_mps <= 0) {
		return INFINITY;
	}
	return way > 1e-6 ? way / pattern->shape.speed_mps : 1;
}

static void begin_leg(const struct pattern *pattern, size_t drone, struct pattern_leg *leg,
		      uint64_t number, double start_s)
{
	leg->from = number == 1 ? draw_point(pattern, drone, 0) : leg->to;
	leg->to = draw_point(pattern, drone, number);
	leg->number = number;
	leg->start_s = start_s;
	leg->end_s = start_s + way_s(pattern, &leg->from, &leg->to);
}

static void random_at(const struct pattern *pattern, size_t number, double time_s,
		      struct vector *position, struct vector *velocity)
{
	struct pattern_leg *leg = &pattern->legs[number];
	const struct point *from = &leg->from, *to = &leg->to;
	double seconds, part;

	if (leg->number == 0 || time_s < leg->start_s) {
		begin_leg(pattern, number, leg, 1, 0);
	}
	while (time_s >= leg->end_s) {
		begin_leg(pattern, number, leg, leg->number + 1, leg->end_s);
	}
	seconds = leg->end_s - leg->start_s; /* infinite: part and velocity are 0 */
	part = (time_s - leg->start_s) / seconds;
	*position = vector_of(from->east + part * (to->east - from->east),
			      from->north + part * (to->north - from->north),
			      from->up + part * (to->up - from->up));
	*velocity = vector_of((to->east - from->east) / seconds,
			      (to->north - from->north) / seconds, (to->up - from->up) / seconds);
}

/* ------------------------------------------------------------------------ patterns */

int pattern_init(struct pattern *pattern, const struct pattern_shape *shape, size_t count)
{
	*pattern = (struct pattern){.shape = *shape, .count = count};
	if (shape->kind != PATTERN_RANDOM) {
		return 0;
	}
	pattern->legs = calloc(count ? count : 1, sizeof(*pattern->legs));
	return pattern->legs ? 0 : -1;
}

void pattern_fini(struct pattern *pattern)
{
	free(pattern->legs);
	pattern->legs = NULL;
}

void pattern_at(struct pattern *pattern, size_t number, double time_s, struct vector *position,
		struct vector *velocity)
{
	switch (pattern->shape.kind) {
	case PATTERN_CIRCLE:
		circle_at(pattern, number, time_s, position, velocity);
		break;
	case PATTERN_GRID:
		grid_at(pattern, number, time_s, position, velocity);
		break;
	case PATTERN_LINE:
		line_at(pattern, number, time_s, position, velocity);
		break;
	case PATTERN_RANDOM:
		random_at(pattern, number, time_s, position, velocity);
		break;
	case PATTERN_HOVER:
		hover_at(pattern, number, position, velocity);
		break;
	}
}
