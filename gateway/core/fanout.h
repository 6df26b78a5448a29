/* A message to many: its targets, what became of each, and the report that the
 * sender gets of them, written as fast as the sender reads. Lives from the
 * acceptance to the last page of the report. */
#ifndef UAV_CORE_FANOUT_H
#define UAV_CORE_FANOUT_H

#include "base/buf.h"
#include "base/list.h"
#include "core/core.h"
#include "core/hop.h"

/* What became of a message for one target. */
struct fate {
	enum outcome outcome;
	enum reason reason;
	size_t hop_count;
	bool relayed; /* hops[0] is the way to the hub, the same for all behind it */
	struct hop hops[2];
};

struct fanout_target {
	uint32_t node, stay; /* of the member meant */
	struct name id;
	bool answered; /* what the channel says of it is known; or it never got there */
	bool relayed;  /* its first hop is that of fanout->via */
	bool has_hop;  /* and one of its own, told here */
	bool has_link;
	bool recalled; /* its link is known: link_at is its place in the cache, until settled */
	uint8_t outcome, reason;
	uint8_t hop_outcome, hop_reason, hop_source;
	uint32_t late_by_us;
	uint32_t link_at, link_size; /* in fanout->links */
};

struct fanout {
	uint32_t ref;
	uint8_t report; /* enum report_wish; NONE when no reply is wanted */
	struct name sender;
	struct name group; /* to whom; empty: everyone */
	struct via via;	   /* once what became of the first hop is known */
	uint32_t count, cap;
	uint32_t unanswered;
	uint32_t delivered; /* of the targets that are settled, those that have it whole */
	uint64_t serial;    /* unique for each use, from 1 */
	size_t charged;	    /* bytes of it in core->fanout_bytes */
	uint32_t cursor;    /* the target whose answer is expected next */
	uint32_t reported;  /* targets that the report has passed */
	bool replied;	    /* a frame of the report has been written */
	struct fanout_target *targets;
	struct buf links;
	struct list in_session; /* session->reports, while the report is being written */
	struct fanout *next_free;
};

/* Room for `count` targets, none of them set; recycled when there is one to
 * recycle. NULL when memory is out. */
struct fanout *fanout_new(struct core *core, uint32_t count);
void fanout_free(struct core *core, struct fanout *fanout);
/* Frees those kept for recycling. */
void fanout_fini(struct core *core);

/* The unanswered target with this node number, or NULL (*known: it is a target, but
 * answered). Answers in the order of the targets are found at once; others through a map
 * that is built when the first of them comes, and again when another message's was
 * needed in between. */
struct fanout_target *fanout_find(struct core *core, struct fanout *fanout, uint32_t node,
				  bool *known);

/* The channel has said what becomes of this target, or nobody will ask it. */
void fanout_answered(struct fanout *fanout, struct fanout_target *target);
/* Keeps the fate for the report. */
void fanout_settle(struct core *core, struct fanout *fanout, struct fanout_target *target,
		   const struct fate *fate);

/* Writes the report as far as the sender has room. True: it is complete and the fanout
 * can be freed. */
bool fanout_report(struct core *core, struct session *sender, struct fanout *fanout);

#endif
