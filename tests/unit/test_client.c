#include "client/client.h"

#include "wire/drone_codec.h"
#include "wire/frame.h"
#include "wire/hot_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { IN_BYTES = 4096, OUT_BYTES = 1024, MAX_PAYLOAD = 600, MAX_FRAME = 700 };

struct fixture {
	struct client client;
	_Alignas(max_align_t) uint8_t in[IN_BYTES];
	uint8_t out[OUT_BYTES];
	uint8_t scratch[CLIENT_SCRATCH_FOR(IN_BYTES)];
	struct buf gateway; /* what the gateway says */
	struct arena arena; /* for reading what it is told */
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	client_init(&f->client, f->in, sizeof(f->in), f->out, sizeof(f->out), f->scratch,
		    sizeof(f->scratch));
	buf_init(&f->gateway);
	arena_init(&f->arena, 1 << 20);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	buf_fini(&f->gateway);
	arena_fini(&f->arena);
	free(f);
	return 0;
}

/* ---------------------------------------------------------------- helpers */

static void say(struct fixture *f, const struct event *event)
{
	assert_int_equal(drone_write_event(&f->gateway, event, 4000), 0);
}

static void say_welcome(struct fixture *f, uint32_t ref)
{
	say(f, &(struct event){.kind = EVENT_WELCOME,
			       .ref = ref,
			       .welcome = {.session = 7,
					   .drone_id = slice_str("uav1"),
					   .callsign = slice_str("Ada"),
					   .idle_timeout_ms = 30000,
					   .max_frame_bytes = MAX_FRAME,
					   .max_payload_bytes = MAX_PAYLOAD,
					   .protocol = 1}});
}

static void say_ping(struct fixture *f, uint64_t nonce)
{
	say(f, &(struct event){.kind = EVENT_PING, .ping.nonce = nonce});
}

static void say_delivery(struct fixture *f, uint64_t sequence, struct slice payload)
{
	const struct hop hop = {.transmitter = slice_str("uav2"),
				.receiver = slice_str("uav1"),
				.outcome = OUTCOME_DELIVERED,
				.source = SOURCE_LIVE};
	const struct event_delivery delivery = {.sender = slice_str("uav2"),
						.sequence = sequence,
						.payload = payload,
						.hops = &hop,
						.hop_count = 1};

	assert_int_equal(hot_write_whole_delivery(&f->gateway, 0, &delivery), 0);
}

/* Hands over as much of what the gateway said as there is room for, at most `most`. */
static void receive(struct fixture *f, size_t most)
{
	struct slice bytes = buf_slice(&f->gateway);
	size_t room;
	uint8_t *at = client_room(&f->client, &room);
	size_t size = bytes.size < most ? bytes.size : most;

	size = size < room ? size : room;
	if (bytes.data && size) {
		memcpy(at, bytes.data, size);
	}
	client_received(&f->client, size);
	buf_consume(&f->gateway, size);
}

/* The next thing that the drone sends. */
static struct request sent(struct fixture *f)
{
	struct slice bytes = client_output(&f->client), body;
	struct request request;
	const char *why = "";
	size_t used;
	static uint8_t copy[OUT_BYTES];

	assert_int_equal(frame_read(bytes, OUT_BYTES, &body, &used, &why), FRAME_OK);
	memcpy(copy, body.data, body.size);
	body.data = copy;
	client_sent(&f->client, used);
	arena_reset(&f->arena);
	assert_int_equal(drone_read_request(body, &f->arena, &request, &why), CODEC_OK);
	return request;
}

static void nothing_to_send(struct fixture *f)
{
	assert_int_equal(client_output(&f->client).size, 0);
}

static struct event heard(struct fixture *f)
{
	struct event event;

	assert_int_equal(client_next(&f->client, &event), CLIENT_EVENT);
	return event;
}

static void nothing_heard(struct fixture *f)
{
	struct event event;

	assert_int_equal(client_next(&f->client, &event), CLIENT_MORE);
}

static void slice_is(struct slice slice, const char *text)
{
	assert_true(slice_equal(slice, slice_str(text)));
}

static uint32_t ask_to_register(struct fixture *f)
{
	const struct request_registration registration = {.drone_id = slice_str("uav1"),
							  .scenario = slice_str("field")};
	uint32_t ref = 0;

	assert_int_equal(client_register(&f->client, &registration, &ref), 0);
	return ref;
}

static void register_drone(struct fixture *f)
{
	uint32_t ref = ask_to_register(f);

	(void)sent(f);
	say_welcome(f, ref);
	receive(f, SIZE_MAX);
	assert_int_equal(heard(f).kind, EVENT_WELCOME);
	nothing_heard(f);
}

