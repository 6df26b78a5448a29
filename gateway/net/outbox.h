/* What is to be written on one connection. New bytes are gathered behind each
 * other; a flush offers them to the network in one call; only what it leaves
 * goes into a write of its own, in a buffer that is not touched until then. */
#ifndef UAV_NET_OUTBOX_H
#define UAV_NET_OUTBOX_H

#include "base/buf.h"
#include "net/pool.h"
#include "net/transport.h"

struct outbox {
	struct pool *blocks; /* where the buffers' memory comes from */
	struct buf gather;
	struct buf flight; /* being written */
};

/* Owns nothing until the first outbox_gather. `blocks` outlives the outbox. */
void outbox_init(struct outbox *outbox, struct pool *blocks);
/* Not while a write is under way. */
void outbox_fini(struct outbox *outbox);

/* The buffer to append to. NULL when memory is out. */
struct buf *outbox_gather(struct outbox *outbox);

/* Offers what is gathered, unless a write is under way. 0 or a negative uv
 * error: the connection is broken. */
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

/* True when it owns no memory: nothing waits and nothing is being written. */
static inline bool outbox_empty(const struct outbox *outbox)
{
	return !outbox->gather.data && !outbox->flight.data;
}

#endif
