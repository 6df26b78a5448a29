#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/window.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000000ull
#define TIMEOUT SECOND

enum { MOST = 65536 };

/* ------------------------------------------------------------------ one step at a time */

static void answer(struct window *window, uint32_t in_channel, uint64_t sent_us, uint64_t now_us)
{
	window_answered(window, &(struct window_sample){sent_us, TIMEOUT, in_channel}, now_us);
}

static void time_out(struct window *window, uint32_t in_channel, uint64_t sent_us)
{
	window_timed_out(window, &(struct window_sample){sent_us, TIMEOUT, in_channel},
			 sent_us + TIMEOUT);
}

/* One that answers at once when it has nothing to do. */
static void open_quick(struct window *window)
{
	window_init(window, MOST, false);
	answer(window, 1, 0, 0);
	assert_int_equal(window_room(window), WINDOW_START);
}

static void begins_small_and_never_exceeds_what_is_configured(void **state)
{
	struct window window;

	(void)state;
	window_init(&window, 10, false);
	assert_int_equal(window_room(&window), 10);
	open_quick(&window);
	for (uint32_t i = 0; i < 2 * MOST; i++) {
		answer(&window, window.size, 0, 1000);
	}
	assert_int_equal(window_room(&window), MOST);
}

static void grows_only_where_it_is_needed(void **state)
{
	struct window window;

	(void)state;
	open_quick(&window);
	answer(&window, WINDOW_START / 4 - 1, 0, 1000);
	assert_int_equal(window.size, WINDOW_START);
	answer(&window, WINDOW_START / 4, 0, 1000);
	assert_int_equal(window.size, WINDOW_START + 1);
	/* and where answers come soon */
	answer(&window, WINDOW_START, 0, TIMEOUT / 8);
	assert_int_equal(window.size, WINDOW_START + 2);
	answer(&window, WINDOW_START, 0, TIMEOUT / 8 + 1);
	answer(&window, WINDOW_START, 0, TIMEOUT / 2);
	assert_int_equal(window.size, WINDOW_START + 2);
}

/* To what is answered in a quarter of the timeout. */
static void a_late_answer_cuts_once(void **state)
{
	struct window window;
	uint32_t size;

	(void)state;
	open_quick(&window);
	window.size = MOST;
	for (uint64_t i = 0; i < 1000; i++) {
		answer(&window, 10, i * 1000, i * 1000);
	}
	answer(&window, 1000, SECOND / 4, SECOND);
	size = window.size;
	assert_in_range(size, 240, 260);
	/* those that were sent with it say the same */
	answer(&window, 999, SECOND / 4 + 1, SECOND);
	answer(&window, 900, SECOND - 1, SECOND * 7 / 4);
	assert_int_equal(window.size, size);
	answer(&window, 333, SECOND, SECOND * 7 / 4);
	assert_true(window.size < size);
}

static void there_is_always_some_room(void **state)
{
	struct window window;

	(void)state;
	open_quick(&window);
	for (uint64_t i = 1; i < 20; i++) {
		answer(&window, 5, i * TIMEOUT, (i + 1) * TIMEOUT - 1);
	}
	assert_int_equal(window.size, WINDOW_LEAST);
	window_configure(&window, 2, false);
	assert_int_equal(window.size, 2);
}

/* A simulator that takes its time for each message, but does many at once. */
static void what_is_slow_by_itself_is_no_queue(void **state)
{
	struct window window;

	(void)state;
	window_init(&window, MOST, false);
	answer(&window, 1, 0, TIMEOUT * 6 / 10);
	for (uint32_t i = 0; i < 1000; i++) {
		answer(&window, window.size, TIMEOUT, TIMEOUT * 16 / 10);
	}
	assert_int_equal(window.size, WINDOW_START + 1000);
	/* and may become so later */
	open_quick(&window);
	for (uint64_t i = 1; i < 20; i++) {
		answer(&window, window.size, i * TIMEOUT, i * TIMEOUT + TIMEOUT * 7 / 10);
	}
	assert_true(window.size > WINDOW_LEAST);
}

static void what_timed_out_counts_until_it_is_answered(void **state)
{
	struct window window;

	(void)state;
	open_quick(&window);
	answer(&window, 16, 1, TIMEOUT / 2);
	time_out(&window, 16, 2); /* cuts to a quarter */
	time_out(&window, 15, 2);
	assert_int_equal(window.size, 4);
	assert_int_equal(window_room(&window), 2);
	window_answered_late(&window, TIMEOUT + 3);
	assert_int_equal(window_room(&window), 3);
	window_answered_late(&window, TIMEOUT + 3);
	window_answered_late(&window, TIMEOUT + 3); /* nobody knows of that one */
	assert_int_equal(window_room(&window), 4);
	assert_true(window_next(&window) == UINT64_MAX);
}

