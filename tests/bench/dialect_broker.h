/* What the dialects of the brokers (nats, redis, redis-no-replies, mqtt) share: who is
 * called what, and what stands in a message's bytes.
 *
 * Two hops as through the gateway: a drone publishes to `simulator`, the simulator, a
 * subscriber, publishes to the receiver's own subject (its id), which that drone has
 * subscribed to. A broker forwards bytes and computes nothing, so the target is named in
 * front of the payload, and what the simulator adds stands behind it:
 *
 *   drone -> simulator     target (4 bytes, little endian), payload
 *   simulator -> drone     payload, BENCH_LINK_BYTES of numbers, the first of them the
 *                          receiver's own
 *
 * What is for everyone comes to the simulator once, and goes from there to each drone but
 * its sender by itself: each receiver has numbers of its own, and no broker computes them.
 *
 * With shape.one_hop it goes around the simulator, as no simulated channel can:
 *
 *   drone -> everyone      payload, the same bytes to all who have subscribed
 */
#ifndef UAV_BENCH_DIALECT_BROKER_H
#define UAV_BENCH_DIALECT_BROKER_H

#include "dialect.h"

#define BROKER_SIMULATOR "simulator"
#define BROKER_EVERYONE "everyone"
enum { BROKER_TARGET_BYTES = 4, BROKER_SUBJECT_BYTES = 64 };

/* A subscriber of BROKER_EVERYONE. The first drone, which alone sends to it, must not hear
 * itself, and not every broker can be told so. */
static inline bool broker_hears_everyone(const struct shape *shape, uint32_t drone)
{
	return shape->one_hop && drone != shape->first_drone;
}

/* The subject of a drone, its id, or that of BENCH_EVERYONE, written to `memory` if need
 * be. A prefix that is too long is cut. */
struct slice broker_subject(const struct shape *shape, uint32_t target,
			    char memory[BROKER_SUBJECT_BYTES]);

/* The text, without its NUL. 0, or -1 when memory is out. */
int broker_put(struct buf *out, const char *text);
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
int broker_send(const struct broker_frame *frame, const struct shape *shape, uint32_t target,
		struct slice payload, struct buf *out);
/* What the simulator publishes when `request` reached it. -1 also when it is too short, or
 * for everyone and its sender is none of the shape's drones. */
int broker_answer(const struct broker_frame *frame, const struct shape *shape, struct slice request,
		  struct buf *out);

/* A message's bytes as they reached a drone. */
void broker_hear_delivery(const struct shape *shape, struct slice bytes, struct heard *heard);
/* The broker said no: `what` it was, and its own words. */
void broker_hear_refusal(const char *what, struct slice words, struct heard *heard);

#endif
