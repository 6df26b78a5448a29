/* A Gaussian random field over the places of two nodes: what is drawn for a pair where it is,
 * near where it has been, is nearly what was drawn there. It is a function of place, so it
 * needs no memory, and nothing depends on who asks first. */
#ifndef SIM_MODELS_FIELD_H
#define SIM_MODELS_FIELD_H

#include "models/wave.h"

/* The waves that a field is a sum of. */
enum { FIELD_WAVES = 32 };

/* The covariance between two places of a pair. `moved` is the square root of the summed squares of
 * what both nodes have moved, over decorrelation_m. */
enum field_shape {
	/* exp(-moved) (Gudmundson, "Correlation model for shadow fading in mobile radio systems",
	 * Electronics Letters 27, 1991; 3GPP TR 38.901, 7.4.4). For amounts alone: such a number
	 * crosses any level without end, the more often the closer one looks. */
	FIELD_EXPONENTIAL,
	/* exp(-moved^2): smooth, for decisions. Along a straight way it crosses the level u every
	 * pi decorrelation_m exp(u^2 / 2) / sqrt(2) on average (Rice, "Mathematical analysis of
	 * random noise", Bell System Technical Journal 24, 1945). */
	FIELD_GAUSSIAN,
};

/* The pair's number there: normally distributed over pairs (mean 0, variance 1), from -8 to 8.
 * `word` is the pair's. The covariance is within 0.006 of what `shape` says. A decorrelation_m
 * under 0.1 m counts as that.
 *
 * Sum of sinusoids (Cai and Giannakis, "A two-dimensional channel simulation model for
 * shadowing processes", IEEE Trans. Veh. Technol. 52, 2003; Jaeckel et al., "Efficient
 * sum-of-sinusoids-based spatial consistency for the 3GPP New-Radio channel model", 2018, who
 * let both ends move, and choose the waves by the covariance that is wanted): the wave vectors'
 * spectrum is the covariance's Fourier transform. */
double field_normal(enum field_shape shape, uint64_t word, const struct wave_places *places,
		    double decorrelation_m);

/* The length of the wave vector number `wave`, in radians per decorrelation distance. */
double field_wave_number(enum field_shape shape, unsigned wave);

#endif
