/* Messages that wait for their simulator: it is away and their scenario says that they wait,
 * or it is there and has not said yet whether it takes the scenario. Each scenario has its queue,
 * in the order of acceptance. */
#ifndef UAV_CORE_QUEUE_H
#define UAV_CORE_QUEUE_H

#include "core/inflight.h"
#include "core/lane.h"

/* Whether there is room for one more. */
bool queue_has_room(const struct core *core);
/* Puts a message at the end of its scenario's queue; it is counted in its sender's window. */
void queue_push(struct core *core, struct message *message);
/* Sends on what the lane can take now. */
void queue_pump(struct core *core, struct lane *lane);
/* All that waits goes over to another scenario, in order. */
void queue_move(struct scenario *from, struct scenario *to);
/* All that waits there gets `outcome`. */
void queue_decide(struct core *core, struct scenario *scenario, enum outcome outcome);
/* The link is down: what only waited for the scenario's status fares as a new message would. */
void queue_link_down(struct core *core, struct scenario *scenario);
/* Decides what has waited limits.queue_ms: SIMULATOR_DOWN. */
void queue_expire(struct core *core);

#endif
