/* A Gaussian random field over the places of two nodes: what is drawn for a pair where it is,
 * near where it has been, is nearly what was drawn there. It is a function of place, so it
 * needs no memory, and nothing depends on who asks first. */
#ifndef SIM_MODELS_FIELD_H
#define SIM_MODELS_FIELD_H

#include "models/wave.h"

/* The waves that a field is a sum of. */
enum { FIELD_WAVES = 32 };

/* The pair's number there: normally distributed over pairs (mean 0, variance 1), from -8 to 8.
 * `word` is the pair's. Between two places of the pair the covariance is
 * exp(-moved / decorrelation_m), within 0.006, where `moved` is the square root of the summed
 * squares of what both nodes have moved (Gudmundson, "Correlation model for shadow fading in
 * mobile radio systems", Electronics Letters 27, 1991; 3GPP TR 38.901, 7.4.4). A
 * decorrelation_m under 0.1 m counts as that.
 *
 * Sum of sinusoids (Cai and Giannakis, "A two-dimensional channel simulation model for
 * shadowing processes", IEEE Trans. Veh. Technol. 52, 2003; Jaeckel et al., "Efficient
 * sum-of-sinusoids-based spatial consistency for the 3GPP New-Radio channel model", 2018, who
 * let both ends move): the wave vectors' spectrum is the covariance's Fourier transform. */
double field_normal(uint64_t word, const struct wave_places *places, double decorrelation_m);

/* The length of the wave vector number `wave`, in radians per decorrelation distance. */
double field_wave_number(unsigned wave);

#endif
