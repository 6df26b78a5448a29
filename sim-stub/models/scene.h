/* Where two nodes are and how they move, as models look at it. */
#ifndef SIM_MODELS_SCENE_H
#define SIM_MODELS_SCENE_H

#include "wire/hot_codec.h"

/* Distances are taken from 1 m, where far-field formulas cease to hold, up to
 * 1e9 m, so that a nonsensical position still gives finite numbers. */
#define DISTANCE_MIN_M 1.0
#define DISTANCE_MAX_M 1e9

struct axes {
	double east, north, up;
};

/* Where a node is, m; how it moves, m/s. Unknown: the origin, rest. */
struct axes scene_place(const struct sim_node *node);
struct axes scene_velocity(const struct sim_node *node);
double scene_dot(struct axes a, struct axes b);
struct axes scene_minus(struct axes a, struct axes b);

struct scene {
	double distance_m;    /* straight, within the bounds above */
	double horizontal_m;  /* its part along the ground, 0 to DISTANCE_MAX_M */
	double transmitter_m; /* height over the scenario's origin; may be negative */
	double receiver_m;
	double range_rate_mps; /* growth of the distance; 0 where both are in one place */
	double speed_mps;      /* the sum of both nodes' speeds */
};

/* An unknown position is the origin, an unknown velocity rest. */
struct scene scene_between(const struct sim_node *transmitter, const struct sim_node *receiver);

/* The heights of the lower and of the higher of both, m. */
double scene_low_m(const struct scene *scene);
double scene_high_m(const struct scene *scene);
/* Elevation of the higher over the lower, degrees, 0 to 90; 0 where both are in one place. */
double scene_elevation_deg(const struct scene *scene);

#endif
