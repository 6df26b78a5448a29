#include "net/outbox.h"

void outbox_init(struct outbox *outbox, struct pool *blocks)
{
	outbox->blocks = blocks;
	buf_init(&outbox->gather);
	buf_init(&outbox->flight);
	outbox->refused = 0;
}

void outbox_fini(struct outbox *outbox)
{
	pool_reclaim(outbox->blocks, &outbox->gather);
	pool_reclaim(outbox->blocks, &outbox->flight);
}

struct buf *outbox_gather(struct outbox *outbox)
{
	return pool_lend(outbox->blocks, &outbox->gather) == 0 ? &outbox->gather : NULL;
}

int outbox_offer(struct outbox *outbox, struct transport *transport)
{
	ssize_t taken;

	if (outbox->flight.data || buf_size(&outbox->gather) == 0) {
		return 0;
	}
	taken = transport->ops->try_write(transport, buf_slice(&outbox->gather));
	if (taken < 0) {
		return (int)taken;
	}
	buf_consume(&outbox->gather, (size_t)taken);
	outbox->refused = buf_size(&outbox->gather);
	return 0;
}

int outbox_flush(struct outbox *outbox, struct transport *transport)
{
	int status = outbox_offer(outbox, transport);

	if (status < 0 || outbox->flight.data) {
		return status;
	}
	if (buf_size(&outbox->gather) == 0) {
		pool_reclaim(outbox->blocks, &outbox->gather);
		return 0;
	}
	status = transport->ops->write(transport, buf_slice(&outbox->gather));
	if (status == 0) {
		outbox->flight = outbox->gather;
		buf_init(&outbox->gather);
		outbox->refused = 0;
	}
	return status;
}

void outbox_wrote(struct outbox *outbox)
{
	pool_reclaim(outbox->blocks, &outbox->flight);
}
