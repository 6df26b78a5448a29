#include "cli/console_complete.h"
#include "cli/console_rows.h"
#include "cli/console_source.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ------------------------------------------------------------------ commands */

static struct console_command parsed;
static char typed_line[512];

static void parse(const char *line)
{
	(void)snprintf(typed_line, sizeof(typed_line), "%s", line);
	console_command_parse(slice_str(typed_line), &parsed);
}

static void means(const char *line, enum console_verb verb, const char *name, const char *text)
{
	parse(line);
	if (parsed.verb != verb) {
		fail_msg("%s: verb %d, not %d (%s)", line, (int)parsed.verb, (int)verb, parsed.why);
	}
	if (!slice_equal(parsed.name, slice_str(name)) ||
	    !slice_equal(parsed.text, slice_str(text))) {
		fail_msg("%s: name '%.*s', text '%.*s'", line, SLICE_ARG(parsed.name),
			 SLICE_ARG(parsed.text));
	}
}

static void is_wrong(const char *line, const char *told)
{
	parse(line);
	if (parsed.verb != CONSOLE_WRONG || !strstr(parsed.why, told)) {
		fail_msg("%s: verb %d, told '%s', not '%s'", line, (int)parsed.verb, parsed.why,
			 told);
	}
}

static void words_and_bars_mean_the_same(void **state)
{
	(void)state;
	means("who", CONSOLE_WHO, "", "");
	means("  who  field ", CONSOLE_WHO, "field", "");
	means("who|", CONSOLE_WHO, "", "");
	means("who| field ", CONSOLE_WHO, "field", "");
	means("scenarios", CONSOLE_SCENARIOS, "", "");
	means("scenario field", CONSOLE_SCENARIO, "field", "");
	means("scenario|field", CONSOLE_SCENARIO, "field", "");
	means("scenario|", CONSOLE_SCENARIO, "", "");
	means("scenario \"\"", CONSOLE_SCENARIO, "", "");
	means("rename Rote Eins ", CONSOLE_RENAME, "Rote Eins", "");
	means("rename \"Rote Eins\"", CONSOLE_RENAME, "Rote Eins", "");
	means("rename|Rote Eins", CONSOLE_RENAME, "Rote Eins", "");
	means("rename|", CONSOLE_RENAME, "", "");
	means("to uav1 hello  you ", CONSOLE_TO, "uav1", "hello  you ");
	means("to|uav1|hello  you ", CONSOLE_TO, "uav1", "hello  you ");
	means("to | uav1 |  x", CONSOLE_TO, "uav1", "  x");
	means("to|uav1|a|b", CONSOLE_TO, "uav1", "a|b");
	means("to uav1 a|b", CONSOLE_TO, "uav1", "a|b");
	means("to \"Rote Eins\" x", CONSOLE_TO, "Rote Eins", "x");
	means("to|Rote Eins|x", CONSOLE_TO, "Rote Eins", "x");
	means("to \"a \\\"b\\\" \\\\c\" x", CONSOLE_TO, "a \"b\" \\c", "x");
	means("to|Rote\\ Eins|x\\y", CONSOLE_TO, "Rote Eins", "x\\y");
	means("to|a\\|b\\\\|x", CONSOLE_TO, "a|b\\", "x");
	means("rename|Rote\\ Eins", CONSOLE_RENAME, "Rote Eins", "");
	means("rename|a\\", CONSOLE_RENAME, "a\\", "");
	means("to|a\\b|x", CONSOLE_TO, "a\\b", "x");
	means("to|a\\\\b|x", CONSOLE_TO, "a\\b", "x");
	means("to|a\\ |x", CONSOLE_TO, "a ", "x");
	means("who|lab\\ ", CONSOLE_WHO, "lab ", "");
	means("rename|a\\\xc2\xa0 ", CONSOLE_RENAME, "a\xc2\xa0", "");
	means("all who is there?", CONSOLE_ALL, "", "who is there?");
	means("all|who", CONSOLE_ALL, "", "who");
	means("group red go", CONSOLE_GROUP, "red", "go");
	means("group|red|go", CONSOLE_GROUP, "red", "go");
	means("join red", CONSOLE_JOIN, "red", "");
	means("leave|red", CONSOLE_LEAVE, "red", "");
	means("send-file uav1 /tmp/a b", CONSOLE_SEND_FILE, "uav1", "/tmp/a b");
	means("ping", CONSOLE_PING, "", "");
	means("help", CONSOLE_HELP, "", "");
	means("quit", CONSOLE_QUIT, "", "");
}

