/* The end of a message's way: the hand-over to a target, at once or at its time, the accounts,
 * and what the sender is told. */
#ifndef UAV_CORE_DELIVERY_H
#define UAV_CORE_DELIVERY_H

#include "core/fanout.h"
#include "core/inflight.h"
#include "core/session.h"

/* One target of a message. */
struct aim {
	uint32_t node, stay;
	const struct name *id;
	struct fanout_target *target; /* NULL: the one of a message to one */
};

struct aim aim_at_one(const struct message *message);
struct aim aim_at(struct fanout_target *target);

/* It came through: `own` is its last hop, `payload` what the channel left of the payload
 * (`altered`: it is not the message's). Handed over now, or when its time has come. */
void delivery_arrive(struct core *core, struct message *message, const struct aim *aim,
		     const struct leg *own, struct slice payload, bool altered);
/* The same, now: `late_us` behind its time. */
void delivery_hand_over(struct core *core, struct message *message, const struct aim *aim,
			const struct leg *own, struct slice payload, bool altered,
			uint64_t late_us);
/* It did not: accounted for, and told. `own` is its last hop, NULL when there is none or when the
 * way to the hub is all there was. */
void delivery_decide(struct core *core, const struct message *message, const struct aim *aim,
		     enum outcome outcome, enum reason reason, const struct leg *own);

/* A message to one that never gets a slot: accepted, decided and told. */
void delivery_refuse_one(struct core *core, struct session *sender, uint32_t ref,
			 const struct request_send *send, enum outcome outcome);

/* Every target is decided and the message is nowhere any more: the report to the sender of a
 * message to many starts, the slot is free. */
void delivery_finish(struct core *core, struct message *message);

#endif
