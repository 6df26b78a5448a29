/* What the service manager is told (sd_notify(3)). Nothing, when there is none. */
#ifndef UAV_APP_SERVICE_H
#define UAV_APP_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether anybody wants to be told. */
bool service_is_watched(void);

/* Drones may come; or a reload is over, as `what` says. */
void service_ready(const char *what, uint32_t online);
/* A reload has begun. */
void service_reloading(void);
/* The way down has begun, and takes at most `most_ms`. */
void service_stopping(uint32_t online, uint64_t most_ms);
/* How things are. */
void service_status(uint32_t online);

#endif
