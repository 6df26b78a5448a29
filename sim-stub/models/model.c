#include "models/model.h"

#include "models/free_space.h"
#include "models/ideal.h"
#include "models/log_distance.h"

/* What the link budget reads. */
enum {
	LINK_BUDGET = PARAMETER_BIT(PARAMETER_FREQUENCY) | PARAMETER_BIT(PARAMETER_BANDWIDTH) |
		      PARAMETER_BIT(PARAMETER_TX_POWER) | PARAMETER_BIT(PARAMETER_NOISE_FIGURE) |
		      PARAMETER_BIT(PARAMETER_MODULATION) | PARAMETER_BIT(PARAMETER_BITRATE),
	DISTANCE = PARAMETER_BIT(PARAMETER_EXPONENT) | PARAMETER_BIT(PARAMETER_REFERENCE) |
		   PARAMETER_BIT(PARAMETER_SHADOWING),
};

static const struct model models[] = {
	{"ideal", PARAMETER_BIT(PARAMETER_TX_POWER), ideal_predict},
	{"free-space", LINK_BUDGET, free_space_predict},
	{"log-distance", LINK_BUDGET | DISTANCE, log_distance_predict},
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
