#include "base/name_escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* What is shown of each name; typed so, it is the name again. */
static void names_can_be_typed_as_they_are_shown(void **state)
{
	static const char *const names[][2] = {
		{"uav1", "uav1"},
		{"Rote Eins", "Rote\\ Eins"},
		{"a\\b", "a\\\\b"},
		{"|<a>|", "\\|\\<a\\>\\|"},
		{" a ", "\\ a\\ "},
		{"a\\", "a\\\\"},
		{"\xe3\x80\x80\xc3\xa4\xc2\xa0", "\\\xe3\x80\x80\xc3\xa4\\\xc2\xa0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char shown[128] = "", line[160], room[160];
		struct slice rest = slice_str(names[i][0]), part;
		size_t taken;

		for (; rest.size; rest = slice_of(rest.data + taken, rest.size - taken)) {
			char unit[NAME_ESCAPE_MAX];
			size_t size = name_escape(rest, unit, &taken);

			(void)snprintf(shown + strlen(shown), sizeof(shown) - strlen(shown), "%.*s",
				       (int)size, unit);
		}
		assert_string_equal(shown, names[i][1]);
		(void)snprintf(line, sizeof(line), " %s | text", shown);
		part = slice_of(line, name_escape_part(slice_str(line)));
		assert_int_equal(part.size, strlen(shown) + 2);
		part = name_escape_trim(part);
		part = slice_of(room, name_escape_undo(part, room));
		assert_true(slice_equal(part, slice_str(names[i][0])));
	}
}

/* Before anything else it is a sign of the name. */
static void a_lone_backslash_stays(void **state)
{
	static const char *const names[][2] = {
		{"a\\b", "a\\b"}, {"\\x20", "\\x20"}, {"a\\", "a\\"}, {"a\\\xff", "a\\\xff"}};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char room[32];
		size_t size = name_escape_undo(slice_str(names[i][0]), room);

		assert_true(slice_equal(slice_of(room, size), slice_str(names[i][1])));
	}
	assert_int_equal(name_escape_part(slice_str("a\\b|c")), 3);
	assert_int_equal(name_escape_part(slice_str("a\\|c")), 4);
	assert_int_equal(name_escape_part(slice_str("a\\\\|c")), 3);
	assert_int_equal(name_escape_part(slice_str("")), 0);
	assert_int_equal(name_escape_trim(slice_str(" \t ")).size, 0);
	assert_int_equal(name_escape_trim(slice_str("a\\\\ ")).size, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_can_be_typed_as_they_are_shown),
		cmocka_unit_test(a_lone_backslash_stays),
	};

	return cmocka_run_group_tests_name("name_escape", tests, NULL, NULL);
}
