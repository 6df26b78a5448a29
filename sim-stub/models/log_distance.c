#include "models/log_distance.h"

#include <math.h>

#include "models/free_space.h"

struct path_loss log_distance_path_loss(const struct model_settings *settings,
					const struct scene *scene, enum line_of_sight sight)
{
	double reference_m = settings->reference_m;
	double near_m = fmin(scene->distance_m, reference_m);
	double far_m = fmax(scene->distance_m, reference_m);

	(void)sight;
	return (struct path_loss){.mean_db = free_space_loss_db(settings->frequency_hz, near_m) +
					     10.0 * settings->exponent * log10(far_m / reference_m),
				  .decorrelation_m = DECORRELATION_USUAL_M};
}
