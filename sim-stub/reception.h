/* What one receiver makes of a transmission: the channel's decision, and what faults make of it. */
#ifndef SIM_RECEPTION_H
#define SIM_RECEPTION_H

#include "faults/lie.h"
#include "simulator.h"

/* A packet that has been sent. */
struct transmission {
	struct simulator *simulator;
	const struct sim_transmit *transmit;
	const struct world_scenario *scenario;
	const struct sim_node *transmitter;
	struct draw_subject subject; /* its receiver is that of the last reception */
	/* with a timeline of faults */
	uint64_t sent_us;
	enum fault_lie lie;
};

/* Fills *reception, and LINK_MAX_BYTES at `link`, which it points to; an altered payload stands in
 * simulator->altered until the next. Counts it in the accounts. 0, or -1 when memory is out. */
int reception_decide(struct transmission *sent, const struct sim_node *receiver,
		     struct reception *reception, uint8_t *link)
	__attribute__((warn_unused_result));

#endif
