/* sd_notify(3) waits when the manager does not read, and the loop with it: the datagrams are sent
 * here, as its page describes them, and one that does not go at once is not sent. */
#include "app/service.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 256 };

/* Its size; 0: nobody is to be told. A name that begins with @ is an abstract one (unix(7)). */
static socklen_t manager_address(struct sockaddr_un *address)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t size = path ? strlen(path) : 0;

	if (size < 2 || size >= sizeof(address->sun_path) || (*path != '/' && *path != '@')) {
		return 0;
	}
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path, path, size);
	if (*path == '@') {
		address->sun_path[0] = '\0';
	}
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
}

static void tell(const char *message)
{
	struct sockaddr_un address;
	socklen_t size = manager_address(&address);
	int fd = size ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;

	if (fd >= 0) {
		(void)sendto(fd, message, strlen(message), MSG_NOSIGNAL,
			     (const struct sockaddr *)&address, size);
		close(fd);
	}
}

bool service_is_watched(void)
{
	struct sockaddr_un address;

	return manager_address(&address) > 0;
}

void service_ready(const char *what, uint32_t online)
{
	char message[MESSAGE_BYTES];

	(void)snprintf(message, sizeof(message), "READY=1\nSTATUS=%s, %" PRIu32 " drones online",
		       what, online);
	tell(message);
}

void service_reloading(void)
{
	char message[MESSAGE_BYTES];

	(void)snprintf(message, sizeof(message),
		       "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=reading the configuration",
		       clock_mono_us());
	tell(message);
}

void service_stopping(uint32_t online, uint64_t most_ms)
{
	enum { MOMENT_MS = 5000 }; /* for a machine that is busy */
	char message[MESSAGE_BYTES];

	(void)snprintf(message, sizeof(message),
		       "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRIu64 "\nSTATUS=stopping, %" PRIu32
		       " drones are told",
		       (most_ms + MOMENT_MS) * 1000, online);
	tell(message);
}

/* That it is ready may not have been taken. */
void service_status(uint32_t online)
{
	service_ready("listening", online);
}
