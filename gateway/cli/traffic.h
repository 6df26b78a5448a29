/* What the drones of a swarm send, and to whom: from the seed alone. */
#ifndef UAV_CLI_TRAFFIC_H
#define UAV_CLI_TRAFFIC_H

#include "cli/flight.h"

struct traffic {
	const struct flight *flight;
	enum swarm_to to;
	const char *name; /* of SWARM_TO_HUB and SWARM_TO_ID */
	uint64_t seed;
	uint8_t *payload;
	size_t size;
};

/* `hub` is the scenario's, or "". 0; or -1, and `why` says what does not fit. To be given to
 * traffic_fini in either case. The options and the flight must outlive it. */
int traffic_init(struct traffic *traffic, const struct options *options,
		 const struct flight *flight, const char *hub, char *why, size_t size)
	__attribute__((warn_unused_result));
void traffic_fini(struct traffic *traffic);

/* Message `message`, from 0, of drone `number`. False when that drone sends none: it would be
 * to itself. The slices live until the next call. */
bool traffic_message(struct traffic *traffic, size_t number, uint64_t message,
		     struct request_send *send);

#endif
