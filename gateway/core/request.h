/* What a drone asks for. One handler a request, one dispatcher. */
#ifndef UAV_CORE_REQUEST_H
#define UAV_CORE_REQUEST_H

#include "core/session.h"

enum core_verdict request_handle(struct core *core, struct session *session,
				 const struct request *request);

/* Who asks for this holder's id does not get it: NAME_TAKEN, it may try again. */
void request_refuse_rival(struct core *core, struct session *holder, const char *why);

/* Finishes a registration that had to wait for the id's holder; the session is
 * SESSION_NEW again. */
void request_register_asked(struct core *core, struct session *session, uint32_t ref,
			    const struct request_registration *registration);

#endif
