/* What the dialects of the three brokers (nats, redis, mqtt) share: who is called what,
 * and what stands in a message's bytes.
 *
 * Two hops as through the gateway: a drone publishes to `simulator`, the simulator, a
 * subscriber, publishes to the receiver's own subject (its id), which that drone has
 * subscribed to. A broker forwards bytes and computes nothing, so the target is named in
 * front of the payload, and what the simulator adds stands behind it:
 *
 *   drone -> simulator     target (4 bytes, little endian), payload
 *   simulator -> drone     payload, BENCH_LINK_BYTES
 *   drone -> everyone      payload: one hop, since no broker can give each receiver
 *                          numbers of its own
 */
#ifndef UAV_BENCH_DIALECT_BROKER_H
#define UAV_BENCH_DIALECT_BROKER_H

#include "dialect.h"

#define BROKER_SIMULATOR "simulator"
#define BROKER_EVERYONE "everyone"
enum { BROKER_TARGET_BYTES = 4, BROKER_SUBJECT_BYTES = 64 };

/* Drone 0, which alone sends to everyone, must not hear itself. A broker that cannot be
 * told so does not have it as a subscriber of BROKER_EVERYONE. */
static inline bool broker_hears_everyone(uint32_t drone)
{
	return drone != 0;
}

/* The subject of a drone, its id, or that of BENCH_EVERYONE, written to `memory` if need
 * be. A prefix that is too long is cut. */
struct slice broker_subject(const struct shape *shape, uint32_t target,
			    char memory[BROKER_SUBJECT_BYTES]);

/* `number` in decimal digits, and nothing behind it. 0, or -1 when memory is out. */
int broker_put_decimal(struct buf *out, size_t number);
/* The digits that `bytes` consists of. False: it has none, too many or something else. */
bool broker_read_decimal(struct slice bytes, size_t *number);

/* How a broker is given a message: `publish` appends what stands in front of its `size`
 * bytes, `end` what stands behind them. 0, or -1 when memory is out. */
struct broker_frame {
	int (*publish)(struct buf *out, struct slice subject, size_t size);
	const char *end;
};

/* dialect.drone_send. */
int broker_send(const struct broker_frame *frame, uint32_t target, struct slice payload,
		struct buf *out);
/* What the simulator publishes when `request` reached it. -1 also when it is too short. */
int broker_answer(const struct broker_frame *frame, const struct shape *shape, struct slice request,
		  struct buf *out);

/* A message's bytes as they reached a drone. */
void broker_hear_delivery(const struct shape *shape, struct slice bytes, struct heard *heard);
/* The broker said no: `what` it was, and its own words. */
void broker_hear_refusal(const char *what, struct slice words, struct heard *heard);

#endif
