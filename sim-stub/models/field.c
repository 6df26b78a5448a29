#include "models/field.h"

#include <math.h>

#include "base/rng.h"

#define DECORRELATION_MIN_M 0.1

/* The spectrum of exp(-|x|) in six dimensions is the multivariate Cauchy distribution: a wave
 * vector is z / |w|, z of six standard normal numbers, w of one. So 1 / sqrt(1 + length^2) = c
 * is distributed by (15 c - 10 c^3 + 3 c^5) / 8 (the square root of a beta distributed number
 * of 1/2 and 3). Here the lengths are the solutions for (i + 1/2) / 32, the method of equal
 * areas: every pair has them all. */
static const double wave_numbers[FIELD_WAVES] = {
	119.9902771, 39.97081539, 23.95130563, 17.0745724,  13.24534417, 10.8012486,  9.102888723,
	7.851857818, 6.890155136, 6.126286031, 5.503590123, 4.985093378, 4.545630593, 4.167468281,
	3.837737918, 3.546861705, 3.287549431, 3.054137539, 2.842140256, 2.647935724, 2.468539683,
	2.301436084, 2.14444363,  1.99560202,  1.85306265,  1.714964553, 1.57926309,  1.443441898,
	1.303927283, 1.154621133, 0.981951191, 0.7335307295};

double field_wave_number(unsigned wave)
{
	return wave_numbers[wave];
}

/* The vector's direction is even over the six dimensions' sphere: its part in the three of
 * one node has a square that is beta distributed of 3/2 and 3/2, a semicircle: as the
 * coordinate of a point that is even over a disk. */
double field_normal(uint64_t word, const struct wave_places *places, double decorrelation_m)
{
	double per_metre = 1.0 / (2.0 * M_PI * fmax(decorrelation_m, DECORRELATION_MIN_M));
	double sum = 0.0;

	for (unsigned i = 0; i < FIELD_WAVES; i++) {
		uint64_t bits = rng_mix(word++);
		struct axes one = wave_direction(rng_mix(word++));
		struct axes other = wave_direction(rng_mix(word++));
		double radius = sqrt(wave_even((uint32_t)(bits << 16)));
		double share =
			0.5 + 0.5 * radius * wave_cos(wave_even((uint32_t)(bits & 0xffff0000)));

		sum += wave_cos(wave_numbers[i] * per_metre *
					(sqrt(share) * wave_along(one, places->one) +
					 sqrt(1.0 - share) * wave_along(other, places->other)) +
				wave_even((uint32_t)(bits >> 32)));
	}
	return sum * sqrt(2.0 / FIELD_WAVES);
}
