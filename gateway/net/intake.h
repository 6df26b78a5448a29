/* A drone's bytes until they are whole requests. As a rule they are read into
 * memory that all connections share and are consumed there; only an unfinished
 * tail moves into memory of the connection's own, where the next read goes on
 * behind it. So who is idle owns nothing. */
#ifndef UAV_NET_INTAKE_H
#define UAV_NET_INTAKE_H

#include "base/buf.h"
#include "net/pool.h"
#include "net/transport.h"

struct intake {
	struct buf tail; /* owns nothing when nothing is kept */
};

void intake_init(struct intake *intake);
void intake_fini(struct intake *intake, struct pool *chunks);

/* Where the next bytes go: into `shared`, or behind the tail, at most shared.size or `wanted`
 * of them, whichever is more. The tail's memory grows when it is full, by doubling; or, for
 * `wanted` more bytes, at once. To at most `limit` bytes or a chunk, whichever is more.
 * Size 0: memory is out or the limit reached. */
struct room intake_room(struct intake *intake, struct room shared, size_t wanted, size_t limit);

/* `size` bytes stand in the room last given: all that waits, in one piece. Valid
 * until intake_keep. */
struct slice intake_add(struct intake *intake, const uint8_t *data, size_t size);

/* What waits, in one piece. */
static inline struct slice intake_waiting(const struct intake *intake)
{
	return buf_slice(&intake->tail);
}

/* Of what intake_add or intake_waiting gave, `rest`, its end, is still to be
 * read; the rest is done with. 0, or -1 when memory is out (nothing waits then). */
int intake_keep(struct intake *intake, struct pool *chunks, struct slice rest)
	__attribute__((warn_unused_result));

#endif
