/* A session's dialogue from its first message to its goodbye. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/state.h"
#include "lib/fake_ports.h"

static struct fake_gateway gateway;
static struct fake_drone one, two, three;

static int setup(void **state)
{
	struct limits limits = fake_limits();

	(void)state;
	fake_open(&gateway, &limits);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_close(&gateway);
	return 0;
}

static void expect_goodbye(const struct fake_drone *drone, enum goodbye_reason reason)
{
	const struct fake_event *event = fake_last(drone, 0);

	assert_non_null(event);
	assert_int_equal(event->kind, EVENT_GOODBYE);
	assert_int_equal(event->code, reason);
	assert_true(event->text[0]);
	assert_int_equal(drone->closes, 1);
}

static void expect_error(const struct fake_drone *drone, enum error_code code)
{
	const struct fake_event *event = fake_find(drone, EVENT_ERROR);

	assert_non_null(event);
	assert_int_equal(event->code, code);
	assert_int_equal(event->ref, drone->refs);
	assert_true(event->text[0]);
}

/* -------------------------------------------------------------- registration */

static struct request_registration with_id(const char *id)
{
	return fake_registration(id);
}

static struct request_registration with_callsign(const char *callsign)
{
	struct request_registration registration = fake_registration("uav1");

	registration.callsign = slice_str(callsign);
	return registration;
}

static struct request_registration with_max_frame(uint32_t max_frame)
{
	struct request_registration registration = fake_registration("uav1");

	registration.max_frame_bytes = max_frame;
	return registration;
}

static struct request_registration with_software(size_t size)
{
	static const char text[65];
	struct request_registration registration = fake_registration("uav1");

	registration.software = slice_of(text, size);
	return registration;
}

static void test_registration(void **state)
{
	const struct {
		struct request_registration registration;
		enum error_code code; /* UNSPECIFIED: welcome */
	} rows[] = {
		{with_id(""), ERROR_BAD_ID},
		{with_id("a b"), ERROR_BAD_ID},
		{with_id("123456789012345678901234567890123"), ERROR_BAD_ID},
		{with_callsign("\x07"), ERROR_BAD_NAME},
		{with_callsign("taken"), ERROR_NAME_TAKEN},
		{with_callsign("holder"), ERROR_NAME_TAKEN},
		{with_max_frame(767), ERROR_BAD_REQUEST},
		{with_software(65), ERROR_BAD_REQUEST},
		{with_software(64), ERROR_UNSPECIFIED},
		{with_max_frame(768), ERROR_UNSPECIFIED},
		{with_max_frame(1u << 31), ERROR_UNSPECIFIED},
		{with_callsign("Red Leader"), ERROR_UNSPECIFIED},
		{with_callsign("uav1"), ERROR_UNSPECIFIED},
	};
	struct request_registration holder = fake_registration("holder");

	(void)state;
	holder.callsign = slice_str("taken");
	fake_attach(&gateway, &three, 1);
	fake_register(&three, &holder);
	fake_attach(&gateway, &one, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* after a refusal it may try again, on the same connection */
		assert_int_equal(fake_register(&one, &rows[i].registration), CORE_TAKEN);
		if (rows[i].code != ERROR_UNSPECIFIED) {
			expect_error(&one, rows[i].code);
			continue;
		}
		assert_int_equal(fake_last(&one, 0)->kind, EVENT_WELCOME);
		assert_int_equal(fake_last(&one, 0)->ref, one.refs);
		assert_int_equal(fake_last(&one, 0)->number, 2);
		fake_register(&one, &rows[i].registration);
		expect_error(&one, ERROR_ALREADY_REGISTERED);
		core_detach(gateway.core, one.session);
		fake_pass(&gateway, 1);
		fake_attach(&gateway, &one, 1);
	}
}

static void test_protocol(void **state)
{
	struct request_registration registration = fake_registration("uav1");

	(void)state;
	registration.protocol = 0;
	fake_attach(&gateway, &one, 1);
	assert_int_equal(fake_register(&one, &registration), CORE_CLOSED);
	expect_error(&one, ERROR_UNSUPPORTED_PROTOCOL);
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
	/* who speaks more than we do speaks ours as well */
	registration.protocol = 7;
	fake_attach(&gateway, &one, 1);
	assert_int_equal(fake_register(&one, &registration), CORE_TAKEN);
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_WELCOME);
}

