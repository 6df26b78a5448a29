/* Lists of scenarios and drones, written page by page as fast as the reader drains. What
 * is listed may change between two pages; who is there all the time is in the list. */
#ifndef UAV_CORE_LISTING_H
#define UAV_CORE_LISTING_H

#include "core/session.h"

/* Goes on with the list that session->listing names, if any; at its end the drone is read
 * again. */
void listing_pump(struct core *core, struct session *session);

#endif
