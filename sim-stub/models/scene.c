#include "models/scene.h"

#include <math.h>

double scene_dot(struct axes a, struct axes b)
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

struct axes scene_place(const struct sim_node *node)
{
	return axes_of(node->has_position, node->position);
}

struct axes scene_velocity(const struct sim_node *node)
{
	return axes_of(node->has_velocity, node->velocity);
}

struct axes scene_minus(struct axes a, struct axes b)
{
	return (struct axes){a.east - b.east, a.north - b.north, a.up - b.up};
}

struct scene scene_between(const struct sim_node *transmitter, const struct sim_node *receiver)
{
	struct axes from = scene_place(transmitter);
	struct axes to = scene_place(receiver);
	struct axes out = scene_velocity(transmitter);
	struct axes in = scene_velocity(receiver);
	struct axes path = scene_minus(to, from);
	double distance = sqrt(scene_dot(path, path));
	double horizontal = sqrt(path.east * path.east + path.north * path.north);

	return (struct scene){
		.distance_m = fmin(fmax(distance, DISTANCE_MIN_M), DISTANCE_MAX_M),
		.horizontal_m = fmin(horizontal, DISTANCE_MAX_M),
		.transmitter_m = from.up,
		.receiver_m = to.up,
		.range_rate_mps =
			distance > 0.0 ? scene_dot(path, scene_minus(in, out)) / distance : 0.0,
		.speed_mps = sqrt(scene_dot(out, out)) + sqrt(scene_dot(in, in)),
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
