/* The connections of a swarm, one loop around them, and what the gateway says to them. */
#ifndef UAV_CLI_FLEET_H
#define UAV_CLI_FLEET_H

#include "cli/credentials.h"
#include "cli/flight.h"
#include "cli/swarm_drone.h"
#include "cli/tally.h"

enum { FLEET_ADDRESSES_MAX = 8 };

struct fleet {
	const struct options *options;
	const struct flight *flight;
	struct tally *tally;
	struct swarm_drone *drones;
	size_t count;
	enum cli_exit status;	    /* why the swarm cannot fly; told */
	unsigned signals;	    /* that came */
	bool flying;		    /* from now on a drone that is lost is no reason to end */
	bool ending;		    /* nor is it worth a word */
	size_t members, gone;	    /* drones in the scenario; drones that were there */
	uint64_t answers;	    /* requests that hold the swarm up */
	uint64_t pending;	    /* messages without a report */
	uint64_t heard;		    /* grows with each answer */
	uint32_t max_payload_bytes; /* of the gateway */
	enum topology_kind topology;
	char hub[NAME_MAX_BYTES + 1]; /* of the scenario; "" in a mesh */

	/* Called with each outcome that is reported; `fate` is filled in. */
	void (*take_fate)(void *ctx, const struct fate *fate);
	void *ctx;

	struct credentials credentials;

	/* Private. */
	int epoll_fd, wake_fd;
	struct address addresses[FLEET_ADDRESSES_MAX];
	size_t address_count, address; /* the one to try */
	size_t opening;		       /* drones on their way to being members */
	size_t idle;		       /* no drone before this one is SWARM_DRONE_IDLE */
	uint64_t retry_us;	       /* not before this */
	bool waited;		       /* told that nobody listens yet */
	unsigned told;		       /* errors and losses, on the standard error */
};

/* Takes the options, the flight and the tally, which must outlive it, and SIGINT and SIGTERM.
 * CLI_DONE, or what is wrong, told. To be given to fleet_fini in either case. */
enum cli_exit fleet_init(struct fleet *fleet, const struct options *options,
			 const struct flight *flight, struct tally *tally);
/* Closes what is open. */
void fleet_fini(struct fleet *fleet);

/* Connects, registers and joins, several at a time. */
enum cli_exit fleet_board(struct fleet *fleet);

/* Waits for something to happen, but not beyond the deadline (by connection_clock), and deals
 * with what has. CLI_DONE, or CLI_TROUBLE when waiting fails, told. */
enum cli_exit fleet_turn(struct fleet *fleet, uint64_t deadline_us);

/* Turns until no request holds the swarm up and no message is without a report, or as many
 * signals as are `enough` have come: CLI_DONE. CLI_TIMED_OUT when nothing has come for
 * --timeout. */
enum cli_exit fleet_settle(struct fleet *fleet, unsigned enough);

/* Requests of one drone, sent at once. Nothing happens for a drone that is not a member. */

/* With `answer` its answer is waited for by fleet_settle. */
void fleet_tell_state(struct fleet *fleet, size_t number, const struct state *state, bool answer);
/* A message that asks for a whole report. Held back when the gateway takes no more. */
void fleet_send(struct fleet *fleet, size_t number, const struct request_send *send,
		uint64_t time_us, uint64_t round);

/* Gives up what is unanswered, and leaves in good order: what was on its way to a drone has come
 * when this returns. */
void fleet_leave(struct fleet *fleet);

#endif