static void anything_else_goes_to_everyone(void **state)
{
	(void)state;
	means("", CONSOLE_NOTHING, "", "");
	means("  \t ", CONSOLE_NOTHING, "", "");
	means("hello", CONSOLE_ALL, "", "hello");
	means(" hello  you ", CONSOLE_ALL, "", " hello  you ");
	means("Who else?", CONSOLE_ALL, "", "Who else?");
	means("/tmp is full", CONSOLE_ALL, "", "/tmp is full");
	means("/", CONSOLE_ALL, "", "/");
	means("hell", CONSOLE_ALL, "", "hell");
	means("exit now", CONSOLE_ALL, "", "exit now");
	means("all exit", CONSOLE_ALL, "", "exit");
	means("whoever", CONSOLE_ALL, "", "whoever");
	means("this|that", CONSOLE_ALL, "", "this|that");
	means("\xc3\xa4|", CONSOLE_ALL, "", "\xc3\xa4|");
}

/* What may have been meant as a command is never sent to everyone. */
static void a_command_with_a_part_missing_is_told(void **state)
{
	(void)state;
	is_wrong("to", "to NAME TEXT");
	is_wrong("to uav1", "to NAME TEXT");
	is_wrong("to uav1  ", "to NAME TEXT");
	is_wrong("to|uav1", "to NAME TEXT");
	is_wrong("to|uav1|", "to NAME TEXT");
	is_wrong("to||x", "to NAME TEXT");
	is_wrong("to \"uav1 x", "to NAME TEXT");
	is_wrong("to \"\" x", "to NAME TEXT");
	is_wrong("all", "all TEXT");
	is_wrong("all|", "all TEXT");
	is_wrong("exit", "quit (and to say it to everyone: all exit ...)");
	is_wrong(" Exit ", "quit");
	is_wrong("/quit", "written: quit (and to say it to everyone: all /quit ...)");
	is_wrong("/to uav1 hello", "to NAME TEXT");
	is_wrong("Who", "who [SCENARIO]");
	is_wrong("HELP", "help");
	is_wrong("scenario", "scenario NAME");
	is_wrong("rename \"a\" b", "rename NAME");
	is_wrong("who is there?", "all who");
	is_wrong("quit now", "quit");
	is_wrong("help|me", "help");
	is_wrong("join", "join GROUP");
	is_wrong("proof|0123", "by itself");
	is_wrong("register|uav1", "by itself");
	is_wrong("\xff", "UTF-8");
	console_command_parse(slice_of("a\0b", 3), &parsed);
	assert_int_equal(parsed.verb, CONSOLE_WRONG);
}

