#include "faults/lie.h"

#include <math.h>

/* Far above every outcome, and above what sim-stub takes as a node's number. */
enum { NO_OUTCOME = 99, NO_NODE = 1 << 24 };

void lie_in_numbers(enum fault_lie lie, struct link_numbers *numbers)
{
	if (lie == LIE_NAN) {
		numbers->snr_db = NAN;
	} else if (lie == LIE_RATE) {
		numbers->packet_error_rate = 2.0f;
	}
}

bool lie_in_reception(enum fault_lie lie, struct reception *reception)
{
	if (lie == LIE_OUTCOME) {
		reception->outcome = NO_OUTCOME;
	} else if (lie == LIE_RECEIVER) {
		reception->receiver += NO_NODE;
	}
	return lie == LIE_PAYLOAD && reception->outcome != OUTCOME_LOST;
}

int lie_write_result(struct buf *out, enum fault_lie lie, uint64_t id,
		     const struct reception *receptions, size_t count, bool more)
{
	/* a frame of three bytes: the tag of a field whose wire type there is not */
	static const uint8_t garbage[] = {3, 0xff, 0x7f, 0xff};

	if (lie == LIE_GARBAGE) {
		return buf_append(out, garbage, sizeof(garbage));
	}
	return hot_write_result(out, lie == LIE_ID ? ~id : id, receptions,
				lie == LIE_MISSING ? 0 : count, more);
}
