/* Mode overload: what becomes of messages when more are offered than can be carried. Five stages
 * follow each other:
 *
 *   peak    a closed loop, --window messages of each pair in flight, and then step by step more
 *           on a schedule, as long as it is carried: the most that is
 *   before  CALM times that on a schedule
 *   over    OVER times the peak on a schedule
 *   after   CALM times the peak again
 *   again   the peak is found once more: on a machine that others use it may be another
 *
 * Messages go to the other drone of a pair, or (--everyone) from each drone to all others; then
 * everything is counted by receiver, and so are rates. Every message asks for a report, and each
 * report is counted by its outcome. A schedule does not wait: what is due while its sender's socket
 * takes nothing is not sent, and counted. What happened is kept for each interval of INTERVAL_MS,
 * and printed with the result. */
#include "load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/message.h"

enum {
	NS_PER_S = 1000000000,
	NS_PER_MS = 1000000,
	INTERVAL_MS = 100,
	WATCHED = LOAD_MAX_WATCHED + 1, /* and this program itself */
	/* Nothing has been reported for so long: what is still owed is lost. */
	GIVE_UP_S = 10,
	MOST_SECONDS = 3600,
	MOST_CLIMBS = 30,
	PEAKS = 2, /* before and after */
};

static const double OVER = 3.0, CALM = 0.5;
static const double WARM_UP = 0.4; /* share of the closed loop's time that is not counted */
static const double CLIMB = 1.2;   /* times what was offered before */
static const double CARRIED = 0.9; /* share of what is offered */
static const char *const stage_names[] = {"peak", "before", "over", "after", "again"};

/* What happened in one interval. */
struct interval {
	enum load_stage stage;
	uint32_t offered; /* were due */
	uint32_t skipped; /* of these: the socket took nothing */
	uint32_t delivered;
	uint32_t outcomes[OUTCOME_COUNT]; /* as reported */
	uint64_t p50_ns, p99_ns;	  /* of those delivered, from when they were due */
	uint64_t cpu_ns[WATCHED];
};

static struct {
	struct interval *intervals;
	uint32_t count, cap;
	struct interval *now; /* the one that runs */
	enum load_stage stage;
	uint64_t end_ns;	  /* of the interval that runs */
	uint64_t cpu_ns[WATCHED]; /* up to its start */
	uint64_t schedule_ns, scheduled;
	double rate; /* messages a second */
	double peaks[PEAKS];
	double *peak; /* the one that is being found */
} run;

/* ---------------------------------------------------------------- intervals */