static int send_to(struct fixture *f, const char *drone, struct slice payload, uint32_t *ref)
{
	const struct request_send send = {.to = SEND_TO_DRONE,
					  .name = slice_str(drone),
					  .payload = payload,
					  .report = REPORT_WISH_ALL};

	return client_send(&f->client, &send, ref);
}

/* ------------------------------------------------------------------- tests */

static void registration_fills_in_protocol_and_frame_size(void **state)
{
	struct fixture *f = *state;
	uint32_t ref = ask_to_register(f);
	struct request request = sent(f);

	assert_int_equal(request.kind, REQUEST_REGISTRATION);
	assert_int_equal(request.ref, ref);
	assert_int_equal(request.registration.protocol, PROTOCOL_VERSION);
	assert_int_equal(request.registration.max_frame_bytes, IN_BYTES - FRAME_PREFIX_MAX);
	slice_is(request.registration.drone_id, "uav1");
	slice_is(request.registration.scenario, "field");
	nothing_to_send(f);
}

static void registration_cuts_the_frame_size_to_its_memory(void **state)
{
	struct fixture *f = *state;
	struct request_registration registration = {.drone_id = slice_str("uav1"),
						    .max_frame_bytes = 1 << 20};

	assert_int_equal(client_register(&f->client, &registration, NULL), 0);
	assert_int_equal(sent(f).registration.max_frame_bytes, IN_BYTES - FRAME_PREFIX_MAX);
	f->client.state = CLIENT_STATE_NEW;
	registration.max_frame_bytes = 300;
	assert_int_equal(client_register(&f->client, &registration, NULL), 0);
	assert_int_equal(sent(f).registration.max_frame_bytes, 300);
}

/* With the least memory it can ask for what the gateway insists on. */
static void the_least_memory_is_enough_to_register(void **state)
{
	struct fixture *f = *state;
	const struct request_registration registration = {.drone_id = slice_str("uav1")};

	client_init(&f->client, f->in, CLIENT_IN_MIN, f->out, CLIENT_OUT_MIN, f->scratch,
		    CLIENT_SCRATCH_MIN);
	assert_int_equal(client_register(&f->client, &registration, NULL), 0);
	assert_int_equal(sent(f).registration.max_frame_bytes, FRAME_LEAST_BYTES);
}

static void a_whole_dialogue(void **state)
{
	struct fixture *f = *state;
	uint32_t registered = ask_to_register(f), sending = 0, leaving = 0;
	const struct scenario_entry field = {.name = slice_str("field"), .available = true};
	const struct target_outcome outcome = {.drone_id = slice_str("uav2"),
					       .outcome = OUTCOME_LOST,
					       .reason = REASON_PACKET_ERROR};
	const struct event_send_report report = {.outcomes = &outcome, .count = 1};
	struct event event;
	size_t taken;

	(void)sent(f);
	say_welcome(f, registered);
	say(f, &(struct event){.kind = EVENT_SCENARIO_CHOSEN, .ref = registered, .chosen = &field});
	receive(f, SIZE_MAX);
	event = heard(f);
	assert_int_equal(event.kind, EVENT_WELCOME);
	assert_int_equal(event.ref, registered);
	slice_is(event.welcome.callsign, "Ada");
	assert_int_equal(f->client.idle_timeout_ms, 30000);
	assert_int_equal(f->client.max_payload_bytes, MAX_PAYLOAD);
	event = heard(f);
	assert_int_equal(event.kind, EVENT_SCENARIO_CHOSEN);
	slice_is(event.chosen->name, "field");

	assert_int_equal(send_to(f, "uav2", slice_str("hello"), &sending), 0);
	assert_int_equal(sent(f).ref, sending);
	assert_int_equal(hot_write_send_report(&f->gateway, sending, &report, 4000, &taken), 0);
	say_delivery(f, 3, slice_str("and you"));
	receive(f, SIZE_MAX);
	event = heard(f);
	assert_int_equal(event.kind, EVENT_SEND_REPORT);
	assert_int_equal(event.ref, sending);
	assert_int_equal(event.report.count, 1);
	assert_int_equal(event.report.outcomes[0].reason, REASON_PACKET_ERROR);
	event = heard(f);
	assert_int_equal(event.kind, EVENT_DELIVERY);
	assert_int_equal(event.delivery.sequence, 3);
	slice_is(event.delivery.payload, "and you");
	assert_int_equal(event.delivery.hop_count, 1);
	slice_is(event.delivery.hops[0].receiver, "uav1");

	assert_int_equal(client_leave(&f->client, &leaving), 0);
	assert_int_equal(sent(f).kind, REQUEST_LEAVE);
	say(f,
	    &(struct event){.kind = EVENT_GOODBYE, .ref = leaving, .goodbye.reason = GOODBYE_LEFT});
	receive(f, SIZE_MAX);
	assert_int_equal(heard(f).goodbye.reason, GOODBYE_LEFT);
	nothing_heard(f);
	nothing_to_send(f);
}

