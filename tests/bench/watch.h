/* What another process costs: processor time, resident memory, system calls. What the
 * system does not tell is absent, never an error. */
#ifndef UAV_BENCH_WATCH_H
#define UAV_BENCH_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { WATCH_MAX_TASKS = 64 };

struct watch {
	const char *name; /* the caller's */
	pid_t pid;
	int counters[WATCH_MAX_TASKS]; /* one for each thread, while calls are counted */
	int counter_count;
};

struct watch_cpu {
	uint64_t all_ns; /* of all threads, those that have ended included */
	/* Their parts, in steps of the system's tick (10 ms). */
	double user_s, system_s;
};

/* 0, or -1 when there is no such process (or it may not be looked at). */
int watch_cpu(const struct watch *watch, struct watch_cpu *cpu) __attribute__((warn_unused_result));
/* KiB of physical memory; -1 when it cannot be told. */
int64_t watch_resident_kib(const struct watch *watch);

/* Counts the system calls of all threads that there are now. False: not possible here. */
bool watch_calls_begin(struct watch *watch);
/* Calls since then; -1 when they could not be counted. */
int64_t watch_calls_end(struct watch *watch);

#endif
