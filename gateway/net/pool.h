/* Blocks of one size that come and go often: what is given back is handed out
 * again, so that a busy turn makes no heap call. Every block is a piece of the
 * heap of its own: whoever has taken one may also free() it. */
#ifndef UAV_NET_POOL_H
#define UAV_NET_POOL_H

#include "base/buf.h"

struct pool_block;

struct pool {
	struct pool_block *idle; /* last given, first taken */
	size_t size;		 /* of a block */
	uint32_t count;		 /* idle ones */
	uint32_t keep;		 /* most of these; more are freed */
};

/* `size` is at least a pointer's. Owns nothing until the first pool_give. */
void pool_init(struct pool *pool, size_t size, uint32_t keep);
/* Frees the idle blocks; those still taken are their holders'. */
void pool_fini(struct pool *pool);

/* A block, not zeroed. NULL when memory is out. */
void *pool_take(struct pool *pool) __attribute__((warn_unused_result));
/* Takes back a block of pool->size bytes. NULL is allowed. */
void pool_give(struct pool *pool, void *block);

/* Gives a buffer that owns nothing a block as its memory; leaves any other as it
 * is. 0, or -1 when memory is out. */
int pool_lend(struct pool *pool, struct buf *buf) __attribute__((warn_unused_result));
/* Takes the buffer's memory back with all that is in it; the buffer owns nothing
 * then. One that has outgrown its block is freed. */
void pool_reclaim(struct pool *pool, struct buf *buf);

#endif
