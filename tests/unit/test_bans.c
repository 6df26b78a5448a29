#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/bans.h"

#include <stdio.h>

enum { CAP = 8, MAX = 3, BAN_MS = 5000 };

#define SECOND 1000000ull
#define MINUTE (60 * SECOND)

static const struct hash_key key = {1, 2};
static const uint64_t ban_us = BAN_MS * 1000ull;
static const struct ban_rule rule = {MAX + 1, 60 * SECOND, BAN_MS * 1000ull};

static void takeover(struct bans *bans, const char *id, uint64_t now_us)
{
	bans_note(bans, slice_str(id), now_us, &rule);
}

static void takeovers(struct bans *bans, const char *id, uint64_t now_us, int count)
{
	for (int i = 0; i < count; i++) {
		takeover(bans, id, now_us);
	}
}

static uint64_t banned(const struct bans *bans, const char *id, uint64_t now_us)
{
	return bans_left_us(bans, slice_str(id), now_us);
}

static void one_takeover_too_many_bans(void **state)
{
	struct bans bans;

	(void)state;
	bans_init(&bans, key, CAP);
	assert_int_equal(banned(&bans, "uav1", 0), 0);
	for (uint64_t i = 0; i < MAX; i++) {
		takeover(&bans, "uav1", i * SECOND);
		assert_int_equal(banned(&bans, "uav1", i * SECOND), 0);
	}
	takeover(&bans, "uav1", 10 * SECOND);
	assert_int_equal(banned(&bans, "uav1", 10 * SECOND), ban_us);
	assert_int_equal(banned(&bans, "uav1", 11 * SECOND), ban_us - SECOND);
	assert_int_equal(banned(&bans, "uav", 10 * SECOND), 0);
	assert_int_equal(banned(&bans, "uav11", 10 * SECOND), 0);
	assert_int_equal(banned(&bans, "", 10 * SECOND), 0);
	bans_fini(&bans);
}

static void ids_count_by_themselves(void **state)
{
	struct bans bans;

	(void)state;
	bans_init(&bans, key, CAP);
	for (int i = 0; i < MAX; i++) {
		takeover(&bans, "uav1", 0);
		takeover(&bans, "uav2", 0);
	}
	assert_int_equal(banned(&bans, "uav1", 0), 0);
	assert_int_equal(banned(&bans, "uav2", 0), 0);
	takeover(&bans, "uav2", 0);
	assert_int_equal(banned(&bans, "uav1", 0), 0);
	assert_int_equal(banned(&bans, "uav2", 0), ban_us);
	bans_fini(&bans);
}

/* The window is that of its first takeover: the last moment counts, its end does not. */
static void a_window_lasts_a_minute(void **state)
{
	uint64_t opened = 7 * SECOND, end = opened + 60 * SECOND;
	struct bans bans;

	(void)state;
	bans_init(&bans, key, CAP);
	takeover(&bans, "late", opened);
	takeovers(&bans, "late", end - 1, MAX);
	assert_int_equal(banned(&bans, "late", end - 1), ban_us);

	takeover(&bans, "over", opened);
	takeovers(&bans, "over", end - 1, MAX - 1);
	takeovers(&bans, "over", end, MAX); /* the first MAX of the next window */
	assert_int_equal(banned(&bans, "over", end), 0);
	takeover(&bans, "over", end + 60 * SECOND - 1);
	assert_int_equal(banned(&bans, "over", end + 60 * SECOND - 1), ban_us);
	bans_fini(&bans);
}

static void a_steady_rate_below_the_bound_goes_on_for_ever(void **state)
{
	struct bans bans;

	(void)state;
	bans_init(&bans, key, CAP);
	for (uint64_t i = 0; i < 1000; i++) {
		takeover(&bans, "uav1", i * 20 * SECOND);
		assert_int_equal(banned(&bans, "uav1", i * 20 * SECOND), 0);
	}
	bans_fini(&bans);
}

