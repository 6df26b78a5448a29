/* The client for firmware against a gateway of a few lines, with a clock of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pb_decode.h>
#include <pb_encode.h>
#include <stdio.h>
#include <string.h>

#include "../../proto/vectors/vectors.h"
#include "client/nanopb/uav_client.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct scene {
	struct uav_client client;
	struct uav_config config;
	uint8_t in[UAV_IN_MIN], out[UAV_OUT_MIN];
	uint32_t now;
	size_t told[UAV_EVENT_SKIPPED + 1];
	struct uav_offline offline;
	char note[256];	    /* what of the last event lives no longer than it */
	uint32_t last_ref;  /* of the last event */
	uint32_t entry_ref; /* of the last entry of a list */
	size_t proofs;	    /* asked for */
	size_t send_within; /* so many requests from within the handler */
	bool stop_within;
	uav_relay_v1_ToGateway written; /* the last that expect_written has read */
};

static void note(struct scene *scene, const char *text)
{
	(void)snprintf(scene->note, sizeof(scene->note), "%s", text);
}

static void on_event(void *user, struct uav_client *client, const struct uav_event *event)
{
	struct scene *scene = user;

	scene->told[event->kind]++;
	scene->last_ref = event->ref;
	switch (event->kind) {
	case UAV_EVENT_DRONE:
	case UAV_EVENT_SCENARIO_ENTRY:
	case UAV_EVENT_PRESENCE:
		scene->entry_ref = event->ref;
		break;
	case UAV_EVENT_OFFLINE:
		scene->offline = event->u.offline;
		note(scene, event->u.offline.message);
		break;
	case UAV_EVENT_DELIVERY:
		(void)snprintf(scene->note, sizeof(scene->note), "%s %.*s %.4f",
			       event->u.delivery.head->sender, (int)event->u.delivery.payload_size,
			       (const char *)event->u.delivery.payload,
			       (double)event->u.delivery.head->hops[0].link.snr_db);
		break;
	case UAV_EVENT_OUTCOME:
		scene->entry_ref = event->ref;
		note(scene, event->u.outcome->drone_id);
		break;
	default:
		break;
	}
	if (scene->send_within) {
		scene->send_within--;
		assert_int_equal(uav_client_list_scenarios(client, NULL), 0);
	}
	if (scene->stop_within) {
		scene->stop_within = false;
		uav_client_stop(client, scene->now);
	}
}

/* A proof that shows what it was made of. */
static bool prove(void *user, const uint8_t *message, size_t size, uint8_t proof[UAV_PROOF_BYTES])
{
	struct scene *scene = user;

	scene->proofs++;
	assert_int_equal(size, 32 + 4);
	assert_memory_equal(message + 32, "uav1", 4);
	memset(proof, message[0] ^ 0x5a, UAV_PROOF_BYTES);
	return true;
}

static void set_up_near(struct scene *scene, uint32_t now)
{
	memset(scene, 0, sizeof(*scene));
	scene->now = now;
	scene->config = (struct uav_config){
		.drone_id = "uav1",
		.scenario = "field",
		.in = scene->in,
		.in_size = sizeof(scene->in),
		.out = scene->out,
		.out_size = sizeof(scene->out),
		.seed = 7,
		.handle = on_event,
		.prove = prove,
		.user = scene,
	};
	assert_int_equal(uav_client_init(&scene->client, &scene->config), 0);
	uav_client_start(&scene->client, scene->now);
}

static void set_up(struct scene *scene)
{
	set_up_near(scene, UINT32_MAX - 20000); /* the clock wraps within each test */
}

/* Lets time pass until poll asks for something; returns what, and in *passed how long it took. */
static enum uav_action wait_for_action(struct scene *scene, uint32_t *passed)
{
	uint32_t began = scene->now;
	enum uav_action action = UAV_ACTION_NONE;

	for (int i = 0; i < 100 && action == UAV_ACTION_NONE; i++) {
		uint32_t wait = uav_client_wait_ms(&scene->client, scene->now);

		if (wait == UINT32_MAX) {
			break;
		}
		if (wait > 1) { /* not a moment too early */
			assert_int_equal(uav_client_poll(&scene->client, scene->now + wait - 1),
					 UAV_ACTION_NONE);
		}
		scene->now += wait;
		action = uav_client_poll(&scene->client, scene->now);
	}
	if (passed) {
		*passed = scene->now - began;
	}
	return action;
}

static void hand_in(struct scene *scene, const uint8_t *bytes, size_t size)
{
	uav_client_received(&scene->client, bytes, size, scene->now);
}

static void say(struct scene *scene, const uav_relay_v1_FromGateway *frame)
{
	uint8_t bytes[1024];
	pb_ostream_t stream = pb_ostream_from_buffer(bytes, sizeof(bytes));

	assert_true(
		pb_encode_ex(&stream, uav_relay_v1_FromGateway_fields, frame, PB_ENCODE_DELIMITED));
	hand_in(scene, bytes, stream.bytes_written);
}

static void say_welcome(struct scene *scene)
{
	uav_relay_v1_FromGateway frame = {.which_body = uav_relay_v1_FromGateway_welcome_tag};

	frame.ref = scene->written.ref;
	frame.body.welcome.idle_timeout_ms = 30000;
	frame.body.welcome.max_payload_bytes = 64000;
	say(scene, &frame);
}

