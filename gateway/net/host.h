/* The forms of an address: as the operator writes it, as the system takes it,
 * as the core compares it, and as the log shows it. */
#ifndef UAV_NET_HOST_H
#define UAV_NET_HOST_H

#include "core/port.h"
#include "settings/settings.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* What the system takes. "localhost" is 127.0.0.1: no name is looked up. 0, or
 * -1 when the host is neither that nor numeric. */
int host_resolve(const struct address *address, struct sockaddr_storage *out)
	__attribute__((warn_unused_result));

/* The host alone in the core's 16 bytes, an IPv4 address as ::ffff:a.b.c.d; all
 * zero for any other family. */
void host_bytes(const struct sockaddr *from, uint8_t bytes[ENDPOINT_ADDRESS_BYTES]);

/* "127.0.0.1:7000", "[::1]:7000", or "?" for any other family. Returns `text`. */
#define HOST_TEXT_BYTES (INET6_ADDRSTRLEN + 8)
const char *host_text(const struct sockaddr *from, char text[HOST_TEXT_BYTES]);

#endif