static void a_ban_ends_and_leaves_nothing(void **state)
{
	struct bans bans;

	(void)state;
	bans_init(&bans, key, CAP);
	takeovers(&bans, "uav1", SECOND, MAX + 1);
	assert_int_equal(banned(&bans, "uav1", SECOND + ban_us - 1), 1);
	assert_int_equal(banned(&bans, "uav1", SECOND + ban_us), 0);
	assert_int_equal(banned(&bans, "uav1", UINT64_MAX), 0);
	/* well within the minute of the window that led to it */
	takeovers(&bans, "uav1", SECOND + ban_us, MAX);
	assert_int_equal(banned(&bans, "uav1", SECOND + ban_us), 0);
	takeover(&bans, "uav1", SECOND + ban_us);
	assert_int_equal(banned(&bans, "uav1", SECOND + ban_us), ban_us);
	bans_fini(&bans);
}

static void a_takeover_during_a_ban_changes_nothing(void **state)
{
	struct bans bans;

	(void)state;
	bans_init(&bans, key, CAP);
	takeovers(&bans, "uav1", 0, MAX + 1);
	takeovers(&bans, "uav1", ban_us - 1, 2 * MAX);
	assert_int_equal(banned(&bans, "uav1", ban_us - 1), 1);
	takeovers(&bans, "uav1", ban_us, MAX);
	assert_int_equal(banned(&bans, "uav1", ban_us), 0);
	bans_fini(&bans);
}

static void settings_may_change_between_takeovers(void **state)
{
	struct slice id = slice_str("uav1");
	struct bans bans;

	(void)state;
	bans_init(&bans, key, CAP);
	for (int i = 0; i < 100; i++) {
		bans_note(&bans, id, 0, &(struct ban_rule){0, MINUTE, ban_us}); /* not counted */
	}
	takeovers(&bans, "uav1", 0, MAX);
	assert_int_equal(banned(&bans, "uav1", 0), 0);
	bans_note(&bans, id, 0,
		  &(struct ban_rule){2, MINUTE, UINT32_MAX * 1000ull}); /* stricter, and longer */
	assert_int_equal(banned(&bans, "uav1", 0), UINT32_MAX * 1000ull);
	bans_note(&bans, id, 0, &(struct ban_rule){0, 0, 0});
	assert_int_equal(banned(&bans, "uav1", SECOND), UINT32_MAX * 1000ull - SECOND);

	/* a ban of no length is over at once, with its count */
	id = slice_str("uav2");
	for (int i = 0; i < 2; i++) {
		bans_note(&bans, id, 0, &(struct ban_rule){2, MINUTE, 0});
		assert_int_equal(banned(&bans, "uav2", 0), 0);
	}
	bans_note(&bans, id, 0, &(struct ban_rule){2, MINUTE, ban_us});
	assert_int_equal(banned(&bans, "uav2", 0), 0);
	bans_note(&bans, id, 0, &(struct ban_rule){2, MINUTE, ban_us});
	assert_int_equal(banned(&bans, "uav2", 0), ban_us);
	bans_fini(&bans);
}

static const char *numbered(int number)
{
	static char id[32];

	(void)snprintf(id, sizeof(id), "uav-%d", number);
	return id;
}

static void the_least_recent_is_forgotten(void **state)
{
	struct bans bans;

	(void)state;
	bans_init(&bans, key, CAP);
	takeovers(&bans, "counted", 0, MAX);
	for (int i = 1; i < CAP; i++) {
		takeover(&bans, numbered(i), 0);
	}
	takeover(&bans, "another", 0);
	takeovers(&bans, "counted", 0, MAX); /* was forgotten: this is its first window */
	assert_int_equal(banned(&bans, "counted", 0), 0);
	assert_int_equal(bans.keys.count, CAP);
	bans_fini(&bans);
}

