#include "models/model.h"

#include "models/air_to_ground.h"
#include "models/free_space.h"
#include "models/log_distance.h"
#include "models/three_gpp.h"
#include "models/two_ray.h"

enum {
	LINK = LINK_PARAMETERS,
	DISTANCE = PARAMETER_BIT(PARAMETER_EXPONENT) | PARAMETER_BIT(PARAMETER_REFERENCE),
	CELL = PARAMETER_BIT(PARAMETER_BASE_HEIGHT) | PARAMETER_BIT(PARAMETER_LOS),
	RURAL = PARAMETER_BIT(PARAMETER_BUILDING_HEIGHT) | PARAMETER_BIT(PARAMETER_STREET_WIDTH),
	REFLECTION = PARAMETER_BIT(PARAMETER_BASE_HEIGHT) | PARAMETER_BIT(PARAMETER_GROUND) |
		     PARAMETER_BIT(PARAMETER_POLARIZATION) | PARAMETER_BIT(PARAMETER_PERMITTIVITY) |
		     PARAMETER_BIT(PARAMETER_CONDUCTIVITY),
	TOWN = PARAMETER_BIT(PARAMETER_ENVIRONMENT) | PARAMETER_BIT(PARAMETER_LOS),
};

static const struct model models[] = {
	{.name = "ideal", .parameters = PARAMETER_BIT(PARAMETER_TX_POWER)},
	{.name = "free-space",
	 .parameters = LINK,
	 .path_loss = free_space_path_loss,
	 .told = LINE_OF_SIGHT_LOS},
	{.name = "log-distance",
	 .parameters = LINK | DISTANCE,
	 .path_loss = log_distance_path_loss},
	{.name = "two-ray",
	 .parameters = LINK | REFLECTION,
	 .path_loss = two_ray_path_loss,
	 .told = LINE_OF_SIGHT_LOS},
	{.name = "3gpp-rma",
	 .parameters = LINK | CELL | RURAL,
	 .line_of_sight = rma_line_of_sight,
	 .sight_decorrelation_m = 60.0, /* TR 38.901, table 7.6.3.1-2 */
	 .path_loss = rma_path_loss,
	 .published_min_hz = 500e6, /* TR 38.901, clause 7.4.1 */
	 .published_max_hz = 30e9},
	{.name = "3gpp-uma",
	 .parameters = LINK | CELL,
	 .line_of_sight = uma_line_of_sight,
	 .path_loss = uma_path_loss,
	 .published_min_hz = 500e6, /* TR 38.901, clause 7.4.1 */
	 .published_max_hz = 100e9},
	{.name = "3gpp-umi",
	 .parameters = LINK | CELL,
	 .line_of_sight = umi_line_of_sight,
	 .path_loss = umi_path_loss,
	 .published_min_hz = 500e6, /* TR 38.901, clause 7.4.1 */
	 .published_max_hz = 100e9},
	{.name = "air-to-ground",
	 .parameters = LINK | TOWN,
	 .line_of_sight = air_to_ground_line_of_sight,
	 .path_loss = air_to_ground_path_loss},
};

const struct model *model_at(size_t index)
{
	return index < sizeof(models) / sizeof(models[0]) ? &models[index] : NULL;
}
