/* The frames of limit_relay: a header of four numbers, the first bytes of the payload,
 * and filler up to the size that the gateway's frame of that kind has. Numbers are in the
 * machine's own order: all that speak this run on one machine. */
#ifndef UAV_BENCH_LIMIT_FRAME_H
#define UAV_BENCH_LIMIT_FRAME_H

#include "dialect.h"

enum limit_kind {
	/* A drone says who it is: `sender` is its number, `target` 1 when it wants presence.
	 * Answered by a welcome. */
	LIMIT_REGISTRATION = 1,
	LIMIT_WELCOME,
	/* One message's four crossings. */
	LIMIT_SEND,
	LIMIT_TRANSMIT,
	LIMIT_RESULT,
	LIMIT_DELIVERY,
	/* The two in the middle when the target is everyone: `target` is how many receive, and
	 * the result is longer by `result_more` for each but the first. */
	LIMIT_TRANSMIT_ALL,
	LIMIT_RESULT_ALL,
	/* Something about the drone `sender` that others are told of; not answered. */
	LIMIT_CHANGE,
	/* `sender` has come or changed: one frame for each that a drone is told of. */
	LIMIT_PRESENCE,
};

struct limit_header {
	uint32_t size; /* of the whole frame */
	uint32_t kind, target, sender;
};

enum {
	LIMIT_HEADER_BYTES = 16,
	/* of a frame that carries a message: header and stamp */
	LIMIT_MESSAGE_MIN = LIMIT_HEADER_BYTES + BENCH_STAMP_BYTES,
	LIMIT_FRAME_MAX = 16 << 20,
	LIMIT_DRONES_MAX = 1 << 20,
	LIMIT_FILLER_BYTES = 64 << 10,
};

/* Filler is copied, as the gateway copies what it says of itself. Never written to: all its
 * pages are the kernel's one page of zeros. */
extern uint8_t limit_filler[LIMIT_FILLER_BYTES];

static inline size_t limit_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* These two write where there is room: `at` and on. Returns where the next byte goes. */
static inline uint8_t *limit_put(uint8_t *at, const void *data, size_t size)
{
	memcpy(at, data, size);
	return at + size;
}

static inline void limit_put_filler(uint8_t *at, size_t size)
{
	for (; size > LIMIT_FILLER_BYTES; size -= LIMIT_FILLER_BYTES) {
		at = limit_put(at, limit_filler, LIMIT_FILLER_BYTES);
	}
	limit_put(at, limit_filler, size);
}

/* A frame of header->size bytes, for which `out` has room: as much of `body` as fits, filler
 * behind it. The body's data is never NULL. */
static inline void limit_frame_put(struct buf *out, const struct limit_header *header,
				   struct slice body)
{
	size_t room = header->size - LIMIT_HEADER_BYTES;
	size_t carried = limit_least(body.size, room);
	uint8_t *at = limit_put(buf_tail(out), header, LIMIT_HEADER_BYTES);

	at = limit_put(at, body.data, carried);
	limit_put_filler(at, room - carried);
	buf_produce(out, header->size);
}

/* The frame at the front of `bytes`: its size, 0 when it is cut short, -1 when its size makes
 * no sense. */
static inline ssize_t limit_frame_read(struct slice bytes, struct limit_header *header)
{
	if (bytes.size < LIMIT_HEADER_BYTES) {
		return 0;
	}
	memcpy(header, bytes.data, LIMIT_HEADER_BYTES);
	if (header->size < LIMIT_HEADER_BYTES || header->size > LIMIT_FRAME_MAX) {
		return -1;
	}
	return bytes.size < header->size ? 0 : (ssize_t)header->size;
}

/* The eight sizes of struct frame_sizes in its order, "a,b,c,d,e,f,g,h". Sizes that have no
 * room for a frame's header, or a message's stamp, are raised to that. 0, or -1 when it is
 * not eight numbers up to LIMIT_FRAME_MAX. */
int limit_sizes_parse(const char *text, struct frame_sizes *sizes)
	__attribute__((warn_unused_result));

#endif
