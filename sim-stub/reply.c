#include "reply.h"

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

/* The pair's own shadowing, in standard deviations. Nothing is drawn in scenarios
 * without. */
static double shadowing_between(const struct reply *reply, const struct sim_node *receiver)
{
	struct draw_pair pair = {reply->subject.scenario, reply->transmitter->name, receiver->name};

	if (!(reply->scenario->channel.settings.shadowing_db > 0.0)) {
		return 0.0;
	}
	return draw_normal(
		draw_bits_of_pair(&reply->guest->simulator->draw_key, DRAW_SHADOWING, &pair));
}

/* Decides one reception and puts it into the simulator's room. */
static void receive(struct reply *reply, const struct sim_node *receiver)
{
	struct simulator *simulator = reply->guest->simulator;
	const struct channel *channel = &reply->scenario->channel;
	struct passage passage = {reply->transmitter, receiver, reply->transmit->payload.size,
				  shadowing_between(reply, receiver)};
	struct prediction prediction = channel->model->predict(&channel->settings, &passage);
	struct reception *reception = &simulator->receptions[reply->count];
	uint8_t *link = simulator->links[reply->count];
	bool lost;

	reply->subject.receiver = receiver->name;
	lost = draw_happens(draw_bits(&simulator->draw_key, DRAW_PACKET_ERROR, &reply->subject),
			    (double)prediction.numbers.packet_error_rate);
	*reception = (struct reception){
		.receiver = receiver->node,
		.outcome = lost ? OUTCOME_LOST : OUTCOME_DELIVERED,
		.reason = lost ? REASON_PACKET_ERROR : REASON_NONE,
		.link = slice_of(link, link_write(link, &prediction.numbers)),
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