static void test_not_registered(void **state)
{
	(void)state;
	fake_attach(&gateway, &one, 1);
	assert_int_equal(core_frame_limit(gateway.core, one.session), 4096);
	assert_int_equal(fake_ask(&one, REQUEST_LIST_DRONES, NULL), CORE_CLOSED);
	expect_error(&one, ERROR_NOT_REGISTERED);
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
	fake_join(&gateway, &one, "uav1", NULL);
	assert_int_equal(core_frame_limit(gateway.core, one.session), 65536);
	core_malformed(gateway.core, one.session, "cannot be read");
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
	assert_string_equal(fake_last(&one, 0)->text, "cannot be read");
}

static void test_register_timeout(void **state)
{
	struct request_registration bad = fake_registration("");

	(void)state;
	fake_attach(&gateway, &one, 1);
	fake_pass(&gateway, 999999);
	fake_register(&one, &bad); /* no new time for that */
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
}

static void test_squatter(void **state)
{
	struct request_registration squatter = fake_registration("uav1");

	(void)state;
	squatter.callsign = slice_str("uav2");
	fake_attach(&gateway, &one, 1);
	fake_register(&one, &squatter);
	assert_string_equal(fake_last(&one, 0)->text, "uav2");
	fake_join(&gateway, &two, "uav2", NULL);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_WELCOME);
	fake_pass(&gateway, 10000);
	assert_int_equal(fake_last(&one, 0)->items[0].what, PRESENCE_WHAT_RENAMED);
	assert_string_equal(fake_last(&one, 0)->items[0].id, "uav1");
}

/* --------------------------------------------------------------- what cannot be done */

static void expect_refusal(struct request *request, enum error_code code)
{
	request->ref = ++one.refs;
	assert_int_equal(core_request(gateway.core, one.session, request), CORE_TAKEN);
	expect_error(&one, code);
}

static void test_refused_sends(void **state)
{
	static const char bytes[64 * 1024];
	struct request request = {.kind = REQUEST_SEND, .send = {.to = SEND_TO_EVERYONE}};

	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	expect_refusal(&request, ERROR_NO_SCENARIO);
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "alpha");
	request.send.to = SEND_TO_NOBODY;
	expect_refusal(&request, ERROR_BAD_REQUEST);
	request.send.to = SEND_TO_EVERYONE;
	request.send.content_type = slice_of(bytes, 65);
	expect_refusal(&request, ERROR_BAD_REQUEST);
	request.send.content_type.size = 64;
	request.send.payload = slice_of(bytes, sizeof(bytes) - 1024 + 1);
	expect_refusal(&request, ERROR_PAYLOAD_TOO_LARGE);
	assert_int_equal(core_stats(gateway.core)->sends, 0);
}

static void test_refused_requests(void **state)
{
	struct request request = {.kind = REQUEST_AUTHENTICATE};

	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	expect_refusal(&request, ERROR_UNSUPPORTED);
	request.kind = REQUEST_REFUSED;
	request.refused = (struct request_refused){ERROR_UNKNOWN_REQUEST, "no such request"};
	expect_refusal(&request, ERROR_UNKNOWN_REQUEST);
	request.kind = REQUEST_LIST_DRONES;
	request.name = slice_str("nowhere");
	expect_refusal(&request, ERROR_NO_SUCH_SCENARIO);
	/* who wants no reply gets no list */
	request = (struct request){.kind = REQUEST_LIST_SCENARIOS};
	assert_int_equal(core_request(gateway.core, one.session, &request), CORE_TAKEN);
	assert_null(fake_find(&one, EVENT_SCENARIOS));
}

/* One list at a time: what is asked behind it waits. */
static void test_list_not_read(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	one.queued = gateway.core->limits.output_soft_bytes;
	assert_int_equal(fake_ask(&one, REQUEST_LIST_SCENARIOS, NULL), CORE_TAKEN);
	assert_int_equal(fake_ask(&one, REQUEST_LIST_DRONES, NULL), CORE_HOLD);
	fake_drain(&one);
	assert_int_equal(fake_last(&one, 0)->count, FAKE_SCENARIOS);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(fake_ask(&one, REQUEST_LIST_DRONES, NULL), CORE_TAKEN);
	assert_int_equal(fake_last(&one, 0)->count, 1);
}

/* ----------------------------------------------------------- the same id again */

static void register_from(struct fake_drone *drone, const char *id, uint8_t host)
{
	struct request_registration registration = fake_registration(id);

	fake_attach(&gateway, drone, host);
	assert_int_equal(fake_register(drone, &registration), CORE_TAKEN);
}

static void test_take_over_same_address(void **state)
{
	(void)state;
	register_from(&one, "uav1", 1);
	register_from(&two, "uav1", 1);
	expect_goodbye(&one, GOODBYE_TAKEN_OVER);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_WELCOME);
	assert_int_equal(core_online(gateway.core), 1);
}

