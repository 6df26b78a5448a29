/* What is to be written on one connection. New bytes are gathered behind each other; an
 * offer gives the network what it takes in one call; a flush has the network tell when it
 * takes what that left. */
#ifndef UAV_NET_OUTBOX_H
#define UAV_NET_OUTBOX_H

#include "base/buf.h"
#include "net/pool.h"
#include "net/transport.h"

struct outbox {
	struct pool *blocks; /* where the buffer's memory comes from */
	void *first;	     /* the owner's, used before a block is: small and near */
	size_t first_size;
	struct buf bytes;
	size_t refused; /* bytes at the start that the last offer left there */
	bool awaiting;	/* the network is full, and will tell when it is not */
	/* for net/backlog: whether much waits, and the bytes that it has counted last */
	bool full;
	uint32_t counted;
};

/* Owns nothing until the first outbox_gather. `blocks` outlives the outbox, and so do the
 * `first_size` bytes at `first`, where there are any: a single message then stays near
 * what is in the cache, while a block of its own for each of many drones is not. */
void outbox_init(struct outbox *outbox, struct pool *blocks, void *first, size_t first_size);
void outbox_fini(struct outbox *outbox);

/* The buffer to append to, with room for about `size` bytes where that can be had without
 * asking the heap; it grows when they are more. NULL when memory is out. */
struct buf *outbox_gather(struct outbox *outbox, size_t size);

/* Gives the network what it takes now, and keeps the rest, which a later offer may still
 * send before the turn ends. Nothing while the network is known to be full. 0 or a negative
 * uv error: the connection is broken. */
int outbox_offer(struct outbox *outbox, struct transport *transport)
	__attribute__((warn_unused_result));

/* An offer; what it leaves waits for outbox_writable. 0 or a negative uv error: the
 * connection is broken. */
int outbox_flush(struct outbox *outbox, struct transport *transport)
	__attribute__((warn_unused_result));

/* The network takes bytes again (transport_user.writable): to be flushed. */
void outbox_writable(struct outbox *outbox);

/* Bytes that the network has not taken. */
static inline size_t outbox_queued(const struct outbox *outbox)
{
	return buf_size(&outbox->bytes);
}

/* Bytes gathered since the last offer or flush. */
static inline size_t outbox_fresh(const struct outbox *outbox)
{
	return buf_size(&outbox->bytes) - outbox->refused;
}

/* True when it owns no memory: nothing waits. */
static inline bool outbox_empty(const struct outbox *outbox)
{
	return !outbox->bytes.data;
}

#endif
