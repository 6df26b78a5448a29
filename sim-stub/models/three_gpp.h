/* The models `3gpp-rma`, `3gpp-uma` and `3gpp-umi`: cells as 3GPP simulates them, on the
 * ground by TR 38.901, in the air by TR 36.777.
 *
 * The lower of both nodes is the base station: its antenna stands at least at
 * `base_height_m`. The higher one is the terminal, at least at 1.5 m. Heights are those over
 * the scenario's origin, taken as ground. */
#ifndef SIM_MODELS_THREE_GPP_H
#define SIM_MODELS_THREE_GPP_H

#include "models/model.h"

double rma_line_of_sight(const struct model_settings *settings, const struct scene *scene);
double uma_line_of_sight(const struct model_settings *settings, const struct scene *scene);
double umi_line_of_sight(const struct model_settings *settings, const struct scene *scene);

struct path_loss rma_path_loss(const struct model_settings *settings, const struct scene *scene,
			       enum line_of_sight sight);
struct path_loss uma_path_loss(const struct model_settings *settings, const struct scene *scene,
			       enum line_of_sight sight);
struct path_loss umi_path_loss(const struct model_settings *settings, const struct scene *scene,
			       enum line_of_sight sight);

#endif
