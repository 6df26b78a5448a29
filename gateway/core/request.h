/* What a drone asks for. One handler a request, one dispatcher. */
#ifndef UAV_CORE_REQUEST_H
#define UAV_CORE_REQUEST_H

#include "core/session.h"

enum core_verdict request_handle(struct core *core, struct session *session,
				 const struct request *request);

/* Finishes a registration that had to wait for the id's holder; the session is
 * SESSION_NEW again. */
void request_register_asked(struct core *core, struct session *session,
			    const struct request_registration *registration);

#endif