static void positions_are_local_or_geodetic(void **state)
{
	static const char *const local[] = {"move 1 -2.5 3", "move 1,-2.5,3", "move|1|-2.5|3",
					    "move  1, -2.5  3 "};
	static const char *const geodetic[] = {"move geo -35.5 149 584", "move geo -35.5,149,584",
					       "move|geo|-35.5|149|584"};

	(void)state;
	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++) {
		means(local[i], CONSOLE_MOVE, "", "");
		assert_int_equal(parsed.position.frame, POSITION_LOCAL);
		assert_float_equal(parsed.position.local.east, 1.0f, 0.0f);
		assert_float_equal(parsed.position.local.north, -2.5f, 0.0f);
		assert_float_equal(parsed.position.local.up, 3.0f, 0.0f);
	}
	for (size_t i = 0; i < sizeof(geodetic) / sizeof(*geodetic); i++) {
		means(geodetic[i], CONSOLE_MOVE, "", "");
		assert_int_equal(parsed.position.frame, POSITION_GEODETIC);
		assert_int_equal(parsed.position.geodetic.latitude_e7, -355000000);
		assert_int_equal(parsed.position.geodetic.altitude_mm, 584000);
	}
	is_wrong("move", "move EAST NORTH UP");
	is_wrong("move 1 2", "move 1 2: must be three numbers");
	assert_null(strstr(parsed.why, ","));
	is_wrong("move geo 91  0 0", "move geo 91  0 0: latitude");
	parse("all");
	assert_string_equal(parsed.why, "it is written: all TEXT");
	is_wrong("move 1 2 3 4", "three numbers");
	is_wrong("move a b c", "three numbers");
	is_wrong("move nan 0 0", "three numbers");
	is_wrong("move geo 91 0 0", "latitude");
}

/* ----------------------------------------------------------------- directory */

static int set_up(void **state)
{
	struct console_directory *directory = calloc(1, sizeof(*directory));

	assert_non_null(directory);
	console_directory_put(directory, slice_str("uav2"), slice_str("Falke"));
	console_directory_put(directory, slice_str("uav10"), slice_str("uav10"));
	console_directory_put(directory, slice_str("uav1"), slice_str("Rote Eins"));
	console_directory_put(directory, slice_str("gs"), slice_str("Fa\"st"));
	console_words_add(&directory->scenarios, slice_str("lab"));
	console_words_add(&directory->scenarios, slice_str("field"));
	console_words_add(&directory->scenarios, slice_str("field"));
	console_words_add(&directory->groups, slice_str("red"));
	*state = directory;
	return 0;
}

static int tear_down(void **state)
{
	console_directory_fini(*state);
	free(*state);
	return 0;
}

static void finds(const struct console_directory *directory, const char *name, const char *id,
		  const char *other, const char *near)
{
	struct console_found found = console_directory_find(directory, slice_str(name));

	assert_true(slice_equal(slice_str(found.id), slice_str(id)));
	assert_true(slice_equal(slice_str(found.other), slice_str(other)));
	assert_true(slice_equal(slice_str(found.near), slice_str(near)));
}

static void names_are_ids_or_callsigns(void **state)
{
	struct console_directory *directory = *state;

	finds(directory, "uav1", "uav1", NULL, NULL);
	finds(directory, "Rote Eins", "uav1", NULL, NULL);
	finds(directory, "uav10", "uav10", NULL, NULL);
	finds(directory, "rote eins", NULL, NULL, "Rote Eins");
	finds(directory, "Falken", NULL, NULL, "Falke");
	finds(directory, "zeppelin", NULL, NULL, NULL);
	console_directory_put(directory, slice_str("uav10"), slice_str("Falke"));
	finds(directory, "Falke", "uav10", "uav2", NULL);
	console_directory_remove(directory, slice_str("uav2"));
	console_directory_remove(directory, slice_str("uav2"));
	finds(directory, "Falke", "uav10", NULL, NULL);
	/* somebody who takes another's id as his name is not written to by it */
	console_directory_put(directory, slice_str("gs"), slice_str("uav1"));
	finds(directory, "uav1", "gs", "uav1", NULL);
	finds(directory, "Rote Eins", "uav1", NULL, NULL);
	finds(directory, "gs", "gs", NULL, NULL);
	console_directory_clear(directory);
	finds(directory, "uav1", NULL, NULL, NULL);
}

