/* A table of pointers that keep their places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slots.h"

static void test_places(void **state)
{
	enum { MANY = 100 };
	int items[MANY];
	uint32_t indices[MANY];
	struct slots slots;

	(void)state;
	slots_init(&slots);
	assert_null(slots_at(&slots, 0));
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(slots_add(&slots, &items[i], &indices[i]), 0);
		assert_int_equal(indices[i], i);
	}
	for (int i = 0; i < MANY; i++) {
		assert_ptr_equal(slots_at(&slots, indices[i]), &items[i]);
	}
	assert_null(slots_at(&slots, MANY));
	assert_null(slots_at(&slots, UINT32_MAX));
	slots_fini(&slots);
}

/* The index that was freed last is used first; the table does not grow meanwhile. */
static void test_used_again(void **state)
{
	int items[4];
	uint32_t index;
	struct slots slots;

	(void)state;
	slots_init(&slots);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(slots_add(&slots, &items[i], &index), 0);
	}
	slots_remove(&slots, 0);
	slots_remove(&slots, 2);
	assert_null(slots_at(&slots, 0));
	assert_ptr_equal(slots_at(&slots, 1), &items[1]);
	assert_int_equal(slots_add(&slots, &items[3], &index), 0);
	assert_int_equal(index, 2);
	assert_int_equal(slots_add(&slots, &items[0], &index), 0);
	assert_int_equal(index, 0);
	assert_int_equal(slots.high, 3);
	assert_int_equal(slots.free_count, 0);
	slots_fini(&slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_used_again),
	};

	return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
