/* What sim-stub says of a file that it cannot read: "sim-stub: PATH:LINE: what is wrong", on each
 * line, and each line is one of the file. */
#ifndef UAV_TESTS_TOLD_MISTAKES_H
#define UAV_TESTS_TOLD_MISTAKES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "scratch.h"

static void must(bool ok, const char *what)
{
	if (!ok) {
		(void)fprintf(stderr, "%s\n", what);
		abort();
	}
}

static size_t count_lines(const uint8_t *data, size_t size)
{
	size_t lines = 1;

	for (size_t i = 0; i < size; i++) {
		lines += data[i] == '\n';
	}
	return lines;
}

static void check_told(char *told, const char *path, size_t lines)
{
	char start[SCRATCH_PATH + 16], *rest = NULL;
	int size = snprintf(start, sizeof(start), "sim-stub: %s:", path);

	for (char *line = strtok_r(told, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *end = line;
		unsigned long number;

		must(strncmp(line, start, (size_t)size) == 0, "a mistake of no file");
		number = strtoul(line + size, &end, 10);
		must(number >= 1 && number <= lines, "a mistake on a line that is not there");
		must(strncmp(end, ": ", 2) == 0 && end[2], "a mistake without a word");
		must(utf8_is_printable(slice_str(line)), "a mistake that cannot be shown");
	}
}

/* What `read(into, path)` says on stderr; its result is in `result`. */
static char *told_by(int (*read)(void *into, const char *path), void *into, const char *path,
		     int *result)
{
	FILE *errors = stderr;
	char *told = NULL;
	size_t size = 0;

	stderr = open_memstream(&told, &size);
	must(stderr != NULL, "memory is out");
	*result = read(into, path);
	(void)fclose(stderr);
	stderr = errors;
	return told;
}

/* Reads these bytes from a file of that name: all is well, or mistakes are told as they must be. */
static void check_reading(int (*read)(void *into, const char *path), void *into, const char *name,
			  struct slice bytes)
{
	const char *path = scratch_write(name, bytes);
	int result;
	char *told = told_by(read, into, path, &result);

	must((result == 0) == (*told == '\0'), "refused and no word, or taken with mistakes");
	check_told(told, path, count_lines(bytes.data, bytes.size));
	free(told);
}

#endif
