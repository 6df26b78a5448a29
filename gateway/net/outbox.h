/* What is to be written on one connection. New bytes are gathered behind each
 * other; an offer gives the network what it takes in one call; a flush puts what that
 * leaves into a write of its own, in a buffer that is not touched until then. */
#ifndef UAV_NET_OUTBOX_H
#define UAV_NET_OUTBOX_H

#include "base/buf.h"
#include "net/pool.h"
#include "net/transport.h"

struct outbox {
	struct pool *blocks; /* where the buffers' memory comes from */
	struct buf gather;
	struct buf flight; /* being written */
	size_t refused;	   /* bytes at the start of gather that the last offer left there */
};

/* Owns nothing until the first outbox_gather. `blocks` outlives the outbox. */
void outbox_init(struct outbox *outbox, struct pool *blocks);
/* Not while a write is under way. */
void outbox_fini(struct outbox *outbox);

/* The buffer to append to. NULL when memory is out. */
struct buf *outbox_gather(struct outbox *outbox);

/* Gives the network what it takes now of what is gathered, and keeps the rest, which a
 * later offer may still send before the turn ends. Nothing while a write is under way. 0 or
 * a negative uv error: the connection is broken. */
int outbox_offer(struct outbox *outbox, struct transport *transport)
	__attribute__((warn_unused_result));

/* An offer, and what it leaves is written when the network takes it: until then nothing can
 * be offered. 0 or a negative uv error: the connection is broken. */
int outbox_flush(struct outbox *outbox, struct transport *transport)
	__attribute__((warn_unused_result));

/* The write is done (transport_user.wrote). */
void outbox_wrote(struct outbox *outbox);

/* Bytes that the network has not taken. */
static inline size_t outbox_queued(const struct outbox *outbox, const struct transport *transport)
{
	size_t gathered = buf_size(&outbox->gather);

	return outbox->flight.data ? gathered + transport->ops->unwritten(transport) : gathered;
}

/* Bytes gathered since the last offer or flush. */
static inline size_t outbox_fresh(const struct outbox *outbox)
{
	return buf_size(&outbox->gather) - outbox->refused;
}

/* True when it owns no memory: nothing waits and nothing is being written. */
static inline bool outbox_empty(const struct outbox *outbox)
{
	return !outbox->gather.data && !outbox->flight.data;
}

#endif
