#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../fuzz/plain_wire.h"
#include "base/rng.h"
#include "wire/frame.h"

#include <stdlib.h>

#define BYTES(literal) slice_of(literal, sizeof(literal) - 1)

/* ------------------------------------------------------------------ frames */

static const struct frame_case {
	const char *what;
	const char *bytes;
	size_t size;
	uint32_t max;
	enum frame_status status;
	size_t used; /* when FRAME_OK */
} frame_cases[] = {
#define CASE(what, literal, max, status, used)                                                     \
	{                                                                                          \
		what, literal, sizeof(literal) - 1, max, status, used                              \
	}
	CASE("nothing", "", 10, FRAME_MORE, 0),
	CASE("one byte", "\x01x", 10, FRAME_OK, 2),
	CASE("more behind it", "\x02xyz", 10, FRAME_OK, 3),
	CASE("body not whole", "\x03xy", 10, FRAME_MORE, 0),
	CASE("prefix alone", "\x03", 10, FRAME_MORE, 0),
	CASE("prefix not whole", "\x83", 200, FRAME_MORE, 0),
	CASE("length zero", "\x00x", 10, FRAME_BAD, 0),
	CASE("length zero in two bytes", "\x80\x00", 10, FRAME_BAD, 0),
	CASE("at the cap", "\x03xyz", 3, FRAME_OK, 4),
	CASE("over the cap, nothing but the prefix", "\x04", 3, FRAME_BAD, 0),
	CASE("far over the cap", "\xff\xff\xff\xff\x0f", 65536, FRAME_BAD, 0),
	CASE("largest length of all", "\xff\xff\xff\xff\x0f", UINT32_MAX, FRAME_MORE, 0),
	CASE("over 32 bits", "\xff\xff\xff\xff\x1f", UINT32_MAX, FRAME_BAD, 0),
	CASE("no end after five bytes", "\x80\x80\x80\x80\x80", UINT32_MAX, FRAME_BAD, 0),
	CASE("no end yet after four", "\x80\x80\x80\x80", UINT32_MAX, FRAME_MORE, 0),
	CASE("a length in more bytes than it needs", "\x81\x80\x80\x80\x00x", 10, FRAME_OK, 6),
#undef CASE
};

static void frames_are_told_from_what_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(frame_cases) / sizeof(frame_cases[0]); i++) {
		const struct frame_case *one = &frame_cases[i];
		const char *why = NULL;
		struct slice body = {0};
		size_t used = 0;
		enum frame_status status =
			frame_read(slice_of(one->bytes, one->size), one->max, &body, &used, &why);

		if (status != one->status) {
			fail_msg("%s: status %d, expected %d", one->what, status, one->status);
		}
		if (status == FRAME_OK) {
			assert_int_equal(used, one->used);
			assert_ptr_equal(body.data + body.size, one->bytes + used);
		}
		assert_int_equal(status == FRAME_BAD, why != NULL);
	}
}

/* A hostile length is refused from its prefix alone: nothing behind it is looked at, and
 * nothing is allocated for it. */
static void too_long_a_frame_is_refused_by_its_prefix(void **state)
{
	uint8_t *prefix = malloc(4); /* a read behind it is seen by the sanitizer */
	const char *why = NULL;
	struct slice body = {0};
	size_t used;

	(void)state;
	assert_non_null(prefix);
	memcpy(prefix, "\x80\x80\x80\x01", 4); /* 2 MiB */
	assert_int_equal(frame_read(slice_of(prefix, 4), 64 * 1024, &body, &used, &why), FRAME_BAD);
	assert_string_equal(why, "a frame larger than allowed");
	free(prefix);
}

static void frames_come_out_the_same_byte_by_byte(void **state)
{
	const struct slice stream = BYTES("\x01"
					  "a"
					  "\x03"
					  "bcd"
					  "\x82\x00"
					  "ef");
	const struct slice expected[] = {BYTES("a"), BYTES("bcd"), BYTES("ef")};
	size_t at = 0, count = 0;

	(void)state;
	for (size_t have = 0; have <= stream.size; have++) {
		struct slice body = {0};
		const char *why;
		size_t used;

		while (count < 3 && frame_read(slice_of(stream.data + at, have - at), 10, &body,
					       &used, &why) == FRAME_OK) {
			assert_true(slice_equal(body, expected[count]));
			at += used;
			count++;
		}
	}
	assert_int_equal(count, 3);
	assert_int_equal(at, stream.size);
}

