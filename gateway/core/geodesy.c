#include "core/geodesy.h"

#include <math.h>

static const double semi_major_m = 6378137.0;
static const double flattening = 1.0 / 298.257223563;
static const double radian = 3.14159265358979323846 / 180.0;

static struct geodesy_point point_of(double sin_lat, double cos_lat, double sin_lon, double cos_lon,
				     double altitude_m)
{
	const double e2 = flattening * (2.0 - flattening);
	double normal_m = semi_major_m / sqrt(1.0 - e2 * sin_lat * sin_lat);

	return (struct geodesy_point){
		.x = (normal_m + altitude_m) * cos_lat * cos_lon,
		.y = (normal_m + altitude_m) * cos_lat * sin_lon,
		.z = (normal_m * (1.0 - e2) + altitude_m) * sin_lat,
	};
}

struct geodesy_origin geodesy_origin_of(double latitude_deg, double longitude_deg,
					double altitude_m)
{
	struct geodesy_origin origin = {
		.sin_lat = sin(latitude_deg * radian),
		.cos_lat = cos(latitude_deg * radian),
		.sin_lon = sin(longitude_deg * radian),
		.cos_lon = cos(longitude_deg * radian),
	};

	origin.centre = point_of(origin.sin_lat, origin.cos_lat, origin.sin_lon, origin.cos_lon,
				 altitude_m);
	return origin;
}

struct vector geodesy_local(const struct geodesy_origin *o, struct geodetic position)
{
	double lat = position.latitude_e7 * 1e-7 * radian;
	double lon = position.longitude_e7 * 1e-7 * radian;
	struct geodesy_point p =
		point_of(sin(lat), cos(lat), sin(lon), cos(lon), position.altitude_mm * 1e-3);
	double dx = p.x - o->centre.x, dy = p.y - o->centre.y, dz = p.z - o->centre.z;
	double outward = o->cos_lon * dx + o->sin_lon * dy;

	return (struct vector){
		.east = (float)(-o->sin_lon * dx + o->cos_lon * dy),
		.north = (float)(-o->sin_lat * outward + o->cos_lat * dz),
		.up = (float)(o->cos_lat * outward + o->sin_lat * dz),
	};
}

bool geodesy_valid(struct geodetic position)
{
	return position.latitude_e7 >= -900000000 && position.latitude_e7 <= 900000000 &&
	       position.longitude_e7 >= -1800000000 && position.longitude_e7 <= 1800000000;
}
