/* sim-stub's file: either it is read, or each mistake is told in words that can be shown, with the
 * line on which it stands; then nothing else is wrong with the options either. */
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "options.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 16 * 1024 };

static void must(bool ok, const char *what)
{
	if (!ok) {
		(void)fprintf(stderr, "options: %s\n", what);
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

/* "sim-stub: PATH:LINE: what is wrong", on each line. */
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

/* What it says on stderr. */
static int read_told(struct options *options, const char *path, char **told)
{
	FILE *errors = stderr;
	size_t size = 0;
	int result;

	stderr = open_memstream(told, &size);
	must(stderr != NULL, "memory is out");
	result = options_read_file(options, path);
	(void)fclose(stderr);
	stderr = errors;
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct options options = {.host = "127.0.0.1", .port = "7700", .seed = 1};
	char *told = NULL;
	const char *path;
	int result;

	if (size > TEXT_MAX) {
		return 0;
	}
	path = scratch_write("sim.ini", slice_of(data, size));
	result = read_told(&options, path, &told);
	must((result == 0) == (*told == '\0'), "refused and no word, or taken with mistakes");
	check_told(told, path, count_lines(data, size));
	free(told);
	must(memchr(options.host, '\0', sizeof(options.host)) && *options.host, "no host");
	must(strtoul(options.port, NULL, 10) <= UINT16_MAX, "no port");
	return 0;
}
