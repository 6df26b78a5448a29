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

static void knows_what_leaves_no_mark(void **state)
{
	static const uint32_t invisible[] = {
		0xad,	 0x34f,	  0x61c,   0x115f,  0x1160,  0x17b4,  0x180b,  0x180f,	0x200b,
		0x200c,	 0x200d,  0x200e,  0x2028,  0x2029,  0x202e,  0x2060,  0x2064,	0x2066,
		0x206f,	 0x3164,  0xfe00,  0xfe0f,  0xfeff,  0xffa0,  0xfff9,  0xfffb,	0x13430,
		0x1bca0, 0x1d173, 0x1d17a, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0xe01ef,
	};
	static const uint32_t shown[] = {
		' ',	 'a',	  0xac,	   0xae,    0x350,   0x600,  0x6dd,  0x1161,
		0x180a,	 0x1810,  0x200a,  0x2010,  0x2027,  0x202f, 0x205f, 0x2070,
		0x3163,	 0xfe10,  0xfefe,  0xff00,  0xffa1,  0xfffc, 0xfffd, 0x1342f,
		0x1d172, 0x1d17b, 0x1f681, 0xdffff, 0xe1000,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(invisible) / sizeof(*invisible); i++) {
		assert_true(utf8_is_invisible(invisible[i]));
	}
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++) {
		assert_false(utf8_is_invisible(shown[i]));
	}
	/* It may stand in a text all the same: joiners belong to scripts and to pictures. */
	assert_true(utf8_is_printable(slice_str("\xe2\x9c\x88\xef\xb8\x8f")));
}

/* All of the text, as it is told to people and in JSON. */
static void escapes_to(const char *text, const char *wanted, const char *wanted_json)
{
	char told[128] = "", json[128] = "";
	size_t told_size = 0, json_size = 0;

	for (size_t at = 0, taken; at < strlen(text); at += taken) {
		told_size += utf8_escape(slice_str(text + at), true, told + told_size, &taken);
	}
	for (size_t at = 0, taken; at < strlen(text); at += taken) {
		json_size += utf8_escape_json(slice_str(text + at), json + json_size, &taken);
	}
	told[told_size] = json[json_size] = '\0';
	assert_string_equal(told, wanted);
	assert_string_equal(json, wanted_json);
}

static void escapes_what_misleads(void **state)
{
	(void)state;
	escapes_to("Zo\xc3\xab \xf0\x9f\x9a\x81", "Zo\xc3\xab \xf0\x9f\x9a\x81",
		   "Zo\xc3\xab \xf0\x9f\x9a\x81");
	escapes_to("a\x1b\n\"\\", "a\\x1b\\n\\\"\\\\", "a\\u001b\\n\\\"\\\\");
	escapes_to("\xc2\x9b\xe2\x80\xae", "\\u009b\\u202e", "\\u009b\\u202e");
	escapes_to("uav\xe2\x80\x8b"
		   "1\xef\xb8\x8f\xe2\x80\xa8",
		   "uav\\u200b1\\ufe0f\\u2028", "uav\\u200b1\\ufe0f\\u2028");
	escapes_to("a\xf3\xa0\x81\x81\xf3\xa0\x87\xaf", "a\\U000e0041\\U000e01ef",
		   "a\\udb40\\udc41\\udb40\\uddef");
	escapes_to("\xff", "\\xff", "\\ufffd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_length),
		cmocka_unit_test(refuses_what_is_not_utf8),
		cmocka_unit_test(counts_code_points),
		cmocka_unit_test(knows_what_drives_a_terminal),
		cmocka_unit_test(knows_what_leaves_no_mark),
		cmocka_unit_test(escapes_what_misleads),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
