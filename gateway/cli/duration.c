#include "cli/duration.h"

#include <inttypes.h>
#include <stdio.h>

void duration_text(char text[DURATION_TEXT_BYTES], uint64_t ms)
{
	if (ms < 60000) {
		(void)snprintf(text, DURATION_TEXT_BYTES, "%" PRIu64 ".%" PRIu64 " s", ms / 1000,
			       ms % 1000 / 100);
	} else if (ms < 3600000) {
		(void)snprintf(text, DURATION_TEXT_BYTES, "%" PRIu64 "m%02" PRIu64 "s", ms / 60000,
			       ms / 1000 % 60);
	} else if (ms < 360000000) {
		(void)snprintf(text, DURATION_TEXT_BYTES, "%" PRIu64 "h%02" PRIu64 "m",
			       ms / 3600000, ms / 60000 % 60);
	} else {
		(void)snprintf(text, DURATION_TEXT_BYTES, "%" PRIu64 "d%02" PRIu64 "h",
			       ms / 86400000, ms / 3600000 % 24);
	}
}
