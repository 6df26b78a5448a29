/* load: the load generator. Exit codes: 0 done, 1 the run has failed, 2 wrong usage. */
#include "load.h"
#include "endpoint.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_RUN_FAILED = 1, EXIT_WRONG_USAGE = 2, NS_PER_S = 1000000000 };

uint64_t load_clock_ns(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

int load_fail(struct load *load, const char *format, ...)
{
	va_list arguments;

	if (!load->failed) { /* what went wrong first is what matters */
		load->failed = true;
		va_start(arguments, format);
		(void)vsnprintf(load->why, sizeof(load->why), format, arguments);
		va_end(arguments);
	}
	return -1;
}

void load_progress(struct load *load)
{
	const struct counts *before = &load->progress_counts;

	if (!load->progress_ns || load->now_ns < load->progress_ns) {
		return;
	}
	(void)fprintf(stderr, "load: %s: %u registered, %lu sent, %lu delivered, %lu told in 1 s\n",
		      load_mode_name(load->options->mode), load->ready,
		      (unsigned long)(load->counts.sent - before->sent),
		      (unsigned long)(load->counts.delivered - before->delivered),
		      (unsigned long)(load->counts.told - before->told));
	load->progress_counts = load->counts;
	load->progress_ns = load->now_ns + NS_PER_S;
}

static int run_mode(struct load *load)
{
	switch (load->options->mode) {
	case MODE_IDLE:
		return load_run_idle(load);
	case MODE_REGISTER:
		return load_run_register(load);
	case MODE_PRESENCE:
		return load_run_presence(load);
	case MODE_OVERLOAD:
		return load_run_overload(load);
	default:
		return load_run_traffic(load);
	}
}

static int run(struct load *load)
{
	/* Without it a sleep may be 50 us too long, and messages that late. */
	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
	endpoint_raise_files();
	if (load_measure_resident_before(load) < 0 || load_net_open(load) < 0) {
		return -1;
	}
	if (isatty(STDERR_FILENO)) {
		load->progress_ns = load_clock_ns() + NS_PER_S;
	}
	return run_mode(load);
}

int main(int argc, char **argv)
{
	static struct load_options options;
	static struct load load = {.options = &options, .epoll = -1};
	int status;

	(void)signal(SIGPIPE, SIG_IGN);
	switch (load_options_read(argc, argv, &options)) {
	case LOAD_OPTIONS_DONE:
		return EXIT_DONE;
	case LOAD_OPTIONS_WRONG:
		return EXIT_WRONG_USAGE;
	case LOAD_OPTIONS_RUN:
		break;
	}
	if (options.print_sizes) {
		return load_print_sizes(&options.shape) == 0 ? EXIT_DONE : EXIT_RUN_FAILED;
	}
	status = run(&load);
	if (status == 0) {
		load_report(&load, false);
	} else {
		(void)fprintf(stderr, "load: %s\n", load.why);
	}
	load_net_close(&load);
	free(load.missing);
	return status == 0 ? EXIT_DONE : EXIT_RUN_FAILED;
}
