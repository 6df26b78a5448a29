#include "models/antenna_height.h"

#include <math.h>

struct antenna_heights antenna_heights(const struct model_settings *settings,
				       const struct scene *scene, double usual_base_m)
{
	double base_m = isnan(settings->base_height_m) ? usual_base_m : settings->base_height_m;

	return (struct antenna_heights){.lower_m = fmax(scene_low_m(scene), base_m),
					.higher_m =
						fmax(scene_high_m(scene), ANTENNA_HEIGHT_MIN_M)};
}
