#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/rng.h"

#include <stdalign.h>
#include <string.h>

static void pieces_are_aligned_and_apart(void **state)
{
	enum { PIECES = 500 };
	uint8_t *pieces[PIECES];
	size_t sizes[PIECES];
	struct arena arena;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	arena_init(&arena, 1024 * 1024);
	for (size_t i = 0; i < PIECES; i++) {
		sizes[i] = (size_t)rng_below(&rng, i % 50 ? 200 : 40000);
		pieces[i] = arena_take(&arena, sizes[i]);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
		memset(pieces[i], (int)(i % 251), sizes[i]);
	}
	for (size_t i = 0; i < PIECES; i++) {
		for (size_t j = 0; j < sizes[i]; j++) {
			assert_int_equal(pieces[i][j], i % 251);
		}
	}
	arena_fini(&arena);
}

static void the_cap_holds(void **state)
{
	struct arena arena;
	size_t taken = 0;

	(void)state;
	arena_init(&arena, 100000);
	while (arena_take(&arena, 64)) {
		taken += 64;
	}
	assert_int_equal(taken, 100000 / 64 * 64);
	assert_null(arena_take(&arena, SIZE_MAX));
	assert_null(arena_take(&arena, SIZE_MAX - 7));
	arena_reset(&arena);
	assert_non_null(arena_take(&arena, 90000));
	assert_null(arena_take(&arena, 20000));
	arena_fini(&arena);
}

static void an_endless_cap_does_not_wrap(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	assert_null(arena_take(&arena, SIZE_MAX));
	assert_null(arena_take(&arena, SIZE_MAX - 15));
	assert_int_equal(arena.used, 0);
	arena_fini(&arena);
}

static void reset_gives_the_same_memory_again(void **state)
{
	struct arena arena;
	void *first;

	(void)state;
	arena_init(&arena, 1024 * 1024);
	first = arena_take(&arena, 100);
	assert_non_null(first);
	/* A large piece in between has a block of its own, which is given back. */
	assert_non_null(arena_take(&arena, 500000));
	arena_reset(&arena);
	assert_int_equal(arena.used, 0);
	assert_ptr_equal(arena_take(&arena, 100), first);
	arena_fini(&arena);
	assert_null(arena.blocks);
}

static void a_fixed_arena_stays_in_its_memory(void **state)
{
	uint8_t memory[1024];
	struct arena arena;
	size_t count = 0;
	uint8_t *first = NULL, *piece;

	(void)state;
	arena_init_fixed(&arena, memory + 1, sizeof(memory) - 1);
	while ((piece = arena_take(&arena, 48))) {
		assert_true(piece > memory && piece + 48 <= memory + sizeof(memory));
		assert_int_equal((uintptr_t)piece % alignof(max_align_t), 0);
		first = first ? first : piece;
		count++;
	}
	assert_in_range(count, 15, 1024 / 48);
	arena_reset(&arena);
	assert_ptr_equal(arena_take(&arena, 48), first);
	arena_fini(&arena);
	assert_null(arena_take(&arena, 1));
}

static void a_fixed_arena_of_nothing_gives_nothing(void **state)
{
	uint8_t memory[8];
	struct arena arena;

	(void)state;
	arena_init_fixed(&arena, memory, sizeof(memory));
	assert_null(arena_take(&arena, 0));
	assert_null(arena_take(&arena, 1));
	arena_reset(&arena);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_aligned_and_apart),
		cmocka_unit_test(the_cap_holds),
		cmocka_unit_test(an_endless_cap_does_not_wrap),
		cmocka_unit_test(reset_gives_the_same_memory_again),
		cmocka_unit_test(a_fixed_arena_stays_in_its_memory),
		cmocka_unit_test(a_fixed_arena_of_nothing_gives_nothing),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
