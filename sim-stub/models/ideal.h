/* The model `ideal`: everything arrives, at once and unharmed. For tests, and
 * for scenarios in which the channel shall play no part. */
#ifndef SIM_MODELS_IDEAL_H
#define SIM_MODELS_IDEAL_H

#include "models/model.h"

struct prediction ideal_predict(const struct model_settings *settings,
				const struct passage *passage);

#endif
