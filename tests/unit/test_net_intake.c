#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "net/intake.h"

#include <stdlib.h>

enum { CHUNK = 256 };

struct fixture {
	struct pool chunks;
	struct intake intake;
	uint8_t memory[CHUNK];
	struct room shared;
};

static int set_up(void **state)
{
	struct fixture *f = malloc(sizeof(*f));

	assert_non_null(f);
	pool_init(&f->chunks, CHUNK, 4);
	intake_init(&f->intake);
	f->shared = (struct room){.data = f->memory, .size = CHUNK};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	intake_fini(&f->intake, &f->chunks);
	pool_fini(&f->chunks);
	free(f);
	return 0;
}

/* As the network would: `size` bytes of `data` into the room given. */
static struct slice feed(struct fixture *f, const char *data, size_t size, size_t limit)
{
	struct room room = intake_room(&f->intake, f->shared, 0, limit);

	assert_true(room.size >= size);
	memcpy(room.data, data, size);
	return intake_add(&f->intake, room.data, size);
}

static struct slice tail_of(struct slice bytes, size_t size)
{
	return slice_of(bytes.data + bytes.size - size, size);
}

static void owns_nothing_when_all_is_read(void **state)
{
	struct fixture *f = *state;
	struct slice bytes = feed(f, "whole", 5, CHUNK);

	assert_ptr_equal(bytes.data, f->memory);
	assert_int_equal(intake_keep(&f->intake, &f->chunks, tail_of(bytes, 0)), 0);
	assert_null(f->intake.tail.data);
	assert_int_equal(intake_waiting(&f->intake).size, 0);
}

static void joins_a_tail_with_what_follows(void **state)
{
	struct fixture *f = *state;
	struct slice bytes = feed(f, "one tw", 6, CHUNK);

	assert_int_equal(intake_keep(&f->intake, &f->chunks, tail_of(bytes, 2)), 0);
	memset(f->memory, '#', CHUNK); /* somebody else reads */
	bytes = feed(f, "o thr", 5, CHUNK);
	assert_true(slice_equal(bytes, slice_str("two thr")));
	assert_int_equal(intake_keep(&f->intake, &f->chunks, tail_of(bytes, 3)), 0);
	bytes = feed(f, "ee", 2, CHUNK);
	assert_true(slice_equal(bytes, slice_str("three")));
	assert_int_equal(intake_keep(&f->intake, &f->chunks, tail_of(bytes, 0)), 0);
	assert_null(f->intake.tail.data);
	assert_int_equal(f->chunks.count, 1);
}

/* A frame larger than a chunk: room up to the limit, and then no more. */
static void grows_to_the_limit_and_no_further(void **state)
{
	struct fixture *f = *state;
	size_t limit = 3 * CHUNK + 5, total = 0;
	struct room room;

	while ((room = intake_room(&f->intake, f->shared, 0, limit)).size > 0) {
		struct slice bytes;

		assert_true(room.size <= CHUNK);
		memset(room.data, 'x', room.size);
		bytes = intake_add(&f->intake, room.data, room.size);
		total += room.size;
		assert_int_equal(bytes.size, total);
		assert_int_equal(intake_keep(&f->intake, &f->chunks, bytes), 0);
	}
	assert_int_equal(total, limit);
	assert_int_equal(f->intake.tail.cap, limit);
	assert_int_equal(intake_keep(&f->intake, &f->chunks, slice_of(NULL, 0)), 0);
	assert_null(f->intake.tail.data);
	assert_int_equal(f->chunks.count, 0); /* outgrown: not a chunk any more */
}

/* In the middle of a large message: as much at once as is asked for, up to the limit. */
static void takes_more_at_once_when_asked(void **state)
{
	struct fixture *f = *state;
	struct slice bytes = feed(f, "large", 5, 4 * CHUNK);
	struct room room;

	assert_ptr_equal(bytes.data, f->memory); /* nothing waits: shared memory, and no more */
	assert_int_equal(intake_room(&f->intake, f->shared, 3 * CHUNK, 4 * CHUNK).size, CHUNK);
	assert_int_equal(intake_keep(&f->intake, &f->chunks, bytes), 0);
	room = intake_room(&f->intake, f->shared, 3 * CHUNK, 4 * CHUNK);
	assert_int_equal(room.size, 3 * CHUNK);
	memset(room.data, 'x', room.size);
	bytes = intake_add(&f->intake, room.data, room.size);
	assert_int_equal(bytes.size, 3 * CHUNK + 5);
	assert_memory_equal(bytes.data, "largex", 6);
	room = intake_room(&f->intake, f->shared, 8 * CHUNK, 4 * CHUNK);
	assert_int_equal(room.size, CHUNK - 5); /* the limit */
}

/* A stream of counted bytes, read and kept in random pieces, comes out as it went in. */
static void loses_and_repeats_nothing(void **state)
{
	struct fixture *f = *state;
	struct rng rng;
	uint8_t written = 0, expected = 0;

	rng_seed(&rng, 7);
	for (int i = 0; i < 20000; i++) {
		size_t wanted = rng_below(&rng, 4) * CHUNK;
		struct room room = intake_room(&f->intake, f->shared, wanted, 4 * CHUNK);
		size_t size = 1 + rng_below(&rng, room.size), taken;
		struct slice bytes;

		assert_true(room.size > 0);
		for (size_t at = 0; at < size; at++) {
			room.data[at] = written++;
		}
		bytes = intake_add(&f->intake, room.data, size);
		/* mostly all but a few, sometimes nothing, never over the limit */
		taken = bytes.size > 3 * CHUNK || rng_below(&rng, 4)
				? bytes.size - rng_below(&rng, bytes.size < 9 ? bytes.size : 9)
				: rng_below(&rng, bytes.size / 8 + 1);
		for (size_t at = 0; at < taken; at++) {
			assert_int_equal(bytes.data[at], expected++);
		}
		assert_int_equal(
			intake_keep(&f->intake, &f->chunks, tail_of(bytes, bytes.size - taken)), 0);
		memset(f->memory, '#', CHUNK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(owns_nothing_when_all_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(joins_a_tail_with_what_follows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(grows_to_the_limit_and_no_further, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(takes_more_at_once_when_asked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loses_and_repeats_nothing, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("net_intake", tests, NULL, NULL);
}
