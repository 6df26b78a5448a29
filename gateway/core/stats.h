/* Accounts. Everything that enters is accounted for: at every moment
 *   accepted = sum of outcomes[] + pending
 * counted per target: a message to 7 drones counts 7. */
#ifndef UAV_CORE_STATS_H
#define UAV_CORE_STATS_H

#include "core/message.h"

struct stats {
	uint64_t sends;			  /* send requests taken */
	uint64_t accepted;		  /* targets of these */
	uint64_t pending;		  /* targets not yet decided */
	uint64_t outcomes[OUTCOME_COUNT]; /* decided targets */
	uint64_t reasons[REASON_COUNT];	  /* of LOST */
	uint64_t errors[ERROR_COUNT];	  /* error replies */
	uint64_t goodbyes[GOODBYE_COUNT]; /* sessions ended, by reason */
	uint64_t waiting;		  /* deliveries that wait for their time, now */
	uint64_t queued;		  /* messages that wait for a simulator, now */
	uint64_t transmits;		  /* handed to a simulator */
	uint64_t relayed;		  /* of these, second hops */
	uint64_t bypassed;		  /* targets handed over past a simulator that was away */
	uint64_t cached;		  /* hops decided by what is known of their link */
	uint64_t results;		  /* receptions that decided a hop */
	uint64_t results_unknown;  /* receptions dropped: transmit never issued or long gone */
	uint64_t results_repeated; /* ... target already decided */
	uint64_t presence_events, presence_missed;
	uint64_t sim_ups, sim_downs;
	uint64_t auth_failures;	  /* tries to go by an id that failed */
	uint64_t delivered_bytes; /* payloads handed over */
};

#endif
