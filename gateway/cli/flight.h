/* The drones of a swarm and their ways: by a pattern, or by flight logs; and the hub, if
 * the swarm has one. */
#ifndef UAV_CLI_FLIGHT_H
#define UAV_CLI_FLIGHT_H

#include "cli/options.h"

struct flight {
	size_t count;	 /* the hub included */
	bool has_hub;	 /* it is number 0 */
	double length_s; /* of the flight, before --duration */
	char (*ids)[NAME_MAX_BYTES + 1];

	/* Private. */
	struct position hub;
	bool by_track;
	struct pattern pattern;
	struct track track;
};

/* 0; or -1, and `why` says what is wrong. To be given to flight_fini in either case. */
int flight_init(struct flight *flight, const struct options *options, char *why, size_t size)
	__attribute__((warn_unused_result));
void flight_fini(struct flight *flight);

/* Position and velocity of the drone at a time of the flight. */
void flight_at(struct flight *flight, size_t number, double time_s, struct state *state);

/* Whether it is on its way then: a drone from a log has no more to say than its log. */
bool flight_flies(const struct flight *flight, size_t number, double time_s);

#endif