static void test_take_over_after_silence(void **state)
{
	(void)state;
	register_from(&one, "uav1", 1);
	register_from(&two, "uav1", 2);
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_PING);
	assert_null(fake_last(&two, 0));
	/* what the newcomer sends meanwhile waits */
	assert_int_equal(fake_ask(&two, REQUEST_LIST_DRONES, NULL), CORE_HOLD);
	/* and a third one does not queue up */
	register_from(&three, "uav1", 3);
	expect_error(&three, ERROR_NAME_TAKEN);
	fake_pass(&gateway, 499999);
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_TAKEN_OVER);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_WELCOME);
	assert_int_equal(fake_last(&two, 0)->ref, 1);
	assert_int_equal(two.resumes, 1);
}

static void test_holder_answers(void **state)
{
	(void)state;
	register_from(&one, "uav1", 1);
	register_from(&two, "uav1", 2);
	fake_pass(&gateway, 400000);
	fake_ask(&one, REQUEST_PONG, NULL);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_ERROR);
	assert_int_equal(fake_last(&two, 0)->code, ERROR_NAME_TAKEN);
	assert_int_equal(fake_last(&two, 0)->ref, 1);
	assert_int_equal(two.resumes, 0); /* nothing of it was held */
	fake_pass(&gateway, 200000);
	assert_int_equal(one.closes, 0);
	/* it may try again until its registration deadline, which has not moved */
	fake_pass(&gateway, 399999);
	assert_int_equal(two.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&two, GOODBYE_PROTOCOL_ERROR);
}

static void test_holder_leaves(void **state)
{
	(void)state;
	register_from(&one, "uav1", 1);
	register_from(&two, "uav1", 2);
	core_detach(gateway.core, one.session);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_WELCOME);
}

static void test_asker_leaves(void **state)
{
	(void)state;
	register_from(&one, "uav1", 1);
	register_from(&two, "uav1", 2);
	core_detach(gateway.core, two.session);
	fake_pass(&gateway, 600000);
	assert_int_equal(one.closes, 0);
	register_from(&three, "uav1", 3);
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_PING);
}

/* Its callsign is taken by the time it gets the id: an error, and its deadline as before. */
static void test_callsign_taken_meanwhile(void **state)
{
	struct request_registration registration = fake_registration("uav1");

	(void)state;
	register_from(&one, "uav1", 1);
	registration.callsign = slice_str("Leader");
	fake_attach(&gateway, &two, 2);
	fake_register(&two, &registration);
	registration.drone_id = slice_str("uav3");
	fake_attach(&gateway, &three, 3);
	fake_register(&three, &registration);
	fake_pass(&gateway, 500000);
	expect_goodbye(&one, GOODBYE_TAKEN_OVER);
	expect_error(&two, ERROR_NAME_TAKEN);
	fake_pass(&gateway, 499999);
	assert_int_equal(two.closes, 0);
	registration = fake_registration("uav1");
	fake_register(&two, &registration);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_WELCOME);
}

/* A frame that the newcomer has begun does not bring the take-over forward. */
static void test_frame_begun_while_asking(void **state)
{
	(void)state;
	gateway.core->limits.frame_timeout_ms = 100;
	register_from(&one, "uav1", 1);
	register_from(&two, "uav1", 2);
	core_partial(gateway.core, two.session, true);
	fake_pass(&gateway, 499999);
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_TAKEN_OVER);
}

static void set_timeout(uint32_t timeout_ms)
{
	struct scenario *alpha = gateway.core->scenarios[0];

	assert_int_equal(expiry_reserve(&alpha->lane->expiry, timeout_ms), 0);
	alpha->config.timeout_ms = timeout_ms;
}

/* `one` is held until its message times out; `two` wants its id. */
static void ask_for_the_id_of_one_held(uint32_t simulator_timeout_ms)
{
	gateway.core->limits.max_in_flight_per_drone = 1;
	set_timeout(simulator_timeout_ms);
	fake_sim_up(&gateway);
	fake_join(&gateway, &three, "uav3", "alpha");
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_send(&one, "uav3", "a", REPORT_WISH_NONE);
	assert_int_equal(fake_send(&one, "uav3", "b", REPORT_WISH_NONE), CORE_HOLD);
	register_from(&two, "uav1", 2);
}

/* A holder that the gateway does not read cannot answer: its silence does not count. */
static void test_held_holder(void **state)
{
	(void)state;
	ask_for_the_id_of_one_held(800);
	fake_pass(&gateway, 799999);
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1); /* its message times out, it is read again */
	assert_int_equal(one.resumes, 1);
	fake_pass(&gateway, 499999);
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_TAKEN_OVER);
}

