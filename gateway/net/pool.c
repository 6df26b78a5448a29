#include "net/pool.h"

#include <assert.h>
#include <stdlib.h>

struct pool_block {
	struct pool_block *next;
};

void pool_init(struct pool *pool, size_t size, uint32_t keep)
{
	assert(size >= sizeof(struct pool_block));
	*pool = (struct pool){.size = size, .keep = keep};
}

void pool_fini(struct pool *pool)
{
	while (pool->idle) {
		struct pool_block *block = pool->idle;

		pool->idle = block->next;
		free(block);
	}
	pool->count = 0;
}

void *pool_take(struct pool *pool)
{
	struct pool_block *block = pool->idle;

	if (!block) {
		return malloc(pool->size);
	}
	pool->idle = block->next;
	pool->count--;
	return block;
}

void pool_give(struct pool *pool, void *block)
{
	struct pool_block *idle = block;

	if (!block) {
		return;
	}
	if (pool->count == pool->keep) {
		free(block);
		return;
	}
	idle->next = pool->idle;
	pool->idle = idle;
	pool->count++;
}

int pool_lend(struct pool *pool, struct buf *buf)
{
	if (!buf->data) {
		uint8_t *block = pool_take(pool);

		if (!block) {
			return -1;
		}
		*buf = (struct buf){.data = block, .cap = pool->size};
	}
	return 0;
}

void pool_reclaim(struct pool *pool, struct buf *buf)
{
	if (buf->cap != pool->size) {
		buf_fini(buf);
		return;
	}
	pool_give(pool, buf->data);
	buf_init(buf);
}
