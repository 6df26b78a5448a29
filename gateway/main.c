/* uav-gateway: arguments and exit codes. */
#include "app/gateway.h"
#include "base/version.h"
#include "settings/settings.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum exit_code {
	EXIT_ORDERLY = 0,
	EXIT_CONFIGURATION = 1,
	EXIT_USAGE = 2,
	EXIT_CANNOT_START = 3,
};

enum task {
	TASK_RUN,
	TASK_CHECK,
	TASK_PRINT,
};

enum { LOG_PATIENCE_MS = 1000 }; /* for a reader of the log that is slow at the end */

static const char help_text[] =
	"usage: uav-gateway -c FILE [--check | --print-config]\n"
	"\n"
	"Relays messages between drones, each through a channel simulator.\n"
	"\n"
	"  -c, --config FILE       the configuration\n"
	"      --check             tells every mistake in FILE, or that there is none; starts\n"
	"                          nothing\n"
	"      --print-config      what FILE and the defaults amount to, as one configuration;\n"
	"                          starts nothing\n"
	"      --print-reference   every configuration key with bounds, default and help\n"
	"  -h, --help              this text\n"
	"      --version           the version\n"
	"\n"
	"The log goes to standard error, one line an event (logfmt or JSON).\n"
	"\n"
	"signals\n"
	"  TERM, INT   take no newcomers, let messages in flight finish, say goodbye to\n"
	"              everyone, end; a second one ends at once\n"
	"  HUP         read FILE again and take in what has changed; nothing changes when\n"
	"              there is a mistake in it\n"
	"\n"
	"exit codes\n"
	"  0  orderly end; FILE is right\n"
	"  1  mistakes in the configuration, each told as FILE:LINE: message\n"
	"  2  wrong arguments\n"
	"  3  cannot start: an address is taken, memory is out; cannot print\n";

static void complain(void *ctx, const char *file, int line, const char *message)
{
	(void)ctx;
	if (line > 0) {
		fprintf(stderr, "%s:%d: %s\n", file, line, message);
	} else {
		fprintf(stderr, "%s: %s\n", file, message);
	}
}

static int usage(const char *message)
{
	fprintf(stderr, "uav-gateway: %s; see uav-gateway --help\n", message);
	return EXIT_USAGE;
}

static int run(const char *file)
{
	struct settings *settings = settings_load(file, complain, NULL);
	int code = EXIT_CANNOT_START;
	struct log *log;

	if (!settings) {
		return EXIT_CONFIGURATION;
	}
	log = log_open(STDERR_FILENO, settings->log_level);
	if (!log) {
		fprintf(stderr,
			"uav-gateway: the log cannot be opened: out of memory or threads\n");
		goto no_log;
	}
	log_set_format(log, settings->log_format);
	if (gateway_run(file, &settings, log) == 0) {
		code = EXIT_ORDERLY;
	}
	log_close(log, LOG_PATIENCE_MS);
no_log:
	settings_free(settings);
	return code;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void print_summary(const struct settings *settings, const char *file)
{
	printf("%s: all is well: %zu listener%s, %zu simulator%s, %zu scenario%s\n", file,
	       settings->listener_count, plural(settings->listener_count),
	       settings->simulator_count, plural(settings->simulator_count),
	       settings->scenario_count, plural(settings->scenario_count));
}

/* What was printed has reached its reader, or it is an error. */
static int finish_output(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout)) {
		return EXIT_ORDERLY;
	}
	perror("uav-gateway: cannot print");
	return EXIT_CANNOT_START;
}

static int look(const char *file, enum task task)
{
	struct settings *settings = settings_load(file, complain, NULL);

	if (!settings) {
		return EXIT_CONFIGURATION;
	}
	if (task == TASK_CHECK) {
		print_summary(settings, file);
	} else {
		settings_print(settings, stdout);
	}
	settings_free(settings);
	return finish_output();
}

static int perform(const char *file, enum task task)
{
	if (!file) {
		return usage("no configuration given");
	}
	return task == TASK_RUN ? run(file) : look(file, task);
}

/* A SIGHUP that comes before there is anything to reload waits until the gateway takes it. */
static void hold_reload(void)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &held, NULL);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{"check", no_argument, NULL, 'k'},
		{"print-config", no_argument, NULL, 'P'},
		{"print-reference", no_argument, NULL, 'p'},
		{0},
	};
	const char *file = NULL;
	enum task task = TASK_RUN;
	int option, tasks = 0;

	signal(SIGPIPE, SIG_IGN);
	hold_reload();
	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 'h':
			fputs(help_text, stdout);
			return EXIT_ORDERLY;
		case 'v':
			puts("uav-gateway " UAV_VERSION);
			return EXIT_ORDERLY;
		case 'k':
			tasks++;
			task = TASK_CHECK;
			break;
		case 'P':
			tasks++;
			task = TASK_PRINT;
			break;
		case 'p':
			settings_print_reference(stdout);
			return finish_output();
		default:
			fputs("see uav-gateway --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		return usage("unexpected argument");
	}
	if (tasks > 1) {
		return usage("--check and --print-config are two things to do");
	}
	return perform(file, task);
}
