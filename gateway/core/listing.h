/* Lists of scenarios and drones, written page by page as fast as the reader drains. What
 * is listed may change between two pages; who is there all the time is in the list. */
#ifndef UAV_CORE_LISTING_H
#define UAV_CORE_LISTING_H

#include "core/session.h"

enum listing_kind { LISTING_SCENARIOS, LISTING_DRONES };

struct listing {
	enum listing_kind kind;
	uint32_t ref;
	uint32_t next;
	const struct scenario *scenario; /* of LISTING_DRONES; NULL: everyone */
};

/* Begins to write a list, of a scenario's drones if one is given; nothing when nobody waits
 * for it (`ref` 0). The session has no other list at that time. */
void listing_start(struct core *core, struct session *session, enum listing_kind kind, uint32_t ref,
		   const struct scenario *scenario);

/* Goes on with the session's list, if it has one; at its end the drone is read
 * again. */
void listing_pump(struct core *core, struct session *session);

#endif
