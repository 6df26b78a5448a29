/* The model `free-space`. */
#ifndef SIM_MODELS_FREE_SPACE_H
#define SIM_MODELS_FREE_SPACE_H

#include "models/model.h"

#define SPEED_OF_LIGHT_MPS 299792458.0 /* exact, SI */

/* Free-space basic transmission loss between isotropic antennas, dB:
 * 20 log10(4 pi d / lambda) (ITU-R P.525-4, point-to-point links). */
double free_space_loss_db(double frequency_hz, double distance_m);

struct path_loss free_space_path_loss(const struct model_settings *settings,
				      const struct scene *scene, enum line_of_sight sight);

#endif
