/* One connection of a drone, and its session. */
#ifndef UAV_NET_PEER_H
#define UAV_NET_PEER_H

#include "front/front.h"
#include "net/net.h"

/* A pool for what a peer owns only while it has unfinished business. */
void peer_pool(struct pool *boxes, uint32_t keep);

/* Takes the connection that waits at `stream`, which is net->settings->listeners[listener];
 * it speaks `front`. From here on
 * the peer looks after itself: it is freed when its connection is gone. 0 (even
 * when that is at once) or a negative uv error. UV_ENOMEM, and UV_EBUSY (there are as
 * many connections as may be, which is logged): the connection still waits. */
int peer_accept(struct net *net, const struct front *front, uint32_t listener, uv_stream_t *stream)
	__attribute__((warn_unused_result));

#endif
