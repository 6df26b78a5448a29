#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/fixture.h"
#include "wire/envelope.h"

/* As the drones' protocol has it, and as the simulator's, which has no ref. */
static const struct envelope_form with_ref = {
	.ref = ENVELOPE_REF, .first_body = 2, .last_body = 14};
static const struct envelope_form without_ref = {.ref = 0, .first_body = 1, .last_body = 7};

static void test_read(void **state)
{
	const struct {
		const struct envelope_form *form;
		struct slice frame;
		uint32_t ref, number;
		struct slice body;
	} rows[] = {
		{&with_ref, BYTES(""), 0, 0, BYTES("")},
		{&with_ref, BYTES("\x08\x07"), 7, 0, BYTES("")},
		{&with_ref,
		 BYTES("\x12\x03"
		       "abc"),
		 0, 2, BYTES("abc")},
		{&with_ref,
		 BYTES("\x08\x07\x72\x01"
		       "z"),
		 7, 14, BYTES("z")},
		/* the ref behind the body, and an empty body, which is one all the same */
		{&with_ref, BYTES("\x72\x00\x08\x96\x01"), 150, 14, BYTES("")},
		/* the last ref counts; more than 32 bits are cut, as a parser does */
		{&with_ref, BYTES("\x08\x01\x08\x02"), 2, 0, BYTES("")},
		{&with_ref, BYTES("\x08\x83\x80\x80\x80\x10"), 3, 0, BYTES("")},
		/* bodies and fields of a later version, of whatever type */
		{&with_ref, BYTES("\x08\x05\x7a\x01x"), 5, 0, BYTES("")},
		{&with_ref, BYTES("\x78\x01\x12\x01x"), 0, 2, BYTES("x")},
		{&with_ref, BYTES("\x12\x01x\x7a\x00\x7a\x00"), 0, 2, BYTES("x")},
		{&with_ref, BYTES("\x85\x01wxyz\x81\x01stuvwxyz"), 0, 0, BYTES("")},
		{&without_ref, BYTES("\x0a\x02hi"), 0, 1, BYTES("hi")},
		{&without_ref, BYTES("\x3a\x02hi"), 0, 7, BYTES("hi")},
		{&without_ref, BYTES("\x42\x02hi\x48\x01"), 0, 0, BYTES("")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct envelope envelope = {.ref = 99, .number = 99};
		const char *why = NULL;

		assert_int_equal(envelope_read(rows[i].frame, rows[i].form, &envelope, &why), 0);
		assert_int_equal(envelope.ref, rows[i].ref);
		assert_int_equal(envelope.number, rows[i].number);
		assert_true(slice_equal(envelope.body, rows[i].body));
	}
}

static void test_refused(void **state)
{
	static const char two[] = "two bodies in one frame";
	static const char body[] = "a body of the wrong type";
	static const char ref[] = "a ref of the wrong type";
	static const char malformed[] = "a frame that is not a Protocol Buffers message";
	const struct {
		const struct envelope_form *form;
		struct slice frame;
		const char *why;
	} rows[] = {
		{&with_ref, BYTES("\x12\x00\x12\x00"), two},
		{&with_ref, BYTES("\x12\x01x\x08\x01\x72\x00"), two},
		{&without_ref, BYTES("\x0a\x00\x3a\x00"), two},
		{&with_ref, BYTES("\x10\x01"), body},
		{&with_ref, BYTES("\x75wxyz"), body},
		{&without_ref, BYTES("\x08\x01"), body}, /* a ref, for the other form */
		{&with_ref, BYTES("\x0a\x01x"), ref},
		{&with_ref, BYTES("\x0dwxyz"), ref},
		{&with_ref, BYTES("\x08"), malformed},
		{&with_ref, BYTES("\x12\x02x"), malformed},
		{&with_ref, BYTES("\x12\x01x\x0b"), malformed},
		{&with_ref, BYTES("\x12\x01x\x7a\x01"), malformed},
		{&with_ref, BYTES("\x00\x01"), malformed},
		{&without_ref, BYTES("\x00\x01"), malformed},
		{&with_ref, BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), malformed},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct envelope envelope = {0};
		const char *why = NULL;

		assert_int_equal(envelope_read(rows[i].frame, rows[i].form, &envelope, &why), -1);
		assert_non_null(why);
		assert_string_equal(why, rows[i].why);
	}
}

/* What is written around a body is read back, and is as long as it was said to be. */
static void test_written(void **state)
{
	static const uint8_t content[300] = {1, 2, 3};
	const size_t sizes[] = {0, 1, 127, 128, sizeof(content)};
	const uint32_t refs[] = {0, 1, 127, 128, UINT32_MAX};
	struct fixture *f = *state;

	for (size_t i = 0; i < 25; i++) {
		struct slice body = slice_of(content, sizes[i / 5]), frame;
		uint32_t ref = refs[i % 5], number = i % 2 ? 2 : 14;
		struct envelope envelope;
		const char *why;
		uint8_t *at;
		size_t used;

		buf_clear(&f->out);
		at = envelope_begin(&f->out, ref, number, body.size);
		assert_non_null(at);
		assert_int_equal(buf_size(&f->out), 0); /* nothing stands there before the end */
		envelope_end(&f->out, wire_put_raw(at, body));
		assert_int_equal(frame_read(buf_slice(&f->out), 4096, &frame, &used, &why),
				 FRAME_OK);
		assert_int_equal(used, buf_size(&f->out));
		assert_int_equal(frame.size, envelope_size(ref, number, body.size));
		assert_int_equal(envelope_read(frame, &with_ref, &envelope, &why), 0);
		assert_int_equal(envelope.ref, ref);
		assert_int_equal(envelope.number, number);
		assert_true(slice_equal(envelope.body, body));
	}
}

static void test_no_room(void **state)
{
	uint8_t memory[16];
	struct buf out;

	(void)state;
	buf_init_fixed(&out, memory, sizeof(memory));
	assert_null(envelope_begin(&out, 1, 2, sizeof(memory)));
	assert_int_equal(buf_size(&out), 0);
	assert_non_null(envelope_begin(&out, 1, 2, 11)); /* and 5 around them */
	assert_null(envelope_begin(&out, 1, 2, 12));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_refused),
		cmocka_unit_test_setup_teardown(test_written, fixture_set_up, fixture_tear_down),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
