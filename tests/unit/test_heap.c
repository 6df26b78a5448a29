#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/heap.h"
#include "base/rng.h"

enum { ENTRIES = 200 };

static void check_order(const struct heap *heap)
{
	for (uint32_t place = 1; place <= heap->count; place++) {
		assert_int_equal(heap->entries[place - 1]->place, place);
		assert_true(heap->entries[place / 2 ? place / 2 - 1 : 0]->due_us <=
			    heap->entries[place - 1]->due_us);
	}
}

static void comes_out_in_order(void **state)
{
	struct heap_entry entries[ENTRIES] = {0};
	struct heap heap;
	struct rng rng;
	uint64_t last = 0;

	(void)state;
	rng_seed(&rng, 3);
	heap_init(&heap);
	assert_null(heap_first(&heap));
	for (size_t i = 0; i < ENTRIES; i++) {
		assert_int_equal(heap_set(&heap, &entries[i], rng_below(&rng, 100)), 0);
	}
	for (size_t i = 0; i < ENTRIES; i++) {
		struct heap_entry *first = heap_first(&heap);

		assert_non_null(first);
		assert_true(first->due_us >= last);
		last = first->due_us;
		heap_remove(&heap, first);
		assert_int_equal(first->place, 0);
		heap_remove(&heap, first); /* harmless */
	}
	assert_null(heap_first(&heap));
	heap_fini(&heap);
}

static uint64_t least_due(const struct heap_entry *entries)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < ENTRIES; i++) {
		if (entries[i].place && entries[i].due_us < least) {
			least = entries[i].due_us;
		}
	}
	return least;
}

static void moves_and_removes_anywhere(void **state)
{
	struct heap_entry entries[ENTRIES] = {0};
	struct heap heap;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 4);
	heap_init(&heap);
	for (int i = 0; i < 20000; i++) {
		struct heap_entry *entry = &entries[rng_below(&rng, ENTRIES)];

		if (rng_below(&rng, 3) == 0) {
			heap_remove(&heap, entry);
			assert_int_equal(entry->place, 0);
		} else {
			assert_int_equal(heap_set(&heap, entry, rng_below(&rng, 1000)), 0);
		}
		if (heap.count) {
			assert_int_equal(heap_first(&heap)->due_us, least_due(entries));
		}
		if (i % 100 == 0) {
			check_order(&heap);
		}
	}
	heap_fini(&heap);
}

/* Few deadlines, many entries of each, the orders drawn from `first` on in the order of
 * acceptance but put in shuffled. */
static void accept_shuffled(struct heap *heap, struct heap_entry *entries, struct rng *rng,
			    uint32_t first)
{
	uint32_t turn[ENTRIES];

	for (uint32_t i = 0; i < ENTRIES; i++) {
		turn[i] = i;
		entries[i] = (struct heap_entry){.order = first + i};
	}
	for (uint32_t i = ENTRIES - 1; i > 0; i--) {
		uint32_t other = (uint32_t)rng_below(rng, i + 1);
		uint32_t kept = turn[i];

		turn[i] = turn[other];
		turn[other] = kept;
	}
	for (uint32_t i = 0; i < ENTRIES; i++) {
		uint32_t at = turn[i];

		assert_int_equal(heap_set(heap, &entries[at], 50 + at % 3), 0);
	}
}

/* What is left comes out by deadline, and within one in the order of acceptance. */
static void drain_in_order(struct heap *heap, const struct heap_entry *entries)
{
	const struct heap_entry *before = NULL;
	struct heap_entry *first;

	while ((first = heap_first(heap))) {
		if (before) {
			assert_true(first->due_us >= before->due_us);
			assert_true(first->due_us > before->due_us || first > before);
		}
		assert_true(first >= entries && first < entries + ENTRIES);
		before = first;
		heap_remove(heap, first);
	}
}

static void equal_deadlines_keep_their_order(void **state)
{
	static const uint32_t firsts[] = {0, 1000, INT32_MAX - ENTRIES / 2,
					  UINT32_MAX - ENTRIES / 2, UINT32_MAX - 1};
	struct heap_entry entries[ENTRIES];
	struct heap heap;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	heap_init(&heap);
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		accept_shuffled(&heap, entries, &rng, firsts[i]);
		assert_int_equal(heap.count, ENTRIES);
		drain_in_order(&heap, entries);

		/* the same after half of them were taken out, and some moved there and back */
		accept_shuffled(&heap, entries, &rng, firsts[i]);
		for (int j = 0; j < ENTRIES / 2; j++) {
			struct heap_entry *moved = &entries[rng_below(&rng, ENTRIES)];
			uint64_t due_us = moved->due_us;

			heap_remove(&heap, &entries[rng_below(&rng, ENTRIES)]);
			assert_int_equal(heap_set(&heap, moved, 51), 0);
			assert_int_equal(heap_set(&heap, moved, due_us), 0);
		}
		assert_true(heap.count > ENTRIES / 4);
		drain_in_order(&heap, entries);
	}
	heap_fini(&heap);
}

static void a_reserved_heap_does_not_allocate(void **state)
{
	struct heap_entry entries[ENTRIES] = {0};
	struct heap heap;
	struct heap_entry **memory;

	(void)state;
	heap_init(&heap);
	assert_int_equal(heap_reserve(&heap, ENTRIES), 0);
	memory = heap.entries;
	for (size_t i = 0; i < ENTRIES; i++) {
		assert_int_equal(heap_set(&heap, &entries[i], ENTRIES - i), 0);
	}
	assert_ptr_equal(heap.entries, memory);
	assert_int_equal(heap.cap, ENTRIES);
	heap_fini(&heap);
	assert_int_equal(entries[0].place, 0); /* out, with the heap gone */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_out_in_order),
		cmocka_unit_test(moves_and_removes_anywhere),
		cmocka_unit_test(equal_deadlines_keep_their_order),
		cmocka_unit_test(a_reserved_heap_does_not_allocate),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
