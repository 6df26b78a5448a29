#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"

static void reads_each_length(void **state)
{
	static const struct {
		const char *text;
		uint32_t code;
	} rows[] = {
		{"A", 'A'},
		{"\x7f", 0x7f},
		{"\xc2\x80", 0x80},
		{"\xdf\xbf", 0x7ff},
		{"\xe0\xa0\x80", 0x800},
		{"\xed\x9f\xbf", 0xd7ff},
		{"\xee\x80\x80", 0xe000},
		{"\xef\xbf\xbf", 0xffff},
		{"\xf0\x90\x80\x80", 0x10000},
		{"\xf4\x8f\xbf\xbf", 0x10ffff},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t code = 0;

		assert_int_equal(utf8_next(slice_str(rows[i].text), &code), strlen(rows[i].text));
		assert_int_equal(code, rows[i].code);
	}
}

static void refuses_what_is_not_utf8(void **state)
{
	static const char *const bad[] = {
		"",
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xc2",
		"\xc2\x41",
		"\xe0\x80\x80",
		"\xe0\x9f\xbf",
		"\xe2\x82",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf0\x9f\x92",
		"\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80\x80",
		"\xfe",
		"\xff",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint32_t code = 0;

		assert_int_equal(utf8_next(slice_str(bad[i]), &code), 0);
		assert_int_equal(utf8_is_printable(slice_str(bad[i])), i == 0);
	}
}

static void counts_code_points(void **state)
{
	size_t points = 99;

	(void)state;
	assert_true(utf8_count(slice_str("a\xc3\xa9\xf0\x9f\x9a\x81"), &points));
	assert_int_equal(points, 3);
	assert_true(utf8_count(slice_of(NULL, 0), &points));
	assert_int_equal(points, 0);
	assert_true(utf8_count(slice_str("x"), NULL));
	assert_false(utf8_count(slice_str("a\xff"), &points));
}

static void knows_what_drives_a_terminal(void **state)
{
	(void)state;
	assert_true(utf8_is_printable(slice_str("Stra\xc3\x9f"
						"e \xe2\x9c\x93")));
	assert_false(utf8_is_printable(slice_str("a\nb")));
	assert_false(utf8_is_printable(slice_str("\x1b[2J")));
	assert_false(utf8_is_printable(slice_str("\x7f")));
	assert_false(utf8_is_printable(slice_str("\xc2\x9b")));	    /* CSI in C1 */
	assert_false(utf8_is_printable(slice_str("\xe2\x80\xae"))); /* right-to-left override */
	assert_false(utf8_is_printable(slice_of("a\0b", 3)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_length),
		cmocka_unit_test(refuses_what_is_not_utf8),
		cmocka_unit_test(counts_code_points),
		cmocka_unit_test(knows_what_drives_a_terminal),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
