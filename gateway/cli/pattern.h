/* Where the drones of a swarm are that flies in a pattern: positions and velocities in
 * the scenario's local frame, around its origin. */
#ifndef UAV_CLI_PATTERN_H
#define UAV_CLI_PATTERN_H

#include "core/message.h"

/* R, H and V below are radius_m, height_m and speed_mps. */
enum pattern_kind {
	/* Evenly on a circle of radius R at height H, counter-clockwise at V. The first
	 * starts in the east. */
	PATTERN_CIRCLE,
	/* A square of side 2 R, filled row by row from its south-west corner, at height H.
	 * All together fly R to the east, 2 R to the west, and back, at V. */
	PATTERN_GRID,
	/* Evenly from R west to R east, at height H. All together fly R to the north, 2 R
	 * to the south, and back, at V. */
	PATTERN_LINE,
	/* Each by itself from one point to the next, at V: points drawn evenly in the disc
	 * of radius R, at heights between H / 2 and 3 H / 2. */
	PATTERN_RANDOM,
	/* Evenly over the disc of radius R, at height H, standing still. */
	PATTERN_HOVER,
};

struct pattern_shape {
	enum pattern_kind kind;
	double radius_m, height_m, speed_mps;
	uint64_t seed; /* of PATTERN_RANDOM */
};

struct pattern_leg;

struct pattern {
	struct pattern_shape shape;
	size_t count;
	struct pattern_leg *legs; /* of PATTERN_RANDOM, one a drone */
};

/* 0, or -1 when memory is out. */
int pattern_init(struct pattern *pattern, const struct pattern_shape *shape, size_t count)
	__attribute__((warn_unused_result));
void pattern_fini(struct pattern *pattern);

const char *pattern_name(enum pattern_kind kind);

/* Where drone `number`, from 0, is at `time_s` from take-off, and how it moves, in m and
 * m/s. The same for the same arguments, in whatever order they are asked; going on in time is
 * quick. */
void pattern_at(struct pattern *pattern, size_t number, double time_s, struct vector *position,
		struct vector *velocity);

#endif
