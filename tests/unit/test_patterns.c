#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/patterns.h"
#include "base/rng.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool match(const char *list, const char *name)
{
	return patterns_match(list, slice_str(name));
}

static void a_glob_is_the_whole_of_a_name(void **state)
{
	(void)state;
	assert_true(match("uav1", "uav1"));
	assert_false(match("uav1", "uav10"));
	assert_false(match("uav10", "uav1"));
	assert_false(match("uav1", "UAV1"));
	assert_false(match("av1", "uav1"));
	assert_true(match("uav?", "uav1"));
	assert_false(match("uav?", "uav"));
	assert_false(match("uav?", "uav10"));
	assert_true(match("*", "x"));
	assert_true(match("uav-*", "uav-"));
	assert_true(match("uav-*", "uav-1.b_c"));
	assert_false(match("uav-*", "uav"));
	assert_true(match("*-hub", "north-hub"));
	assert_true(match("a*b*c", "aXbYbZc"));
	assert_false(match("a*b*c", "aXbYbZ"));
	assert_true(match("**a**", "a"));
}

static void a_set_is_one_of_its_bytes(void **state)
{
	(void)state;
	assert_true(match("uav[1-3]", "uav2"));
	assert_false(match("uav[1-3]", "uav4"));
	assert_false(match("uav[1-3]", "uav"));
	assert_true(match("uav[a1-3_]x", "uav_x"));
	assert_true(match("uav[!1-3]", "uav4"));
	assert_false(match("uav[!1-3]", "uav3"));
	assert_false(match("uav[!1-3]", "uav"));
	assert_true(match("[-a]", "-"));
	assert_true(match("[a-]", "-"));
	assert_true(match("[a-c-]", "-"));
	assert_false(match("[a-]", "b"));
	assert_true(match("*[0-9][0-9]", "uav-17"));
	assert_false(match("*[0-9][0-9]", "uav-7"));
	assert_true(match("[A-Z]*", "Zulu"));
	assert_false(match("[A-Z]*", "zulu")); /* bytes, not a language's order */
}

static void one_of_the_list_is_enough(void **state)
{
	(void)state;
	assert_true(match("uav-*, ground", "ground"));
	assert_true(match("uav-*, ground", "uav-1"));
	assert_false(match("uav-*, ground", "ground1"));
	assert_true(match("a\tb c,,d , e", "b"));
	assert_true(match("a\tb c,,d , e", "d"));
	assert_true(match(" , e,", "e"));
	assert_false(match("a b", "a b"));
	assert_false(match("", "a"));
	assert_false(match(" , ", "a"));
	assert_false(match("", ""));
	assert_false(match("a,", ""));
}

/* More than any name, and bytes that end a string. */
static void what_is_no_name_matches_nothing_more(void **state)
{
	char text[PATTERNS_NAME_MAX + 2];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[PATTERNS_NAME_MAX] = '\0';
	assert_true(match("*", text));
	text[PATTERNS_NAME_MAX] = 'a';
	text[PATTERNS_NAME_MAX + 1] = '\0';
	assert_false(match("*", text));
	assert_false(patterns_match("uav", slice_of("uav\0x", 5)));
	assert_false(patterns_match("uav", slice_of("uav\0", 4)));
}

/* A list that was not checked does no harm. */
static void what_is_wrong_matches_nothing(void **state)
{
	(void)state;
	assert_false(match("[", "["));
	assert_false(match("a[b", "ab"));
	assert_false(match("[]", "a"));
	assert_false(match("[!", "a"));
	assert_false(match("[c-a]", "b"));
	assert_true(match("[b, c", "c"));
}

/* Stars that could take turns for ages. */
static void many_stars_take_no_time(void **state)
{
	char list[1001], name[PATTERNS_NAME_MAX + 1] = "";

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(list); i += 2) {
		memcpy(list + i, "*a", 2);
	}
	memcpy(list + 120, "b", 2);
	memset(name, 'a', PATTERNS_NAME_MAX);
	alarm(30);
	for (int i = 0; i < 1000; i++) {
		assert_false(match(list, name));
	}
	alarm(0);
}

/* Against the C library's fnmatch, which reads these globs the same in the C locale. */
static void the_library_agrees(void **state)
{
	static const char *const pieces[] = {"a", "b", "-", "*", "?", "[ab]", "[!a]", "[a-b]", "*"};
	struct rng rng;
	int yes = 0, no = 0;

	(void)state;
	rng_seed(&rng, 5);
	for (int i = 0; i < 200000; i++) {
		char glob[64] = "", name[8] = "";
		size_t size = 0;

		for (uint64_t parts = 1 + rng_below(&rng, 6); parts > 0; parts--) {
			size += (size_t)snprintf(
				glob + size, sizeof(glob) - size, "%s",
				pieces[rng_below(&rng, sizeof(pieces) / sizeof(pieces[0]))]);
		}
		for (uint64_t bytes = 1 + rng_below(&rng, 6), at = 0; at < bytes; at++) {
			name[at] = "ab-c"[rng_below(&rng, 4)];
		}
		assert_null(patterns_wrong(glob));
		assert_int_equal(match(glob, name), fnmatch(glob, name, 0) == 0);
		*(match(glob, name) ? &yes : &no) += 1;
	}
	assert_true(yes > 10000 && no > 10000);
}

/* `at`: where it is wrong; -1: nowhere. */
static void check_wrong(const char *list, int at)
{
	const char *wrong = patterns_wrong(list);

	if ((wrong ? (int)(wrong - list) : -1) != at) {
		print_error("%s: wrong at %d, not %d\n", list, wrong ? (int)(wrong - list) : -1,
			    at);
		fail();
	}
}

static void what_can_match_no_name_is_told(void **state)
{
	(void)state;
	check_wrong("", -1);
	check_wrong(" , ", -1);
	check_wrong("*", -1);
	check_wrong("uav-*, ground.1_x\tA[a-z0-9_.-]? [!x-z]", -1);
	check_wrong("[a-c-b]", -1); /* a to c, a hyphen, b */
	check_wrong("[-a] [a-]", -1);
	check_wrong("uav;x", 3);
	check_wrong("a, b/c", 4);
	check_wrong("\xc3\xa9", 0);
	check_wrong("a\x1b", 1);
	check_wrong("!a", 0);
	check_wrong("a]", 1);
	check_wrong("a\\*", 1);
	check_wrong("a[bc", 1);
	check_wrong("a[b, c]", 1);
	check_wrong("a[]", 1);
	check_wrong("a[!]", 1);
	check_wrong("[a*]", 2);
	check_wrong("[[:digit:]]", 1);
	check_wrong("[^a]", 1);
	check_wrong("x[c-a]", 2);
	check_wrong("[abx-a]", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_glob_is_the_whole_of_a_name),
		cmocka_unit_test(a_set_is_one_of_its_bytes),
		cmocka_unit_test(one_of_the_list_is_enough),
		cmocka_unit_test(what_is_no_name_matches_nothing_more),
		cmocka_unit_test(what_is_wrong_matches_nothing),
		cmocka_unit_test(many_stars_take_no_time),
		cmocka_unit_test(the_library_agrees),
		cmocka_unit_test(what_can_match_no_name_is_told),
	};

	return cmocka_run_group_tests_name("patterns", tests, NULL, NULL);
}
