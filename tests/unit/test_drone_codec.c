/* drone.proto through its codecs: what one side writes the other reads, what is not
 * allowed is refused, and lists and texts are cut to what the reader can take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drone.pb-c.h"
#include "lib/fixture.h"
#include "wire/drone_codec.h"
#include "wire/frame.h"

#include <stdlib.h>

/* The next frame in `out`; false when there is none. */
static bool next_frame(struct fixture *fixture, uint32_t max_frame, struct slice *body)
{
	struct slice all = buf_slice(&fixture->out);
	const char *why = "";
	size_t used;

	if (fixture->at == all.size) {
		return false;
	}
	if (frame_read(slice_of(all.data + fixture->at, all.size - fixture->at), max_frame, body,
		       &used, &why) != FRAME_OK) {
		fail_msg("not a frame: %s", why);
	}
	fixture->at += used;
	return true;
}

/* ---------------------------------------------------------------- requests */

static struct request through(struct fixture *fixture, const struct request *request)
{
	struct request back = {0};
	const char *why = "";
	struct slice body = {0};

	assert_int_equal(drone_write_request(&fixture->out, request), 0);
	assert_true(next_frame(fixture, 4096, &body));
	if (drone_read_request(body, &fixture->arena, &back, &why) != CODEC_OK) {
		fail_msg("request %d: %s", request->kind, why);
	}
	assert_int_equal(back.kind, request->kind);
	assert_int_equal(back.ref, request->ref);
	return back;
}

static void registration_comes_through(void **state)
{
	const struct request request = {
		.kind = REQUEST_REGISTRATION,
		.ref = UINT32_MAX,
		.registration = {.protocol = 1,
				 .drone_id = slice_str("uav-1"),
				 .callsign = slice_str("Falke \xc3\xa4"),
				 .software = slice_str("test 1"),
				 .scenario = slice_str("field"),
				 .kind = DRONE_KIND_GROUND_STATION,
				 .presence = PRESENCE_WISH_NONE,
				 .max_frame_bytes = 2048},
	};
	struct request_registration back = through(*state, &request).registration;

	assert_int_equal(back.protocol, 1);
	assert_true(slice_equal(back.drone_id, request.registration.drone_id));
	assert_true(slice_equal(back.callsign, request.registration.callsign));
	assert_true(slice_equal(back.software, request.registration.software));
	assert_true(slice_equal(back.scenario, request.registration.scenario));
	assert_int_equal(back.kind, DRONE_KIND_GROUND_STATION);
	assert_int_equal(back.presence, PRESENCE_WISH_NONE);
	assert_int_equal(back.max_frame_bytes, 2048);
}

static void requests_with_a_name_come_through(void **state)
{
	static const enum request_kind kinds[] = {REQUEST_CHOOSE_SCENARIO, REQUEST_LIST_DRONES,
						  REQUEST_RENAME, REQUEST_JOIN_GROUP,
						  REQUEST_LEAVE_GROUP};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct request request = {.kind = kinds[i], .ref = 3, .name = slice_str("name")};

		assert_true(slice_equal(through(*state, &request).name, slice_str("name")));
		request.name = slice_of(NULL, 0);
		assert_int_equal(through(*state, &request).name.size, 0);
	}
}

static void requests_without_fields_come_through(void **state)
{
	through(*state, &(struct request){.kind = REQUEST_LIST_SCENARIOS, .ref = 1});
	through(*state, &(struct request){.kind = REQUEST_LEAVE});
}

static void other_requests_come_through(void **state)
{
	struct request request = {.kind = REQUEST_AUTHENTICATE, .proof = BYTES("\0\xff proof")};

	assert_true(slice_equal(through(*state, &request).proof, request.proof));
	request = (struct request){.kind = REQUEST_PING, .ping = {UINT64_MAX, 5}};
	assert_true(through(*state, &request).ping.nonce == UINT64_MAX);
	request = (struct request){.kind = REQUEST_PONG, .ping = {7, 5}};
	assert_true(through(*state, &request).ping.nonce == 7);
	request = (struct request){
		.kind = REQUEST_SEND,
		.ref = 9,
		.send = {SEND_TO_GROUP, slice_str("g"), BYTES("\0pay"), slice_str("t"),
			 REPORT_WISH_FAILURES},
	};
	assert_true(slice_equal(through(*state, &request).send.payload, request.send.payload));
}

