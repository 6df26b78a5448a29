/* The hot messages: first byte which one, then its body. See hot_differential.h. The same body
 * is read field by field in the plainest way too, and looked at for a result's id. */
#include <stdio.h>
#include <stdlib.h>

#include "hot_differential.h"
#include "plain_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *fault;
	struct slice body;
	bool usable;

	if (size < 1 || size - 1 > DIFF_BODY_MAX) {
		return 0;
	}
	body = slice_of(data + 1, size - 1);
	fault = hot_differential((enum hot_kind)(data[0] % HOT_KINDS), body, &usable);
	if (!fault) {
		fault = plain_differs(body);
	}
	if (!fault && body.size) {
		(void)hot_result_hint(body);
	}
	if (fault) {
		fprintf(stderr, "hot message %d: %s\n", data[0] % HOT_KINDS, fault);
		abort();
	}
	return 0;
}