static void callsigns_stand_for_ids(void **state)
{
	struct console_directory *directory = *state;

	assert_true(slice_equal(console_directory_label(directory, slice_str("uav1")),
				slice_str("Rote Eins")));
	assert_true(slice_equal(console_directory_label(directory, slice_str("uav10")),
				slice_str("uav10")));
	assert_true(slice_equal(console_directory_label(directory, slice_str("else")),
				slice_str("else")));
	console_directory_put(directory, slice_str("uav1"), slice_str("uav1"));
	assert_true(slice_equal(console_directory_label(directory, slice_str("uav1")),
				slice_str("uav1")));
}

static void many_are_found(void **state)
{
	struct console_directory *directory = *state;
	char id[16];

	for (unsigned i = 0; i < 3000; i++) {
		(void)snprintf(id, sizeof(id), "x%u", i * 7919 % 3000);
		console_directory_put(directory, slice_str(id), slice_str(id));
	}
	assert_int_equal(directory->count, 3004);
	for (unsigned i = 0; i < 3000; i += 2) {
		(void)snprintf(id, sizeof(id), "x%u", i);
		console_directory_remove(directory, slice_str(id));
	}
	assert_int_equal(directory->count, 1504);
	finds(directory, "x1501", "x1501", NULL, NULL);
	assert_null(console_directory_find(directory, slice_str("x1500")).id);
	for (size_t i = 1; i < directory->count; i++) {
		assert_true(strcmp(directory->drones[i - 1]->id, directory->drones[i]->id) < 0);
	}
}

/* ---------------------------------------------------------------- completion */

/* All candidates, parted by "/", and what they have in common. */
static void completes(const struct console_directory *directory, const char *line,
		      const char *wanted, const char *common)
{
	struct console_candidates candidates = {0};
	struct console_word word;
	char all[2048] = "";
	struct slice same;

	console_command_word(slice_str(line), &word);
	console_complete(directory, &word, &candidates);
	for (size_t i = 0; i < candidates.count; i++) {
		(void)snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? "/" : "",
			       candidates.list[i]);
	}
	same = console_candidates_common(&candidates);
	if (strcmp(all, wanted) != 0 || !slice_equal(same, slice_str(common))) {
		fail_msg("%s: %s, in common %.*s", line, all, SLICE_ARG(same));
	}
	console_candidates_fini(&candidates);
}

static void words_become_commands_and_names(void **state)
{
	struct console_directory *directory = *state;

	completes(directory, "sc", "scenarios/scenario", "scenario");
	completes(directory, " le", "leave", "leave");
	completes(directory, "xy", "", "");
	completes(directory, "to u", "uav1/uav10/uav2", "uav");
	completes(directory, "to|u", "uav1/uav10/uav2", "uav");
	completes(directory, "to R", "\"Rote Eins\"", "\"Rote Eins\"");
	completes(directory, "to \"R", "\"Rote Eins\"", "\"Rote Eins\"");
	completes(directory, "to|R", "Rote\\ Eins", "Rote\\ Eins");
	completes(directory, "to|Rote E", "Rote\\ Eins", "Rote\\ Eins");
	completes(directory, "to|Rote\\ E", "Rote\\ Eins", "Rote\\ Eins");
	console_directory_put(directory, slice_str("x"), slice_str("x|\\y"));
	completes(directory, "to|x", "x/x\\|\\\\y", "x");
	completes(directory, "to|x\\|", "x\\|\\\\y", "x\\|\\\\y");
	completes(directory, "to F", "Fa\"st/Falke", "Fa");
	completes(directory, "to \"Fa\"", "", "");
	completes(directory, "to uav1 u", "", "");
	completes(directory, "to|uav1|u", "", "");
	completes(directory, "send-file g", "gs", "gs");
	completes(directory, "scenario ", "field/lab", "");
	completes(directory, "who f", "field", "field");
	completes(directory, "join r", "red", "red");
	completes(directory, "group|", "red", "red");
	completes(directory, "rename u", "", "");
	completes(directory, "hello u", "", "");
	/* two that look alike but are not: by their ids */
	console_directory_put(directory, slice_str("evil"), slice_str("Falke\xe2\x80\x8b"));
	completes(directory, "to Fal", "Falke", "Falke");
	console_directory_put(directory, slice_str("a"), slice_str("\xc3\xa4"));
	console_directory_put(directory, slice_str("b"), slice_str("\xc3\xb6"));
	completes(directory, "to \xc3", "\xc3\xa4/\xc3\xb6", "");
}

