/* From geodetic coordinates to a scenario's local frame: a plane tangent to the
 * WGS 84 ellipsoid at the scenario's origin, east, north, up in metres. */
#ifndef UAV_CORE_GEODESY_H
#define UAV_CORE_GEODESY_H

#include "core/message.h"

struct geodesy_point { /* earth-centred, earth-fixed, m */
	double x, y, z;
};

struct geodesy_origin {
	struct geodesy_point centre;
	double sin_lat, cos_lat, sin_lon, cos_lon;
};

/* Degrees and metres above the ellipsoid (or any datum that the positions share
 * with the origin). */
struct geodesy_origin geodesy_origin_of(double latitude_deg, double longitude_deg,
					double altitude_m);

/* Standard: WGS 84 (NIMA TR8350.2, 3rd ed., table 3.1 and eq. 4-14); ENU rotation
 * as in IOGP Guidance Note 373-7-2, section 4.1.3 (EPSG method 9837). */
struct vector geodesy_local(const struct geodesy_origin *origin, struct geodetic position);

/* Latitude within 90 degrees, longitude within 180. */
bool geodesy_valid(struct geodetic position);

#endif