static void state_comes_through_whole_and_in_parts(void **state)
{
	struct request request = {.kind = REQUEST_UPDATE_STATE};
	struct state back = through(*state, &request).state;

	assert_int_equal(back.position.frame, POSITION_UNKNOWN);
	assert_true(!back.has_velocity && !back.has_attitude && !back.has_radio);
	request.state = (struct state){
		.position = {POSITION_GEODETIC, {.geodetic = {-523456789, INT32_MIN, -1}}},
		.has_velocity = true,
		.has_radio = true,
		.velocity = {1.5f, -2.5f, 0},
		.radio = {20, 2.15f, 6},
		.at_us = UINT64_MAX,
	};
	back = through(*state, &request).state;
	assert_memory_equal(&back.position, &request.state.position, sizeof(back.position));
	assert_true(back.has_velocity && !back.has_attitude && back.has_radio);
	assert_memory_equal(&back.velocity, &request.state.velocity, sizeof(back.velocity));
	assert_memory_equal(&back.radio, &request.state.radio, sizeof(back.radio));
	assert_true(back.at_us == UINT64_MAX);
	request.state = (struct state){
		.position = {POSITION_LOCAL, {.local = {1, 2, 3}}},
		.has_attitude = true,
		.attitude = {1, 2, 3},
	};
	back = through(*state, &request).state;
	assert_memory_equal(&back.position, &request.state.position, sizeof(back.position));
	assert_memory_equal(&back.attitude, &request.state.attitude, sizeof(back.attitude));
}

static void a_drone_writes_no_name_cut_short(void **state)
{
	struct fixture *fixture = *state;
	char text[DESCRIPTION_MAX_BYTES + 2];
	struct request request = {.kind = REQUEST_RENAME};

	memset(text, 'x', sizeof(text));
	request.name = slice_of(text, DESCRIPTION_MAX_BYTES);
	assert_int_equal(through(fixture, &request).name.size, DESCRIPTION_MAX_BYTES);
	request.name = slice_of(text, DESCRIPTION_MAX_BYTES + 1);
	assert_int_equal(drone_write_request(&fixture->out, &request), -1);
	request.name = BYTES("a\0b");
	assert_int_equal(drone_write_request(&fixture->out, &request), -1);
	request.kind = REQUEST_REFUSED;
	assert_int_equal(drone_write_request(&fixture->out, &request), -1);
	request.kind = REQUEST_COUNT;
	assert_int_equal(drone_write_request(&fixture->out, &request), -1);
}

/* ------------------------------------------------- what is not a good request */

