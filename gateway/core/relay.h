/* A message's way into the channel and out of it. See the picture in relay.c. */
#ifndef UAV_CORE_RELAY_H
#define UAV_CORE_RELAY_H

#include "core/fanout.h"
#include "core/inflight.h"
#include "core/scenario.h"

enum way {
	WAY_OPEN,   /* to the simulator */
	WAY_QUEUE,  /* to it later */
	WAY_BYPASS, /* past it */
	WAY_CLOSED,
};

/* The way that messages of this scenario take now. */
enum way relay_way(const struct scenario *scenario);

/* --- into the channel, or past it --- */

/* Room for the nodes of `count` targets. */
bool relay_reserve_nodes(struct core *core, uint32_t count) __attribute__((warn_unused_result));
/* Decides the targets of a message to many that cannot be reached: because of their route, or
 * because of `general`, which keeps all from being reached. The nodes of those in reach in one hop
 * stand in core->nodes, their number is returned; *hub is the way to the others, if there are any.
 */
uint32_t relay_sift(struct core *core, struct message *message, const struct member *sender,
		    enum outcome general, const struct member **hub);

/* A message to one starts; `hub`: through whom, or NULL. */
void relay_start_one(struct core *core, struct message *message, struct member *sender,
		     const struct member *hub, enum way way);
/* One to many, sifted. */
void relay_start_many(struct core *core, struct message *message, struct member *sender,
		      const struct member *hub, uint32_t direct, enum way way);

/* Hands one transmit of a message in the channel to its lane: it leaves `delay_us` after the
 * message was sent. Its deadline starts anew. */
void relay_transmit(struct core *core, struct message *message, uint32_t transmitter,
		    uint64_t delay_us, const uint32_t *nodes, size_t count);

/* It has left the queue for the channel, which has room, or to go past it. */
void relay_go_on(struct core *core, struct message *message);

/* --- out of it --- */

/* A target that gets no answer. */
void relay_decide_target(struct core *core, struct message *message, struct fanout_target *target,
			 enum outcome outcome);
/* Whatever has no answer yet gets `outcome`. `leg`: what the transmit that is out came to, or
 * NULL; on the first of two hops it is the last hop of the hub alone. */
void relay_decide_rest(struct core *core, struct message *message, enum outcome outcome,
		       enum reason reason, const struct leg *leg);
/* The channel has nothing more to say about it. */
void relay_leave_channel(struct core *core, struct message *message);
/* It has left the queue; whatever target is not decided gets `outcome`. */
void relay_give_up(struct core *core, struct message *message, enum outcome outcome);

/* --- the sender's window --- */

/* It counts in its sender's window from now on; again is harmless. */
void relay_enter_window(struct core *core, struct message *message);
/* Lets a drone go on that was held for its own window, if there is room now. */
void relay_open_window(struct core *core, struct session *session);

#endif
