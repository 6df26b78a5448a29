/* A binary min-heap of deadlines. Entries stand in the caller's structures and
 * know their place, so that one can be moved or removed in O(log n). Equal
 * deadlines come out by `order`, smallest first, as serial numbers that wrap around
 * (a comes before b if (int32_t)(a - b) < 0), so that a counter of the caller's keeps
 * them in the order in which it was drawn. That holds while the orders of one deadline
 * lie within 2^31 of each other; entries of equal deadline and order come out in no
 * promised order. */
#ifndef UAV_BASE_HEAP_H
#define UAV_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_entry {
	uint64_t due_us;
	uint32_t place; /* 1 and up while in the heap, else 0 */
	uint32_t order; /* the caller's, set before heap_set; 0 where it does not matter */
};

struct heap {
	struct heap_entry **entries; /* entries[0] is the earliest */
	uint32_t count;
	uint32_t cap;
};

void heap_init(struct heap *heap);
void heap_fini(struct heap *heap);

/* Room for `count` entries in all, so that heap_set cannot fail up to there. */
int heap_reserve(struct heap *heap, uint32_t count) __attribute__((warn_unused_result));

/* Puts the entry in, or moves it, to `due_us`. 0, or -1 when memory is out
 * (only possible for an entry that is not in and beyond what was reserved). */
int heap_set(struct heap *heap, struct heap_entry *entry, uint64_t due_us)
	__attribute__((warn_unused_result));
/* Takes the entry out; harmless when it is not in. */
void heap_remove(struct heap *heap, struct heap_entry *entry);

/* The earliest entry, or NULL. */
static inline struct heap_entry *heap_first(const struct heap *heap)
{
	return heap->count ? heap->entries[0] : NULL;
}

#endif
