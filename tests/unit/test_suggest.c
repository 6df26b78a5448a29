#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/suggest.h"

static size_t distance(const char *a, const char *b)
{
	return suggest_distance(slice_str(a), slice_str(b));
}

static void distances_are_levenshteins(void **state)
{
	char longest[80];

	(void)state;
	assert_int_equal(distance("kitten", "sitting"), 3);
	assert_int_equal(distance("", ""), 0);
	assert_int_equal(distance("", "abc"), 3);
	assert_int_equal(distance("abc", ""), 3);
	assert_int_equal(distance("flaw", "lawn"), 2);
	assert_int_equal(distance("same", "same"), 0);
	assert_int_equal(distance("frequencyhz", "frequency_hz"), 1);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_true(distance(longest, "x") == SIZE_MAX);
}

static void the_nearest_is_kept_and_the_far_are_not(void **state)
{
	struct suggestion best = {0};

	(void)state;
	suggest_consider(&best, slice_str("timeout"), "address");
	assert_null(best.name);
	suggest_consider(&best, slice_str("timeout"), "timeouts_ms");
	suggest_consider(&best, slice_str("timeout"), "time_out");
	suggest_consider(&best, slice_str("timeout"), "name");
	assert_string_equal(best.name, "time_out");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances_are_levenshteins),
		cmocka_unit_test(the_nearest_is_kept_and_the_far_are_not),
	};

	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