static void say_goodbye(struct scene *scene, uav_relay_v1_GoodbyeReason reason, uint32_t retry_ms)
{
	uav_relay_v1_FromGateway frame = {.which_body = uav_relay_v1_FromGateway_goodbye_tag};

	frame.body.goodbye.reason = reason;
	frame.body.goodbye.retry_after_ms = retry_ms;
	strcpy(frame.body.goodbye.message, "why");
	say(scene, &frame);
}

static void say_error(struct scene *scene, uav_relay_v1_ErrorCode code)
{
	uav_relay_v1_FromGateway frame = {.which_body = uav_relay_v1_FromGateway_error_tag};

	frame.ref = scene->written.ref;
	frame.body.error.code = code;
	say(scene, &frame);
}

static void say_ping(struct scene *scene, uint64_t nonce)
{
	uav_relay_v1_FromGateway frame = {.which_body = uav_relay_v1_FromGateway_ping_tag};

	frame.body.ping.nonce = nonce;
	say(scene, &frame);
}

/* Takes one frame off the output; it must have this body. */
static void expect_written(struct scene *scene, pb_size_t body)
{
	size_t size;
	const uint8_t *bytes = uav_client_output(&scene->client, &size);
	pb_istream_t stream = pb_istream_from_buffer(bytes, size);

	assert_true(size > 0);
	assert_true(pb_decode_ex(&stream, uav_relay_v1_ToGateway_fields, &scene->written,
				 PB_DECODE_DELIMITED));
	assert_int_equal(scene->written.which_body, body);
	uav_client_sent(&scene->client, size - stream.bytes_left);
}

static void expect_nothing_written(struct scene *scene)
{
	size_t size;

	(void)uav_client_output(&scene->client, &size);
	assert_int_equal(size, 0);
}

static void connect_now(struct scene *scene)
{
	assert_int_equal(wait_for_action(scene, NULL), UAV_ACTION_CONNECT);
	uav_client_connected(&scene->client, scene->now);
	expect_written(scene, uav_relay_v1_ToGateway_registration_tag);
}

static void come_online(struct scene *scene)
{
	connect_now(scene);
	say_welcome(scene);
	assert_int_equal(uav_client_phase(&scene->client), UAV_PHASE_ONLINE);
}

/* It wants the connection closed, and is told that it is. */
static void expect_close(struct scene *scene)
{
	assert_int_equal(uav_client_wait_ms(&scene->client, scene->now), 0);
	assert_int_equal(uav_client_poll(&scene->client, scene->now), UAV_ACTION_CLOSE);
	assert_int_equal(uav_client_poll(&scene->client, scene->now), UAV_ACTION_CLOSE);
	uav_client_disconnected(&scene->client, scene->now);
	assert_int_not_equal(uav_client_poll(&scene->client, scene->now), UAV_ACTION_CLOSE);
}

static void expect_stopped(struct scene *scene)
{
	assert_true(scene->offline.stopped);
	assert_int_equal(uav_client_phase(&scene->client), UAV_PHASE_STOPPED);
	expect_close(scene);
	assert_int_equal(uav_client_wait_ms(&scene->client, scene->now), UINT32_MAX);
	assert_int_equal(uav_client_poll(&scene->client, scene->now + 86400000), UAV_ACTION_NONE);
}

/* --- registering --- */

static void registers_as_configured(void **state)
{
	struct scene scene;
	const uav_relay_v1_Registration *body = &scene.written.body.registration;

	(void)state;
	set_up(&scene);
	come_online(&scene);
	assert_int_equal(body->protocol, 1);
	assert_string_equal(body->drone_id, "uav1");
	assert_string_equal(body->scenario, "field");
	assert_int_equal(body->max_frame_bytes, UAV_IN_MIN);
	assert_int_equal(scene.told[UAV_EVENT_ONLINE], 1);
	assert_int_equal(scene.last_ref, scene.written.ref);
}

static void refuses_a_bad_configuration(void **state)
{
	static const char longer[] = "123456789012345678901234567890123";
	struct scene scene;
	struct uav_config good;

	(void)state;
	set_up(&scene);
	good = scene.config;
#define REFUSES(member, value)                                                                     \
	scene.config = good;                                                                       \
	scene.config.member = (value);                                                             \
	assert_int_equal(uav_client_init(&scene.client, &scene.config), UAV_ERROR_BAD_CONFIG)
	REFUSES(drone_id, NULL);
	REFUSES(drone_id, "");
	REFUSES(drone_id, longer);
	REFUSES(scenario, longer);
	REFUSES(in_size, UAV_IN_MIN - 1);
	REFUSES(out_size, UAV_OUT_MIN - 1);
	REFUSES(handle, NULL);
#undef REFUSES
}

