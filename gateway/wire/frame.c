#include "wire/frame.h"

#include "base/utf8.h"

enum { VARINT_MAX = 10 };

/* The varint at `at`, no longer than `max` bytes and within `bits` bits. Returns the
 * bytes it takes; 0 when they end before it does, -1 when it is too long. */
static int read_varint(const uint8_t *at, const uint8_t *end, int max, int bits, uint64_t *value)
{
	*value = 0;
	for (int i = 0; i < max; i++) {
		uint64_t part;

		if (at + i == end) {
			return 0;
		}
		part = at[i] & 0x7fu;
		if (7 * i + 7 > bits && part >> (bits - 7 * i)) {
			return -1;
		}
		*value |= part << 7 * i;
		if (at[i] < 0x80) {
			return i + 1;
		}
	}
	return -1;
}

const uint8_t *wire_long_varint(const uint8_t *at, const uint8_t *end, uint64_t *value)
{
	if (end - at >= VARINT_MAX) {
		uint64_t sum = 0;

		/* all but the last byte that there may be, which has a bound of its own */
		for (unsigned shift = 0; shift < 63; shift += 7) {
			uint64_t part = *at++;

			sum |= (part & 0x7f) << shift;
			if (part < 0x80) {
				*value = sum;
				return at;
			}
		}
		*value = sum | (uint64_t)*at << 63;
		return *at <= 1 ? at + 1 : NULL;
	}
	int size = read_varint(at, end, VARINT_MAX, 64, value);

	return size > 0 ? at + size : NULL;
}

const uint8_t *wire_long_varint32(const uint8_t *at, const uint8_t *end, uint64_t *value)
{
	int size = read_varint(at, end, FRAME_PREFIX_MAX, 32, value);

	return size > 0 ? at + size : NULL;
}

/* The low 56 bits, seven to a byte. */
static uint64_t spread(uint64_t value)
{
	value = (value & 0x000000000fffffffu) | (value & 0x00fffffff0000000u) << 4;
	value = (value & 0x00003fff00003fffu) | (value & 0x0fffc0000fffc000u) << 2;
	return (value & 0x007f007f007f007fu) | (value & 0x3f803f803f803f80u) << 1;
}

/* Without a loop up to 8 bytes: the time in microseconds takes that many, in every transmit
 * and every delivery. */
uint8_t *wire_put_long_varint(uint8_t *at, uint64_t value)
{
	const uint64_t more = 0x8080808080808080u;
	const size_t half = sizeof(uint32_t);
	size_t size = varint_size(value);
	uint32_t low, high;

	if (size < half || size > sizeof(uint64_t)) {
		for (; value >= 0x80; value >>= 7) {
			*at++ = (uint8_t)(value | 0x80);
		}
		*at = (uint8_t)value;
		return at + 1;
	}
	value = spread(value) | (more >> (72 - 8 * size));
	/* two halves that may overlap: nothing is written beyond `size` */
	low = htole32((uint32_t)value);
	high = htole32((uint32_t)(value >> 8 * (size - half)));
	memcpy(at, &low, half);
	memcpy(at + size - half, &high, half);
	return at + size;
}

/* The length in front of a frame, as read_varint has it. */
static int read_prefix(struct slice bytes, uint64_t *length)
{
	const uint8_t *end = bytes.size ? bytes.data + bytes.size : bytes.data;
	uint32_t few = 0;
	const uint8_t *after = wire_short_varint(bytes.data, end, &few);

	*length = few;
	return after ? (int)(after - bytes.data)
		     : read_varint(bytes.data, end, FRAME_PREFIX_MAX, 32, length);
}

enum frame_status frame_read(struct slice bytes, uint32_t max_frame_bytes, struct slice *body,
			     size_t *used, const char **why)
{
	uint64_t length;
	int prefix = read_prefix(bytes, &length);

	if (prefix == 0) {
		return FRAME_MORE;
	}
	if (prefix < 0) {
		*why = "the length of a frame is not a varint of 32 bits";
		return FRAME_BAD;
	}
	if (length == 0) {
		*why = "a frame of length zero";
		return FRAME_BAD;
	}
	if (length > max_frame_bytes) {
		*why = "a frame larger than allowed";
		return FRAME_BAD;
	}
	if (bytes.size - (size_t)prefix < length) {
		return FRAME_MORE;
	}
	*body = slice_of(bytes.data + prefix, (size_t)length);
	*used = (size_t)prefix + (size_t)length;
	return FRAME_OK;
}

size_t frame_size(struct slice bytes)
{
	uint64_t length;
	int prefix = read_prefix(bytes, &length);

	return prefix > 0 ? (size_t)prefix + (size_t)length : 0;
}

const uint8_t *wire_next_any(const uint8_t *at, const uint8_t *end, struct wire_field *field)
{
	struct wire_reader reader = {at, end};
	uint32_t tag, narrow = 0;
	bool taken;

	*field = (struct wire_field){0};
	if (!wire_take_varint32(&reader, &tag) || tag < 8) {
		return NULL;
	}
	field->tag = tag;
	switch (tag & 7) {
	case WIRE_VARINT:
		taken = wire_take_varint(&reader, &field->value);
		break;
	case WIRE_BYTES:
		taken = wire_take_varint32(&reader, &narrow) &&
			wire_take_bytes(&reader, narrow, &field->bytes);
		break;
	case WIRE_FIXED32:
		taken = wire_take_fixed32(&reader, &narrow);
		field->value = narrow;
		break;
	case WIRE_FIXED64:
		taken = wire_take_fixed64(&reader, &field->value);
		break;
	default:
		return NULL;
	}
	return taken ? reader.at : NULL;
}

bool wire_well_formed(struct slice bytes)
{
	struct wire_reader reader = wire_reader_of(bytes);
	struct wire_field field = {0};
	int next;

	while ((next = wire_next(&reader, &field)) > 0) {
	}
	return next == 0;
}

/* Bytes of plain ASCII without NUL at the front of `bytes`, eight at a time: names and
 * content types rarely hold anything else. */
static size_t plain_bytes(struct slice bytes)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	size_t i = 0;

	for (; bytes.size - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, bytes.data + i, sizeof(word));
		/* The first term has a top bit where a byte was 0, or after such a byte. */
		if (((word - ones) | word) & tops) {
			break;
		}
	}
	while (i < bytes.size && bytes.data[i] < 0x80 && bytes.data[i] != 0) {
		i++;
	}
	return i;
}

bool utf8_valid(struct slice bytes)
{
	size_t i = plain_bytes(bytes);

	while (i < bytes.size) {
		uint32_t code;
		size_t size = utf8_next(slice_of(bytes.data + i, bytes.size - i), &code);

		if (size == 0 || code == 0) {
			return false;
		}
		i += size;
	}
	return true;
}
