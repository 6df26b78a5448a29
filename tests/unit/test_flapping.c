#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/flapping.h"

#include <stdio.h>

enum { CAP = 8, MAX = 3, BAN_MS = 5000 };

#define SECOND 1000000ull

static const struct hash_key key = {1, 2};
static const uint64_t ban_us = BAN_MS * 1000ull;

static void takeover(struct flapping *flapping, const char *id, uint64_t now_us)
{
	struct name name = name_of(slice_str(id));

	flapping_takeover(flapping, &name, now_us, MAX, BAN_MS);
}

static void takeovers(struct flapping *flapping, const char *id, uint64_t now_us, int count)
{
	for (int i = 0; i < count; i++) {
		takeover(flapping, id, now_us);
	}
}

static uint64_t banned(const struct flapping *flapping, const char *id, uint64_t now_us)
{
	return flapping_banned_us(flapping, slice_str(id), now_us);
}

static void one_takeover_too_many_bans(void **state)
{
	struct flapping flapping;

	(void)state;
	flapping_init(&flapping, key, CAP);
	assert_int_equal(banned(&flapping, "uav1", 0), 0);
	for (uint64_t i = 0; i < MAX; i++) {
		takeover(&flapping, "uav1", i * SECOND);
		assert_int_equal(banned(&flapping, "uav1", i * SECOND), 0);
	}
	takeover(&flapping, "uav1", 10 * SECOND);
	assert_int_equal(banned(&flapping, "uav1", 10 * SECOND), ban_us);
	assert_int_equal(banned(&flapping, "uav1", 11 * SECOND), ban_us - SECOND);
	assert_int_equal(banned(&flapping, "uav", 10 * SECOND), 0);
	assert_int_equal(banned(&flapping, "uav11", 10 * SECOND), 0);
	assert_int_equal(banned(&flapping, "", 10 * SECOND), 0);
	flapping_fini(&flapping);
}

static void ids_count_by_themselves(void **state)
{
	struct flapping flapping;

	(void)state;
	flapping_init(&flapping, key, CAP);
	for (int i = 0; i < MAX; i++) {
		takeover(&flapping, "uav1", 0);
		takeover(&flapping, "uav2", 0);
	}
	assert_int_equal(banned(&flapping, "uav1", 0), 0);
	assert_int_equal(banned(&flapping, "uav2", 0), 0);
	takeover(&flapping, "uav2", 0);
	assert_int_equal(banned(&flapping, "uav1", 0), 0);
	assert_int_equal(banned(&flapping, "uav2", 0), ban_us);
	flapping_fini(&flapping);
}

/* The window is that of its first takeover: the last moment counts, its end does not. */
static void a_window_lasts_a_minute(void **state)
{
	uint64_t opened = 7 * SECOND, end = opened + 60 * SECOND;
	struct flapping flapping;

	(void)state;
	flapping_init(&flapping, key, CAP);
	takeover(&flapping, "late", opened);
	takeovers(&flapping, "late", end - 1, MAX);
	assert_int_equal(banned(&flapping, "late", end - 1), ban_us);

	takeover(&flapping, "over", opened);
	takeovers(&flapping, "over", end - 1, MAX - 1);
	takeovers(&flapping, "over", end, MAX); /* the first MAX of the next window */
	assert_int_equal(banned(&flapping, "over", end), 0);
	takeover(&flapping, "over", end + 60 * SECOND - 1);
	assert_int_equal(banned(&flapping, "over", end + 60 * SECOND - 1), ban_us);
	flapping_fini(&flapping);
}

static void a_steady_rate_below_the_bound_goes_on_for_ever(void **state)
{
	struct flapping flapping;

	(void)state;
	flapping_init(&flapping, key, CAP);
	for (uint64_t i = 0; i < 1000; i++) {
		takeover(&flapping, "uav1", i * 20 * SECOND);
		assert_int_equal(banned(&flapping, "uav1", i * 20 * SECOND), 0);
	}
	flapping_fini(&flapping);
}

