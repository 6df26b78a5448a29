#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/pool.h"

enum { BLOCK = 64 };

static void hands_the_last_one_out_again(void **state)
{
	struct pool pool;
	void *a, *b;

	(void)state;
	pool_init(&pool, BLOCK, 8);
	a = pool_take(&pool);
	b = pool_take(&pool);
	assert_non_null(a);
	assert_ptr_not_equal(a, b);
	pool_give(&pool, a);
	pool_give(&pool, b);
	assert_ptr_equal(pool_take(&pool), b);
	assert_ptr_equal(pool_take(&pool), a);
	pool_give(&pool, a);
	pool_give(&pool, b);
	pool_give(&pool, NULL);
	pool_fini(&pool);
}

static void keeps_no_more_than_told(void **state)
{
	struct pool pool;
	void *blocks[5];

	(void)state;
	pool_init(&pool, BLOCK, 3);
	for (size_t i = 0; i < 5; i++) {
		blocks[i] = pool_take(&pool);
	}
	assert_int_equal(pool.count, 0);
	for (size_t i = 0; i < 5; i++) {
		pool_give(&pool, blocks[i]);
	}
	assert_int_equal(pool.count, 3);
	pool_fini(&pool);
	assert_int_equal(pool.count, 0);
}

static void lends_a_buffer_its_memory(void **state)
{
	struct pool pool;
	struct buf buf;
	uint8_t *block;

	(void)state;
	pool_init(&pool, BLOCK, 4);
	buf_init(&buf);
	assert_int_equal(pool_lend(&pool, &buf), 0);
	block = buf.data;
	assert_int_equal(buf_append(&buf, "abc", 3), 0);
	assert_ptr_equal(buf.data, block); /* there was room */
	assert_int_equal(pool_lend(&pool, &buf), 0);
	assert_ptr_equal(buf.data, block); /* already owns something: untouched */
	assert_int_equal(buf_size(&buf), 3);
	pool_reclaim(&pool, &buf);
	assert_null(buf.data);
	assert_int_equal(buf_size(&buf), 0);
	assert_int_equal(pool.count, 1);
	pool_fini(&pool);
}

/* What has been reallocated is of another size and must not get into the pool. */
static void takes_no_outgrown_buffer(void **state)
{
	struct pool pool;
	struct buf buf;

	(void)state;
	pool_init(&pool, BLOCK, 4);
	buf_init(&buf);
	assert_int_equal(pool_lend(&pool, &buf), 0);
	assert_int_equal(buf_reserve(&buf, 10 * BLOCK), 0);
	pool_reclaim(&pool, &buf);
	assert_null(buf.data);
	assert_int_equal(pool.count, 0);
	pool_reclaim(&pool, &buf); /* owns nothing: harmless */
	assert_int_equal(pool.count, 0);
	pool_fini(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hands_the_last_one_out_again),
		cmocka_unit_test(keeps_no_more_than_told),
		cmocka_unit_test(lends_a_buffer_its_memory),
		cmocka_unit_test(takes_no_outgrown_buffer),
	};

	return cmocka_run_group_tests_name("net_pool", tests, NULL, NULL);
}
