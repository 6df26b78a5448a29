/* The standard normal distribution. */
#ifndef UAV_BASE_NORMAL_H
#define UAV_BASE_NORMAL_H

/* The number that a normally distributed one (mean 0, standard deviation 1) is under
 * with probability p, 0 < p < 1; exact to about 1e-15 of itself. Between 0.075 and
 * 0.925 it is made of sums, products and quotients alone, which are the same to the
 * last bit everywhere; outside, of the library's logarithm too. */
double normal_quantile(double p);

#endif
