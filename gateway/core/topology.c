#include "core/topology.h"

static struct route spoke_to_spoke(const struct scenario *scenario)
{
	struct route route = {.hub = scenario->hub_member};

	if (scenario->config.spoke_to_spoke == SPOKES_DENY) {
		route.fate = OUTCOME_NOT_ALLOWED;
	} else if (!route.hub) {
		route.fate = OUTCOME_NO_ROUTE;
	}
	return route;
}

struct route topology_route(const struct member *from, const struct member *to)
{
	const struct scenario *scenario = from->scenario;

	if (scenario->config.topology == TOPOLOGY_STAR && from != scenario->hub_member &&
	    to != scenario->hub_member) {
		return spoke_to_spoke(scenario);
	}
	return (struct route){.fate = OUTCOME_UNSPECIFIED};
}

/* The largest frame that a delivery can become (proto/README.md, "Sizes"). */
static size_t delivery_bound(const struct member *from, const struct member *to,
			     const struct member *hub, size_t group_size, size_t content_size)
{
	const size_t fixed = 64; /* tags, lengths and numbers of envelope, delivery and hop */
	size_t bound = fixed + 2u * from->session->id.size + to->session->id.size +
		       HOP_LINK_MAX_BYTES + content_size;

	if (hub) {
		bound += 24u + 2u * hub->session->id.size + HOP_LINK_MAX_BYTES;
	}
	return bound + (group_size ? 2 + group_size : 0);
}

struct route topology_route_sized(const struct member *from, const struct member *to,
				  size_t group_size, size_t content_size)
{
	struct route route = topology_route(from, to);

	if (route.fate == OUTCOME_UNSPECIFIED &&
	    delivery_bound(from, to, route.hub, group_size, content_size) >
		    to->session->max_frame) {
		route.fate = OUTCOME_TOO_LARGE;
	}
	return route;
}
