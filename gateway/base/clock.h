/* The two clocks, in microseconds. Deadlines are monotonic; times that people
 * and drones see are Unix time. */
#ifndef UAV_BASE_CLOCK_H
#define UAV_BASE_CLOCK_H

#include <stdint.h>

struct instant {
	uint64_t mono_us; /* CLOCK_MONOTONIC */
	uint64_t unix_us; /* CLOCK_REALTIME */
};

/* Both at the same time, to a microsecond. */
struct instant clock_now(void);
/* The monotonic one alone. */
uint64_t clock_mono_us(void);

static inline uint64_t earliest(uint64_t a_us, uint64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

#endif