static void requests_are_refused_or_bad_as_documented(void **state)
{
	struct fixture *fixture = *state;
	const struct {
		const char *what;
		struct slice frame;
		enum codec_status status;
		enum error_code code; /* of the refusal; UNSPECIFIED: not refused */
	} cases[] = {
		{"ref alone", BYTES("\x08\x05"), CODEC_OK, ERROR_UNKNOWN_REQUEST},
		{"unknown body", BYTES("\x08\x05\x7a\x00"), CODEC_OK, ERROR_UNKNOWN_REQUEST},
		{"unknown number", BYTES("\x08\x05\x78\x00"), CODEC_OK, ERROR_UNKNOWN_REQUEST},
		{"known beside unknown", BYTES("\x7a\x00\x08\x05\x72\x00"), CODEC_OK, 0},
		{"ref behind the body", BYTES("\x72\x00\x08\x05"), CODEC_OK, 0},
		{"last ref counts", BYTES("\x08\x01\x72\x00\x08\x05"), CODEC_OK, 0},
		{"two bodies", BYTES("\x08\x05\x72\x00\x22\x00"), CODEC_BAD, 0},
		{"same body twice", BYTES("\x08\x05\x72\x00\x72\x00"), CODEC_BAD, 0},
		{"ref as bytes", BYTES("\x0a\x00\x72\x00"), CODEC_BAD, 0},
		{"body as a number", BYTES("\x70\x00"), CODEC_BAD, 0},
		{"hot body as a number", BYTES("\x10\x00"), CODEC_BAD, 0},
		{"cut short", BYTES("\x08\x05\x72\x01"), CODEC_BAD, 0},
		{"group", BYTES("\x08\x05\x7b\x7c"), CODEC_BAD, 0},
		{"unknown kind of drone", BYTES("\x08\x05\x32\x02\x20\x02"), CODEC_OK,
		 ERROR_BAD_REQUEST},
		{"unknown presence wish", BYTES("\x08\x05\x32\x02\x38\x03"), CODEC_OK,
		 ERROR_BAD_REQUEST},
		{"unknown report wish", BYTES("\x08\x05\x12\x02\x30\x03"), CODEC_OK,
		 ERROR_BAD_REQUEST},
		{"name not UTF-8", BYTES("\x08\x05\x52\x03\x0a\x01\xff"), CODEC_OK,
		 ERROR_BAD_REQUEST},
		{"name with NUL",
		 BYTES("\x08\x05\x52\x05\x0a\x03"
		       "a\0b"),
		 CODEC_OK, ERROR_BAD_REQUEST},
		{"target with NUL",
		 BYTES("\x08\x05\x12\x05\x0a\x03"
		       "a\0b"),
		 CODEC_OK, ERROR_BAD_REQUEST},
		{"velocity not a number", BYTES("\x08\x05\x1a\x07\x12\x05\x0d\x00\x00\xc0\x7f"),
		 CODEC_OK, ERROR_BAD_REQUEST},
		{"position infinite", BYTES("\x08\x05\x1a\x09\x0a\x07\x12\x05\x0d\x00\x00\x80\xff"),
		 CODEC_OK, ERROR_BAD_REQUEST},
		{"two velocities", BYTES("\x08\x05\x1a\x04\x12\x00\x12\x00"), CODEC_BAD, 0},
		{"velocity as a number", BYTES("\x08\x05\x1a\x02\x10\x00"), CODEC_BAD, 0},
		{"name as a number", BYTES("\x08\x05\x52\x02\x08\x01"), CODEC_BAD, 0},
		{"malformed inside", BYTES("\x08\x05\x1a\x03\x12\x01\x0d"), CODEC_BAD, 0},
		{"malformed after what is refused", BYTES("\x08\x05\x32\x03\x20\x02\x08"),
		 CODEC_BAD, 0},
		{"malformed send", BYTES("\x08\x05\x12\x01\x0a"), CODEC_BAD, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct request request = {0};
		const char *why = NULL;
		enum codec_status status =
			drone_read_request(cases[i].frame, &fixture->arena, &request, &why);
		bool refused = status == CODEC_OK && request.kind == REQUEST_REFUSED;

		if (status != cases[i].status || refused != (cases[i].code != 0) ||
		    (refused &&
		     (request.refused.code != cases[i].code || !request.refused.message))) {
			fail_msg("%s: status %d, kind %d", cases[i].what, status, request.kind);
		}
		if (status == CODEC_OK && request.ref != 5) {
			fail_msg("%s: ref lost", cases[i].what);
		}
		if (status == CODEC_BAD && !why) {
			fail_msg("%s: no word on what is wrong", cases[i].what);
		}
	}
}

/* 64 KiB of the smallest fields there are: each would become an allocation. */
static void a_decoder_bomb_stops_at_the_cap(void **state)
{
	enum { BOMB = 64 * 1024 };
	struct fixture *fixture = *state;
	uint8_t *frame = malloc(BOMB), *at = frame;
	const char *why = NULL;
	struct request request;

	assert_non_null(frame);
	at = wire_put_tag(at, UAV__RELAY__V1__TO_GATEWAY__BODY_REGISTRATION, WIRE_BYTES);
	at = wire_put_varint(at, BOMB - 4);
	while (at + 2 <= frame + BOMB) {
		*at++ = 15 << 3; /* an unknown field, which protobuf-c keeps */
		*at++ = 0;
	}
	assert_int_equal(drone_read_request(slice_of(frame, BOMB), &fixture->arena, &request, &why),
			 CODEC_BAD);
	assert_string_equal(why, "message too complex");
	assert_true(fixture->arena.used <= fixture->arena.cap);
	free(frame);
}

/* The same towards a drone: empty entries of a list. */
static void lists_are_bounded_in_entries(void **state)
{
	struct fixture *fixture = *state;
	uint8_t frame[3 + 2 * (EVENT_MAX_ENTRIES + 1)];

	for (size_t entries = EVENT_MAX_ENTRIES; entries <= EVENT_MAX_ENTRIES + 1; entries++) {
		const bool allowed = entries == EVENT_MAX_ENTRIES;
		uint8_t *at = wire_put_tag(frame, UAV__RELAY__V1__FROM_GATEWAY__BODY_PRESENCE,
					   WIRE_BYTES);
		const char *why = NULL;
		struct event event = {0};

		at = wire_put_varint(at, 2 * entries);
		for (size_t i = 0; i < entries; i++) {
			at = wire_put_bytes(at, 1, slice_of(NULL, 0));
		}
		arena_reset(&fixture->arena);
		assert_int_equal(drone_read_event(slice_of(frame, (size_t)(at - frame)),
						  &fixture->arena, &event, &why),
				 allowed ? CODEC_OK : CODEC_BAD);
		if (!allowed) {
			assert_string_equal(why, "a list that is longer than allowed");
		}
	}
}

/* ------------------------------------------------------------------ events */

static struct event event_through(struct fixture *fixture, const struct event *event,
				  uint32_t max_frame)
{
	struct event back = {0};
	const char *why = "";
	struct slice body = {0};

	assert_int_equal(drone_write_event(&fixture->out, event, max_frame), 0);
	assert_true(next_frame(fixture, max_frame, &body));
	if (drone_read_event(body, &fixture->arena, &back, &why) != CODEC_OK) {
		fail_msg("event %d: %s", event->kind, why);
	}
	assert_int_equal(back.kind, event->kind);
	assert_int_equal(back.ref, event->ref);
	return back;
}

static void welcome_comes_through(void **state)
{
	const struct event event = {
		.kind = EVENT_WELCOME,
		.ref = 4,
		.welcome = {UINT64_MAX, 17, slice_str("uav-1"), slice_str("Falke"), 1, 2, 3, 4, 5,
			    6},
	};
	struct event_welcome back = event_through(*state, &event, 4096).welcome;

	assert_true(back.session == UINT64_MAX && back.time_us == 17);
	assert_true(slice_equal(back.drone_id, event.welcome.drone_id));
	assert_true(slice_equal(back.callsign, event.welcome.callsign));
	assert_int_equal(back.idle_timeout_ms, 1);
	assert_int_equal(back.ping_interval_ms, 2);
	assert_int_equal(back.max_frame_bytes, 3);
	assert_int_equal(back.max_payload_bytes, 4);
	assert_int_equal(back.online, 5);
	assert_int_equal(back.protocol, 6);
}

static void small_events_come_through(void **state)
{
	struct event event = {.kind = EVENT_CHALLENGE, .nonce = BYTES("\0nonce")};

	assert_true(
		slice_equal(event_through(*state, &event, FRAME_LEAST_BYTES).nonce, event.nonce));
	event = (struct event){.kind = EVENT_DONE, .ref = 6};
	event_through(*state, &event, FRAME_LEAST_BYTES);
	event = (struct event){.kind = EVENT_PING, .ping = {3, 4}};
	assert_true(event_through(*state, &event, FRAME_LEAST_BYTES).ping.time_us == 4);
	event = (struct event){.kind = EVENT_PONG, .ref = 6, .ping = {3, 4}};
	assert_true(event_through(*state, &event, FRAME_LEAST_BYTES).ping.nonce == 3);
	event = (struct event){.kind = EVENT_SCENARIO_CHOSEN};
	assert_null(event_through(*state, &event, FRAME_LEAST_BYTES).chosen);
}

static void expect_traffic(const struct drone_entry *is, const struct drone_entry *was)
{
	assert_int_equal(is->has_traffic, was->has_traffic);
	assert_int_equal(is->stay, was->stay);
	assert_true(is->traffic.sent == was->traffic.sent);
	assert_true(is->traffic.targets == was->traffic.targets);
	assert_true(is->traffic.delivered == was->traffic.delivered);
	assert_true(is->traffic.received == was->traffic.received);
	assert_int_equal(is->traffic.heard, was->traffic.heard);
	assert_memory_equal(&is->traffic.snr_db, &was->traffic.snr_db, sizeof(float));
}

/* What is unknown stays unknown, and is not 0. */
static void traffic_comes_through(void **state)
{
	const struct drone_entry entries[] = {
		{.has_traffic = true,
		 .stay = 7,
		 .traffic = {UINT64_MAX, 1ull << 40, 12, 5, true, -3.25f}},
		{.has_traffic = true,
		 .stay = UINT32_MAX,
		 .traffic = {.received = 1, .heard = true}},
		{.has_traffic = true, .stay = 1},
		{.has_traffic = true},
		{.drone_id = slice_str("nowhere")},
	};
	enum { ENTRIES = sizeof(entries) / sizeof(entries[0]) };
	struct event event = {.kind = EVENT_DRONES, .drones = {entries, ENTRIES, false}};

	event = event_through(*state, &event, FRAME_LEAST_BYTES);
	assert_int_equal(event.drones.count, ENTRIES);
	for (size_t i = 0; i < ENTRIES; i++) {
		expect_traffic(&event.drones.entries[i], &entries[i]);
	}
}

static void every_error_and_goodbye_comes_through(void **state)
{
	for (int code = 0; code < ERROR_COUNT; code++) {
		const struct event event = {
			.kind = EVENT_ERROR,
			.error = {(enum error_code)code, slice_str("words")},
		};
		struct event_error back = event_through(*state, &event, FRAME_LEAST_BYTES).error;

		assert_int_equal(back.code, code);
		assert_true(slice_equal(back.message, slice_str("words")));
	}
	for (int reason = 0; reason < GOODBYE_COUNT; reason++) {
		const struct event event = {
			.kind = EVENT_GOODBYE,
			.goodbye = {(enum goodbye_reason)reason, slice_str("words"), 99},
		};
		struct event_goodbye back =
			event_through(*state, &event, FRAME_LEAST_BYTES).goodbye;

		assert_int_equal(back.reason, reason);
		assert_int_equal(back.retry_after_ms, 99);
	}
}

static void hot_events_are_not_written_here(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(
		drone_write_event(&fixture->out, &(struct event){.kind = EVENT_DELIVERY}, 4096),
		-1);
	assert_int_equal(
		drone_write_event(&fixture->out, &(struct event){.kind = EVENT_SEND_REPORT}, 4096),
		-1);
	assert_int_equal(
		drone_write_event(&fixture->out, &(struct event){.kind = EVENT_COUNT}, 4096), -1);
	assert_int_equal(buf_size(&fixture->out), 0);
}

/* --------------------------------------------------------- lists and long texts */

static const char long_text[] =
	"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
	"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
	"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac";

static void texts_are_cut_between_code_points(void **state)
{
	struct event event = {.kind = EVENT_ERROR, .error.message = slice_str(long_text)};
	struct slice back;

	back = event_through(*state, &event, 4096).error.message;
	assert_int_equal(back.size, DESCRIPTION_MAX_BYTES);
	event = (struct event){.kind = EVENT_WELCOME, .welcome.drone_id = slice_str(long_text)};
	back = event_through(*state, &event, 4096).welcome.drone_id;
	assert_int_equal(back.size, 30); /* ten characters of three bytes in 32 */
}

/* As long as any text is written: without characters that a cut would leave out. */
static struct slice longest(void)
{
	static char text[DESCRIPTION_MAX_BYTES + 10];

	memset(text, 'x', sizeof(text));
	return slice_of(text, sizeof(text));
}

static struct scenario_entry largest_scenario(void)
{
	return (struct scenario_entry){
		.name = longest(),
		.description = longest(),
		.hub = longest(),
		.message = longest(),
		.topology = TOPOLOGY_STAR,
		.drones = UINT32_MAX,
		.max_drones = UINT32_MAX,
		.available = true,
	};
}

static struct drone_entry largest_drone(void)
{
	return (struct drone_entry){
		.drone_id = longest(),
		.callsign = longest(),
		.scenario = longest(),
		.kind = DRONE_KIND_GROUND_STATION,
		.online_ms = UINT64_MAX,
		.idle_ms = UINT64_MAX,
		.position = {POSITION_GEODETIC, {.geodetic = {INT32_MIN, INT32_MIN, INT32_MIN}}},
		.has_traffic = true,
		.stay = UINT32_MAX,
		.traffic = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, true, -1.5f},
	};
}

