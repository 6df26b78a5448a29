/* How far one moves until a shadow is another. */
#ifndef SIM_FIT_DECORRELATION_H
#define SIM_FIT_DECORRELATION_H

#include "fit/radio_log.h"

enum decorrelation_status {
	DECORRELATION_FOUND,
	DECORRELATION_BEYOND, /* correlated still at *distance_m, where the log says no more */
	DECORRELATION_UNKNOWN /* hardly anything moved, or nothing remains of the residuals */
};

/* The distance over which the autocorrelation of the residuals (dB, one for each sample) falls to
 * 1/e, which is d0 where it is exp(-d / d0) (Gudmundson, "Correlation model for shadow fading in
 * mobile radio systems", Electronics Letters 27, 1991).
 *
 * Pairs of samples that are at most 256 rows apart are put together by the straight distance
 * between them, in steps of the log's mean step (1 m at least); pairs within half a step, as with a
 * fix that is held, tell nothing. The correlation of a step is the mean product over the
 * residuals' mean square. It is 1 at no distance, and interpolated in its logarithm. */
enum decorrelation_status decorrelation_estimate(const struct radio_sample *samples,
						 const double *residuals, size_t count,
						 double *distance_m);

#endif
