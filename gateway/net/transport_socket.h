/* What transports on a socket of their own share: the socket, watched by a uv_poll_t, TCP
 * (TCP_NODELAY on, keepalive off, a limit on how long sent bytes may stay unacknowledged) or
 * unix, which differ here by their address alone.
 *
 * It is read and written directly. A uv_tcp_t would do as well and as fast, but takes 88 bytes
 * more of every idle drone, and its writes pin the bytes they are given until they are done. */
#ifndef UAV_NET_TRANSPORT_SOCKET_H
#define UAV_NET_TRANSPORT_SOCKET_H

#include "net/transport.h"

#include <sys/socket.h>
#include <uv.h>

/* The first member of each such transport. */
struct transport_socket {
	struct transport base; /* the first member: a struct transport * is one of these */
	uv_poll_t poll;	       /* its data: the user's ctx */
	int fd;		       /* -1 from its close on */
	uint8_t watched;       /* events that `poll` waits for */
	bool wanted;	       /* the user wants to read */
	bool connecting;
	bool awaiting; /* the user waits for room to write */
};

/* Whose it is and who is told. */
struct transport_owner {
	const struct transport_user *user;
	void *ctx;
};

/* Takes over a connected socket, which does not block and is the transport's on success.
 * 0 or a negative uv error: the socket is still the caller's. */
int transport_socket_open(struct transport_socket *sock, const struct transport_ops *ops,
			  uv_loop_t *loop, int fd, struct transport_owner owner)
	__attribute__((warn_unused_result));

/* A socket that is connecting or connected, or a negative uv error. `user_timeout_ms` is
 * TCP_USER_TIMEOUT; 0 = the system's. */
int transport_socket_begin(const struct sockaddr *to, uint32_t user_timeout_ms)
	__attribute__((warn_unused_result));

/* Waits for these events (UV_READABLE, UV_WRITABLE) from now on, which `on_event` is told. To
 * change them costs system calls: done when something happens that makes them wrong, not when
 * they are asked for. 0 or a negative uv error. */
int transport_socket_watch(struct transport_socket *sock, unsigned events, uv_poll_cb on_event);

/* Of a socket that has one, else 0; it is taken from there. */
int transport_socket_error(const struct transport_socket *sock);

/* The socket is closed at once; `closed` comes later. Harmless when it is. */
void transport_socket_close(struct transport_socket *sock);

/* Best effort: a connection without these still works, and a unix socket has none of
 * them. Connections accepted from a listening socket have inherited its options. */
void transport_socket_tune(int fd, int family, uint32_t user_timeout_ms);

static inline struct transport_socket *transport_socket_of(struct transport *transport)
{
	return (struct transport_socket *)(void *)transport;
}

static inline struct transport_socket *transport_socket_of_poll(uv_poll_t *poll)
{
	char *at = (char *)poll;

	return (struct transport_socket *)(void *)(at - offsetof(struct transport_socket, poll));
}

static inline void *transport_socket_ctx(const struct transport_socket *sock)
{
	return sock->poll.data;
}

#endif
