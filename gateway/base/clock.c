#include "base/clock.h"

#include <time.h>

enum {
	APART_US = 1, /* as near to each other as the clocks are read, rounding included */
	READINGS = 8, /* the machine is not that slow eight times in a row */
};

static uint64_t read_us(clockid_t clock)
{
	struct timespec at = {0};

	(void)clock_gettime(clock, &at);
	return (uint64_t)at.tv_sec * 1000000u + (uint64_t)at.tv_nsec / 1000u;
}

uint64_t clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

struct instant clock_now(void)
{
	struct instant now = {.mono_us = clock_mono_us()};
	uint64_t after_us;

	/* Who is made to wait between the two readings takes them anew: what is sent would be
	 * said to have been sent that much later than it was. */
	for (int reading = 0; reading < READINGS; reading++) {
		now.unix_us = read_us(CLOCK_REALTIME);
		after_us = clock_mono_us();
		if (after_us - now.mono_us <= APART_US) {
			break;
		}
		now.mono_us = after_us;
	}
	return now;
}
