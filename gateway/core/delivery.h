/* The end of a message's way: what the channel's answer means for a target, the
 * hand-over, the accounts, and what the sender is told. */
#ifndef UAV_CORE_DELIVERY_H
#define UAV_CORE_DELIVERY_H

#include "core/fanout.h"
#include "core/inflight.h"
#include "core/session.h"

/* A Link longer than this is refused (SIMULATOR_ERROR); the longest that this version
 * knows takes 66. */
#define DELIVERY_LINK_MAX_BYTES 128

/* Reads the simulator's answer for one target and hands the message over if it
 * came through. Whatever happens, *fate says it; its link stands in `reception`. */
void delivery_fate(struct core *core, const struct message *message, const struct name *id,
		   uint32_t index, uint32_t membership, const struct reception *reception,
		   struct fate *fate);

/* The fate of a target that went to the simulator and got no usable answer. */
struct fate delivery_unanswered(const struct message *message, const struct name *id,
				enum outcome outcome);

/* Accounts for the fate, and tells the sender of a message to one. */
void delivery_settle_one(struct core *core, const struct message *message, const struct fate *fate);
/* Accounts for the fate, and keeps it for the report. */
void delivery_settle_target(struct core *core, struct fanout *fanout, struct fanout_target *target,
			    const struct fate *fate);

/* A message to one that never gets to the channel: accepted, decided and told. */
void delivery_refuse_one(struct core *core, struct session *sender, uint32_t ref,
			 const struct request_send *send, enum outcome outcome);

/* All targets are decided: the report starts. Frees the fanout when it is written;
 * until then the message counts in the sender's window. */
void delivery_report(struct core *core, struct session *sender, struct fanout *fanout);

#endif
