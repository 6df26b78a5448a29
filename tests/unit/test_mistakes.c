/* Mistakes at the start: kept in order, told in the form that was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/mistakes.h"

#include <stdlib.h>

enum { MANY = 100 };

static void note_some(struct mistakes *mistakes)
{
	mistakes_note(mistakes, "a.ini", 7, "the first");
	mistakes_note(mistakes, "b \"q\"\n.ini", 0, "the \x1b[2J second");
}

static void on_told(void *ctx, const char *file, int line, const char *message)
{
	fprintf(ctx, "%s|%d|%s\n", file, line, message);
}

/* What comes of them; to be freed. */
static char *told(struct mistakes *mistakes, enum log_format format, bool to_people)
{
	char *lines = NULL, *calls = NULL;
	size_t lines_size, calls_size;
	FILE *out = open_memstream(&lines, &lines_size);
	FILE *people = open_memstream(&calls, &calls_size);

	mistakes_tell(mistakes, format, out, on_told, people);
	fclose(out);
	fclose(people);
	assert_null(mistakes->all);
	free(to_people ? lines : calls);
	return to_people ? calls : lines;
}

static void people_are_told_as_they_came(void **state)
{
	struct mistakes mistakes = {0};
	char *text;

	(void)state;
	note_some(&mistakes);
	text = told(&mistakes, LOG_FORMAT_LOGFMT, true);
	assert_string_equal(text, "a.ini|7|the first\nb \"q\"\n.ini|0|the \x1b[2J second\n");
	free(text);
}

static void programs_are_told_one_object_a_line(void **state)
{
	static const char first[] = "\"level\":\"error\",\"event\":\"config_mistake\","
				    "\"file\":\"a.ini\",\"line\":7,\"why\":\"the first\"}\n{";
	static const char second[] = "\"event\":\"config_mistake\",\"file\":\"b \\\"q\\\"\\n.ini\","
				     "\"why\":\"the \\u001b[2J second\"}\n";
	struct mistakes mistakes = {0};
	char *text;

	(void)state;
	note_some(&mistakes);
	text = told(&mistakes, LOG_FORMAT_JSON, false);
	assert_non_null(strstr(text, first));
	assert_non_null(strstr(text, second));
	free(text);
}

static void many_are_kept(void **state)
{
	struct mistakes mistakes = {0};
	size_t lines = 0;
	char *text;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		mistakes_note(&mistakes, "a.ini", i + 1, "one more");
	}
	text = told(&mistakes, LOG_FORMAT_LOGFMT, true);
	for (const char *at = text; (at = strchr(at, '\n')); at++) {
		lines++;
	}
	assert_int_equal(lines, MANY);
	assert_non_null(strstr(text, "a.ini|100|one more\n"));
	free(text);
}

static void what_was_lost_is_told(void **state)
{
	struct mistakes mistakes = {.lost = 3};
	char *text;

	(void)state;
	text = told(&mistakes, LOG_FORMAT_LOGFMT, true);
	assert_non_null(strstr(text, "more mistakes than are told"));
	assert_int_equal(mistakes.lost, 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_are_told_as_they_came),
		cmocka_unit_test(programs_are_told_one_object_a_line),
		cmocka_unit_test(many_are_kept),
		cmocka_unit_test(what_was_lost_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
