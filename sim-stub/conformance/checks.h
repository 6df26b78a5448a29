/* The checks, in tables. Each is one promise of proto/README.md, played once. */
#ifndef SIM_CONFORMANCE_CHECKS_H
#define SIM_CONFORMANCE_CHECKS_H

#include "conformance/bench.h"

/* What must have been found before a check has a meaning. */
enum {
	NEEDS_NOTHING = 0,
	NEEDS_HELLO = 1,
	NEEDS_SCENARIO = 2,
	NEEDED_BY_ALL = 4, /* it finds just that: played even if another group is asked for */
};

struct check {
	const char *group, *title;
	const char *where; /* section of proto/README.md */
	unsigned needs;
	unsigned patience; /* how many times the usual one an answer may take */
	void (*run)(struct bench *bench);
};

/* Each ends with a row without `run`. They are played in this order. */
extern const struct check checks_hello[], checks_scenarios[], checks_hello_again[], checks_frames[],
	checks_sizes[], checks_nodes[], checks_pipelining[], checks_order[], checks_errors[],
	checks_repeatability[], checks_numbers[];

/* In section names. */
#define WHERE_RULES "Rules for simulators"
#define WHERE_BODIES "Gateway to simulator"
#define WHERE_ANSWERS "Simulator to gateway"
#define WHERE_FRAMING "Framing"

/* Fails when the transmit has a reception: nobody was known. */
bool check_nobody(struct bench *bench, const struct answers *answers, size_t key, const char *who);

#endif
