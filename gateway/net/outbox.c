#include "net/outbox.h"

void outbox_init(struct outbox *outbox, struct pool *blocks, void *first, size_t first_size)
{
	*outbox = (struct outbox){.blocks = blocks, .first = first, .first_size = first_size};
}

void outbox_fini(struct outbox *outbox)
{
	pool_reclaim(outbox->blocks, &outbox->bytes);
	outbox->refused = 0;
	outbox->awaiting = false;
}

/* What stands in the owner's memory goes on in a block. */
static int move_to_block(struct outbox *outbox)
{
	struct buf block = {0};
	struct slice bytes = buf_slice(&outbox->bytes);

	if (pool_lend(outbox->blocks, &block) < 0 ||
	    buf_append(&block, bytes.data, bytes.size) < 0) {
		return -1;
	}
	outbox->bytes = block;
	return 0;
}

struct buf *outbox_gather(struct outbox *outbox, size_t size)
{
	struct buf *bytes = &outbox->bytes;

	if (!bytes->data && outbox->first && size <= outbox->first_size) {
		buf_init_lent(bytes, outbox->first, outbox->first_size);
	} else if (!bytes->data) {
		return pool_lend(outbox->blocks, bytes) == 0 ? bytes : NULL;
	} else if (bytes->lent && bytes->cap - bytes->end < size && move_to_block(outbox) < 0) {
		return NULL;
	}
	return bytes;
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
