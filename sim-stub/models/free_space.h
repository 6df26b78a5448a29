/* The model `free-space`: path loss of free space, thermal noise, packet errors
 * of the modulation, delay of distance and bit rate. */
#ifndef SIM_MODELS_FREE_SPACE_H
#define SIM_MODELS_FREE_SPACE_H

#include "models/model.h"

/* Free-space basic transmission loss between isotropic antennas, dB:
 * 20 log10(4 pi d / lambda) (ITU-R P.525-4, point-to-point links). */
double free_space_loss_db(double frequency_hz, double distance_m);

struct prediction free_space_predict(const struct model_settings *settings,
				     const struct passage *passage);

#endif
