/* The simulator's sockets: one loop, one thread, several gateways at once. */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "base/log.h"
#include "base/ready_file.h"
#include "faults/file.h"
#include "options.h"

/* Listens and serves until SIGTERM or SIGINT. `ready` has been claimed, and is there from when
 * gateways can connect until then, with "listen ADDRESS". `faults` may be none. 0, or -1 when it
 * could not start; the log has why. */
int server_run(const struct options *options, struct fault_list *faults, struct ready_file *ready,
	       struct log *log) __attribute__((warn_unused_result));

#endif
