#include "faults/fault.h"

struct fault_phase fault_phase_at(const struct fault *fault, uint64_t now_us)
{
	uint64_t since_us;
	struct fault_phase phase = {.began_us = fault->at_us, .next_us = fault->at_us};

	if (now_us < fault->at_us) {
		return phase;
	}
	since_us = now_us - fault->at_us;
	if (fault->every_us) {
		phase.began_us += since_us / fault->every_us * fault->every_us;
		since_us %= fault->every_us;
	}
	phase.active = since_us < fault->for_us;
	if (phase.active) {
		phase.next_us = fault_end_us(fault, &phase);
	} else {
		phase.next_us = fault->every_us ? phase.began_us + fault->every_us : FAULT_FOREVER;
	}
	return phase;
}

const char *fault_lie_name(enum fault_lie lie)
{
	static const char *const names[LIE_COUNT] = {
		[LIE_NONE] = "",
		[LIE_NAN] = "nan",
		[LIE_RATE] = "rate",
		[LIE_OUTCOME] = "outcome",
		[LIE_RECEIVER] = "receiver",
		[LIE_MISSING] = "missing",
		[LIE_PAYLOAD] = "payload",
		[LIE_ID] = "id",
		[LIE_GARBAGE] = "garbage",
	};

	return lie < LIE_COUNT ? names[lie] : NULL;
}
