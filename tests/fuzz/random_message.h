/* Random messages of a schema, right on the wire: fields in any order and number, now
 * and then what is not allowed (bad text, unknown enum values, numbers that are not
 * finite, unknown fields, numbers and tags in more bytes than they need), and mutations
 * of the bytes. */
#ifndef UAV_TESTS_RANDOM_MESSAGE_H
#define UAV_TESTS_RANDOM_MESSAGE_H

#include <protobuf-c/protobuf-c.h>
#include <stdlib.h>

#include "base/rng.h"
#include "wire/frame.h"

enum { RANDOM_FIELD_MAX = 64 }; /* bytes of a text or payload */

static bool random_one_in(struct rng *rng, uint64_t n)
{
	return rng_below(rng, n) == 0;
}

/* Small numbers most often, then all lengths of varint. */
static uint64_t random_number(struct rng *rng)
{
	return rng_next(rng) >> rng_below(rng, 64);
}

/* Rarely what only a later version knows, and any number. */
static uint64_t random_enum(struct rng *rng)
{
	if (random_one_in(rng, 200)) {
		return random_number(rng);
	}
	return rng_below(rng, random_one_in(rng, 40) ? 20 : 3);
}

static uint32_t random_float_bits(struct rng *rng)
{
	static const float usual[] = {0, 0.5f, 1, -71.25f, 2e9f, -0.0f};
	uint32_t bits;

	if (random_one_in(rng, 40)) {
		return (uint32_t)rng_next(rng);
	}
	memcpy(&bits, &usual[rng_below(rng, sizeof(usual) / sizeof(usual[0]))], sizeof(bits));
	return bits;
}

static struct slice random_text(struct rng *rng)
{
	static const char *const texts[] = {"",
					    "a",
					    "uav-1",
					    "rescue.leader_07",
					    "Falke \xc3\xa4",
					    "\xf0\x9f\x9a\x81\xf0\x9f\x9a\x81 \xe2\x82\xac",
					    "a text that is longer than eight bytes"};
	static const struct slice bad[] = {
		{(const uint8_t *)"\xc0\x80", 2},
		{(const uint8_t *)"long enough\xff", 12},
		{(const uint8_t *)"with\0nul", 8},
		{(const uint8_t *)"\xed\xa0\x80", 3},
	};

	if (random_one_in(rng, 60)) {
		return bad[rng_below(rng, sizeof(bad) / sizeof(bad[0]))];
	}
	return slice_str(texts[rng_below(rng, sizeof(texts) / sizeof(texts[0]))]);
}

static void random_append(struct buf *out, const uint8_t *from, const uint8_t *to)
{
	if (buf_append(out, from, (size_t)(to - from)) < 0) {
		abort();
	}
}

/* Now and then in more bytes than it needs, or than there may be: up to `most` and one. */
static uint8_t *random_varint(struct rng *rng, uint8_t *at, uint64_t value, size_t most)
{
	uint8_t *end = wire_put_varint(at, value);
	size_t size = (size_t)(end - at);
	size_t wanted = random_one_in(rng, 60) ? 1 + (size_t)rng_below(rng, most + 1) : size;

	while (size < wanted) {
		at[size - 1] |= 0x80;
		at[size++] = 0;
	}
	if (size >= most && random_one_in(rng, 20)) {
		at[size - 1] |= (uint8_t)rng_below(rng, 0x80); /* perhaps too large a number */
	}
	return at + size;
}

static uint8_t *random_tag(struct rng *rng, uint8_t *at, uint32_t number, enum wire_type type)
{
	return random_varint(rng, at, WIRE_TAG(number, type), 5);
}

static void random_put_bytes(struct rng *rng, struct buf *out, uint32_t number, struct slice bytes)
{
	uint8_t head[16];

	random_append(out, head,
		      random_varint(rng, random_tag(rng, head, number, WIRE_BYTES), bytes.size, 5));
	if (bytes.size) {
		random_append(out, bytes.data, bytes.data + bytes.size);
	}
}

static void random_put_varint(struct rng *rng, struct buf *out, uint32_t number, uint64_t value)
{
	uint8_t field[20];

	random_append(out, field,
		      random_varint(rng, random_tag(rng, field, number, WIRE_VARINT), value, 10));
}

