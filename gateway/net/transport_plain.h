/* Bytes as they are, over TCP (TCP_NODELAY on, keepalive off, a limit on how long sent bytes
 * may stay unacknowledged) or over a unix socket, which differ here by their address alone.
 *
 * The socket is watched by a uv_poll_t and read and written directly. A uv_tcp_t would do as
 * well and as fast, but takes 88 bytes more of every idle drone, and its writes pin the bytes
 * they are given until they are done. */
#ifndef UAV_NET_TRANSPORT_PLAIN_H
#define UAV_NET_TRANSPORT_PLAIN_H

#include "net/transport.h"

#include <sys/socket.h>
#include <uv.h>

/* Its user gives the memory, as a part of something larger, and has it back at `closed`. */
struct transport_plain {
	struct transport base; /* the first member: a struct transport * is one of these */
	uv_poll_t poll;	       /* its data: the user's ctx */
	int fd;		       /* -1 from its close on */
	uint8_t watched;       /* events that `poll` waits for */
	bool wanted;	       /* the user wants to read */
	bool connecting;
	bool awaiting; /* the user waits for room to write */
};

/* Takes over a connected socket, which does not block and is the transport's on success.
 * 0 or a negative uv error: the socket is still the caller's. */
int transport_plain_open(struct transport_plain *plain, uv_loop_t *loop, int fd,
			 const struct transport_user *user, void *ctx)
	__attribute__((warn_unused_result));

/* Begins to connect; `connected` tells how it went. 0 or a negative uv error: there is
 * nothing to close. `user_timeout_ms` is TCP_USER_TIMEOUT; 0 = the system's. */
int transport_plain_connect(struct transport_plain *plain, uv_loop_t *loop,
			    const struct sockaddr *to, uint32_t user_timeout_ms,
			    const struct transport_user *user, void *ctx)
	__attribute__((warn_unused_result));

/* Best effort: a connection without these still works, and a unix socket has none of
 * them. Connections accepted from a listening socket have inherited its options. */
void transport_plain_tune(int fd, int family, uint32_t user_timeout_ms);

#endif
