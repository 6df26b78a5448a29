#include "base/clock.h"

#include <time.h>

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
	return (struct instant){
		.mono_us = clock_mono_us(),
		.unix_us = read_us(CLOCK_REALTIME),
	};
}
