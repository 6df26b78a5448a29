/* What fields of waves are made of. Everything here is sums, products and square roots, which
 * IEEE 754 defines to the last bit; no library's sine. In the header, since a field is a sum of
 * many. */
#ifndef SIM_MODELS_WAVE_H
#define SIM_MODELS_WAVE_H

#include <math.h>

#include "models/scene.h"

/* Where both nodes of a pair are, m, the node whose name comes first as `one`. */
struct wave_places {
	struct axes one, other;
};

/* A coordinate as far out as phases are still exact: a nonsensical one goes no farther. */
#define WAVE_PLACE_MAX_M 5e11
struct axes wave_place(struct axes place);

/* Cosine of an angle in turns, from -2e15 to 2e15, within 1e-7: Taylor's series of the sine up to
 * the 11th power, at most a quarter of a turn either way. */
static inline double wave_cos(double turns)
{
	/* where doubles are whole numbers: added and taken off, it rounds to the nearest */
	const double whole = 6755399441055744.0; /* 1.5 * 2^52 */
	double y = 2.0 * M_PI * (0.25 - fabs(turns - ((turns + whole) - whole)));
	double q = y * y;
	double sum = -1.0 / 39916800.0;

	sum = sum * q + 1.0 / 362880.0;
	sum = sum * q - 1.0 / 5040.0;
	sum = sum * q + 1.0 / 120.0;
	sum = sum * q - 1.0 / 6.0;
	return y + y * q * sum;
}

static inline double wave_sin(double turns)
{
	return wave_cos(turns - 0.25);
}

/* 0 < u < 1, one of 2^32 numbers evenly apart. */
static inline double wave_even(uint32_t bits)
{
	return ((double)bits + 0.5) / 4294967296.0;
}

/* A unit vector that points anywhere in space alike (its height and its azimuth are even:
 * Archimedes, On the Sphere and Cylinder), from 64 even bits. */
static inline struct axes wave_direction(uint64_t word)
{
	double azimuth = wave_even((uint32_t)word);
	double up = 2.0 * wave_even((uint32_t)(word >> 32)) - 1.0;
	double level = sqrt(1.0 - up * up);

	return (struct axes){level * wave_cos(azimuth), level * wave_sin(azimuth), up};
}

static inline double wave_along(struct axes direction, struct axes place)
{
	return direction.east * place.east + direction.north * place.north +
	       direction.up * place.up;
}

#endif
