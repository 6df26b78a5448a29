/* --log FILE.csv: one line for each message and target. */
#ifndef UAV_CLI_FATE_LOG_H
#define UAV_CLI_FATE_LOG_H

#include "cli/tally.h"

#include <stdio.h>

/* The names of the columns. In lockstep there is none that real time has a say in. */
void fate_log_head(FILE *file, bool lockstep);
/* Numbers that nobody has are left empty. */
void fate_log_line(FILE *file, bool lockstep, const char *sender, const struct fate *fate);

#endif