static struct presence_entry largest_presence(void)
{
	return (struct presence_entry){
		.drone_id = longest(),
		.callsign = longest(),
		.scenario = longest(),
		.what = PRESENCE_WHAT_HUB_DOWN,
		.reason = GOODBYE_CONNECTION_LOST,
	};
}

/* How many entries an event has. */
static size_t entries_of(const struct event *event)
{
	switch (event->kind) {
	case EVENT_SCENARIOS:
		return event->scenarios.count;
	case EVENT_DRONES:
		return event->drones.count;
	default:
		return event->presence.count;
	}
}

static bool more_of(const struct event *event)
{
	return event->kind == EVENT_SCENARIOS ? event->scenarios.more : event->drones.more;
}

/* Writes the list, takes its frames, and counts its entries. `more` must stand on all
 * frames but the last; there it is `last`. */
static size_t count_through(struct fixture *fixture, const struct event *event, uint32_t max_frame,
			    bool last, size_t *frames)
{
	size_t count = 0;
	struct slice body = {0};

	buf_clear(&fixture->out);
	fixture->at = 0;
	*frames = 0;
	assert_int_equal(drone_write_event(&fixture->out, event, max_frame), 0);
	while (next_frame(fixture, max_frame, &body)) {
		struct event back = {0};
		const char *why = "";

		arena_reset(&fixture->arena);
		if (drone_read_event(body, &fixture->arena, &back, &why) != CODEC_OK) {
			fail_msg("event %d: %s", event->kind, why);
		}
		assert_int_equal(back.kind, event->kind);
		assert_int_equal(back.ref, event->ref);
		count += entries_of(&back);
		++*frames;
		if (event->kind != EVENT_PRESENCE) {
			bool end = fixture->at == buf_size(&fixture->out);

			assert_int_equal(more_of(&back), end ? last : true);
		}
	}
	return count;
}

