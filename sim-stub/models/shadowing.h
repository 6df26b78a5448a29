/* Shadow fading: what a pair of nodes has besides the mean path loss, log-normal (Rappaport,
 * Wireless Communications, 2nd ed., section 4.9: log-normal shadowing). */
#ifndef SIM_MODELS_SHADOWING_H
#define SIM_MODELS_SHADOWING_H

#include "models/link.h"

/* A standard normal number `z` as so much shadowing, dB, in steps of 0.01 dB, so that the last
 * binary digits of the normal number play no part. */
double shadowing_rounded_db(double deviation_db, double z);

/* Of a passage; 0 without a key or a deviation. */
double shadowing_db(const struct passage *passage, double deviation_db);

#endif
