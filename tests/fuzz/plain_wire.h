/* The wire format read and written in the plainest way, bit by bit and from the first byte
 * each time, to hold the fast ways to: see wire/frame.h for what is malformed. */
#ifndef UAV_TESTS_PLAIN_WIRE_H
#define UAV_TESTS_PLAIN_WIRE_H

#include "wire/frame.h"

enum { PLAIN_VARINT_MAX = 10, PLAIN_VARINT32_MAX = 5 };

/* `bytes` has room for PLAIN_VARINT_MAX. Returns how many are used. */
static inline size_t plain_put_varint(uint8_t *bytes, uint64_t value)
{
	size_t size = 0;

	do {
		bytes[size++] = (uint8_t)((value & 0x7f) + (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value);
	return size;
}

/* The bytes that the varint at the front takes; 0 when it is malformed. */
static inline size_t plain_take_varint(struct slice bytes, size_t most, unsigned bits,
				       uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < bytes.size && i < most; i++) {
		for (unsigned bit = 0; bit < 7; bit++) {
			if (!(bytes.data[i] >> bit & 1)) {
				continue;
			}
			if (7 * i + bit >= bits) {
				return 0;
			}
			*value |= 1ull << (7 * i + bit);
		}
		if (bytes.data[i] < 0x80) {
			return i + 1;
		}
	}
	return 0;
}

/* A number of fixed size. */
static inline size_t plain_take_fixed(struct slice bytes, size_t size, uint64_t *value)
{
	*value = 0;
	if (bytes.size < size) {
		return 0;
	}
	for (size_t i = size; i-- > 0;) {
		*value = *value << 8 | bytes.data[i];
	}
	return size;
}

/* As wire_next: 1 and *used bytes taken, 0 at the end, -1 when malformed. */
static inline int plain_next(struct slice bytes, struct wire_field *field, size_t *used)
{
	struct slice rest;
	uint64_t tag, number;
	size_t head, size = 0;

	if (bytes.size == 0) {
		return 0;
	}
	head = plain_take_varint(bytes, PLAIN_VARINT32_MAX, 32, &tag);
	if (head == 0 || tag >> 3 == 0) {
		return -1;
	}
	rest = slice_of(bytes.data + head, bytes.size - head);
	if ((tag & 7) == WIRE_VARINT) {
		size = plain_take_varint(rest, PLAIN_VARINT_MAX, 64, &number);
	} else if ((tag & 7) == WIRE_FIXED64) {
		size = plain_take_fixed(rest, 8, &number);
	} else if ((tag & 7) == WIRE_FIXED32) {
		size = plain_take_fixed(rest, 4, &number);
	} else if ((tag & 7) == WIRE_BYTES) {
		size = plain_take_varint(rest, PLAIN_VARINT32_MAX, 32, &number);
		if (size && rest.size - size < number) {
			size = 0;
		}
	}
	if (size == 0) {
		return -1;
	}
	*field = (struct wire_field){.tag = (uint32_t)tag, .value = number};
	if ((tag & 7) == WIRE_BYTES) {
		field->bytes = slice_of(rest.data + size, (size_t)number);
		size += (size_t)number;
	}
	*used = head + size;
	return 1;
}

/* Goes through a message both ways. NULL, or what differs. */
static inline const char *plain_differs(struct slice message)
{
	struct wire_reader reader = wire_reader_of(message);
	/* what a reader may have left there from the field before */
	struct wire_field field = {UINT32_MAX, UINT64_MAX, {(const uint8_t *)"x", SIZE_MAX}};
	size_t at = 0;

	for (;;) {
		struct wire_field expected;
		size_t used = 0;
		int plain = plain_next(slice_of(message.data + at, message.size - at), &expected,
				       &used);

		if (wire_next(&reader, &field) != plain) {
			return "a field is not told from what is none";
		}
		if (plain <= 0) {
			break;
		}
		at += used;
		if (field.tag != expected.tag || reader.at != message.data + at) {
			return "another tag, or another end of a field";
		}
		if (wire_type(&field) == WIRE_BYTES
			    ? field.bytes.data != expected.bytes.data ||
				      field.bytes.size != expected.bytes.size
			    : field.value != expected.value) {
			return "another value";
		}
	}
	return NULL;
}

#endif
