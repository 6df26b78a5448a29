/* What goes to the simulator: gathered, flushed, and the core's port to it. */
#include "net/simlink_parts.h"

#include "wire/hot_codec.h"

enum { SIMLINK_OVERFULL = 4 }; /* times max_queued_bytes */

/* Where a message goes, or NULL when there is no way any more. */
static struct buf *gather(struct simlink *link)
{
	struct buf *out;

	if (!link->transport || link->failed) {
		return NULL;
	}
	net_flush_later(link->net, &link->task);
	out = outbox_gather(&link->out, 0);
	if (!out) {
		simlink_fail(link, "out of memory");
	}
	return out;
}

/* Transmits stop when it is full; what is told of drones does not, but has its end here.
 * What is gathered in one turn is offered to the network first. */
static void check_overfull(struct simlink *link, size_t queued)
{
	size_t most = (size_t)SIMLINK_OVERFULL * simlink_settings(link)->max_queued_bytes +
		      link->bulk_bytes;
	int status;

	if (link->bulk || queued <= most) {
		return;
	}
	status = outbox_offer(&link->out, link->transport);
	if (status < 0) {
		simlink_fail_status(link, status);
	} else if (outbox_queued(&link->out) > most) {
		simlink_fail(link, "the simulator does not read");
	}
}

static void gathered(struct simlink *link, int status)
{
	size_t queued = outbox_queued(&link->out);

	if (status < 0) {
		simlink_fail(link, "out of memory");
		return;
	}
	if (queued > simlink_settings(link)->max_queued_bytes) {
		link->filled = true;
	}
	check_overfull(link, queued);
}

void simlink_say(struct simlink *link, const struct to_sim *message)
{
	struct buf *out = gather(link);

	if (out) {
		gathered(link, channel_write_to_sim(out, message));
	}
}

void simlink_flush(struct simlink *link)
{
	int status = outbox_flush(&link->out, link->transport);

	if (status < 0) {
		simlink_fail_status(link, status);
		return;
	}
	if (link->filled &&
	    outbox_queued(&link->out) < simlink_settings(link)->max_queued_bytes / 2) {
		link->filled = false;
		core_sim_drained(link->net->core, link->lane);
	}
}

void simlink_writable(void *ctx)
{
	struct simlink *link = ctx;

	outbox_writable(&link->out);
	net_flush_later(link->net, &link->task);
}

/* --- the core's port --- */

static void port_set_scenario(void *ctx, const struct sim_scenario *scenario)
{
	simlink_say(ctx, &(struct to_sim){.kind = TO_SIM_SET_SCENARIO, .set_scenario = *scenario});
}

static void port_remove_scenario(void *ctx, uint32_t scenario)
{
	simlink_say(ctx,
		    &(struct to_sim){.kind = TO_SIM_REMOVE_SCENARIO, .remove_scenario = scenario});
}

static void port_set_node(void *ctx, const struct sim_node *node)
{
	simlink_say(ctx, &(struct to_sim){.kind = TO_SIM_SET_NODE, .set_node = *node});
}

static void port_remove_node(void *ctx, uint32_t scenario, uint32_t node)
{
	simlink_say(ctx, &(struct to_sim){.kind = TO_SIM_REMOVE_NODE,
					  .remove_node = {.scenario = scenario, .node = node}});
}

static void port_transmit(void *ctx, const struct sim_transmit *transmit)
{
	struct simlink *link = ctx;
	struct buf *out = gather(link);

	if (out) {
		gathered(link, hot_write_transmit(out, transmit));
	}
}

static bool port_full(const void *ctx)
{
	const struct simlink *link = ctx;

	return link->filled;
}

static void port_reset(void *ctx, const char *why)
{
	simlink_fail(ctx, why);
}

const struct sim_ops simlink_ops = {
	.set_scenario = port_set_scenario,
	.remove_scenario = port_remove_scenario,
	.set_node = port_set_node,
	.remove_node = port_remove_node,
	.transmit = port_transmit,
	.full = port_full,
	.reset = port_reset,
};
