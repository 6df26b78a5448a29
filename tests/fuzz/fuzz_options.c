/* sim-stub's file: either it is read, or each mistake is told in words that can be shown, with the
 * line on which it stands; then nothing else is wrong with the options either. */
#include <stdio.h>
#include <stdlib.h>

#include "options.h"
#include "told_mistakes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 16 * 1024 };

static int read_file(void *into, const char *path)
{
	return options_read_file(into, path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct options options = {.host = "127.0.0.1", .port = "7700", .seed = 1};

	if (size > TEXT_MAX) {
		return 0;
	}
	check_reading(read_file, &options, "sim.ini", slice_of(data, size));
	must(memchr(options.host, '\0', sizeof(options.host)) && *options.host, "no host");
	must(strtoul(options.port, NULL, 10) <= UINT16_MAX, "no port");
	return 0;
}
