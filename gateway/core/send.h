/* Acceptance: what a drone's `send` becomes. */
#ifndef UAV_CORE_SEND_H
#define UAV_CORE_SEND_H

#include "core/session.h"

/* Refuses it, decides it, or makes a message of it and lets that start or wait.
 *
 * Back-pressure: a drone whose own window is full, or that finds the simulator's
 * window full, is answered CORE_HOLD and reads on when a place is free (lane.h). */
enum core_verdict send_take(struct core *core, struct session *sender, uint32_t ref,
			    const struct request_send *send);

#endif
