/* Bytes over TCP as they are: TCP_NODELAY on, keepalive off, a limit on how long
 * sent bytes may stay unacknowledged. */
#ifndef UAV_NET_TRANSPORT_PLAIN_H
#define UAV_NET_TRANSPORT_PLAIN_H

#include "net/pool.h"
#include "net/transport.h"

#include <uv.h>

struct transport_plain_options {
	uv_loop_t *loop;
	struct pool *writes;	  /* from transport_plain_pool; outlives the transport */
	uint32_t user_timeout_ms; /* TCP_USER_TIMEOUT; 0 = the system's */
};

/* A pool for the writes that the network does not take at once. */
void transport_plain_pool(struct pool *writes, uint32_t keep);

/* Takes the connection that waits at `listener`. *out is the transport, or NULL:
 * memory is out (UV_ENOMEM) or it could not be taken. */
int transport_plain_accept(const struct transport_plain_options *options, uv_stream_t *listener,
			   const struct transport_user *user, void *ctx, struct transport **out)
	__attribute__((warn_unused_result));

/* Begins to connect; `connected` tells how it went. On failure *out is NULL. */
int transport_plain_connect(const struct transport_plain_options *options,
			    const struct sockaddr *to, const struct transport_user *user, void *ctx,
			    struct transport **out) __attribute__((warn_unused_result));

/* The other side's address. 0 or a negative uv error. */
int transport_plain_remote(const struct transport *transport, struct sockaddr_storage *remote)
	__attribute__((warn_unused_result));

#endif
