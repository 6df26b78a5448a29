/* Who can reach whom: the route of a message through a scenario. */
#ifndef UAV_CORE_TOPOLOGY_H
#define UAV_CORE_TOPOLOGY_H

#include "core/session.h"

/* OUTCOME_UNSPECIFIED: one hop, straight from `sender` to `target` (NULL: not
 * online). Else what becomes of the message without ever being in the channel. */
enum outcome topology_route(const struct session *sender, const struct session *target);

#endif
