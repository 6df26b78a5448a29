/* What a model says over distance and height: mean values, asked of the same link that packets go
 * through. One node stands at the origin as a ground station does, the other is away from it along
 * the ground and up. */
#ifndef SIM_PLOT_SOUNDING_H
#define SIM_PLOT_SOUNDING_H

#include "models/link.h"

/* Along the ground, m; the same for all models, so that they can be compared. */
#define SOUNDING_NEAREST_M 10.0
#define SOUNDING_FARTHEST_M 20000.0
/* Of the ground station's antenna; models that know base stations raise it to theirs. */
#define SOUNDING_STATION_M 1.5
#define SOUNDING_HIGHEST_M 300.0       /* of the map */
enum { SOUNDING_PAYLOAD_BYTES = 200 }; /* as the examples of scenarios count */

enum {
	SOUNDING_HEIGHTS = 4,
	SOUNDING_INTERVALS = 150,
	SOUNDING_POINTS = 2 * SOUNDING_INTERVALS,
	SOUNDING_COLUMNS = 144,
	SOUNDING_ROWS = 75
};

struct sounding_point {
	double distance_m; /* along the ground */
	double path_loss_db, packet_error_rate;
	double line_of_sight; /* its probability; 1 where the model does not tell branches apart */
};

/* Of the curves, from the lowest; NAN from SOUNDING_HEIGHTS on. */
double sounding_height_m(size_t index);

/* One place. Which branch it is says channel->settings.los; with LOS_AUTO the likelier. */
struct sounding_point sounding_look(const struct channel *channel, double distance_m,
				    double height_m);

/* Over all distances, which are cut into intervals of equal ratio. Each is looked at in 16 places,
 * of which those with the least and with the greatest path loss are kept, as they follow each
 * other: so swings that are narrower than an interval are still as deep as they are. */
void sounding_curve(const struct channel *channel, double height_m,
		    struct sounding_point points[SOUNDING_POINTS]);

/* Means over the cells of a grid of distance (equal ratios) and height (equal steps), of the path
 * loss that of the power which arrives. Neighbours overlap by half, so swings narrower than a cell
 * leave no pattern. `cell` is at its middle. */
void sounding_cell(const struct channel *channel, size_t column, size_t row,
		   struct sounding_point *cell, double *height_m);

#endif
