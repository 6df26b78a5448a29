#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "net/outbox.h"

#include <stdlib.h>

enum { BLOCK = 64, KEPT = 4, SEEN = 1024 };

/* A network that takes as much as it is told to, and writes down what it has taken. */
struct fixture {
	struct transport line; /* the first member: the ops find the rest through it */
	struct pool blocks;
	struct outbox outbox;
	size_t takes; /* bytes of the next write */
	int write_error, await_error;
	unsigned writes, awaits;
	bool awaited; /* until the network says that it takes bytes again */
	uint8_t seen[SEEN];
	size_t seen_size;
};

static ssize_t on_write(struct transport *line, const struct slice *pieces, size_t count)
{
	struct fixture *f = (struct fixture *)line;
	const struct slice bytes = *pieces;
	size_t taken = bytes.size < f->takes ? bytes.size : f->takes;

	f->writes++;
	assert_int_equal(count, 1);
	assert_false(f->awaited);
	assert_true(bytes.size > 0);
	if (f->write_error) {
		return f->write_error;
	}
	assert_true(taken <= SEEN - f->seen_size);
	memcpy(f->seen + f->seen_size, bytes.data, taken);
	f->seen_size += taken;
	return (ssize_t)taken;
}

static int on_await(struct transport *line)
{
	struct fixture *f = (struct fixture *)line;

	f->awaits++;
	assert_false(f->awaited);
	if (f->await_error) {
		return f->await_error;
	}
	f->awaited = true;
	return 0;
}

/* The network takes bytes again. */
static void writable(struct fixture *f)
{
	assert_true(f->awaited);
	f->awaited = false;
	outbox_writable(&f->outbox);
}

static void gather(struct fixture *f, const char *text)
{
	struct buf *buf = outbox_gather(&f->outbox, 0);

	assert_non_null(buf);
	assert_int_equal(buf_append(buf, text, strlen(text)), 0);
}

static int flush(struct fixture *f, size_t takes)
{
	f->takes = takes;
	return outbox_flush(&f->outbox, &f->line);
}

static int offer(struct fixture *f, size_t takes)
{
	f->takes = takes;
	return outbox_offer(&f->outbox, &f->line);
}

static size_t queued(const struct fixture *f)
{
	return outbox_queued(&f->outbox);
}

static void expect_seen(const struct fixture *f, const char *text)
{
	assert_int_equal(f->seen_size, strlen(text));
	assert_memory_equal(f->seen, text, strlen(text));
}

static int set_up(void **state)
{
	static const struct transport_ops ops = {
		.write = on_write,
		.await_writable = on_await,
	};
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->line.ops = &ops;
	pool_init(&f->blocks, BLOCK, KEPT);
	outbox_init(&f->outbox, &f->blocks, NULL, 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	outbox_fini(&f->outbox);
	assert_true(outbox_empty(&f->outbox));
	pool_fini(&f->blocks);
	free(f);
	return 0;
}

static void empty_calls_nobody(void **state)
{
	struct fixture *f = *state;

	assert_true(outbox_empty(&f->outbox));
	assert_int_equal(flush(f, SEEN), 0);
	/* a block was taken, and then nothing was put into it */
	assert_non_null(outbox_gather(&f->outbox, 0));
	assert_false(outbox_empty(&f->outbox));
	assert_int_equal(flush(f, SEEN), 0);
	assert_true(outbox_empty(&f->outbox));
	assert_int_equal(f->blocks.count, 1);
	assert_int_equal(queued(f), 0);
	assert_int_equal(f->writes + f->awaits, 0);
}

static void gathered_goes_in_one_call(void **state)
{
	struct fixture *f = *state;

	gather(f, "one ");
	gather(f, "two ");
	gather(f, "three");
	assert_int_equal(queued(f), 13);
	assert_int_equal(f->writes, 0);
	assert_int_equal(flush(f, SEEN), 0);
	expect_seen(f, "one two three");
	assert_int_equal(f->writes, 1);
	assert_int_equal(f->awaits, 0);
	assert_int_equal(queued(f), 0);
	assert_true(outbox_empty(&f->outbox));
	assert_int_equal(f->blocks.count, 1);
}

/* What the network leaves keeps its place; new bytes go behind it. */
static void rest_waits_while_more_gathers(void **state)
{
	struct fixture *f = *state;

	gather(f, "abcdef");
	assert_int_equal(flush(f, 2), 0);
	expect_seen(f, "ab");
	assert_int_equal(f->awaits, 1);
	assert_int_equal(queued(f), 4);
	gather(f, "ghi");
	assert_int_equal(queued(f), 7);
	assert_int_equal(flush(f, SEEN), 0); /* known to be full: nobody is called */
	assert_int_equal(f->writes, 1);
	assert_int_equal(f->awaits, 1);
	writable(f);
	assert_int_equal(queued(f), 7); /* not before the flush */
	assert_false(outbox_empty(&f->outbox));
	assert_int_equal(flush(f, SEEN), 0);
	expect_seen(f, "abcdefghi");
	assert_int_equal(f->writes, 2);
	assert_true(outbox_empty(&f->outbox));
	assert_int_equal(f->blocks.count, 1);
}

/* Each flush that leaves something asks anew. */
static void asks_again_while_something_is_left(void **state)
{
	struct fixture *f = *state;

	gather(f, "abcdef");
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(flush(f, 2), 0);
		assert_int_equal(f->seen_size, 2 * (i + 1));
		if (i < 2) {
			assert_int_equal(f->awaits, i + 1);
			writable(f);
		}
	}
	assert_int_equal(f->awaits, 2);
	assert_true(outbox_empty(&f->outbox));
}

