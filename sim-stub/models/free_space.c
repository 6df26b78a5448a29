#include "models/free_space.h"

#include <math.h>

double free_space_loss_db(double frequency_hz, double distance_m)
{
	return 20.0 * log10(4.0 * M_PI * distance_m * frequency_hz / SPEED_OF_LIGHT_MPS);
}

struct path_loss free_space_path_loss(const struct model_settings *settings,
				      const struct scene *scene, enum line_of_sight sight)
{
	(void)sight;
	return (struct path_loss){
		.mean_db = free_space_loss_db(settings->frequency_hz, scene->distance_m),
		.decorrelation_m = DECORRELATION_USUAL_M};
}
