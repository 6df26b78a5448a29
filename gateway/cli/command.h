/* The commands. Each returns the program's exit code and prints to `out`. */
#ifndef UAV_CLI_COMMAND_H
#define UAV_CLI_COMMAND_H

#include "cli/options.h"
#include "cli/printer.h"

enum cli_exit who_run(const struct options *options, const struct printer *printer, FILE *out);
enum cli_exit scenarios_run(const struct options *options, const struct printer *printer,
			    FILE *out);
enum cli_exit send_run(const struct options *options, const struct printer *printer, FILE *out);
enum cli_exit listen_run(const struct options *options, const struct printer *printer, FILE *out);
enum cli_exit swarm_run(const struct options *options, const struct printer *printer, FILE *out);
enum cli_exit top_run(const struct options *options, FILE *out);
enum cli_exit console_run(const struct options *options, const struct printer *printer, FILE *out);

#endif
