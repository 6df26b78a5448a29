/* The model `log-distance`: path loss that grows by a chosen exponent, and shadowing
 * that each pair of nodes has of its own; all else as free-space. */
#ifndef SIM_MODELS_LOG_DISTANCE_H
#define SIM_MODELS_LOG_DISTANCE_H

#include "models/model.h"

/* Mean path loss, dB: free space up to the reference distance, and from there on
 * 10 exponent log10(d / reference) more (Rappaport, Wireless Communications, 2nd ed.,
 * section 4.9: log-distance path loss). It makes no jump at the reference. */
double log_distance_mean_loss_db(const struct model_settings *settings, double distance_m);

/* What a pair has besides, dB: a normal number with mean 0 and the standard deviation
 * shadowing_db (ibid., log-normal shadowing), of which `deviations` says how many. It
 * is rounded to 0.01 dB, so that the last binary digits of `deviations` play no part. */
double log_distance_shadowing_db(const struct model_settings *settings, double deviations);

struct prediction log_distance_predict(const struct model_settings *settings,
				       const struct passage *passage);

#endif
