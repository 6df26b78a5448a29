#include "models/model.h"

#include "models/free_space.h"
#include "models/ideal.h"

enum { ALL_PARAMETERS = (1u << PARAMETER_COUNT) - 1 };

static const struct model models[] = {
	{"ideal", PARAMETER_BIT(PARAMETER_TX_POWER), ideal_predict},
	{"free-space", ALL_PARAMETERS, free_space_predict},
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