/* A holder that the gateway does not read may be silent for long: who asks for its id is
 * not kept waiting longer than for a registration, and may not have it. */
static void test_holder_held_for_long(void **state)
{
	(void)state;
	ask_for_the_id_of_one_held(60000);
	fake_pass(&gateway, 999999);
	assert_null(fake_last(&two, 0));
	fake_pass(&gateway, 1);
	assert_int_equal(fake_find(&two, EVENT_ERROR)->code, ERROR_NAME_TAKEN);
	assert_int_equal(one.closes, 0);
	/* held or not, it is pinged, so that TCP can tell whether it is there */
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_PING);
}

/* An id changes hands while the simulator's window is full, and the newcomer's send is
 * there before it is told to go on: it is held once, not twice. */
static void test_held_again_when_resumed(void **state)
{
	struct request_registration registration = fake_registration("uav1");

	(void)state;
	gateway.core->lanes[0].max_in_flight = 1;
	fake_sim_up(&gateway);
	fake_join(&gateway, &three, "uav3", "alpha");
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_send(&three, "uav1", "a", REPORT_WISH_NONE);
	registration.scenario = slice_str("alpha");
	fake_attach(&gateway, &two, 2);
	fake_register(&two, &registration);
	assert_int_equal(fake_send(&two, "uav3", "b", REPORT_WISH_NONE), CORE_HOLD);
	core_detach(gateway.core, one.session);
	assert_int_equal(two.resumes, 1);
	assert_int_equal(fake_send(&two, "uav3", "b", REPORT_WISH_NONE), CORE_HOLD);
	assert_int_equal(fake_send(&two, "uav3", "b", REPORT_WISH_NONE), CORE_HOLD);
	fake_answer(&gateway);
	assert_int_equal(two.resumes, 2);
	assert_int_equal(fake_send(&two, "uav3", "b", REPORT_WISH_NONE), CORE_TAKEN);
	assert_int_equal(gateway.core->lanes[0].woken, 0);
	assert_true(list_empty(&gateway.core->lanes[0].held));
}

/* While the simulator does not read, nothing that would be written to it is taken. */
static void test_link_full(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	gateway.lanes[0].full = true;
	assert_int_equal(fake_ask(&one, REQUEST_UPDATE_STATE, NULL), CORE_HOLD);
	assert_int_equal(fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "beta"), CORE_HOLD);
	gateway.lanes[0].full = false;
	core_sim_drained(gateway.core, 0);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "beta"), CORE_TAKEN);
}

/* Reports that are not read take memory: who lets one wait sends no more. */
static void test_report_not_read(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	one.queued = gateway.core->limits.output_soft_bytes / 2;
	assert_int_equal(fake_send(&one, NULL, "a", REPORT_WISH_ALL), CORE_TAKEN);
	assert_int_equal(fake_send(&one, NULL, "b", REPORT_WISH_ALL), CORE_HOLD);
	fake_drain(&one);
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 1);
	assert_int_equal(one.resumes, 1);
}

/* A simulator that changes its mind all the time is dropped, as one that sends strays. */
static void test_flapping_status(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	for (uint32_t i = 0; i <= gateway.core->limits.max_stray_results; i++) {
		assert_int_equal(gateway.sim.resets, 0);
		core_sim_status(gateway.core, 0, 1, i % 2 == 0, slice_of(NULL, 0));
	}
	assert_int_equal(gateway.sim.resets, 1);
}

/* ------------------------------------------------------------------------ where it is put */

static const struct fake_event *register_placed(const char *scenario, const char *placement)
{
	struct request_registration registration = fake_registration("uav1");

	registration.scenario = slice_str(scenario);
	registration.placement = slice_str(placement);
	if (one.session) {
		fake_detach(&one);
	}
	fake_attach(&gateway, &one, 1);
	fake_register(&one, &registration);
	assert_int_equal(fake_last(&one, 1)->kind, EVENT_WELCOME);
	assert_int_equal(fake_last(&one, 1)->ref, one.refs);
	assert_int_equal(fake_last(&one, 0)->ref, one.refs);
	return fake_last(&one, 0);
}

/* What it names itself goes before its listener's scenario, that before the default. */
static void test_placement(void **state)
{
	(void)state;
	one = (struct fake_drone){0};
	assert_string_equal(register_placed(NULL, "beta")->text, "beta");
	gateway.core->default_scenario = name_of(slice_str("gamma"));
	assert_string_equal(register_placed("alpha", "beta")->text, "alpha");
	assert_string_equal(register_placed(NULL, "beta")->text, "beta");
	assert_string_equal(register_placed(NULL, NULL)->text, "gamma");
	assert_int_equal(register_placed(NULL, "nowhere")->code, ERROR_NO_SUCH_SCENARIO);
	assert_null(one.session->member);
}

