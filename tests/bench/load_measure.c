#include <time.h>
#include <unistd.h>

#include "load.h"

/* This program; its counters come last and go first, for opening others takes calls. */
static struct watch own;

enum {
	NS_PER_S = 1000000000,
	/* Deliveries for each that is in flight, while system calls are counted. */
	CALLS_OVER_FLIGHTS = 20,
};

static uint64_t own_cpu_ns(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static int read_cpu(struct load *load, size_t i, struct watch_cpu *cpu)
{
	const struct watch *watch = &load->options->watched[i];

	if (watch_cpu(watch, cpu) < 0) {
		return load_fail(load, "--watch %s=%d: there is no such process", watch->name,
				 (int)watch->pid);
	}
	return 0;
}

int load_measure_resident_before(struct load *load)
{
	load->measure.own_calls = -1;
	for (size_t i = 0; i < load->options->watched_count; i++) {
		struct cost *cost = &load->measure.costs[i];

		*cost = (struct cost){.resident_kib = -1, .calls = -1};
		cost->resident_kib_before = watch_resident_kib(&load->options->watched[i]);
		if (read_cpu(load, i, &cost->before) < 0) {
			return -1;
		}
	}
	return 0;
}

int load_measure_begin(struct load *load)
{
	struct measure *measure = &load->measure;

	histogram_clear(&measure->latency);
	measure->running = true;
	measure->start = load->counts;
	for (size_t i = 0; i < load->options->watched_count; i++) {
		if (read_cpu(load, i, &measure->costs[i].before) < 0) {
			return -1;
		}
	}
	measure->own_cpu_start_ns = own_cpu_ns();
	measure->start_ns = load_clock_ns();
	return 0;
}

static struct counts counts_since(const struct counts *end, const struct counts *start)
{
	return (struct counts){
		.sent = end->sent - start->sent,
		.delivered = end->delivered - start->delivered,
		.lost = end->lost - start->lost,
		.told = end->told - start->told,
		.reported = end->reported - start->reported,
		.late = end->late - start->late,
	};
}

int load_measure_end(struct load *load)
{
	struct measure *measure = &load->measure;

	measure->end_ns = load_clock_ns();
	measure->own_cpu_ns = own_cpu_ns() - measure->own_cpu_start_ns;
	measure->running = false;
	measure->in = counts_since(&load->counts, &measure->start);
	for (size_t i = 0; i < load->options->watched_count; i++) {
		struct cost *cost = &measure->costs[i];

		if (read_cpu(load, i, &cost->after) < 0) {
			return -1;
		}
		cost->resident_kib = watch_resident_kib(&load->options->watched[i]);
	}
	return 0;
}

bool load_measure_calls_begin(struct load *load)
{
	bool any = false;

	for (size_t i = 0; i < load->options->watched_count; i++) {
		any |= watch_calls_begin(&load->options->watched[i]);
	}
	own = (struct watch){.pid = getpid()};
	any |= watch_calls_begin(&own);
	load->measure.calls_over = load->counts.delivered;
	load->measure.calls_over_least = CALLS_OVER_FLIGHTS * (load->owed ? load->owed : 1);
	return any;
}

bool load_measure_calls_enough(const struct load *load)
{
	return load->counts.delivered - load->measure.calls_over >= load->measure.calls_over_least;
}

void load_measure_calls_end(struct load *load)
{
	bool enough = load_measure_calls_enough(load);

	load->measure.own_calls = watch_calls_end(&own);
	for (size_t i = 0; i < load->options->watched_count; i++) {
		load->measure.costs[i].calls = watch_calls_end(&load->options->watched[i]);
		if (!enough) {
			load->measure.costs[i].calls = -1;
		}
	}
	if (!enough) {
		load->measure.own_calls = -1;
	}
	load->measure.calls_over = load->counts.delivered - load->measure.calls_over;
}
