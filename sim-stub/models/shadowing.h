/* What the places of a pair have besides the mean: shadow fading, and whether there is line of
 * sight. */
#ifndef SIM_MODELS_SHADOWING_H
#define SIM_MODELS_SHADOWING_H

#include "models/link.h"

/* A standard normal number `z` as so much shadowing, dB, in steps of 0.01 dB, so that the last
 * binary digits of the normal number play no part. */
double shadowing_rounded_db(double deviation_db, double z);

/* Shadow fading, log-normal (Rappaport, Wireless Communications, 2nd ed., section 4.9), dB.
 * Correlated over place (field.h), or with a decorrelation distance of 0 one number for the
 * pair, wherever it is. 0 without a key or a deviation. */
double shadowing_db(const struct passage *passage, double deviation_db, double decorrelation_m);

/* Whether the pair has line of sight where that has this probability: drawn by a number of the
 * pair that is a field over place too. The procedure is that of 3GPP TR 38.901, 7.6.3.3: an even
 * number, correlated over place, against the probability. Without a key: where it is at least as
 * likely as not. A decorrelation_m of 0 is the distance of its table 7.6.3.1-2 (LOS/NLOS state)
 * for UMa and UMi. The report leaves open how the correlation falls; here smoothly
 * (FIELD_GAUSSIAN), since the edge of a shadow is crossed once and not a hundred times: where the
 * probability is 1/2, sight comes or goes every pi / sqrt(2) = 2.2 correlation distances. */
#define SIGHT_DECORRELATION_M 50.0
bool shadowing_is_in_sight(const struct passage *passage, double probability,
			   double decorrelation_m);

#endif
