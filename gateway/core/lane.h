/* A lane: one connection to a simulator, with its window. Drones that find the window full are held
 * and get free places in turn; what waits in queues goes before them. */
#ifndef UAV_CORE_LANE_H
#define UAV_CORE_LANE_H

#include "base/hash.h"
#include "core/expiry.h"
#include "core/session.h"
#include "core/window.h"

struct lane {
	const struct sim_ops *ops;
	void *ctx;
	uint32_t index;
	bool up;
	bool pumping;
	struct window window;
	uint32_t in_channel;	  /* messages at the simulator */
	uint32_t woken;		  /* places kept for held drones that have just been released */
	uint32_t scenarios;	  /* not retired */
	struct list queues;	  /* scenarios where messages wait */
	struct list held;	  /* sessions that wait for a place, in turn */
	struct expiry expiry;	  /* of what is in the channel */
	uint64_t strays_since_us; /* start of the second in which strays are counted */
	uint32_t strays;
	struct hash_key draws; /* by which its simulator draws packet errors */
	bool draws_told;       /* it has said so */
	bool draws_noted;      /* that it has not, is in the log */
};

/* Whether the link has so much unwritten that what can wait must. */
bool lane_link_full(const struct lane *lane);
/* Whether no further message should go out. */
bool lane_full(const struct lane *lane);

/* Whether whoever has no place kept must wait for its turn: the window is full, or others wait;
 * or others have been let in and have not sent yet, and half of the window is taken. Without the
 * last, the first of those that are let in together would take all the rest of the window, again
 * and again; but while there is plenty, turns would only cost. */
bool lane_has_turns(const struct lane *lane);

/* The session keeps no place any more; a place that it kept goes to the next. */
void lane_unwake(struct core *core, struct session *session);
/* The same, when it uses the place itself. */
void lane_use_place(struct session *session);
/* Gives free places to queued messages, then to held drones. */
void lane_pump(struct core *core, struct lane *lane);
/* Releases every held drone, so that it presents its request again. */
void lane_release_all(struct core *core, struct lane *lane);

/* The simulator sent `count` answers that nothing asked for; beyond max_stray_results in a
 * second the link is reset. */
void lane_count_abuse(struct core *core, struct lane *lane, uint64_t count);

#endif
