#include "reception.h"

#include "models/link.h"

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

static double interference_mw(const struct transmission *sent, const struct sim_node *receiver)
{
	struct timeline *timeline = sent->simulator->timeline;

	return timeline
		       ? timeline_interference_mw(timeline, sent->sent_us, &sent->scenario->channel,
						  sent->subject.scenario, receiver)
		       : 0.0;
}

/* Gives the reception a payload of its own: what was sent, and `more` bytes. */
static int alter(struct transmission *sent, struct reception *reception, size_t more)
{
	struct buf *altered = &sent->simulator->altered;
	struct slice payload = sent->transmit->payload;

	buf_clear(altered);
	if (buf_reserve(altered, payload.size + more + 1) < 0) {
		return -1;
	}
	memset(buf_tail(altered), 0, payload.size + more);
	if (payload.size) {
		memcpy(buf_tail(altered), payload.data, payload.size);
	}
	buf_produce(altered, payload.size + more);
	reception->altered = true;
	reception->payload = buf_slice(altered);
	return 0;
}

static int corrupt(struct transmission *sent, const struct fault_verdict *verdict,
		   struct prediction *prediction, struct reception *reception)
{
	struct buf *altered = &sent->simulator->altered;

	if (alter(sent, reception, 0) < 0) {
		return -1;
	}
	fault_turn_bits(altered->data + altered->start, buf_size(altered), verdict->first_bit,
			verdict->turned_bits);
	prediction->numbers.bit_errors = verdict->turned_bits;
	reception->outcome = OUTCOME_CORRUPTED;
	return 0;
}

/* What the channel has decided, and what faults make of it. */
static int meet_faults(struct transmission *sent, struct prediction *prediction,
		       struct reception *reception)
{
	struct fault_verdict verdict =
		timeline_judge(sent->simulator->timeline, sent->sent_us, &sent->subject,
			       sent->transmit->payload.size, prediction->numbers.delay_us,
			       reception->valid_for_us);

	prediction->numbers.delay_us = verdict.delay_us;
	reception->valid_for_us = verdict.valid_for_us;
	if (verdict.lost) {
		reception->outcome = OUTCOME_LOST;
		reception->reason = REASON_FAULT_INJECTED;
	} else if (verdict.turned_bits && reception->outcome == OUTCOME_DELIVERED &&
		   corrupt(sent, &verdict, prediction, reception) < 0) {
		return -1;
	}
	return 0;
}

static int lie(struct transmission *sent, struct prediction *prediction,
	       struct reception *reception)
{
	lie_in_numbers(sent->lie, &prediction->numbers);
	return lie_in_reception(sent->lie, reception) ? alter(sent, reception, 1) : 0;
}

/* --------------------------------------------------------------- channel */

static void account(struct simulator_accounts *accounts, const struct reception *reception)
{
	accounts->receptions++;
	accounts->lost += reception->outcome == OUTCOME_LOST;
	accounts->corrupted += reception->outcome == OUTCOME_CORRUPTED;
	accounts->delivered += reception->outcome == OUTCOME_DELIVERED;
}

int reception_decide(struct transmission *sent, const struct sim_node *receiver,
		     struct reception *reception, uint8_t *link)
{
	struct simulator *simulator = sent->simulator;
	struct passage passage = {
		.transmitter = sent->transmitter,
		.receiver = receiver,
		.payload_bytes = sent->transmit->payload.size,
		.sent_at_us = sent->transmit->sent_at_us,
		.key = &simulator->draw_key,
		.scenario = sent->subject.scenario,
		.interference_mw = interference_mw(sent, receiver),
	};
	struct prediction prediction = link_predict(&sent->scenario->channel, &passage);
	bool lost;

	sent->subject.receiver = receiver->name;
	lost = draw_happens(draw_bits(&simulator->draw_key, DRAW_PACKET_ERROR, &sent->subject),
			    (double)prediction.numbers.packet_error_rate);
	*reception = (struct reception){
		.receiver = receiver->node,
		.outcome = lost ? OUTCOME_LOST : OUTCOME_DELIVERED,
		.reason = lost ? prediction.reason : REASON_NONE,
		.valid_for_us = valid_for_us(&prediction),
	};
	if (simulator->timeline && meet_faults(sent, &prediction, reception) < 0) {
		return -1;
	}
	account(&simulator->accounts, reception);
	if (sent->lie && lie(sent, &prediction, reception) < 0) {
		return -1;
	}
	reception->link = slice_of(link, link_write(link, &prediction.numbers));
	return 0;
}
