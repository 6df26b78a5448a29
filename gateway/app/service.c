#include "app/service.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

bool service_is_watched(void)
{
	return getenv("NOTIFY_SOCKET") != NULL;
}

void service_ready(const char *what, uint32_t online)
{
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s, %" PRIu32 " drones online", what, online);
}

void service_reloading(void)
{
	(void)sd_notifyf(
		0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=reading the configuration",
		clock_mono_us());
}

void service_stopping(uint32_t online, uint64_t most_ms)
{
	enum { MOMENT_MS = 5000 }; /* for a machine that is busy */

	(void)sd_notifyf(0,
			 "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRIu64 "\nSTATUS=stopping, %" PRIu32
			 " drones are told",
			 (most_ms + MOMENT_MS) * 1000, online);
}

void service_status(uint32_t online)
{
	(void)sd_notifyf(0, "STATUS=listening, %" PRIu32 " drones online", online);
}
