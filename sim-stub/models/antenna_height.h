/* How high antennas stand over the ground, for models to which that matters. A node whose
 * position nobody told is on the ground at the origin: no antenna is. */
#ifndef SIM_MODELS_ANTENNA_HEIGHT_H
#define SIM_MODELS_ANTENNA_HEIGHT_H

#include "models/model.h"

/* No antenna is lower: the height of a terminal in the hand (TR 38.901, table 7.2-1). */
#define ANTENNA_HEIGHT_MIN_M 1.5

/* Over the scenario's origin, taken as ground. `lower_m` is that of the node that is lower; when
 * it was raised it may be over `higher_m`. */
struct antenna_heights {
	double lower_m, higher_m;
};

/* The lower node's antenna stands at least at `base_height_m`, `usual_base_m` where the
 * scenario does not say; the other's at least at ANTENNA_HEIGHT_MIN_M. */
struct antenna_heights antenna_heights(const struct model_settings *settings,
				       const struct scene *scene, double usual_base_m);

#endif
