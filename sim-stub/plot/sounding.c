#include "plot/sounding.h"

#include <math.h>

enum { PLACES = 16, SPOTS = 64 }; /* looked at in an interval, and in a cell */

double sounding_height_m(size_t index)
{
	static const double heights[SOUNDING_HEIGHTS] = {10.0, 30.0, 100.0, 300.0};

	return index < SOUNDING_HEIGHTS ? heights[index] : NAN;
}

/* The distance that parts the whole way in `part` to the rest, by ratio. */
static double distance_at(double part)
{
	return SOUNDING_NEAREST_M * pow(SOUNDING_FARTHEST_M / SOUNDING_NEAREST_M, part);
}

static struct sim_node node_at(float east_m, float up_m)
{
	return (struct sim_node){.has_position = true, .position = {.east = east_m, .up = up_m}};
}

struct sounding_point sounding_look(const struct channel *channel, double distance_m,
				    double height_m)
{
	struct sim_node station = node_at(0.0F, (float)SOUNDING_STATION_M);
	struct sim_node drone = node_at((float)distance_m, (float)height_m);
	struct passage passage = {.transmitter = &drone,
				  .receiver = &station,
				  .payload_bytes = SOUNDING_PAYLOAD_BYTES};
	struct prediction prediction = link_predict(channel, &passage);
	struct scene scene = scene_between(&drone, &station);

	return (struct sounding_point){
		.distance_m = distance_m,
		.path_loss_db = (double)prediction.numbers.path_loss_db,
		.packet_error_rate = (double)prediction.numbers.packet_error_rate,
		.line_of_sight = channel->model->line_of_sight
					 ? channel->model->line_of_sight(&channel->settings, &scene)
					 : 1.0,
	};
}

/* The two of an interval that are kept. */
static void look_at_interval(const struct channel *channel, size_t interval, double height_m,
			     struct sounding_point *points)
{
	struct sounding_point places[PLACES];
	size_t least = 0, greatest = 0;

	for (size_t i = 0; i < PLACES; i++) {
		double part = ((double)interval + (double)i / (PLACES - 1.0)) / SOUNDING_INTERVALS;

		places[i] = sounding_look(channel, distance_at(part), height_m);
		if (places[i].path_loss_db < places[least].path_loss_db) {
			least = i;
		}
		if (places[i].path_loss_db >= places[greatest].path_loss_db) {
			greatest = i;
		}
	}
	points[0] = places[least < greatest ? least : greatest];
	points[1] = places[least < greatest ? greatest : least];
}

void sounding_curve(const struct channel *channel, double height_m,
		    struct sounding_point points[SOUNDING_POINTS])
{
	for (size_t i = 0; i < SOUNDING_INTERVALS; i++) {
		look_at_interval(channel, i, height_m, &points[2 * i]);
	}
}

/* From -1 to 1, for a share of 0 to 1: densest at 0 and thinning out evenly to both sides. */
static double tent(double share)
{
	return share < 0.5 ? sqrt(2.0 * share) - 1.0 : 1.0 - sqrt(2.0 - 2.0 * share);
}

void sounding_cell(const struct channel *channel, size_t column, size_t row,
		   struct sounding_point *cell, double *height_m)
{
	const double step_m = SOUNDING_HIGHEST_M / SOUNDING_ROWS;
	struct sounding_point sum = {0};
	double power = 0.0;

	*height_m = ((double)row + 0.5) * step_m;
	for (size_t i = 0; i < SPOTS; i++) {
		/* a lattice: no two places of a cell are at one distance or one height */
		double across = (double)column + 0.5 + tent(((double)i + 0.5) / SPOTS);
		double up = (double)row + 0.5 + tent(((double)(i * 27 % SPOTS) + 0.5) / SPOTS);
		struct sounding_point place = sounding_look(
			channel, distance_at(across / SOUNDING_COLUMNS), fabs(up) * step_m);

		power += pow(10.0, -place.path_loss_db / 10.0) / SPOTS;
		sum.packet_error_rate += place.packet_error_rate / SPOTS;
		sum.line_of_sight += place.line_of_sight / SPOTS;
	}
	*cell = sum;
	cell->path_loss_db = -10.0 * log10(power);
	cell->distance_m = distance_at(((double)column + 0.5) / SOUNDING_COLUMNS);
}
