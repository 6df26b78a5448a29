/* Framing of both links: a message preceded by its length as a base-128
 * varint (Protocol Buffers' delimited format). And the protobuf wire format's
 * primitives, on which the hand-written codecs stand (Protocol Buffers,
 * "Encoding"). */
#ifndef UAV_WIRE_FRAME_H
#define UAV_WIRE_FRAME_H

#include <endian.h>

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

/* What the frame that begins here takes with its prefix, by its prefix alone; 0: that is not
 * there yet, or is malformed. */
size_t frame_size(struct slice bytes);

/* Bytes of `value` as a varint, 1 to 10. */
static inline size_t varint_size(uint64_t value)
{
	return value < 0x80 ? 1 : (size_t)(9 * (64 - __builtin_clzll(value)) + 64) / 64;
}

/* --- a cursor that reads the fields of one message --- */

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct wire_reader {
	const uint8_t *at, *end;
};

/* Number and type in one, as they stand before a field. */
#define WIRE_TAG(number, type) ((uint32_t)(number) << 3 | (uint32_t)(type))

/* One field as it stands on the wire. */
struct wire_field {
	uint32_t tag;	    /* WIRE_TAG(number, type): what a reader switches on */
	uint64_t value;	    /* VARINT, FIXED64, FIXED32 */
	struct slice bytes; /* WIRE_BYTES; data is never NULL */
};

static inline uint32_t wire_number(const struct wire_field *field)
{
	return field->tag >> 3;
}

static inline enum wire_type wire_type(const struct wire_field *field)
{
	return (enum wire_type)(field->tag & 7);
}

static inline struct wire_reader wire_reader_of(struct slice bytes)
{
	return (struct wire_reader){bytes.data, bytes.data ? bytes.data + bytes.size : NULL};
}

/* The varint at `at` of more than two bytes: where it ends, or NULL when it is
 * malformed. Out of line, and without the reader, which so stays in registers. The
 * 32-bit one (tags and lengths) takes no more than 5 bytes. */
const uint8_t *wire_long_varint(const uint8_t *at, const uint8_t *end, uint64_t *value);
const uint8_t *wire_long_varint32(const uint8_t *at, const uint8_t *end, uint64_t *value);

/* A varint of one or two bytes. NULL: it is longer, or cut short. */
static inline const uint8_t *wire_short_varint(const uint8_t *at, const uint8_t *end,
					       uint32_t *value)
{
	if (at != end && *at < 0x80) {
		*value = *at;
		return at + 1;
	}
	if (end - at >= 2 && at[1] < 0x80) {
		*value = (at[0] & 0x7fu) | (uint32_t)at[1] << 7;
		return at + 2;
	}
	return NULL;
}

/* A varint of at most 64 bits from the front of the reader. False: malformed. */
static inline bool wire_take_varint(struct wire_reader *reader, uint64_t *value)
{
	uint32_t few = 0;
	const uint8_t *at = wire_short_varint(reader->at, reader->end, &few);

	*value = few;
	if (!at) {
		uint64_t many;

		at = wire_long_varint(reader->at, reader->end, &many);
		if (!at) {
			return false;
		}
		*value = many;
	}
	reader->at = at;
	return true;
}

/* A tag or a length. */
static inline bool wire_take_varint32(struct wire_reader *reader, uint32_t *value)
{
	const uint8_t *at = wire_short_varint(reader->at, reader->end, value);

	if (!at) {
		uint64_t many;

		at = wire_long_varint32(reader->at, reader->end, &many);
		if (!at) {
			return false;
		}
		*value = (uint32_t)many;
	}
	reader->at = at;
	return true;
}

/* `size` bytes from the front of the reader. */
static inline bool wire_take_bytes(struct wire_reader *reader, size_t size, struct slice *bytes)
{
	if ((size_t)(reader->end - reader->at) < size) {
		return false;
	}
	*bytes = slice_of(reader->at, size);
	reader->at += size;
	return true;
}

static inline bool wire_take_fixed64(struct wire_reader *reader, uint64_t *value)
{
	struct slice bytes;

	if (!wire_take_bytes(reader, sizeof(*value), &bytes)) {
		return false;
	}
	memcpy(value, bytes.data, sizeof(*value));
	*value = le64toh(*value);
	return true;
}

static inline bool wire_take_fixed32(struct wire_reader *reader, uint32_t *value)
{
	struct slice bytes;

	if (!wire_take_bytes(reader, sizeof(*value), &bytes)) {
		*value = 0;
		return false;
	}
	memcpy(value, bytes.data, sizeof(*value));
	*value = le32toh(*value);
	return true;
}

/* As wire_next, for every field there may be: `at` is not the end. Where it ends, or NULL
 * when it is malformed. */
const uint8_t *wire_next_any(const uint8_t *at, const uint8_t *end, struct wire_field *field)
	__attribute__((warn_unused_result));

/* Into a field of its own: the caller's, whose address is never taken, stays in registers. */
__attribute__((warn_unused_result, always_inline)) static inline int
wire_next_rare(struct wire_reader *reader, struct wire_field *field)
{
	struct wire_field found;
	const uint8_t *at = wire_next_any(reader->at, reader->end, &found);

	if (!at) {
		return -1;
	}
	reader->at = at;
	field->tag = found.tag;
	field->value = found.value;
	field->bytes = found.bytes;
	return 1;
}