static void a_ban_ends_and_leaves_nothing(void **state)
{
	struct flapping flapping;

	(void)state;
	flapping_init(&flapping, key, CAP);
	takeovers(&flapping, "uav1", SECOND, MAX + 1);
	assert_int_equal(banned(&flapping, "uav1", SECOND + ban_us - 1), 1);
	assert_int_equal(banned(&flapping, "uav1", SECOND + ban_us), 0);
	assert_int_equal(banned(&flapping, "uav1", UINT64_MAX), 0);
	/* well within the minute of the window that led to it */
	takeovers(&flapping, "uav1", SECOND + ban_us, MAX);
	assert_int_equal(banned(&flapping, "uav1", SECOND + ban_us), 0);
	takeover(&flapping, "uav1", SECOND + ban_us);
	assert_int_equal(banned(&flapping, "uav1", SECOND + ban_us), ban_us);
	flapping_fini(&flapping);
}

static void a_takeover_during_a_ban_changes_nothing(void **state)
{
	struct flapping flapping;

	(void)state;
	flapping_init(&flapping, key, CAP);
	takeovers(&flapping, "uav1", 0, MAX + 1);
	takeovers(&flapping, "uav1", ban_us - 1, 2 * MAX);
	assert_int_equal(banned(&flapping, "uav1", ban_us - 1), 1);
	takeovers(&flapping, "uav1", ban_us, MAX);
	assert_int_equal(banned(&flapping, "uav1", ban_us), 0);
	flapping_fini(&flapping);
}

static void settings_may_change_between_takeovers(void **state)
{
	struct name id = name_of(slice_str("uav1"));
	struct flapping flapping;

	(void)state;
	flapping_init(&flapping, key, CAP);
	for (int i = 0; i < 100; i++) {
		flapping_takeover(&flapping, &id, 0, 0, BAN_MS); /* no bans: not counted */
	}
	takeovers(&flapping, "uav1", 0, MAX);
	assert_int_equal(banned(&flapping, "uav1", 0), 0);
	flapping_takeover(&flapping, &id, 0, 1, UINT32_MAX); /* stricter, and longer */
	assert_int_equal(banned(&flapping, "uav1", 0), UINT32_MAX * 1000ull);
	flapping_takeover(&flapping, &id, 0, 0, 0);
	assert_int_equal(banned(&flapping, "uav1", SECOND), UINT32_MAX * 1000ull - SECOND);

	/* a ban of no length is over at once, with its count */
	id = name_of(slice_str("uav2"));
	for (int i = 0; i < 2; i++) {
		flapping_takeover(&flapping, &id, 0, 1, 0);
		assert_int_equal(banned(&flapping, "uav2", 0), 0);
	}
	flapping_takeover(&flapping, &id, 0, 1, BAN_MS);
	assert_int_equal(banned(&flapping, "uav2", 0), 0);
	flapping_takeover(&flapping, &id, 0, 1, BAN_MS);
	assert_int_equal(banned(&flapping, "uav2", 0), ban_us);
	flapping_fini(&flapping);
}

static const char *numbered(int number)
{
	static char id[NAME_MAX_BYTES];

	(void)snprintf(id, sizeof(id), "uav-%d", number);
	return id;
}

static void the_least_recent_is_forgotten(void **state)
{
	struct flapping flapping;

	(void)state;
	flapping_init(&flapping, key, CAP);
	takeovers(&flapping, "counted", 0, MAX);
	for (int i = 1; i < CAP; i++) {
		takeover(&flapping, numbered(i), 0);
	}
	takeover(&flapping, "another", 0);
	takeovers(&flapping, "counted", 0, MAX); /* was forgotten: this is its first window */
	assert_int_equal(banned(&flapping, "counted", 0), 0);
	assert_int_equal(flapping.ids.count, CAP);
	flapping_fini(&flapping);
}

