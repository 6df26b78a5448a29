/* What waits for all drones together: how much that is, and whether some of them, who have read
 * so far, should be given time to.
 *
 * Much may be for one drone at once, and it is not to be taken for one that does not read: when
 * half of output_hard_bytes waits for it, what comes from simulators is not worked on until it
 * has made way, or for BACKLOG_REST_US. Who has not by then is waited for no more, and there are
 * at most BACKLOG_VAIN rests of that kind at once and one each BACKLOG_VAIN_NS, so that a crowd
 * who read nothing costs the others next to nothing. */
#ifndef UAV_NET_BACKLOG_H
#define UAV_NET_BACKLOG_H

#include "base/bucket.h"
#include "core/core.h"
#include "net/outbox.h"

#define BACKLOG_REST_US 50000u
#define BACKLOG_VAIN 4u
#define BACKLOG_VAIN_NS 2000000000ull

/* Zeroed at first. */
struct backlog {
	uint64_t bytes;	      /* in all outboxes, after the last flush of each */
	uint32_t full;	      /* outboxes in which much waits */
	uint32_t given_up;    /* of these, at least as many are waited for no more */
	uint64_t rest_end_us; /* monotonic; of the last rest */
	struct bucket vain;   /* rests in which nobody made way */
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
