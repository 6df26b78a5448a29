/* The table of front ends, and protobuf's row of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "front/front.h"
#include "lib/fixture.h"
#include "settings/table.h"
#include "wire/drone_codec.h"
#include "wire/frame.h"

#include <stdlib.h>

enum { MAX_FRAME = 4096 };

static void fronts_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(front_find("protobuf"), &front_protobuf);
	assert_null(front_find("proto"));
	assert_null(front_find(""));
}

/* What the configuration allows as a listener's protocol is what there is. */
static void every_protocol_has_its_front(void **state)
{
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < table_row_count; i++) {
		if (strcmp(table_rows[i].key, "protocol") != 0) {
			continue;
		}
		for (const struct choice *choice = table_rows[i].choices; choice->name; choice++) {
			const struct front *front = front_find(choice->name);

			assert_int_equal(front == NULL, choice->unsupported);
			assert_true(!front || strcmp(front->name, choice->name) == 0);
			count++;
		}
	}
	assert_true(count > 0);
}

/* ----------------------------------------------------------------- reading */

static void requests_are_read_one_after_another(void **state)
{
	struct fixture *fixture = *state;
	/* leave with ref 5, list_scenarios with ref 6, half a frame */
	const struct slice bytes = BYTES("\x04\x08\x05\x72\x00\x04\x08\x06\x42\x00\x04\x08");
	struct request request;
	const char *why;
	size_t used, at;

	assert_int_equal(
		front_protobuf.read(bytes, MAX_FRAME, &fixture->arena, &request, &used, &why),
		FRONT_OK);
	assert_int_equal(request.kind, REQUEST_LEAVE);
	assert_int_equal(request.ref, 5);
	at = used;
	assert_int_equal(front_protobuf.read(slice_of(bytes.data + at, bytes.size - at), MAX_FRAME,
					     &fixture->arena, &request, &used, &why),
			 FRONT_OK);
	assert_int_equal(request.kind, REQUEST_LIST_SCENARIOS);
	at += used;
	assert_int_equal(front_protobuf.read(slice_of(bytes.data + at, bytes.size - at), MAX_FRAME,
					     &fixture->arena, &request, &used, &why),
			 FRONT_MORE);
}

static void what_cannot_go_on_is_told(void **state)
{
	struct fixture *fixture = *state;
	const struct slice bad[] = {
		BYTES("\x00"),		       /* length zero */
		BYTES("\x80\x80\x80\x80\x80"), /* endless length */
		BYTES("\x81\x20"),	       /* one over the cap */
		BYTES("\x04\x72\x00\x42\x00"), /* two bodies */
		BYTES("\x02\x72\x01"),	       /* cut short inside */
	};
	struct request request;
	size_t used;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = NULL;

		if (front_protobuf.read(bad[i], MAX_FRAME, &fixture->arena, &request, &used,
					&why) != FRONT_BAD ||
		    !why) {
			fail_msg("input %zu: not refused", i);
		}
	}
}

/* A peer that is held presents the same bytes again. */
static void reading_twice_gives_the_same(void **state)
{
	struct fixture *fixture = *state;
	const struct slice bytes = BYTES("\x0a\x08\x05\x12\x06\x0a\x01"
					 "a\x22\x01p");
	struct request first, second;
	size_t used[2];
	const char *why;

	memset(&first, 0, sizeof(first));
	memset(&second, 0, sizeof(second));
	assert_int_equal(
		front_protobuf.read(bytes, MAX_FRAME, &fixture->arena, &first, &used[0], &why),
		FRONT_OK);
	assert_int_equal(
		front_protobuf.read(bytes, MAX_FRAME, &fixture->arena, &second, &used[1], &why),
		FRONT_OK);
	assert_int_equal(used[0], used[1]);
	assert_int_equal(first.kind, REQUEST_SEND);
	assert_ptr_equal(first.send.payload.data, second.send.payload.data);
	assert_true(slice_equal(first.send.name, second.send.name));
}

/* ------------------------------------------------------- deliveries to many */

static const struct hop hop_to_b = {
	.transmitter = {(const uint8_t *)"a", 1},
	.receiver = {(const uint8_t *)"b", 1},
	.outcome = OUTCOME_DELIVERED,
};
static const struct hop hop_to_c = {
	.transmitter = {(const uint8_t *)"a", 1},
	.receiver = {(const uint8_t *)"c", 1},
	.outcome = OUTCOME_CORRUPTED,
};

