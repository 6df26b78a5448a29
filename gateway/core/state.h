/* The core's inside, for core/ alone. */
#ifndef UAV_CORE_STATE_H
#define UAV_CORE_STATE_H

#include "base/bucket.h"
#include "core/bans.h"
#include "core/core.h"
#include "core/fanout.h"
#include "core/group.h"
#include "core/inflight.h"
#include "core/presence.h"
#include "core/registry.h"
#include "core/scenario.h"
#include "core/session.h"
#include "core/waiting.h"

/* What the core knows of a simulator. */
struct simulator_lanes {
	char name[NAME_MAX_BYTES + 1];
	uint32_t first_lane, connections;
};

enum { CORE_ENCODED = 2 }; /* as many as there are fronts */

struct core {
	struct limits limits;
	struct instant now;
	uint64_t changes; /* of nodes and scenarios, as simulators are told of them */
	struct log *log;
	struct stats stats;

	struct simulator_lanes *simulators;
	size_t simulator_count;
	struct lane *lanes;
	uint32_t lane_count;

	bool draining;
	struct registry registry;
	uint64_t next_number;
	uint64_t guests;       /* the number that the last guest's id has */
	struct heap deadlines; /* of sessions */
	struct list newcomers; /* not registered yet, in the order in which they came */
	struct list graveyard; /* ended sessions, freed next turn */
	struct access_port access;
	struct bans takeovers;	     /* of ids */
	struct bans failures;	     /* tries to go by an id, from a host */
	struct bucket failure_lines; /* that are logged */
	struct members members;
	struct groups groups;
	struct scenarios numbers;
	struct scenario **scenarios; /* those that the configuration names, in its order */
	size_t scenario_count;
	struct name default_scenario; /* or empty */
	struct presence presence;

	struct inflight inflight;
	struct expiry queue_expiry;
	struct heap waiting;	      /* deliveries that wait for their time */
	struct waiting *waiting_free; /* for recycling */
	uint32_t waiting_kept;	      /* of these */
	uint64_t fanout_bytes;
	uint64_t waiting_bytes; /* of payloads that wait for their time */
	struct fanout *fanouts; /* for recycling */
	size_t fanouts_kept;	/* bytes of these */
	uint64_t fanout_serial; /* of the last one taken */

	/* scratch */
	struct encoded encoded[CORE_ENCODED]; /* what fronts keep of an event to many, as a list */
	uint64_t encoded_of;		      /* the message's id; 0: of none */
	uint32_t *nodes;		      /* receivers of the transmit being written */
	uint32_t nodes_cap;
	uint32_t *node_place; /* of fanout_find */
	uint32_t node_place_cap;
	uint64_t node_place_of; /* the fanout's serial that the map was last made for */
};

/* What payloads on their way and the targets of messages to many take, beside their slots;
 * bounded by limits.max_in_flight_bytes. */
static inline uint64_t core_payload_bytes(const struct core *core)
{
	return core->inflight.outside_bytes + core->fanout_bytes;
}

/* Nothing is kept of the event to many that comes now. */
static inline struct encoded *core_encoded_anew(struct core *core)
{
	for (size_t i = 0; i < CORE_ENCODED; i++) {
		core->encoded[i].size = 0;
		core->encoded[i].other = i + 1 < CORE_ENCODED ? &core->encoded[i + 1] : NULL;
	}
	return core->encoded;
}

/* The session of a message's sender, if it is still there. */
static inline struct session *core_sender(const struct core *core, const struct message *message)
{
	return registry_numbered(&core->registry, message->sender_index, message->sender_number);
}

#endif
