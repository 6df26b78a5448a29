/* The composition root: builds the gateway from its settings, runs it, and takes
 * it down in order.
 *
 * SIGTERM, SIGINT: no newcomers; what is in flight is waited for (drain_ms at
 * most); everyone is told goodbye and given linger_ms to read it; the end. A
 * second one: the end at once. SIGHUP: the file is read again and what has changed is taken
 * in, nobody is disconnected; not any more once the end has begun. The caller may have blocked
 * it until here; after the end all three are blocked, so that a late one does no harm. */
#ifndef UAV_APP_GATEWAY_H
#define UAV_APP_GATEWAY_H

#include "app/in_force.h"
#include "base/log.h"
#include "base/ready_file.h"

/* `source` is where *in_force came from. `ready` has been claimed: it is written once messages
 * pass (app/readiness), and removed when the way down begins. 0 after an orderly end; -1 when it
 * could not start, with the reason logged. A reload frees what is in *in_force and puts what is new
 * there; the last is the caller's to free. Changes in the settings what the system does not allow:
 * limits.max_drones.
 */
int gateway_run(const struct settings_source *source, struct ready_file *ready,
		struct in_force *in_force, struct log *log) __attribute__((warn_unused_result));

#endif
