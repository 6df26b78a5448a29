/* Who can reach whom: the route of a message through a scenario.
 *
 *   mesh                       star, relay                  star, deny
 *   a ───── b                  a ──1──▶ hub ──2──▶ b        a ──── hub ──── b
 *   every pair: one hop        spokes: two hops             spokes: NOT_ALLOWED
 *                              hub and spoke: one hop       hub and spoke: one hop */
#ifndef UAV_CORE_TOPOLOGY_H
#define UAV_CORE_TOPOLOGY_H

#include "core/hop.h"
#include "core/scenario.h"

struct route {
	enum outcome fate; /* UNSPECIFIED, or what becomes of the message without ever being in
			      the channel */
	const struct member *hub; /* through which it goes in two hops; NULL: in one */
};

/* From one member of a scenario to another of the same. */
struct route topology_route(const struct member *from, const struct member *to);

/* The same for a message with so many bytes of payload and content type, to a group with a name of
 * so many bytes (0: to no group): TOO_LARGE if its delivery may not fit the largest frame
 * that the target takes. */
struct route topology_route_sized(const struct member *from, const struct member *to,
				  size_t group_size, size_t content_size);

#endif
