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
