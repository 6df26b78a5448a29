/* Deliveries that wait for their simulated time (delay = real), earliest first; at the same
 * time, in the order in which their messages were accepted. */
#ifndef UAV_CORE_WAITING_H
#define UAV_CORE_WAITING_H

#include "core/delivery.h"

struct waiting;

/* Whether a delivery due then would overtake none that waits. */
bool waiting_is_turn(const struct core *core, uint64_t due_us);
/* Copies what it needs. False: there is no room, for all or for its sender's messages, or
 * memory is out. */
bool waiting_add(struct core *core, struct message *message, const struct aim *aim,
		 const struct leg *own, uint64_t due_us, struct slice payload, bool altered)
	__attribute__((warn_unused_result));
/* Hands over what is due, some thousands at most: the rest is still due then. */
void waiting_tick(struct core *core);
/* The message is over: its payload counts no more. */
void waiting_forget(struct core *core, struct message *message);
/* When the next is due; UINT64_MAX: none waits. */
uint64_t waiting_next(const struct core *core);
/* Nothing is handed over any more: TARGET_LEFT for all. */
void waiting_abandon(struct core *core);
/* Frees memory; nothing is told. */
void waiting_fini(struct core *core);

#endif
