/* What the two programs share that time the gateway's own steps over bytes in memory:
 * codec_cost and relay_cost. */
#ifndef UAV_BENCH_COST_H
#define UAV_BENCH_COST_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wire/hot_codec.h"

/* The Link of a drone 1.5 km away: every number that is not zero in it. */
static const struct link_numbers cost_numbers = {
	.delay_us = 2314,
	.propagation_ns = 5003,
	.airtime_us = 2309,
	.tx_power_dbm = 20,
	.rx_power_dbm = -71.4f,
	.path_loss_db = 95.4f,
	.snr_db = 22.6f,
	.sinr_db = 22.6f,
	.packet_error_rate = 1e-4f,
	.doppler_hz = 12.5f,
	.distance_m = 1500.2f,
	.line_of_sight = LINE_OF_SIGHT_LOS,
};

/* Ends the program when a step did not do what it is there for. */
static inline void must(int ok)
{
	if (!ok) {
		fprintf(stderr, "a step that is timed has failed\n");
		exit(1);
	}
}

static inline double now_ns(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

#endif
