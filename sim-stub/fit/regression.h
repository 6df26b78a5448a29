/* A straight line through points whose errors may be correlated. */
#ifndef SIM_FIT_REGRESSION_H
#define SIM_FIT_REGRESSION_H

#include <stddef.h>

/* Points that lie one behind the other are taken together in so many pieces of equal size, and a
 * line needs at least two points in each. */
enum { REGRESSION_PIECES = 16, REGRESSION_POINTS_MIN = 2 * REGRESSION_PIECES };

struct regression {
	double intercept, slope; /* y = intercept + slope x */
	double spread;		 /* standard deviation of y around the line: sqrt(S / (n - 2)) */
	double slope_error;	 /* standard error of the slope */
};

/* The line of least squares: with the means X and Y, slope = sum (x - X)(y - Y) / sum (x - X)^2 and
 * intercept = Y - slope X.
 *
 * The textbook's error of the slope, spread / sqrt(sum (x - X)^2), is that of points that tell
 * something new each. Those of a log do not: the next one is in the same shadow. So the error is
 * found by leaving each piece out in turn (delete-a-group jackknife; Efron, "The Jackknife, the
 * Bootstrap and Other Resampling Plans", SIAM 1982, chapter 3): with the slopes b_i of the g
 * remainders and their mean B, error^2 = (g - 1) / g sum (b_i - B)^2. It holds as long as pieces
 * are longer than what is correlated.
 *
 * 0, or -1 when there are too few points, or so near each other in x, overall or in a remainder,
 * that no line follows from them. */
int regression_fit(const double *x, const double *y, size_t count, struct regression *line)
	__attribute__((warn_unused_result));

#endif