/* The largest entries that there can be, in every small frame: none may be larger than
 * the reader takes, none may get lost. */
static void largest_entries_fit_the_smallest_frames(void **state)
{
	enum { ENTRIES = 5 };
	struct scenario_entry scenarios[ENTRIES];
	struct drone_entry drones[ENTRIES];
	struct presence_entry presence[ENTRIES];
	struct event events[] = {
		{.kind = EVENT_SCENARIOS,
		 .ref = UINT32_MAX,
		 .scenarios = {scenarios, ENTRIES, true}},
		{.kind = EVENT_DRONES, .ref = UINT32_MAX, .drones = {drones, ENTRIES, false}},
		{.kind = EVENT_PRESENCE,
		 .ref = UINT32_MAX,
		 .presence = {presence, ENTRIES, UINT32_MAX, 0}},
		{.kind = EVENT_SCENARIO_CHOSEN, .ref = UINT32_MAX, .chosen = scenarios},
		{.kind = EVENT_GOODBYE,
		 .ref = UINT32_MAX,
		 .goodbye = {GOODBYE_KICKED, longest(), UINT32_MAX}},
		{.kind = EVENT_WELCOME,
		 .ref = UINT32_MAX,
		 .welcome = {UINT64_MAX, UINT64_MAX, longest(), longest(), UINT32_MAX, UINT32_MAX,
			     UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}},
	};
	size_t frames;

	for (size_t i = 0; i < ENTRIES; i++) {
		scenarios[i] = largest_scenario();
		drones[i] = largest_drone();
		presence[i] = largest_presence();
	}
	for (uint32_t max_frame = FRAME_LEAST_BYTES; max_frame < 1200; max_frame++) {
		assert_int_equal(count_through(*state, &events[0], max_frame, true, &frames),
				 ENTRIES);
		assert_int_equal(count_through(*state, &events[1], max_frame, false, &frames),
				 ENTRIES);
		assert_int_equal(count_through(*state, &events[2], max_frame, false, &frames),
				 ENTRIES);
		for (size_t i = 3; i < sizeof(events) / sizeof(events[0]); i++) {
			event_through(*state, &events[i], max_frame);
		}
		arena_reset(&((struct fixture *)*state)->arena);
	}
}

