/* Both clocks are read at the same time, whoever interrupts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/time.h>

#include "base/clock.h"

enum {
	INTERRUPTIONS = 500,
	EVERY_US = 200,
	LASTS_US = 50,
	APART_MOST_US = 3, /* each of the three readings is cut to a microsecond */
	STEPS_MOST = 2,	   /* somebody may set the clock meanwhile */
};

static volatile sig_atomic_t interruptions;

static void interrupt(int number)
{
	uint64_t end_us = clock_mono_us() + LASTS_US;

	(void)number;
	while (clock_mono_us() < end_us) {
	}
	interruptions = interruptions + 1;
}

static void set_interruptions(long us)
{
	const struct itimerval every = {.it_interval.tv_usec = us, .it_value.tv_usec = us};

	assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static int64_t ahead_us(void)
{
	struct instant now = clock_now();

	return (int64_t)now.unix_us - (int64_t)now.mono_us;
}

static void test_interrupted_between_the_clocks(void **state)
{
	const struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
	int64_t first_us = ahead_us();
	int steps = 0;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	set_interruptions(EVERY_US);
	while (interruptions < INTERRUPTIONS && steps <= STEPS_MOST) {
		int64_t again_us = ahead_us();

		if (again_us > first_us + APART_MOST_US || again_us < first_us - APART_MOST_US) {
			first_us = again_us;
			steps++;
		}
	}
	set_interruptions(0);
	assert_true(steps <= STEPS_MOST);
}

static void test_never_backwards(void **state)
{
	uint64_t before_us = clock_mono_us();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct instant now = clock_now();

		assert_true(now.mono_us >= before_us);
		before_us = clock_mono_us();
		assert_true(before_us >= now.mono_us);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupted_between_the_clocks),
		cmocka_unit_test(test_never_backwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
