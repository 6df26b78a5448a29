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

	assert_int_equal(front_protobuf.read(bytes, 0, MAX_FRAME, NULL, &fixture->arena, &request,
					     &used, &why),
			 FRONT_OK);
	assert_int_equal(request.kind, REQUEST_LEAVE);
	assert_int_equal(request.ref, 5);
	at = used;
	assert_int_equal(front_protobuf.read(slice_of(bytes.data + at, bytes.size - at), 0,
					     MAX_FRAME, NULL, &fixture->arena, &request, &used,
					     &why),
			 FRONT_OK);
	assert_int_equal(request.kind, REQUEST_LIST_SCENARIOS);
	at += used;
	assert_int_equal(front_protobuf.read(slice_of(bytes.data + at, bytes.size - at), 0,
					     MAX_FRAME, NULL, &fixture->arena, &request, &used,
					     &why),
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

		if (front_protobuf.read(bad[i], 0, MAX_FRAME, NULL, &fixture->arena, &request,
					&used, &why) != FRONT_BAD ||
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
	assert_int_equal(front_protobuf.read(bytes, 0, MAX_FRAME, NULL, &fixture->arena, &first,
					     &used[0], &why),
			 FRONT_OK);
	assert_int_equal(front_protobuf.read(bytes, 0, MAX_FRAME, NULL, &fixture->arena, &second,
					     &used[1], &why),
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
	assert_int_equal(front_protobuf.write(out, &event, MAX_FRAME, NULL), 0);
}

static void a_kept_delivery_gives_each_receiver_its_own_hops(void **state)
{
	struct fixture *fixture = *state;
	struct event to_b = delivery_event(&fixture->encoded, &hop_to_b);
	struct event to_c = delivery_event(&fixture->encoded, &hop_to_c);
	const uint8_t *kept;
	struct buf fresh;

	buf_init(&fresh);
	assert_int_equal(front_protobuf.write(&fixture->out, &to_b, MAX_FRAME, NULL), 0);
	assert_ptr_equal(fixture->encoded.owner, &front_protobuf);
	assert_true(fixture->encoded.size > 0);
	kept = fixture->encoded.data;
	/* Another largest frame is no reason to encode anew: no frame is kept. */
	assert_int_equal(front_protobuf.write(&fixture->out, &to_c, 2 * MAX_FRAME, NULL), 0);
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
	assert_int_equal(front_protobuf.write(&first, &event, MAX_FRAME, NULL), 0);
	event.delivery.payload = slice_str("changed");
	assert_int_equal(front_protobuf.write(&fixture->out, &event, MAX_FRAME, NULL), 0);
	assert_true(slice_equal(buf_slice(&fixture->out), buf_slice(&first)));
	/* The next event begins empty, in the same memory. */
	fixture->encoded.size = 0;
	buf_clear(&fixture->out);
	assert_int_equal(front_protobuf.write(&fixture->out, &event, MAX_FRAME, NULL), 0);
	assert_false(slice_equal(buf_slice(&fixture->out), buf_slice(&first)));
	buf_fini(&first);
}

static void what_another_front_has_kept_is_not_used(void **state)
{
	struct fixture *fixture = *state;
	struct event event = delivery_event(&fixture->encoded, &hop_to_b);
	struct buf fresh;

	buf_init(&fresh);
	assert_int_equal(front_protobuf.write(&fixture->out, &event, MAX_FRAME, NULL), 0);
	buf_clear(&fixture->out);
	fixture->encoded.owner = "another front";
	memset(fixture->encoded.data, 'z', fixture->encoded.size);
	assert_int_equal(front_protobuf.write(&fixture->out, &event, MAX_FRAME, NULL), 0);
	write_fresh(&fresh, event);
	assert_true(slice_equal(buf_slice(&fixture->out), buf_slice(&fresh)));
	assert_ptr_equal(fixture->encoded.owner, &front_protobuf);
	buf_fini(&fresh);
}

/* ------------------------------------------------------------------ presence */

static void kept_presence_is_cut_for_each_largest_frame(void **state)
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
	assert_int_equal(front_protobuf.write(&fixture->out, &event, FRAME_LEAST_BYTES, NULL), 0);
	entries[0].drone_id = slice_str("changed");
	assert_int_equal(front_protobuf.write(&again, &event, FRAME_LEAST_BYTES, NULL), 0);
	assert_true(slice_equal(buf_slice(&fixture->out), buf_slice(&again)));
	buf_clear(&again);
	assert_int_equal(front_protobuf.write(&again, &event, MAX_FRAME, NULL), 0);
	assert_true(buf_size(&again) < buf_size(&fixture->out)); /* one frame */
	buf_fini(&again);
}

/* What is lent is what would be written, if that is one frame; else it is not lent. */
static bool lends_what_it_writes(struct fixture *fixture, const struct event *event,
				 uint32_t max_frame)
{
	struct lent lent;
	struct slice written, body;
	const char *why;
	size_t used;

	buf_clear(&fixture->out);
	assert_int_equal(front_protobuf.write(&fixture->out, event, max_frame, NULL), 0);
	written = buf_slice(&fixture->out);
	assert_int_equal(frame_read(written, max_frame, &body, &used, &why), FRAME_OK);
	if (!front_protobuf.lend(event, max_frame, &lent)) {
		assert_true(used < written.size);
		return false;
	}
	assert_true(lent.head_size <= LENT_HEAD_MAX);
	assert_int_equal(lent.head_size + lent.tail.size, written.size);
	assert_memory_equal(written.data, lent.head, lent.head_size);
	assert_memory_equal(written.data + lent.head_size, lent.tail.data, lent.tail.size);
	return true;
}

/* Frames of one byte of length, of two and of three; from each entry on, as readers have it that
 * came in the middle. */
static void presence_is_lent_as_it_is_written(void **state)
{
	enum { ENTRIES = 1024 };
	struct fixture *fixture = *state;
	static struct presence_entry entries[ENTRIES];
	size_t lent = 0, refused = 0;

	for (size_t i = 0; i < ENTRIES; i++) {
		entries[i] = (struct presence_entry){
			.drone_id = slice_of("a-drone-or-another", 1 + i % 18),
			.callsign = slice_of("its-callsign", i % 13),
			.what = PRESENCE_WHAT_OFFLINE,
			.reason = (enum goodbye_reason)(i % 3),
		};
	}
	for (size_t count = 1; count <= ENTRIES; count += count < 8 ? 1 : count / 4) {
		fixture->encoded.size = 0;
		for (size_t from = 0; from < count; from += from < 40 ? 1 : 17) {
			const struct event event = {
				.kind = EVENT_PRESENCE,
				.encoded = &fixture->encoded,
				.presence = {entries + from, count - from, 0, from},
			};
			static const uint32_t largest[] = {FRAME_LEAST_BYTES, MAX_FRAME, 65536};

			for (size_t i = 0; i < 3; i++) {
				if (lends_what_it_writes(fixture, &event, largest[i])) {
					lent++;
				} else {
					refused++;
				}
			}
		}
	}
	assert_true(lent > 100 && refused > 100);
}

/* To the byte. */
static void presence_is_lent_up_to_the_largest_frame(void **state)
{
	struct fixture *fixture = *state;
	struct presence_entry entries[60];
	const struct event event = {
		.kind = EVENT_PRESENCE,
		.encoded = &fixture->encoded,
		.presence = {entries, 60, 0, 0},
	};
	struct lent lent;
	uint32_t size;

	for (size_t i = 0; i < 60; i++) {
		entries[i] = (struct presence_entry){.drone_id = slice_str("a-drone-of-ours")};
	}
	assert_true(front_protobuf.lend(&event, MAX_FRAME, &lent));
	size = (uint32_t)(lent.head_size + lent.tail.size - 2); /* its length takes two bytes */
	assert_true(size > FRAME_LEAST_BYTES);
	assert_true(lends_what_it_writes(fixture, &event, size));
	assert_false(lends_what_it_writes(fixture, &event, size - 1));
}

/* Lent first, written first: the entries are encoded once, by either. */
static void presence_is_encoded_once(void **state)
{
	struct fixture *fixture = *state;
	struct presence_entry entries[2] = {{.drone_id = slice_str("a-drone")},
					    {.drone_id = slice_str("another")}};
	struct event event = {
		.kind = EVENT_PRESENCE,
		.encoded = &fixture->encoded,
		.presence = {entries + 1, 1, 0, 1},
	};
	struct buf first;
	struct lent lent;

	buf_init(&first);
	fixture->encoded.owner = "another front";
	fixture->encoded.size = 1; /* of no use to us */
	assert_true(front_protobuf.lend(&event, MAX_FRAME, &lent));
	assert_ptr_equal(fixture->encoded.owner, &front_protobuf);
	assert_int_equal(front_protobuf.write(&first, &event, MAX_FRAME, NULL), 0);
	entries[1].drone_id = slice_str("changed");
	assert_true(lends_what_it_writes(fixture, &event, MAX_FRAME));
	assert_true(slice_equal(buf_slice(&fixture->out), buf_slice(&first)));
	fixture->encoded.size = 0;
	assert_true(lends_what_it_writes(fixture, &event, MAX_FRAME));
	assert_false(slice_equal(buf_slice(&fixture->out), buf_slice(&first)));
	buf_fini(&first);
}

static void what_is_for_one_is_not_lent(void **state)
{
	struct fixture *fixture = *state;
	const struct presence_entry entry = {.drone_id = slice_str("a-drone")};
	const struct event presence = {
		.kind = EVENT_PRESENCE,
		.encoded = &fixture->encoded,
		.presence = {&entry, 1, 0, 0},
	};
	struct event event = presence;
	struct lent lent;

	assert_true(front_protobuf.lend(&event, MAX_FRAME, &lent));
	event.encoded = NULL;
	assert_false(front_protobuf.lend(&event, MAX_FRAME, &lent));
	event = presence;
	event.ref = 7;
	assert_false(front_protobuf.lend(&event, MAX_FRAME, &lent));
	event = presence;
	event.presence.missed = 7;
	assert_false(front_protobuf.lend(&event, MAX_FRAME, &lent));
	fixture->encoded.size = 0;
	event = delivery_event(&fixture->encoded, &hop_to_b);
	assert_false(front_protobuf.lend(&event, MAX_FRAME, &lent));
	/* and is written as what it is */
	assert_int_equal(front_protobuf.write(&fixture->out, &event, MAX_FRAME, NULL), 0);
	assert_false(front_protobuf.lend(&event, MAX_FRAME, &lent));
}

/* What is missed or asked for is told all the same, beside entries that are kept. */
static void presence_with_something_missed_is_written(void **state)
{
	struct fixture *fixture = *state;
	const struct presence_entry entries[] = {{.drone_id = slice_str("a-drone")},
						 {.drone_id = slice_str("another")}};
	const struct event event = {
		.kind = EVENT_PRESENCE,
		.encoded = &fixture->encoded,
		.presence = {entries + 1, 1, 9, 1},
	};
	struct event back;
	struct slice body;
	const char *why;
	size_t used;

	assert_int_equal(front_protobuf.write(&fixture->out, &event, MAX_FRAME, NULL), 0);
	assert_int_equal(frame_read(buf_slice(&fixture->out), MAX_FRAME, &body, &used, &why),
			 FRAME_OK);
	assert_int_equal(drone_read_event(body, &fixture->arena, &back, &why), CODEC_OK);
	assert_int_equal(back.presence.missed, 9);
	assert_int_equal(back.presence.count, 1);
	assert_true(slice_equal(back.presence.entries[0].drone_id, slice_str("another")));
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
		.report = {outcomes, OUTCOMES, false, false, 0},
	};
	struct slice rest;
	size_t count = 0;

	assert_non_null(outcomes);
	for (size_t i = 0; i < OUTCOMES; i++) {
		outcomes[i].drone_id = slice_str("drone");
	}
	assert_int_equal(front_protobuf.write(&fixture->out, &event, FRAME_LEAST_BYTES, NULL), 0);
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

	assert_int_equal(front_protobuf.write(&fixture->out, &event, FRAME_LEAST_BYTES, NULL), 0);
	assert_true(slice_equal(buf_slice(&fixture->out), BYTES("\x04\x08\x08\x1a\x00")));
}

static void nothing_is_appended_when_memory_is_out(void **state)
{
	enum { OUTCOMES = 100 };
	static struct target_outcome outcomes[OUTCOMES];
	const struct event events[] = {
		{.kind = EVENT_SEND_REPORT, .report = {outcomes, OUTCOMES, false, false, 0}},
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
		assert_int_equal(front_protobuf.write(&out, &events[i], FRAME_LEAST_BYTES, NULL),
				 -1);
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
		TEST(kept_presence_is_cut_for_each_largest_frame),
		TEST(presence_is_lent_as_it_is_written),
		TEST(presence_is_lent_up_to_the_largest_frame),
		TEST(presence_is_encoded_once),
		TEST(what_is_for_one_is_not_lent),
		TEST(presence_with_something_missed_is_written),
		TEST(a_report_is_written_to_its_end),
		TEST(an_empty_report_is_one_frame),
		TEST(nothing_is_appended_when_memory_is_out),
	};

	return cmocka_run_group_tests_name("front", tests, NULL, NULL);
}
