/* The composition root: builds the gateway from its settings, runs it, and takes
 * it down in order.
 *
 * SIGTERM, SIGINT: no newcomers; what is in flight is waited for (drain_ms at
 * most); everyone is told goodbye and given linger_ms to read it; the end. A
 * second one: the end at once. SIGHUP: a warning that a reload is not supported. */
#ifndef UAV_APP_GATEWAY_H
#define UAV_APP_GATEWAY_H

#include "base/log.h"
#include "settings/settings.h"

/* 0 after an orderly end; -1 when it could not start, with the reason logged. Changes in
 * `settings` what the system does not allow: limits.max_drones. */
int gateway_run(struct settings *settings, struct log *log) __attribute__((warn_unused_result));

#endif
