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

enum { LOG_PATIENCE_MS = 1000 }; /* for a reader of the log that is slow at the end */

static const char help_text[] =
	"usage: uav-gateway -c FILE\n"
	"\n"
	"Relays messages between drones, each through a channel simulator.\n"
	"\n"
	"  -c, --config FILE   the configuration\n"
	"      --print-reference   every configuration key with bounds, default and help\n"
	"  -h, --help          this text\n"
	"      --version       the version\n"
	"\n"
	"The log goes to standard error, one line an event (logfmt or JSON).\n"
	"\n"
	"signals\n"
	"  TERM, INT   take no newcomers, let messages in flight finish, say goodbye to\n"
	"              everyone, end; a second one ends at once\n"
	"  HUP         a warning: the configuration is read only at the start\n"
	"\n"
	"exit codes\n"
	"  0  orderly end\n"
	"  1  mistakes in the configuration, each told as FILE:LINE: message\n"
	"  2  wrong arguments\n"
	"  3  cannot start: an address is taken, memory is out\n";

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
	if (gateway_run(settings, log) == 0) {
		code = EXIT_ORDERLY;
	}
	log_close(log, LOG_PATIENCE_MS);
no_log:
	settings_free(settings);
	return code;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{"print-reference", no_argument, NULL, 'p'},
		{0},
	};
	const char *file = NULL;
	int option;

	signal(SIGPIPE, SIG_IGN);
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
		case 'p':
			settings_print_reference(stdout);
			return EXIT_ORDERLY;
		default:
			fputs("see uav-gateway --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		return usage("unexpected argument");
	}
	return file ? run(file) : usage("no configuration given");
}
