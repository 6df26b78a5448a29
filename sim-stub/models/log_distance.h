/* The model `log-distance`: path loss that grows by a chosen exponent. */
#ifndef SIM_MODELS_LOG_DISTANCE_H
#define SIM_MODELS_LOG_DISTANCE_H

#include "models/model.h"

/* Mean path loss, dB: free space up to the reference distance, and from there on
 * 10 exponent log10(d / reference) more (Rappaport, Wireless Communications, 2nd ed.,
 * section 4.9: log-distance path loss). It makes no jump at the reference. Whether there
 * is line of sight is not told: exponent and shadowing stand for all that is in the way
 * or is not. */
struct path_loss log_distance_path_loss(const struct model_settings *settings,
					const struct scene *scene, enum line_of_sight sight);

#endif
