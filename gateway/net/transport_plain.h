/* Bytes as they are. */
#ifndef UAV_NET_TRANSPORT_PLAIN_H
#define UAV_NET_TRANSPORT_PLAIN_H

#include "net/transport_socket.h"

/* Its user gives the memory, as a part of something larger, and has it back at `closed`. */
struct transport_plain {
	struct transport_socket socket;
};

/* Takes over a connected socket, which does not block and is the transport's on success.
 * 0 or a negative uv error: the socket is still the caller's. */
int transport_plain_open(struct transport_plain *plain, uv_loop_t *loop, int fd,
			 struct transport_owner owner) __attribute__((warn_unused_result));

/* Begins to connect; `connected` tells how it went. 0 or a negative uv error: there is
 * nothing to close. `user_timeout_ms` is TCP_USER_TIMEOUT; 0 = the system's. */
int transport_plain_connect(struct transport_plain *plain, uv_loop_t *loop,
			    const struct sockaddr *to, uint32_t user_timeout_ms,
			    struct transport_owner owner) __attribute__((warn_unused_result));

#endif