static void requests_are_written_as_asked(void **state)
{
	struct fixture *f = *state;
	const struct state position = {
		.position = {.frame = POSITION_LOCAL, .local = {.east = 1.5f, .up = -2.0f}}};
	struct request request;

	register_drone(f);
	assert_int_equal(client_choose(&f->client, slice_str("lake"), NULL), 0);
	request = sent(f);
	assert_int_equal(request.kind, REQUEST_CHOOSE_SCENARIO);
	slice_is(request.name, "lake");
	assert_int_equal(client_list_drones(&f->client, slice_str("lake"), NULL), 0);
	assert_int_equal(sent(f).kind, REQUEST_LIST_DRONES);
	assert_int_equal(client_list_scenarios(&f->client, NULL), 0);
	assert_int_equal(sent(f).kind, REQUEST_LIST_SCENARIOS);
	assert_int_equal(client_rename(&f->client, slice_str("Bo"), NULL), 0);
	assert_int_equal(sent(f).kind, REQUEST_RENAME);
	assert_int_equal(client_join_group(&f->client, slice_str("red"), NULL), 0);
	assert_int_equal(sent(f).kind, REQUEST_JOIN_GROUP);
	assert_int_equal(client_leave_group(&f->client, slice_str("red"), NULL), 0);
	assert_int_equal(sent(f).kind, REQUEST_LEAVE_GROUP);
	assert_int_equal(client_ping(&f->client, 99, NULL), 0);
	request = sent(f);
	assert_int_equal(request.kind, REQUEST_PING);
	assert_int_equal(request.ping.nonce, 99);
	assert_int_equal(client_update_state(&f->client, &position, NULL), 0);
	request = sent(f);
	assert_int_equal(request.kind, REQUEST_UPDATE_STATE);
	assert_int_equal(request.state.position.frame, POSITION_LOCAL);
	assert_true(request.state.position.local.east == 1.5f);
	assert_true(request.state.position.local.up == -2.0f);
}

static void bytes_one_by_one_give_the_same_events(void **state)
{
	struct fixture *f = *state;
	size_t events = 0;
	struct event event;

	(void)ask_to_register(f);
	(void)sent(f);
	say_welcome(f, 1);
	say_ping(f, 1);
	for (uint64_t i = 1; i <= 20; i++) {
		say_delivery(f, i, slice_str("a payload that is longer than a few bytes"));
	}
	while (buf_size(&f->gateway)) {
		enum client_status status;

		receive(f, 1);
		while ((status = client_next(&f->client, &event)) == CLIENT_EVENT) {
			assert_int_equal(event.kind, events ? EVENT_DELIVERY : EVENT_WELCOME);
			if (events) {
				assert_int_equal(event.delivery.sequence, events);
				slice_is(event.delivery.payload,
					 "a payload that is longer than a few bytes");
			}
			events++;
		}
		assert_int_equal(status, CLIENT_MORE);
	}
	assert_int_equal(events, 21);
	assert_int_equal(sent(f).kind, REQUEST_PONG);
}

/* More than the input buffer holds, in pieces that never end with a frame. */
static void a_long_stream_passes_through_a_small_buffer(void **state)
{
	struct fixture *f = *state;
	static uint8_t payload[1500];
	uint64_t events = 0;
	struct event event;

	register_drone(f);
	for (uint64_t i = 1; i <= 40; i++) {
		say_delivery(f, i, slice_of(payload, sizeof(payload)));
	}
	while (buf_size(&f->gateway)) {
		receive(f, 997);
		while (client_next(&f->client, &event) == CLIENT_EVENT) {
			assert_int_equal(event.delivery.sequence, ++events);
			assert_int_equal(event.delivery.payload.size, sizeof(payload));
		}
	}
	assert_int_equal(events, 40);
}

static void pings_are_answered_and_not_seen(void **state)
{
	struct fixture *f = *state;
	struct request request;

	register_drone(f);
	say_ping(f, 0x1122334455667788);
	say_delivery(f, 1, slice_str("x"));
	receive(f, SIZE_MAX);
	assert_int_equal(heard(f).kind, EVENT_DELIVERY);
	request = sent(f);
	assert_int_equal(request.kind, REQUEST_PONG);
	assert_int_equal(request.ref, 0);
	assert_true(request.ping.nonce == 0x1122334455667788);
	nothing_to_send(f);
}

/* Before the welcome too: a challenge may take its time. */
static void pings_are_answered_before_the_welcome(void **state)
{
	struct fixture *f = *state;

	(void)ask_to_register(f);
	(void)sent(f);
	say_ping(f, 5);
	receive(f, SIZE_MAX);
	nothing_heard(f);
	assert_int_equal(sent(f).kind, REQUEST_PONG);
}

