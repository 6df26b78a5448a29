#include "models/three_gpp.h"

#include <math.h>

#include "models/antenna_height.h"
#include "models/tr36777.h"
#include "models/tr38901.h"

/* What the tables hold from: the reports give no loss at less. */
#define HORIZONTAL_MIN_M 10.0

/* Heights of base stations: TR 38.901, tables 7.2-3 (RMa) and 7.2-1. */
static double usual_base_m(enum cell_place place)
{
	static const double height_m[CELL_PLACES] = {
		[CELL_RMA] = 35.0, [CELL_UMA] = 25.0, [CELL_UMI] = 10.0};

	return height_m[place];
}

static struct cell_link link_of(enum cell_place place, const struct model_settings *settings,
				const struct scene *scene)
{
	struct antenna_heights heights = antenna_heights(settings, scene, usual_base_m(place));
	double horizontal_m = fmax(scene->horizontal_m, HORIZONTAL_MIN_M);

	return (struct cell_link){
		.base_m = heights.lower_m,
		.terminal_m = heights.higher_m,
		.horizontal_m = horizontal_m,
		.distance_m = hypot(horizontal_m, heights.higher_m - heights.lower_m),
		.frequency_hz = settings->frequency_hz,
		.building_m = settings->building_height_m,
		.street_m = settings->street_width_m,
	};
}

static double line_of_sight(enum cell_place place, const struct model_settings *settings,
			    const struct scene *scene)
{
	struct cell_link link = link_of(place, settings, scene);

	return tr36777_is_aerial(place, &link) ? tr36777_line_of_sight(place, &link)
					       : tr38901_line_of_sight(place, &link);
}

static struct path_loss path_loss(enum cell_place place, const struct model_settings *settings,
				  const struct scene *scene, enum line_of_sight sight)
{
	struct cell_link link = link_of(place, settings, scene);
	bool los = sight == LINE_OF_SIGHT_LOS;

	return tr36777_is_aerial(place, &link) ? tr36777_path_loss(place, &link, los)
					       : tr38901_path_loss(place, &link, los);
}

double rma_line_of_sight(const struct model_settings *settings, const struct scene *scene)
{
	return line_of_sight(CELL_RMA, settings, scene);
}

double uma_line_of_sight(const struct model_settings *settings, const struct scene *scene)
{
	return line_of_sight(CELL_UMA, settings, scene);
}

double umi_line_of_sight(const struct model_settings *settings, const struct scene *scene)
{
	return line_of_sight(CELL_UMI, settings, scene);
}

struct path_loss rma_path_loss(const struct model_settings *settings, const struct scene *scene,
			       enum line_of_sight sight)
{
	return path_loss(CELL_RMA, settings, scene, sight);
}

struct path_loss uma_path_loss(const struct model_settings *settings, const struct scene *scene,
			       enum line_of_sight sight)
{
	return path_loss(CELL_UMA, settings, scene, sight);
}

struct path_loss umi_path_loss(const struct model_settings *settings, const struct scene *scene,
			       enum line_of_sight sight)
{
	return path_loss(CELL_UMI, settings, scene, sight);
}
