/* What goes to the simulator: gathered, flushed, and the core's port to it. */
#include "net/simlink_parts.h"

#include "wire/hot_codec.h"

/* Where a message goes, or NULL when there is no way any more. */
static struct buf *gather(struct simlink *link)
{
	struct buf *out;

	if (!link->transport || link->failed) {
		return NULL;
	}
	net_flush_later(link->net, &link->task);
	out = outbox_gather(&link->out);
	if (!out) {
		simlink_fail(link, "out of memory");
	}
	return out;
}

static void gathered(struct simlink *link, int status)
{
	if (status < 0) {
		simlink_fail(link, "out of memory");
	}
	if (outbox_queued(&link->out, link->transport) > link->settings->max_queued_bytes) {
		link->filled = true;
	}
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
		simlink_fail(link, uv_strerror(status));
		return;
	}
	if (link->filled &&
	    outbox_queued(&link->out, link->transport) < link->settings->max_queued_bytes / 2) {
		link->filled = false;
		core_sim_drained(link->net->core);
	}
}

void simlink_wrote(void *ctx, int status)
{
	struct simlink *link = ctx;

	outbox_wrote(&link->out);
	if (!link->transport) {
		return;
	}
	if (status < 0) {
		simlink_fail(link, uv_strerror(status));
	} else {
		net_flush_later(link->net, &link->task);
	}
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
