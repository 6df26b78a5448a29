#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "channel.pb-c.h"
#include "drone.pb-c.h"
#include "lib/fixture.h"
#include "wire/frame.h"
#include "wire/schema.h"

struct row {
	struct slice bytes;
	enum schema_status status;
};

#define REGISTRATION (&uav__relay__v1__registration__descriptor)
#define UPDATE_STATE (&uav__relay__v1__update_state__descriptor)
#define TRANSMIT (&uav__channel__v1__transmit__descriptor)
#define RESULT (&uav__channel__v1__result__descriptor)

/* The check says it, and unpacking says the same; words whenever it is not OK. */
static void expect_row(const ProtobufCMessageDescriptor *descriptor, const struct row *row)
{
	ProtobufCMessage *message = NULL;
	const char *why = NULL;
	struct arena arena;

	assert_int_equal(schema_check(descriptor, row->bytes, &why), row->status);
	assert_int_equal(why != NULL, row->status != SCHEMA_OK);
	arena_init(&arena, 4096);
	assert_int_equal(schema_unpack(descriptor, row->bytes, &arena, &message, &why),
			 row->status);
	if (row->status > SCHEMA_NEWER) {
		assert_int_equal(arena.used, 0); /* what is refused takes nothing */
	} else {
		assert_ptr_equal(message->descriptor, descriptor);
	}
	arena_fini(&arena);
}

static void expect_rows(const ProtobufCMessageDescriptor *descriptor, const struct row *rows,
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		expect_row(descriptor, &rows[i]);
	}
}

#define EXPECT(descriptor, rows) expect_rows(descriptor, rows, sizeof(rows) / sizeof((rows)[0]))

static void test_text(void **state)
{
	const struct row rows[] = {
		{BYTES(""), SCHEMA_OK},
		{BYTES("\x12\x00"), SCHEMA_OK},
		{BYTES("\x12\x04uav1"), SCHEMA_OK},
		{BYTES("\x1a\x04\xf0\x9f\x9a\x81"), SCHEMA_OK},
		{BYTES("\x12\x03u\x00v"), SCHEMA_REFUSED},
		{BYTES("\x12\x01\xff"), SCHEMA_REFUSED},
		{BYTES("\x12\x02\xc0\x80"), SCHEMA_REFUSED},	 /* NUL, the long way */
		{BYTES("\x12\x03\xed\xa0\x80"), SCHEMA_REFUSED}, /* a surrogate */
		{BYTES("\x12\x02\xf0\x9f"), SCHEMA_REFUSED},	 /* cut short */
		/* a bad one that a good one replaces is refused all the same */
		{BYTES("\x12\x01\xff\x12\x01v"), SCHEMA_REFUSED},
		/* text of a later version is nobody's business */
		{BYTES("\x4a\x01\xff"), SCHEMA_OK},
	};
	const struct row payload = {BYTES("\x3a\x02\xff\x00"), SCHEMA_OK};

	(void)state;
	EXPECT(REGISTRATION, rows);
	expect_row(TRANSMIT, &payload); /* bytes, not text */
}