/* 1: *field is the next one; 0: the message ends here; -1: malformed (tag or
 * value cut short, varint over 64 bits, tag or length longer than 5 bytes or
 * over 32 bits, field number 0, group or unknown wire type).
 *
 * Inline is what nearly every field of the hot messages is: a tag of one byte before bytes or
 * a varint whose length or value takes one or two: a message has some fifteen of them. */
__attribute__((warn_unused_result, always_inline)) static inline int
wire_next(struct wire_reader *reader, struct wire_field *field)
{
	const uint8_t *at = reader->at;
	ptrdiff_t left = reader->end - at;
	uint32_t number, tag;

	if (left == 0) {
		return 0;
	}
	tag = *at;
	if (left < 2 || tag < 8 || tag >= 0x80) {
		return wire_next_rare(reader, field);
	}
	number = at[1];
	at += 2;
	if (number >= 0x80) {
		if (left < 3 || *at >= 0x80) {
			return wire_next_rare(reader, field);
		}
		number = (number & 0x7f) | (uint32_t)*at++ << 7;
	}
	if ((tag & 7) == WIRE_BYTES) {
		if (reader->end - at < (ptrdiff_t)number) {
			return -1;
		}
		field->bytes = slice_of(at, number);
		at += number;
	} else if ((tag & 7) == WIRE_VARINT) {
		field->value = number;
	} else {
		return wire_next_rare(reader, field);
	}
	field->tag = tag;
	reader->at = at;
	return 1;
}

/* An enum's value, which has `count` in this version of the protocol: zero for one that
 * only a later version knows. */
static inline uint32_t wire_known_value(uint32_t value, uint32_t count)
{
	return value < count ? value : 0;
}

/* A varint on its own, as in packed fields. 1 or -1; 0 at the end. */
__attribute__((warn_unused_result)) static inline int wire_next_varint(struct wire_reader *reader,
								       uint64_t *value)
{
	if (reader->at == reader->end) {
		return 0;
	}
	return wire_take_varint(reader, value) ? 1 : -1;
}

/* True when `bytes` are a well-formed message, whatever its fields. */
bool wire_well_formed(struct slice bytes);

/* --- writing; the caller has made room --- */

/* One of more than two bytes. */
uint8_t *wire_put_long_varint(uint8_t *at, uint64_t value);

static inline uint8_t *wire_put_varint(uint8_t *at, uint64_t value)
{
	if (value < 0x80) {
		*at = (uint8_t)value;
		return at + 1;
	}
	if (value < 0x4000) {
		at[0] = (uint8_t)(value | 0x80);
		at[1] = (uint8_t)(value >> 7);
		return at + 2;
	}
	return wire_put_long_varint(at, value);
}

static inline uint8_t *wire_put_tag(uint8_t *at, uint32_t number, enum wire_type type)
{
	return wire_put_varint(at, WIRE_TAG(number, type));
}

/* The bytes alone. */
static inline uint8_t *wire_put_raw(uint8_t *at, struct slice bytes)
{
	if (bytes.size) {
		memcpy(at, bytes.data, bytes.size);
	}
	return at + bytes.size;
}

/* tag, length, bytes */
static inline uint8_t *wire_put_bytes(uint8_t *at, uint32_t number, struct slice bytes)
{
	at = wire_put_tag(at, number, WIRE_BYTES);
	return wire_put_raw(wire_put_varint(at, bytes.size), bytes);
}

static inline uint8_t *wire_put_fixed64(uint8_t *at, uint32_t number, uint64_t value)
{
	value = htole64(value);
	at = wire_put_tag(at, number, WIRE_FIXED64);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static inline uint8_t *wire_put_fixed32(uint8_t *at, uint32_t number, uint32_t value)
{
	value = htole32(value);
	at = wire_put_tag(at, number, WIRE_FIXED32);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

/* --- proto3's fields without presence: nothing is written for 0 or empty --- */

static inline size_t wire_tag_size(uint32_t number)
{
	return varint_size(WIRE_TAG(number, 0));
}

static inline size_t wire_bytes_size(uint32_t number, size_t size)
{
	return wire_tag_size(number) + varint_size(size) + size;
}

static inline size_t wire_some_bytes_size(uint32_t number, struct slice bytes)
{
	return bytes.size ? wire_bytes_size(number, bytes.size) : 0;
}

static inline uint8_t *wire_put_some_bytes(uint8_t *at, uint32_t number, struct slice bytes)
{
	return bytes.size ? wire_put_bytes(at, number, bytes) : at;
}

static inline size_t wire_some_uint_size(uint32_t number, uint64_t value)
{
	return value ? wire_tag_size(number) + varint_size(value) : 0;
}

static inline uint8_t *wire_put_some_uint(uint8_t *at, uint32_t number, uint64_t value)
{
	return value ? wire_put_varint(wire_put_tag(at, number, WIRE_VARINT), value) : at;
}

/* --- text --- */

/* Valid UTF-8 (RFC 3629) without U+0000. */
bool utf8_valid(struct slice bytes);

#endif
