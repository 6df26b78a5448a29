#include "app/descriptors.h"

#include <sys/resource.h>

uint32_t descriptors_allow(uint64_t limit, uint32_t wanted)
{
	uint64_t room = limit > DESCRIPTORS_RESERVE ? limit - DESCRIPTORS_RESERVE : 1;

	return room < wanted ? (uint32_t)room : wanted;
}

uint64_t descriptors_limit(uint32_t wanted)
{
	uint64_t needed = (uint64_t)wanted + DESCRIPTORS_RESERVE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
		return UINT64_MAX;
	}
	if (limit.rlim_cur < needed && limit.rlim_cur < limit.rlim_max) {
		struct rlimit raised = limit;

		raised.rlim_cur = needed < limit.rlim_max ? needed : limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
			limit = raised;
		}
	}
	return limit.rlim_cur;
}
