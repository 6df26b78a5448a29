#include "cli/connection.h"
#include "cli/dialogue.h"
#include "cli/swarm_parts.h"

#include <math.h>
#include <stdlib.h>

void swarm_keep_fate(struct swarm *swarm, const struct fate *fate)
{
	if (swarm->fate_count == swarm->fate_cap) {
		size_t cap = swarm->fate_cap ? 2 * swarm->fate_cap : 1024;
		struct fate *fates = realloc(swarm->fates, cap * sizeof(*fates));

		if (!fates) {
			swarm->fleet.status = dialogue_trouble("out of memory");
			return;
		}
		swarm->fates = fates;
		swarm->fate_cap = cap;
	}
	swarm->fates[swarm->fate_count++] = *fate;
}

/* By sender and target. */
static int compare_fates(const void *a, const void *b)
{
	const struct fate *left = a, *right = b;

	if (left->sender != right->sender) {
		return left->sender < right->sender ? -1 : 1;
	}
	return strcmp(left->target, right->target);
}

/* In an order that does not hang on which report came first. */
static void count_round(struct swarm *swarm)
{
	if (swarm->fate_count) {
		qsort(swarm->fates, swarm->fate_count, sizeof(*swarm->fates), compare_fates);
	}
	for (size_t i = 0; i < swarm->fate_count; i++) {
		swarm_count_fate(swarm, &swarm->fates[i]);
	}
	swarm->fate_count = 0;
}

static enum cli_exit fly_round(struct swarm *swarm, uint64_t round)
{
	double time_s = (double)round / swarm->options->swarm.rate_hz;
	uint64_t time_us = (uint64_t)llround(time_s * 1e6);
	enum cli_exit status;

	for (size_t i = 0; i < swarm->flight.count; i++) {
		swarm_tell_state(swarm, i, time_s, true);
	}
	status = fleet_settle(&swarm->fleet, SWARM_SIGNALS);
	if (status != CLI_DONE || swarm->fleet.signals) {
		return status;
	}
	for (size_t i = 0; i < swarm->flight.count; i++) {
		swarm_send(swarm, i, round, time_s, time_us, round + 1);
	}
	status = fleet_settle(&swarm->fleet, SWARM_SIGNALS);
	count_round(swarm);
	swarm->rounds++;
	return status;
}

enum cli_exit swarm_fly_lockstep(struct swarm *swarm)
{
	enum cli_exit status = CLI_DONE;

	while (swarm->rounds < swarm->messages && status == CLI_DONE && swarm_goes_on(swarm)) {
		status = fly_round(swarm, swarm->rounds);
		swarm->flown_s = (double)swarm->rounds / swarm->options->swarm.rate_hz;
		progress_show(&swarm->progress, connection_clock(), swarm->flown_s, &swarm->tally);
	}
	return status;
}
