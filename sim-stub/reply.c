#include "reply.h"

#include "base/draw.h"
#include "models/link.h"

/* A transmit being answered: `count` receptions wait in the simulator's room. */
struct reply {
	struct simulator_guest *guest;
	const struct sim_transmit *transmit;
	const struct world_scenario *scenario;
	const struct sim_node *transmitter;
	struct draw_subject subject;
	size_t count;
};

static struct draw_subject subject_of(const struct world_scenario *scenario,
				      const struct sim_transmit *transmit,
				      const struct sim_node *transmitter)
{
	const struct sim_node *origin =
		transmit->origin ? world_node(scenario, transmit->origin) : transmitter;

	return (struct draw_subject){
		.scenario = slice_of(scenario->name, scenario->name_size),
		.origin = origin ? origin->name : slice_of(NULL, 0),
		.transmitter = transmitter->name,
		.sequence = transmit->sequence,
	};
}

static int flush(struct reply *reply, bool more)
{
	size_t count = reply->count;

	reply->count = 0;
	return hot_write_result(&reply->guest->out, reply->transmit->id,
				reply->guest->simulator->receptions, count, more);
}

/* Who uses the numbers again draws for PACKET_ERROR alone: what chance loses for another reason is
 * said of the one packet. */
static uint32_t valid_for_us(const struct prediction *prediction)
{
	bool drawn_otherwise = prediction->reason != REASON_PACKET_ERROR &&
			       prediction->reason != REASON_NONE &&
			       prediction->numbers.packet_error_rate < 1;

	return drawn_otherwise ? 0 : prediction->valid_for_us;
}

/* Decides one reception and puts it into the simulator's room. */
static void receive(struct reply *reply, const struct sim_node *receiver)
{
	struct simulator *simulator = reply->guest->simulator;
	struct passage passage = {
		.transmitter = reply->transmitter,
		.receiver = receiver,
		.payload_bytes = reply->transmit->payload.size,
		.sent_at_us = reply->transmit->sent_at_us,
		.key = &simulator->draw_key,
		.scenario = reply->subject.scenario,
	};
	struct prediction prediction = link_predict(&reply->scenario->channel, &passage);
	struct reception *reception = &simulator->receptions[reply->count];
	uint8_t *link = simulator->links[reply->count];
	bool lost;

	reply->subject.receiver = receiver->name;
	lost = draw_happens(draw_bits(&simulator->draw_key, DRAW_PACKET_ERROR, &reply->subject),
			    (double)prediction.numbers.packet_error_rate);
	*reception = (struct reception){
		.receiver = receiver->node,
		.outcome = lost ? OUTCOME_LOST : OUTCOME_DELIVERED,
		.reason = lost ? prediction.reason : REASON_NONE,
		.link = slice_of(link, link_write(link, &prediction.numbers)),
		.valid_for_us = valid_for_us(&prediction),
	};
	reply->count++;
	simulator->accounts.receptions++;
	simulator->accounts.lost += lost;
	simulator->accounts.delivered += !lost;
}

/* One result, or several joined by `more`. Receivers that are not known are left
 * out, so whether a frame is the last is known only at the next one that is. */
static int reply_to_all(struct reply *reply)
{
	for (size_t i = 0; i < reply->transmit->receiver_count; i++) {
		const struct sim_node *receiver =
			world_node(reply->scenario, reply->transmit->receivers[i]);

		if (!receiver) {
			continue;
		}
		if (reply->count == SIMULATOR_RECEPTIONS_A_FRAME && flush(reply, true) < 0) {
			return -1;
		}
		receive(reply, receiver);
	}
	return flush(reply, false);
}

int reply_to_transmit(struct simulator_guest *guest, const struct sim_transmit *transmit)
{
	struct reply reply = {.guest = guest, .transmit = transmit};

	reply.scenario = world_scenario(&guest->world, transmit->scenario);
	if (!reply.scenario || !reply.scenario->accepted) {
		return flush(&reply, false);
	}
	reply.transmitter = world_node(reply.scenario, transmit->transmitter);
	if (!reply.transmitter) {
		return flush(&reply, false);
	}
	reply.subject = subject_of(reply.scenario, transmit, reply.transmitter);
	return reply_to_all(&reply);
}
