/* The envelopes of both protocols (ToGateway, FromGateway, ToSimulator,
 * FromSimulator), scanned and written by hand: perhaps a `ref`, and one body. */
#ifndef UAV_WIRE_ENVELOPE_H
#define UAV_WIRE_ENVELOPE_H

#include "base/buf.h"
#include "wire/frame.h"

#define ENVELOPE_REF 1 /* field number of `ref` in drone.proto */

/* Which field numbers an envelope has. */
struct envelope_form {
	uint32_t ref; /* ENVELOPE_REF, or 0 when it has none */
	uint32_t first_body, last_body;
};

struct envelope {
	uint32_t ref;
	uint32_t number; /* the body's, 0 when there is none that is known */
	struct slice body;
};

/* Reads the whole envelope; unknown fields are skipped. 0, or -1 with *why set: not
 * well formed, two bodies, or a known field of the wrong type. */
int envelope_read(struct slice frame, const struct envelope_form *form, struct envelope *envelope,
		  const char **why) __attribute__((warn_unused_result));

/* Bytes of a frame's envelope around a body of `body_size` bytes, that body included;
 * the length prefix is not. */
static inline size_t envelope_size(uint32_t ref, uint32_t number, size_t body_size)
{
	return wire_some_uint_size(ENVELOPE_REF, ref) + wire_bytes_size(number, body_size);
}

/* All of a frame that stands before its body. `ref` 0 is not written. */
static inline uint8_t *envelope_put_head(uint8_t *at, uint32_t ref, uint32_t number,
					 size_t body_size)
{
	at = wire_put_varint(at, envelope_size(ref, number, body_size));
	at = wire_put_some_uint(at, ENVELOPE_REF, ref);
	at = wire_put_tag(at, number, WIRE_BYTES);
	return wire_put_varint(at, body_size);
}

/* Makes room for one frame and writes all of it that stands before the body. Returns
 * where the body goes, NULL when memory is out. `ref` 0 is not written. */
static inline uint8_t *envelope_begin(struct buf *out, uint32_t ref, uint32_t number,
				      size_t body_size)
{
	size_t size = envelope_size(ref, number, body_size);

	return buf_reserve(out, varint_size(size) + size) < 0
		       ? NULL
		       : envelope_put_head(buf_tail(out), ref, number, body_size);
}

/* --- for a body that is written in one pass, its size known afterwards --- */

/* Bytes that stand before a body of `body_size` bytes in its frame. */
static inline size_t envelope_head_size(uint32_t ref, uint32_t number, size_t body_size)
{
	size_t size = envelope_size(ref, number, body_size);

	return varint_size(size) + size - body_size;
}

/* Makes room for one frame with a body of at most `most` bytes. Returns where the body goes,
 * NULL when memory is out. */
static inline uint8_t *envelope_open(struct buf *out, uint32_t ref, uint32_t number, size_t most)
{
	size_t head = envelope_head_size(ref, number, most);

	return buf_reserve(out, head + most) < 0 ? NULL : buf_tail(out) + head;
}

/* The body stands from `body`, which envelope_open gave, up to `end`. Rarely are there fewer
 * bytes before it than `most` made it seem: then it moves. */
static inline void envelope_close(struct buf *out, uint32_t ref, uint32_t number, uint8_t *body,
				  const uint8_t *end)
{
	size_t size = (size_t)(end - body);
	size_t head = envelope_head_size(ref, number, size);
	uint8_t *at = buf_tail(out);

	if (at + head != body) {
		memmove(at + head, body, size);
	}
	(void)envelope_put_head(at, ref, number, size);
	buf_produce(out, head + size);
}

/* The frame is written up to `at`. */
static inline void envelope_end(struct buf *out, const uint8_t *at)
{
	buf_produce(out, (size_t)(at - buf_tail(out)));
}

#endif
