/* Bytes as they are, over TCP (TCP_NODELAY on, keepalive off, a limit on how long sent bytes
 * may stay unacknowledged) or over a unix socket. */
#ifndef UAV_NET_TRANSPORT_PLAIN_H
#define UAV_NET_TRANSPORT_PLAIN_H

#include "net/pool.h"
#include "net/transport.h"

#include <uv.h>

struct transport_plain_options {
	uv_loop_t *loop;
	struct pool *writes;	  /* from transport_plain_pool; outlives the transport */
	uint32_t user_timeout_ms; /* TCP_USER_TIMEOUT; 0 = the system's; not for unix sockets */
};

/* A handle of the kind that an address asks for. */
union plain_handle {
	uv_handle_t handle;
	uv_stream_t stream;
	uv_tcp_t tcp;	/* AF_INET, AF_INET6 */
	uv_pipe_t pipe; /* AF_UNIX */
};

/* Makes no system call, so it cannot fail. */
void plain_handle_init(union plain_handle *handle, uv_loop_t *loop, int family);
/* AF_UNIX or AF_INET (which stands for AF_INET6 too), for a handle that is like this one. */
int plain_handle_family(const uv_stream_t *stream);

/* A pool for the writes that the network does not take at once. */
void transport_plain_pool(struct pool *writes, uint32_t keep);

/* Takes the connection that waits at `listener`, which was a union plain_handle. *out is the
 * transport, or NULL: memory is out (UV_ENOMEM) or it could not be taken. */
int transport_plain_accept(const struct transport_plain_options *options, uv_stream_t *listener,
			   const struct transport_user *user, void *ctx, struct transport **out)
	__attribute__((warn_unused_result));

/* Begins to connect; `connected` tells how it went. On failure *out is NULL. */
int transport_plain_connect(const struct transport_plain_options *options,
			    const struct sockaddr *to, const struct transport_user *user, void *ctx,
			    struct transport **out) __attribute__((warn_unused_result));

/* The other side's address; of a unix socket only the family. 0 or a negative uv error. */
int transport_plain_remote(const struct transport *transport, struct sockaddr_storage *remote)
	__attribute__((warn_unused_result));

#endif