/* What an offer leaves does not stand in the way of the next one. */
static void offers_go_on_until_a_flush(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(offer(f, SEEN), 0);
	assert_int_equal(f->writes, 0);
	gather(f, "abcdef");
	assert_int_equal(outbox_fresh(&f->outbox), 6);
	assert_int_equal(offer(f, 2), 0);
	assert_int_equal(queued(f), 4);
	assert_int_equal(outbox_fresh(&f->outbox), 0);
	gather(f, "ghi");
	assert_int_equal(outbox_fresh(&f->outbox), 3);
	assert_int_equal(offer(f, 5), 0);
	expect_seen(f, "abcdefg");
	assert_int_equal(f->awaits, 0);
	assert_int_equal(flush(f, 0), 0);
	assert_int_equal(f->awaits, 1);
	gather(f, "jk");
	assert_int_equal(outbox_fresh(&f->outbox), 2);
	assert_int_equal(offer(f, SEEN), 0); /* known to be full */
	assert_int_equal(outbox_fresh(&f->outbox), 2);
	assert_int_equal(f->writes, 3);
	writable(f);
	assert_int_equal(offer(f, 1), 0);
	assert_int_equal(f->awaits, 1); /* that is the flush's business */
	assert_int_equal(flush(f, SEEN), 0);
	expect_seen(f, "abcdefghijk");
	assert_true(outbox_empty(&f->outbox));
}

static void network_that_takes_nothing(void **state)
{
	struct fixture *f = *state;

	gather(f, "abc");
	assert_int_equal(flush(f, 0), 0);
	assert_int_equal(f->seen_size, 0);
	assert_int_equal(queued(f), 3);
	assert_int_equal(f->awaits, 1);
	writable(f);
	assert_int_equal(flush(f, SEEN), 0);
	expect_seen(f, "abc");
	assert_true(outbox_empty(&f->outbox));
}

static void block_outgrown_is_not_kept(void **state)
{
	struct fixture *f = *state;
	char text[3 * BLOCK + 1];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	gather(f, text);
	assert_int_equal(flush(f, 5), 0);
	assert_int_equal(queued(f), sizeof(text) - 1 - 5);
	writable(f);
	assert_int_equal(flush(f, SEEN), 0);
	expect_seen(f, text);
	assert_true(outbox_empty(&f->outbox));
	assert_int_equal(f->blocks.count, 0);
}

static void errors_are_handed_on(void **state)
{
	struct fixture *f = *state;

	gather(f, "abc");
	f->write_error = -32;
	assert_int_equal(offer(f, SEEN), -32);
	assert_int_equal(flush(f, SEEN), -32);
	assert_int_equal(f->awaits, 0);
	assert_int_equal(queued(f), 3);
	f->write_error = 0;
	f->await_error = -12;
	assert_int_equal(flush(f, 1), -12);
	assert_int_equal(queued(f), 2);
}

/* One connection's end: the next one begins as if there had been none. */
static void begins_anew_after_its_end(void **state)
{
	struct fixture *f = *state;

	gather(f, "abcdef");
	assert_int_equal(flush(f, 2), 0);
	outbox_fini(&f->outbox);
	f->awaited = false;
	assert_int_equal(queued(f), 0);
	assert_int_equal(outbox_fresh(&f->outbox), 0);
	assert_int_equal(f->blocks.count, 1);
	gather(f, "xy");
	assert_int_equal(outbox_fresh(&f->outbox), 2);
	assert_int_equal(flush(f, SEEN), 0);
	expect_seen(f, "abxy");
}

/* A stream of counted bytes comes out as it went in, however the network takes it. */
static void loses_and_repeats_nothing(void **state)
{
	struct fixture *f = *state;
	uint8_t written = 0, expected = 0;
	struct rng rng;

	rng_seed(&rng, 11);
	for (int i = 0; i < 20000; i++) {
		size_t more = rng_below(&rng, BLOCK / 2);

		while (more-- && queued(f) < 4 * BLOCK) {
			struct buf *buf = outbox_gather(&f->outbox, 0);

			assert_int_equal(buf_append(buf, &written, 1), 0);
			written++;
		}
		if (f->awaited && rng_below(&rng, 2)) {
			writable(f);
		}
		if (rng_below(&rng, 2)) {
			assert_int_equal(offer(f, rng_below(&rng, BLOCK)), 0);
		} else {
			assert_int_equal(flush(f, rng_below(&rng, BLOCK)), 0);
		}
		assert_int_equal(f->awaited, f->outbox.awaiting);
		for (size_t at = 0; at < f->seen_size; at++) {
			assert_int_equal(f->seen[at], expected++);
		}
		f->seen_size = 0;
		assert_int_equal((uint8_t)(written - expected), (uint8_t)queued(f));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(empty_calls_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gathered_goes_in_one_call, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rest_waits_while_more_gathers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(asks_again_while_something_is_left, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(offers_go_on_until_a_flush, set_up, tear_down),
		cmocka_unit_test_setup_teardown(network_that_takes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(block_outgrown_is_not_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(errors_are_handed_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(begins_anew_after_its_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loses_and_repeats_nothing, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("net_outbox", tests, NULL, NULL);
}