/* ------------------------------------------------------------------ fields */

static void varints_come_back(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (int i = 0; i < 10000; i++) {
		uint64_t value = rng_next(&rng) >> (i % 64), back = 0;
		uint8_t bytes[10];
		size_t size = (size_t)(wire_put_varint(bytes, value) - bytes);
		struct wire_reader reader = wire_reader_of(slice_of(bytes, size));

		assert_int_equal(size, varint_size(value));
		assert_int_equal(wire_next_varint(&reader, &back), 1);
		assert_true(back == value);
		assert_int_equal(wire_next_varint(&reader, &back), 0);
		reader = wire_reader_of(slice_of(bytes, size - 1));
		assert_int_equal(wire_next_varint(&reader, &back), size == 1 ? 0 : -1);
	}
}

/* The number as it must be written, between bytes that must stay. */
static void expect_written(uint64_t value)
{
	enum { BEFORE = 8, ROOM = BEFORE + PLAIN_VARINT_MAX + 16 };
	static const uint8_t canaries[] = {0xa5, 0x5a};

	for (size_t i = 0; i < sizeof(canaries); i++) {
		uint8_t expected[ROOM], is[ROOM];
		size_t size;

		memset(expected, canaries[i], ROOM);
		size = plain_put_varint(expected + BEFORE, value);
		assert_int_equal(varint_size(value), size);
		memset(is, canaries[i], ROOM);
		assert_ptr_equal(wire_put_varint(is + BEFORE, value), is + BEFORE + size);
		assert_memory_equal(is, expected, ROOM);
		memset(is, canaries[i], ROOM);
		assert_ptr_equal(wire_put_long_varint(is + BEFORE, value), is + BEFORE + size);
		assert_memory_equal(is, expected, ROOM);
	}
}

static void varints_are_written_as_they_must_be(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2);
	expect_written(0);
	for (unsigned bits = 7; bits < 64; bits += 7) { /* the ends of each length, 1 to 10 */
		expect_written((1ull << bits) - 1);
		expect_written(1ull << bits);
		expect_written((1ull << bits) + 1);
	}
	expect_written(UINT64_MAX);
	for (unsigned bit = 0; bit < 64; bit++) {
		expect_written(1ull << bit);
		expect_written(~(1ull << bit));
	}
	for (int i = 0; i < 200000; i++) {
		expect_written(rng_next(&rng) >> rng_below(&rng, 64));
	}
}

static void fields_are_read_one_after_another(void **state)
{
	const struct slice message = BYTES("\x08\x96\x01"			  /* 1: 150 */
					   "\x11\x01\x02\x03\x04\x05\x06\x07\x08" /* 2: fixed64 */
					   "\x1a\x02hi"				  /* 3: bytes */
					   "\x25\x01\x02\x03\x04"		  /* 4: fixed32 */
					   "\xf8\xff\xff\xff\x0f\x00");		  /* 2^29 - 1 */
	struct wire_reader reader = wire_reader_of(message);
	struct wire_field field = {0};

	(void)state;
	assert_int_equal(wire_next(&reader, &field), 1);
	assert_int_equal(field.tag, WIRE_TAG(1, WIRE_VARINT));
	assert_true(field.value == 150);
	assert_int_equal(wire_next(&reader, &field), 1);
	assert_int_equal(field.tag, WIRE_TAG(2, WIRE_FIXED64));
	assert_true(field.value == 0x0807060504030201u);
	assert_int_equal(wire_next(&reader, &field), 1);
	assert_int_equal(field.tag, WIRE_TAG(3, WIRE_BYTES));
	assert_true(slice_equal(field.bytes, slice_str("hi")));
	assert_int_equal(wire_next(&reader, &field), 1);
	assert_int_equal(field.tag, WIRE_TAG(4, WIRE_FIXED32));
	assert_true(field.value == 0x04030201u);
	assert_int_equal(wire_next(&reader, &field), 1);
	assert_int_equal(wire_number(&field), (1u << 29) - 1);
	assert_int_equal(wire_next(&reader, &field), 0);
	assert_true(wire_well_formed(message));
}

