/* The model `two-ray`: the direct ray and the one that a flat ground reflects. */
#ifndef SIM_MODELS_TWO_RAY_H
#define SIM_MODELS_TWO_RAY_H

#include "models/model.h"

/* `ground = fresnel`: both rays with their phases. The field is that of free space times
 * |1 + R d1 / d2 exp(-j 2 pi (d2 - d1) / lambda)|, d1 the direct way, d2 the reflected, R
 * the ground's reflection coefficient by Fresnel for `polarization` (Rappaport, Wireless
 * Communications, 2nd ed., sections 4.5 and 4.6; Sommer and Dressler, Using the Right
 * Two-Ray Model?, ACM MobiCom 2011 posters). Antennas are isotropic for either ray.
 *
 * `ground = crossover`: free space up to 4 pi h1 h2 / lambda, from there on
 * 40 log10(d) - 20 log10(h1 h2), without the swings (Rappaport, equations 4.52 and 4.53).
 *
 * Antennas stand at least at ANTENNA_HEIGHT_MIN_M, the lower one at `base_height_m` where that
 * is given. */
struct path_loss two_ray_path_loss(const struct model_settings *settings, const struct scene *scene,
				   enum line_of_sight sight);

#endif
