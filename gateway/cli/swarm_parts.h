/* A swarm in flight: what swarm.c shares with the two ways of flying. */
#ifndef UAV_CLI_SWARM_PARTS_H
#define UAV_CLI_SWARM_PARTS_H

#include "cli/fleet.h"
#include "cli/progress.h"
#include "cli/traffic.h"

/* A first signal ends the flight, a second one the waiting for what is on its way. */
enum { SWARM_SIGNALS = 2 };

struct swarm {
	const struct options *options;
	struct flight flight;
	struct tally tally;
	struct fleet fleet;
	struct traffic traffic;
	struct progress progress;
	FILE *log;	   /* NULL: none */
	uint64_t messages; /* of each drone, if it flies all the time */
	double flown_s;	   /* flight time */
	double real_s;

	/* In lockstep. */
	uint64_t rounds;    /* flown */
	struct fate *fates; /* of this round, in the order in which they came */
	size_t fate_count, fate_cap;

	/* By the timetable. */
	struct heap timetable;
	uint64_t start_us; /* by connection_clock */
	size_t sending;	   /* drones that still have messages to send */
};

/* Counts and logs what became of a message. */
void swarm_count_fate(struct swarm *swarm, const struct fate *fate);

/* Tells where a drone is at that flight time. With `answer` fleet_settle waits for its
 * answer. */
void swarm_tell_state(struct swarm *swarm, size_t number, double time_s, bool answer);

/* Sends a drone's message, from 0, if it sends and flies at that flight time. `time_us` and
 * `round` are what the log says. */
void swarm_send(struct swarm *swarm, size_t number, uint64_t message, double time_s,
		uint64_t time_us, uint64_t round);

/* Whether there is a reason to go on sending. */
bool swarm_goes_on(const struct swarm *swarm);

/* In rounds: each drone's state, all acknowledged; then each drone's message, all reported.
 * Flight time moves on by a message's time a round, whatever the clock says. */
enum cli_exit swarm_fly_lockstep(struct swarm *swarm);
/* Keeps a fate until the round is over. */
void swarm_keep_fate(struct swarm *swarm, const struct fate *fate);

/* By the clock: each drone at its own times. */
enum cli_exit swarm_fly_timed(struct swarm *swarm);

#endif
