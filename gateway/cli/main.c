#include "cli/command.h"
#include "cli/dialogue.h"
#include "cli/escape.h"

#include <errno.h>

static enum cli_exit run(const struct options *options)
{
	const struct printer *printer = options->json ? &printer_json : &printer_text;

	switch (options->command) {
	case COMMAND_WHO:
		return who_run(options, printer, stdout);
	case COMMAND_SCENARIOS:
		return scenarios_run(options, printer, stdout);
	case COMMAND_SEND:
		return send_run(options, printer, stdout);
	case COMMAND_LISTEN:
		return listen_run(options, printer, stdout);
	case COMMAND_SWARM:
		return swarm_run(options, printer, stdout);
	case COMMAND_TOP:
		return top_run(options, stdout);
	case COMMAND_CONSOLE:
		return console_run(options, printer, stdout);
	case COMMAND_NONE:
		break;
	}
	return CLI_TROUBLE;
}

static enum cli_exit complain(const char *text)
{
	(void)fputs("uav-drone: ", stderr);
	(void)escape_print(stderr, slice_str(text));
	(void)fputs("\nuav-drone --help tells how it is used.\n", stderr);
	return CLI_TROUBLE;
}

int main(int argc, char **argv)
{
	struct options options;
	char complaint[512];
	enum cli_exit status = CLI_DONE;

	/* Each line is out as soon as it is told, into pipes too. */
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	switch (options_parse(argc, argv, &options, stdout, complaint, sizeof(complaint))) {
	case OPTIONS_OK:
		status = run(&options);
		break;
	case OPTIONS_TOLD:
		break;
	case OPTIONS_WRONG:
		status = complain(complaint);
		break;
	}
	if (fflush(stdout) == EOF || ferror(stdout)) {
		return (int)dialogue_trouble("cannot write the output: %s", strerror(errno));
	}
	return (int)status;
}
