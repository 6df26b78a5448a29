/* Messages between their acceptance and their last outcome: a slab of slots with a
 * last-in-first-out free list. A message's id is its slot's number below the
 * generation of that slot's use, so a late or forged answer cannot hit a newer
 * message. Payloads up to INFLIGHT_INLINE_BYTES stand in the slot; larger ones in
 * memory of their own, counted. */
#ifndef UAV_CORE_INFLIGHT_H
#define UAV_CORE_INFLIGHT_H

#include "base/list.h"
#include "core/name.h"

#define INFLIGHT_INLINE_BYTES 160 /* payload and content type */

struct fanout;
struct scenario;

enum inflight_lookup { INFLIGHT_FOUND, INFLIGHT_LATE, INFLIGHT_REPEATED, INFLIGHT_FORGED };

struct message {
	uint64_t id;
	bool in_channel; /* the simulator has it */
	bool answered;	 /* how its last use ended: by the simulator's answer */
	uint8_t report;	 /* enum report_wish; NONE when no reply is wanted */
	uint8_t content_type_size;
	uint32_t ref;
	uint32_t payload_size;
	uint32_t next_free;

	uint32_t sender_index;
	uint64_t sender_number;
	struct name sender;
	/* the one target; with a fanout, unused */
	uint32_t target_index, target_membership;
	struct name target;
	struct fanout *fanout; /* of a message to many, else NULL */

	uint64_t sequence;
	uint64_t sent_unix_us;
	uint64_t deadline_us; /* monotonic */
	struct list deadline; /* in inflight.deadlines, earliest first */

	uint8_t *outside; /* payload and content type when they do not fit inside */
	uint8_t inside[INFLIGHT_INLINE_BYTES];
};

struct inflight {
	struct message **blocks; /* of INFLIGHT_BLOCK messages each: they never move */
	uint32_t block_count;
	uint32_t free;	     /* first free slot, or UINT32_MAX */
	uint32_t count;	     /* not free */
	uint32_t in_channel; /* of these, at the simulator */
	uint64_t outside_bytes;
	struct list deadlines;
};

void inflight_init(struct inflight *inflight);
void inflight_fini(struct inflight *inflight);

/* A slot with a fresh id holding copies of payload and content type, in no list, or NULL when
 * memory is out. */
struct message *inflight_take(struct inflight *inflight, struct slice payload,
			      struct slice content_type);
/* The slot is free again; its fanout is the caller's to release before. */
void inflight_release(struct inflight *inflight, struct message *message);

/* The message now at the simulator under `id`; else *found says what the id is. */
struct message *inflight_find(const struct inflight *inflight, uint64_t id,
			      enum inflight_lookup *found);

/* It goes to the simulator, due at message->deadline_us, which is not before that of any
 * message in the channel. */
void inflight_enter_channel(struct inflight *inflight, struct message *message);
void inflight_leave_channel(struct inflight *inflight, struct message *message);

/* The message in the channel with the earliest deadline, or NULL. */
struct message *inflight_oldest(const struct inflight *inflight);

struct slice message_payload(const struct message *message);
struct slice message_content_type(const struct message *message);

#endif
