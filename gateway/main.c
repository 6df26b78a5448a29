/* uav-gateway: arguments and exit codes. */
#include "access/secrets.h"
#include "app/drones.h"
#include "app/gateway.h"
#include "app/mistakes.h"
#include "base/utf8.h"
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
	TASK_ADD,
	TASK_REMOVE,
};

enum { OVERRIDES_MAX = 64 };

struct wish {
	struct settings_source source;
	const char *overrides[OVERRIDES_MAX];
	const char *ready_file; /* NULL: not given */
	enum task task;
	int tasks; /* asked for */
	const char *drone;
	const char *scenarios; /* NULL: not given */
};

enum { LOG_PATIENCE_MS = 1000 }; /* for a reader of the log that is slow at the end */

static const char help_text[] =
	"usage: uav-gateway -c FILE [--set SECTION.KEY=VALUE]... [--ready-file PATH]\n"
	"       uav-gateway -c FILE [--set SECTION.KEY=VALUE]... --check\n"
	"       uav-gateway -c FILE [--set SECTION.KEY=VALUE]... --print-config\n"
	"       uav-gateway -c FILE --add-drone ID [--scenarios LIST]\n"
	"       uav-gateway -c FILE --remove-drone ID\n"
	"\n"
	"Relays messages between drones, each through a channel simulator.\n"
	"\n"
	"  -c, --config FILE       the configuration\n"
	"      --set SECTION.KEY=VALUE\n"
	"                          goes before what FILE says of the key, as in\n"
	"                          --set listen:drones.address=127.0.0.1:0; may stand\n"
	"                          several times, and counts after a reload as well\n"
	"      --ready-file PATH   a file that is there for as long as the gateway can\n"
	"                          be used: from when it listens, is connected to its\n"
	"                          simulators and has their answers about all scenarios,\n"
	"                          until it is to stop. It tells the addresses, as\n"
	"                          \"listen:NAME ADDRESS\"\n"
	"      --check             tells every mistake in FILE, or that there is none;\n"
	"                          starts nothing\n"
	"      --print-config      what FILE and the defaults amount to, as one\n"
	"                          configuration; starts nothing\n"
	"      --add-drone ID      puts a drone into the secrets_file that FILE names,\n"
	"                          and prints its new secret, this once, as ID SECRET\n"
	"      --scenarios LIST    those that it may enter, by names or globs, as in\n"
	"                          \"field, test-*\"; without it all\n"
	"      --remove-drone ID   takes a drone out of the secrets_file\n"
	"      --print-reference   every configuration key with bounds, default and help\n"
	"  -h, --help              this text\n"
	"      --version           the version\n"
	"\n"
	"The log goes to standard error, one line an event (logfmt or JSON).\n"
	"\n"
	"signals\n"
	"  TERM, INT   take no newcomers, let messages in flight finish, say goodbye to\n"
	"              everyone, end; a second one ends at once\n"
	"  HUP         read FILE, secrets and certificates again and take in what has\n"
	"              changed; nothing changes when there is a mistake in them\n"
	"\n"
	"exit codes\n"
	"  0  orderly end; FILE is right; the drone was added or removed\n"
	"  1  mistakes in the configuration, each told as FILE:LINE: message; the drone\n"
	"     was not added or removed\n"
	"  2  wrong arguments\n"
	"  3  cannot start: an address is taken, memory is out; cannot print\n";

/* Names of files that a pattern has found may hold anything; what drives a terminal is
 * escaped. */
static void tell(const char *text)
{
	struct slice rest = slice_str(text);

	while (rest.size) {
		char unit[UTF8_ESCAPE_MAX];
		size_t taken = 1;
		size_t size = 1;

		if (rest.data[0] == '\\') {
			unit[0] = '\\';
		} else {
			size = utf8_escape(rest, false, unit, &taken);
		}
		(void)fwrite(unit, 1, size, stderr);
		rest = slice_of(rest.data + taken, rest.size - taken);
	}
}

static void complain(void *ctx, const char *file, int line, const char *message)
{
	(void)ctx;
	tell(file);
	if (line > 0) {
		fprintf(stderr, ":%d", line);
	}
	fputs(": ", stderr);
	tell(message);
	fputc('\n', stderr);
}

static int usage(const char *message)
{
	fprintf(stderr, "uav-gateway: %s; see uav-gateway --help\n", message);
	return EXIT_USAGE;
}

