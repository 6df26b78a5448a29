/* What is kept of a link, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/link_cache.h"

static struct link_cache *cache;

static const struct link_key key = {1, 2, 100};
static const struct instant start = {.mono_us = 5000, .unix_us = 9000000};

static int setup(void **state)
{
	(void)state;
	cache = link_cache_new(10);
	return cache ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	link_cache_free(cache);
	return 0;
}

static struct reception delivered(void)
{
	return (struct reception){
		.receiver = 2,
		.outcome = OUTCOME_DELIVERED,
		.link_ok = true,
		.link = slice_str("numbers"),
		.delay_us = 70,
		.snr_db = 3,
		.packet_error_rate = 0.25f,
		.valid_for_us = 1000,
	};
}

static struct instant later(int64_t mono_us, int64_t unix_us)
{
	return (struct instant){
		.mono_us = start.mono_us + (uint64_t)mono_us,
		.unix_us = start.unix_us + (uint64_t)unix_us,
	};
}

static void keep(struct reception reception, uint64_t change)
{
	link_cache_keep(cache, &key, &reception, &start, change);
}

static const struct link_entry *find_at(int64_t mono_us, int64_t unix_us)
{
	struct instant leaves = later(mono_us, unix_us);

	return link_cache_find(cache, &key, &leaves);
}

static const struct link_entry *find(void)
{
	return find_at(0, 0);
}

static void test_told_again(void **state)
{
	const struct link_entry *entry;

	(void)state;
	assert_null(find());
	keep(delivered(), 10);
	entry = find();
	assert_non_null(entry);
	assert_int_equal(entry->leg.leg.outcome, OUTCOME_DELIVERED);
	assert_int_equal(entry->leg.leg.source, SOURCE_CACHED);
	assert_int_equal(entry->leg.leg.delay_us, 70);
	assert_true(entry->leg.leg.snr_db == 3 && entry->packet_error_rate == 0.25f);
	assert_true(slice_equal(leg_link(&entry->leg.leg), slice_str("numbers")));
	assert_ptr_equal(link_cache_at(cache, link_cache_place(cache, entry)), entry);
}

static void test_other_links(void **state)
{
	static const struct link_key others[] = {
		{2, 1, 100}, {1, 3, 100}, {1, 2, 101}, {3, 2, 100}};

	(void)state;
	keep(delivered(), 10);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_null(link_cache_find(cache, &others[i], &start));
	}
}

/* To the microsecond, by both clocks. */
static void test_time(void **state)
{
	(void)state;
	keep(delivered(), 10);
	assert_non_null(find_at(999, 999));
	assert_null(find_at(1000, 999));
	assert_null(find_at(999, 1000));
	assert_null(find_at(-1, 0));
	assert_null(find_at(0, -1)); /* the wall clock was set back */
	assert_null(find_at(2000, 500));
}

static void test_changes(void **state)
{
	(void)state;
	keep(delivered(), 9); /* of before it was there */
	assert_null(find());
	link_cache_forget_node(cache, 1, 20);
	link_cache_forget_node(cache, 2, 30);
	keep(delivered(), 29); /* the receiver has changed on the way */
	assert_null(find());
	keep(delivered(), 30);
	assert_non_null(find());
	link_cache_forget_node(cache, 3, 31);
	link_cache_forget_node(cache, 100000, 32);
	assert_non_null(find());
	link_cache_forget_node(cache, 1, 33);
	assert_null(find());
	keep(delivered(), 33);
	assert_non_null(find());
	link_cache_forget_all(cache, 34);
	assert_null(find());
	keep(delivered(), 33);
	assert_null(find());
}

static struct reception lost(enum reason reason, float rate)
{
	struct reception reception = delivered();

	reception.outcome = OUTCOME_LOST;
	reception.reason = reason;
	reception.packet_error_rate = rate;
	return reception;
}

static void test_lost(void **state)
{
	(void)state;
	keep(lost(REASON_PACKET_ERROR, 0.5f), 10);
	assert_int_equal(find()->leg.leg.outcome, OUTCOME_DELIVERED);
	keep(lost(REASON_PACKET_ERROR, 1), 10);
	assert_int_equal(find()->leg.leg.outcome, OUTCOME_DELIVERED);
	keep(lost(REASON_BELOW_SENSITIVITY, 1), 10);
	assert_int_equal(find()->leg.leg.outcome, OUTCOME_LOST);
	assert_int_equal(find()->leg.leg.reason, REASON_BELOW_SENSITIVITY);
}

