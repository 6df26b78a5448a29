#include "cli/traffic.h"

#include "base/rng.h"

#include <stdlib.h>

static int name_target(struct traffic *traffic, const struct options *options, const char *hub,
		       char *why, size_t size)
{
	const char *ours = options->swarm.hub;

	traffic->name = options->to;
	if (ours && *hub && strcmp(ours, hub) != 0) {
		(void)snprintf(why, size, "the hub of %s is %s, not %s: see --hub",
			       options->scenario, hub, ours);
		return -1;
	}
	if (traffic->to == SWARM_TO_HUB) {
		traffic->name = ours ? ours : hub;
		if (!*traffic->name) {
			(void)snprintf(why, size,
				       "%s has no hub to send to; give --hub ID, or "
				       "another --to",
				       options->scenario);
			return -1;
		}
	}
	if (traffic->flight->count < 2 &&
	    (traffic->to == SWARM_TO_RANDOM || traffic->to == SWARM_TO_NEXT)) {
		(void)snprintf(why, size,
			       "one drone alone has nobody to send to; fly more, or "
			       "give --to ID");
		return -1;
	}
	return 0;
}

int traffic_init(struct traffic *traffic, const struct options *options,
		 const struct flight *flight, const char *hub, char *why, size_t size)
{
	*traffic = (struct traffic){.flight = flight,
				    .to = options->swarm.to,
				    .seed = options->swarm.shape.seed,
				    .size = options->swarm.size_bytes};
	if (name_target(traffic, options, hub, why, size) < 0) {
		return -1;
	}
	traffic->payload = malloc(traffic->size + sizeof(uint64_t));
	if (!traffic->payload) {
		(void)snprintf(why, size, "out of memory");
		return -1;
	}
	return 0;
}

void traffic_fini(struct traffic *traffic)
{
	free(traffic->payload);
	traffic->payload = NULL;
}

/* Any but `number`, each as likely. */
static size_t draw_other(struct rng *rng, size_t number, size_t count)
{
	size_t other = (size_t)rng_below(rng, count - 1);

	return other + (other >= number);
}

bool traffic_message(struct traffic *traffic, size_t number, uint64_t message,
		     struct request_send *send)
{
	const struct flight *flight = traffic->flight;
	struct rng rng;

	rng_seed(&rng, rng_mix(rng_mix(traffic->seed ^ rng_mix(number + 1)) ^ message));
	*send = (struct request_send){.to = SEND_TO_DRONE, .report = REPORT_WISH_ALL};
	switch (traffic->to) {
	case SWARM_TO_RANDOM:
		send->name = slice_str(flight->ids[draw_other(&rng, number, flight->count)]);
		break;
	case SWARM_TO_NEXT:
		send->name = slice_str(flight->ids[(number + 1) % flight->count]);
		break;
	case SWARM_TO_EVERYONE:
		send->to = SEND_TO_EVERYONE;
		break;
	case SWARM_TO_HUB:
	case SWARM_TO_ID:
		send->name = slice_str(traffic->name);
		if (strcmp(traffic->name, flight->ids[number]) == 0) {
			return false;
		}
		break;
	}
	for (size_t i = 0; i < traffic->size; i += sizeof(uint64_t)) {
		uint64_t word = rng_next(&rng);

		memcpy(traffic->payload + i, &word, sizeof(word));
	}
	send->payload = slice_of(traffic->payload, traffic->size);
	return true;
}
