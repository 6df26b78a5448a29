/* The simulator's sockets: one loop, one thread, several gateways at once. */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "base/log.h"
#include "options.h"

/* Listens and serves until SIGTERM or SIGINT. 0, or -1 when it could not start;
 * the log has why. */
int server_run(const struct options *options, struct log *log) __attribute__((warn_unused_result));

#endif
