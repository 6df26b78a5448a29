/* Exit codes: 0 done, 1 the run has failed, 2 wrong usage. */
#include "timing.h"

#include "base/rng.h"
#include "endpoint.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
	NS_PER_S = 1000000000,
	GIVE_UP_S = 5, /* nothing has come for so long: what is still owed is lost */
	PAIRS_MAX = 10000,
	WINDOW_MAX = 1000000,
	RATE_MAX = 1000000,
	/* Of the curve: steps for each power of ten of the share that is later. */
	CURVE_STEPS = 8,
};

struct plan {
	uint32_t rate; /* messages a second over all; 0: as fast as the windows let */
	double seconds, warmup;
	bool timer; /* nothing but a timer */
	struct rng chance;
	uint64_t next_ns; /* when the next message goes out */
};

static uint64_t clock_ns(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

/* --- the schedule --- */

/* Messages come independently of each other: the time between two is exponentially distributed. */
static uint64_t gap_ns(struct plan *plan)
{
	return (uint64_t)(-log1p(-rng_unit(&plan->chance)) / plan->rate * (double)NS_PER_S);
}

static void send_due(struct timing *timing, struct plan *plan, uint64_t now_ns)
{
	while (plan->rate && plan->next_ns <= now_ns) {
		timing_send(timing, (uint32_t)rng_below(&plan->chance, timing->pairs));
		plan->next_ns += gap_ns(plan);
	}
}

static void run_for(struct timing *timing, struct plan *plan, double seconds)
{
	uint64_t now_ns = clock_ns(), end_ns = now_ns + (uint64_t)(seconds * (double)NS_PER_S);

	while (now_ns < end_ns) {
		uint64_t until_ns = end_ns;

		send_due(timing, plan, now_ns);
		timing_flush(timing);
		if (plan->rate && plan->next_ns < until_ns) {
			until_ns = plan->next_ns;
		}
		now_ns = clock_ns();
		timing_wait(timing, until_ns > now_ns ? until_ns - now_ns : 0);
		now_ns = clock_ns();
	}
}

/* What is under way comes; what does not is lost. */
static void drain(struct timing *timing)
{
	const uint64_t patience_ns = (uint64_t)GIVE_UP_S * NS_PER_S;
	uint64_t owed = timing->owed, give_up_ns = clock_ns() + patience_ns;

	timing->refill = false;
	while (timing->owed && clock_ns() < give_up_ns) {
		timing_flush(timing);
		timing_wait(timing, patience_ns / GIVE_UP_S);
		if (timing->owed != owed) {
			owed = timing->owed;
			give_up_ns = clock_ns() + patience_ns;
		}
	}
}

static void fill_windows(struct timing *timing)
{
	timing->refill = true;
	for (uint32_t pair = 0; pair < timing->pairs; pair++) {
		for (uint32_t i = 0; i < timing->window; i++) {
			timing_send(timing, pair);
		}
	}
}

static double run(struct timing *timing, struct plan *plan)
{
	uint64_t start_ns;

	plan->next_ns = clock_ns();
	if (plan->rate) {
		plan->next_ns += gap_ns(plan);
	} else {
		fill_windows(timing);
	}
	run_for(timing, plan, plan->warmup);
	timing->measured = true;
	start_ns = clock_ns();
	run_for(timing, plan, plan->seconds);
	timing->measured = false;
	start_ns = clock_ns() - start_ns;
	drain(timing);
	return (double)start_ns / (double)NS_PER_S;
}

/* --- what the machine does to a timer alone --- */

/* The process sleeps until a time on the same schedule, and does nothing else. */
static void sleep_and_wake(struct plan *plan, struct histogram *lateness)
{
	uint64_t now_ns = clock_ns(),
		 end_ns = now_ns + (uint64_t)(plan->seconds * (double)NS_PER_S);
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (timer < 0) {
		endpoint_fail(1, "no timerfd: %s", strerror(errno));
	}
	while (now_ns < end_ns) {
		uint64_t due_ns = now_ns + gap_ns(plan), rings;
		struct itimerspec at = {.it_value = {.tv_sec = (time_t)(due_ns / NS_PER_S),
						     .tv_nsec = (long)(due_ns % NS_PER_S)}};

		if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL) < 0 ||
		    read(timer, &rings, sizeof(rings)) != (ssize_t)sizeof(rings)) {
			endpoint_fail(1, "timerfd: %s", strerror(errno));
		}
		now_ns = clock_ns();
		histogram_note(lateness, now_ns - due_ns);
	}
	close(timer);
}

/* --- the line of JSON --- */

static double us(uint64_t ns)
{
	return (double)ns / 1e3;
}

/* At most so late: by the share that is later, from all to the last message. */
static void put_curve(const struct histogram *histogram)
{
	double share = 1;

	for (int step = 0; share * (double)histogram->total >= 1; step++) {
		printf("%s[%.3g, %.2f]", step ? ", " : "", share,
		       us(histogram_quantile(histogram, 1 - share)));
		share = pow(10, -(step + 1.0) / CURVE_STEPS);
	}
}

static void put_lateness(const char *name, const struct histogram *histogram, const char *after)
{
	printf("\"%s_us\": {\"p50\": %.2f, \"p90\": %.2f, \"p99\": %.2f, \"p999\": %.2f, "
	       "\"max\": %.2f, \"curve\": [",
	       name, us(histogram_quantile(histogram, 0.5)), us(histogram_quantile(histogram, 0.9)),
	       us(histogram_quantile(histogram, 0.99)), us(histogram_quantile(histogram, 0.999)),
	       us(histogram->max_ns));
	put_curve(histogram);
	printf("]}%s", after);
}