/* One that has to wait for its id is put there all the same. */
static void test_placement_after_asking(void **state)
{
	struct request_registration registration = fake_registration("uav1");
	char placement[] = "beta";

	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	registration.placement = slice_str(placement);
	fake_attach(&gateway, &two, 2);
	fake_register(&two, &registration);
	placement[0] = 'x'; /* it was copied */
	core_detach(gateway.core, one.session);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_SCENARIO_CHOSEN);
	assert_string_equal(fake_last(&two, 0)->text, "beta");
}

/* ------------------------------------------------------------------------------ names */

static void rename_to(struct fake_drone *drone, const char *callsign)
{
	assert_int_equal(fake_ask(drone, REQUEST_RENAME, callsign), CORE_TAKEN);
}

static void expect_done(const struct fake_drone *drone)
{
	assert_int_equal(fake_last(drone, 0)->kind, EVENT_DONE);
	assert_int_equal(fake_last(drone, 0)->ref, drone->refs);
}

static void test_rename(void **state)
{
	static const char *const bad[] = {"\x1b[2J", "\n", "123456789012345678901234567890123",
					  "\xc2\x85"};

	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	fake_join(&gateway, &two, "uav2", NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rename_to(&one, bad[i]);
		expect_error(&one, ERROR_BAD_NAME);
	}
	rename_to(&one, "Red Leader");
	expect_done(&one);
	rename_to(&one, "Red Leader"); /* it is its own */
	expect_done(&one);
	rename_to(&two, "Red Leader");
	expect_error(&two, ERROR_NAME_TAKEN);
	rename_to(&two, "uav1");
	expect_error(&two, ERROR_NAME_TAKEN);
	rename_to(&two, "uav2"); /* its own id, which it goes by */
	expect_done(&two);
	/* back to the id: then the name is free */
	rename_to(&one, NULL);
	expect_done(&one);
	rename_to(&two, "Red Leader");
	expect_done(&two);
	rename_to(&two, "Blue Leader");
	rename_to(&one, "Red Leader");
	expect_done(&one);
	/* its address is the id as before */
	assert_null(registry_by_id(&gateway.core->registry, slice_str("Red Leader")));
}

/* A callsign leads nowhere: messages go to ids. */
static void test_callsign_is_no_address(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	rename_to(&two, "Leader");
	fake_send(&one, "Leader", "a", REPORT_WISH_ALL);
	assert_int_equal(fake_last(&one, 0)->items[0].what, OUTCOME_TARGET_OFFLINE);
}

/* ------------------------------------------------------------ ids that change hands */

/* `count` drones take uav1 from each other, from one host; the last of them has it in the end. */
static struct fake_drone *take_turns(uint32_t count)
{
	struct fake_drone *drones[2] = {&one, &two};

	for (uint32_t i = 0; i <= count; i++) {
		register_from(drones[i % 2], "uav1", 1);
		assert_int_equal(fake_last(drones[i % 2], 0)->kind, EVENT_WELCOME);
	}
	return drones[count % 2];
}

static void test_flapping_id(void **state)
{
	struct request_registration registration = fake_registration("uav1");
	struct fake_drone *holder;

	(void)state;
	gateway.core->limits.max_takeovers_per_minute = 3;
	gateway.core->limits.takeover_ban_ms = 2000;
	gateway.core->limits.idle_timeout_ms = 100000;
	holder = take_turns(4); /* the fourth is one too many */
	fake_pass(&gateway, 500500);
	fake_attach(&gateway, &three, 1);
	assert_int_equal(fake_register(&three, &registration), CORE_CLOSED);
	expect_error(&three, ERROR_BANNED);
	expect_goodbye(&three, GOODBYE_BANNED);
	assert_int_equal(fake_last(&three, 0)->retry_after_ms, 1500); /* what is left, rounded up */
	/* who has it keeps it, and others are not touched */
	assert_non_null(holder->session);
	register_from(&three, "uav2", 1);
	assert_int_equal(fake_last(&three, 0)->kind, EVENT_WELCOME);
	core_detach(gateway.core, three.session);
	/* when the ban is over it may be taken over again */
	fake_pass(&gateway, 1499500);
	register_from(&three, "uav1", 1);
	expect_goodbye(holder, GOODBYE_TAKEN_OVER);
	assert_int_equal(core_stats(gateway.core)->goodbyes[GOODBYE_BANNED], 1);
}

