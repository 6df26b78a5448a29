#include "core/window.h"

void window_init(struct window *window, uint32_t most, bool fixed)
{
	*window = (struct window){
		.fixed = fixed,
		.most = most,
		.size = fixed || most < WINDOW_START ? most : WINDOW_START,
		.base_us = UINT64_MAX,
	};
}

void window_configure(struct window *window, uint32_t most, bool fixed)
{
	bool was_small = window->size == window->most && most > window->most;

	/* It was the configuration that kept it small, or that kept it large. */
	if (fixed != window->fixed || (was_small && window->size < WINDOW_START)) {
		window->size = WINDOW_START;
	}
	window->fixed = fixed;
	window->most = most;
	if (window->size > most || fixed) {
		window->size = most;
	}
}

static uint64_t outstanding(const struct window *window, const struct window_sample *sample)
{
	return (uint64_t)sample->in_channel + window->owed;
}

/* The time that one takes, and a part of the time for waiting: halved so often. */
static uint64_t after(const struct window *window, const struct window_sample *sample,
		      unsigned halvings)
{
	uint64_t base = window->base_us < sample->timeout_us ? window->base_us : 0;

	return base + ((sample->timeout_us - base) >> halvings);
}

/* How many are answered in that time, at the rate of late. */
static uint64_t answered_within(const struct window *window, uint64_t time_us, uint64_t now_us)
{
	uint64_t answers = (uint64_t)window->answers + window->last_answers;
	uint64_t span_us = now_us - window->span_us + window->last_span_us;

	return span_us ? answers * time_us / span_us : answers;
}

static void cut(struct window *window, const struct window_sample *sample, uint64_t now_us)
{
	uint64_t least = window->most < WINDOW_LEAST ? window->most : WINDOW_LEAST;
	uint64_t size = answered_within(window, after(window, sample, 2), now_us);

	if (sample->sent_us < window->cut_us) {
		return;
	}
	if (size < least) {
		size = least;
	}
	if (size < window->size) {
		window->size = (uint32_t)size;
	}
	window->cut_us = now_us;
}

static void count_answer(struct window *window, uint64_t now_us, uint64_t timeout_us)
{
	window->answered_us = now_us;
	window->answers++;
	if (now_us - window->span_us >= timeout_us / 8) {
		window->last_answers = window->answers;
		window->last_span_us = now_us - window->span_us;
		window->answers = 0;
		window->span_us = now_us;
	}
}

void window_answered(struct window *window, const struct window_sample *sample, uint64_t now_us)
{
	uint64_t latency_us = now_us > sample->sent_us ? now_us - sample->sent_us : 0;

	if (window->fixed) {
		return;
	}
	count_answer(window, now_us, sample->timeout_us);
	if (sample->sent_us > window->in_time_us) {
		window->in_time_us = sample->sent_us;
	}
	if (sample->sent_us > window->owed_us) {
		window->owed = 0; /* lost, not late */
	}
	/* So few do not wait for each other. */
	if (latency_us < window->base_us || outstanding(window, sample) <= WINDOW_LEAST) {
		window->base_us = latency_us;
	}
	if (latency_us > after(window, sample, 1)) {
		cut(window, sample, now_us);
	} else if (latency_us <= after(window, sample, 3) && window->size < window->most &&
		   outstanding(window, sample) * 4 >= window->size) {
		window->size++;
	}
}

void window_timed_out(struct window *window, const struct window_sample *sample, uint64_t now_us)
{
	if (window->fixed || now_us - window->answered_us >= sample->timeout_us ||
	    sample->sent_us < window->in_time_us) {
		return; /* it hangs; it has lost this one */
	}
	cut(window, sample, now_us);
	window->owed++;
	window->owed_us = sample->sent_us;
	window->patience_us = sample->timeout_us;
}

void window_answered_late(struct window *window, uint64_t now_us)
{
	count_answer(window, now_us, window->patience_us);
	if (window->owed) {
		window->owed--;
	}
}

uint64_t window_next(const struct window *window)
{
	return window->owed ? window->answered_us + window->patience_us : UINT64_MAX;
}

void window_give_up(struct window *window, uint64_t now_us)
{
	if (now_us >= window_next(window)) {
		window->owed = 0;
	}
}
