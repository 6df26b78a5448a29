#include "core/topology.h"

enum outcome topology_route(const struct session *sender, const struct session *target)
{
	if (!target) {
		return OUTCOME_TARGET_OFFLINE;
	}
	if (target == sender) {
		return OUTCOME_NOT_ALLOWED;
	}
	if (target->scenario != sender->scenario) {
		return OUTCOME_NO_ROUTE;
	}
	return OUTCOME_UNSPECIFIED; /* a mesh: every pair is one hop */
}