static void report(const struct timing *timing, const struct plan *plan, double seconds)
{
	const struct lateness *lateness = &timing->lateness;

	printf("{\"rate\": %u, \"seconds\": %.3f, \"sent\": %" PRIu64 ", \"delivered\": %" PRIu64
	       ", \"per_second\": %.1f, \"early\": %" PRIu64 ", \"earliest_us\": %.2f, ",
	       plan->rate, seconds, timing->sent, timing->delivered, (double)timing->sent / seconds,
	       lateness->early, us(lateness->earliest_ns));
	if (timing->delivered) {
		printf("\"delays_us\": [%" PRIu64 ", %" PRIu64 "], ", lateness->delay_least_us,
		       lateness->delay_most_us);
	}
	if (lateness->stamped) {
		put_lateness("socket", &lateness->socket, ", ");
	} else {
		printf("\"socket_us\": null, ");
	}
	put_lateness("gateway", &lateness->gateway, ", ");
	put_lateness("process", &lateness->process, "}\n");
}

static void report_timer(struct plan *plan)
{
	static struct histogram lateness;

	if (!plan->rate) {
		endpoint_fail(2, "--timer takes a rate");
	}
	sleep_and_wake(plan, &lateness);
	printf("{\"rate\": %u, \"delivered\": %" PRIu64 ", ", plan->rate, lateness.total);
	put_lateness("timer", &lateness, "}\n");
}

/* --- options --- */

static const char usage[] =
	"usage: timing --to HOST:PORT [options]\n"
	"       timing --timer [--rate R] [--seconds S]\n"
	"Pairs of drones at a gateway whose scenario has delay = real; prints as one line of JSON\n"
	"how much later than at sent + simulated delay messages come.\n"
	"  --pairs N     (10)       --payload B  bytes (128)   --prefix P  (d)\n"
	"  --rate R      messages a second over all (100); 0: as fast as the windows let\n"
	"  --window W    messages under way of each pair, without a rate (1)\n"
	"  --seconds S   (5)        --warmup S   (0.5)         --scenario NAME\n"
	"  --seed N      of the times between messages (1)\n"
	"  --timer       how much later than it should a timer alone wakes this program up\n";

static const struct option options[] = {
	{"to", required_argument, NULL, 't'},
	{"pairs", required_argument, NULL, 'n'},
	{"payload", required_argument, NULL, 'p'},
	{"prefix", required_argument, NULL, 'x'},
	{"rate", required_argument, NULL, 'r'},
	{"window", required_argument, NULL, 'w'},
	{"seconds", required_argument, NULL, 's'},
	{"warmup", required_argument, NULL, 'u'},
	{"scenario", required_argument, NULL, 'c'},
	{"seed", required_argument, NULL, 'd'},
	{"timer", no_argument, NULL, 'm'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static double seconds_of(const char *option, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds > 0 && seconds < 86400)) {
		endpoint_fail(2, "%s %s: seconds are needed, less than a day", option, text);
	}
	return seconds;
}

static void take_option(struct timing *timing, struct plan *plan, int option)
{
	switch (option) {
	case 't':
		timing->address = optarg;
		break;
	case 'n':
		timing->pairs = endpoint_number("--pairs", optarg, 1, PAIRS_MAX);
		break;
	case 'p':
		timing->shape.payload_bytes = endpoint_number("--payload", optarg, 1, UINT16_MAX);
		break;
	case 'x':
		timing->shape.drone_prefix = optarg;
		break;
	case 'r':
		plan->rate = endpoint_number("--rate", optarg, 0, RATE_MAX);
		break;
	case 'w':
		timing->window = endpoint_number("--window", optarg, 1, WINDOW_MAX);
		break;
	case 's':
		plan->seconds = seconds_of("--seconds", optarg);
		break;
	case 'u':
		plan->warmup = seconds_of("--warmup", optarg);
		break;
	case 'c':
		timing->shape.scenario = optarg;
		break;
	case 'm':
		plan->timer = true;
		break;
	case 'd':
		rng_seed(&plan->chance, endpoint_number("--seed", optarg, 0, UINT32_MAX));
		break;
	default:
		(void)fputs(usage, option == 'h' ? stdout : stderr);
		exit(option == 'h' ? 0 : 2);
	}
}

int main(int argc, char **argv)
{
	static struct timing timing = {
		.shape = {.payload_bytes = 128, .drone_prefix = "d", .timed = true},
		.pairs = 10,
		.window = 1,
	};
	struct plan plan = {.rate = 100, .seconds = 5, .warmup = 0.5};
	double seconds;
	int option;

	rng_seed(&plan.chance, 1);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		take_option(&timing, &plan, option);
	}
	if (optind < argc || !(timing.address || plan.timer)) {
		endpoint_fail(2, "--to says where the gateway is, and there are options alone; "
				 "--help tells more");
	}
	/* Without it a sleep may be 50 us too long. */
	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
	endpoint_prepare();
	if (plan.timer) {
		report_timer(&plan);
		return 0;
	}
	timing_drones_open(&timing);
	seconds = run(&timing, &plan);
	report(&timing, &plan, seconds);
	timing_drones_close(&timing);
	return 0;
}
