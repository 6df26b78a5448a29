/* Waiting for others, so that no script has to sleep and hope. */
#ifndef UAV_CLI_WAIT_H
#define UAV_CLI_WAIT_H

#include "cli/dialogue.h"

/* Asks the gateway again and again until the drone `id`, or anybody but this program when that is
 * NULL, is in the scenario of the options, and the scenario is available: a message would go
 * through the channel. Without a scenario it is enough to be online. CLI_TIMED_OUT, told with what
 * was missing, when it is not so within the options' timeout. */
enum cli_exit wait_for_drone(struct dialogue *dialogue, const char *id);

#endif