/* The ban is the id's: it does not go with its holder. */
static void test_banned_and_gone(void **state)
{
	struct request_registration registration = fake_registration("uav1");

	(void)state;
	gateway.core->limits.max_takeovers_per_minute = 1;
	fake_detach(take_turns(2));
	fake_attach(&gateway, &three, 2);
	assert_int_equal(fake_register(&three, &registration), CORE_CLOSED);
	expect_goodbye(&three, GOODBYE_BANNED);
	assert_int_equal(fake_last(&three, 0)->retry_after_ms, 300000);
	/* what is wrong with a registration is told before that */
	registration.max_frame_bytes = 1;
	fake_attach(&gateway, &three, 2);
	assert_int_equal(fake_register(&three, &registration), CORE_TAKEN);
	expect_error(&three, ERROR_BAD_REQUEST);
}

/* ---------------------------------------------------------------------- silence */

static void test_ping_and_idle(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	fake_pass(&gateway, 999999);
	assert_int_equal(fake_count(&one, EVENT_PING), 0);
	fake_pass(&gateway, 1);
	assert_int_equal(fake_count(&one, EVENT_PING), 1);
	fake_pass(&gateway, 1000000);
	assert_int_equal(fake_count(&one, EVENT_PING), 2);
	fake_ask(&one, REQUEST_PONG, NULL);
	fake_pass(&gateway, 2999999);
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_IDLE_TIMEOUT);
	assert_int_equal(core_sessions(gateway.core), 0);
}

static void test_no_pings(void **state)
{
	(void)state;
	gateway.core->limits.ping_interval_ms = 0;
	fake_join(&gateway, &one, "uav1", NULL);
	fake_pass(&gateway, 10000);
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 2990000);
	fake_pass(&gateway, 2990000);
	assert_int_equal(fake_count(&one, EVENT_PING), 0);
	expect_goodbye(&one, GOODBYE_IDLE_TIMEOUT);
}

