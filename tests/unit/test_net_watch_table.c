/* What libuv has room for; `nwatchers` is its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/watch_table.h"

#include <dirent.h>

enum { WANTED = 5000 };

static size_t open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(folder);
	while (readdir(folder)) {
		count++;
	}
	closedir(folder);
	return count;
}

/* It has its size before the loop has run, and keeps it; nothing else is left. */
static void test_has_room_for_all(void **state)
{
	size_t before;
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	before = open_descriptors();
	assert_true(loop.nwatchers < WANTED);
	assert_int_equal(watch_table_reserve(&loop, WANTED), 0);
	assert_true(loop.nwatchers >= WANTED);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_true(loop.nwatchers >= WANTED);
	assert_int_equal(uv_loop_close(&loop), 0);
}

/* More than the system gives: told, and nothing is left. */
static void test_too_many(void **state)
{
	size_t before;
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	before = open_descriptors();
	assert_int_equal(watch_table_reserve(&loop, INT32_MAX), UV_EINVAL);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_has_room_for_all),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
