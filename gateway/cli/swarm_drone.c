#include "cli/swarm_drone.h"

#include <stdlib.h>

/* Reports to many are cut to what fits; deliveries cannot be. */
enum { IN_LEAST = 16 * 1024, OUT_LEAST = 16 * 1024, AROUND_PAYLOAD = 1024 };

int swarm_drone_init(struct swarm_drone *drone, size_t size_bytes)
{
	size_t in = IN_LEAST + size_bytes, out = OUT_LEAST + 2 * (size_bytes + AROUND_PAYLOAD);
	size_t scratch = CLIENT_SCRATCH_FOR(in);

	*drone = (struct swarm_drone){.stream.conduit.fd = -1};
	/* The scratch is large for the worst that a frame can hold; what is never touched costs
	 * no memory. */
	scratch = (scratch + 15) / 16 * 16;
	drone->memory = malloc(scratch + in + out);
	if (!drone->memory) {
		return -1;
	}
	client_init(&drone->stream.client, drone->memory + scratch, in,
		    drone->memory + scratch + in, out, drone->memory, scratch);
	return 0;
}

void swarm_drone_fini(struct swarm_drone *drone)
{
	stream_close(&drone->stream);
	free(drone->memory);
	drone->memory = NULL;
}

struct swarm_pending *swarm_drone_find(struct swarm_drone *drone, uint32_t ref)
{
	for (size_t i = 0; i < drone->pending_count; i++) {
		if (drone->pending[i].ref == ref) {
			return &drone->pending[i];
		}
	}
	return NULL;
}

struct swarm_pending *swarm_drone_expect(struct swarm_drone *drone, uint32_t ref)
{
	struct swarm_pending *pending;

	if (drone->pending_count == SWARM_PENDING_MAX) {
		return NULL;
	}
	pending = &drone->pending[drone->pending_count++];
	*pending = (struct swarm_pending){.ref = ref};
	return pending;
}

void swarm_drone_forget(struct swarm_drone *drone, struct swarm_pending *pending)
{
	*pending = drone->pending[--drone->pending_count];
}
