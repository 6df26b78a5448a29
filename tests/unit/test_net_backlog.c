#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/backlog.h"

#include <stdlib.h>

enum { DRONES = 40, HARD = 1000, START_US = 1000000 };

/* Outboxes without a network: a test says how much waits in them. */
struct fixture {
	struct backlog backlog;
	struct limits limits;
	struct pool blocks;
	struct outbox outboxes[DRONES];
	uint64_t now_us;
};

static void gather(struct fixture *f, int drone, size_t size)
{
	struct buf *buf = outbox_gather(&f->outboxes[drone], 0);

	assert_non_null(buf);
	assert_int_equal(buf_reserve(buf, size), 0);
	memset(buf_tail(buf), 'x', size);
	buf_produce(buf, size);
	backlog_gathered(&f->backlog, &f->outboxes[drone], &f->limits, f->now_us);
}

/* The network has taken so much. */
static void flush(struct fixture *f, int drone, size_t size)
{
	buf_consume(&f->outboxes[drone].bytes, size);
	backlog_flushed(&f->backlog, &f->outboxes[drone], &f->limits);
}

static void end(struct fixture *f, int drone)
{
	backlog_ended(&f->backlog, &f->outboxes[drone]);
	outbox_fini(&f->outboxes[drone]);
}

static bool rests(struct fixture *f)
{
	bool resting = backlog_rests(&f->backlog, f->now_us);

	assert_int_equal(backlog_rest_end_us(&f->backlog) != UINT64_MAX, resting);
	return resting;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->limits.output_hard_bytes = HARD;
	f->now_us = START_US;
	pool_init(&f->blocks, 64, 4);
	for (int i = 0; i < DRONES; i++) {
		outbox_init(&f->outboxes[i], &f->blocks, NULL, 0);
	}
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < DRONES; i++) {
		end(f, i);
	}
	assert_int_equal(f->backlog.bytes, 0);
	assert_int_equal(f->backlog.full, 0);
	assert_int_equal(f->backlog.given_up, 0);
	pool_fini(&f->blocks);
	free(f);
	return 0;
}

/* What is gathered counts when it has been flushed, and until the connection is closed. */
static void counts_what_waits(void **state)
{
	struct fixture *f = *state;

	gather(f, 0, 100);
	assert_int_equal(f->backlog.bytes, 0);
	flush(f, 0, 10);
	assert_int_equal(f->backlog.bytes, 90);
	gather(f, 1, 50);
	flush(f, 1, 0);
	assert_int_equal(f->backlog.bytes, 140);
	flush(f, 0, 90);
	assert_int_equal(f->backlog.bytes, 50);
	gather(f, 1, 70);
	flush(f, 1, 20);
	assert_int_equal(f->backlog.bytes, 100);
	end(f, 1);
	assert_int_equal(f->backlog.bytes, 0);
	end(f, 1);
	assert_int_equal(f->backlog.bytes, 0);
}

static void rests_until_the_drone_has_made_way(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 100; i++) {
		f->now_us += BACKLOG_REST_PART * BACKLOG_REST_US;
		gather(f, 0, HARD / 2);
		assert_false(rests(f));
		gather(f, 0, 1);
		assert_true(rests(f));
		assert_int_equal(backlog_rest_end_us(&f->backlog), f->now_us + BACKLOG_REST_US);
		f->now_us += BACKLOG_REST_US - 1;
		flush(f, 0, HARD / 4);
		assert_true(rests(f));
		flush(f, 0, 1);
		assert_false(rests(f));
		flush(f, 0, HARD / 4);
	}
}

static void waits_for_nobody_longer_than_a_rest(void **state)
{
	struct fixture *f = *state;

	gather(f, 0, HARD);
	f->now_us += BACKLOG_REST_US;
	assert_false(rests(f));
	gather(f, 0, HARD); /* it had its time */
	assert_false(rests(f));
	gather(f, 1, HARD); /* others have theirs */
	assert_true(rests(f));
	flush(f, 1, HARD);
	assert_false(rests(f));
	flush(f, 0, 2 * HARD); /* it has read after all: it is as good as the others */
	gather(f, 0, HARD);
	assert_true(rests(f));
}

/* Who fills up while another is waited for makes that no longer. */
static void several_rest_together(void **state)
{
	struct fixture *f = *state;

	gather(f, 0, HARD);
	f->now_us += BACKLOG_REST_US / 2;
	gather(f, 1, HARD);
	flush(f, 0, HARD);
	assert_true(rests(f));
	f->now_us += BACKLOG_REST_US / 2;
	assert_false(rests(f));
}

static void who_is_gone_is_not_waited_for(void **state)
{
	struct fixture *f = *state;

	gather(f, 0, HARD);
	assert_true(rests(f));
	end(f, 0);
	assert_false(rests(f));
}

/* A crowd that reads nothing. */
static void rests_in_vain_are_few(void **state)
{
	struct fixture *f = *state;
	uint64_t rested_us = 0;

	for (int i = 0; i < DRONES; i++) {
		gather(f, i, HARD);
		if (rests(f)) {
			rested_us += BACKLOG_REST_US;
			f->now_us += BACKLOG_REST_US;
			assert_false(rests(f));
		}
	}
	assert_in_range(rested_us, BACKLOG_REST_MOST_US, BACKLOG_REST_MOST_US + BACKLOG_REST_US);
}

/* One that makes way just in time, again and again: the others lose no more by it. */
static void slow_readers_do_not_stop_the_rest(void **state)
{
	struct fixture *f = *state;
	uint64_t rested_us = 0, began_us = f->now_us;

	while (f->now_us < began_us + 60 * 1000000ull) {
		gather(f, 0, HARD);
		if (rests(f)) {
			rested_us += BACKLOG_REST_US - 1;
			f->now_us += BACKLOG_REST_US - 1;
		} else {
			f->now_us += 1000;
		}
		flush(f, 0, HARD);
		assert_false(rests(f));
	}
	assert_in_range(rested_us, 60 * 1000000ull / BACKLOG_REST_PART * 9 / 10,
			60 * 1000000ull / BACKLOG_REST_PART + 2 * BACKLOG_REST_MOST_US);
}

#define BACKLOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BACKLOG(counts_what_waits),
		BACKLOG(rests_until_the_drone_has_made_way),
		BACKLOG(waits_for_nobody_longer_than_a_rest),
		BACKLOG(several_rest_together),
		BACKLOG(who_is_gone_is_not_waited_for),
		BACKLOG(rests_in_vain_are_few),
		BACKLOG(slow_readers_do_not_stop_the_rest),
	};

	return cmocka_run_group_tests_name("net_backlog", tests, NULL, NULL);
}
