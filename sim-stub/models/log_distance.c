#include "models/log_distance.h"

#include <math.h>

#include "models/free_space.h"
#include "models/link_budget.h"

double log_distance_mean_loss_db(const struct model_settings *settings, double distance_m)
{
	double reference_m = settings->reference_m;
	double near_m = fmin(distance_m, reference_m);
	double far_m = fmax(distance_m, reference_m);

	return free_space_loss_db(settings->frequency_hz, near_m) +
	       10.0 * settings->exponent * log10(far_m / reference_m);
}

double log_distance_shadowing_db(const struct model_settings *settings, double deviations)
{
	return rint(settings->shadowing_db * deviations * 100.0) / 100.0;
}

/* Whether there is line of sight is not told: exponent and shadowing stand for all that
 * is in the way or is not. */
struct prediction log_distance_predict(const struct model_settings *settings,
				       const struct passage *passage)
{
	struct geometry geometry = geometry_between(passage->transmitter, passage->receiver);
	double loss_db = log_distance_mean_loss_db(settings, geometry.distance_m) +
			 log_distance_shadowing_db(settings, passage->shadowing);

	return link_budget_predict(settings, passage, &geometry, loss_db);
}