static uint64_t cpu_ns_of(const struct load *load, size_t watched)
{
	struct watch_cpu cpu = {0};
	struct timespec time;

	if (watched < load->options->watched_count) {
		(void)!watch_cpu(&load->options->watched[watched], &cpu);
		return cpu.all_ns;
	}
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static void interval_begin(struct load *load)
{
	run.now = &run.intervals[run.count];
	*run.now = (struct interval){.stage = run.stage};
	histogram_clear(&load->measure.latency);
}

static void interval_end(struct load *load)
{
	run.now->p50_ns = histogram_quantile(&load->measure.latency, 0.5);
	run.now->p99_ns = histogram_quantile(&load->measure.latency, 0.99);
	for (size_t i = 0; i <= load->options->watched_count; i++) {
		uint64_t cpu_ns = cpu_ns_of(load, i);

		run.now->cpu_ns[i] = cpu_ns - run.cpu_ns[i];
		run.cpu_ns[i] = cpu_ns;
	}
	run.end_ns += (uint64_t)INTERVAL_MS * NS_PER_MS;
	run.count += run.count + 1 < run.cap; /* the last takes what is over */
	interval_begin(load);
}

static void look_at_clock(struct load *load)
{
	while (load->now_ns >= run.end_ns) {
		interval_end(load);
	}
}

/* ------------------------------------------------------------------ messages */

void load_overload_delivered(struct load *load, uint64_t sent_ns)
{
	run.now->delivered++;
	histogram_note(&load->measure.latency, load->now_ns > sent_ns ? load->now_ns - sent_ns : 0);
}

int load_overload_reported(struct load *load, struct drone *drone, const struct heard *report)
{
	if (report->outcome >= OUTCOME_COUNT || load->owed < report->count) {
		return load_fail(load,
				 "drone %u was told outcome %u of a message that it has not "
				 "sent",
				 drone->number, report->outcome);
	}
	run.now->outcomes[OUTCOME_DELIVERED] += report->delivered;
	run.now->outcomes[report->outcome] += report->count - report->delivered;
	load->owed -= report->count;
	return load->refill && !report->more ? load_send(load, drone, load->now_ns) : 0;
}

static uint32_t sender_count(const struct load *load)
{
	return load->options->everyone ? load->options->drones : load->options->drones / 2;
}

/* In turn. */
static struct drone *next_sender(const struct load *load, uint64_t number)
{
	return &load->drones[number % sender_count(load) * (load->options->everyone ? 1 : 2)];
}

static uint64_t due_ns(void)
{
	return run.schedule_ns + (uint64_t)((double)run.scheduled * ((double)NS_PER_S / run.rate));
}

/* All that is due. */
static int offer_due(struct load *load)
{
	for (uint64_t due = due_ns(); due <= load->now_ns; due = due_ns()) {
		struct drone *sender = next_sender(load, run.scheduled);

		run.scheduled++;
		run.now->offered += load->receivers;
		if (sender->full) {
			run.now->skipped += load->receivers;
		} else if (load_send(load, sender, due) < 0) {
			return -1;
		}
	}
	return 0;
}

/* -------------------------------------------------------------------- stages */

static uint64_t sooner_ns(uint64_t one_ns, uint64_t other_ns)
{
	return one_ns < other_ns ? one_ns : other_ns;
}

static int turn(struct load *load, uint64_t until_ns)
{
	if (load_turn(load, sooner_ns(until_ns, run.end_ns)) < 0) {
		return -1;
	}
	look_at_clock(load);
	return 0;
}

static uint64_t stage_end_ns(const struct load *load, enum load_stage stage)
{
	return load->now_ns + (uint64_t)(load->options->stages[stage] * (double)NS_PER_S);
}

/* What is due at that rate (by receiver) from now on is offered, until then. */
static int offer(struct load *load, double rate, uint64_t end_ns)
{
	run.rate = rate / load->receivers;
	run.schedule_ns = load->now_ns;
	run.scheduled = 0;
	while (load->now_ns < end_ns) {
		if (offer_due(load) < 0 || turn(load, sooner_ns(due_ns(), end_ns)) < 0) {
			return -1;
		}
	}
	return 0;
}

/* No interval has two stages in it. */
static void begin_stage(struct load *load, enum load_stage stage)
{
	run.stage = stage;
	interval_end(load);
	run.end_ns = load->now_ns + (uint64_t)INTERVAL_MS * NS_PER_MS;
}

static int run_stage(struct load *load, enum load_stage stage, double share)
{
	begin_stage(load, stage);
	return offer(load, run.peaks[0] * share, stage_end_ns(load, stage));
}

/* Nothing new; until everything has been reported. */
static int settle(struct load *load)
{
	const uint64_t patience_ns = (uint64_t)GIVE_UP_S * NS_PER_S;
	uint64_t give_up_ns = load->now_ns + patience_ns, owed = load->owed;

	load->refill = false;
	while (load->owed && load->now_ns < give_up_ns) {
		if (turn(load, give_up_ns) < 0) {
			return -1;
		}
		if (load->owed != owed) {
			owed = load->owed;
			give_up_ns = load->now_ns + patience_ns;
		}
	}
	if (load->owed) {
		return load_fail(load, "%" PRIu64 " of %" PRIu64 " messages have no report",
				 load->owed, load->counts.sent);
	}
	return 0;
}

static uint64_t good_so_far(void)
{
	uint64_t good = 0;

	for (uint32_t i = 0; i <= run.count; i++) {
		good += run.intervals[i].outcomes[OUTCOME_DELIVERED];
	}
	return good;
}

static int run_until(struct load *load, uint64_t end_ns)
{
	while (load->now_ns < end_ns) {
		if (turn(load, end_ns) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Goodput since there were `good`, at `start_ns`; the peak is raised to it. */
static double note_goodput(const struct load *load, uint64_t good, uint64_t start_ns)
{
	double seconds = (double)(load->now_ns - start_ns) / (double)NS_PER_S;
	double found = (double)(good_so_far() - good) / seconds;

	*run.peak = found > *run.peak ? found : *run.peak;
	return found;
}

/* --window messages of each sender in flight. */
static int carry_window(struct load *load)
{
	uint64_t start_ns = load->now_ns, end_ns = stage_end_ns(load, STAGE_PEAK);
	uint64_t good, give_up_ns;

	load->refill = true;
	for (uint32_t i = 0; i < sender_count(load) * load->options->window; i++) {
		if (load_send(load, next_sender(load, i), load->now_ns) < 0) {
			return -1;
		}
	}
	if (run_until(load, start_ns + (uint64_t)((double)(end_ns - start_ns) * WARM_UP)) < 0) {
		return -1;
	}
	good = good_so_far();
	start_ns = load->now_ns;
	give_up_ns = start_ns + (uint64_t)GIVE_UP_S * NS_PER_S;
	do { /* something, if the machine was with others meanwhile */
		if (run_until(load, end_ns) < 0) {
			return -1;
		}
		end_ns = load->now_ns + (uint64_t)INTERVAL_MS * NS_PER_MS;
	} while (good_so_far() == good && load->now_ns < give_up_ns);
	(void)note_goodput(load, good, start_ns);
	return settle(load);
}

/* From there on more is offered, as long as it is carried. */
static int find_peak(struct load *load, double *peak)
{
	double rate, found;

	run.peak = peak;
	if (carry_window(load) < 0) {
		return -1;
	}
	if (*peak <= 0) {
		return load_fail(load, "nothing was delivered and reported");
	}
	rate = *peak;
	do {
		uint64_t good = good_so_far(), start_ns = load->now_ns;

		rate *= CLIMB;
		if (offer(load, rate, stage_end_ns(load, STAGE_PEAK)) < 0) {
			return -1;
		}
		found = note_goodput(load, good, start_ns);
	} while (found > rate * CARRIED && run.count + 1 < run.cap);
	return settle(load);
}

static int find_peak_again(struct load *load)
{
	begin_stage(load, STAGE_AGAIN);
	if (settle(load) < 0 || find_peak(load, &run.peaks[1]) < 0) {
		return -1;
	}
	interval_end(load);
	return 0;
}

static int prepare(struct load *load)
{
	double seconds =
		PEAKS * (2.0 * GIVE_UP_S + MOST_CLIMBS * load->options->stages[STAGE_PEAK]);

	for (size_t i = 0; i < STAGE_AGAIN; i++) {
		seconds += load->options->stages[i];
	}
	run.cap = (uint32_t)(sooner_ns((uint64_t)seconds, MOST_SECONDS) * 1000 / INTERVAL_MS);
	run.intervals = calloc(run.cap, sizeof(*run.intervals));
	if (!run.intervals) {
		return load_fail(load, "memory is out");
	}
	for (size_t i = 0; i <= load->options->watched_count; i++) {
		run.cpu_ns[i] = cpu_ns_of(load, i);
	}
	load->now_ns = load_clock_ns();
	load->receivers = load->options->everyone ? load->drone_count - 1 : 1;
	run.end_ns = load->now_ns + (uint64_t)INTERVAL_MS * NS_PER_MS;
	interval_begin(load);
	return 0;
}

int load_run_overload(struct load *load)
{
	if (load_register_all(load) < 0 || load_make_frames(load) < 0 || prepare(load) < 0 ||
	    load_measure_begin(load) < 0 || find_peak(load, &run.peaks[0]) < 0 ||
	    run_stage(load, STAGE_BEFORE, CALM) < 0 || run_stage(load, STAGE_OVER, OVER) < 0 ||
	    run_stage(load, STAGE_AFTER, CALM) < 0 || find_peak_again(load) < 0 ||
	    load_measure_end(load) < 0) {
		return -1;
	}
	histogram_clear(&load->measure.latency); /* of an interval, not of the run */
	return 0;
}

/* -------------------------------------------------------------------- telling */

static void put_interval(const struct load *load, const struct interval *interval)
{
	printf("[\"%s\", %u, %u, %u, %.1f, %.1f, [", stage_names[interval->stage],
	       interval->offered, interval->skipped, interval->delivered,
	       (double)interval->p50_ns / 1e3, (double)interval->p99_ns / 1e3);
	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		printf("%s%u", i ? ", " : "", interval->outcomes[i]);
	}
	printf("], [");
	for (size_t i = 0; i <= load->options->watched_count; i++) {
		printf("%s%.3f", i ? ", " : "",
		       (double)interval->cpu_ns[i] / ((double)INTERVAL_MS * NS_PER_MS));
	}
	printf("]]");
}

void load_overload_report(const struct load *load)
{
	printf("\"overload\": {\"peaks\": [%.1f, %.1f], \"receivers\": %u, \"over\": %g, "
	       "\"calm\": %g, \"interval_ms\": %d, "
	       "\"unreported\": %" PRIu64 ", \"intervals\": [",
	       run.peaks[0], run.peaks[1], load->receivers, OVER, CALM, INTERVAL_MS, load->owed);
	for (uint32_t i = 0; i < run.count; i++) {
		printf("%s", i ? ", " : "");
		put_interval(load, &run.intervals[i]);
	}
	printf("]}, ");
	free(run.intervals);
	run.intervals = NULL;
}
