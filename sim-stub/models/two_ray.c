#include "models/two_ray.h"

#include <complex.h>
#include <float.h>
#include <math.h>

#include "models/antenna_height.h"
#include "models/free_space.h"

struct rays {
	struct antenna_heights heights;
	double horizontal_m, direct_m, reflected_m;
};

static struct rays rays_of(const struct model_settings *settings, const struct scene *scene)
{
	struct antenna_heights heights = antenna_heights(settings, scene, ANTENNA_HEIGHT_MIN_M);
	double horizontal_m = scene->horizontal_m;

	return (struct rays){
		.heights = heights,
		.horizontal_m = horizontal_m,
		.direct_m = hypot(horizontal_m, heights.higher_m - heights.lower_m),
		.reflected_m = hypot(horizontal_m, heights.higher_m + heights.lower_m),
	};
}

/* ------------------------------------------------------------ interference */

/* CMPLX, which clang 14 does not have. */
static double complex number(double real, double imaginary)
{
	return real + imaginary * I;
}

/* By hand: what compilers make of a complex division differs in the last digits. */
static double complex quotient(double complex top, double complex bottom)
{
	double norm = creal(bottom) * creal(bottom) + cimag(bottom) * cimag(bottom);
	double complex product = top * conj(bottom);

	return number(creal(product) / norm, cimag(product) / norm);
}

/* Where the scenario says nothing the ground is medium dry: relative permittivity 15 f^-0.1,
 * conductivity 0.035 f^1.63 S/m, f in GHz (ITU-R P.2040, table 3, which holds from 1 GHz to
 * 10 GHz; below and above, the value there). */
static double within_table(double ghz)
{
	return fmin(fmax(ghz, 1.0), 10.0);
}

static double relative_permittivity(const struct model_settings *settings, double ghz)
{
	return isnan(settings->permittivity) ? 15.0 * pow(within_table(ghz), -0.1)
					     : settings->permittivity;
}

static double conductivity(const struct model_settings *settings, double ghz)
{
	return isnan(settings->conductivity_s_per_m) ? 0.035 * pow(within_table(ghz), 1.63)
						     : settings->conductivity_s_per_m;
}

/* Relative to vacuum; 17.98 is 1 / (2 pi epsilon0) for frequencies in GHz (ITU-R P.2040). */
static double complex permittivity(const struct model_settings *settings)
{
	double ghz = settings->frequency_hz / 1e9;

	return number(relative_permittivity(settings, ghz),
		      -17.98 * conductivity(settings, ghz) / ghz);
}

/* Fresnel (Rappaport, equations 4.24 and 4.25); the angle is that between ray and ground. For
 * vertical polarisation the sign is the opposite of the one printed in 4.24, which is of the
 * field's component along the ground and goes to +1 at grazing. That of the vertical component,
 * which antennas hear, goes to -1, as does 4.25. */
static double complex reflection(const struct model_settings *settings, const struct rays *rays)
{
	double sine = (rays->heights.lower_m + rays->heights.higher_m) / rays->reflected_m;
	double cosine = rays->horizontal_m / rays->reflected_m;
	double complex ground = permittivity(settings);
	double complex root = csqrt(ground - cosine * cosine);
	double complex incident =
		settings->polarization == POLARIZATION_VERTICAL ? ground * sine : number(sine, 0.0);

	return quotient(incident - root, incident + root);
}

/* |1 + R d1 / d2 exp(-j phase)|^2, kept from 0, where there would be no loss to tell. */
static double interference(const struct model_settings *settings, const struct rays *rays,
			   double direct_m)
{
	/* d2 - d1 without the digits that a difference of nearly equal numbers loses */
	double detour_m = 4.0 * rays->heights.lower_m * rays->heights.higher_m /
			  (rays->direct_m + rays->reflected_m);
	double phase = 2.0 * M_PI * detour_m * settings->frequency_hz / SPEED_OF_LIGHT_MPS;
	double complex ray = reflection(settings, rays) * number(cos(phase), -sin(phase)) *
			     (direct_m / rays->reflected_m);
	double real = 1.0 + creal(ray);

	return fmax(real * real + cimag(ray) * cimag(ray), DBL_MIN);
}

/* --------------------------------------------------------------- crossover */

static double crossover_db(const struct model_settings *settings, const struct rays *rays,
			   double direct_m)
{
	double area_m2 = rays->heights.lower_m * rays->heights.higher_m;
	double crossover_m = 4.0 * M_PI * area_m2 * settings->frequency_hz / SPEED_OF_LIGHT_MPS;

	if (direct_m <= crossover_m) {
		return free_space_loss_db(settings->frequency_hz, direct_m);
	}
	return 40.0 * log10(direct_m) - 20.0 * log10(area_m2);
}

struct path_loss two_ray_path_loss(const struct model_settings *settings, const struct scene *scene,
				   enum line_of_sight sight)
{
	struct rays rays = rays_of(settings, scene);
	double direct_m = fmax(rays.direct_m, DISTANCE_MIN_M);

	(void)sight;
	if (settings->ground == GROUND_CROSSOVER) {
		return (struct path_loss){.mean_db = crossover_db(settings, &rays, direct_m),
					  .decorrelation_m = DECORRELATION_USUAL_M};
	}
	return (struct path_loss){.mean_db = free_space_loss_db(settings->frequency_hz, direct_m) -
					     10.0 * log10(interference(settings, &rays, direct_m)),
				  .decorrelation_m = DECORRELATION_USUAL_M};
}