/* Of `size` bytes: 4 or 8. */
static void random_put_fixed(struct rng *rng, struct buf *out, uint32_t number, uint64_t value,
			     size_t size)
{
	uint8_t field[16];
	uint8_t *at = random_tag(rng, field, number, size == 4 ? WIRE_FIXED32 : WIRE_FIXED64);

	value = htole64(value);
	memcpy(at, &value, size);
	random_append(out, field, at + size);
}

static void random_message(struct rng *rng, const ProtobufCMessageDescriptor *descriptor,
			   struct buf *out);

static void random_put_message(struct rng *rng, const ProtobufCFieldDescriptor *field,
			       struct buf *out)
{
	struct buf inner;

	buf_init(&inner);
	random_message(rng, field->descriptor, &inner);
	random_put_bytes(rng, out, field->id, buf_slice(&inner));
	buf_fini(&inner);
}

static void random_put_packed(struct rng *rng, uint32_t number, struct buf *out)
{
	uint8_t packed[RANDOM_FIELD_MAX * 11], *at = packed;

	for (uint64_t n = rng_below(rng, 6); n > 0; n--) {
		at = random_varint(rng, at, random_number(rng), 10);
	}
	random_put_bytes(rng, out, number, slice_of(packed, (size_t)(at - packed)));
}

static void random_field(struct rng *rng, const ProtobufCFieldDescriptor *field, struct buf *out)
{
	uint8_t payload[RANDOM_FIELD_MAX] = {0};

	switch (field->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		random_put_message(rng, field, out);
		break;
	case PROTOBUF_C_TYPE_STRING:
		random_put_bytes(rng, out, field->id, random_text(rng));
		break;
	case PROTOBUF_C_TYPE_BYTES:
		payload[0] = (uint8_t)rng_next(rng);
		random_put_bytes(rng, out, field->id,
				 slice_of(payload, rng_below(rng, sizeof(payload))));
		break;
	case PROTOBUF_C_TYPE_FLOAT:
		random_put_fixed(rng, out, field->id, random_float_bits(rng), 4);
		break;
	case PROTOBUF_C_TYPE_FIXED64:
		random_put_fixed(rng, out, field->id, random_number(rng), 8);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		random_put_varint(rng, out, field->id, random_enum(rng));
		break;
	default:
		if (field->label == PROTOBUF_C_LABEL_REPEATED && !random_one_in(rng, 3)) {
			random_put_packed(rng, field->id, out);
		} else {
			random_put_varint(rng, out, field->id, random_number(rng));
		}
	}
}

static void random_message(struct rng *rng, const ProtobufCMessageDescriptor *descriptor,
			   struct buf *out)
{
	/* in order and whole, as known writers have it; with gaps; or anyhow, with repetitions */
	bool in_order = !random_one_in(rng, 4), whole = in_order && random_one_in(rng, 2);

	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		unsigned which = in_order ? i : (unsigned)rng_below(rng, descriptor->n_fields);

		if (whole || !random_one_in(rng, 4)) {
			random_field(rng, &descriptor->fields[which], out);
		}
	}
	if (random_one_in(rng, 10)) {
		random_put_varint(rng, out, 16 + (uint32_t)rng_below(rng, 3000),
				  random_number(rng));
	}
}

/* One of: a byte changed, a byte lost, the end cut off, a byte more. `bytes` has room
 * for one more than *size. */
static void random_mutate(struct rng *rng, uint8_t *bytes, size_t *size)
{
	size_t at = (size_t)rng_below(rng, *size + 1);

	switch (rng_below(rng, 4)) {
	case 0:
		if (at < *size) {
			bytes[at] ^= (uint8_t)(1u << rng_below(rng, 8));
		}
		break;
	case 1:
		if (at < *size) {
			memmove(bytes + at, bytes + at + 1, *size - at - 1);
			--*size;
		}
		break;
	case 2:
		*size = at;
		break;
	default:
		memmove(bytes + at + 1, bytes + at, *size - at);
		bytes[at] = (uint8_t)rng_next(rng);
		++*size;
	}
}

#endif