static void longest_registration_fits_the_least_output(void **state)
{
	static char id[33], callsign[129], software[65];
	struct scene scene;

	(void)state;
	memset(id, 'i', 32);
	memset(callsign, 'c', 128);
	memset(software, 's', 64);
	set_up(&scene);
	scene.config.drone_id = scene.config.scenario = id;
	scene.config.callsign = callsign;
	scene.config.software = software;
	scene.config.kind = uav_relay_v1_Kind_KIND_GROUND_STATION;
	scene.config.presence = uav_relay_v1_PresenceWish_PRESENCE_WISH_NONE;
	assert_int_equal(uav_client_init(&scene.client, &scene.config), 0);
	uav_client_start(&scene.client, scene.now);
	connect_now(&scene);
	assert_string_equal(scene.written.body.registration.callsign, callsign);
}

static void proves_its_id(void **state)
{
	struct scene scene;
	uav_relay_v1_FromGateway frame = {.which_body = uav_relay_v1_FromGateway_challenge_tag,
					  .body.challenge.nonce.size = 32};

	(void)state;
	set_up(&scene);
	connect_now(&scene);
	memset(frame.body.challenge.nonce.bytes, 9, 32);
	say(&scene, &frame);
	expect_written(&scene, uav_relay_v1_ToGateway_authenticate_tag);
	assert_int_equal(scene.written.body.authenticate.proof.size, 32);
	assert_int_equal(scene.written.body.authenticate.proof.bytes[31], 9 ^ 0x5a);
	say_welcome(&scene);
	assert_int_equal(uav_client_phase(&scene.client), UAV_PHASE_ONLINE);
	say(&scene, &frame); /* without meaning now */
	assert_int_equal(scene.proofs, 1);
	expect_nothing_written(&scene);
}

static void stops_without_a_secret(void **state)
{
	struct scene scene;
	uav_relay_v1_FromGateway frame = {.which_body = uav_relay_v1_FromGateway_challenge_tag,
					  .body.challenge.nonce.size = 32};

	(void)state;
	set_up(&scene);
	scene.client.config.prove = NULL;
	connect_now(&scene);
	say(&scene, &frame);
	assert_int_equal(scene.offline.why, UAV_WHY_NO_PROOF);
	expect_stopped(&scene);
}

static void stops_when_refused_for_good(void **state)
{
	static const uav_relay_v1_ErrorCode codes[] = {
		uav_relay_v1_ErrorCode_ERROR_CODE_AUTH_FAILED,
		uav_relay_v1_ErrorCode_ERROR_CODE_BAD_ID,
		uav_relay_v1_ErrorCode_ERROR_CODE_BAD_NAME,
		uav_relay_v1_ErrorCode_ERROR_CODE_BAD_REQUEST,
		uav_relay_v1_ErrorCode_ERROR_CODE_UNSUPPORTED_PROTOCOL,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++) {
		struct scene scene;

		set_up(&scene);
		connect_now(&scene);
		say_error(&scene, codes[i]);
		assert_int_equal(scene.offline.why, UAV_WHY_REFUSED);
		assert_int_equal(scene.offline.error, codes[i]);
		expect_stopped(&scene);
	}
}

static void goes_by_its_id_when_the_callsign_is_taken(void **state)
{
	struct scene scene;

	(void)state;
	set_up(&scene);
	scene.client.config.callsign = "Falke";
	connect_now(&scene);
	assert_string_equal(scene.written.body.registration.callsign, "Falke");
	say_error(&scene, uav_relay_v1_ErrorCode_ERROR_CODE_NAME_TAKEN);
	assert_int_equal(scene.told[UAV_EVENT_OFFLINE], 0);
	expect_written(&scene, uav_relay_v1_ToGateway_registration_tag);
	assert_string_equal(scene.written.body.registration.callsign, "");
	say_error(&scene, uav_relay_v1_ErrorCode_ERROR_CODE_NAME_TAKEN);
	assert_int_equal(scene.offline.error, uav_relay_v1_ErrorCode_ERROR_CODE_NAME_TAKEN);
	assert_false(scene.offline.stopped);
	assert_in_range(scene.client.backoff_ms, 3200, 3200);
	expect_close(&scene);
	connect_now(&scene);
	assert_string_equal(scene.written.body.registration.callsign, "Falke");
}

static void waits_as_long_as_a_ban_lasts(void **state)
{
	struct scene scene;
	uint32_t passed;

	(void)state;
	set_up(&scene);
	connect_now(&scene);
	say_error(&scene, uav_relay_v1_ErrorCode_ERROR_CODE_BANNED);
	assert_int_equal(scene.told[UAV_EVENT_OFFLINE], 0);
	say_goodbye(&scene, uav_relay_v1_GoodbyeReason_GOODBYE_REASON_BANNED, 600000);
	assert_int_equal(scene.offline.goodbye, uav_relay_v1_GoodbyeReason_GOODBYE_REASON_BANNED);
	expect_close(&scene);
	assert_int_equal(wait_for_action(&scene, &passed), UAV_ACTION_CONNECT);
	assert_int_equal(passed, 600000);
}

/* --- goodbyes and pauses --- */