static void long_lists_become_several_frames(void **state)
{
	enum { ENTRIES = 3000 };
	struct drone_entry *drones = calloc(ENTRIES, sizeof(*drones));
	struct event event = {.kind = EVENT_DRONES, .ref = 8, .drones = {drones, ENTRIES, false}};
	size_t frames;

	assert_non_null(drones);
	for (size_t i = 0; i < ENTRIES; i++) {
		drones[i].drone_id = slice_str("uav");
	}
	assert_int_equal(count_through(*state, &event, 65536, false, &frames), ENTRIES);
	assert_int_equal(frames, 3); /* EVENT_MAX_ENTRIES each */
	assert_int_equal(count_through(*state, &event, 1000, false, &frames), ENTRIES);
	assert_true(frames > ENTRIES * 7 / 1000);
	event.drones.more = true;
	assert_int_equal(count_through(*state, &event, 1000, true, &frames), ENTRIES);
	event.drones.count = 0;
	event.drones.more = false;
	assert_int_equal(count_through(*state, &event, 1000, false, &frames), 0);
	assert_int_equal(frames, 1);
	free(drones);
}

static void missed_stands_on_the_last_frame_of_presence(void **state)
{
	enum { ENTRIES = 100 };
	struct fixture *fixture = *state;
	struct presence_entry entries[ENTRIES];
	const struct event event = {.kind = EVENT_PRESENCE, .presence = {entries, ENTRIES, 7, 0}};
	struct slice body = {0};

	for (size_t i = 0; i < ENTRIES; i++) {
		entries[i] = largest_presence();
	}
	assert_int_equal(drone_write_event(&fixture->out, &event, 1024), 0);
	while (next_frame(fixture, 1024, &body)) {
		struct event back = {0};
		const char *why;
		bool last = fixture->at == buf_size(&fixture->out);

		assert_int_equal(drone_read_event(body, &fixture->arena, &back, &why), CODEC_OK);
		assert_int_equal(back.presence.missed, last ? 7 : 0);
		assert_int_equal(back.presence.entries[0].what, PRESENCE_WHAT_HUB_DOWN);
		assert_int_equal(back.presence.entries[0].reason, GOODBYE_CONNECTION_LOST);
	}
}

static void a_list_that_does_not_fit_memory_leaves_nothing(void **state)
{
	static uint8_t room[600];
	struct drone_entry drones[30] = {0};
	const struct event event = {.kind = EVENT_DRONES, .drones = {drones, 30, false}};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < 30; i++) {
		drones[i] = largest_drone();
	}
	buf_init_fixed(&out, room, sizeof(room));
	assert_int_equal(buf_append(&out, "ab", 2), 0);
	assert_int_equal(drone_write_event(&out, &event, FRAME_LEAST_BYTES), -1);
	assert_true(slice_equal(buf_slice(&out), slice_str("ab")));
	buf_fini(&out);
}

/* ------------------------------------------------ what is not a good event */