static void what_is_lost_does_not_count(void **state)
{
	struct window window;

	(void)state;
	open_quick(&window);
	/* what was sent later has been answered */
	answer(&window, 16, 10, 20);
	time_out(&window, 16, 8);
	time_out(&window, 16, 9);
	assert_int_equal(window_room(&window), WINDOW_START);
	/* ... is answered now */
	answer(&window, 16, 11, TIMEOUT / 2);
	time_out(&window, 16, 11); /* sent in the same moment */
	assert_int_equal(window_room(&window), 3);
	answer(&window, 5, 11, TIMEOUT / 2); /* and so was this */
	assert_int_equal(window.owed, 1);
	answer(&window, 1, TIMEOUT, TIMEOUT + 20);
	assert_int_equal(window.owed, 0);
}

static void a_configuration_does_not_forget_what_is_owed(void **state)
{
	struct window window;

	(void)state;
	open_quick(&window);
	window_configure(&window, 8, false);
	answer(&window, 8, 1, TIMEOUT / 2);
	time_out(&window, 8, 2);
	time_out(&window, 8, 2);
	window_configure(&window, MOST, false);
	assert_int_equal(window.owed, 2);
}

static void what_is_never_answered_is_given_up(void **state)
{
	struct window window;

	(void)state;
	open_quick(&window);
	answer(&window, 16, 1, TIMEOUT / 2);
	time_out(&window, 16, 2);
	assert_int_equal(window_next(&window), TIMEOUT * 3 / 2);
	window_give_up(&window, TIMEOUT * 3 / 2 - 1);
	assert_int_equal(window_room(&window), 3);
	window_give_up(&window, TIMEOUT * 3 / 2);
	assert_int_equal(window_room(&window), 4);
	assert_true(window_next(&window) == UINT64_MAX);
}

/* Whoever sends to it is told SIMULATOR_TIMEOUT, as fast as without a window. */
static void one_that_hangs_keeps_its_window(void **state)
{
	struct window window;

	(void)state;
	open_quick(&window);
	for (uint64_t i = 0; i < 5000; i++) {
		time_out(&window, 64, i);
	}
	assert_int_equal(window_room(&window), WINDOW_START);
}

static void a_configuration_that_kept_it_small_does_so_no_more(void **state)
{
	struct window window;

	(void)state;
	window_init(&window, 3, false);
	window_configure(&window, MOST, false);
	assert_int_equal(window_room(&window), WINDOW_START);
	window_configure(&window, 20, false);
	assert_int_equal(window_room(&window), 20);
	/* but not one that was cut */
	answer(&window, 1, 0, 0);
	answer(&window, 20, 1, TIMEOUT * 3 / 4);
	assert_true(window_room(&window) < 20);
	window_configure(&window, MOST, false);
	assert_true(window_room(&window) < 20);
}

static void one_that_is_fixed_stays_so(void **state)
{
	struct window window;

	(void)state;
	window_init(&window, 5000, true);
	assert_int_equal(window_room(&window), 5000);
	answer(&window, 5000, 0, TIMEOUT - 1);
	time_out(&window, 5000, TIMEOUT / 2);
	assert_int_equal(window_room(&window), 5000);
	window_configure(&window, 6000, true);
	assert_int_equal(window_room(&window), 6000);
	window_configure(&window, 6000, false);
	assert_int_equal(window_room(&window), WINDOW_START);
	window_configure(&window, 7000, true);
	assert_int_equal(window_room(&window), 7000);
}

/* ---------------------------------------------------------------- behind a simulator */

enum {
	STEP_US = 1000,
	QUEUE = 1 << 20,
};

/* A simulator that answers `rate` messages a second, in order, for drones that always have
 * more. */
struct play {
	struct window window;
	uint64_t now_us, sent[QUEUE]; /* when, by place; a ring */
	uint32_t first, count;	      /* at the simulator */
	uint32_t expired;	      /* of these, from the first on */
	double credit;
	uint64_t good, vain;
};

