/* The relay: what happens to a message. See the picture in relay.c. */
#ifndef UAV_CORE_RELAY_H
#define UAV_CORE_RELAY_H

#include "core/session.h"

enum core_verdict relay_send(struct core *core, struct session *sender, uint32_t ref,
			     const struct request_send *send);

void relay_result(struct core *core, uint64_t id, const struct reception *receptions, size_t count,
		  bool more);

/* Decides the messages whose deadline has come. */
void relay_expire(struct core *core);
/* Decides everything in the channel as SIMULATOR_DOWN. */
void relay_abandon(struct core *core);

/* Whether the link to the simulator has so much unwritten that what can wait must. */
bool relay_link_full(const struct core *core);
/* The simulator sent `count` answers that nothing asked for; beyond
 * max_stray_results in a second the link is reset. */
void relay_count_abuse(struct core *core, uint64_t count);

/* One message of this session is decided and reported: a place in its window is free. */
void relay_message_over(struct core *core, struct session *session);
/* Gives back the place kept for a session that does not use it. */
void relay_unwake(struct core *core, struct session *session);
/* Lets held sessions go on, in turn, as far as the simulator's window allows. */
void relay_wake(struct core *core);

#endif
