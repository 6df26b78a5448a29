/* The load generator's parts:
 *
 *   load.c           from options to the line of JSON
 *   load_net.c       connections: one turn writes all that is due, waits, reads all that came
 *   load_register.c  drones come: at the start of every mode; modes register, idle, presence
 *   load_traffic.c   messages: modes pairs, open, many
 *   load_overload.c  more messages than can be carried: mode overload
 *   load_measure.c   what is counted between two moments, of itself and of those watched
 *   load_report.c    the line of JSON
 *   load_sizes.c     --print-sizes
 *
 * All of it runs in one thread. A turn (load_flush, then load_wait) gathers: whatever became
 * possible in one epoll round is written with one call for each connection, so that the
 * generator costs less than what it measures. Functions return 0, or -1 when the run has
 * failed; load_fail has then noted why, in a sentence. */
#ifndef UAV_BENCH_LOAD_H
#define UAV_BENCH_LOAD_H

#include "histogram.h"
#include "load_options.h"

enum drone_stage { DRONE_AWAY, DRONE_CONNECTING, DRONE_GREETING, DRONE_REFUSED, DRONE_READY };

struct drone {
	int fd;
	enum drone_stage stage;
	bool dirty; /* has output that load_flush has not seen */
	bool full;  /* its socket takes no more; epoll tells when it does */
	uint32_t number;
	const struct shape *shape;
	struct buf in;	/* a frame of which not all has come */
	struct buf out; /* not written yet */
	/* As sender: its message as it goes out, all but the stamp, which stands at stamp_at. */
	struct slice frame;
	size_t stamp_at;
	uint32_t next_number;
	/* As receiver. */
	uint32_t expected; /* number of the sender's next message */
	uint32_t told;	   /* drones that it was told of */
};

/* All counts go up for ever; what is wanted is differences. */
struct counts {
	uint64_t sent;	    /* messages */
	uint64_t delivered; /* to one receiver each */
	uint64_t lost;	    /* a later message of the same sender has come */
	uint64_t told;	    /* of drones that come, go and change */
	uint64_t reported;
	uint64_t late; /* sent more than 1 ms after it was due */
};

/* Of a process between two moments. */
struct cost {
	struct watch_cpu before, after;
	int64_t resident_kib_before, resident_kib; /* -1: unknown */
	int64_t calls;				   /* -1: not counted */
};

struct measure {
	bool running;
	uint64_t start_ns, end_ns;
	uint64_t own_cpu_start_ns, own_cpu_ns;
	struct counts start, in; /* at its start; between start and end */
	struct histogram latency;
	struct cost costs[LOAD_MAX_WATCHED]; /* as options->watched */
	int64_t own_calls;		     /* -1: not counted */
	/* Deliveries while system calls were counted, and how many there must be to divide by. */
	uint64_t calls_over, calls_over_least;
};

struct load {
	struct load_options *options;
	int epoll;
	struct drone *drones;
	uint32_t drone_count; /* base, drones, and last the hub if there is one */
	uint32_t ready, under_way;
	uint32_t *away;			  /* turned away, by index; they come again at again_ns */
	uint32_t away_count, turned_away; /* now; in all */
	uint64_t again_ns;
	uint64_t last_ready_ns, last_told_ns;
	struct shape hub_shape;
	uint32_t *dirty; /* drones with output, by index */
	uint32_t dirty_count;
	uint8_t *input;	 /* what is read next stands here, behind what was left of a frame */
	uint64_t now_ns; /* CLOCK_MONOTONIC, when the last bytes were read */
	struct counts counts;
	uint64_t owed;	    /* deliveries that should still come */
	bool refill;	    /* a message that arrived is followed by the next */
	uint32_t receivers; /* of each message */
	uint32_t *missing;  /* many: receivers that a message in flight has not reached, by its
			       number modulo the window */
	uint64_t schedule_ns, scheduled; /* open, presence: its start, and what has gone out */
	struct measure measure;
	double register_seconds;
	uint32_t registered;	/* in register_seconds */
	uint64_t told_expected; /* register: at the least, when all have been told */
	uint64_t progress_ns;	/* when the next line is due; 0: none */
	struct counts progress_counts;
	bool failed;
	char why[400];
};

