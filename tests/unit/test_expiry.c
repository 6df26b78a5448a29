/* Deadlines of messages, by the lengths of time there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/expiry.h"
#include "core/inflight.h"

static struct expiry expiry;
static struct message messages[4];

static int setup(void **state)
{
	(void)state;
	expiry = (struct expiry){0};
	for (size_t i = 0; i < 4; i++) {
		messages[i] = (struct message){0};
		list_init(&messages[i].deadline);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	expiry_fini(&expiry);
	return 0;
}

static void reserve(uint32_t after_ms)
{
	assert_int_equal(expiry_reserve(&expiry, after_ms), 0);
}

static void expect_first(size_t which, uint64_t deadline_us)
{
	assert_ptr_equal(expiry_first(&expiry), &messages[which]);
	assert_int_equal(messages[which].deadline_us, deadline_us);
}

static void take_first(void)
{
	list_remove(&expiry_first(&expiry)->deadline);
}

static void test_earliest_of_all_lengths(void **state)
{
	(void)state;
	assert_null(expiry_first(&expiry));
	reserve(100);
	reserve(5);
	reserve(100);
	assert_null(expiry_first(&expiry));
	expiry_add(&expiry, &messages[0], 1000, 100);
	expiry_add(&expiry, &messages[1], 2000, 100);
	expiry_add(&expiry, &messages[2], 50000, 5);
	expect_first(2, 55000);
	take_first();
	expect_first(0, 101000);
	take_first();
	expect_first(1, 102000);
	take_first();
	assert_null(expiry_first(&expiry));
}

/* One that has a deadline gets a new one: the second hop's. */
static void test_again(void **state)
{
	(void)state;
	reserve(100);
	expiry_add(&expiry, &messages[0], 0, 100);
	expiry_add(&expiry, &messages[1], 10, 100);
	expiry_add(&expiry, &messages[0], 20, 100);
	expect_first(1, 100010);
	take_first();
	expect_first(0, 100020);
	take_first();
	assert_null(expiry_first(&expiry));
}

/* Longer than 32 bits of microseconds. */
static void test_long(void **state)
{
	(void)state;
	reserve(UINT32_MAX);
	expiry_add(&expiry, &messages[0], 7, UINT32_MAX);
	expect_first(0, 7 + UINT32_MAX * 1000ull);
	take_first();
}

static size_t classes(void)
{
	size_t count = 0;

	/* the first member of a class is the link to the next */
	for (struct expiry_class *const *at = &expiry.classes; *at;
	     at = (struct expiry_class *const *)(const void *)*at) {
		count++;
	}
	return count;
}

/* What nobody reserves any more goes, but not under a message. */
static void test_sweep(void **state)
{
	(void)state;
	reserve(1);
	reserve(2);
	reserve(3);
	expiry_add(&expiry, &messages[0], 0, 2);
	expiry_sweep(&expiry); /* all were reserved since */
	assert_int_equal(classes(), 3);
	reserve(3);
	expiry_sweep(&expiry);
	assert_int_equal(classes(), 2);
	expect_first(0, 2000);
	expiry_add(&expiry, &messages[1], 0, 3);
	expiry_sweep(&expiry);
	assert_int_equal(classes(), 2);
	take_first();
	expiry_sweep(&expiry);
	assert_int_equal(classes(), 1);
	expect_first(1, 3000);
	take_first();
	expiry_sweep(&expiry);
	assert_null(expiry.classes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_earliest_of_all_lengths),
		TEST(test_again),
		TEST(test_long),
		TEST(test_sweep),
	};

	return cmocka_run_group_tests_name("expiry", tests, NULL, NULL);
}
