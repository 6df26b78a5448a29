/* Staying awake for what is due in a moment. Who sleeps until then is woken up late: on an idle
 * machine its processor sleeps as well, and 50 to 180 us go by before the process runs (make
 * bench-timing tells what a timer alone takes). So the loop wakes up a little before a delivery is
 * due and polls without waiting for the rest. That takes processor time, and no more than one
 * part in BUSY_POLL_PART of it, after BUSY_POLL_MOST_US at once: where deliveries come by the
 * thousand the processor is awake anyway. */
#ifndef UAV_NET_BUSY_POLL_H
#define UAV_NET_BUSY_POLL_H

#include "base/bucket.h"

#define BUSY_POLL_US 200u /* before it is due */
#define BUSY_POLL_MOST_US 10000u
#define BUSY_POLL_PART 20u
/* For one of them at most: the process may be stopped meanwhile. */
#define BUSY_POLL_CHARGED_US (4 * BUSY_POLL_US)

/* Zeroed at first. Times are monotonic. */
struct busy_poll {
	struct bucket spent;
	uint64_t since_us; /* it goes on since then; 0: it does not */
};

/* When to be awake for what is due at `due_us` (UINT64_MAX: nothing is): then, or BUSY_POLL_US
 * before. */
uint64_t busy_poll_wake_us(const struct busy_poll *busy, uint64_t due_us, uint64_t now_us);
/* The loop polls without waiting, from now until busy_poll_end. */
void busy_poll_begin(struct busy_poll *busy, uint64_t now_us);
/* Harmless when it has not begun. */
void busy_poll_end(struct busy_poll *busy, uint64_t now_us);

#endif