static void a_pong_waits_for_room(void **state)
{
	struct fixture *f = *state;
	static const uint8_t payload[200];
	size_t messages = 0;
	struct request request;

	register_drone(f);
	while (send_to(f, "uav2", slice_of(payload, sizeof(payload)), NULL) == 0) {
		messages++;
	}
	while (send_to(f, "uav2", slice_str(""), NULL) == 0) {
		messages++;
	}
	while (client_ping(&f->client, 1, NULL) == 0) {
		messages++;
	}
	say_ping(f, 1);
	say_ping(f, UINT64_MAX);
	receive(f, SIZE_MAX);
	nothing_heard(f);
	for (size_t i = 0; i < messages; i++) {
		assert_int_not_equal(sent(f).kind, REQUEST_PONG);
	}
	request = sent(f);
	assert_int_equal(request.kind, REQUEST_PONG);
	assert_true(request.ping.nonce == UINT64_MAX);
	nothing_to_send(f);
}

static void refs_are_fresh_and_never_0(void **state)
{
	struct fixture *f = *state;
	uint32_t first = 0, second = 0, third = 0;

	register_drone(f);
	f->client.last_ref = UINT32_MAX - 1;
	assert_int_equal(client_ping(&f->client, 1, &first), 0);
	assert_int_equal(client_ping(&f->client, 1, &second), 0);
	assert_int_equal(client_ping(&f->client, 1, &third), 0);
	assert_true(first == UINT32_MAX);
	assert_int_equal(second, 1);
	assert_int_equal(third, 2);
	assert_true(sent(f).ref == UINT32_MAX);
	assert_int_equal(sent(f).ref, 1);
}

static void a_full_output_refuses_and_recovers(void **state)
{
	struct fixture *f = *state;
	static const uint8_t payload[300];
	struct slice slice = slice_of(payload, sizeof(payload));
	uint32_t last = 0, ref = 0;
	size_t waiting;

	register_drone(f);
	while (send_to(f, "uav2", slice, &ref) == 0) {
		last = ref;
	}
	waiting = client_output(&f->client).size;
	assert_int_equal(send_to(f, "uav2", slice, &ref), CLIENT_FULL);
	assert_int_equal(client_output(&f->client).size, waiting);
	assert_int_equal(sent(f).kind, REQUEST_SEND);
	assert_int_equal(send_to(f, "uav2", slice, &ref), 0);
	assert_int_equal(ref, last + 1);
}

static void what_is_too_large_is_refused(void **state)
{
	struct fixture *f = *state;
	static const uint8_t payload[OUT_BYTES + 1];
	char type[MAX_FRAME - MAX_PAYLOAD];
	const struct request_send send = {.to = SEND_TO_EVERYONE,
					  .payload = slice_of(payload, MAX_PAYLOAD),
					  .content_type = slice_of(type, sizeof(type))};

	memset(type, 'a', sizeof(type));
	register_drone(f);
	assert_int_equal(send_to(f, "uav2", slice_of(payload, MAX_PAYLOAD + 1), NULL),
			 CLIENT_TOO_LARGE);
	assert_int_equal(send_to(f, "uav2", slice_of(payload, MAX_PAYLOAD), NULL), 0);
	(void)sent(f);
	/* a frame over the gateway's cap, though not by its payload */
	assert_int_equal(client_send(&f->client, &send, NULL), CLIENT_TOO_LARGE);
	/* over our own memory, even when it is empty */
	f->client.max_payload_bytes = 0;
	f->client.max_frame_bytes = 0;
	assert_int_equal(send_to(f, "uav2", slice_of(payload, OUT_BYTES + 1), NULL),
			 CLIENT_TOO_LARGE);
	nothing_to_send(f);
}

static void bad_text_is_refused(void **state)
{
	struct fixture *f = *state;
	static const uint8_t zeros[1];
	struct request_send send = {.to = SEND_TO_EVERYONE, .content_type = slice_str("\xff")};
	const struct request_registration registration = {.drone_id = slice_str("\xff")};
	char name[DESCRIPTION_MAX_BYTES + 2];

	assert_int_equal(client_register(&f->client, &registration, NULL), CLIENT_BAD_TEXT);
	register_drone(f);
	memset(name, 'a', sizeof(name));
	assert_int_equal(client_ping(&f->client, 1, NULL), 0); /* so that it is not empty */
	assert_int_equal(client_choose(&f->client, slice_of(name, DESCRIPTION_MAX_BYTES + 1), NULL),
			 CLIENT_BAD_TEXT);
	assert_int_equal(client_choose(&f->client, slice_of(name, DESCRIPTION_MAX_BYTES), NULL), 0);
	assert_int_equal(client_rename(&f->client, slice_of(zeros, 1), NULL), CLIENT_BAD_TEXT);
	assert_int_equal(client_send(&f->client, &send, NULL), CLIENT_BAD_TEXT);
	assert_int_equal(sent(f).kind, REQUEST_PING);
	assert_int_equal(sent(f).kind, REQUEST_CHOOSE_SCENARIO);
	nothing_to_send(f);
}

