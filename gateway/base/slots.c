#include "base/slots.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 16 };

void slots_init(struct slots *slots)
{
	*slots = (struct slots){0};
}

void slots_fini(struct slots *slots)
{
	free(slots->items);
	free(slots->free);
}

static int slots_grow(struct slots *slots)
{
	uint32_t cap = slots->cap ? slots->cap * 2 : SLOTS_FIRST;
	void **items = realloc(slots->items, cap * sizeof(void *));
	uint32_t *frees;

	if (!items) {
		return -1;
	}
	slots->items = items;
	frees = realloc(slots->free, cap * sizeof(*frees));
	if (!frees) {
		return -1;
	}
	slots->free = frees;
	slots->cap = cap;
	return 0;
}

int slots_add(struct slots *slots, void *item, uint32_t *index)
{
	if (slots->free_count) {
		*index = slots->free[--slots->free_count];
	} else {
		if (slots->high == slots->cap && slots_grow(slots) < 0) {
			return -1;
		}
		*index = slots->high++;
	}
	slots->items[*index] = item;
	return 0;
}

void slots_remove(struct slots *slots, uint32_t index)
{
	slots->items[index] = NULL;
	slots->free[slots->free_count++] = index;
}