static struct event delivery_event(struct encoded *encoded, const struct hop *hop)
{
	return (struct event){
		.kind = EVENT_DELIVERY,
		.encoded = encoded,
		.delivery = {.sender = slice_str("a"),
			     .sequence = 3,
			     .payload = slice_str("payload"),
			     .sent_at_us = 4,
			     .hops = hop,
			     .hop_count = 1},
	};
}

static void write_fresh(struct buf *out, struct event event)
{
	event.encoded = NULL;
	assert_int_equal(front_protobuf.write(out, &event, MAX_FRAME), 0);
}

static void a_kept_delivery_gives_each_receiver_its_own_hops(void **state)
{
	struct fixture *fixture = *state;
	struct event to_b = delivery_event(&fixture->encoded, &hop_to_b);
	struct event to_c = delivery_event(&fixture->encoded, &hop_to_c);
	const uint8_t *kept;
	struct buf fresh;

	buf_init(&fresh);
	assert_int_equal(front_protobuf.write(&fixture->out, &to_b, MAX_FRAME), 0);
	assert_ptr_equal(fixture->encoded.owner, &front_protobuf);
	assert_true(fixture->encoded.size > 0);
	kept = fixture->encoded.data;
	/* Another largest frame is no reason to encode anew: no frame is kept. */
	assert_int_equal(front_protobuf.write(&fixture->out, &to_c, 2 * MAX_FRAME), 0);
	assert_ptr_equal(fixture->encoded.data, kept);
	write_fresh(&fresh, to_b);
	write_fresh(&fresh, to_c);
	assert_true(slice_equal(buf_slice(&fixture->out), buf_slice(&fresh)));
	buf_fini(&fresh);
}

/* That the kept body is used shows when it is not what the event says. */
static void a_kept_delivery_is_not_encoded_again(void **state)
{
	struct fixture *fixture = *state;
	struct event event = delivery_event(&fixture->encoded, &hop_to_b);
	struct buf first;

	buf_init(&first);
	assert_int_equal(front_protobuf.write(&first, &event, MAX_FRAME), 0);
	event.delivery.payload = slice_str("changed");
	assert_int_equal(front_protobuf.write(&fixture->out, &event, MAX_FRAME), 0);
	assert_true(slice_equal(buf_slice(&fixture->out), buf_slice(&first)));
	/* The next event begins empty, in the same memory. */
	fixture->encoded.size = 0;
	buf_clear(&fixture->out);
	assert_int_equal(front_protobuf.write(&fixture->out, &event, MAX_FRAME), 0);
	assert_false(slice_equal(buf_slice(&fixture->out), buf_slice(&first)));
	buf_fini(&first);
}

static void what_another_front_has_kept_is_not_used(void **state)
{
	struct fixture *fixture = *state;
	struct event event = delivery_event(&fixture->encoded, &hop_to_b);
	struct buf fresh;

	buf_init(&fresh);
	assert_int_equal(front_protobuf.write(&fixture->out, &event, MAX_FRAME), 0);
	buf_clear(&fixture->out);
	fixture->encoded.owner = "another front";
	memset(fixture->encoded.data, 'z', fixture->encoded.size);
	assert_int_equal(front_protobuf.write(&fixture->out, &event, MAX_FRAME), 0);
	write_fresh(&fresh, event);
	assert_true(slice_equal(buf_slice(&fixture->out), buf_slice(&fresh)));
	assert_ptr_equal(fixture->encoded.owner, &front_protobuf);
	buf_fini(&fresh);
}

/* ------------------------------------------------------------------ presence */

static void kept_presence_is_used_for_the_same_largest_frame_alone(void **state)
{
	enum { ENTRIES = 60 };
	struct fixture *fixture = *state;
	struct presence_entry entries[ENTRIES];
	struct event event = {
		.kind = EVENT_PRESENCE,
		.encoded = &fixture->encoded,
		.presence = {entries, ENTRIES, 0, 0},
	};
	struct buf again;

	buf_init(&again);
	for (size_t i = 0; i < ENTRIES; i++) {
		entries[i] = (struct presence_entry){
			.drone_id = slice_str("a-drone"),
			.what = PRESENCE_WHAT_ONLINE,
		};
	}
	assert_int_equal(front_protobuf.write(&fixture->out, &event, FRAME_LEAST_BYTES), 0);
	entries[0].drone_id = slice_str("changed");
	assert_int_equal(front_protobuf.write(&again, &event, FRAME_LEAST_BYTES), 0);
	assert_true(slice_equal(buf_slice(&fixture->out), buf_slice(&again)));
	buf_clear(&again);
	assert_int_equal(front_protobuf.write(&again, &event, MAX_FRAME), 0);
	assert_true(buf_size(&again) < buf_size(&fixture->out)); /* one frame */
	buf_fini(&again);
}

