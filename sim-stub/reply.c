#include "reply.h"

#include "base/draw.h"
#include "faults/lie.h"
#include "models/link.h"

/* A transmit being answered: `count` receptions wait in the simulator's room. */
struct reply {
	struct simulator_guest *guest;
	const struct sim_transmit *transmit;
	const struct world_scenario *scenario;
	const struct sim_node *transmitter;
	struct draw_subject subject;
	size_t count;
	/* with a timeline of faults */
	uint64_t sent_us;
	enum fault_lie lie;
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
	return lie_write_result(&reply->guest->out, reply->lie, reply->transmit->id,
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

/* ---------------------------------------------------------------- faults */

static double interference_mw(const struct reply *reply, const struct sim_node *receiver)
{
	struct timeline *timeline = reply->guest->simulator->timeline;

	return timeline ? timeline_interference_mw(timeline, reply->sent_us,
						   &reply->scenario->channel,
						   reply->subject.scenario, receiver)
			: 0.0;
}

/* Gives the reception a payload of its own: what was sent, and `more` bytes. */
static int alter(struct reply *reply, struct reception *reception, size_t more)
{
	struct buf *altered = &reply->guest->simulator->altered;
	struct slice sent = reply->transmit->payload;

	buf_clear(altered);
	if (buf_reserve(altered, sent.size + more + 1) < 0) {
		return -1;
	}
	memset(buf_tail(altered), 0, sent.size + more);
	if (sent.size) {
		memcpy(buf_tail(altered), sent.data, sent.size);
	}
	buf_produce(altered, sent.size + more);
	reception->altered = true;
	reception->payload = buf_slice(altered);
	return 0;
}

static int corrupt(struct reply *reply, const struct fault_verdict *verdict,
		   struct prediction *prediction, struct reception *reception)
{
	struct buf *altered = &reply->guest->simulator->altered;

	if (alter(reply, reception, 0) < 0) {
		return -1;
	}
	fault_turn_bits(altered->data + altered->start, buf_size(altered), verdict->first_bit,
			verdict->turned_bits);
	prediction->numbers.bit_errors = verdict->turned_bits;
	reception->outcome = OUTCOME_CORRUPTED;
	return 0;
}

/* What the channel has decided, and what faults make of it. */
static int meet_faults(struct reply *reply, struct prediction *prediction,
		       struct reception *reception)
{
	struct fault_verdict verdict =
		timeline_judge(reply->guest->simulator->timeline, reply->sent_us, &reply->subject,
			       reply->transmit->payload.size, prediction->numbers.delay_us,
			       reception->valid_for_us);

	prediction->numbers.delay_us = verdict.delay_us;
	reception->valid_for_us = verdict.valid_for_us;
	if (verdict.lost) {
		reception->outcome = OUTCOME_LOST;
		reception->reason = REASON_FAULT_INJECTED;
	} else if (verdict.turned_bits && reception->outcome == OUTCOME_DELIVERED &&
		   corrupt(reply, &verdict, prediction, reception) < 0) {
		return -1;
	}
	return 0;
}

static int lie(struct reply *reply, struct prediction *prediction, struct reception *reception)
{
	lie_in_numbers(reply->lie, &prediction->numbers);
	return lie_in_reception(reply->lie, reception) ? alter(reply, reception, 1) : 0;
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

/* --------------------------------------------------------------- channel */

static void account(struct simulator_accounts *accounts, const struct reception *reception)
{
	accounts->receptions++;
	accounts->lost += reception->outcome == OUTCOME_LOST;
	accounts->corrupted += reception->outcome == OUTCOME_CORRUPTED;
	accounts->delivered += reception->outcome == OUTCOME_DELIVERED;
}

/* Decides one reception and puts it into the simulator's room. */
static int receive(struct reply *reply, const struct sim_node *receiver)
{
	struct simulator *simulator = reply->guest->simulator;
	struct passage passage = {
		.transmitter = reply->transmitter,
		.receiver = receiver,
		.payload_bytes = reply->transmit->payload.size,
		.sent_at_us = reply->transmit->sent_at_us,
		.key = &simulator->draw_key,
		.scenario = reply->subject.scenario,
		.interference_mw = interference_mw(reply, receiver),
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
		.valid_for_us = valid_for_us(&prediction),
	};
	if (simulator->timeline && meet_faults(reply, &prediction, reception) < 0) {
		return -1;
	}
	account(&simulator->accounts, reception);
	if (reply->lie && lie(reply, &prediction, reception) < 0) {
		return -1;
	}
	reception->link = slice_of(link, link_write(link, &prediction.numbers));
	reply->count++;
	return reception->altered ? set_apart(reply) : 0;
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

	reply->sent_us = timeline_meet(timeline, reply->transmit->sent_at_us);
	answer = timeline_answer(timeline, reply->sent_us, &reply->subject);
	reply->lie = answer.lie;
	if (reply_to_all(reply) < 0 || (answer.twice && repeat(&guest->out, start) < 0)) {
		return -1;
	}
	return answer.held ? hold_back(guest, &answer, start) : 0;
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
	return guest->simulator->timeline ? reply_with_faults(&reply) : reply_to_all(&reply);
}
