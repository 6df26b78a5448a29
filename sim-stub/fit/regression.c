#include "fit/regression.h"

#include <math.h>

/* In log10 of a distance: under 0.3 % of it. */
#define DEVIATION_MIN 1e-3

/* Sums over points, as seen from a point near all of them, so that little is lost in differences.
 */
struct sums {
	double n, x, y, xx, xy;
};

static struct sums sum(const double *x, const double *y, size_t count, double from_x, double from_y)
{
	struct sums sums = {.n = (double)count};

	for (size_t i = 0; i < count; i++) {
		double dx = x[i] - from_x, dy = y[i] - from_y;

		sums.x += dx;
		sums.y += dy;
		sums.xx += dx * dx;
		sums.xy += dx * dy;
	}
	return sums;
}

static struct sums without(struct sums all, struct sums part)
{
	return (struct sums){all.n - part.n, all.x - part.x, all.y - part.y, all.xx - part.xx,
			     all.xy - part.xy};
}

/* NAN when the points stand one above the other. */
static double slope_of(struct sums sums)
{
	double square = sums.xx - sums.x * sums.x / sums.n;

	if (!(square > sums.n * DEVIATION_MIN * DEVIATION_MIN)) {
		return NAN;
	}
	return (sums.xy - sums.x * sums.y / sums.n) / square;
}

static double mean(const double *values, size_t count)
{
	double total = 0.0;

	for (size_t i = 0; i < count; i++) {
		total += values[i];
	}
	return total / (double)count;
}

static double slope_error(const double *x, const double *y, size_t count, double from_x,
			  double from_y)
{
	struct sums all = sum(x, y, count, from_x, from_y);
	double slopes[REGRESSION_PIECES], squares = 0.0, middle;

	for (size_t i = 0; i < REGRESSION_PIECES; i++) {
		size_t first = i * count / REGRESSION_PIECES;
		size_t end = (i + 1) * count / REGRESSION_PIECES;

		slopes[i] = slope_of(
			without(all, sum(x + first, y + first, end - first, from_x, from_y)));
	}
	middle = mean(slopes, REGRESSION_PIECES);
	for (size_t i = 0; i < REGRESSION_PIECES; i++) {
		squares += (slopes[i] - middle) * (slopes[i] - middle);
	}
	return sqrt((REGRESSION_PIECES - 1.0) / REGRESSION_PIECES * squares);
}

int regression_fit(const double *x, const double *y, size_t count, struct regression *line)
{
	double mean_x, mean_y, squares = 0.0;

	if (count < REGRESSION_POINTS_MIN) {
		return -1;
	}
	mean_x = mean(x, count);
	mean_y = mean(y, count);
	line->slope = slope_of(sum(x, y, count, mean_x, mean_y));
	line->intercept = mean_y - line->slope * mean_x;
	for (size_t i = 0; i < count; i++) {
		double error = y[i] - line->intercept - line->slope * x[i];

		squares += error * error;
	}
	line->spread = sqrt(squares / (double)(count - 2));
	line->slope_error = slope_error(x, y, count, mean_x, mean_y);
	return isnan(line->slope) || isnan(line->slope_error) ? -1 : 0;
}