static void events_are_ignorable_or_bad_as_documented(void **state)
{
	struct fixture *fixture = *state;
	const struct {
		const char *what;
		struct slice frame;
		enum codec_status status;
		enum event_kind kind;
	} cases[] = {
		{"no body", BYTES("\x08\x05"), CODEC_OK, EVENT_COUNT},
		{"unknown body", BYTES("\x08\x05\x7a\x00"), CODEC_OK, EVENT_COUNT},
		{"done", BYTES("\x08\x05\x3a\x00"), CODEC_OK, EVENT_DONE},
		{"two bodies", BYTES("\x3a\x00\x22\x00"), CODEC_BAD, 0},
		{"text not UTF-8 behind an unknown error", BYTES("\x42\x05\x08\x16\x12\x01\xff"),
		 CODEC_BAD, 0},
		{"drones with an SNR that is not finite",
		 BYTES("\x62\x0b\x0a\x09\x42\x07\x32\x05\x0d\x00\x00\xc0\x7f"), CODEC_BAD, 0},
		{"drones with an SNR",
		 BYTES("\x62\x0b\x0a\x09\x42\x07\x32\x05\x0d\x00\x00\xc0\x3f"), CODEC_OK,
		 EVENT_DRONES},
		{"drones with traffic twice", BYTES("\x62\x06\x0a\x04\x42\x00\x42\x00"), CODEC_BAD,
		 0},
		{"delivery with nine hops",
		 BYTES("\x12\x12\x7a\0\x7a\0\x7a\0\x7a\0\x7a\0\x7a\0\x7a\0\x7a\0\x7a\0"), CODEC_BAD,
		 0},
		{"delivery with eight hops",
		 BYTES("\x12\x10\x7a\0\x7a\0\x7a\0\x7a\0\x7a\0\x7a\0\x7a\0\x7a\0"), CODEC_OK,
		 EVENT_DELIVERY},
		{"malformed report", BYTES("\x1a\x02\x0a\x01"), CODEC_BAD, 0},
		{"report", BYTES("\x1a\x06\x0a\x02\x10\x01\x0a\x00"), CODEC_OK, EVENT_SEND_REPORT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event event = {0};
		const char *why = NULL;
		enum codec_status status =
			drone_read_event(cases[i].frame, &fixture->arena, &event, &why);

		if (status != cases[i].status ||
		    (status == CODEC_OK && event.kind != cases[i].kind) ||
		    (status == CODEC_BAD && !why)) {
			fail_msg("%s: status %d, kind %d", cases[i].what, status, event.kind);
		}
	}
}

static struct event read_whole(struct fixture *fixture, struct slice frame, const char *what)
{
	struct event event = {0};
	const char *why = "";

	if (drone_read_event(frame, &fixture->arena, &event, &why) != CODEC_OK) {
		fail_msg("%s: %s", what, why);
	}
	return event;
}

#define READ(literal) read_whole(fixture, BYTES(literal), literal)
/* 300 and -1, as enums stand on the wire. */
#define V300 "\xac\x02"
#define MINUS "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"

/* An enum value that this version does not know counts as zero, wherever it stands. */
static void values_of_a_later_version_are_zero(void **state)
{
	struct fixture *fixture = *state;
	struct link_numbers numbers;
	struct event event;

	event = READ("\x42\x05\x08" V300 "\x12\x00");
	assert_int_equal(event.error.code, ERROR_UNSPECIFIED);
	event = READ("\x42\x0b\x08" MINUS);
	assert_int_equal(event.error.code, ERROR_UNSPECIFIED);
	event = READ("\x72\x02\x08\x0d");
	assert_int_equal(event.goodbye.reason, GOODBYE_UNSPECIFIED);
	event = READ("\x52\x05\x0a\x03\x18" V300);
	assert_int_equal(event.scenarios.entries[0].topology, TOPOLOGY_UNSPECIFIED);
	event = READ("\x5a\x04\x0a\x02\x18\x03");
	assert_int_equal(event.chosen->topology, TOPOLOGY_UNSPECIFIED);
	event = READ("\x62\x04\x0a\x02\x18\x02");
	assert_int_equal(event.drones.entries[0].kind, DRONE_KIND_DRONE);
	event = READ("\x32\x06\x0a\x04\x18\x07\x20\x0d");
	assert_int_equal(event.presence.entries[0].what, PRESENCE_WHAT_UNSPECIFIED);
	assert_int_equal(event.presence.entries[0].reason, GOODBYE_UNSPECIFIED);
	event = READ("\x1a\x07\x0a\x05\x10\x0d\x18" V300);
	assert_int_equal(event.report.outcomes[0].outcome, OUTCOME_UNSPECIFIED);
	assert_int_equal(event.report.outcomes[0].reason, REASON_NONE);
	event = READ("\x12\x1b\x7a\x19\x18\x0d\x20\x08\x28" MINUS "\x3a\x08\x60" V300
		     "\x25\x00\x00\x80\x3f");
	assert_int_equal(event.delivery.hops[0].outcome, OUTCOME_UNSPECIFIED);
	assert_int_equal(event.delivery.hops[0].reason, REASON_NONE);
	assert_int_equal(event.delivery.hops[0].source, SOURCE_UNSPECIFIED);
	assert_int_equal(link_read(event.delivery.hops[0].link, &numbers), HOT_OK);
	assert_int_equal(numbers.line_of_sight, LINE_OF_SIGHT_UNSPECIFIED);
	assert_true(numbers.tx_power_dbm == 1);
}

static void a_report_is_read_with_its_hops(void **state)
{
	struct fixture *fixture = *state;
	const struct hop hop = {.transmitter = slice_str("a"), .outcome = OUTCOME_LOST};
	const struct hop hops[] = {hop, hop};
	const struct target_outcome outcomes[] = {
		{slice_str("b"), OUTCOME_LOST, REASON_BLOCKED, hops, 2},
		{slice_str("c"), OUTCOME_NO_ROUTE, REASON_NONE, NULL, 0},
		{slice_str("d"), OUTCOME_LOST, REASON_NONE, hops, 1},
	};
	const struct event_send_report report = {.outcomes = outcomes, .count = 3, .more = true};
	struct event event = {0};
	struct slice body = {0};
	const char *why;
	size_t taken;

	assert_int_equal(hot_write_send_report(&fixture->out, 6, &report, 4096, &taken), 0);
	assert_true(next_frame(fixture, 4096, &body));
	assert_int_equal(drone_read_event(body, &fixture->arena, &event, &why), CODEC_OK);
	assert_int_equal(event.report.count, 3);
	assert_true(event.report.more);
	for (size_t i = 0; i < 3; i++) {
		const struct target_outcome *back = &event.report.outcomes[i];

		assert_true(slice_equal(back->drone_id, outcomes[i].drone_id));
		assert_int_equal(back->outcome, outcomes[i].outcome);
		assert_int_equal(back->reason, outcomes[i].reason);
		assert_int_equal(back->hop_count, outcomes[i].hop_count);
		for (size_t h = 0; h < back->hop_count; h++) {
			assert_true(slice_equal(back->hops[h].transmitter, slice_str("a")));
		}
	}
}

/* A drone has little memory: when it is out, that is told and nothing breaks. */
static void small_arenas_are_told(void **state)
{
	struct drone_entry drones[20];
	const struct event event = {.kind = EVENT_DRONES, .drones = {drones, 20, false}};
	struct fixture *fixture = *state;
	size_t enough = 0;
	struct slice body = {0};

	for (size_t i = 0; i < 20; i++) {
		drones[i] = largest_drone();
	}
	assert_int_equal(drone_write_event(&fixture->out, &event, 65536), 0);
	assert_true(next_frame(fixture, 65536, &body));
	for (size_t cap = 0; cap < 32768; cap += 16) {
		const char *why = NULL;
		struct arena arena;
		struct event back = {0};

		arena_init(&arena, cap);
		if (drone_read_event(body, &arena, &back, &why) == CODEC_OK) {
			enough = enough ? enough : cap;
			assert_int_equal(back.drones.count, 20);
		} else {
			assert_int_equal(enough, 0);
			assert_string_equal(why, "message too complex");
		}
		arena_fini(&arena);
	}
	assert_true(enough > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registration_comes_through),
		TEST(requests_with_a_name_come_through),
		TEST(requests_without_fields_come_through),
		TEST(other_requests_come_through),
		TEST(state_comes_through_whole_and_in_parts),
		TEST(a_drone_writes_no_name_cut_short),
		TEST(requests_are_refused_or_bad_as_documented),
		TEST(a_decoder_bomb_stops_at_the_cap),
		TEST(lists_are_bounded_in_entries),
		TEST(welcome_comes_through),
		TEST(small_events_come_through),
		TEST(traffic_comes_through),
		TEST(every_error_and_goodbye_comes_through),
		TEST(hot_events_are_not_written_here),
		TEST(texts_are_cut_between_code_points),
		TEST(largest_entries_fit_the_smallest_frames),
		TEST(long_lists_become_several_frames),
		TEST(missed_stands_on_the_last_frame_of_presence),
		TEST(a_list_that_does_not_fit_memory_leaves_nothing),
		TEST(events_are_ignorable_or_bad_as_documented),
		TEST(values_of_a_later_version_are_zero),
		TEST(a_report_is_read_with_its_hops),
		TEST(small_arenas_are_told),
	};

	return cmocka_run_group_tests_name("drone_codec", tests, NULL, NULL);
}
