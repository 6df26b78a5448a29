/* The forms of an address: as the operator writes it, as the system takes it,
 * as the core compares it, and as the log shows it. */
#ifndef UAV_NET_HOST_H
#define UAV_NET_HOST_H

#include "core/port.h"
#include "settings/settings.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Most bytes of a unix socket's path. */
#define HOST_PATH_BYTES (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

/* What the system takes. "localhost" is 127.0.0.1: no name is looked up. 0, or
 * -1 when the host is neither that nor numeric, or the path is empty or longer than
 * HOST_PATH_BYTES. */
int host_resolve(const struct address *address, struct sockaddr_storage *out)
	__attribute__((warn_unused_result));

/* The host alone in the core's 16 bytes, an IPv4 address as ::ffff:a.b.c.d. Who comes by a
 * unix socket is on this host: 127.0.0.1 (as text: base/host_bytes.h). All zero for any other
 * family. */
void host_bytes(const struct sockaddr *from, uint8_t bytes[ENDPOINT_ADDRESS_BYTES]);

/* "127.0.0.1:7000", "[::1]:7000", "unix:/run/uav.sock", or "?" for any other family. Of
 * AF_UNIX all of a struct sockaddr_un must be there. Returns `text`. */
#define HOST_TEXT_BYTES (HOST_PATH_BYTES + sizeof("unix:"))
const char *host_text(const struct sockaddr *from, char text[HOST_TEXT_BYTES]);

#endif