static void requests_wait_for_the_welcome(void **state)
{
	struct fixture *f = *state;
	const struct request_registration again = {.drone_id = slice_str("uav1")};

	assert_int_equal(send_to(f, "uav2", slice_str("x"), NULL), CLIENT_NOT_REGISTERED);
	(void)ask_to_register(f);
	(void)sent(f);
	assert_int_equal(send_to(f, "uav2", slice_str("x"), NULL), CLIENT_NOT_REGISTERED);
	assert_int_equal(client_register(&f->client, &again, NULL), CLIENT_REGISTERED);
	say_welcome(f, 1);
	receive(f, SIZE_MAX);
	(void)heard(f);
	assert_int_equal(client_register(&f->client, &again, NULL), CLIENT_REGISTERED);
	assert_int_equal(send_to(f, "uav2", slice_str("x"), NULL), 0);
}

static void a_refused_registration_may_be_tried_again(void **state)
{
	struct fixture *f = *state;
	uint32_t ref = ask_to_register(f);

	(void)sent(f);
	say(f, &(struct event){.kind = EVENT_ERROR, .ref = ref, .error.code = ERROR_NAME_TAKEN});
	receive(f, SIZE_MAX);
	assert_int_equal(heard(f).error.code, ERROR_NAME_TAKEN);
	assert_int_not_equal(ask_to_register(f), ref);
	assert_int_equal(sent(f).kind, REQUEST_REGISTRATION);
}

/* The example of proto/README.md; made with Python's hmac. */
static const char secret[] = "correct-horse-battery-staple";
static const uint8_t proof[] = {0x51, 0x99, 0xa5, 0x8a, 0xf8, 0x74, 0xdb, 0xae, 0xbd, 0xed, 0xb0,
				0x5f, 0x20, 0x57, 0xfe, 0x8f, 0x46, 0xce, 0xba, 0x6f, 0x3c, 0x3c,
				0x2b, 0x41, 0xfe, 0xdd, 0xfa, 0xe4, 0x68, 0x7a, 0x45, 0xe0};

static void say_challenge(struct fixture *f, uint32_t ref)
{
	uint8_t nonce[32];

	for (size_t i = 0; i < sizeof(nonce); i++) {
		nonce[i] = (uint8_t)i;
	}
	say(f, &(struct event){.kind = EVENT_CHALLENGE,
			       .ref = ref,
			       .nonce = slice_of(nonce, sizeof(nonce))});
	receive(f, SIZE_MAX);
}

/* Asks to register and is challenged; the nonce. */
static struct slice be_challenged(struct fixture *f)
{
	uint32_t ref = ask_to_register(f);
	struct event event;

	(void)sent(f);
	say_challenge(f, ref);
	event = heard(f);
	assert_int_equal(event.kind, EVENT_CHALLENGE);
	assert_int_equal(f->client.state, CLIENT_STATE_CHALLENGED);
	return event.nonce;
}

static void say_error(struct fixture *f, uint32_t ref, enum error_code code)
{
	say(f, &(struct event){.kind = EVENT_ERROR, .ref = ref, .error.code = code});
	receive(f, SIZE_MAX);
	assert_int_equal(heard(f).error.code, code);
}

static void a_challenge_can_be_answered(void **state)
{
	struct fixture *f = *state;
	struct request request;
	uint32_t ref = 0;

	(void)be_challenged(f);
	assert_int_equal(send_to(f, "uav2", slice_str("x"), NULL), CLIENT_NOT_REGISTERED);
	assert_int_equal(client_authenticate(&f->client, slice_str("proof"), &ref), 0);
	request = sent(f);
	assert_int_equal(request.kind, REQUEST_AUTHENTICATE);
	assert_int_equal(request.ref, ref);
	slice_is(request.proof, "proof");
	assert_int_equal(send_to(f, "uav2", slice_str("x"), NULL), CLIENT_NOT_REGISTERED);
	say_welcome(f, ref);
	receive(f, SIZE_MAX);
	assert_int_equal(heard(f).kind, EVENT_WELCOME);
	assert_int_equal(send_to(f, "uav2", slice_str("x"), NULL), 0);
}

static void a_secret_answers_a_challenge(void **state)
{
	struct fixture *f = *state;
	struct slice nonce = be_challenged(f);
	struct request request;

	assert_int_equal(client_prove(&f->client, slice_str(secret), nonce, NULL), 0);
	request = sent(f);
	assert_int_equal(request.kind, REQUEST_AUTHENTICATE);
	assert_int_equal(request.proof.size, sizeof(proof));
	assert_memory_equal(request.proof.data, proof, sizeof(proof));
}