static void backs_off_and_begins_anew(void **state)
{
	static const uint32_t bounds[] = {100,	160,  256,   409,   654,   1046,  1673, 2676,
					  4281, 6849, 10958, 17532, 28051, 30000, 30000};
	struct scene scene;
	uint32_t sum = 0, passed;

	(void)state;
	set_up(&scene);
	for (size_t i = 0; i < COUNT(bounds); i++) {
		assert_int_equal(wait_for_action(&scene, NULL), UAV_ACTION_CONNECT);
		assert_int_equal(scene.client.backoff_ms, bounds[i]);
		uav_client_disconnected(&scene.client, scene.now);
		assert_int_equal(scene.offline.why, UAV_WHY_NO_CONNECTION);
		assert_in_range(scene.offline.retry_in_ms, 1, bounds[i]);
		sum += scene.offline.retry_in_ms * 100 / bounds[i];
	}
	assert_in_range(sum / COUNT(bounds), 25, 75); /* a random part, not all of it */
	/* a session that ends soon changes nothing, one that has settled does */
	come_online(&scene);
	scene.now += UAV_SETTLED_MS - 1;
	uav_client_disconnected(&scene.client, scene.now);
	assert_int_equal(scene.offline.why, UAV_WHY_LOST);
	assert_int_equal(scene.client.backoff_ms, 30000);
	come_online(&scene);
	scene.now += UAV_SETTLED_MS;
	uav_client_disconnected(&scene.client, scene.now);
	assert_in_range(scene.offline.retry_in_ms, 1, 100);
	assert_int_equal(wait_for_action(&scene, &passed), UAV_ACTION_CONNECT);
	assert_int_equal(passed, scene.offline.retry_in_ms);
}

static void drones_do_not_come_back_together(void **state)
{
	uint32_t pauses[32];
	size_t same = 0;

	(void)state;
	for (uint32_t i = 0; i < COUNT(pauses); i++) {
		struct scene scene;

		set_up(&scene);
		scene.config.seed = i;
		assert_int_equal(uav_client_init(&scene.client, &scene.config), 0);
		uav_client_start(&scene.client, scene.now);
		for (int attempt = 0; attempt < 4; attempt++) {
			assert_int_equal(wait_for_action(&scene, NULL), UAV_ACTION_CONNECT);
			uav_client_disconnected(&scene.client, scene.now);
		}
		pauses[i] = scene.offline.retry_in_ms;
		for (uint32_t j = 0; j < i; j++) {
			same += pauses[j] == pauses[i];
		}
	}
	assert_in_range(same, 0, 8); /* of 496 pairs, 1.2 by chance */
	assert_true(pauses[0] > 1);  /* a seed of 0 is one, too */
}

static void stays_away_when_told_so(void **state)
{
	static const uav_relay_v1_GoodbyeReason reasons[] = {
		uav_relay_v1_GoodbyeReason_GOODBYE_REASON_TAKEN_OVER,
		uav_relay_v1_GoodbyeReason_GOODBYE_REASON_AUTH_FAILED,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(reasons); i++) {
		struct scene scene;

		set_up(&scene);
		come_online(&scene);
		say_goodbye(&scene, reasons[i], 50);
		assert_int_equal(scene.offline.goodbye, reasons[i]);
		assert_string_equal(scene.note, "why");
		expect_stopped(&scene);
		/* until somebody starts it */
		uav_client_start(&scene.client, scene.now);
		come_online(&scene);
	}
}

static void comes_back_after_every_other_goodbye(void **state)
{
	(void)state;
	for (int reason = 0; reason <= 14; reason++) { /* two of a later version */
		struct scene scene;
		uint32_t passed;

		if (reason == uav_relay_v1_GoodbyeReason_GOODBYE_REASON_TAKEN_OVER ||
		    reason == uav_relay_v1_GoodbyeReason_GOODBYE_REASON_AUTH_FAILED) {
			continue;
		}
		set_up(&scene);
		come_online(&scene);
		say_goodbye(&scene, (uav_relay_v1_GoodbyeReason)reason, 0);
		assert_in_range(scene.offline.retry_in_ms, 1,
				reason == uav_relay_v1_GoodbyeReason_GOODBYE_REASON_KICKED ? 5000
											   : 100);
		assert_int_equal(scene.client.backoff_ms,
				 reason == uav_relay_v1_GoodbyeReason_GOODBYE_REASON_KICKED ? 8000
											    : 160);
		expect_close(&scene);
		come_online(&scene);
		say_goodbye(&scene, (uav_relay_v1_GoodbyeReason)reason, 4321);
		assert_int_equal(scene.offline.retry_in_ms, 4321);
		expect_close(&scene);
		assert_int_equal(wait_for_action(&scene, &passed), UAV_ACTION_CONNECT);
		assert_int_equal(passed, 4321);
	}
}

static void stays_away_for_a_day_at_most(void **state)
{
	struct scene scene;

	(void)state;
	set_up(&scene);
	come_online(&scene);
	say_goodbye(&scene, uav_relay_v1_GoodbyeReason_GOODBYE_REASON_BANNED, UINT32_MAX);
	assert_int_equal(scene.offline.retry_in_ms, 86400000);
}

static void leaves_for_good(void **state)
{
	struct scene scene;
	uint32_t passed;

	(void)state;
	set_up(&scene);
	come_online(&scene);
	assert_int_equal(uav_client_leave(&scene.client, NULL), 0);
	expect_written(&scene, uav_relay_v1_ToGateway_leave_tag);
	assert_int_equal(uav_client_list_drones(&scene.client, NULL, NULL), UAV_ERROR_NOT_ONLINE);
	say_goodbye(&scene, uav_relay_v1_GoodbyeReason_GOODBYE_REASON_LEFT, 0);
	expect_stopped(&scene);
	/* and where nobody answers, too */
	uav_client_start(&scene.client, scene.now);
	come_online(&scene);
	assert_int_equal(uav_client_leave(&scene.client, NULL), 0);
	assert_int_equal(wait_for_action(&scene, &passed), UAV_ACTION_CLOSE);
	assert_int_equal(passed, UAV_LEAVE_MS);
	expect_stopped(&scene);
}

