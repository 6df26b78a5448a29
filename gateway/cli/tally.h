/* What became of a swarm's messages, counted. */
#ifndef UAV_CLI_TALLY_H
#define UAV_CLI_TALLY_H

#include "cli/samples.h"
#include "core/message.h"

enum { TALLY_HOPS_MAX = 2 };

/* What became of one message at one target. */
struct fate {
	uint64_t time_us; /* since take-off: real time, or in lockstep flight time */
	uint64_t round;	  /* in lockstep, from 1; else 0 */
	uint64_t number;  /* of the sender's messages, from 1 */
	uint32_t sender;  /* its place in the swarm */
	uint32_t size;	  /* of the payload */
	char target[NAME_MAX_BYTES + 1];
	enum outcome outcome;
	enum reason reason;
	uint32_t hops;
	enum source source; /* of the last hop */
	bool has_delay;	    /* every hop has its numbers: */
	uint64_t delay_us;  /* their sum */
	bool has_link;	    /* the last hop has its numbers: */
	float snr_db, path_loss_db, distance_m;
	uint32_t late_by_us;
};

/* The part of a fate that stands in a report. */
void fate_read(struct fate *fate, const struct target_outcome *outcome);

struct tally_row {
	uint64_t sent;	   /* messages */
	uint64_t targets;  /* of them, as reported: the sum of the outcomes */
	uint64_t received; /* deliveries */
	uint64_t outcomes[OUTCOME_COUNT];
};

struct tally {
	struct tally_row total, *rows; /* one a drone */
	size_t count;
	uint64_t reasons[REASON_COUNT];	   /* of the lost */
	uint64_t hops[TALLY_HOPS_MAX + 1]; /* targets by their number of hops */
	uint64_t cached;		   /* whose last hop was known, without asking for it */
	uint64_t bypassed;		   /* targets whose last hop no simulator has seen */
	/* Messages without outcomes. */
	uint64_t refused;    /* answered with an error */
	uint64_t unanswered; /* in time, or at all */
	uint64_t odd;	     /* to one drone, and reported with none or several */
	uint64_t held_back;  /* not sent, since the gateway took no more */
	uint64_t errors[ERROR_COUNT];
	uint64_t disconnected; /* drones, while they flew */
	/* Of what was handed over: delay over all hops and lateness; of all that have one: the
	 * last hop's SNR and length. */
	struct samples delay_us, late_us, snr_db, distance_m;
};

/* 0, or -1 when memory is out. */
int tally_init(struct tally *tally, size_t count) __attribute__((warn_unused_result));
void tally_fini(struct tally *tally);

void tally_sent(struct tally *tally, size_t sender);
void tally_received(struct tally *tally, size_t receiver);
void tally_fate(struct tally *tally, const struct fate *fate);

/* Whether each message sent has a report that tells of its target. */
bool tally_closes(const struct tally *tally);

#endif