static void a_proof_is_of_the_id_that_registered(void **state)
{
	struct fixture *f = *state;
	const struct request_registration other = {.drone_id = slice_str("uav2")};
	struct slice nonce;
	struct event event;

	(void)ask_to_register(f);
	(void)sent(f);
	say_error(f, 1, ERROR_NAME_TAKEN);
	assert_int_equal(client_register(&f->client, &other, NULL), 0);
	(void)sent(f);
	say_challenge(f, 2);
	event = heard(f);
	nonce = event.nonce;
	assert_int_equal(client_prove(&f->client, slice_str(secret), nonce, NULL), 0);
	assert_memory_not_equal(sent(f).proof.data, proof, sizeof(proof));
}

static void a_proof_needs_a_challenge(void **state)
{
	struct fixture *f = *state;
	const struct slice any = slice_str("0123456789abcdef0123456789abcdef");
	struct slice nonce;

	assert_int_equal(client_prove(&f->client, any, any, NULL), CLIENT_NO_CHALLENGE);
	assert_int_equal(client_authenticate(&f->client, any, NULL), CLIENT_NO_CHALLENGE);
	nonce = be_challenged(f);
	assert_int_equal(client_prove(&f->client, any, nonce, NULL), 0);
	assert_int_equal(client_prove(&f->client, any, nonce, NULL), CLIENT_NO_CHALLENGE);
	assert_int_equal(sent(f).kind, REQUEST_AUTHENTICATE);
	nothing_to_send(f);
	say_welcome(f, 2);
	receive(f, SIZE_MAX);
	assert_int_equal(heard(f).kind, EVENT_WELCOME);
	say_challenge(f, 0); /* no gateway does so */
	assert_int_equal(heard(f).kind, EVENT_CHALLENGE);
	assert_int_equal(client_authenticate(&f->client, any, NULL), CLIENT_NO_CHALLENGE);
	assert_int_equal(send_to(f, "uav2", slice_str("x"), NULL), 0);
}

/* A full output takes the proof later: the challenge still stands. */
static void a_proof_may_be_tried_again(void **state)
{
	struct fixture *f = *state;
	struct slice nonce;
	uint8_t kept[32];

	client_init(&f->client, f->in, sizeof(f->in), f->out, 40, f->scratch, sizeof(f->scratch));
	nonce = be_challenged(f);
	memcpy(kept, nonce.data, sizeof(kept));
	nonce.data = kept;
	say_ping(f, UINT64_MAX);
	receive(f, SIZE_MAX);
	nothing_heard(f);
	assert_int_equal(client_prove(&f->client, slice_str(secret), nonce, NULL), CLIENT_FULL);
	assert_int_equal(sent(f).kind, REQUEST_PONG);
	assert_int_equal(client_prove(&f->client, slice_str(secret), nonce, NULL), 0);
	assert_int_equal(sent(f).kind, REQUEST_AUTHENTICATE);
}

static void who_is_not_let_in_asks_no_more(void **state)
{
	static const enum error_code codes[] = {ERROR_AUTH_FAILED, ERROR_BANNED,
						ERROR_UNSUPPORTED_PROTOCOL};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		void *fresh = NULL;
		struct fixture *f;

		(void)state;
		assert_int_equal(set_up(&fresh), 0);
		f = fresh;
		(void)be_challenged(f);
		assert_int_equal(client_authenticate(&f->client, slice_str("proof"), NULL), 0);
		say_error(f, 2, codes[i]);
		assert_int_equal(f->client.state, CLIENT_STATE_CLOSED);
		assert_int_equal(client_authenticate(&f->client, slice_str("proof"), NULL),
				 CLIENT_CLOSED);
		assert_int_equal(client_prove(&f->client, slice_str("s"), slice_str("n"), NULL),
				 CLIENT_CLOSED);
		/* the goodbye is still heard */
		say(f, &(struct event){.kind = EVENT_GOODBYE, .goodbye.retry_after_ms = 600000});
		receive(f, SIZE_MAX);
		assert_int_equal(heard(f).goodbye.retry_after_ms, 600000);
		(void)tear_down(&fresh);
	}
}

static void after_goodbye_nothing_is_asked(void **state)
{
	struct fixture *f = *state;

	register_drone(f);
	say(f, &(struct event){.kind = EVENT_GOODBYE, .goodbye.reason = GOODBYE_KICKED});
	receive(f, SIZE_MAX);
	assert_int_equal(heard(f).goodbye.reason, GOODBYE_KICKED);
	assert_int_equal(client_ping(&f->client, 1, NULL), CLIENT_CLOSED);
	assert_int_equal(client_leave(&f->client, NULL), CLIENT_CLOSED);
	say_ping(f, 1);
	receive(f, SIZE_MAX);
	nothing_heard(f);
	nothing_to_send(f);
}