static void malformed_fields_are_refused(void **state)
{
	const struct {
		const char *what;
		struct slice bytes;
	} cases[] = {
		{"field number 0", BYTES("\x00\x01")},
		{"field number 0 in two bytes", BYTES("\x80\x00\x01")},
		{"field number 0, bytes", BYTES("\x02\x00")},
		{"start of a group", BYTES("\x0b")},
		{"end of a group", BYTES("\x0c")},
		{"wire type 6", BYTES("\x0e\x01")},
		{"wire type 7", BYTES("\x0f\x01")},
		{"tag cut short", BYTES("\x88")},
		{"tag over 32 bits", BYTES("\xf8\xff\xff\xff\x1f\x01")},
		{"tag of six bytes", BYTES("\x88\x80\x80\x80\x80\x00\x01")},
		{"varint missing", BYTES("\x08")},
		{"varint cut short", BYTES("\x08\x80")},
		{"varint over 64 bits", BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")},
		{"varint of eleven bytes",
		 BYTES("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00")},
		{"fixed64 cut short", BYTES("\x09\x01\x02\x03\x04\x05\x06\x07")},
		{"fixed32 cut short", BYTES("\x0d\x01\x02\x03")},
		{"bytes cut short", BYTES("\x0a\x02x")},
		{"length missing", BYTES("\x0a")},
		{"length of six bytes", BYTES("\x0a\x81\x80\x80\x80\x80\x00x")},
		{"length over 32 bits", BYTES("\x0a\xff\xff\xff\xff\x1fx")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_reader reader = wire_reader_of(cases[i].bytes);
		struct wire_field field;

		if (wire_next(&reader, &field) != -1 || wire_well_formed(cases[i].bytes)) {
			fail_msg("%s: accepted", cases[i].what);
		}
	}
}

/* From memory that ends with the message: a read behind it is seen by the sanitizer. */
static void expect_as_plain(struct slice message)
{
	uint8_t *bytes = malloc(message.size + 1);
	const char *fault;

	assert_non_null(bytes);
	if (message.size) {
		memcpy(bytes + 1, message.data, message.size);
	}
	fault = plain_differs(slice_of(bytes + 1, message.size));
	if (fault) {
		fail_msg("a message of %zu bytes: %s", message.size, fault);
	}
	free(bytes);
}

/* In `more` bytes more than it needs. */
static size_t put_longer(uint8_t *bytes, uint64_t value, size_t more)
{
	size_t size = plain_put_varint(bytes, value);

	for (; more > 0; more--) {
		bytes[size - 1] |= 0x80;
		bytes[size++] = 0;
	}
	return size;
}

/* Each type, tag and value in each number of bytes that there may be and one more; the last byte
 * as large as it may be, and larger. Cut off everywhere; alone, and before another field. */
static void each_field_is_read_as_plainly_read(void **state)
{
	static const uint64_t numbers[] = {1, 15, 16, 2047, 2048, (1u << 29) - 1};
	static const uint8_t lasts[] = {0x00, 0x01, 0x02, 0x0f, 0x10, 0x7f};
	uint8_t message[64];

	(void)state;
	for (size_t i = 0; i < 6 * 8 * 6 * 12 * 6; i++) {
		size_t more = i / 48 % 6, length = 1 + i / 288 % 12, last = i / 3456;
		size_t at = put_longer(message, numbers[i % 6] << 3 | (i / 6 % 8), more);
		size_t size;

		memset(message + at, 0x80 | (int)(i % 3), length);
		message[at + length - 1] = lasts[last];
		memset(message + at + length, 8, 16); /* an end of bytes, or fields of one */
		size = at + length + 16;
		for (size_t cut = 0; cut <= size; cut++) {
			expect_as_plain(slice_of(message, cut));
		}
	}
}

static size_t random_field(struct rng *rng, uint8_t *at)
{
	static const uint8_t types[] = {WIRE_VARINT, WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64};
	uint64_t type = rng_below(rng, 30) ? types[rng_below(rng, 4)] : rng_below(rng, 8);
	uint64_t number = rng_below(rng, 3) ? 1 + rng_below(rng, 20) : rng_below(rng, 5000);
	size_t size = put_longer(at, number << 3 | type, rng_below(rng, 8) ? 0 : rng_below(rng, 5));
	uint64_t value = rng_next(rng) >> rng_below(rng, 64);

	if (type == WIRE_BYTES) {
		value = rng_below(rng, rng_below(rng, 4) ? 20 : 300);
	}
	if (type == WIRE_FIXED32 || type == WIRE_FIXED64) {
		memcpy(at + size, &value, sizeof(value));
		return size + (type == WIRE_FIXED32 ? 4 : 8);
	}
	size += put_longer(at + size, value, rng_below(rng, 8) ? 0 : rng_below(rng, 3));
	if (type == WIRE_BYTES) {
		memset(at + size, (int)rng_below(rng, 256), (size_t)value);
		size += (size_t)value;
	}
	return size;
}

static void random_messages_are_read_as_plainly_read(void **state)
{
	uint8_t message[4 * 400];
	size_t well_formed = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3);
	for (int i = 0; i < 5000; i++) {
		size_t size = 0;

		for (uint64_t fields = 1 + rng_below(&rng, 4); fields > 0; fields--) {
			size += random_field(&rng, message + size);
		}
		for (uint64_t flips = rng_below(&rng, 3) ? 0 : 2; flips > 0; flips--) {
			message[rng_below(&rng, size)] ^= (uint8_t)(1u << rng_below(&rng, 8));
		}
		well_formed += wire_well_formed(slice_of(message, size));
		for (size_t cut = 0; cut <= size; cut++) {
			expect_as_plain(slice_of(message, cut));
		}
	}
	assert_true(well_formed > 2000 && well_formed < 4500); /* both are played */
}

static void nothing_is_a_message_without_fields(void **state)
{
	struct wire_reader reader = wire_reader_of(slice_of(NULL, 0));
	struct wire_field field;

	(void)state;
	assert_int_equal(wire_next(&reader, &field), 0);
	assert_true(wire_well_formed(slice_of(NULL, 0)));
}

static void sizes_are_those_of_what_is_written(void **state)
{
	uint8_t bytes[64];
	const struct slice text = BYTES("text");

	(void)state;
	for (uint32_t number = 1; number < 3000; number += 7) {
		assert_int_equal(wire_put_some_bytes(bytes, number, text) - bytes,
				 wire_some_bytes_size(number, text));
		assert_int_equal(wire_put_some_uint(bytes, number, number) - bytes,
				 wire_some_uint_size(number, number));
	}
	assert_ptr_equal(wire_put_some_uint(bytes, 1, 0), bytes);
	assert_ptr_equal(wire_put_some_bytes(bytes, 1, slice_of(NULL, 0)), bytes);
	assert_int_equal(wire_put_bytes(bytes, 1, slice_of(NULL, 0)) - bytes, 2);
}

/* -------------------------------------------------------------------- text */

static void text_is_utf8_without_nul(void **state)
{
	const struct {
		struct slice text;
		bool valid;
	} cases[] = {
		{{NULL, 0}, true},
		{BYTES("uav-1"), true},
		{BYTES("exactly8"), true},
		{BYTES("sixteen letters."), true},
		{BYTES("control\x01\x7f"), true}, /* names are checked where they are used */
		{BYTES("Falke \xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\x81 and on"), true},
		{BYTES("a\0b"), false},
		{BYTES("seven..\0and nine"), false},
		{BYTES("sixteen letters\0"), false},
		{BYTES("\x80"), false},
		{BYTES("\xc0\x80"), false},
		{BYTES("\xc3"), false},
		{BYTES("eight...\xc3"), false},
		{BYTES("\xed\xa0\x80"), false},
		{BYTES("\xf4\x90\x80\x80"), false},
		{BYTES("\xff"), false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (utf8_valid(cases[i].text) != cases[i].valid) {
			fail_msg("text %zu: expected %d", i, cases[i].valid);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_told_from_what_is_none),
		cmocka_unit_test(too_long_a_frame_is_refused_by_its_prefix),
		cmocka_unit_test(frames_come_out_the_same_byte_by_byte),
		cmocka_unit_test(varints_come_back),
		cmocka_unit_test(varints_are_written_as_they_must_be),
		cmocka_unit_test(fields_are_read_one_after_another),
		cmocka_unit_test(malformed_fields_are_refused),
		cmocka_unit_test(each_field_is_read_as_plainly_read),
		cmocka_unit_test(random_messages_are_read_as_plainly_read),
		cmocka_unit_test(nothing_is_a_message_without_fields),
		cmocka_unit_test(sizes_are_those_of_what_is_written),
		cmocka_unit_test(text_is_utf8_without_nul),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