/* --- load.c --- */

uint64_t load_clock_ns(void);
int load_fail(struct load *load, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line on stderr if that is a terminal and it is time for one. */
void load_progress(struct load *load);

/* --- load_net.c --- */

int load_net_open(struct load *load) __attribute__((warn_unused_result));
void load_net_close(struct load *load);
int load_connect(struct load *load, struct drone *drone) __attribute__((warn_unused_result));
/* Where to append what the drone says; it goes out with the next load_flush. */
struct buf *load_out(struct load *load, struct drone *drone);
/* Waits until something comes, `until_ns` at most, and reads what came. */
int load_wait(struct load *load, uint64_t until_ns) __attribute__((warn_unused_result));
int load_flush(struct load *load) __attribute__((warn_unused_result));
/* Writes what is due, then waits. */
int load_turn(struct load *load, uint64_t until_ns) __attribute__((warn_unused_result));
/* load_turn until then. */
int load_idle(struct load *load, uint64_t until_ns) __attribute__((warn_unused_result));

/* --- load_register.c --- */

/* Drones [from, to) register; returns when all are ready. */
int load_register(struct load *load, uint32_t from, uint32_t to)
	__attribute__((warn_unused_result));
/* All of them, the hub first. */
int load_register_all(struct load *load) __attribute__((warn_unused_result));
int load_run_register(struct load *load) __attribute__((warn_unused_result));
int load_run_idle(struct load *load) __attribute__((warn_unused_result));
int load_run_presence(struct load *load) __attribute__((warn_unused_result));

/* --- load_traffic.c --- */

int load_run_traffic(struct load *load) __attribute__((warn_unused_result));
/* Each sender's message as it goes out. */
int load_make_frames(struct load *load) __attribute__((warn_unused_result));
/* The sender's next message, stamped as sent at `sent_ns`. */
int load_send(struct load *load, struct drone *drone, uint64_t sent_ns)
	__attribute__((warn_unused_result));
/* A payload has come to `drone`. */
int load_delivered(struct load *load, struct drone *drone, struct slice payload)
	__attribute__((warn_unused_result));

/* --- load_overload.c --- */

int load_run_overload(struct load *load) __attribute__((warn_unused_result));
/* A message that was sent, or due, at `sent_ns` has arrived. */
void load_overload_delivered(struct load *load, uint64_t sent_ns);
/* `drone` was told what became of one of its messages, or of some of its targets. */
int load_overload_reported(struct load *load, struct drone *drone, const struct heard *report)
	__attribute__((warn_unused_result));
/* Its part of the line of JSON; called once. */
void load_overload_report(const struct load *load);

/* --- load_measure.c --- */

int load_measure_resident_before(struct load *load) __attribute__((warn_unused_result));
int load_measure_begin(struct load *load) __attribute__((warn_unused_result));
int load_measure_end(struct load *load) __attribute__((warn_unused_result));
/* Counting makes system calls dearer, so that it has a time of its own. False: they cannot
 * be counted here. */
bool load_measure_calls_begin(struct load *load);
/* So many deliveries since then that what was in flight at the begin, and is at the end, is
 * next to nothing. */
bool load_measure_calls_enough(const struct load *load);
/* Those of too few deliveries are as those not counted. */
void load_measure_calls_end(struct load *load);

/* --- load_report.c --- */

/* `ready`: idle's line before it waits. */
void load_report(const struct load *load, bool ready);

/* --- load_sizes.c --- */

/* Bytes of the gateway's frames, from the gateway's own writers. */
int load_print_sizes(const struct shape *shape) __attribute__((warn_unused_result));

#endif
