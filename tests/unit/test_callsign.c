/* A callsign that a session and its records share. That the last holder frees it, and none before,
 * is seen by the sanitizer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/callsign.h"

static void test_copied(void **state)
{
	char text[] = "Leader";
	struct callsign *callsign = callsign_new(slice_str(text));

	(void)state;
	assert_non_null(callsign);
	text[0] = 'x';
	assert_true(slice_equal(callsign_slice(callsign), slice_str("Leader")));
	callsign_drop(callsign);
}

static void test_longest(void **state)
{
	uint8_t text[CALLSIGN_MAX_BYTES];
	struct callsign *callsign;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = (uint8_t)('a' + i % 26);
	}
	for (size_t size = 1; size <= sizeof(text); size++) {
		callsign = callsign_new(slice_of(text, size));
		assert_non_null(callsign);
		assert_true(slice_equal(callsign_slice(callsign), slice_of(text, size)));
		callsign_drop(callsign);
	}
}

static void test_shared(void **state)
{
	struct callsign *callsign = callsign_new(slice_str("Leader"));

	(void)state;
	assert_non_null(callsign);
	for (int i = 0; i < 3; i++) {
		assert_ptr_equal(callsign_hold(callsign), callsign);
	}
	for (int i = 0; i < 3; i++) {
		callsign_drop(callsign);
		assert_true(slice_equal(callsign_slice(callsign), slice_str("Leader")));
	}
	assert_int_equal(callsign->holders, 1);
	callsign_drop(callsign);
}

static void test_none(void **state)
{
	(void)state;
	assert_null(callsign_hold(NULL));
	callsign_drop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copied),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("callsign", tests, NULL, NULL);
}
