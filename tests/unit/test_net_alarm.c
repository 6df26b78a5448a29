/* The alarm in a loop of its own. How late it rings is the machine's business and is not
 * looked at; that it never rings early is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/alarm.h"

#include <sys/resource.h>

struct fixture {
	uv_loop_t loop;
	struct alarm alarm;
	uint32_t rings;
	uint64_t rang_us;
	uint64_t again_us; /* set from inside the call; 0: not */
};

static struct fixture fixture;

static void on_ring(void *ctx)
{
	struct fixture *f = ctx;

	f->rings++;
	f->rang_us = clock_now().mono_us;
	assert_int_equal(f->alarm.due_us, UINT64_MAX);
	if (f->again_us) {
		alarm_set(&f->alarm, f->again_us);
	}
}

static int set_up(void **state)
{
	struct fixture *f = &fixture;

	*f = (struct fixture){0};
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(alarm_open(&f->alarm, &f->loop, on_ring, f), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	alarm_close(&f->alarm);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	return 0;
}

/* Rounds, each of which waits for the next ring. */
static void run_until(struct fixture *f, uint32_t rings)
{
	while (f->rings < rings) {
		uv_run(&f->loop, UV_RUN_ONCE);
	}
}

static void rings_once_and_never_early(void **state)
{
	static const uint64_t delays_us[] = {1, 700, 3000, 12345};
	struct fixture *f = *state;

	for (uint32_t i = 0; i < sizeof(delays_us) / sizeof(delays_us[0]); i++) {
		uint64_t due_us = clock_now().mono_us + delays_us[i];

		alarm_set(&f->alarm, due_us);
		run_until(f, i + 1);
		assert_true(f->rang_us >= due_us);
		uv_run(&f->loop, UV_RUN_NOWAIT);
		assert_int_equal(f->rings, i + 1);
	}
}

static void moves_only_to_ring_earlier(void **state)
{
	struct fixture *f = *state;
	uint64_t now_us = clock_now().mono_us;

	alarm_set(&f->alarm, now_us + 60 * 1000000);
	alarm_set(&f->alarm, now_us + 2000);
	assert_int_equal(f->alarm.due_us, now_us + 2000);
	alarm_set(&f->alarm, now_us + 3600 * 1000000ull);
	alarm_set(&f->alarm, UINT64_MAX);
	assert_int_equal(f->alarm.due_us, now_us + 2000);
	run_until(f, 1);
}

static void rings_at_once_for_what_is_past(void **state)
{
	struct fixture *f = *state;

	alarm_set(&f->alarm, 0);
	run_until(f, 1);
	alarm_set(&f->alarm, clock_now().mono_us - 1);
	run_until(f, 2);
}

static void may_be_set_from_its_own_ring(void **state)
{
	struct fixture *f = *state;

	f->again_us = 1;
	alarm_set(&f->alarm, clock_now().mono_us);
	run_until(f, 3);
	f->again_us = 0;
	run_until(f, 4);
	uv_run(&f->loop, UV_RUN_NOWAIT);
	assert_int_equal(f->rings, 4);
}

static void says_that_there_is_no_timer(void **state)
{
	struct rlimit limit, none;
	struct alarm alarm;
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(alarm_open(&alarm, &loop, on_ring, NULL), UV_EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rings_once_and_never_early, set_up, tear_down),
		cmocka_unit_test_setup_teardown(moves_only_to_ring_earlier, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rings_at_once_for_what_is_past, set_up, tear_down),
		cmocka_unit_test_setup_teardown(may_be_set_from_its_own_ring, set_up, tear_down),
		cmocka_unit_test(says_that_there_is_no_timer),
	};

	return cmocka_run_group_tests_name("net_alarm", tests, NULL, NULL);
}