/* Only what the drone has chosen takes the place of what it was configured with. */
static void registers_again_as_configured(void **state)
{
	struct scene scene;
	uav_relay_v1_FromGateway frame = {.which_body =
						  uav_relay_v1_FromGateway_scenario_chosen_tag};

	(void)state;
	set_up(&scene);
	come_online(&scene);
	say(&scene, &frame); /* pushed: the operator has removed it */
	uav_client_disconnected(&scene.client, scene.now);
	come_online(&scene);
	assert_string_equal(scene.written.body.registration.scenario, "field");
	frame.ref = scene.written.ref; /* where the operator puts who names none */
	frame.body.scenario_chosen.has_scenario = true;
	strcpy(frame.body.scenario_chosen.scenario.name, "valley");
	say(&scene, &frame);
	uav_client_disconnected(&scene.client, scene.now);
	come_online(&scene);
	assert_string_equal(scene.written.body.registration.scenario, "field");
}

static void chooses_its_scenario_again(void **state)
{
	struct scene scene;
	uav_relay_v1_FromGateway frame = {.which_body =
						  uav_relay_v1_FromGateway_scenario_chosen_tag};

	(void)state;
	set_up(&scene);
	come_online(&scene);
	assert_int_equal(uav_client_choose(&scene.client, "valley", &frame.ref), 0);
	frame.body.scenario_chosen.has_scenario = true;
	strcpy(frame.body.scenario_chosen.scenario.name, "valley");
	say(&scene, &frame);
	assert_int_equal(scene.told[UAV_EVENT_SCENARIO], 1);
	frame.ref = 0; /* the operator has removed it: it may come back */
	frame.body.scenario_chosen.has_scenario = false;
	say(&scene, &frame);
	uav_client_disconnected(&scene.client, scene.now);
	come_online(&scene);
	assert_string_equal(scene.written.body.registration.scenario, "valley");
}

/* --- silence --- */

static void answers_pings(void **state)
{
	struct scene scene;

	(void)state;
	set_up(&scene);
	connect_now(&scene);
	say_ping(&scene, 41); /* whenever */
	expect_written(&scene, uav_relay_v1_ToGateway_pong_tag);
	say_welcome(&scene);
	say_ping(&scene, 42);
	expect_written(&scene, uav_relay_v1_ToGateway_pong_tag);
	assert_int_equal(scene.written.body.pong.nonce, 42);
}

static void answers_a_ping_when_there_is_room_again(void **state)
{
	struct scene scene;
	size_t size;

	(void)state;
	set_up(&scene);
	come_online(&scene);
	while (uav_client_list_scenarios(&scene.client, NULL) == 0) {
	}
	say_ping(&scene, 43);
	(void)uav_client_output(&scene.client, &size);
	uav_client_sent(&scene.client, size);
	expect_written(&scene, uav_relay_v1_ToGateway_pong_tag);
	assert_int_equal(scene.written.body.pong.nonce, 43);
}

static void notices_a_gateway_that_has_fallen_silent(void **state)
{
	struct scene scene;
	uav_relay_v1_FromGateway pong = {.which_body = uav_relay_v1_FromGateway_pong_tag};
	uint32_t passed;

	(void)state;
	set_up(&scene);
	come_online(&scene);
	for (int i = 0; i < 3; i++) { /* it is alive */
		scene.now += uav_client_wait_ms(&scene.client, scene.now);
		assert_int_equal(uav_client_poll(&scene.client, scene.now), UAV_ACTION_NONE);
		expect_written(&scene, uav_relay_v1_ToGateway_ping_tag);
		expect_nothing_written(&scene);
		say(&scene, &pong);
	}
	assert_int_equal(scene.told[UAV_EVENT_PONG], 0);
	assert_int_equal(wait_for_action(&scene, &passed), UAV_ACTION_CLOSE); /* it is not */
	assert_int_equal(passed, 30000);
	assert_int_equal(scene.offline.why, UAV_WHY_SILENT);
	assert_false(scene.offline.stopped);
}

static void gives_up_what_does_not_come_about(void **state)
{
	struct scene scene;
	uint32_t passed;

	(void)state;
	set_up(&scene);
	assert_int_equal(wait_for_action(&scene, NULL), UAV_ACTION_CONNECT);
	assert_int_equal(wait_for_action(&scene, &passed), UAV_ACTION_CLOSE);
	assert_int_equal(passed, UAV_CONNECT_MS);
	assert_int_equal(scene.offline.why, UAV_WHY_NO_CONNECTION);
	uav_client_connected(&scene.client, scene.now); /* too late */
	expect_close(&scene);
	connect_now(&scene);
	assert_int_equal(wait_for_action(&scene, &passed), UAV_ACTION_CLOSE);
	assert_int_equal(passed, UAV_REGISTER_MS);
	assert_int_equal(scene.offline.why, UAV_WHY_SILENT);
}

