#include "models/scene.h"

#include <math.h>

struct axes {
	double east, north, up;
};

static double dot(struct axes a, struct axes b)
{
	return a.east * b.east + a.north * b.north + a.up * b.up;
}

static struct axes axes_of(bool known, struct vector vector)
{
	if (!known) {
		return (struct axes){0};
	}
	return (struct axes){(double)vector.east, (double)vector.north, (double)vector.up};
}

static struct axes minus(struct axes a, struct axes b)
{
	return (struct axes){a.east - b.east, a.north - b.north, a.up - b.up};
}

struct scene scene_between(const struct sim_node *transmitter, const struct sim_node *receiver)
{
	struct axes from = axes_of(transmitter->has_position, transmitter->position);
	struct axes to = axes_of(receiver->has_position, receiver->position);
	struct axes out = axes_of(transmitter->has_velocity, transmitter->velocity);
	struct axes in = axes_of(receiver->has_velocity, receiver->velocity);
	struct axes path = minus(to, from);
	double distance = sqrt(dot(path, path));
	double horizontal = sqrt(path.east * path.east + path.north * path.north);

	return (struct scene){
		.distance_m = fmin(fmax(distance, DISTANCE_MIN_M), DISTANCE_MAX_M),
		.horizontal_m = fmin(horizontal, DISTANCE_MAX_M),
		.transmitter_m = from.up,
		.receiver_m = to.up,
		.range_rate_mps = distance > 0.0 ? dot(path, minus(in, out)) / distance : 0.0,
		.speed_mps = sqrt(dot(out, out)) + sqrt(dot(in, in)),
	};
}

double scene_low_m(const struct scene *scene)
{
	return fmin(scene->transmitter_m, scene->receiver_m);
}

double scene_high_m(const struct scene *scene)
{
	return fmax(scene->transmitter_m, scene->receiver_m);
}

double scene_elevation_deg(const struct scene *scene)
{
	return atan2(scene_high_m(scene) - scene_low_m(scene), scene->horizontal_m) * 180.0 / M_PI;
}
