#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/rng.h"

#include <stdio.h>

enum { NAMES = 2000 };

struct names {
	char text[NAMES][24];
	bool in[NAMES];
};

static struct slice name_at(const void *ctx, uint32_t value)
{
	const struct names *names = ctx;

	return slice_str(names->text[value]);
}

/* With a zero key: as CPython 3.11 hashes bytes when its own key is switched off.
 * With 00 01 ... 0f: the reference vector for the empty string. */
static void matches_other_implementations(void **state)
{
	const struct hash_key zero = {0, 0};
	const struct hash_key counting = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

	(void)state;
	assert_true(hash_bytes(&zero, slice_str("a")) == 0x407448d2b89b1813u);
	assert_true(hash_bytes(&zero, slice_str("uav1")) == 0x9b357a895a898805u);
	assert_true(hash_bytes(&zero, slice_str("12345678")) == 0x3489982430560a87u);
	assert_true(hash_bytes(&zero, slice_str("a drone with a longer name than 16")) ==
		    0x6fbcc48b3ca8f1f0u);
	assert_true(hash_bytes(&counting, slice_of(NULL, 0)) == 0xabac0158050fc4dcu);
}

static void an_empty_table_finds_nothing(void **state)
{
	static struct names names;
	struct hash hash;

	(void)state;
	hash_init(&hash, (struct hash_key){1, 2}, name_at, &names);
	assert_int_equal(hash_find(&hash, slice_str("x")), HASH_NONE);
	assert_false(hash_remove(&hash, 0));
	hash_fini(&hash);
}

/* Adds and removes at random, at up to three quarters full, against a plain list
 * of flags. */
static void agrees_with_a_plain_list(void **state)
{
	static struct names names;
	struct hash hash;
	struct rng rng;
	uint32_t count = 0;

	(void)state;
	rng_seed(&rng, 9);
	for (uint32_t i = 0; i < NAMES; i++) {
		(void)snprintf(names.text[i], sizeof(names.text[i]), "drone-%u", i);
	}
	hash_init(&hash, (struct hash_key){rng_next(&rng), rng_next(&rng)}, name_at, &names);
	for (int i = 0; i < 100000; i++) {
		/* waves: mostly adding, then mostly removing */
		bool add = rng_below(&rng, 10) < (i / 10000 % 2 ? 3u : 7u);
		uint32_t value = (uint32_t)rng_below(&rng, NAMES);
		uint32_t other = (uint32_t)rng_below(&rng, NAMES);

		if (add && !names.in[value]) {
			assert_int_equal(hash_add(&hash, value), 0);
			names.in[value] = true;
			count++;
		} else if (!add) {
			assert_int_equal(hash_remove(&hash, value), names.in[value]);
			count -= names.in[value];
			names.in[value] = false;
		}
		assert_int_equal(hash.count, count);
		assert_int_equal(hash_find(&hash, slice_str(names.text[other])),
				 names.in[other] ? other : HASH_NONE);
	}
	for (uint32_t i = 0; i < NAMES; i++) {
		assert_int_equal(hash_find(&hash, slice_str(names.text[i])),
				 names.in[i] ? i : HASH_NONE);
	}
	assert_true(hash.mask + 1 <= 4096); /* grows with what is in, not with what came by */
	hash_fini(&hash);
}

static void growing_keeps_everything(void **state)
{
	static struct names names;
	struct hash hash;

	(void)state;
	hash_init(&hash, (struct hash_key){3, 4}, name_at, &names);
	for (uint32_t i = 0; i < NAMES; i++) {
		(void)snprintf(names.text[i], sizeof(names.text[i]), "%u", i);
		assert_int_equal(hash_add(&hash, i), 0);
		assert_true(hash.count <= (hash.mask + 1) / 4 * 3);
	}
	for (uint32_t i = 0; i < NAMES; i++) {
		assert_int_equal(hash_find(&hash, slice_str(names.text[i])), i);
	}
	assert_int_equal(hash_find(&hash, slice_str("2000")), HASH_NONE);
	hash_fini(&hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_other_implementations),
		cmocka_unit_test(an_empty_table_finds_nothing),
		cmocka_unit_test(agrees_with_a_plain_list),
		cmocka_unit_test(growing_keeps_everything),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
