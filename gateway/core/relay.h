/* The relay: what happens to a message. See the picture in relay.c. */
#ifndef UAV_CORE_RELAY_H
#define UAV_CORE_RELAY_H

#include "core/inflight.h"
#include "core/lane.h"

enum core_verdict relay_send(struct core *core, struct session *sender, uint32_t ref,
			     const struct request_send *send);

/* What came by `lane` as the answer to a transmit. */
void relay_result(struct core *core, struct lane *lane, uint64_t id,
		  const struct reception *receptions, size_t count, bool more);

/* Decides the messages in this lane's channel whose deadline has come. */
void relay_expire(struct core *core, struct lane *lane);
/* Decides everything in this lane's channel as SIMULATOR_DOWN. */
void relay_abandon(struct core *core, struct lane *lane);

/* --- for the queue --- */

/* It has left the queue for the channel, which has room, or to go past it. */
void relay_go_on(struct core *core, struct message *message);
/* It has left the queue; whatever target is not decided gets `outcome`. */
void relay_give_up(struct core *core, struct message *message, enum outcome outcome);

/* --- the sender's window --- */

/* It counts in its sender's window from now on; again is harmless. */
void relay_enter_window(struct core *core, struct message *message);
/* Lets a drone go on that was held for its own window, if there is room now. */
void relay_open_window(struct core *core, struct session *session);

#endif