/* The gateway was told how large a frame may be. */
static void a_frame_over_the_buffer_breaks_the_client(void **state)
{
	struct fixture *f = *state;
	static const uint8_t payload[IN_BYTES];
	struct event event;

	register_drone(f);
	say_delivery(f, 1, slice_of(payload, sizeof(payload)));
	receive(f, 10);
	assert_int_equal(client_next(&f->client, &event), CLIENT_BAD);
	assert_true(strlen(client_why(&f->client)) > 0);
	assert_int_equal(client_next(&f->client, &event), CLIENT_BAD);
	assert_int_equal(client_ping(&f->client, 1, NULL), CLIENT_CLOSED);
}

static void the_largest_frame_fits(void **state)
{
	struct fixture *f = *state;
	static uint8_t payload[IN_BYTES];
	size_t size = sizeof(payload);

	register_drone(f);
	do {
		buf_clear(&f->gateway);
		say_delivery(f, 1, slice_of(payload, --size));
	} while (buf_size(&f->gateway) > IN_BYTES - FRAME_PREFIX_MAX + 2);
	assert_int_equal(buf_size(&f->gateway), IN_BYTES - FRAME_PREFIX_MAX + 2);
	receive(f, 1000);
	nothing_heard(f);
	receive(f, SIZE_MAX);
	assert_int_equal(heard(f).delivery.payload.size, size);
}

static void garbage_breaks_the_client(void **state)
{
	static const uint8_t zero[] = {0};
	static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t cut[] = {2, 0x12, 0x40};
	const struct slice garbage[] = {
		{zero, sizeof(zero)}, {endless, sizeof(endless)}, {cut, sizeof(cut)}};
	struct event event;

	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		void *fresh = NULL;
		struct fixture *f;

		(void)state;
		assert_int_equal(set_up(&fresh), 0);
		f = fresh;
		register_drone(f);
		assert_int_equal(buf_append(&f->gateway, garbage[i].data, garbage[i].size), 0);
		receive(f, SIZE_MAX);
		assert_int_equal(client_next(&f->client, &event), CLIENT_BAD);
		assert_true(strlen(client_why(&f->client)) > 0);
		(void)tear_down(&fresh);
	}
}

static void a_body_of_a_later_version_is_passed_over(void **state)
{
	static const uint8_t later[] = {3, 0xfa, 0x07, 0}; /* field 127, empty */
	struct fixture *f = *state;

	register_drone(f);
	assert_int_equal(buf_append(&f->gateway, later, sizeof(later)), 0);
	say_delivery(f, 4, slice_str("x"));
	receive(f, SIZE_MAX);
	assert_int_equal(heard(f).delivery.sequence, 4);
}

static void too_little_scratch_is_told(void **state)
{
	struct fixture *f = *state;
	uint8_t scratch[64];
	struct event event;

	client_init(&f->client, f->in, sizeof(f->in), f->out, sizeof(f->out), scratch,
		    sizeof(scratch));
	say_delivery(f, 1, slice_str("x"));
	receive(f, SIZE_MAX);
	assert_int_equal(client_next(&f->client, &event), CLIENT_BAD);
	assert_true(strlen(client_why(&f->client)) > 0);
}

static void the_smallest_scratch_takes_a_delivery(void **state)
{
	struct fixture *f = *state;
	static uint8_t scratch[CLIENT_SCRATCH_MIN];
	struct hop hops[EVENT_MAX_HOPS] = {{.transmitter = slice_str("uav2")}};
	const struct event_delivery delivery = {
		.sender = slice_str("uav2"), .hops = hops, .hop_count = EVENT_MAX_HOPS};

	for (size_t i = 0; i < EVENT_MAX_HOPS; i++) {
		hops[i] = (struct hop){.transmitter = slice_str("uav2"),
				       .receiver = slice_str("uav1"),
				       .outcome = OUTCOME_DELIVERED};
	}
	client_init(&f->client, f->in, sizeof(f->in), f->out, sizeof(f->out), scratch,
		    sizeof(scratch));
	assert_int_equal(hot_write_whole_delivery(&f->gateway, 0, &delivery), 0);
	receive(f, SIZE_MAX);
	assert_int_equal(heard(f).delivery.hop_count, EVENT_MAX_HOPS);
}

