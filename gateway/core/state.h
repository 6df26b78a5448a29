/* The core's inside, for core/ alone. */
#ifndef UAV_CORE_STATE_H
#define UAV_CORE_STATE_H

#include "core/core.h"
#include "core/fanout.h"
#include "core/inflight.h"
#include "core/presence.h"
#include "core/registry.h"
#include "core/scenario.h"
#include "core/session.h"

struct core {
	struct limits limits;
	struct instant now;
	struct log *log;
	struct stats stats;

	const struct sim_ops *sim;
	void *sim_ctx;
	uint32_t simulator_max_in_flight;
	bool sim_up;
	uint64_t stray_since_us; /* start of the second in which strays are counted */
	uint32_t strays;

	bool draining;
	struct registry registry;
	uint64_t next_number;
	uint32_t next_membership;
	struct heap deadlines; /* of sessions */
	struct list graveyard; /* ended sessions, freed next turn */
	struct scenario *scenarios;
	size_t scenario_count;
	struct presence presence;

	struct inflight inflight;
	uint64_t fanout_bytes;
	struct fanout *fanouts; /* for recycling */
	size_t fanouts_kept;	/* bytes of these */
	uint64_t fanout_serial; /* of the last one taken */
	struct list held;	/* sessions that wait for the simulator's window, in turn */
	uint32_t woken;		/* places in that window kept for those just released */

	/* scratch */
	struct encoded encoded; /* what a front keeps of an event to many */
	uint32_t *nodes;	/* receivers of the transmit being written */
	uint32_t nodes_cap;
	uint32_t *node_place; /* of fanout_find */
	uint32_t node_place_cap;
	uint64_t node_place_of; /* the fanout's serial that the map was last made for */
};

#endif
