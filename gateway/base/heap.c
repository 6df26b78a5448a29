#include "base/heap.h"

#include <assert.h>
#include <stdlib.h>

enum { HEAP_FIRST_ENTRIES = 16 };

void heap_init(struct heap *heap)
{
	*heap = (struct heap){0};
}

void heap_fini(struct heap *heap)
{
	for (uint32_t i = 0; i < heap->count; i++) {
		heap->entries[i]->place = 0;
	}
	free(heap->entries);
	heap_init(heap);
}

int heap_reserve(struct heap *heap, uint32_t count)
{
	struct heap_entry **entries;

	if (count <= heap->cap) {
		return 0;
	}
	entries = reallocarray(heap->entries, count, sizeof(struct heap_entry *));
	if (!entries) {
		return -1;
	}
	heap->entries = entries;
	heap->cap = count;
	return 0;
}

static int grow(struct heap *heap)
{
	if (heap->count < heap->cap) {
		return 0;
	}
	if (heap->cap > UINT32_MAX / 2) {
		return -1;
	}
	return heap_reserve(heap, heap->cap ? heap->cap * 2 : HEAP_FIRST_ENTRIES);
}

static bool is_before(const struct heap_entry *a, const struct heap_entry *b)
{
	if (a->due_us != b->due_us) {
		return a->due_us < b->due_us;
	}
	return (int32_t)(a->order - b->order) < 0;
}

/* Places are counted from 1, so that a parent stands at half of its child's. */
static void place_at(struct heap *heap, struct heap_entry *entry, uint32_t place)
{
	heap->entries[place - 1] = entry;
	entry->place = place;
}

static void sift_up(struct heap *heap, struct heap_entry *entry)
{
	uint32_t place = entry->place;

	while (place > 1 && is_before(entry, heap->entries[place / 2 - 1])) {
		place_at(heap, heap->entries[place / 2 - 1], place);
		place /= 2;
	}
	place_at(heap, entry, place);
}

static void sift_down(struct heap *heap, struct heap_entry *entry)
{
	uint32_t place = entry->place;

	while (place <= heap->count / 2) {
		uint32_t child = place * 2;

		if (child < heap->count &&
		    is_before(heap->entries[child], heap->entries[child - 1])) {
			child++;
		}
		if (!is_before(heap->entries[child - 1], entry)) {
			break;
		}
		place_at(heap, heap->entries[child - 1], place);
		place = child;
	}
	place_at(heap, entry, place);
}

int heap_set(struct heap *heap, struct heap_entry *entry, uint64_t due_us)
{
	if (!entry->place) {
		if (grow(heap) < 0) {
			return -1;
		}
		heap->count++;
		place_at(heap, entry, heap->count);
	}
	entry->due_us = due_us;
	sift_up(heap, entry);
	sift_down(heap, entry);
	return 0;
}

void heap_remove(struct heap *heap, struct heap_entry *entry)
{
	uint32_t place = entry->place;
	struct heap_entry *last;

	if (!place) {
		return;
	}
	assert(place <= heap->count && heap->entries[place - 1] == entry);
	entry->place = 0;
	last = heap->entries[heap->count - 1];
	heap->count--;
	if (last != entry) {
		place_at(heap, last, place);
		sift_up(heap, last);
		sift_down(heap, last);
	}
}
