/* What the tests of settings share: loading a text, and the mistakes that are told. */
#ifndef UAV_TESTS_UNIT_TEST_SETTINGS_H
#define UAV_TESTS_UNIT_TEST_SETTINGS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LISTEN "[listen:a]\naddress = 127.0.0.1:7600\n"

struct mistakes {
	size_t count;
	int first_line;
	char all[32768]; /* "line: message\n" each */
};

static inline void note(void *ctx, const char *file, int line, const char *message)
{
	struct mistakes *mistakes = ctx;
	size_t at = strlen(mistakes->all);

	assert_non_null(file);
	mistakes->first_line = mistakes->count++ ? mistakes->first_line : line;
	(void)snprintf(mistakes->all + at, sizeof(mistakes->all) - at, "%d: %s\n", line, message);
}

static inline struct settings *load_bytes(const void *bytes, size_t size, struct mistakes *mistakes)
{
	char path[] = "/tmp/test_settings_XXXXXX";
	int fd = mkstemp(path);
	struct settings *settings;

	*mistakes = (struct mistakes){.count = 0};
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	settings = settings_load(path, note, mistakes);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(settings == NULL, mistakes->count > 0);
	return settings;
}

static inline struct settings *load(const char *text, struct mistakes *mistakes)
{
	return load_bytes(text, strlen(text), mistakes);
}

static inline struct settings *load_good(const char *text)
{
	struct mistakes mistakes;
	struct settings *settings = load(text, &mistakes);

	if (!settings) {
		print_error("%s", mistakes.all);
	}
	assert_non_null(settings);
	return settings;
}

static inline void expect_one(const struct mistakes *mistakes, int line, const char *word,
			      const char *other)
{
	if (mistakes->count != 1 || mistakes->first_line != line || !strstr(mistakes->all, word) ||
	    !strstr(mistakes->all, other)) {
		print_error("expected one mistake on line %d with \"%s\" and \"%s\", not:\n%s",
			    line, word, other, mistakes->all);
		fail();
	}
}

/* Exactly one mistake, on `line`, that says each of the words. */
static inline void check_one(const char *text, int line, const char *word, const char *other)
{
	struct mistakes mistakes;

	assert_null(load(text, &mistakes));
	expect_one(&mistakes, line, word, other);
}

#endif