static int run(const struct wish *wish)
{
	const struct settings_source *source = &wish->source;
	struct mistakes mistakes = {0};
	struct in_force in_force;
	struct ready_file ready;
	char why[READY_FILE_WHY_BYTES];
	int code = EXIT_CANNOT_START;
	struct log *log;

	/* before anything can fail: who waits for a new one must not find the last */
	if (ready_file_claim(&ready, wish->ready_file, why) < 0) {
		fputs("uav-gateway: --ready-file ", stderr);
		complain(NULL, wish->ready_file, 0, why);
		return EXIT_CANNOT_START;
	}
	if (in_force_load(&in_force, source, NULL, mistakes_note, &mistakes) < 0) {
		mistakes_tell(&mistakes, in_force.log_format, stderr, complain, NULL);
		return EXIT_CONFIGURATION;
	}
	log = log_open(STDERR_FILENO, in_force.settings->log_level);
	if (!log) {
		fprintf(stderr,
			"uav-gateway: the log cannot be opened: out of memory or threads\n");
		goto no_log;
	}
	log_set_format(log, in_force.settings->log_format);
	if (gateway_run(source, &ready, &in_force, log) == 0) {
		code = EXIT_ORDERLY;
	}
	log_close(log, LOG_PATIENCE_MS);
no_log:
	in_force_free(&in_force);
	return code;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void print_summary(const struct in_force *in_force, const char *file)
{
	const struct settings *settings = in_force->settings;
	size_t drones = access_drones(in_force->access);

	printf("%s: all is well: %zu listener%s, %zu simulator%s, %zu scenario%s", file,
	       settings->listener_count, plural(settings->listener_count),
	       settings->simulator_count, plural(settings->simulator_count),
	       settings->scenario_count, plural(settings->scenario_count));
	if (settings->auth_mode == AUTH_SECRET) {
		printf(", %zu drone%s in %s", drones, plural(drones), settings->secrets_file);
	}
	putchar('\n');
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

static int check(const struct settings_source *source)
{
	struct in_force in_force;

	if (in_force_load(&in_force, source, NULL, complain, NULL) < 0) {
		return EXIT_CONFIGURATION;
	}
	print_summary(&in_force, source->file);
	in_force_free(&in_force);
	return finish_output();
}

static int print_config(const struct settings_source *source)
{
	struct settings *settings = settings_load_from(source, NULL, complain, NULL);

	if (!settings) {
		return EXIT_CONFIGURATION;
	}
	settings_print(settings, stdout);
	settings_free(settings);
	return finish_output();
}

/* One drone more or less. */
static int edit(const struct wish *wish)
{
	const char *scenarios = wish->scenarios ? wish->scenarios : "";
	const char *wrong = secrets_objection(wish->drone, scenarios);
	int status;

	if (wrong) {
		return usage(wrong);
	}
	status = wish->task == TASK_ADD
			 ? drones_add(&wish->source, wish->drone, scenarios, complain, NULL)
			 : drones_remove(&wish->source, wish->drone, complain, NULL);
	return status == 0 ? EXIT_ORDERLY : EXIT_CONFIGURATION;
}

static int perform(const struct wish *wish)
{
	if (wish->tasks > 1) {
		return usage(
			"--check, --print-config, --add-drone and --remove-drone are different "
			"things to do");
	}
	if (wish->scenarios && wish->task != TASK_ADD) {
		return usage("--scenarios is for --add-drone");
	}
	if (wish->ready_file && wish->task != TASK_RUN) {
		return usage("--ready-file is for a gateway that is to run");
	}
	if (!wish->source.file) {
		return usage("no configuration given");
	}
	switch (wish->task) {
	case TASK_CHECK:
		return check(&wish->source);
	case TASK_PRINT:
		return print_config(&wish->source);
	case TASK_ADD:
	case TASK_REMOVE:
		return edit(wish);
	case TASK_RUN:
		break;
	}
	return run(wish);
}

/* A SIGHUP that comes before there is anything to reload waits until the gateway takes it. */
static void hold_reload(void)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &held, NULL);
}

static void wish_for(struct wish *wish, enum task task)
{
	wish->tasks++;
	wish->task = task;
}

static int add_override(struct wish *wish, const char *text)
{
	if (wish->source.override_count == OVERRIDES_MAX) {
		return usage("--set is given more than 64 times");
	}
	wish->overrides[wish->source.override_count++] = text;
	return -1;
}

/* -1, or the code with which the program ends at once. */
static int take_option(struct wish *wish, int option)
{
	switch (option) {
	case 'c':
		wish->source.file = optarg;
		return -1;
	case 'S':
		return add_override(wish, optarg);
	case 'R':
		wish->ready_file = optarg;
		return -1;
	case 'k':
		wish_for(wish, TASK_CHECK);
		return -1;
	case 'P':
		wish_for(wish, TASK_PRINT);
		return -1;
	case 'a':
		wish_for(wish, TASK_ADD);
		wish->drone = optarg;
		return -1;
	case 'r':
		wish_for(wish, TASK_REMOVE);
		wish->drone = optarg;
		return -1;
	case 's':
		wish->scenarios = optarg;
		return -1;
	case 'h':
		fputs(help_text, stdout);
		return EXIT_ORDERLY;
	case 'v':
		puts("uav-gateway " UAV_VERSION);
		return EXIT_ORDERLY;
	case 'p':
		settings_print_reference(stdout);
		return finish_output();
	default:
		fputs("see uav-gateway --help\n", stderr);
		return EXIT_USAGE;
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{"set", required_argument, NULL, 'S'},
		{"ready-file", required_argument, NULL, 'R'},
		{"check", no_argument, NULL, 'k'},
		{"print-config", no_argument, NULL, 'P'},
		{"print-reference", no_argument, NULL, 'p'},
		{"add-drone", required_argument, NULL, 'a'},
		{"remove-drone", required_argument, NULL, 'r'},
		{"scenarios", required_argument, NULL, 's'},
		{0},
	};
	struct wish wish = {.task = TASK_RUN};
	int option;

	wish.source.overrides = wish.overrides;
	signal(SIGPIPE, SIG_IGN);
	hold_reload();
	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		int code = take_option(&wish, option);

		if (code >= 0) {
			return code;
		}
	}
	if (optind < argc) {
		return usage("unexpected argument");
	}
	return perform(&wish);
}
