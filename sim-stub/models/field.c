#include "models/field.h"

#include <math.h>

#include "base/rng.h"

#define DECORRELATION_MIN_M 0.1

/* The lengths of the wave vectors are the quantiles of their distribution at (i + 1/2) / 32, the
 * method of equal areas: every pair has them all.
 *
 * The spectrum of exp(-|x|) in six dimensions is the multivariate Cauchy distribution: a wave
 * vector is z / |w|, z of six standard normal numbers, w of one. So 1 / sqrt(1 + length^2) = c
 * is distributed by (15 c - 10 c^3 + 3 c^5) / 8 (the square root of a beta distributed number
 * of 1/2 and 3).
 *
 * That of exp(-|x|^2) is normal with a variance of 2 in each dimension. So length^2 / 4 = q is
 * distributed by 1 - exp(-q) (1 + q + q^2 / 2), half a chi-square of six degrees of freedom. */
static const double wave_numbers[][FIELD_WAVES] = {
	[FIELD_EXPONENTIAL] = {119.9902771, 39.97081539, 23.95130563, 17.0745724,  13.24534417,
			       10.8012486,  9.102888723, 7.851857818, 6.890155136, 6.126286031,
			       5.503590123, 4.985093378, 4.545630593, 4.167468281, 3.837737918,
			       3.546861705, 3.287549431, 3.054137539, 2.842140256, 2.647935724,
			       2.468539683, 2.301436084, 2.14444363,  1.99560202,  1.85306265,
			       1.714964553, 1.57926309,	 1.443441898, 1.303927283, 1.154621133,
			       0.981951191, 0.7335307295},
	[FIELD_GAUSSIAN] = {1.436576916, 1.784579078, 1.988061121, 2.14262091,	2.271694599,
			    2.385060794, 2.487836603, 2.583082521, 2.672804037, 2.758409048,
			    2.840943104, 2.921221757, 2.999910709, 3.077577681, 3.154728319,
			    3.231832987, 3.309348622, 3.387738496, 3.467492212, 3.549148193,
			    3.633321501, 3.720740937, 3.812301792, 3.909145142, 4.012783781,
			    4.125314552, 4.249802532, 4.391041209, 4.557249459, 4.764589512,
			    5.053277555, 5.598631676},
};

double field_wave_number(enum field_shape shape, unsigned wave)
{
	return wave_numbers[shape][wave];
}

/* The vector's direction is even over the six dimensions' sphere: its part in the three of
 * one node has a square that is beta distributed of 3/2 and 3/2, a semicircle: as the
 * coordinate of a point that is even over a disk. */
double field_normal(enum field_shape shape, uint64_t word, const struct wave_places *places,
		    double decorrelation_m)
{
	const double *lengths = wave_numbers[shape];
	double per_metre = 1.0 / (2.0 * M_PI * fmax(decorrelation_m, DECORRELATION_MIN_M));
	double sum = 0.0;

	for (unsigned i = 0; i < FIELD_WAVES; i++) {
		uint64_t bits = rng_mix(word++);
		struct axes one = wave_direction(rng_mix(word++));
		struct axes other = wave_direction(rng_mix(word++));
		double radius = sqrt(wave_even((uint32_t)(bits << 16)));
		double share =
			0.5 + 0.5 * radius * wave_cos(wave_even((uint32_t)(bits & 0xffff0000)));

		sum += wave_cos(lengths[i] * per_metre *
					(sqrt(share) * wave_along(one, places->one) +
					 sqrt(1.0 - share) * wave_along(other, places->other)) +
				wave_even((uint32_t)(bits >> 32)));
	}
	return sum * sqrt(2.0 / FIELD_WAVES);
}
