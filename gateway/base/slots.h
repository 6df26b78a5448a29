/* A table of pointers that keep their places: an item is known by its index while it is
 * in. Free indices are used again, last in, first out, so that the table stays small. */
#ifndef UAV_BASE_SLOTS_H
#define UAV_BASE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

struct slots {
	void **items; /* [0, high); NULL where free */
	uint32_t *free;
	uint32_t high, cap, free_count;
};

void slots_init(struct slots *slots);
/* The items are the caller's. */
void slots_fini(struct slots *slots);

/* Puts the item (not NULL) in; its index in *index. 0, or -1 when memory is out. */
int slots_add(struct slots *slots, void *item, uint32_t *index) __attribute__((warn_unused_result));
/* The index is free again. */
void slots_remove(struct slots *slots, uint32_t index);

/* The item, or NULL where there is none. */
static inline void *slots_at(const struct slots *slots, uint32_t index)
{
	return index < slots->high ? slots->items[index] : NULL;
}

#endif