static void test_frame_timeout(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	core_partial(gateway.core, one.session, true);
	fake_pass(&gateway, 1500000);
	fake_ask(&one, REQUEST_PONG, NULL); /* that was the frame; another one begins */
	core_partial(gateway.core, one.session, true);
	fake_pass(&gateway, 1999999);
	assert_int_equal(one.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
	fake_attach(&gateway, &one, 1);
	gateway.core->limits.frame_timeout_ms = 100;
	core_partial(gateway.core, one.session, true);
	fake_pass(&gateway, 100000);
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
	assert_string_equal(fake_last(&one, 0)->text, "a frame took too long");
}

/* ------------------------------------------------------------------ slow readers */

static void test_too_slow(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	one.queued = gateway.core->limits.output_hard_bytes + 1;
	assert_int_equal(fake_ask(&one, REQUEST_PING, NULL), CORE_CLOSED);
	expect_goodbye(&one, GOODBYE_TOO_SLOW);
	fake_join(&gateway, &two, "uav2", NULL);
	two.event_bytes = gateway.core->limits.output_soft_bytes + 1;
	fake_ask(&two, REQUEST_PING, NULL);
	two.event_bytes = 0;
	fake_pass(&gateway, 999999);
	assert_int_equal(two.closes, 0);
	fake_pass(&gateway, 1);
	expect_goodbye(&two, GOODBYE_TOO_SLOW);
}

static void test_refused_event(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	one.refuse = true;
	assert_int_equal(fake_ask(&one, REQUEST_PING, NULL), CORE_CLOSED);
	assert_int_equal(one.closes, 1);
	assert_int_equal(core_stats(gateway.core)->goodbyes[GOODBYE_KICKED], 1);
}

/* ----------------------------------------------------------------- back-pressure */

static void test_window(void **state)
{
	(void)state;
	gateway.core->limits.max_in_flight_per_drone = 2;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	assert_int_equal(fake_send(&one, "uav2", "a", REPORT_WISH_ALL), CORE_TAKEN);
	assert_int_equal(fake_send(&one, "uav2", "b", REPORT_WISH_ALL), CORE_TAKEN);
	assert_int_equal(fake_send(&one, "uav2", "c", REPORT_WISH_ALL), CORE_HOLD);
	assert_int_equal(one.resumes, 0);
	fake_answer(&gateway);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(fake_send(&one, "uav2", "c", REPORT_WISH_ALL), CORE_TAKEN);
	assert_int_equal(fake_find(&two, EVENT_DELIVERY)->number, 2);
	fake_answer(&gateway);
	assert_int_equal(fake_find(&two, EVENT_DELIVERY)->number, 3);
}

/* The simulator's window goes round. */
static void test_simulator_window(void **state)
{
	(void)state;
	gateway.core->lanes[0].max_in_flight = 1;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	fake_join(&gateway, &three, "uav3", "alpha");
	assert_int_equal(fake_send(&one, "uav2", "a", REPORT_WISH_NONE), CORE_TAKEN);
	assert_int_equal(fake_send(&two, "uav1", "b", REPORT_WISH_NONE), CORE_HOLD);
	assert_int_equal(fake_send(&three, "uav1", "c", REPORT_WISH_NONE), CORE_HOLD);
	fake_answer(&gateway);
	assert_int_equal(two.resumes, 1);
	assert_int_equal(three.resumes, 0);
	/* the place is kept for the one that was woken */
	assert_int_equal(fake_send(&one, "uav2", "d", REPORT_WISH_NONE), CORE_HOLD);
	/* who does something else gives it on */
	fake_ask(&two, REQUEST_PONG, NULL);
	assert_int_equal(three.resumes, 1);
	core_detach(gateway.core, three.session);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(fake_send(&one, "uav2", "d", REPORT_WISH_NONE), CORE_TAKEN);
	/* the link itself is full, and drains */
	fake_answer(&gateway);
	gateway.lanes[0].full = true;
	assert_int_equal(fake_send(&two, "uav1", "e", REPORT_WISH_NONE), CORE_HOLD);
	gateway.lanes[0].full = false;
	core_sim_drained(gateway.core, 0);
	assert_int_equal(two.resumes, 2);
}

static void test_overloaded(void **state)
{
	(void)state;
	gateway.core->limits.max_in_flight = 1;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	/* the last place is for a message to everyone as well as for one to one */
	fake_send(&one, NULL, "a", REPORT_WISH_ALL);
	assert_int_equal(gateway.sim.count, 1);
	fake_send(&one, "uav2", "b", REPORT_WISH_ALL);
	assert_int_equal(fake_last(&one, 0)->items[0].what, OUTCOME_OVERLOADED);
	fake_send(&two, NULL, "c", REPORT_WISH_ALL);
	assert_int_equal(fake_last(&two, 0)->items[0].what, OUTCOME_OVERLOADED);
	assert_int_equal(gateway.sim.count, 1);
}

/* ------------------------------------------------------------------ the simulator */

static void test_strays(void **state)
{
	struct reception reception = fake_reception(1, OUTCOME_DELIVERED, NULL);
	const struct stats *stats = core_stats(gateway.core);
	uint64_t id;

	(void)state;
	gateway.core->limits.max_stray_results = 3;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	fake_send(&one, "uav2", "a", REPORT_WISH_NONE);
	id = fake_transmit(&gateway, 0)->id;
	fake_pass(&gateway, 100000);
	/* late is no abuse */
	for (int i = 0; i < 10; i++) {
		core_sim_result(gateway.core, 0, id, &reception, 1, false);
	}
	assert_int_equal(stats->results_unknown, 10);
	assert_int_equal(gateway.sim.resets, 0);
	/* nor is the empty end of an answer that came in pieces */
	fake_send(&one, "uav2", "b", REPORT_WISH_NONE);
	fake_answer(&gateway);
	id = fake_transmit(&gateway, 0)->id;
	for (int i = 0; i < 10; i++) {
		core_sim_result(gateway.core, 0, id, NULL, 0, false);
	}
	assert_int_equal(gateway.sim.resets, 0);
	/* repeated and forged are, when there are more than three in a second */
	core_sim_result(gateway.core, 0, id, &reception, 1, false);
	core_sim_result(gateway.core, 0, id, &reception, 1, false);
	core_sim_result(gateway.core, 0, 0xdeadbeef, &reception, 1, false);
	assert_int_equal(gateway.sim.resets, 0);
	fake_pass(&gateway, 1000000);
	core_sim_result(gateway.core, 0, 0xdeadbeef, &reception, 1, false);
	assert_int_equal(gateway.sim.resets, 0);
	core_sim_result(gateway.core, 0, 0xdeadbeef, &reception, 1, false);
	core_sim_result(gateway.core, 0, 0xdeadbeef, &reception, 1, false);
	core_sim_result(gateway.core, 0, 0xdeadbeef, &reception, 1, false);
	assert_int_equal(gateway.sim.resets, 1);
}

static void test_left_and_came_again(void **state)
{
	const struct fake_transmit *transmit;
	struct reception reception;

	(void)state;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	fake_send(&one, "uav2", "a", REPORT_WISH_ALL);
	transmit = fake_transmit(&gateway, 0);
	core_detach(gateway.core, two.session);
	fake_pass(&gateway, 1);
	fake_join(&gateway, &three, "uav2", "alpha");
	/* even its node's number is the same */
	assert_int_equal(fake_node(&three), transmit->receivers[0]);
	reception = fake_reception(transmit->receivers[0], OUTCOME_DELIVERED, NULL);
	core_sim_result(gateway.core, 0, transmit->id, &reception, 1, false);
	assert_null(fake_find(&three, EVENT_DELIVERY));
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->items[0].what, OUTCOME_TARGET_LEFT);
}

