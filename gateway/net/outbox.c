#include "net/outbox.h"

void outbox_init(struct outbox *outbox, struct pool *blocks)
{
	*outbox = (struct outbox){.blocks = blocks};
}

void outbox_fini(struct outbox *outbox)
{
	pool_reclaim(outbox->blocks, &outbox->bytes);
	outbox->refused = 0;
	outbox->awaiting = false;
}

struct buf *outbox_gather(struct outbox *outbox)
{
	return pool_lend(outbox->blocks, &outbox->bytes) == 0 ? &outbox->bytes : NULL;
}

int outbox_offer(struct outbox *outbox, struct transport *transport)
{
	const struct slice bytes = buf_slice(&outbox->bytes);
	ssize_t taken;

	if (outbox->awaiting || bytes.size == 0) {
		return 0;
	}
	taken = transport->ops->write(transport, &bytes, 1);
	if (taken < 0) {
		return (int)taken;
	}
	buf_consume(&outbox->bytes, (size_t)taken);
	outbox->refused = buf_size(&outbox->bytes);
	return 0;
}

int outbox_flush(struct outbox *outbox, struct transport *transport)
{
	int status = outbox_offer(outbox, transport);

	if (status < 0 || outbox->awaiting) {
		return status;
	}
	if (buf_size(&outbox->bytes) == 0) {
		pool_reclaim(outbox->blocks, &outbox->bytes);
		return 0;
	}
	outbox->awaiting = true;
	return transport->ops->await_writable(transport);
}

void outbox_writable(struct outbox *outbox)
{
	outbox->awaiting = false;
}
