#include "models/air_to_ground.h"

#include <math.h>

#include "models/free_space.h"
#include "models/tr38901.h"

struct environment {
	const char *name;
	double a, b;	     /* of the S-curve */
	double excess_db[2]; /* mean excess loss without and with line of sight */
};

static const struct environment environments[] = {
	{"sub-urban", 4.88, 0.43, {21.0, 0.1}},
	{"urban", 9.61, 0.16, {20.0, 1.0}},
	{"dense", 12.08, 0.11, {23.0, 1.6}},
	{"high-rise", 27.23, 0.08, {34.0, 2.3}},
};

const char *air_to_ground_environment(size_t index)
{
	return index < sizeof(environments) / sizeof(environments[0]) ? environments[index].name
								      : NULL;
}

double air_to_ground_line_of_sight(const struct model_settings *settings, const struct scene *scene)
{
	const struct environment *in = &environments[settings->environment];

	return 1.0 / (1.0 + in->a * exp(-in->b * (scene_elevation_deg(scene) - in->a)));
}

struct path_loss air_to_ground_path_loss(const struct model_settings *settings,
					 const struct scene *scene, enum line_of_sight sight)
{
	bool los = sight == LINE_OF_SIGHT_LOS;

	return (struct path_loss){
		.mean_db = free_space_loss_db(settings->frequency_hz, scene->distance_m) +
			   environments[settings->environment].excess_db[los],
		.shadowing_db = los ? 4.0 : 6.0,
		.decorrelation_m = tr38901_decorrelation_m(CELL_UMA, los),
	};
}
