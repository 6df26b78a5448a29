/* One connection of a drone, and its session. */
#ifndef UAV_NET_PEER_H
#define UAV_NET_PEER_H

#include "front/front.h"
#include "net/net.h"

/* A pool for what a peer owns only while it has unfinished business. */
void peer_pool(struct pool *boxes, uint32_t keep);

/* Takes over `fd`, a connection from `remote` that net->settings->listeners[listener] has
 * accepted and that does not block. From here on the peer looks after itself: it is freed when its
 * connection is gone. 0 (even when that is at once) or a negative uv error: the descriptor is still
 * the caller's. UV_EBUSY: there are as many connections as may be, which is logged. */
int peer_accept(struct net *net, uint32_t listener, int fd, const struct sockaddr *remote)
	__attribute__((warn_unused_result));

#endif
