/* What waits for all drones together: how much that is, and whether some of them, who have read
 * so far, should be given time to.
 *
 * Much may be for one drone at once, and it is not to be taken for one that does not read: when
 * half of output_hard_bytes waits for it, what comes from simulators is not worked on until it
 * has made way, or for BACKLOG_REST_US. Who has not by then is waited for no more. All others wait
 * as well meanwhile; so rests take no more than one part in BACKLOG_REST_PART of the time, after
 * BACKLOG_REST_MOST_US at once, whoever asks for them by reading as slowly as that lets it. */
#ifndef UAV_NET_BACKLOG_H
#define UAV_NET_BACKLOG_H

#include "base/bucket.h"
#include "core/core.h"
#include "net/outbox.h"

#define BACKLOG_REST_US 50000u
#define BACKLOG_REST_MOST_US 200000u
#define BACKLOG_REST_PART 20u

/* Zeroed at first. */
struct backlog {
	uint64_t bytes;	      /* in all outboxes, after the last flush of each */
	uint32_t full;	      /* outboxes in which much waits */
	uint32_t given_up;    /* of these, at least as many are waited for no more */
	uint64_t rest_us;     /* monotonic; the rest's beginning, 0: there is none */
	uint64_t rest_end_us; /* of the last rest, at the latest */
	struct bucket rested; /* how long there was rest of late */
};

/* More has been gathered for a drone. */
void backlog_gathered(struct backlog *backlog, struct outbox *outbox, const struct limits *limits,
		      uint64_t now_us);
/* The outbox has been flushed. */
void backlog_flushed(struct backlog *backlog, struct outbox *outbox, const struct limits *limits);
/* Its connection is being closed. */
void backlog_ended(struct backlog *backlog, struct outbox *outbox);

/* Whether somebody is being given time now. */
bool backlog_rests(struct backlog *backlog, uint64_t now_us);
/* When that ends at the latest; UINT64_MAX when nobody is. */
uint64_t backlog_rest_end_us(const struct backlog *backlog);

#endif
