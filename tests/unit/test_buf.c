#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/rng.h"

#include <stdlib.h>

static void starts_empty(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf);
	assert_int_equal(buf_size(&buf), 0);
	assert_int_equal(buf_slice(&buf).size, 0);
	assert_int_equal(buf_append(&buf, NULL, 0), 0);
	assert_int_equal(buf_size(&buf), 0);
	buf_fini(&buf);
	buf_fini(&buf);
}

static void appends_and_consumes_in_order(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf);
	assert_int_equal(buf_append(&buf, "hello ", 6), 0);
	assert_int_equal(buf_append(&buf, "world", 5), 0);
	buf_consume(&buf, 6);
	assert_true(slice_equal(buf_slice(&buf), slice_str("world")));
	buf_truncate(&buf, 2);
	assert_true(slice_equal(buf_slice(&buf), slice_str("wo")));
	buf_consume(&buf, 2);
	assert_int_equal(buf.start, 0); /* empty: all of the room is free again */
	buf_fini(&buf);
}

static void reserve_and_produce(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf);
	assert_int_equal(buf_reserve(&buf, 10000), 0);
	memset(buf_tail(&buf), 'x', 10000);
	buf_produce(&buf, 10000);
	assert_int_equal(buf_size(&buf), 10000);
	assert_int_equal(buf.data[9999], 'x');
	buf_clear(&buf);
	assert_int_equal(buf_size(&buf), 0);
	assert_true(buf.cap >= 10000);
	buf_fini(&buf);
}

static void refuses_absurd_sizes(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf);
	assert_int_equal(buf_append(&buf, "abc", 3), 0);
	assert_int_equal(buf_reserve(&buf, SIZE_MAX), -1);
	assert_int_equal(buf_reserve(&buf, SIZE_MAX - 2), -1);
	assert_true(slice_equal(buf_slice(&buf), slice_str("abc")));
	buf_fini(&buf);
}

/* A nearly full buffer of which one byte is consumed for each that comes must
 * not move its contents every time. */
static void a_byte_is_moved_once_on_average(void **state)
{
	enum { WAITING = 1000, TURNS = 20000 };
	struct buf buf;
	uint64_t moved = 0;

	(void)state;
	buf_init(&buf);
	for (int i = 0; i < WAITING; i++) {
		assert_int_equal(buf_append(&buf, "x", 1), 0);
	}
	for (int i = 0; i < TURNS; i++) {
		size_t end;

		buf_consume(&buf, 1);
		end = buf.end;
		assert_int_equal(buf_append(&buf, "x", 1), 0);
		moved += buf.end == end + 1 ? 0 : buf_size(&buf);
	}
	assert_true(moved <= 2 * TURNS);
	assert_true(buf.cap <= 8 * WAITING);
	buf_fini(&buf);
}

static void a_fixed_buffer_moves_but_never_grows(void **state)
{
	uint8_t memory[8];
	struct buf buf;

	(void)state;
	buf_init_fixed(&buf, memory, sizeof(memory));
	assert_int_equal(buf_append(&buf, "12345678", 8), 0);
	assert_int_equal(buf_append(&buf, "9", 1), -1);
	assert_true(slice_equal(buf_slice(&buf), slice_str("12345678")));
	buf_consume(&buf, 3);
	assert_int_equal(buf_append(&buf, "9ab", 3), 0);
	assert_int_equal(buf_append(&buf, "c", 1), -1);
	assert_true(slice_equal(buf_slice(&buf), slice_str("456789ab")));
	assert_ptr_equal(buf.data, memory);
	buf_fini(&buf);
}

/* Against a plain array that never moves. */
static void agrees_with_a_plain_array(void **state)
{
	enum { TURNS = 20000, MOST = 300 };
	uint8_t *all = malloc((size_t)TURNS * MOST);
	size_t start = 0, end = 0;
	struct rng rng;
	struct buf buf;

	(void)state;
	assert_non_null(all);
	rng_seed(&rng, 7);
	buf_init(&buf);
	for (int i = 0; i < TURNS; i++) {
		size_t in = (size_t)rng_below(&rng, MOST);
		size_t out;

		for (size_t j = 0; j < in; j++) {
			all[end + j] = (uint8_t)rng_next(&rng);
		}
		assert_int_equal(buf_append(&buf, all + end, in), 0);
		end += in;
		out = (size_t)rng_below(&rng, end - start + 1);
		buf_consume(&buf, out);
		start += out;
		assert_true(slice_equal(buf_slice(&buf), slice_of(all + start, end - start)));
	}
	buf_fini(&buf);
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty),
		cmocka_unit_test(appends_and_consumes_in_order),
		cmocka_unit_test(reserve_and_produce),
		cmocka_unit_test(refuses_absurd_sizes),
		cmocka_unit_test(a_byte_is_moved_once_on_average),
		cmocka_unit_test(a_fixed_buffer_moves_but_never_grows),
		cmocka_unit_test(agrees_with_a_plain_array),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
