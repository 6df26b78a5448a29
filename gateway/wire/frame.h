/* Framing of both links: a message preceded by its length as a base-128
 * varint (Protocol Buffers' delimited format). And the protobuf wire format's
 * primitives, on which the hand-written codecs stand (Protocol Buffers,
 * "Encoding"). */
#ifndef UAV_WIRE_FRAME_H
#define UAV_WIRE_FRAME_H

#include "base/buf.h"

enum frame_status {
	FRAME_MORE, /* not all of it is here yet */
	FRAME_OK,
	FRAME_BAD, /* can never become a frame; *why says it in words */
};

#define FRAME_PREFIX_MAX 5 /* a length takes no more bytes; the 5th decides */

/* Looks for one frame at the start of `bytes`. FRAME_OK: *body is the message,
 * *used what it took with its prefix. FRAME_BAD: length zero, length over
 * `max_frame_bytes`, or a varint longer than 5 bytes or over 32 bits: *why is a
 * static sentence. Allocates nothing and looks only at the prefix. A length
 * over the cap is FRAME_BAD as soon as the prefix is complete. */
enum frame_status frame_read(struct slice bytes, uint32_t max_frame_bytes, struct slice *body,
			     size_t *used, const char **why);

/* Bytes of `value` as a varint, 1 to 10. */
static inline size_t varint_size(uint64_t value)
{
	return (size_t)(9 * (64 - __builtin_clzll(value | 1)) + 64) / 64;
}

/* --- a cursor that reads the fields of one message --- */

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct wire_reader {
	const uint8_t *at, *end;
};

/* One field as it stands on the wire. */
struct wire_field {
	uint32_t number;
	enum wire_type type;
	uint64_t value;	    /* VARINT, FIXED64, FIXED32 */
	struct slice bytes; /* WIRE_BYTES; data is never NULL */
};

static inline struct wire_reader wire_reader_of(struct slice bytes)
{
	return (struct wire_reader){bytes.data, bytes.data ? bytes.data + bytes.size : NULL};
}

/* 1: *field is the next one; 0: the message ends here; -1: malformed (tag or
 * value cut short, varint over 64 bits, field number 0, group or unknown wire
 * type). */
int wire_next(struct wire_reader *reader, struct wire_field *field)
	__attribute__((warn_unused_result));

/* A varint on its own, as in packed fields. 1 or -1; 0 at the end. */
int wire_next_varint(struct wire_reader *reader, uint64_t *value)
	__attribute__((warn_unused_result));

/* --- writing; the caller has made room --- */

uint8_t *wire_put_varint(uint8_t *at, uint64_t value);
uint8_t *wire_put_tag(uint8_t *at, uint32_t number, enum wire_type type);
/* tag, length, bytes */
uint8_t *wire_put_bytes(uint8_t *at, uint32_t number, struct slice bytes);
uint8_t *wire_put_fixed64(uint8_t *at, uint32_t number, uint64_t value);

/* Valid UTF-8 (RFC 3629) without U+0000. */
bool utf8_valid(struct slice bytes);

#endif
