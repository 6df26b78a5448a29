#include "app/descriptors.h"

#include <sys/resource.h>

uint64_t descriptors_of_others(const struct settings *settings, uint32_t links)
{
	return (uint64_t)settings->reserved_descriptors + links;
}

uint32_t descriptors_allow(uint64_t limit, uint32_t wanted, uint64_t others)
{
	uint64_t room = limit > others ? limit - others : 1;

	return room < wanted ? (uint32_t)room : wanted;
}

/* The limit of this process, raised first as far as the system lets it when `needed` is
 * more. */
static uint64_t raise_limit(uint64_t needed)
{
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

void descriptors_fit(struct settings *settings, uint32_t links, struct log *log)
{
	uint32_t wanted = settings->limits.max_drones;
	uint64_t others = descriptors_of_others(settings, links);
	uint64_t descriptors = raise_limit(wanted + others);
	uint32_t allowed = descriptors_allow(descriptors, wanted, others);

	if (allowed < wanted) {
		LOG(log, LOG_LEVEL_WARNING, "descriptor_limit_low",
		    log_num("descriptors", (int64_t)descriptors), log_num("max_drones", wanted),
		    log_num("used_instead", allowed));
	}
	settings->limits.max_drones = allowed;
}
