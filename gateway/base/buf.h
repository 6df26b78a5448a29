/* A growable byte buffer with two indices: bytes in [start, end) are waiting
 * to be read, room is in [end, cap). Pointer arithmetic on buffers stands here
 * and in buf.c alone. */
#ifndef UAV_BASE_BUF_H
#define UAV_BASE_BUF_H

#include "base/slice.h"

struct buf {
	uint8_t *data;
	size_t start;
	size_t end;
	size_t cap;
	bool fixed; /* the memory is the caller's: never grows */
	bool lent;  /* the memory is the caller's: grows into memory of its own */
};

/* An empty buffer that owns nothing. Never fails. */
void buf_init(struct buf *buf);
/* An empty buffer over the caller's `size` bytes, which must outlive it. Where
 * another buffer would grow, this one is out of memory. */
void buf_init_fixed(struct buf *buf, void *memory, size_t size);
/* The same, but when they do not suffice it goes on in memory of its own. */
void buf_init_lent(struct buf *buf, void *memory, size_t size);
/* Frees what it owns; the buffer is empty and may be used again, fixed or lent no longer. */
void buf_fini(struct buf *buf);

/* buf_reserve, when the room is not there yet. */
int buf_make_room(struct buf *buf, size_t size) __attribute__((warn_unused_result));

/* Makes room for `size` more bytes behind `end`, moving what waits to the front
 * or growing. 0, or -1 when memory is out (nothing has changed then). */
__attribute__((warn_unused_result)) static inline int buf_reserve(struct buf *buf, size_t size)
{
	return buf->data && buf->cap - buf->end >= size ? 0 : buf_make_room(buf, size);
}

/* Appends a copy. 0, or -1 when memory is out (nothing appended). */
int buf_append(struct buf *buf, const void *data, size_t size) __attribute__((warn_unused_result));

static inline size_t buf_size(const struct buf *buf)
{
	return buf->end - buf->start;
}

static inline struct slice buf_slice(const struct buf *buf)
{
	return slice_of(buf->data ? buf->data + buf->start : NULL, buf_size(buf));
}

/* Where the next byte goes; at least what buf_reserve promised may be written. */
static inline uint8_t *buf_tail(struct buf *buf)
{
	return buf->data + buf->end;
}

/* `size` bytes have been written at buf_tail; no more than were reserved. */
void buf_produce(struct buf *buf, size_t size);
/* The first `size` waiting bytes are done with; no more than buf_size. */
void buf_consume(struct buf *buf, size_t size);
/* Takes back what was appended after buf_size was `size`. */
void buf_truncate(struct buf *buf, size_t size);
/* Nothing waits any more; the memory is kept. */
void buf_clear(struct buf *buf);

#endif