/* However many other ids change hands, a ban holds; one that is over makes room first. */
static void a_ban_is_not_forgotten(void **state)
{
	struct flapping flapping;

	(void)state;
	flapping_init(&flapping, key, CAP);
	takeovers(&flapping, "banned", 0, MAX + 1);
	for (int i = 0; i < 3 * CAP; i++) {
		takeover(&flapping, numbered(i), 0);
	}
	assert_int_equal(banned(&flapping, "banned", 0), ban_us);
	takeovers(&flapping, numbered(3 * CAP - 1), ban_us - 1, MAX);
	takeover(&flapping, "new", ban_us); /* takes the place of the one whose ban is over */
	takeover(&flapping, numbered(3 * CAP - 1), ban_us);
	assert_int_not_equal(banned(&flapping, numbered(3 * CAP - 1), ban_us), 0);
	assert_int_equal(flapping.ids.count, CAP);
	flapping_fini(&flapping);
}

static void many_ids_need_no_more_memory(void **state)
{
	struct flapping flapping;
	struct flapping_entry *entries;

	(void)state;
	flapping_init(&flapping, key, CAP);
	takeover(&flapping, "first", 0);
	entries = flapping.entries;
	for (int i = 0; i < 10000; i++) {
		takeovers(&flapping, numbered(i), (uint64_t)i, MAX + 1);
		assert_true(flapping.ids.count <= CAP);
		for (int j = i < CAP ? 0 : i - CAP + 1; j <= i; j++) {
			assert_int_equal(banned(&flapping, numbered(j), (uint64_t)i),
					 ban_us - (uint64_t)(i - j));
		}
		assert_int_equal(banned(&flapping, numbered(i - CAP), (uint64_t)i), 0);
	}
	assert_ptr_equal(flapping.entries, entries);
	flapping_fini(&flapping);
}

static void a_table_of_one_or_none_works(void **state)
{
	struct flapping flapping;

	(void)state;
	flapping_init(&flapping, key, 1);
	takeovers(&flapping, "uav1", 0, MAX + 1);
	assert_int_equal(banned(&flapping, "uav1", 0), ban_us);
	takeover(&flapping, "uav2", 0);
	assert_int_equal(banned(&flapping, "uav1", 0), 0);
	takeovers(&flapping, "uav2", 0, MAX);
	assert_int_equal(banned(&flapping, "uav2", 0), ban_us);
	flapping_fini(&flapping);
	flapping_init(&flapping, key, 0);
	takeovers(&flapping, "uav1", 0, MAX + 1);
	assert_int_equal(banned(&flapping, "uav1", 0), 0);
	flapping_fini(&flapping);
}

/* A clock that wraps around within a window, and within a ban. */
static void time_may_wrap(void **state)
{
	uint64_t before = UINT64_MAX - SECOND + 1; /* a second before 0 */
	struct flapping flapping;

	(void)state;
	flapping_init(&flapping, key, CAP);
	takeovers(&flapping, "window", before, MAX);
	takeover(&flapping, "window", 58 * SECOND);
	assert_int_equal(banned(&flapping, "window", 58 * SECOND), ban_us);

	takeovers(&flapping, "end", before, MAX);
	takeover(&flapping, "end", 59 * SECOND);
	assert_int_equal(banned(&flapping, "end", 59 * SECOND), 0);

	takeovers(&flapping, "ban", before, MAX + 1);
	assert_int_equal(banned(&flapping, "ban", before), ban_us);
	assert_int_equal(banned(&flapping, "ban", 0), ban_us - SECOND);
	assert_int_equal(banned(&flapping, "ban", ban_us - SECOND - 1), 1);
	assert_int_equal(banned(&flapping, "ban", ban_us - SECOND), 0);
	flapping_fini(&flapping);
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

	return cmocka_run_group_tests_name("flapping", tests, NULL, NULL);
}