/* The densest lists that an honest gateway writes: every string of one letter. */
static void the_scratch_for_a_buffer_takes_its_densest_lists(void **state)
{
	struct fixture *f = *state;
	const struct slice a = slice_str("a");
	static struct drone_entry drones[EVENT_MAX_ENTRIES];
	static struct scenario_entry scenarios[EVENT_MAX_ENTRIES];
	static struct presence_entry presence[EVENT_MAX_ENTRIES];
	static struct target_outcome outcomes[EVENT_MAX_ENTRIES];
	const struct hop hop = {
		.transmitter = a, .receiver = a, .outcome = OUTCOME_LOST, .reason = REASON_BLOCKED};
	struct event_send_report report = {.outcomes = outcomes, .count = EVENT_MAX_ENTRIES};
	struct event event;
	size_t counts[EVENT_COUNT] = {0};
	size_t taken;

	for (size_t i = 0; i < EVENT_MAX_ENTRIES; i++) {
		drones[i] = (struct drone_entry){.drone_id = a,
						 .callsign = a,
						 .scenario = a,
						 .position = {.frame = POSITION_LOCAL}};
		scenarios[i] = (struct scenario_entry){
			.name = a, .description = a, .hub = a, .message = a};
		presence[i] = (struct presence_entry){
			.drone_id = a, .callsign = a, .scenario = a, .what = PRESENCE_WHAT_ONLINE};
		outcomes[i] = (struct target_outcome){
			.drone_id = a, .outcome = OUTCOME_LOST, .hops = &hop, .hop_count = 1};
	}
	say(f, &(struct event){.kind = EVENT_DRONES, .drones = {drones, EVENT_MAX_ENTRIES, false}});
	say(f, &(struct event){.kind = EVENT_SCENARIOS,
			       .scenarios = {scenarios, EVENT_MAX_ENTRIES, false}});
	say(f, &(struct event){.kind = EVENT_PRESENCE,
			       .presence = {presence, EVENT_MAX_ENTRIES, 0, 0}});
	while (report.count) {
		assert_int_equal(hot_write_send_report(&f->gateway, 1, &report, 4000, &taken), 0);
		report.outcomes += taken;
		report.count -= taken;
	}
	while (buf_size(&f->gateway)) {
		enum client_status status;

		receive(f, SIZE_MAX);
		while ((status = client_next(&f->client, &event)) == CLIENT_EVENT) {
			counts[event.kind] += event.kind == EVENT_DRONES ? event.drones.count
					      : event.kind == EVENT_SCENARIOS
						      ? event.scenarios.count
					      : event.kind == EVENT_PRESENCE ? event.presence.count
									     : event.report.count;
		}
		assert_int_equal(status, CLIENT_MORE);
	}
	assert_int_equal(counts[EVENT_DRONES], EVENT_MAX_ENTRIES);
	assert_int_equal(counts[EVENT_SCENARIOS], EVENT_MAX_ENTRIES);
	assert_int_equal(counts[EVENT_PRESENCE], EVENT_MAX_ENTRIES);
	assert_int_equal(counts[EVENT_SEND_REPORT], EVENT_MAX_ENTRIES);
}

static void every_error_has_a_sentence(void **state)
{
	(void)state;
	for (int error = CLIENT_NO_MEMORY; error <= 0; error++) {
		assert_string_not_equal(client_error_text(error), client_error_text(-100));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registration_fills_in_protocol_and_frame_size),
		TEST(registration_cuts_the_frame_size_to_its_memory),
		TEST(the_least_memory_is_enough_to_register),
		TEST(a_whole_dialogue),
		TEST(requests_are_written_as_asked),
		TEST(bytes_one_by_one_give_the_same_events),
		TEST(a_long_stream_passes_through_a_small_buffer),
		TEST(pings_are_answered_and_not_seen),
		TEST(pings_are_answered_before_the_welcome),
		TEST(a_pong_waits_for_room),
		TEST(refs_are_fresh_and_never_0),
		TEST(a_full_output_refuses_and_recovers),
		TEST(what_is_too_large_is_refused),
		TEST(bad_text_is_refused),
		TEST(requests_wait_for_the_welcome),
		TEST(a_refused_registration_may_be_tried_again),
		TEST(a_challenge_can_be_answered),
		TEST(a_secret_answers_a_challenge),
		TEST(a_proof_is_of_the_id_that_registered),
		TEST(a_proof_needs_a_challenge),
		TEST(a_proof_may_be_tried_again),
		TEST(who_is_not_let_in_asks_no_more),
		TEST(after_goodbye_nothing_is_asked),
		TEST(a_frame_over_the_buffer_breaks_the_client),
		TEST(the_largest_frame_fits),
		TEST(garbage_breaks_the_client),
		TEST(a_body_of_a_later_version_is_passed_over),
		TEST(too_little_scratch_is_told),
		TEST(the_smallest_scratch_takes_a_delivery),
		TEST(the_scratch_for_a_buffer_takes_its_densest_lists),
		cmocka_unit_test(every_error_has_a_sentence),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
