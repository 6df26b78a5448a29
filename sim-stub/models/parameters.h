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

/* Reads all of a scenario's parameters. 0 and *channel, or -1 and *refusal. The
 * parameter `model` must be among them; every other has a default. */
int parameters_read(const struct parameter *parameters, size_t count, struct channel *channel,
		    struct refusal *refusal) __attribute__((warn_unused_result));

/* Every parameter at its default. */
void parameters_presets(struct model_settings *settings);

/* One row of the table, for documentation and tests. */
struct parameter_row {
	const char *name;
	/* The words that it may be, NULL behind the last; else it is a number within the
	 * bounds. `preset` is the default: a number, NAN for what the model has of its own, or
	 * the place of the word. */
	const char *(*word)(size_t index);
	double min, max, preset;
	size_t offset; /* in struct model_settings, of a double or of an uint32_t */
};

/* NULL from PARAMETER_COUNT on. */
const struct parameter_row *parameter_at(size_t index);

#endif
