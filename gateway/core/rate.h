/* How much a drone may send: limits.rate_messages and .rate_bytes, a second's worth at once.
 * Whoever is beyond it is not read until it may go on, or, with .rate_refuse, is told
 * RATE_LIMITED for each request, and sent away when it does not stop. A drone has an allowance
 * from its first request on, if there are such limits; without memory for one it is let pass. */
#ifndef UAV_CORE_RATE_H
#define UAV_CORE_RATE_H

#include "core/session.h"

enum rate_verdict {
	RATE_PASS,
	RATE_HOLD,   /* the session is held (HOLD_RATE) until its deadline releases it */
	RATE_REFUSE, /* told; the request is not to be handled */
	RATE_END,    /* told, and the session is over */
};

/* Whether this request of a registered drone may be handled now. */
enum rate_verdict rate_check(struct core *core, struct session *session,
			     const struct request *request);
/* It was handled: it counts. */
void rate_charge(const struct core *core, struct session *session, const struct request *request);

/* When one that is held for its rate may go on; monotonic, us. */
uint64_t rate_until(const struct session *session);

/* The limits are others now: everyone begins anew. */
void rate_forget(struct core *core, struct session *session);

#endif
