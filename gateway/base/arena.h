/* Memory for one turn: pieces are taken one after another and given back in
 * one stroke. A hard cap bounds what a hostile message can make us allocate. */
#ifndef UAV_BASE_ARENA_H
#define UAV_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used;		    /* bytes taken since the last reset */
	size_t cap;		    /* most bytes between two resets */
	bool fixed;		    /* the one block is the caller's memory */
};

/* Owns nothing until the first arena_take. */
void arena_init(struct arena *arena, size_t cap);
/* Takes its pieces from the caller's `size` bytes, which must outlive it, and
 * never from the heap. Some 40 of the bytes are its own. */
void arena_init_fixed(struct arena *arena, void *memory, size_t size);
void arena_fini(struct arena *arena);

/* `size` bytes aligned for any type, not zeroed, valid until arena_reset. NULL
 * when the cap or memory is out. */
void *arena_take(struct arena *arena, size_t size) __attribute__((warn_unused_result));

/* Everything taken is given back. One block is kept for the next turn. */
void arena_reset(struct arena *arena);

#endif
