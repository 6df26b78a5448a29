/* The answer to a transmit: what each receiver makes of it. */
#ifndef SIM_REPLY_H
#define SIM_REPLY_H

#include "simulator.h"

/* Appends the result to guest->out: one reception for each receiver that is
 * known, in the order asked for, cut into frames joined by `more`. In a scenario
 * that is unknown or was refused, or from an unknown transmitter, the result is
 * empty. 0, or -1 when memory is out. */
int reply_to_transmit(struct simulator_guest *guest, const struct sim_transmit *transmit)
	__attribute__((warn_unused_result));

#endif
