#include "cli/json_drone.h"

static json_t *position_object(const struct position *position)
{
	json_t *object = json_object(), *frame = json_object();

	if (position->frame == POSITION_GEODETIC) {
		json_set(frame, "latitude_e7", json_integer(position->geodetic.latitude_e7));
		json_set(frame, "longitude_e7", json_integer(position->geodetic.longitude_e7));
		json_set(frame, "altitude_mm", json_integer(position->geodetic.altitude_mm));
		json_set(object, "geodetic", frame);
	} else {
		json_set_float(frame, "east_m", position->local.east);
		json_set_float(frame, "north_m", position->local.north);
		json_set_float(frame, "up_m", position->local.up);
		json_set(object, "local", frame);
	}
	return object;
}

static json_t *traffic_object(const struct drone_entry *drone)
{
	const struct drone_traffic *traffic = &drone->traffic;
	json_t *object = json_object();

	json_set_integer(object, "stay", drone->stay);
	json_set_integer(object, "sent", traffic->sent);
	json_set_integer(object, "targets", traffic->targets);
	json_set_integer(object, "delivered", traffic->delivered);
	json_set_integer(object, "received", traffic->received);
	if (traffic->heard) {
		json_t *heard = json_object();

		json_set_float(heard, "snr_db", traffic->snr_db);
		json_set(object, "heard", heard);
	}
	return object;
}

json_t *json_drone_object(const struct drone_entry *drone)
{
	json_t *object = json_object();

	json_set_text(object, "drone_id", drone->drone_id);
	json_set_text(object, "callsign", drone->callsign);
	json_set_name(object, "kind", drone_kind_name(drone->kind));
	json_set_text(object, "scenario", drone->scenario);
	json_set_integer(object, "online_ms", drone->online_ms);
	json_set_integer(object, "idle_ms", drone->idle_ms);
	if (drone->position.frame != POSITION_UNKNOWN) {
		json_set(object, "position", position_object(&drone->position));
	}
	if (drone->has_traffic) {
		json_set(object, "traffic", traffic_object(drone));
	}
	return object;
}
