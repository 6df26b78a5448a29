/* Presence that is encoded once for many readers, held to protobuf-c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "drone.pb-c.h"
#include "lib/fixture.h"
#include "wire/envelope.h"
#include "wire/hot_codec.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 300, PRESENCE_FIELD = 6 };

/* Entries and the room that they are encoded in. */
struct encoding {
	struct presence_entry entries[MOST];
	char texts[MOST][3][CALLSIGN_MAX_BYTES + 1];
	struct buf room;
	struct presence_bytes bytes;
};

static struct encoding encoding;

static int set_up(void **state)
{
	buf_init(&encoding.room);
	*state = &encoding;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_fini(&encoding.room);
	return 0;
}

/* Of every length there may be, none too. */
static struct slice random_text(struct rng *rng, char *text, size_t most)
{
	size_t size = (size_t)rng_below(rng, rng_below(rng, 4) ? 12 : most + 1);

	for (size_t i = 0; i < size; i++) {
		text[i] = (char)('a' + rng_below(rng, 26));
	}
	text[size] = '\0';
	return slice_str(text);
}

static void encode(struct encoding *e, uint64_t seed, size_t count)
{
	struct rng rng;

	assert_true(count <= MOST);
	rng_seed(&rng, seed);
	for (size_t i = 0; i < count; i++) {
		e->entries[i] = (struct presence_entry){
			.drone_id = random_text(&rng, e->texts[i][0], NAME_MAX_BYTES),
			.callsign = random_text(&rng, e->texts[i][1], CALLSIGN_MAX_BYTES),
			.scenario = random_text(&rng, e->texts[i][2], NAME_MAX_BYTES),
			.what = (enum presence_what)rng_below(&rng, PRESENCE_WHAT_COUNT),
			.reason = (enum goodbye_reason)rng_below(&rng, GOODBYE_COUNT),
		};
	}
	buf_clear(&e->room);
	assert_int_equal(hot_write_presence_entries(&e->room, e->entries, count), 0);
	e->bytes = hot_presence_bytes(buf_slice(&e->room), count);
	assert_int_equal(e->bytes.count, count);
}

static void expect_entry(const struct presence_entry *entry,
			 const Uav__Relay__V1__PresenceEvent *event)
{
	assert_true(slice_equal(entry->drone_id, slice_str(event->drone_id)));
	assert_true(slice_equal(entry->callsign, slice_str(event->callsign)));
	assert_true(slice_equal(entry->scenario, slice_str(event->scenario)));
	assert_int_equal(entry->what, event->what);
	assert_int_equal(entry->reason, event->reason);
}

/* `body` holds entries[from] and those behind it; returns the number of the next. protobuf-c
 * writes the same bytes. */
static size_t expect_body(const struct encoding *e, size_t from, struct slice body)
{
	Uav__Relay__V1__Presence *presence =
		uav__relay__v1__presence__unpack(NULL, body.size, body.data);
	uint8_t *again = malloc(body.size + 1);
	size_t count;

	assert_non_null(presence);
	assert_non_null(again);
	assert_int_equal(presence->missed, 0);
	count = presence->n_events;
	assert_true(count <= e->bytes.count - from);
	for (size_t i = 0; i < count; i++) {
		expect_entry(&e->entries[from + i], presence->events[i]);
	}
	assert_int_equal(uav__relay__v1__presence__get_packed_size(presence), body.size);
	assert_int_equal(uav__relay__v1__presence__pack(presence, again), body.size);
	assert_memory_equal(again, body.data, body.size);
	uav__relay__v1__presence__free_unpacked(presence, NULL);
	free(again);
	return from + count;
}

static void tail_begins_at_every_entry(void **state)
{
	struct encoding *e = *state;

	for (size_t count = 1; count <= 60; count++) {
		encode(e, count, count);
		for (size_t from = 0; from < count; from++) {
			assert_int_equal(expect_body(e, from, hot_presence_tail(&e->bytes, from)),
					 count);
		}
	}
}

/* The body of the one frame that stands at the front. */
static struct slice frame_body(struct slice bytes, uint32_t max_frame, size_t *used)
{
	const struct envelope_form form = {ENVELOPE_REF, PRESENCE_FIELD, PRESENCE_FIELD};
	struct envelope envelope;
	struct slice frame;
	const char *why;

	assert_int_equal(frame_read(bytes, max_frame, &frame, used, &why), FRAME_OK);
	assert_int_equal(envelope_read(frame, &form, &envelope, &why), 0);
	assert_int_equal(envelope.number, PRESENCE_FIELD);
	assert_int_equal(envelope.ref, 0);
	return envelope.body;
}

/* As few frames as there may be: none could have taken the next one's first entry too. */
static void expect_frames(const struct encoding *e, struct slice bytes, size_t from,
			  uint32_t max_frame)
{
	while (bytes.size) {
		size_t used, first = from;
		struct slice body = frame_body(bytes, max_frame, &used);

		from = expect_body(e, from, body);
		assert_true(from > first);
		if (from < e->bytes.count) {
			size_t next = hot_presence_tail(&e->bytes, from).size -
				      (from + 1 < e->bytes.count
					       ? hot_presence_tail(&e->bytes, from + 1).size
					       : 0);

			assert_true(envelope_size(0, PRESENCE_FIELD, body.size + next) > max_frame);
		}
		bytes = slice_of(bytes.data + used, bytes.size - used);
	}
	assert_int_equal(from, e->bytes.count);
}

