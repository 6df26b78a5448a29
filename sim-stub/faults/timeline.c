#include "faults/timeline.h"

#include "base/patterns.h"
#include "faults/jammer.h"

enum {
	FLUSH_SPEED = 1000,
	LOOKS_MAX = 100, /* at all freezes, for a message at one node: it would wait for ever */
};

void timeline_init(struct timeline *timeline, struct fault_list *faults, const struct hash_key *key,
		   uint64_t (*clock_us)(void))
{
	*timeline = (struct timeline){.faults = faults, .key = *key, .clock_us = clock_us};
}

uint64_t timeline_meet(struct timeline *timeline, uint64_t sent_at_us)
{
	if (!timeline->begun) {
		timeline->begun = true;
		timeline->zero_us = sent_at_us;
		timeline->clock_zero_us = timeline->clock_us();
	}
	return sent_at_us > timeline->zero_us ? sent_at_us - timeline->zero_us : 0;
}

uint64_t timeline_now_us(const struct timeline *timeline)
{
	return timeline->clock_us() - timeline->clock_zero_us;
}

/* ------------------------------------------------------- whom it concerns */

static bool in_scenario(const struct fault *fault, struct slice scenario)
{
	return !fault->scenario[0] || patterns_match(fault->scenario, scenario);
}

static bool on_way(const struct fault *fault, struct slice from, struct slice to)
{
	return patterns_match(fault->one, from) && patterns_match(fault->other, to);
}

static bool on_link(const struct fault *fault, const struct draw_subject *subject)
{
	return on_way(fault, subject->transmitter, subject->receiver) ||
	       (!fault->one_way && on_way(fault, subject->receiver, subject->transmitter));
}

static bool is_of_links(const struct fault *fault)
{
	return fault->deed == FAULT_LOSS || fault->deed == FAULT_LATENCY ||
	       fault->deed == FAULT_CORRUPT;
}

static bool concerns_hop(const struct fault *fault, const struct draw_subject *subject)
{
	if (!in_scenario(fault, subject->scenario)) {
		return false;
	}
	switch (fault->deed) {
	case FAULT_LOSS:
	case FAULT_LATENCY:
	case FAULT_CORRUPT:
		return on_link(fault, subject);
	case FAULT_JAMMER:
		return true;
	case FAULT_FREEZE: /* the receiver's count when the packet arrives */
		return patterns_match(fault->one, subject->transmitter);
	default:
		return false;
	}
}

/* ---------------------------------------------------------------- packets */

double timeline_interference_mw(struct timeline *timeline, uint64_t sent_us,
				const struct channel *channel, struct slice scenario,
				const struct sim_node *receiver)
{
	double sum_mw = 0.0;

	for (size_t i = 0; i < timeline->faults->count; i++) {
		struct fault *fault = &timeline->faults->at[i];
		struct fault_phase phase;

		if (fault->deed != FAULT_JAMMER || !in_scenario(fault, scenario)) {
			continue;
		}
		phase = fault_phase_at(fault, sent_us);
		if (phase.active) {
			double power_mw =
				jammer_power_mw(fault, sent_us - phase.began_us, channel, receiver);

			fault->packets += power_mw > 0.0;
			sum_mw += power_mw;
		}
	}
	return sum_mw;
}

static bool drawn(const struct timeline *timeline, enum draw_purpose purpose,
		  const struct draw_subject *subject, double probability)
{
	return probability > 0.0 &&
	       draw_happens(draw_bits(&timeline->key, purpose, subject), probability);
}

/* What all faults of links come to that hold when a packet is sent. */
struct sum {
	double passes, intact; /* probabilities */
	uint32_t bits;
	uint64_t latency_us;
	bool active;
	uint64_t next_us; /* when some fault begins or ends */
};

static void add(struct sum *sum, struct fault *fault, uint64_t sent_us)
{
	struct fault_phase phase = fault_phase_at(fault, sent_us);

	if (phase.next_us < sum->next_us) {
		sum->next_us = phase.next_us;
	}
	if (!phase.active) {
		return;
	}
	sum->active = true;
	fault->packets += is_of_links(fault);
	if (fault->deed == FAULT_LOSS) {
		sum->passes *= 1.0 - fault->probability;
	} else if (fault->deed == FAULT_LATENCY) {
		sum->latency_us += fault->time_us;
	} else if (fault->deed == FAULT_CORRUPT) {
		sum->intact *= 1.0 - fault->probability;
		sum->bits = fault->count > sum->bits ? fault->count : sum->bits;
	}
}

static struct sum sum_up(struct timeline *timeline, uint64_t sent_us,
			 const struct draw_subject *subject)
{
	struct sum sum = {.passes = 1.0, .intact = 1.0, .next_us = FAULT_FOREVER};

	for (size_t i = 0; i < timeline->faults->count; i++) {
		if (concerns_hop(&timeline->faults->at[i], subject)) {
			add(&sum, &timeline->faults->at[i], sent_us);
		}
	}
	return sum;
}