/* Neither kept, nor is what was known before. */
static void test_says_nothing(void **state)
{
	struct reception not_valid = delivered(), altered = delivered(), bits = delivered(),
			 absent = delivered(), wrong = delivered(), corrupted = delivered(),
			 injected = delivered(), unknown = delivered(), no_outcome = delivered();
	const struct reception rows[] = {
		(not_valid.valid_for_us = 0, not_valid),
		(altered.altered = true, altered),
		(bits.bit_errors = 1, bits),
		(absent.link = slice_of(NULL, 0), absent),
		(wrong.link_ok = false, wrong),
		(corrupted.outcome = OUTCOME_CORRUPTED, corrupted),
		(injected.reason = REASON_FAULT_INJECTED, injected),
		(unknown.reason = REASON_COUNT, unknown),
		(no_outcome.outcome = OUTCOME_COUNT, no_outcome),
		lost(REASON_INTERFERENCE, 0.99f),
		lost(REASON_FAULT_INJECTED, 1),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		keep(delivered(), 10);
		assert_non_null(find());
		keep(rows[i], 10);
		assert_null(find());
	}
}

/* Answers may come in any order. */
static void test_order_of_answers(void **state)
{
	struct reception reception = delivered();
	struct instant after = later(100, 100);

	(void)state;
	reception.delay_us = 71;
	link_cache_keep(cache, &key, &reception, &after, 10);
	keep(delivered(), 10);
	assert_int_equal(find_at(100, 100)->leg.leg.delay_us, 71);
	assert_null(find());
	reception.delay_us = 72;
	link_cache_keep(cache, &key, &reception, &after, 10);
	assert_int_equal(find_at(100, 100)->leg.leg.delay_us, 72);
}

/* More than there is room for: the last ones are there, and most of the room is used. */
static void test_bound(void **state)
{
	uint32_t found = 0;

	(void)state;
	for (uint32_t i = 1; i <= 2 * LINK_CACHE_LINKS; i++) {
		struct link_key other = {i, 1, 8};
		struct reception reception = delivered();
		struct instant leaves = later(i / 64, i / 64);

		link_cache_keep(cache, &other, &reception, &leaves, 10);
		assert_non_null(link_cache_find(cache, &other, &leaves));
	}
	for (uint32_t i = 1; i <= 2 * LINK_CACHE_LINKS; i++) {
		struct link_key other = {i, 1, 8};
		struct instant leaves = later(2 * LINK_CACHE_LINKS / 64, 2 * LINK_CACHE_LINKS / 64);

		found += link_cache_find(cache, &other, &leaves) != NULL;
	}
	assert_in_range(found, LINK_CACHE_LINKS * 3 / 4, LINK_CACHE_LINKS);
}

/* Of answers that come late, or are about second hops, which leave ahead of the clock: while there
 * is room in its set, a link takes nobody's place. */
static void test_late_ones_take_no_place(void **state)
{
	enum { LINKS = LINK_CACHE_LINKS / 8, LAST_US = 900 };
	struct instant leaves = later(LAST_US, LAST_US);
	uint32_t found = 0;

	(void)state;
	for (uint32_t i = 0; i < LINKS; i++) {
		struct link_key other = {i + 1, 1, 8};
		struct reception reception = delivered();
		struct instant earlier = later(LAST_US - i / 4, LAST_US - i / 4);

		link_cache_keep(cache, &other, &reception, &earlier, 10);
	}
	for (uint32_t i = 0; i < LINKS; i++) {
		struct link_key other = {i + 1, 1, 8};

		found += link_cache_find(cache, &other, &leaves) != NULL;
	}
	assert_int_equal(found, LINKS);
}

/* What leaves in an hour, by what the simulator says of the first hop, hinders nobody until then.
 */
static void test_far_ahead(void **state)
{
	const int64_t hour_us = 3600 * INT64_C(1000000);
	struct instant ahead = later(hour_us, hour_us);
	struct reception reception = delivered();
	uint32_t found = 0;

	(void)state;
	for (uint32_t i = 0; i < 4 * LINK_CACHE_LINKS; i++) {
		struct link_key other = {i + 1, 3, 8};

		link_cache_keep(cache, &other, &reception, &ahead, 10);
	}
	for (uint32_t i = 0; i < LINK_CACHE_LINKS / 8; i++) {
		struct link_key other = {i + 1, 1, 8};

		link_cache_keep(cache, &other, &reception, &start, 10);
	}
	for (uint32_t i = 0; i < LINK_CACHE_LINKS / 8; i++) {
		struct link_key other = {i + 1, 1, 8};

		found += link_cache_find(cache, &other, &start) != NULL;
	}
	assert_int_equal(found, LINK_CACHE_LINKS / 8);
	link_cache_keep(cache, &key, &reception, &ahead, 10);
	keep(delivered(), 10);
	assert_non_null(find());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_told_again),
		TEST(test_other_links),
		TEST(test_time),
		TEST(test_changes),
		TEST(test_lost),
		TEST(test_says_nothing),
		TEST(test_order_of_answers),
		TEST(test_bound),
		TEST(test_late_ones_take_no_place),
		TEST(test_far_ahead),
	};

	return cmocka_run_group_tests_name("link_cache", tests, NULL, NULL);
}