/* However many other ids change hands, a ban holds; one that is over makes room first. */
static void a_ban_is_not_forgotten(void **state)
{
	struct bans bans;

	(void)state;
	bans_init(&bans, key, CAP);
	takeovers(&bans, "banned", 0, MAX + 1);
	for (int i = 0; i < 3 * CAP; i++) {
		takeover(&bans, numbered(i), 0);
	}
	assert_int_equal(banned(&bans, "banned", 0), ban_us);
	takeovers(&bans, numbered(3 * CAP - 1), ban_us - 1, MAX);
	takeover(&bans, "new", ban_us); /* takes the place of the one whose ban is over */
	takeover(&bans, numbered(3 * CAP - 1), ban_us);
	assert_int_not_equal(banned(&bans, numbered(3 * CAP - 1), ban_us), 0);
	assert_int_equal(bans.keys.count, CAP);
	bans_fini(&bans);
}

static void many_ids_need_no_more_memory(void **state)
{
	struct bans bans;
	struct ban *entries;

	(void)state;
	bans_init(&bans, key, CAP);
	takeover(&bans, "first", 0);
	entries = bans.entries;
	for (int i = 0; i < 10000; i++) {
		takeovers(&bans, numbered(i), (uint64_t)i, MAX + 1);
		assert_true(bans.keys.count <= CAP);
		for (int j = i < CAP ? 0 : i - CAP + 1; j <= i; j++) {
			assert_int_equal(banned(&bans, numbered(j), (uint64_t)i),
					 ban_us - (uint64_t)(i - j));
		}
		assert_int_equal(banned(&bans, numbered(i - CAP), (uint64_t)i), 0);
	}
	assert_ptr_equal(bans.entries, entries);
	bans_fini(&bans);
}

static void a_table_of_one_or_none_works(void **state)
{
	struct bans bans;

	(void)state;
	bans_init(&bans, key, 1);
	takeovers(&bans, "uav1", 0, MAX + 1);
	assert_int_equal(banned(&bans, "uav1", 0), ban_us);
	takeover(&bans, "uav2", 0);
	assert_int_equal(banned(&bans, "uav1", 0), 0);
	takeovers(&bans, "uav2", 0, MAX);
	assert_int_equal(banned(&bans, "uav2", 0), ban_us);
	bans_fini(&bans);
	bans_init(&bans, key, 0);
	takeovers(&bans, "uav1", 0, MAX + 1);
	assert_int_equal(banned(&bans, "uav1", 0), 0);
	bans_fini(&bans);
}

/* A clock that wraps around within a window, and within a ban. */
static void time_may_wrap(void **state)
{
	uint64_t before = UINT64_MAX - SECOND + 1; /* a second before 0 */
	struct bans bans;

	(void)state;
	bans_init(&bans, key, CAP);
	takeovers(&bans, "window", before, MAX);
	takeover(&bans, "window", 58 * SECOND);
	assert_int_equal(banned(&bans, "window", 58 * SECOND), ban_us);

	takeovers(&bans, "end", before, MAX);
	takeover(&bans, "end", 59 * SECOND);
	assert_int_equal(banned(&bans, "end", 59 * SECOND), 0);

	takeovers(&bans, "ban", before, MAX + 1);
	assert_int_equal(banned(&bans, "ban", before), ban_us);
	assert_int_equal(banned(&bans, "ban", 0), ban_us - SECOND);
	assert_int_equal(banned(&bans, "ban", ban_us - SECOND - 1), 1);
	assert_int_equal(banned(&bans, "ban", ban_us - SECOND), 0);
	bans_fini(&bans);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_takeover_too_many_bans),
		cmocka_unit_test(ids_count_by_themselves),
		cmocka_unit_test(a_window_lasts_a_minute),
		cmocka_unit_test(a_steady_rate_below_the_bound_goes_on_for_ever),
		cmocka_unit_test(a_ban_ends_and_leaves_nothing),
		cmocka_unit_test(a_takeover_during_a_ban_changes_nothing),
		cmocka_unit_test(settings_may_change_between_takeovers),
		cmocka_unit_test(the_least_recent_is_forgotten),
		cmocka_unit_test(a_ban_is_not_forgotten),
		cmocka_unit_test(many_ids_need_no_more_memory),
		cmocka_unit_test(a_table_of_one_or_none_works),
		cmocka_unit_test(time_may_wrap),
	};

	return cmocka_run_group_tests_name("bans", tests, NULL, NULL);
}
