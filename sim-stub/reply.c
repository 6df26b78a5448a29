#include "reply.h"

#include "reception.h"

/* A transmit being answered: `count` receptions wait in the simulator's room. */
struct reply {
	struct simulator_guest *guest;
	struct transmission sent;
	size_t count;
	bool full; /* what waits has a frame to itself */
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
	reply->full = false;
	return lie_write_result(&reply->guest->out, reply->sent.lie, reply->sent.transmit->id,
				reply->guest->simulator->receptions, count, more);
}

/* The last reception has an altered payload: it gets a frame to itself, since both the room for
 * such a payload and what goes into a frame are bounded. */
static int set_apart(struct reply *reply)
{
	struct reception *receptions = reply->guest->simulator->receptions;
	struct reception altered = receptions[--reply->count];

	if (reply->count > 0 && flush(reply, true) < 0) {
		return -1;
	}
	receptions[0] = altered;
	reply->count = 1;
	reply->full = true;
	return 0;
}

/* Puts one reception into the simulator's room. */
static int receive(struct reply *reply, const struct sim_node *receiver)
{
	struct simulator *simulator = reply->guest->simulator;
	struct reception *reception = &simulator->receptions[reply->count];

	if (reception_decide(&reply->sent, receiver, reception, simulator->links[reply->count]) <
	    0) {
		return -1;
	}
	reply->count++;
	return reception->altered ? set_apart(reply) : 0;
}

/* One result, or several joined by `more`. Receivers that are not known are left
 * out, so whether a frame is the last is known only at the next one that is. */
static int reply_to_all(struct reply *reply)
{
	for (size_t i = 0; i < reply->sent.transmit->receiver_count; i++) {
		const struct sim_node *receiver =
			world_node(reply->sent.scenario, reply->sent.transmit->receivers[i]);

		if (!receiver) {
			continue;
		}
		if ((reply->full || reply->count == SIMULATOR_RECEPTIONS_A_FRAME) &&
		    flush(reply, true) < 0) {
			return -1;
		}
		if (receive(reply, receiver) < 0) {
			return -1;
		}
	}
	return flush(reply, false);
}

/* Takes the answer, all behind `start`, back out of what goes to the gateway. */
static int hold_back(struct simulator_guest *guest, const struct fault_answer *answer, size_t start)
{
	struct slice all = buf_slice(&guest->out);
	struct slice held = slice_of(all.data + start, all.size - start);
	uint64_t now_us = timeline_now_us(guest->simulator->timeline);
	int result;

	result = answer->held->deed == FAULT_LATE
			 ? hold_late(&guest->hold, held, answer->held_until_us)
			 : hold_mix(&guest->hold, held, answer->rank, answer->held->count,
				    answer->held_until_us);
	buf_truncate(&guest->out, start);
	return result < 0 ? -1 : hold_release(&guest->hold, now_us, &guest->out);
}

static int repeat(struct buf *out, size_t start)
{
	size_t size = buf_size(out) - start;

	/* with that room nothing moves while it is copied */
	return buf_reserve(out, size) < 0 ? -1 : buf_append(out, buf_slice(out).data + start, size);
}

static int reply_with_faults(struct reply *reply)
{
	struct simulator_guest *guest = reply->guest;
	struct timeline *timeline = guest->simulator->timeline;
	size_t start = buf_size(&guest->out);
	struct fault_answer answer;

	reply->sent.sent_us = timeline_meet(timeline, reply->sent.transmit->sent_at_us);
	answer = timeline_answer(timeline, reply->sent.sent_us, &reply->sent.subject);
	reply->sent.lie = answer.lie;
	if (reply_to_all(reply) < 0 || (answer.twice && repeat(&guest->out, start) < 0)) {
		return -1;
	}
	return answer.held ? hold_back(guest, &answer, start) : 0;
}

int reply_to_transmit(struct simulator_guest *guest, const struct sim_transmit *transmit)
{
	struct reply reply = {.guest = guest,
			      .sent = {.simulator = guest->simulator, .transmit = transmit}};

	reply.sent.scenario = world_scenario(&guest->world, transmit->scenario);
	if (!reply.sent.scenario || !reply.sent.scenario->accepted) {
		return flush(&reply, false);
	}
	reply.sent.transmitter = world_node(reply.sent.scenario, transmit->transmitter);
	if (!reply.sent.transmitter) {
		return flush(&reply, false);
	}
	reply.sent.subject = subject_of(reply.sent.scenario, transmit, reply.sent.transmitter);
	return guest->simulator->timeline ? reply_with_faults(&reply) : reply_to_all(&reply);
}
