#include "base/buf.h"

#include <assert.h>
#include <stdlib.h>

enum { BUF_FIRST_BYTES = 256 };

void buf_init(struct buf *buf)
{
	*buf = (struct buf){0};
}

void buf_init_fixed(struct buf *buf, void *memory, size_t size)
{
	*buf = (struct buf){.data = memory, .cap = size, .fixed = true};
}

void buf_init_lent(struct buf *buf, void *memory, size_t size)
{
	*buf = (struct buf){.data = memory, .cap = size, .lent = true};
}

/* Its memory, if that is its own. */
static void release(struct buf *buf)
{
	if (!buf->fixed && !buf->lent) {
		free(buf->data);
	}
}

void buf_fini(struct buf *buf)
{
	release(buf);
	buf_init(buf);
}

int buf_make_room(struct buf *buf, size_t size)
{
	size_t waiting = buf_size(buf);
	size_t cap = buf->cap ? buf->cap : BUF_FIRST_BYTES;
	uint8_t *data;

	if (size > SIZE_MAX / 8 || cap > SIZE_MAX / 8) {
		return -1;
	}
	/* Moving pays when no more is moved than was consumed since the last time, so
	 * that a byte is moved once on average; a fixed buffer has no other way. */
	if (buf->data && buf->cap - waiting >= size && (buf->fixed || buf->start >= waiting)) {
		memmove(buf->data, buf->data + buf->start, waiting);
		buf->start = 0;
		buf->end = waiting;
		return 0;
	}
	if (buf->fixed) {
		return -1;
	}
	/* Growing at least doubles, for the same reason. */
	cap = buf->data ? cap * 2 : cap;
	while (cap - waiting < size) {
		cap *= 2;
	}
	data = malloc(cap);
	if (!data) {
		return -1;
	}
	if (buf->data) {
		memcpy(data, buf->data + buf->start, waiting);
	}
	release(buf);
	*buf = (struct buf){.data = data, .start = 0, .end = waiting, .cap = cap};
	return 0;
}

int buf_append(struct buf *buf, const void *data, size_t size)
{
	if (buf_reserve(buf, size) < 0) {
		return -1;
	}
	if (size) {
		memcpy(buf_tail(buf), data, size);
		buf->end += size;
	}
	return 0;
}

void buf_produce(struct buf *buf, size_t size)
{
	assert(size <= buf->cap - buf->end);
	buf->end += size;
}

void buf_consume(struct buf *buf, size_t size)
{
	assert(size <= buf_size(buf));
	buf->start += size;
	if (buf->start == buf->end) {
		buf_clear(buf);
	}
}

void buf_truncate(struct buf *buf, size_t size)
{
	assert(size <= buf_size(buf));
	buf->end = buf->start + size;
}

void buf_clear(struct buf *buf)
{
	buf->start = 0;
	buf->end = 0;
}
