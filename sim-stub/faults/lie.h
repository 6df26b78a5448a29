/* Answers that break the protocol, each in one way. */
#ifndef SIM_FAULTS_LIE_H
#define SIM_FAULTS_LIE_H

#include "base/buf.h"
#include "faults/fault.h"

/* Changes the numbers of a link, before they are written. */
void lie_in_numbers(enum fault_lie lie, struct link_numbers *numbers);

/* Changes a reception. For LIE_PAYLOAD, whether it is to have a payload that is one byte longer
 * than what was sent, which the caller makes. */
bool lie_in_reception(enum fault_lie lie, struct reception *reception);

/* As hot_write_result. */
int lie_write_result(struct buf *out, enum fault_lie lie, uint64_t id,
		     const struct reception *receptions, size_t count, bool more)
	__attribute__((warn_unused_result));

#endif
