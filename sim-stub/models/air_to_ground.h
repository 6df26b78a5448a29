/* The model `air-to-ground`: a platform over a town, by the angle at which it is seen from below
 * (Al-Hourani, Kandeepan, Lardner, Optimal LAP Altitude for Maximum Coverage, IEEE Wireless
 * Communications Letters 3(6), 2014). */
#ifndef SIM_MODELS_AIR_TO_GROUND_H
#define SIM_MODELS_AIR_TO_GROUND_H

#include "models/model.h"

/* 1 / (1 + a exp(-b (elevation - a))), elevation in degrees (equation 5). */
double air_to_ground_line_of_sight(const struct model_settings *settings,
				   const struct scene *scene);

/* Free space and the mean excess loss of the branch, by `environment` (equations 6 and 7,
 * at 2 GHz). How losses spread around it the letter does not tell: standard deviations are
 * those of TR 38.901's urban macro cell, and so are their correlation distances. */
struct path_loss air_to_ground_path_loss(const struct model_settings *settings,
					 const struct scene *scene, enum line_of_sight sight);

/* The words of `environment`; NULL behind the last. */
const char *air_to_ground_environment(size_t index);

#endif