/* Freezes of one node that overlap, or follow each other without a gap, are one. */
struct stillness {
	uint64_t began_us, end_us;
};

static bool freezes(const struct fault *fault, struct slice scenario, struct slice node)
{
	return fault->deed == FAULT_FREEZE && in_scenario(fault, scenario) &&
	       patterns_match(fault->one, node);
}

/* Takes in what holds at `at_us`; whether it has grown by that. */
static bool grow(struct stillness *still, const struct fault *fault, uint64_t at_us)
{
	struct fault_phase phase = fault_phase_at(fault, at_us);
	uint64_t end_us = fault_end_us(fault, &phase);
	bool grows = phase.active && (phase.began_us < still->began_us || end_us > still->end_us);

	if (grows) {
		still->began_us =
			phase.began_us < still->began_us ? phase.began_us : still->began_us;
		still->end_us = end_us > still->end_us ? end_us : still->end_us;
	}
	return grows;
}

/* All that the node's freezes make of `at_us`: empty where none holds then. Takes its looks off
 * *looks. */
static struct stillness stillness_at(const struct timeline *timeline, uint64_t at_us,
				     struct slice scenario, struct slice node, unsigned *looks)
{
	struct stillness still = {at_us, at_us};
	bool grown = true;

	for (; grown && *looks; --*looks) {
		grown = false;
		for (size_t i = 0; i < timeline->faults->count; i++) {
			const struct fault *fault = &timeline->faults->at[i];

			if (!freezes(fault, scenario, node)) {
				continue;
			}
			grown |= grow(&still, fault, still.end_us);
			grown |= still.end_us > at_us && still.began_us > 0 &&
				 grow(&still, fault, still.began_us - 1);
		}
	}
	return still;
}

/* When what comes to a node at `came_us` has its turn: when it stands still no more, all of it at
 * once, but for a thousandth of the time between one and the next, by which they keep their order
 * even where clocks are corrected meanwhile. */
static uint64_t thawed_us(const struct timeline *timeline, uint64_t came_us, struct slice scenario,
			  struct slice node)
{
	uint64_t turn_us = came_us;
	unsigned looks = LOOKS_MAX;

	while (looks) {
		struct stillness still = stillness_at(timeline, turn_us, scenario, node, &looks);

		if (still.end_us == turn_us) {
			break;
		}
		turn_us = still.end_us + (turn_us - still.began_us) / FLUSH_SPEED;
	}
	return turn_us;
}

/* A node that stands still sends what it was given, and takes what it has heard, when that is
 * over: nothing of it arrives before. The sender's freezes come first: only what it has sent can
 * meet those of the receiver. */
struct passage_times {
	uint64_t sent_us;
	uint64_t left_us;    /* the sender */
	uint64_t arrived_us; /* at the receiver's antenna */
	uint64_t taken_us;   /* by the receiver */
};

static struct passage_times times_of(const struct timeline *timeline, uint64_t sent_us,
				     uint64_t delay_us, const struct draw_subject *subject)
{
	struct passage_times times = {
		.sent_us = sent_us,
		.left_us = thawed_us(timeline, sent_us, subject->scenario, subject->transmitter),
		.arrived_us = sent_us + delay_us,
	};

	if (times.arrived_us < times.left_us) {
		times.arrived_us = times.left_us;
	}
	times.taken_us =
		thawed_us(timeline, times.arrived_us, subject->scenario, subject->receiver);
	return times;
}

/* Whether what waits from one time until another waits for that freeze. */
static bool holds(const struct fault *fault, uint64_t from_us, uint64_t until_us)
{
	struct fault_phase phase = fault_phase_at(fault, from_us);

	return from_us < until_us && (phase.active || phase.next_us < until_us);
}

static void count_freezes(struct timeline *timeline, const struct passage_times *times,
			  const struct draw_subject *subject)
{
	for (size_t i = 0; i < timeline->faults->count; i++) {
		struct fault *fault = &timeline->faults->at[i];

		fault->packets += (freezes(fault, subject->scenario, subject->transmitter) &&
				   holds(fault, times->sent_us, times->left_us)) ||
				  (freezes(fault, subject->scenario, subject->receiver) &&
				   holds(fault, times->arrived_us, times->taken_us));
	}
}

