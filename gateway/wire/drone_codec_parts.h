/* The parts of drone.proto's generated messages that both sides read and write. */
#ifndef UAV_WIRE_DRONE_CODEC_PARTS_H
#define UAV_WIRE_DRONE_CODEC_PARTS_H

#include "core/message.h"
#include "drone.pb-c.h"
#include "wire/envelope.h"

/* Of ToGateway and FromGateway alike. */
#define DRONE_FIRST_BODY 2
#define DRONE_LAST_BODY 14

/* `message` may be NULL: unknown. */
struct position parts_position(const Uav__Relay__V1__Position *message);

/* A Position and what it points to. */
struct parts_position_room {
	Uav__Relay__V1__Position position;
	Uav__Relay__V1__Geodetic geodetic;
	Uav__Relay__V1__Local local;
};

/* Fills `room`. NULL for an unknown position. */
Uav__Relay__V1__Position *parts_position_message(struct parts_position_room *room,
						 const struct position *position);

#endif
