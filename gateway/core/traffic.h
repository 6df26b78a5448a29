/* What a stay has sent and received, for who lists the drones. It stands in the stay itself, which
 * each message touches anyway: in a block of its own it cost 25 ns a message
 * (tests/bench/relay_cost, 1000 pairs). Every idle drone in a scenario has it, hence 24 bytes:
 * counts have 40 bits, which a million messages a second fill in 12 days. */
#ifndef UAV_CORE_TRAFFIC_H
#define UAV_CORE_TRAFFIC_H

#include "core/message.h"

#include <math.h>

enum traffic_count {
	TRAFFIC_SENT, /* the sequence of its last message that went to the channel, or past it */
	TRAFFIC_TARGETS,
	TRAFFIC_DELIVERED,
	TRAFFIC_RECEIVED,
	TRAFFIC_COUNTS
};

struct traffic {
	uint32_t low[TRAFFIC_COUNTS];
	uint8_t high[TRAFFIC_COUNTS];
	float snr_db; /* of the last hop that had a Link; NaN: none had */
};

static inline void traffic_init(struct traffic *traffic)
{
	*traffic = (struct traffic){.snr_db = NAN};
}

static inline uint64_t traffic_get(const struct traffic *traffic, enum traffic_count count)
{
	return (uint64_t)traffic->high[count] << 32 | traffic->low[count];
}

/* One more; returns how many it is then. */
static inline uint64_t traffic_add(struct traffic *traffic, enum traffic_count count)
{
	if (++traffic->low[count] == 0) {
		traffic->high[count]++;
	}
	return traffic_get(traffic, count);
}

static inline struct drone_traffic traffic_told(const struct traffic *traffic)
{
	bool heard = !isnan(traffic->snr_db);

	return (struct drone_traffic){
		.sent = traffic_get(traffic, TRAFFIC_SENT),
		.targets = traffic_get(traffic, TRAFFIC_TARGETS),
		.delivered = traffic_get(traffic, TRAFFIC_DELIVERED),
		.received = traffic_get(traffic, TRAFFIC_RECEIVED),
		.heard = heard,
		.snr_db = heard ? traffic->snr_db : 0,
	};
}

#endif
