/* How many messages may be at a simulator at one time.
 *
 * A simulator that is asked for more than it can do works on a queue, and answers what has waited
 * there longer than its timeout allows in vain: all its work is then lost, and stays lost for as
 * long as the queue does (N. Bronson et al., Metastable Failures in Distributed Systems, HotOS
 * 2021). So no more are sent than are answered in good time, by Little's law: messages at the
 * simulator = its rate * the time that one takes. That time is what one takes when it need not
 * wait (`base_us`), and the rest, waiting. Of the time that the timeout leaves for waiting,
 *
 * - as long as answers have taken an eighth at most, the window grows by one with each, if at
 *   least a quarter of it is in use: it doubles in the time that one message takes, from
 * WINDOW_START up to what is configured;
 * - an answer that has taken more than half cuts it to what is answered in a quarter, at the rate
 *   of late, and so does a timeout. What was sent before a cut says nothing about it, and cuts no
 *   more.
 *
 * What has timed out is still at the simulator, and counts until it is answered after all, or
 * until something that was sent later is answered in time: then it was lost. One that has
 * answered nothing for a whole timeout hangs; that is no queue, and the window stays as it is.
 *
 * Times are monotonic. */
#ifndef UAV_CORE_WINDOW_H
#define UAV_CORE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_START 256u
#define WINDOW_LEAST 4u

struct window {
	bool fixed;    /* to what is configured */
	uint32_t most; /* as configured */
	uint32_t size;
	uint32_t owed; /* timed out, and still to be answered */
	uint64_t base_us;
	uint64_t cut_us;      /* when it was last cut */
	uint64_t owed_us;     /* when the last of what is owed was sent */
	uint64_t in_time_us;  /* when the last of what was answered in time was sent */
	uint64_t answered_us; /* the last answer, in time or not */
	uint64_t patience_us; /* from then on: when what is owed is given up */
	/* answers, in time or not, in this span of an eighth of a timeout, and in the last */
	uint64_t span_us, last_span_us; /* this one's beginning; that one's length */
	uint32_t answers, last_answers;
};

/* Nothing is at the simulator, as when its link has gone. */
void window_init(struct window *window, uint32_t most, bool fixed);
/* The configuration is another now. */
void window_configure(struct window *window, uint32_t most, bool fixed);

/* How much of it is not taken by what has timed out. */
static inline uint32_t window_room(const struct window *window)
{
	return window->size > window->owed ? window->size - window->owed : 0;
}

/* A message, and those that are at the simulator together with it. */
struct window_sample {
	uint64_t sent_us, timeout_us;
	uint32_t in_channel; /* not timed out, with it */
};

void window_answered(struct window *window, const struct window_sample *sample, uint64_t now_us);
void window_timed_out(struct window *window, const struct window_sample *sample, uint64_t now_us);
/* Something that had timed out is answered after all. */
void window_answered_late(struct window *window, uint64_t now_us);

/* When what is owed is given up; UINT64_MAX: nothing is. */
uint64_t window_next(const struct window *window);
/* Does that if it is due. */
void window_give_up(struct window *window, uint64_t now_us);

#endif
