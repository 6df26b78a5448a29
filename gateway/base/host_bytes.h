/* A host's address in 16 bytes, an IPv4 address as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
#ifndef UAV_BASE_HOST_BYTES_H
#define UAV_BASE_HOST_BYTES_H

#include <netinet/in.h>
#include <stdint.h>

#define HOST_BYTES 16

/* "127.0.0.1", "::1": without a port. Returns `text`. */
const char *host_bytes_text(const uint8_t bytes[HOST_BYTES], char text[INET6_ADDRSTRLEN]);

#endif