/* ------------------------------------------------------------------------- the end */

static void test_shutdown(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	fake_send(&one, "uav2", "a", REPORT_WISH_ALL);
	core_drain(gateway.core);
	fake_attach(&gateway, &three, 1);
	expect_goodbye(&three, GOODBYE_SHUTTING_DOWN);
	assert_null(three.session);
	assert_int_equal(fake_send(&one, "uav2", "b", REPORT_WISH_ALL), CORE_HOLD);
	core_shutdown(gateway.core);
	assert_int_equal(fake_find(&one, EVENT_SEND_REPORT)->items[0].what, OUTCOME_SIMULATOR_DOWN);
	expect_goodbye(&one, GOODBYE_SHUTTING_DOWN);
	expect_goodbye(&two, GOODBYE_SHUTTING_DOWN);
	assert_int_equal(core_sessions(gateway.core), 0);
	assert_int_equal(core_in_flight(gateway.core), 0);
	assert_int_equal(core_stats(gateway.core)->pending, 0);
}

/* While the last messages finish, nobody is dropped for silence: neither who answers pings nor who
 * is not read any more. */
static void test_alive_while_draining(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	core_drain(gateway.core);
	for (int i = 0; i < 4; i++) {
		fake_pass(&gateway, 1000000);
		assert_int_equal(fake_ask(&one, REQUEST_PONG, NULL), CORE_TAKEN);
		if (i == 1) {
			assert_int_equal(fake_send(&two, "uav1", "b", REPORT_WISH_ALL), CORE_HOLD);
		}
	}
	fake_pass(&gateway, 1000000);
	assert_int_equal(one.closes, 0);
	assert_int_equal(two.closes, 0);
	core_shutdown(gateway.core);
	expect_goodbye(&one, GOODBYE_SHUTTING_DOWN);
	expect_goodbye(&two, GOODBYE_SHUTTING_DOWN);
}

static void test_server_full(void **state)
{
	(void)state;
	gateway.core->limits.max_drones = 1;
	fake_attach(&gateway, &one, 1);
	fake_attach(&gateway, &two, 1);
	expect_goodbye(&two, GOODBYE_SERVER_FULL);
	core_detach(gateway.core, one.session);
	gateway.core->limits.max_drones = 10;
	gateway.core->limits.max_unregistered = 1;
	fake_join(&gateway, &one, "uav1", NULL);
	fake_attach(&gateway, &two, 1);
	assert_non_null(two.session);
	fake_attach(&gateway, &three, 1);
	expect_goodbye(&three, GOODBYE_SERVER_FULL);
}

/* Nothing is written to, or left behind by, what is freed as it stands (a sanitizer sees it). */
static void test_freed_as_it_stands(void **state)
{
	(void)state;
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	register_from(&two, "uav2", 1);
	register_from(&three, "uav2", 2);
	fake_send(&one, NULL, "a", REPORT_WISH_ALL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_registration),
		TEST(test_protocol),
		TEST(test_not_registered),
		TEST(test_register_timeout),
		TEST(test_squatter),
		TEST(test_refused_sends),
		TEST(test_refused_requests),
		TEST(test_list_not_read),
		TEST(test_take_over_same_address),
		TEST(test_take_over_after_silence),
		TEST(test_holder_answers),
		TEST(test_holder_leaves),
		TEST(test_asker_leaves),
		TEST(test_callsign_taken_meanwhile),
		TEST(test_frame_begun_while_asking),
		TEST(test_held_holder),
		TEST(test_holder_held_for_long),
		TEST(test_held_again_when_resumed),
		TEST(test_link_full),
		TEST(test_report_not_read),
		TEST(test_flapping_status),
		TEST(test_placement),
		TEST(test_placement_after_asking),
		TEST(test_rename),
		TEST(test_callsign_is_no_address),
		TEST(test_flapping_id),
		TEST(test_banned_and_gone),
		TEST(test_ping_and_idle),
		TEST(test_no_pings),
		TEST(test_frame_timeout),
		TEST(test_too_slow),
		TEST(test_refused_event),
		TEST(test_window),
		TEST(test_simulator_window),
		TEST(test_overloaded),
		TEST(test_strays),
		TEST(test_left_and_came_again),
		TEST(test_shutdown),
		TEST(test_server_full),
		TEST(test_alive_while_draining),
		TEST(test_freed_as_it_stands),
	};

	return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
