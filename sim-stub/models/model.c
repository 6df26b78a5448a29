#include "models/model.h"

#include "models/free_space.h"
#include "models/log_distance.h"

/* What the link has to go by, whatever the path loss. */
enum {
	LINK = PARAMETER_BIT(PARAMETER_FREQUENCY) | PARAMETER_BIT(PARAMETER_BANDWIDTH) |
	       PARAMETER_BIT(PARAMETER_TX_POWER) | PARAMETER_BIT(PARAMETER_NOISE_FIGURE) |
	       PARAMETER_BIT(PARAMETER_ANTENNA_GAIN) | PARAMETER_BIT(PARAMETER_SHADOWING) |
	       PARAMETER_BIT(PARAMETER_DECORRELATION) | PARAMETER_BIT(PARAMETER_FADING) |
	       PARAMETER_BIT(PARAMETER_K_FACTOR) | PARAMETER_BIT(PARAMETER_MOTION) |
	       PARAMETER_BIT(PARAMETER_SENSITIVITY) | PARAMETER_BIT(PARAMETER_MODULATION) |
	       PARAMETER_BIT(PARAMETER_BITRATE),
	DISTANCE = PARAMETER_BIT(PARAMETER_EXPONENT) | PARAMETER_BIT(PARAMETER_REFERENCE),
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
};

const struct model *model_at(size_t index)
{
	return index < sizeof(models) / sizeof(models[0]) ? &models[index] : NULL;
}

const struct model *model_find(struct slice name)
{
	const struct model *model;

	for (size_t i = 0; (model = model_at(i)); i++) {
		if (slice_equal(slice_str(model->name), name)) {
			return model;
		}
	}
	return NULL;
}
