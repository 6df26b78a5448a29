/* What --help says. */
#ifndef UAV_CLI_HELP_H
#define UAV_CLI_HELP_H

#include "cli/options.h"

/* Of the command; COMMAND_NONE: of the program. */
void help_print(FILE *out, enum command command);

#endif
