/* The command line of `sim-stub --conformance`. */
#ifndef SIM_CONFORMANCE_PLAN_H
#define SIM_CONFORMANCE_PLAN_H

#include <stdint.h>

#include "core/message.h"
#include "options.h"

enum { PLAN_PARAMETERS_MAX = 64, PLAN_GROUPS_MAX = 32 };

struct plan {
	struct options at;  /* host and port alone */
	const char *target; /* as it was given */
	/* Of the scenarios that are played; all of argv. The first is the model, whose value may be
	 * empty: one that the simulator names. */
	struct parameter parameters[PLAN_PARAMETERS_MAX];
	size_t parameter_count;
	uint64_t patience_us; /* how long any answer may take */
	/* Groups of checks that are played; none: all. */
	const char *only[PLAN_GROUPS_MAX];
	size_t only_count;
};

/* OPTIONS_RUN, or what options_read would say. */
enum options_status plan_read(int argc, char **argv, struct plan *plan);

#endif
