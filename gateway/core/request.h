/* What a drone asks for. One handler a request, one dispatcher. */
#ifndef UAV_CORE_REQUEST_H
#define UAV_CORE_REQUEST_H

#include "core/session.h"

enum core_verdict request_handle(struct core *core, struct session *session,
				 const struct request *request);

/* Into the scenario of this name, if it may; an error says why not. `tell`: the answer is
 * wanted in any case. */
void request_enter(struct core *core, struct session *session, uint32_t ref, struct slice name,
		   bool tell);

#endif