/* ------------------------------------------------------------------- reports */

static void a_report_is_written_to_its_end(void **state)
{
	enum { OUTCOMES = 2500 };
	struct fixture *fixture = *state;
	struct target_outcome *outcomes = calloc(OUTCOMES, sizeof(*outcomes));
	const struct event event = {
		.kind = EVENT_SEND_REPORT,
		.ref = 8,
		.report = {outcomes, OUTCOMES, false},
	};
	struct slice rest;
	size_t count = 0;

	assert_non_null(outcomes);
	for (size_t i = 0; i < OUTCOMES; i++) {
		outcomes[i].drone_id = slice_str("drone");
	}
	assert_int_equal(front_protobuf.write(&fixture->out, &event, FRAME_LEAST_BYTES), 0);
	rest = buf_slice(&fixture->out);
	while (rest.size) {
		struct event back = {0};
		struct slice body = {0};
		const char *why;
		size_t used;

		assert_int_equal(frame_read(rest, FRAME_LEAST_BYTES, &body, &used, &why), FRAME_OK);
		rest = slice_of(rest.data + used, rest.size - used);
		arena_reset(&fixture->arena);
		assert_int_equal(drone_read_event(body, &fixture->arena, &back, &why), CODEC_OK);
		assert_int_equal(back.ref, 8);
		assert_int_equal(back.report.more, rest.size > 0);
		count += back.report.count;
	}
	assert_int_equal(count, OUTCOMES);
	free(outcomes);
}

static void an_empty_report_is_one_frame(void **state)
{
	struct fixture *fixture = *state;
	const struct event event = {.kind = EVENT_SEND_REPORT, .ref = 8};

	assert_int_equal(front_protobuf.write(&fixture->out, &event, FRAME_LEAST_BYTES), 0);
	assert_true(slice_equal(buf_slice(&fixture->out), BYTES("\x04\x08\x08\x1a\x00")));
}

static void nothing_is_appended_when_memory_is_out(void **state)
{
	enum { OUTCOMES = 100 };
	static struct target_outcome outcomes[OUTCOMES];
	const struct event events[] = {
		{.kind = EVENT_SEND_REPORT, .report = {outcomes, OUTCOMES, false}},
		{.kind = EVENT_DELIVERY, .delivery = {.payload = slice_str("a long payload")}},
		{.kind = EVENT_ERROR, .error.message = slice_str("a long message")},
	};
	uint8_t room[300];

	(void)state;
	for (size_t i = 0; i < OUTCOMES; i++) {
		outcomes[i].drone_id = slice_str("a-drone-with-a-long-name");
	}
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct buf out;

		buf_init_fixed(&out, room, i == 0 ? sizeof(room) : 10);
		assert_int_equal(buf_append(&out, "ab", 2), 0);
		assert_int_equal(front_protobuf.write(&out, &events[i], FRAME_LEAST_BYTES), -1);
		assert_true(slice_equal(buf_slice(&out), slice_str("ab")));
		buf_fini(&out);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fronts_are_found_by_name),
		TEST(every_protocol_has_its_front),
		TEST(requests_are_read_one_after_another),
		TEST(what_cannot_go_on_is_told),
		TEST(reading_twice_gives_the_same),
		TEST(a_kept_delivery_gives_each_receiver_its_own_hops),
		TEST(a_kept_delivery_is_not_encoded_again),
		TEST(what_another_front_has_kept_is_not_used),
		TEST(kept_presence_is_used_for_the_same_largest_frame_alone),
		TEST(a_report_is_written_to_its_end),
		TEST(an_empty_report_is_one_frame),
		TEST(nothing_is_appended_when_memory_is_out),
	};

	return cmocka_run_group_tests_name("front", tests, NULL, NULL);
}