static void frames_are_cut_at_the_largest(void **state)
{
	static const uint32_t largest[] = {
		FRAME_LEAST_BYTES, FRAME_LEAST_BYTES + 1, 700, 1000, 4096, 65536};
	struct encoding *e = *state;
	struct buf out;

	buf_init(&out);
	for (size_t i = 0; i < sizeof(largest) / sizeof(largest[0]); i++) {
		encode(e, 100 + i, MOST);
		for (size_t from = 0; from < MOST; from += 1 + from / 4) {
			buf_clear(&out);
			assert_int_equal(hot_write_presence(&out, &e->bytes, from, largest[i]), 0);
			expect_frames(e, buf_slice(&out), from, largest[i]);
		}
	}
	buf_fini(&out);
}

/* Around the size at which everything fits: to the byte. */
static void one_frame_when_it_just_fits(void **state)
{
	struct encoding *e = *state;
	struct buf out;

	buf_init(&out);
	for (size_t count = 2; count < 200; count += 9) {
		size_t size, used;

		encode(e, 200 + count, count);
		size = envelope_size(0, PRESENCE_FIELD, hot_presence_tail(&e->bytes, 0).size);
		buf_clear(&out);
		assert_int_equal(hot_write_presence(&out, &e->bytes, 0, (uint32_t)size), 0);
		(void)frame_body(buf_slice(&out), (uint32_t)size, &used);
		assert_int_equal(used, buf_size(&out));
		buf_clear(&out);
		assert_int_equal(hot_write_presence(&out, &e->bytes, 0, (uint32_t)size - 1), 0);
		(void)frame_body(buf_slice(&out), (uint32_t)size - 1, &used);
		assert_true(used < buf_size(&out));
		expect_frames(e, buf_slice(&out), 0, (uint32_t)size - 1);
	}
	buf_fini(&out);
}

/* The longest that names and callsigns allow fits into the least that a drone may take. */
static void longest_entry_fits_the_least_frame(void **state)
{
	static char longest[CALLSIGN_MAX_BYTES + 1];
	struct encoding *e = *state;
	struct buf out;

	memset(longest, 'n', CALLSIGN_MAX_BYTES);
	for (size_t i = 0; i < 3; i++) {
		e->entries[i] = (struct presence_entry){
			.drone_id = slice_of(longest, NAME_MAX_BYTES),
			.callsign = slice_of(longest, CALLSIGN_MAX_BYTES),
			.scenario = slice_of(longest, NAME_MAX_BYTES),
			.what = PRESENCE_WHAT_OFFLINE,
			.reason = GOODBYE_KICKED,
		};
	}
	assert_int_equal(hot_write_presence_entries(&e->room, e->entries, 3), 0);
	e->bytes = hot_presence_bytes(buf_slice(&e->room), 3);
	buf_init(&out);
	assert_int_equal(hot_write_presence(&out, &e->bytes, 0, FRAME_LEAST_BYTES), 0);
	expect_frames(e, buf_slice(&out), 0, FRAME_LEAST_BYTES);
	buf_fini(&out);
}

/* Should one be too large for any frame, it goes alone: all are told, and there is an end. */
static void too_large_an_entry_goes_alone(void **state)
{
	enum { TOO_SMALL = 3, ENTRIES = 20 };
	struct encoding *e = *state;
	struct slice rest;
	struct buf out;
	size_t used, at = 0;

	encode(e, 400, ENTRIES);
	buf_init(&out);
	assert_int_equal(hot_write_presence(&out, &e->bytes, 0, TOO_SMALL), 0);
	for (rest = buf_slice(&out); rest.size; at++) {
		assert_int_equal(expect_body(e, at, frame_body(rest, UINT32_MAX, &used)), at + 1);
		rest = slice_of(rest.data + used, rest.size - used);
	}
	assert_int_equal(at, ENTRIES);
	buf_fini(&out);
}

/* Some frames are written already; then there is no room for the next. */
static void nothing_is_appended_when_memory_is_out(void **state)
{
	static uint8_t memory[FRAME_LEAST_BYTES * 2 + 10];
	struct encoding *e = *state;
	struct presence_entry entry = {.drone_id = slice_str("a-drone")};
	struct buf out;

	encode(e, 300, MOST);
	buf_init_fixed(&out, memory, sizeof(memory));
	assert_int_equal(buf_append(&out, "ab", 2), 0);
	assert_int_equal(hot_write_presence(&out, &e->bytes, 0, FRAME_LEAST_BYTES), -1);
	assert_true(slice_equal(buf_slice(&out), slice_str("ab")));
	buf_fini(&out);
	buf_init_fixed(&out, memory, 8);
	assert_int_equal(hot_write_presence_entries(&out, &entry, 1), -1);
	assert_int_equal(buf_size(&out), 0);
	buf_fini(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tail_begins_at_every_entry),    TEST(frames_are_cut_at_the_largest),
		TEST(one_frame_when_it_just_fits),   TEST(longest_entry_fits_the_least_frame),
		TEST(too_large_an_entry_goes_alone), TEST(nothing_is_appended_when_memory_is_out),
	};

	return cmocka_run_group_tests_name("hot_presence", tests, NULL, NULL);
}
