/* Messages that need not ask the simulator: their links are in the scenario's cache. */
#ifndef UAV_CORE_RECALL_H
#define UAV_CORE_RECALL_H

#include "core/inflight.h"
#include "core/scenario.h"

/* The next transmit of a message in the channel, to `nodes`, which are in the order of its
 * targets: what the cache knows is answered from there, at once, the rest goes to the simulator.
 * `nodes` is changed. The message may be over when it returns. */
void recall_or_transmit(struct core *core, struct message *message, uint32_t transmitter,
			uint64_t delay_us, uint32_t *nodes, size_t count);

/* The simulator has told this about the transmit that is out: it may hold for others too. */
void recall_put(const struct core *core, const struct message *message,
		const struct reception *reception);

static inline void recall_keep(const struct core *core, const struct message *message,
			       const struct reception *reception)
{
	if (message->scenario->links) {
		recall_put(core, message, reception);
	}
}

#endif
