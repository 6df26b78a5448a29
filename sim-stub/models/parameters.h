/* A scenario's parameters as the gateway passes them on, unread: names and
 * values as text. All that is known of each stands in one row of a table. */
#ifndef SIM_MODELS_PARAMETERS_H
#define SIM_MODELS_PARAMETERS_H

#include "models/model.h"

#define REFUSAL_CAP (DESCRIPTION_MAX_BYTES + 1)

/* Why a scenario was refused: a sentence for the operator, plain ASCII. */
struct refusal {
	char text[REFUSAL_CAP];
};

/* What a scenario runs by: its model and the model's settings. */
struct channel {
	const struct model *model;
	struct model_settings settings;
};

/* Reads all of a scenario's parameters. 0 and *channel, or -1 and *refusal. The
 * parameter `model` must be among them; every other has a default. */
int parameters_read(const struct parameter *parameters, size_t count, struct channel *channel,
		    struct refusal *refusal) __attribute__((warn_unused_result));

/* One row of the table, for documentation and tests. */
struct parameter_row {
	const char *name;
	bool is_modulation; /* else a number within the bounds */
	double min, max, preset;
	size_t offset; /* in struct model_settings */
};

/* NULL from PARAMETER_COUNT on. */
const struct parameter_row *parameter_at(size_t index);

#endif
