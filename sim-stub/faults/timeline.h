/* What a timeline of faults does to packets and to answers.
 *
 * Its zero is the `sent_at_us` of the first transmit that meets it; what was sent earlier counts
 * as sent then. What becomes of a packet on its link, and which answers are lies or come twice,
 * follows from `sent_at_us` and names alone, whenever requests arrive. What the simulator itself
 * does (late, reorder, stall, close, die) goes by a clock that starts with that transmit. */
#ifndef SIM_FAULTS_TIMELINE_H
#define SIM_FAULTS_TIMELINE_H

#include "base/draw.h"
#include "faults/file.h"
#include "models/link.h"

struct timeline {
	struct fault_list *faults; /* which count whom they meet */
	struct hash_key key;
	uint64_t (*clock_us)(void); /* monotonic; zero is the clock's own */
	bool begun;
	uint64_t zero_us;	/* of sent_at_us */
	uint64_t clock_zero_us; /* the same moment on the clock */
};

/* The list must outlive it. `key` is what the simulator draws by. */
void timeline_init(struct timeline *timeline, struct fault_list *faults, const struct hash_key *key,
		   uint64_t (*clock_us)(void));

/* The time of the timeline at which that was sent; the first call begins it. */
uint64_t timeline_meet(struct timeline *timeline, uint64_t sent_at_us);
/* The same of the clock's now; of use once begun. */
uint64_t timeline_now_us(const struct timeline *timeline);

/* What jammers add at the receiver's antenna, mW; 0 in scenarios without a channel. */
double timeline_interference_mw(struct timeline *timeline, uint64_t sent_us,
				const struct channel *channel, struct slice scenario,
				const struct sim_node *receiver);

/* What faults make of one packet on one hop. */
struct fault_verdict {
	bool lost;
	/* so many bits are turned, from that one on and around the end; 0: unharmed */
	uint32_t turned_bits, first_bit;
	uint32_t delay_us;     /* all of it */
	uint32_t valid_for_us; /* of the numbers */
};

/* `subject` has all its names; the channel says delay and validity. */
struct fault_verdict timeline_judge(struct timeline *timeline, uint64_t sent_us,
				    const struct draw_subject *subject, size_t payload_bytes,
				    uint32_t delay_us, uint32_t valid_for_us);

/* What faults make of a transmit's answer. */
struct fault_answer {
	enum fault_lie lie;
	bool twice;
	const struct fault *held; /* late or reorder; NULL: none */
	uint64_t held_until_us;	  /* by the clock, at the latest */
	uint32_t rank;		  /* its place among those that are mixed: lesser goes first */
};

/* `subject` has no receiver. */
struct fault_answer timeline_answer(struct timeline *timeline, uint64_t sent_us,
				    const struct draw_subject *subject);

/* A fault from the *next-th on that has begun by the clock and has met nothing: behind a name that
 * is mistyped, say. *next goes behind it. NULL: there is none. */
const struct fault *timeline_unmet(const struct timeline *timeline, size_t *next);

/* Turns bits of a payload that is not empty. */
void fault_turn_bits(uint8_t *payload, size_t size, uint32_t first_bit, uint32_t count);

#endif
