#include "fit/decorrelation.h"

#include <math.h>

/* A step with fewer pairs than this is passed over: its mean is chance. */
enum { STEPS = 128, ROWS_APART = 256, PAIRS_MIN = 16 };

/* What stands for "no correlation" where a logarithm is taken. */
#define CORRELATION_MIN 1e-3

struct products {
	double sum, distance_m;
	size_t pairs;
};

static double between(const struct radio_sample *a, const struct radio_sample *b)
{
	return hypot(hypot(a->east_m - b->east_m, a->north_m - b->north_m), a->up_m - b->up_m);
}

static double mean_step_m(const struct radio_sample *samples, size_t count)
{
	double track_m = 0.0;

	for (size_t i = 1; i < count; i++) {
		track_m += between(&samples[i - 1], &samples[i]);
	}
	return fmax(track_m / (double)(count - 1), 1.0);
}

static double mean_square(const double *values, size_t count)
{
	double sum = 0.0;

	for (size_t i = 0; i < count; i++) {
		sum += values[i] * values[i];
	}
	return sum / (double)count;
}

static void pair_up(const struct radio_sample *samples, const double *residuals, size_t count,
		    double step_m, struct products products[STEPS + 1])
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count && j <= i + ROWS_APART; j++) {
			double distance_m = between(&samples[i], &samples[j]);
			double step = floor(distance_m / step_m + 0.5);
			struct products *product;

			if (step > (double)STEPS) {
				continue;
			}
			product = &products[(size_t)step];
			product->sum += residuals[i] * residuals[j];
			product->distance_m += distance_m;
			product->pairs++;
		}
	}
}

/* Where the straight line in the logarithm between both correlations is at 1/e. */
static double cross(double near_m, double near, double far_m, double far)
{
	double from = log(fmax(near, CORRELATION_MIN)), to = log(fmax(far, CORRELATION_MIN));

	return near_m + (far_m - near_m) * (from + 1.0) / (from - to);
}

enum decorrelation_status decorrelation_estimate(const struct radio_sample *samples,
						 const double *residuals, size_t count,
						 double *distance_m)
{
	struct products products[STEPS + 1] = {{0}};
	double square, near_m = 0.0, near = 1.0;

	*distance_m = 0.0;
	if (count < 2) {
		return DECORRELATION_UNKNOWN;
	}
	square = mean_square(residuals, count);
	pair_up(samples, residuals, count, mean_step_m(samples, count), products);
	for (size_t step = 1; square > 0.0 && step <= STEPS; step++) {
		double pairs = (double)products[step].pairs, far_m, far;

		if (products[step].pairs < PAIRS_MIN) {
			continue;
		}
		far_m = products[step].distance_m / pairs;
		far = products[step].sum / pairs / square;
		if (far <= exp(-1.0)) {
			*distance_m = cross(near_m, near, far_m, far);
			return DECORRELATION_FOUND;
		}
		near_m = far_m;
		near = far;
	}
	*distance_m = near_m;
	return near_m > 0.0 ? DECORRELATION_BEYOND : DECORRELATION_UNKNOWN;
}
