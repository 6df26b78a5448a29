/* What a fit is told as: lines of a scenario, with what they rest on as comments. */
#ifndef SIM_FIT_REPORT_H
#define SIM_FIT_REPORT_H

#include "fit/fit.h"

/* Parameters as text: those of a scenario. */
struct report {
	char values[PARAMETER_COUNT][64]; /* by parameter_id; "": not printed */
	const struct fit_result *result;
	const struct radio_log *log;
	const struct channel *channel;
	const char *name;	 /* of the log's file */
	bool has_given_tx_power; /* else that of the log's strongest is printed */
};

/* Writes the parameters that were found, frequency_hz and reference_m, and those `given`, into
 * `values`, and sees whether a scenario takes them. -1 and *refusal when not. */
int report_make(struct report *report, const struct parameter *given, size_t count,
		struct refusal *refusal) __attribute__((warn_unused_result));

void report_print(const struct report *report, FILE *out);

#endif