static uint32_t narrow(uint64_t value)
{
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

/* How long what is sent would arrive before the receiver's next freeze; 0 while it is in one. */
static uint64_t before_freezes_us(const struct timeline *timeline, uint64_t arrived_us,
				  const struct draw_subject *subject)
{
	uint64_t next_us = FAULT_FOREVER;

	for (size_t i = 0; i < timeline->faults->count; i++) {
		const struct fault *fault = &timeline->faults->at[i];
		struct fault_phase phase;

		if (!freezes(fault, subject->scenario, subject->receiver)) {
			continue;
		}
		phase = fault_phase_at(fault, arrived_us);
		if (phase.active) {
			return 0;
		}
		next_us = phase.next_us < next_us ? phase.next_us : next_us;
	}
	return next_us - arrived_us;
}

/* Faults of the link change when a packet is sent, freezes of its receiver when it arrives. */
static uint32_t valid_for(const struct timeline *timeline, const struct sum *sum, uint64_t sent_us,
			  uint64_t arrived_us, const struct draw_subject *subject)
{
	uint64_t link_us = sum->next_us - sent_us;
	uint64_t receiver_us = before_freezes_us(timeline, arrived_us, subject);

	return sum->active ? 0 : narrow(link_us < receiver_us ? link_us : receiver_us);
}

struct fault_verdict timeline_judge(struct timeline *timeline, uint64_t sent_us,
				    const struct draw_subject *subject, size_t payload_bytes,
				    uint32_t delay_us, uint32_t valid_for_us)
{
	struct sum sum = sum_up(timeline, sent_us, subject);
	struct passage_times times =
		times_of(timeline, sent_us, delay_us + sum.latency_us, subject);
	uint32_t unchanged_us = valid_for(timeline, &sum, sent_us, times.arrived_us, subject);
	uint64_t bits = 8 * (uint64_t)payload_bytes;
	struct fault_verdict verdict = {
		.lost = drawn(timeline, DRAW_FAULT_LOSS, subject, 1.0 - sum.passes),
		.delay_us = narrow(times.taken_us - sent_us),
		.valid_for_us = unchanged_us < valid_for_us ? unchanged_us : valid_for_us,
	};

	if (times.left_us > times.sent_us || times.taken_us > times.arrived_us) {
		count_freezes(timeline, &times, subject);
	}
	if (bits && drawn(timeline, DRAW_FAULT_CORRUPT, subject, 1.0 - sum.intact)) {
		verdict.turned_bits = sum.bits < bits ? sum.bits : (uint32_t)bits;
		verdict.first_bit =
			(uint32_t)(draw_bits(&timeline->key, DRAW_FAULT_BIT, subject) % bits);
	}
	return verdict;
}

void fault_turn_bits(uint8_t *payload, size_t size, uint32_t first_bit, uint32_t count)
{
	size_t bit = first_bit;

	for (uint32_t i = 0; i < count; i++) {
		payload[bit / 8] ^= (uint8_t)(1u << bit % 8);
		bit = bit + 1 == 8 * size ? 0 : bit + 1;
	}
}

/* ---------------------------------------------------------------- answers */

/* By the clock: the end of a mixing, or the time that each answer is late. */
static void hold(const struct timeline *timeline, const struct fault *fault,
		 const struct fault_phase *phase, struct fault_answer *answer)
{
	uint64_t now_us = timeline_now_us(timeline);

	answer->held = fault;
	answer->held_until_us =
		fault->deed == FAULT_LATE ? now_us + fault->time_us : fault_end_us(fault, phase);
}

static bool is_held(const struct fault *fault)
{
	return fault->deed == FAULT_LATE || fault->deed == FAULT_REORDER;
}

struct fault_answer timeline_answer(struct timeline *timeline, uint64_t sent_us,
				    const struct draw_subject *subject)
{
	struct fault_answer answer = {0};
	double once = 1.0;

	for (size_t i = 0; i < timeline->faults->count; i++) {
		struct fault *fault = &timeline->faults->at[i];
		struct fault_phase phase = fault_phase_at(fault, sent_us);

		if (!phase.active || !in_scenario(fault, subject->scenario)) {
			continue;
		}
		if (is_held(fault) && !answer.held) {
			fault->packets++;
			hold(timeline, fault, &phase, &answer);
		} else if (fault->deed == FAULT_DUPLICATE) {
			fault->packets++;
			once *= 1.0 - fault->probability;
		} else if (fault->deed == FAULT_LIE && !answer.lie) {
			fault->packets++;
			answer.lie = drawn(timeline, DRAW_FAULT_LIE, subject, fault->probability)
					     ? fault->lie
					     : LIE_NONE;
		}
	}
	answer.twice = drawn(timeline, DRAW_FAULT_DUPLICATE, subject, 1.0 - once);
	answer.rank = answer.held ? draw_bits(&timeline->key, DRAW_FAULT_ORDER, subject) : 0;
	return answer;
}

/* ------------------------------------------------------------------- end */

const struct fault *timeline_unmet(const struct timeline *timeline, size_t *next)
{
	uint64_t now_us = timeline->begun ? timeline_now_us(timeline) : 0;

	while (timeline->begun && *next < timeline->faults->count) {
		const struct fault *fault = &timeline->faults->at[(*next)++];

		if (fault_can_be_met(fault) && fault->at_us <= now_us && fault->packets == 0) {
			return fault;
		}
	}
	return NULL;
}
