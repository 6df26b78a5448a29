/* Names as drones give them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/name.h"

static void test_ids(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		{"a", true},
		{"Uav-1.b_2", true},
		{"0", true},
		{".", true},
		{"12345678901234567890123456789012", true},
		{"123456789012345678901234567890123", false},
		{"", false},
		{"a b", false},
		{"a/b", false},
		{"a@", false},
		{"a[", false},
		{"a`", false},
		{"a{", false},
		{"a:", false},
		{"a,", false},
		{"a\n", false},
		{"\x7f", false},
		{"caf\xc3\xa9", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(name_valid(slice_str(rows[i].text)), rows[i].valid);
	}
	assert_false(name_valid(slice_of("a\0b", 3)));
	assert_false(name_valid(slice_of(NULL, 0)));
}

static void test_copy(void **state)
{
	char longest[] = "12345678901234567890123456789012";
	struct name name = name_of(slice_str(longest));

	(void)state;
	longest[0] = 'x';
	assert_int_equal(name.size, 32);
	assert_true(slice_equal(name_slice(&name), slice_str("12345678901234567890123456789012")));
	name = name_of(slice_of(NULL, 0));
	assert_int_equal(name.size, 0);
}

static void test_callsigns(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		{"a", true},
		{"Red Leader", true},
		{"\xc3\xa9t\xc3\xa9", true},
		{"\xf0\x9f\x9a\x81", true},
		{"12345678901234567890123456789012", true},
		{"123456789012345678901234567890123", false},
		/* 32 and 33 code points of two bytes */
		{"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
		 true},
		{"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9!",
		 false},
		{"", false},
		{"a\tb", false},
		{"\x1b[31m", false},
		{"del\x7f", false},
		{"\xc2\x80", false},   /* U+0080 */
		{"a\xc2\x9f", false},  /* U+009F */
		{"a\xc2\xa0 b", true}, /* U+00A0 is no control character */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (callsign_valid(slice_str(rows[i].text)) != rows[i].valid) {
			fail_msg("row %zu: %s", i, rows[i].text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_callsigns),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
