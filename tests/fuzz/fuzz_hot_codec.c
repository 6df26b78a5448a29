/* The hot messages: first byte which one, then its body. See hot_differential.h. */
#include <stdio.h>
#include <stdlib.h>

#include "hot_differential.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *fault;
	bool usable;

	if (size < 1 || size - 1 > DIFF_BODY_MAX) {
		return 0;
	}
	fault = hot_differential((enum hot_kind)(data[0] % HOT_KINDS), slice_of(data + 1, size - 1),
				 &usable);
	if (fault) {
		fprintf(stderr, "hot message %d: %s\n", data[0] % HOT_KINDS, fault);
		abort();
	}
	return 0;
}
