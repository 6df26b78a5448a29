/* What comes back of a transmit: the simulator's answer, or none. */
#ifndef UAV_CORE_RESULT_H
#define UAV_CORE_RESULT_H

#include "core/inflight.h"
#include "core/lane.h"

/* What came by `lane` as the answer to transmit `id`. */
void result_take(struct core *core, struct lane *lane, uint64_t id,
		 const struct reception *receptions, size_t count, bool more);

/* Decides the messages in this lane's channel whose deadline has come. */
void result_expire(struct core *core, struct lane *lane);
/* Decides everything in this lane's channel as SIMULATOR_DOWN. */
void result_abandon(struct core *core, struct lane *lane);

#endif