/* --- frames --- */

/* Every golden frame, cut anywhere, tells the same as in one piece. */
static void takes_frames_cut_anywhere(void **state)
{
	size_t frames = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(golden_frames); i++) {
		const struct golden_frame *golden = &golden_frames[i];
		struct scene whole;

		if (golden->type != GOLDEN_FROM_GATEWAY) {
			continue;
		}
		frames++;
		set_up(&whole);
		come_online(&whole);
		hand_in(&whole, golden->bytes, golden->size);
		for (size_t cut = 1; cut < golden->size; cut++) {
			struct scene scene;

			set_up(&scene);
			come_online(&scene);
			hand_in(&scene, golden->bytes, cut);
			hand_in(&scene, golden->bytes + cut, golden->size - cut);
			assert_memory_equal(scene.told, whole.told, sizeof(scene.told));
			assert_string_equal(scene.note, whole.note);
		}
	}
	assert_in_range(frames, 20, 100);
}

static void tells_what_a_delivery_holds(void **state)
{
	struct scene scene;

	(void)state;
	set_up(&scene);
	come_online(&scene);
	for (size_t i = 0; i < sizeof(golden_from_gateway_delivery); i++) {
		hand_in(&scene, golden_from_gateway_delivery + i, 1);
	}
	assert_string_equal(scene.note, "uav1 hello 31.6843");
}

static void tells_lists_entry_by_entry(void **state)
{
	struct scene scene;

	(void)state;
	set_up(&scene);
	come_online(&scene);
	hand_in(&scene, golden_from_gateway_send_report, sizeof(golden_from_gateway_send_report));
	assert_int_equal(scene.told[UAV_EVENT_OUTCOME], 2);
	assert_string_equal(scene.note, "uav3");
	assert_int_equal(scene.told[UAV_EVENT_DONE], 1);
	assert_int_equal(scene.last_ref, 18);
	hand_in(&scene, golden_from_gateway_drones_more, sizeof(golden_from_gateway_drones_more));
	assert_int_equal(scene.told[UAV_EVENT_DRONE], 1);
	assert_int_equal(scene.told[UAV_EVENT_DONE], 1); /* more follows */
	/* and may be stopped in the middle of one */
	scene.stop_within = true;
	hand_in(&scene, golden_from_gateway_send_report, sizeof(golden_from_gateway_send_report));
	assert_int_equal(scene.told[UAV_EVENT_OUTCOME], 3);
	assert_int_equal(scene.told[UAV_EVENT_DONE], 1);
	expect_stopped(&scene);
}

