/* One connection to a channel simulator, a lane of the core's: connects, greets, hands transmits
 * over and results back, watches that the other side lives, and connects anew when it does not. The
 * core is told simulator up and down from the loop alone, never from inside a call of the core's.
 *
 * waiting -> connecting -> greeting -> up -> closing -> waiting ... ; every state
 * but the first may fail into closing. */
#ifndef UAV_NET_SIMLINK_H
#define UAV_NET_SIMLINK_H

#include "net/net.h"

struct simlink;

extern const struct sim_ops simlink_ops; /* their ctx is the struct simlink */

/* Connection number `connection` (from 1) of net->settings->simulators[simulator]; the core
 * knows it as `lane`. `net` outlives it; its core may be set later, before simlink_start.
 * What a reload changes counts from the next time that it is looked at. NULL with *why
 * (static) when the address cannot be resolved or memory is out. */
struct simlink *simlink_new(struct net *net, uint32_t simulator, uint32_t connection, uint32_t lane,
			    const char **why);

/* Begins to connect, and goes on until simlink_stop. */
void simlink_start(struct simlink *link);

/* What the core writes between these is as much as there are drones or scenarios, and all of
 * it at once: it is not held against a simulator that has not read it yet. */
void simlink_bulk_begin(struct simlink *link);
void simlink_bulk_end(struct simlink *link);

/* net->settings has taken the place of `before`. If the times of silence are others now,
 * it is counted anew. */
void simlink_reload(struct simlink *link, const struct settings *before);

/* Closes the connection; the core is not told. Takes one more turn of the loop,
 * then simlink_free is allowed. */
void simlink_stop(struct simlink *link);
void simlink_free(struct simlink *link);

#endif
