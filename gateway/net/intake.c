#include "net/intake.h"

#include <stdlib.h>

void intake_init(struct intake *intake)
{
	buf_init(&intake->tail);
}

void intake_fini(struct intake *intake, struct pool *chunks)
{
	pool_reclaim(chunks, &intake->tail);
}

/* Larger memory for the tail, which starts at its front. */
static void intake_grow(struct buf *tail, size_t wanted, size_t limit)
{
	size_t cap = wanted < limit ? wanted : limit;
	uint8_t *data = cap > tail->cap ? realloc(tail->data, cap) : NULL;

	if (data) {
		tail->data = data;
		tail->cap = cap;
	}
}

struct room intake_room(struct intake *intake, struct room shared, size_t wanted, size_t limit)
{
	size_t most = wanted > shared.size ? wanted : shared.size;
	struct buf *tail = &intake->tail;
	size_t waiting = buf_size(tail);
	size_t free_bytes;

	if (waiting == 0) {
		return shared;
	}
	if (tail->start) {
		memmove(tail->data, tail->data + tail->start, waiting);
		tail->start = 0;
		tail->end = waiting;
	}
	if (tail->cap - waiting < wanted) {
		intake_grow(tail, waiting + wanted, limit);
	} else if (tail->end == tail->cap) {
		intake_grow(tail, tail->cap * 2, limit);
	}
	free_bytes = tail->cap - tail->end;
	return (struct room){.data = buf_tail(tail), .size = free_bytes < most ? free_bytes : most};
}

struct slice intake_add(struct intake *intake, const uint8_t *data, size_t size)
{
	struct buf *tail = &intake->tail;

	if (buf_size(tail) == 0) {
		return slice_of(data, size);
	}
	buf_produce(tail, size);
	return buf_slice(tail);
}

int intake_keep(struct intake *intake, struct pool *chunks, struct slice rest)
{
	struct buf *tail = &intake->tail;

	if (buf_size(tail)) {
		buf_consume(tail, buf_size(tail) - rest.size);
	} else if (rest.size) {
		if (pool_lend(chunks, tail) < 0) {
			return -1;
		}
		return buf_append(tail, rest.data, rest.size);
	}
	if (buf_size(tail) == 0) {
		pool_reclaim(chunks, tail);
	}
	return 0;
}