/* Fields may come in any order: each entry has the frame's ref, which stands behind the list. */
static void tells_entries_with_a_ref_behind_them(void **state)
{
	static const struct {
		uint8_t key; /* of the body */
		enum uav_event_kind told;
	} lists[] = {
		{0x1a, UAV_EVENT_OUTCOME},
		{0x32, UAV_EVENT_PRESENCE},
		{0x52, UAV_EVENT_SCENARIO_ENTRY},
		{0x62, UAV_EVENT_DRONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		/* a list of one entry, its name "x"; then ref 7 */
		const uint8_t bytes[] = {0x09, lists[i].key, 0x05, 0x0a, 0x03,
					 0x0a, 0x01,	     'x',  0x08, 0x07};
		struct scene scene;

		set_up(&scene);
		come_online(&scene);
		hand_in(&scene, bytes, sizeof(bytes));
		assert_int_equal(scene.told[lists[i].told], 1);
		assert_int_equal(scene.entry_ref, 7);
		assert_int_equal(scene.last_ref, 7); /* of the list's end too, where one is told */
	}
}

/* Nothing is told of a list whose last entry is broken. */
static void tells_nothing_of_a_broken_list(void **state)
{
	uint8_t bytes[sizeof(golden_from_gateway_send_report)];
	struct scene scene;

	(void)state;
	memcpy(bytes, golden_from_gateway_send_report, sizeof(bytes));
	bytes[sizeof(bytes) - 1] = 0xff; /* a number without an end */
	set_up(&scene);
	come_online(&scene);
	hand_in(&scene, bytes, sizeof(bytes));
	assert_int_equal(scene.told[UAV_EVENT_OUTCOME], 0);
	assert_int_equal(scene.offline.why, UAV_WHY_UNREADABLE);
	assert_false(scene.offline.stopped);
	expect_close(&scene);
}

static void passes_over_what_does_not_fit(void **state)
{
	static const uint8_t prefix[] = {0x81, 0x06}; /* 769 */
	static uint8_t body[769];
	struct scene scene;

	(void)state;
	set_up(&scene);
	come_online(&scene);
	hand_in(&scene, prefix, sizeof(prefix));
	hand_in(&scene, body, 300);
	hand_in(&scene, body, sizeof(body) - 300);
	assert_int_equal(scene.told[UAV_EVENT_SKIPPED], 1);
	hand_in(&scene, golden_from_gateway_delivery, sizeof(golden_from_gateway_delivery));
	assert_int_equal(scene.told[UAV_EVENT_DELIVERY], 1);
	assert_int_equal(scene.told[UAV_EVENT_OFFLINE], 0);
}

static void ends_what_is_not_the_protocol(void **state)
{
	static const struct {
		uint8_t bytes[6];
		size_t size;
	} cases[] = {
		{{0x00}, 1},			     /* nothing */
		{{0x81, 0x80, 0x40}, 3},	     /* over UAV_SKIP_MAX */
		{{0xff, 0xff, 0xff, 0xff, 0x10}, 5}, /* over 32 bits */
		{{0x80, 0x80, 0x80, 0x80, 0x80}, 5}, /* without an end */
		{{0x02, 0x3a, 0x7f}, 3},	     /* a body that ends too late */
		{{0x03, 0x12, 0x01, 0xff}, 4},	     /* no protobuf within */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene scene;

		set_up(&scene);
		come_online(&scene);
		hand_in(&scene, cases[i].bytes, cases[i].size);
		assert_int_equal(scene.told[UAV_EVENT_OFFLINE], 1);
		assert_int_equal(scene.offline.why, UAV_WHY_UNREADABLE);
		expect_close(&scene);
	}
}

static void ignores_what_a_later_version_may_say(void **state)
{
	/* ref 1, a body 30 that is none; a presence event of a kind 9, with a field 31 */
	static const uint8_t body[] = {0x06, 0x08, 0x01, 0xf2, 0x01, 0x01, 0x00};
	static const uint8_t event[] = {0x09, 0x32, 0x07, 0x0a, 0x05, 0x18, 0x09, 0xf8, 0x01, 0x01};
	struct scene scene;

	(void)state;
	set_up(&scene);
	come_online(&scene);
	hand_in(&scene, body, sizeof(body));
	assert_int_equal(scene.told[UAV_EVENT_OFFLINE], 0);
	hand_in(&scene, event, sizeof(event));
	assert_int_equal(scene.told[UAV_EVENT_PRESENCE], 1);
	assert_int_equal(scene.told[UAV_EVENT_OFFLINE], 0);
}

/* Golden frames with bytes changed: whatever comes of it, no memory is harmed and the client
 * ends in a state from which it goes on. */
static void survives_changed_frames(void **state)
{
	uint32_t chance = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		const struct golden_frame *golden;
		uint8_t bytes[1024];
		struct scene scene;

		chance = chance * 1664525u + 1013904223u;
		golden = &golden_frames[(chance >> 8) % COUNT(golden_frames)];
		memcpy(bytes, golden->bytes, golden->size);
		for (int i = 0; i < 3; i++) {
			chance = chance * 1664525u + 1013904223u;
			bytes[(chance >> 8) % golden->size] = (uint8_t)(chance >> 24);
		}
		set_up(&scene);
		if (round % 2) {
			come_online(&scene);
		} else {
			connect_now(&scene);
		}
		hand_in(&scene, bytes, golden->size);
		hand_in(&scene, bytes, golden->size);
		(void)uav_client_poll(&scene.client, scene.now);
		uav_client_disconnected(&scene.client, scene.now);
		assert_true(uav_client_phase(&scene.client) <= UAV_PHASE_PAUSING);
		uav_client_start(&scene.client, scene.now);
		come_online(&scene);
	}
}

/* --- requests --- */

static void writes_the_golden_send(void **state)
{
	struct scene scene;
	struct uav_send send = {
		.drone = "uav2",
		.payload = "hello",
		.size = 5,
		.content_type = "text/plain",
		.report = uav_relay_v1_ReportWish_REPORT_WISH_ALL,
	};
	const uint8_t *bytes;
	uint32_t ref;
	size_t size;

	(void)state;
	set_up(&scene);
	assert_int_equal(uav_client_send(&scene.client, &send, NULL), UAV_ERROR_NOT_ONLINE);
	come_online(&scene);
	scene.client.last_ref = 16;
	assert_int_equal(uav_client_send(&scene.client, &send, &ref), 0);
	assert_int_equal(ref, 17);
	bytes = uav_client_output(&scene.client, &size);
	assert_int_equal(size, sizeof(golden_to_gateway_send_drone));
	assert_memory_equal(bytes, golden_to_gateway_send_drone, size);
}

static void refuses_what_cannot_be_sent(void **state)
{
	static const uint8_t payload[UAV_OUT_MIN];
	struct scene scene;
	struct uav_send send = {.drone = "uav2", .payload = payload, .size = UAV_OUT_MIN};

	(void)state;
	set_up(&scene);
	come_online(&scene);
	assert_int_equal(uav_client_send(&scene.client, &send, NULL), UAV_ERROR_TOO_LARGE);
	send.size = 64001;
	assert_int_equal(uav_client_send(&scene.client, &send, NULL), UAV_ERROR_TOO_LARGE);
	scene.client.max_payload_bytes = 100;
	send.size = 101;
	assert_int_equal(uav_client_send(&scene.client, &send, NULL), UAV_ERROR_TOO_LARGE);
	scene.client.max_payload_bytes = 64000;
	send.size = UAV_OUT_MIN - 128; /* as the header says */
	assert_int_equal(uav_client_send(&scene.client, &send, NULL), 0);
	assert_int_equal(uav_client_send(&scene.client, &send, NULL), UAV_ERROR_FULL);
	expect_written(&scene, uav_relay_v1_ToGateway_send_tag);
	assert_int_equal(uav_client_send(&scene.client, &send, NULL), 0);
	send.drone = "123456789012345678901234567890123";
	assert_int_equal(uav_client_send(&scene.client, &send, NULL), UAV_ERROR_BAD_TEXT);
}

