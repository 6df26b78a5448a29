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

#include "base/log.h"
#include "settings/settings.h"

/* `file` is where *settings came from. 0 after an orderly end; -1 when it could not start, with
 * the reason logged. A reload frees *settings and puts others there; the last ones are the
 * caller's to free. Changes in them what the system does not allow: limits.max_drones. */
int gateway_run(const char *file, struct settings **settings, struct log *log)
	__attribute__((warn_unused_result));

#endif
