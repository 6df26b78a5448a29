/* timing: how punctual the gateway is with `delay = real`. Pairs of drones; the first of each
 * sends, the second finds out how much later than at sent + simulated delay, both of which the
 * delivery tells, each message came. Three times over:
 *
 *   gateway   as the gateway itself says (late_by_us): until it was taken up to be written
 *   socket    until it had reached the receiver's socket: the system's own stamp of the last
 *             packet of what was read at once (SO_TIMESTAMPNS)
 *   process   until this program, woken up for it, had read it
 *
 * Stamps and sent_at_us are of one clock, CLOCK_REALTIME.
 *
 *   timing.c          options, the schedule, the line of JSON
 *   timing_drones.c   connections, what goes out and what comes
 *
 * One thread. What fails ends the program (endpoint_fail). */
#ifndef UAV_BENCH_TIMING_H
#define UAV_BENCH_TIMING_H

#include "dialect.h"
#include "histogram.h"

struct timing_drone {
	int fd;
	uint32_t number;
	struct buf in, out;
};

struct lateness {
	struct histogram gateway, socket, process;
	bool stamped;	      /* the system stamps what comes: else there is no `socket` */
	uint64_t early;	      /* reached the process (the socket, if stamped) before it was due */
	uint64_t earliest_ns; /* by how much, at the most */
	uint64_t delay_least_us, delay_most_us; /* simulated */
};

struct timing {
	struct shape shape;
	const char *address;
	uint32_t pairs, window;
	int epoll;
	struct timing_drone *drones; /* 2 * pairs */
	bool refill;		     /* a message that came is followed by the next */
	bool measured;		     /* what is sent now counts */
	uint64_t sent, delivered;    /* of those that count */
	uint64_t owed;		     /* of all: what has not come yet */
	struct lateness lateness;
};

/* Connects and registers them all, one after the other. */
void timing_drones_open(struct timing *timing);
void timing_drones_close(struct timing *timing);
/* The next message of pair `pair`; it goes out with timing_flush. */
void timing_send(struct timing *timing, uint32_t pair);
void timing_flush(struct timing *timing);
/* Reads all that has come, after `wait_ns` at the most. */
void timing_wait(struct timing *timing, uint64_t wait_ns);

#endif
