/* A channel simulator, the bundled one or another (identity.h). Exit codes: 0 stopped by a signal,
 * 1 cannot run, 2 wrong usage or configuration; what it can do instead of serving is in jobs.h. */
#include <signal.h>
#include <stdio.h>

#include "identity.h"
#include "jobs.h"
#include "options.h"
#include "server.h"

enum { EXIT_STOPPED = 0, EXIT_CANNOT_RUN = 1, EXIT_WRONG_USAGE = 2 };

/* How long a reader of the log may keep us from ending. */
enum { LOG_PATIENCE_MS = 1000 };

int main(int argc, char **argv)
{
	char why[READY_FILE_WHY_BYTES];
	struct ready_file ready;
	struct options options;
	struct fault_list faults = {0};
	struct log *log;
	const struct job *job = jobs_find(argc, argv);
	int result;

	signal(SIGPIPE, SIG_IGN);
	if (job) {
		return job->run(argc, argv);
	}
	switch (options_read(argc, argv, &options)) {
	case OPTIONS_DONE:
		return EXIT_STOPPED;
	case OPTIONS_WRONG:
		return EXIT_WRONG_USAGE;
	case OPTIONS_RUN:
		break;
	}
	if (options.faults[0] && fault_file_read(options.faults, &faults) < 0) {
		return EXIT_WRONG_USAGE;
	}
	if (ready_file_claim(&ready, options.ready_file, why) < 0) {
		fprintf(stderr, "%s: --ready-file %s: %s\n", this_simulator.name,
			options.ready_file, why);
		return EXIT_CANNOT_RUN;
	}
	log = log_open(2, LOG_LEVEL_INFO);
	if (!log) {
		fprintf(stderr, "%s: cannot start the log\n", this_simulator.name);
		return EXIT_CANNOT_RUN;
	}
	log_set_format(log, options.log_format);
	result = server_run(&options, &faults, &ready, log);
	log_close(log, LOG_PATIENCE_MS);
	fault_list_fini(&faults);
	return result == 0 ? EXIT_STOPPED : EXIT_CANNOT_RUN;
}
