/* What the gateway's events mean for a swarm. */
#ifndef UAV_CLI_FLEET_EVENTS_H
#define UAV_CLI_FLEET_EVENTS_H

#include "cli/fleet.h"

void fleet_take_event(struct fleet *fleet, size_t number, const struct event *event);

/* The drone's connection is over, for this reason: closes it, and gives up what it waits
 * for. */
void fleet_lost(struct fleet *fleet, size_t number, const char *why);

/* The swarm ends before it has begun: tells why, once, and `status` becomes the fleet's. */
void fleet_cannot_fly(struct fleet *fleet, enum cli_exit status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
