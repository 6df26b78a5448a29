/* What comes back of a transmit: the simulator's answer, or none. */
#ifndef UAV_CORE_RESULT_H
#define UAV_CORE_RESULT_H

#include "core/delivery.h"
#include "core/inflight.h"
#include "core/lane.h"

/* What came by `lane` as the answer to transmit `id`. */
void result_take(struct core *core, struct lane *lane, uint64_t id,
		 const struct reception *receptions, size_t count, bool more);

/* What the channel says of one target: `own` is its last hop, `payload` what it left of the
 * payload (`altered`: it is not the message's). */
void result_settle(struct core *core, struct message *message, const struct aim *aim,
		   const struct leg *own, struct slice payload, bool altered);
/* What became of the first of two hops, whose payload is what stands in the message now: it goes
 * on, or is over. */
void result_of_hub(struct core *core, struct message *message, const struct leg *leg);

/* Decides the messages in this lane's channel whose deadline has come. */
void result_expire(struct core *core, struct lane *lane);
/* Decides everything in this lane's channel as SIMULATOR_DOWN. */
void result_abandon(struct core *core, struct lane *lane);

#endif