static void step(struct play *play, double rate, uint32_t drones, uint64_t timeout_us)
{
	struct window_sample sample = {.timeout_us = timeout_us};

	play->now_us += STEP_US;
	window_give_up(&play->window, play->now_us);
	while (play->expired < play->count &&
	       play->sent[(play->first + play->expired) % QUEUE] + timeout_us <= play->now_us) {
		sample.sent_us = play->sent[(play->first + play->expired) % QUEUE];
		sample.in_channel = play->count - play->expired;
		window_timed_out(&play->window, &sample, play->now_us);
		play->expired++;
	}
	for (play->credit += rate * STEP_US / SECOND; play->credit >= 1 && play->count;
	     play->credit -= 1) {
		if (play->expired) {
			window_answered_late(&play->window, play->now_us);
			play->expired--;
			play->vain++;
		} else {
			sample.sent_us = play->sent[play->first];
			sample.in_channel = play->count;
			window_answered(&play->window, &sample, play->now_us);
			play->good++;
		}
		play->first = (play->first + 1) % QUEUE;
		play->count--;
	}
	if (play->credit > 1) {
		play->credit = 1; /* it had nothing to do */
	}
	while (play->count - play->expired < window_room(&play->window) &&
	       play->count - play->expired < drones && play->count < QUEUE) {
		play->sent[(play->first + play->count) % QUEUE] = play->now_us;
		play->count++;
	}
}

static void run(struct play *play, unsigned seconds, double rate, uint64_t timeout_us)
{
	play->good = play->vain = 0;
	for (uint64_t i = 0; i < seconds * (SECOND / STEP_US); i++) {
		step(play, rate, 32000, timeout_us);
	}
}

static void assert_held(const struct play *play, unsigned seconds, double rate)
{
	if ((double)play->good < 0.9 * rate * seconds) {
		printf("# of %.0f a second, %.0f were answered in time and %.0f late\n", rate,
		       (double)play->good / seconds, (double)play->vain / seconds);
	}
	assert_true((double)play->good >= 0.9 * rate * seconds);
}

/* Without the window it would answer nothing but what has timed out. */
static void goodput_holds_at_any_rate(void **state)
{
	static const double rates[] = {20, 100, 1000, 10000, 20000, 100000};
	static const uint64_t timeouts[] = {SECOND / 10, SECOND, 5 * SECOND};
	struct play *play = malloc(sizeof(*play));

	(void)state;
	assert_non_null(play);
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		for (size_t j = 0; j < sizeof(timeouts) / sizeof(timeouts[0]); j++) {
			if (rates[i] * (double)timeouts[j] / SECOND < 4 * WINDOW_LEAST) {
				continue; /* four at a time take longer than that */
			}
			*play = (struct play){0};
			window_init(&play->window, MOST, false);
			run(play, 10 + 4 * (unsigned)(timeouts[j] / SECOND), rates[i], timeouts[j]);
			run(play, 10, rates[i], timeouts[j]);
			assert_held(play, 10, rates[i]);
		}
	}
	free(play);
}

/* Its rate falls to a twentieth, then comes back. */
static void it_follows_the_rate(void **state)
{
	struct play *play = malloc(sizeof(*play));

	(void)state;
	assert_non_null(play);
	*play = (struct play){0};
	window_init(&play->window, MOST, false);
	run(play, 5, 40000, TIMEOUT);
	run(play, 5, 40000, TIMEOUT);
	assert_held(play, 5, 40000);
	run(play, 5, 2000, TIMEOUT);
	run(play, 5, 2000, TIMEOUT);
	assert_held(play, 5, 2000);
	run(play, 5, 40000, TIMEOUT);
	run(play, 5, 40000, TIMEOUT);
	assert_held(play, 5, 40000);
	free(play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_small_and_never_exceeds_what_is_configured),
		cmocka_unit_test(grows_only_where_it_is_needed),
		cmocka_unit_test(a_late_answer_cuts_once),
		cmocka_unit_test(there_is_always_some_room),
		cmocka_unit_test(what_timed_out_counts_until_it_is_answered),
		cmocka_unit_test(what_is_slow_by_itself_is_no_queue),
		cmocka_unit_test(what_is_lost_does_not_count),
		cmocka_unit_test(what_is_never_answered_is_given_up),
		cmocka_unit_test(a_configuration_does_not_forget_what_is_owed),
		cmocka_unit_test(one_that_hangs_keeps_its_window),
		cmocka_unit_test(a_configuration_that_kept_it_small_does_so_no_more),
		cmocka_unit_test(one_that_is_fixed_stays_so),
		cmocka_unit_test(goodput_holds_at_any_rate),
		cmocka_unit_test(it_follows_the_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
