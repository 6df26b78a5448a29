#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

enum { ARENA_BLOCK_BYTES = 16 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	alignas(max_align_t) uint8_t data[];
};

void arena_init(struct arena *arena, size_t cap)
{
	*arena = (struct arena){.cap = cap};
}

void arena_init_fixed(struct arena *arena, void *memory, size_t size)
{
	const size_t mask = alignof(max_align_t) - 1;
	size_t skipped = (size_t)(-(uintptr_t)memory & mask);
	struct arena_block *block;

	*arena = (struct arena){.fixed = true};
	if (size < skipped + sizeof(*block)) {
		return;
	}
	block = (struct arena_block *)(void *)((uint8_t *)memory + skipped);
	*block = (struct arena_block){.size = (size - skipped - sizeof(*block)) & ~mask};
	arena->blocks = block;
	arena->cap = block->size;
}

static void arena_free_from(struct arena_block *block)
{
	while (block) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
}

void arena_fini(struct arena *arena)
{
	if (arena->fixed) {
		arena->cap = 0;
	} else {
		arena_free_from(arena->blocks);
	}
	arena->blocks = NULL;
	arena->used = 0;
}

void *arena_take(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	const size_t mask = alignof(max_align_t) - 1;
	void *piece;

	if (size > arena->cap - arena->used || size > SIZE_MAX / 2) {
		return NULL;
	}
	size = (size + mask) & ~mask;
	if (size > arena->cap - arena->used || (arena->fixed && !block)) {
		return NULL;
	}
	if (!block || block->size - block->used < size) {
		size_t room = size > ARENA_BLOCK_BYTES ? size : ARENA_BLOCK_BYTES;

		block = malloc(sizeof(*block) + room);
		if (!block) {
			return NULL;
		}
		block->next = arena->blocks;
		block->size = room;
		block->used = 0;
		arena->blocks = block;
	}
	piece = block->data + block->used;
	block->used += size;
	arena->used += size;
	return piece;
}

/* Takes the first block of the usual size out of the chain, or NULL. */
static struct arena_block *take_usual(struct arena_block **link)
{
	struct arena_block *block;

	while (*link && (*link)->size != ARENA_BLOCK_BYTES) {
		link = &(*link)->next;
	}
	block = *link;
	if (block) {
		*link = block->next;
		block->next = NULL;
	}
	return block;
}

void arena_reset(struct arena *arena)
{
	struct arena_block *keep = arena->blocks;

	if (!arena->fixed) {
		/* One large message must not make every later turn pay for its memory. */
		keep = take_usual(&arena->blocks);
		arena_free_from(arena->blocks);
		arena->blocks = keep;
	}
	if (keep) {
		keep->used = 0;
	}
	arena->used = 0;
}
