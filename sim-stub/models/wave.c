#include "models/wave.h"

static double within(double coordinate)
{
	return fmin(fmax(coordinate, -WAVE_PLACE_MAX_M), WAVE_PLACE_MAX_M);
}

struct axes wave_place(struct axes place)
{
	return (struct axes){within(place.east), within(place.north), within(place.up)};
}
