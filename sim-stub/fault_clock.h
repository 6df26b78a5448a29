/* What the simulator itself does on a timeline of faults, when its time has come: it stands
 * still, closes its connections, dies, and sends answers that were held back. And the log, which
 * tells of each fault when it begins and ends. */
#ifndef SIM_FAULT_CLOCK_H
#define SIM_FAULT_CLOCK_H

#include <uv.h>

#include "faults/agenda.h"
#include "faults/timeline.h"
#include "peer.h"

struct fault_clock {
	struct peers *peers;
	struct log *log;
	struct timeline *timeline;

	/* Private. */
	struct agenda agenda;
	uv_timer_t timer;
	bool told;		 /* that it has begun */
	unsigned stalls, closes; /* that hold now */
};

/* The members above "Private" are set, and `peers` have started. 0, or -1 when memory is out. */
int fault_clock_start(struct fault_clock *clock) __attribute__((warn_unused_result));
/* The log has each fault that began and that nothing has met. */
void fault_clock_stop(struct fault_clock *clock);

/* A clock for a timeline. */
uint64_t fault_clock_us(void);

#endif
