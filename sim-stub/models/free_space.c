#include "models/free_space.h"

#include <math.h>

#include "models/link_budget.h"

double free_space_loss_db(double frequency_hz, double distance_m)
{
	return 20.0 * log10(4.0 * M_PI * distance_m * frequency_hz / SPEED_OF_LIGHT_MPS);
}

struct prediction free_space_predict(const struct model_settings *settings,
				     const struct passage *passage)
{
	struct geometry geometry = geometry_between(passage->transmitter, passage->receiver);
	double loss_db = free_space_loss_db(settings->frequency_hz, geometry.distance_m);
	struct prediction prediction = link_budget_predict(settings, passage, &geometry, loss_db);

	prediction.numbers.line_of_sight = LINE_OF_SIGHT_LOS;
	return prediction;
}
