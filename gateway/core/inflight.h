/* Messages between their acceptance and their last outcome: a slab of slots with a
 * last-in-first-out free list. A message's id is its slot's number below the
 * generation of that slot's use, so a late or forged answer cannot hit a newer
 * message, nor the first hop's answer the second hop. Payloads up to
 * INFLIGHT_INLINE_BYTES stand in the slot; larger ones in memory of their own, counted. */
#ifndef UAV_CORE_INFLIGHT_H
#define UAV_CORE_INFLIGHT_H

#include "base/list.h"
#include "core/hop.h"

#define INFLIGHT_INLINE_BYTES 160 /* payload and content type */

struct fanout;
struct scenario;

enum inflight_lookup { INFLIGHT_FOUND, INFLIGHT_LATE, INFLIGHT_REPEATED, INFLIGHT_FORGED };

enum message_stage {
	MESSAGE_OUTSIDE,    /* being accepted or being finished; or the slot is free */
	MESSAGE_QUEUED,	    /* waits for its simulator */
	MESSAGE_IN_CHANNEL, /* the simulator has it */
	MESSAGE_WAITING,    /* its deliveries wait for their time, the channel has finished */
};

struct message {
	uint64_t id;
	uint8_t stage;	 /* enum message_stage */
	bool answered;	 /* how its last transmit ended: by the simulator's answer */
	bool in_window;	 /* counted in its sender's window */
	bool delay_real; /* as its scenario had it at acceptance */
	uint8_t report;	 /* enum report_wish; NONE when no reply is wanted */
	uint8_t content_type_size;
	uint32_t ref;
	uint32_t payload_size;
	uint32_t outside_size;	/* of `outside`, as it counts here */
	uint32_t waiting_bytes; /* the same, when it counts among what waits */
	uint32_t next_free;
	uint32_t order;	  /* of acceptance; may wrap */
	uint32_t waiting; /* its deliveries that wait for their time */
	uint32_t told;	  /* the last change that its simulator knew of at its last transmit */

	struct scenario *scenario;
	uint32_t sender_node, sender_stay;
	uint32_t sender_index; /* of its session */
	uint64_t sender_number;
	struct name sender;
	/* the one target; with a fanout, unused */
	uint32_t target_node, target_stay;
	struct name target;
	struct fanout *fanout; /* of a message to many, else NULL */

	uint64_t sequence;
	uint64_t sent_unix_us, sent_mono_us;
	uint64_t deadline_us; /* monotonic */
	struct list deadline; /* in an expiry */
	struct list queued;   /* in its scenario's queue */

	uint8_t *outside; /* payload and content type when they do not fit inside */
	uint8_t inside[INFLIGHT_INLINE_BYTES];
	struct via via;
};

struct inflight {
	struct message **blocks; /* of INFLIGHT_BLOCK messages each: they never move */
	uint32_t block_count;
	uint32_t free;	     /* first free slot, or UINT32_MAX */
	uint32_t count;	     /* not free */
	uint32_t in_channel; /* of these, at a simulator */
	uint32_t order;	     /* of the last one accepted */
	uint64_t outside_bytes;
};

void inflight_init(struct inflight *inflight);
void inflight_fini(struct inflight *inflight);

/* A slot with a fresh id holding copies of payload and content type, in no list, or NULL when
 * memory is out. */
struct message *inflight_take(struct inflight *inflight, struct slice payload,
			      struct slice content_type);
/* The slot is free again; its fanout is the caller's to release before. */
void inflight_release(struct inflight *inflight, struct message *message);

/* The message now at a simulator under `id`; else *found says what the id is. */
struct message *inflight_find(const struct inflight *inflight, uint64_t id,
			      enum inflight_lookup *found);

/* An answer with that id will soon be looked up: a hint, right or wrong. */
void inflight_expect(const struct inflight *inflight, uint64_t id);

/* It goes to the simulator. */
void inflight_enter_channel(struct inflight *inflight, struct message *message);
/* It goes there again, for its second hop: under a new id. */
void inflight_renew(struct message *message);
void inflight_leave_channel(struct inflight *inflight, struct message *message);

/* What the channel left of the payload; not more than there was. */
void message_alter(struct message *message, struct slice payload);

struct slice message_payload(const struct message *message);
struct slice message_content_type(const struct message *message);

/* Calls `visit` for every message that is not free. */
void inflight_each(const struct inflight *inflight,
		   void (*visit)(void *ctx, struct message *message), void *ctx);

#endif
