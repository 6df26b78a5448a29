/* A link that the simulator said holds for a while is not asked for again: its numbers are told
 * again, marked CACHED, and whether the message gets through is drawn here, with the draw that the
 * simulator would make (base/draw.h, by the seed of its hello_ack). All else is as with an answer:
 * the message stands in the channel meanwhile, and leaves it before the call returns.
 *
 * First it is seen what is known of all targets and the simulator is asked for the others; only
 * then does anybody hear of it. A drone that ends by what it is told may set off other messages,
 * which use the same room for nodes; nothing is put into the cache by that, so entries stay where
 * they are. */
#include "core/recall.h"

#include "base/draw.h"
#include "core/delivery.h"
#include "core/link_cache.h"
#include "core/relay.h"
#include "core/result.h"
#include "core/state.h"

static struct instant leaving(const struct message *message, uint64_t delay_us)
{
	return (struct instant){
		.mono_us = message->sent_mono_us + delay_us,
		.unix_us = message->sent_unix_us + delay_us,
	};
}

/* ------------------------------------------------------------------ what is known */

/* Marks the targets whose link is known. The other nodes move together; their number. */
static size_t sift_many(struct message *message, uint32_t transmitter, const struct instant *leaves,
			uint32_t *nodes, size_t count)
{
	const struct link_cache *links = message->scenario->links;
	struct fanout_target *target = message->fanout->targets;
	size_t rest = 0;

	for (size_t i = 0; i < count; i++) {
		struct link_key key = {transmitter, nodes[i], message->payload_size};
		const struct link_entry *entry = link_cache_find(links, &key, leaves);

		while (target->node != nodes[i]) {
			target++;
		}
		target->recalled = entry != NULL;
		if (entry) {
			target->link_at = link_cache_place(links, entry);
		} else {
			nodes[rest++] = nodes[i];
		}
	}
	return rest;
}

/* --------------------------------------------------------------------- answers */

/* Its hop that the entry is about, to the drone called `receiver`. */
static struct leg leg_drawn(struct core *core, const struct message *message,
			    const struct link_entry *entry, const struct name *receiver)
{
	const struct scenario *scenario = message->scenario;
	const struct draw_subject subject = {
		.scenario = name_slice(&scenario->name),
		.origin = name_slice(&message->sender),
		.transmitter =
			name_slice(message->via.hop == 2 ? &message->via.hub : &message->sender),
		.receiver = name_slice(receiver),
		.sequence = message->sequence,
	};
	struct leg leg = entry->leg.leg;

	core->stats.cached++;
	if (leg.outcome == OUTCOME_DELIVERED &&
	    draw_happens(draw_bits(&scenario->lane->draws, DRAW_PACKET_ERROR, &subject),
			 (double)entry->packet_error_rate)) {
		leg.outcome = OUTCOME_LOST;
		leg.reason = REASON_PACKET_ERROR;
	}
	return leg;
}

static void answer_one(struct core *core, struct message *message, const struct link_entry *entry)
{
	struct aim aim = aim_at_one(message);
	struct leg leg;

	message->answered = true;
	if (message->via.hop == 1) {
		leg = leg_drawn(core, message, entry, &message->via.hub);
		result_of_hub(core, message, &leg);
		return;
	}
	leg = leg_drawn(core, message, entry, aim.id);
	result_settle(core, message, &aim, &leg, message_payload(message), false);
	relay_leave_channel(core, message);
}

static void answer_many(struct core *core, struct message *message)
{
	struct fanout *fanout = message->fanout;

	for (uint32_t i = 0; i < fanout->count; i++) {
		struct fanout_target *target = &fanout->targets[i];
		struct aim aim = aim_at(target);
		struct leg leg;

		if (!target->recalled) {
			continue;
		}
		target->recalled = false;
		leg = leg_drawn(core, message,
				link_cache_at(message->scenario->links, target->link_at), aim.id);
		fanout_answered(fanout, target);
		result_settle(core, message, &aim, &leg, message_payload(message), false);
	}
}

static void recall_to_many(struct core *core, struct message *message, uint32_t transmitter,
			   uint64_t delay_us, uint32_t *nodes, size_t count)
{
	struct instant leaves = leaving(message, delay_us);
	size_t rest = sift_many(message, transmitter, &leaves, nodes, count);

	if (rest) {
		relay_transmit(core, message, transmitter, delay_us, nodes, rest);
	}
	if (rest < count) {
		answer_many(core, message);
	}
	if (!rest) {
		message->answered = true;
		relay_leave_channel(core, message);
	}
}

void recall_or_transmit(struct core *core, struct message *message, uint32_t transmitter,
			uint64_t delay_us, uint32_t *nodes, size_t count)
{
	const struct link_cache *links = message->scenario->links;
	struct instant leaves = leaving(message, delay_us);
	struct link_key key = {transmitter, nodes[0], message->payload_size};
	const struct link_entry *entry;

	if (links && message->fanout && message->via.hop != 1) {
		recall_to_many(core, message, transmitter, delay_us, nodes, count);
		return;
	}
	entry = links ? link_cache_find(links, &key, &leaves) : NULL;
	if (entry) {
		answer_one(core, message, entry);
	} else {
		relay_transmit(core, message, transmitter, delay_us, nodes, count);
	}
}

void recall_put(const struct core *core, const struct message *message,
		const struct reception *reception)
{
	bool second = message->via.hop == 2;
	struct instant leaves = leaving(message, second ? message->via.first.leg.delay_us : 0);
	struct link_key key = {
		.transmitter = second ? message->via.node : message->sender_node,
		.receiver = reception->receiver,
		.payload_size = message->payload_size,
	};

	/* of the number, the message has the lower half: it is not long since */
	uint64_t told = core->changes - (uint32_t)((uint32_t)core->changes - message->told);

	link_cache_keep(message->scenario->links, &key, reception, &leaves, told);
}