static void writes_behind_what_waits(void **state)
{
	struct scene scene;
	size_t before, after;

	(void)state;
	set_up(&scene);
	come_online(&scene);
	assert_int_equal(uav_client_choose(&scene.client, "one", NULL), 0);
	assert_int_equal(uav_client_choose(&scene.client, "two", NULL), 0);
	expect_written(&scene, uav_relay_v1_ToGateway_choose_scenario_tag);
	(void)uav_client_output(&scene.client, &before);
	assert_int_equal(uav_client_choose(&scene.client, "three", NULL), 0);
	(void)uav_client_output(&scene.client, &after);
	assert_true(after > before);
	expect_written(&scene, uav_relay_v1_ToGateway_choose_scenario_tag);
	assert_string_equal(scene.written.body.choose_scenario.name, "two");
	expect_written(&scene, uav_relay_v1_ToGateway_choose_scenario_tag);
	assert_string_equal(scene.written.body.choose_scenario.name, "three");
	expect_nothing_written(&scene);
}

static void forgets_what_was_not_sent(void **state)
{
	struct scene scene;

	(void)state;
	set_up(&scene);
	come_online(&scene);
	assert_int_equal(uav_client_list_scenarios(&scene.client, NULL), 0);
	hand_in(&scene, golden_from_gateway_delivery, 20); /* and half a frame */
	uav_client_disconnected(&scene.client, scene.now);
	expect_nothing_written(&scene);
	come_online(&scene);
	expect_nothing_written(&scene);
	hand_in(&scene, golden_from_gateway_delivery, sizeof(golden_from_gateway_delivery));
	assert_int_equal(scene.told[UAV_EVENT_DELIVERY], 1);
}

static void takes_requests_from_within_the_handler(void **state)
{
	struct scene scene;

	(void)state;
	set_up(&scene);
	come_online(&scene);
	scene.send_within = 2;
	hand_in(&scene, golden_from_gateway_send_report, sizeof(golden_from_gateway_send_report));
	expect_written(&scene, uav_relay_v1_ToGateway_list_scenarios_tag);
	expect_written(&scene, uav_relay_v1_ToGateway_list_scenarios_tag);
	expect_nothing_written(&scene);
	assert_string_equal(scene.note, "uav3");
}

static void refs_are_never_0(void **state)
{
	struct scene scene;
	uint32_t ref;

	(void)state;
	set_up(&scene);
	come_online(&scene);
	scene.client.last_ref = UINT32_MAX - 1;
	assert_int_equal(uav_client_list_scenarios(&scene.client, &ref), 0);
	assert_int_equal(ref, UINT32_MAX);
	assert_int_equal(uav_client_list_scenarios(&scene.client, &ref), 0);
	assert_int_equal(ref, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_as_configured),
		cmocka_unit_test(refuses_a_bad_configuration),
		cmocka_unit_test(longest_registration_fits_the_least_output),
		cmocka_unit_test(proves_its_id),
		cmocka_unit_test(stops_without_a_secret),
		cmocka_unit_test(stops_when_refused_for_good),
		cmocka_unit_test(goes_by_its_id_when_the_callsign_is_taken),
		cmocka_unit_test(waits_as_long_as_a_ban_lasts),
		cmocka_unit_test(backs_off_and_begins_anew),
		cmocka_unit_test(drones_do_not_come_back_together),
		cmocka_unit_test(stays_away_when_told_so),
		cmocka_unit_test(comes_back_after_every_other_goodbye),
		cmocka_unit_test(stays_away_for_a_day_at_most),
		cmocka_unit_test(leaves_for_good),
		cmocka_unit_test(registers_again_as_configured),
		cmocka_unit_test(chooses_its_scenario_again),
		cmocka_unit_test(answers_pings),
		cmocka_unit_test(answers_a_ping_when_there_is_room_again),
		cmocka_unit_test(notices_a_gateway_that_has_fallen_silent),
		cmocka_unit_test(gives_up_what_does_not_come_about),
		cmocka_unit_test(takes_frames_cut_anywhere),
		cmocka_unit_test(tells_what_a_delivery_holds),
		cmocka_unit_test(tells_lists_entry_by_entry),
		cmocka_unit_test(tells_entries_with_a_ref_behind_them),
		cmocka_unit_test(tells_nothing_of_a_broken_list),
		cmocka_unit_test(passes_over_what_does_not_fit),
		cmocka_unit_test(ends_what_is_not_the_protocol),
		cmocka_unit_test(ignores_what_a_later_version_may_say),
		cmocka_unit_test(survives_changed_frames),
		cmocka_unit_test(writes_the_golden_send),
		cmocka_unit_test(refuses_what_cannot_be_sent),
		cmocka_unit_test(writes_behind_what_waits),
		cmocka_unit_test(forgets_what_was_not_sent),
		cmocka_unit_test(takes_requests_from_within_the_handler),
		cmocka_unit_test(refs_are_never_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