static void more_candidates_than_are_kept_are_counted(void **state)
{
	struct console_directory *directory = *state;
	struct console_candidates candidates = {0};
	struct console_word word;
	char id[16];

	for (unsigned i = 0; i < CONSOLE_CANDIDATES_MAX + 7; i++) {
		(void)snprintf(id, sizeof(id), "x%u", i);
		console_directory_put(directory, slice_str(id), slice_str(id));
	}
	console_command_word(slice_str("to x"), &word);
	console_complete(directory, &word, &candidates);
	assert_int_equal(candidates.count, CONSOLE_CANDIDATES_MAX);
	assert_int_equal(candidates.left_out, 7);
	console_candidates_fini(&candidates);
}

/* ---------------------------------------------------------------------- rows */

static void is_at(const wchar_t *text, size_t columns, size_t row, size_t column)
{
	struct console_spot spot = {0};

	console_rows_walk(&spot, text, wcslen(text), columns);
	assert_int_equal(spot.row, row);
	assert_int_equal(spot.column, column);
}

static void rows_are_those_of_the_screen(void **state)
{
	(void)state;
	is_at(L"", 10, 0, 0);
	is_at(L"123456789", 10, 0, 9);
	is_at(L"1234567890", 10, 1, 0);
	is_at(L"1234567890123456789012", 10, 2, 2);
	is_at(L"12345678\x6f22", 10, 1, 0);
	is_at(L"123456789\x6f22", 10, 1, 2);
	is_at(L"12345678\x01", 10, 1, 0);
	is_at(L"e\x0301", 10, 0, 1);
	is_at(L"ab\nc", 10, 1, 1);
	is_at(L"a\tb", 20, 0, 9);
}

static void stands_at(const wchar_t *text, wchar_t on, size_t row, size_t column)
{
	struct console_spot spot = {0};

	console_rows_walk(&spot, text, wcslen(text), 10);
	console_rows_stand(&spot, on, 10);
	assert_int_equal(spot.row, row);
	assert_int_equal(spot.column, column);
}

static void the_cursor_is_where_its_character_is(void **state)
{
	(void)state;
	stands_at(L"123456789", L'0', 0, 9);
	stands_at(L"123456789", L'\x6f22', 1, 0);
	stands_at(L"12345678", L'\x6f22', 0, 8);
	stands_at(L"123456789", L'\x01', 0, 9); /* ^X is two characters */
	assert_true(console_rows_is_mark(L'\x0301'));
	assert_true(console_rows_is_mark(L'\x200d'));
	assert_false(console_rows_is_mark(L'e'));
	assert_false(console_rows_is_mark(L'\x6f22'));
	assert_false(console_rows_is_mark(L'\x01'));
	assert_false(console_rows_is_mark(L'\t'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_bars_mean_the_same),
		cmocka_unit_test(anything_else_goes_to_everyone),
		cmocka_unit_test(a_command_with_a_part_missing_is_told),
		cmocka_unit_test(positions_are_local_or_geodetic),
		cmocka_unit_test_setup_teardown(names_are_ids_or_callsigns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(callsigns_stand_for_ids, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_are_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(words_become_commands_and_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_candidates_than_are_kept_are_counted, set_up,
						tear_down),
		cmocka_unit_test(rows_are_those_of_the_screen),
		cmocka_unit_test(the_cursor_is_where_its_character_is),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("cli_console", tests, NULL, NULL);
}