static void test_enums(void **state)
{
	const struct row rows[] = {
		{BYTES("\x20\x00"), SCHEMA_OK},
		{BYTES("\x20\x01"), SCHEMA_OK},
		{BYTES("\x20\x02"), SCHEMA_NEWER},
		{BYTES("\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), SCHEMA_NEWER}, /* -1 */
		{BYTES("\x38\x03\x20\x01"), SCHEMA_NEWER},
		/* the worst of all that is wrong counts, wherever it stands */
		{BYTES("\x20\x02\x12\x01\xff"), SCHEMA_REFUSED},
		{BYTES("\x12\x01\xff\x20\x02"), SCHEMA_REFUSED},
		{BYTES("\x12\x01\xff\x20"), SCHEMA_BAD},
	};

	(void)state;
	EXPECT(REGISTRATION, rows);
}

/* The words are those of the worst finding, wherever it stands. */
static void test_words_of_the_worst(void **state)
{
	const struct slice text_first = BYTES("\x12\x01\xff\x20\x09");
	const struct slice enum_first = BYTES("\x20\x09\x12\x01\xff");
	const char *why = NULL;

	(void)state;
	assert_int_equal(schema_check(&uav__relay__v1__registration__descriptor, text_first, &why),
			 SCHEMA_REFUSED);
	assert_string_equal(why, "a text that is not UTF-8");
	assert_int_equal(schema_check(&uav__relay__v1__registration__descriptor, enum_first, &why),
			 SCHEMA_REFUSED);
	assert_string_equal(why, "a text that is not UTF-8");
}

static void test_newer_value_comes_as_it_is(void **state)
{
	struct fixture *f = *state;
	ProtobufCMessage *message = NULL;
	const Uav__Relay__V1__Registration *registration;
	const char *why;

	assert_int_equal(schema_unpack(REGISTRATION, BYTES("\x20\x4d\x12\x04uav1\x08\x01"),
				       &f->arena, &message, &why),
			 SCHEMA_NEWER);
	assert_non_null(message);
	registration = (const Uav__Relay__V1__Registration *)message;
	assert_int_equal(registration->kind, 77);
	assert_string_equal(registration->drone_id, "uav1");
	assert_int_equal(registration->protocol, 1);
}

/* update_state { position { local { east_m } } } */
static void test_numbers(void **state)
{
	const struct row rows[] = {
		{BYTES("\x0a\x07\x12\x05\x0d\x00\x00\x80\x3f"), SCHEMA_OK},
		{BYTES("\x0a\x07\x12\x05\x0d\xff\xff\x7f\x7f"), SCHEMA_OK}, /* the largest */
		{BYTES("\x0a\x07\x12\x05\x0d\xff\xff\x7f\xff"), SCHEMA_OK},
		{BYTES("\x0a\x07\x12\x05\x0d\x01\x00\x00\x00"), SCHEMA_OK},	 /* the smallest */
		{BYTES("\x0a\x07\x12\x05\x0d\x00\x00\x80\x7f"), SCHEMA_REFUSED}, /* infinite */
		{BYTES("\x0a\x07\x12\x05\x0d\x00\x00\x80\xff"), SCHEMA_REFUSED},
		{BYTES("\x0a\x07\x12\x05\x0d\x00\x00\xc0\x7f"), SCHEMA_REFUSED}, /* NaN */
		{BYTES("\x0a\x07\x12\x05\x0d\x01\x00\x80\xff"), SCHEMA_REFUSED},
		{BYTES("\x12\x0a\x0d\x00\x00\x80\x3f\x1d\x00\x00\x80\x7f"), SCHEMA_REFUSED},
	};
	/* all ones in numbers that are no floats: the id of a transmit, and its numbers */
	const struct row whole = {
		BYTES("\x09\xff\xff\xff\xff\xff\xff\xff\xff\x10\xff\xff\xff\xff\x0f"), SCHEMA_OK};

	(void)state;
	EXPECT(UPDATE_STATE, rows);
	expect_row(TRANSMIT, &whole);
}

static void test_parts(void **state)
{
	const struct row rows[] = {
		{BYTES("\x0a\x00"), SCHEMA_OK},
		{BYTES("\x0a\x00\x12\x00\x1a\x00\x22\x00"), SCHEMA_OK},
		{BYTES("\x0a\x00\x0a\x00"), SCHEMA_BAD}, /* position twice */
		{BYTES("\x0a\x04\x12\x00\x12\x00"), SCHEMA_BAD},
		{BYTES("\x0a\x04\x0a\x00\x12\x00"), SCHEMA_OK}, /* of a oneof the last counts */
		{BYTES("\x28\x01\x28\x02"), SCHEMA_OK},		/* so it does of a number */
		{BYTES("\x0a\x01\x0d"), SCHEMA_BAD},
		{BYTES("\x0a\x03\x12\x05\x0d"), SCHEMA_BAD}, /* longer than what it stands in */
		{BYTES("\x0a\x02\x10\x01"), SCHEMA_BAD},     /* of the wrong type, within */
		{BYTES("\x0a\x02\x78\x01"), SCHEMA_OK},	     /* unknown, within */
	};
	const struct row repeated = {BYTES("\x12\x00\x12\x00\x12\x02\x08\x07"), SCHEMA_OK};
	const struct row last_bad = {BYTES("\x12\x00\x12\x00\x12\x01\x08"), SCHEMA_BAD};

	(void)state;
	EXPECT(UPDATE_STATE, rows);
	expect_row(RESULT, &repeated);
	expect_row(RESULT, &last_bad);
}

static void test_malformed(void **state)
{
	const struct row rows[] = {
		{BYTES("\x08"), SCHEMA_BAD},
		{BYTES("\x08\x80"), SCHEMA_BAD},
		{BYTES("\x12\x05uav1"), SCHEMA_BAD},
		{BYTES("\x00\x01"), SCHEMA_BAD},		    /* field 0 */
		{BYTES("\x0b\x0c"), SCHEMA_BAD},		    /* a group */
		{BYTES("\x0e"), SCHEMA_BAD},			    /* wire type 6 */
		{BYTES("\x7a\x02x"), SCHEMA_BAD},		    /* unknown, and cut short */
		{BYTES("\x0dwxyz"), SCHEMA_BAD},		    /* protocol as fixed32 */
		{BYTES("\x10\x01"), SCHEMA_BAD},		    /* drone_id as a number */
		{BYTES("\x0a\x01\x01"), SCHEMA_BAD},		    /* packed, but not repeated */
		{BYTES("\x78\x01\x7dwxyz\x79stuvwxyz"), SCHEMA_OK}, /* unknown, of each type */
		{BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), SCHEMA_BAD},
	};

	(void)state;
	EXPECT(REGISTRATION, rows);
}

static void test_packed(void **state)
{
	const struct row rows[] = {
		{BYTES("\x22\x00"), SCHEMA_OK},
		{BYTES("\x22\x03\x01\x80\x01"), SCHEMA_OK},
		{BYTES("\x20\x01\x22\x01\x02\x20\x03"), SCHEMA_OK}, /* one by one, and mixed */
		{BYTES("\x22\x02\x01\x80"), SCHEMA_BAD},
		{BYTES("\x25wxyz"), SCHEMA_BAD},
		{BYTES("\x08\x01"), SCHEMA_BAD}, /* the id as a varint */
	};

	(void)state;
	EXPECT(TRANSMIT, rows);
}

/* ----------------------------------------------------------- the arena's cap */

static void append(struct buf *out, const char *bytes, size_t size)
{
	assert_int_equal(buf_append(out, bytes, size), 0);
}

/* Two bytes each, and some hundred when unpacked. */
static void test_cap(void **state)
{
	enum { MANY = 1000, CAP = 8192 };
	const Uav__Channel__V1__Result *result;
	struct fixture *f = *state;
	ProtobufCMessage *message = NULL;
	const char *why = NULL;
	struct arena small;

	for (int i = 0; i < MANY; i++) {
		append(&f->out, "\x12", 2);
	}
	arena_init(&small, CAP);
	assert_int_equal(schema_check(RESULT, buf_slice(&f->out), &why), SCHEMA_OK);
	assert_int_equal(schema_unpack(RESULT, buf_slice(&f->out), &small, &message, &why),
			 SCHEMA_BAD);
	assert_null(message);
	assert_string_equal(why, "message too complex");
	assert_true(small.used <= CAP);
	/* the next turn is as good as any */
	arena_reset(&small);
	assert_int_equal(schema_unpack(RESULT, slice_of(buf_slice(&f->out).data, 20), &small,
				       &message, &why),
			 SCHEMA_OK);
	result = (const Uav__Channel__V1__Result *)message;
	assert_int_equal(result->n_receptions, 10);
	arena_fini(&small);
	assert_int_equal(schema_unpack(RESULT, buf_slice(&f->out), &f->arena, &message, &why),
			 SCHEMA_OK);
	result = (const Uav__Channel__V1__Result *)message;
	assert_int_equal(result->n_receptions, MANY);
}

static void test_no_arena_at_all(void **state)
{
	ProtobufCMessage *message = NULL;
	const char *why = NULL;
	struct arena none;

	(void)state;
	arena_init(&none, 0);
	assert_int_equal(schema_unpack(REGISTRATION, BYTES(""), &none, &message, &why), SCHEMA_BAD);
	assert_non_null(why);
	assert_null(none.blocks);
	arena_fini(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_enums),
		cmocka_unit_test(test_words_of_the_worst),
		cmocka_unit_test_setup_teardown(test_newer_value_comes_as_it_is, fixture_set_up,
						fixture_tear_down),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_packed),
		cmocka_unit_test_setup_teardown(test_cap, fixture_set_up, fixture_tear_down),
		cmocka_unit_test(test_no_arena_at_all),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
