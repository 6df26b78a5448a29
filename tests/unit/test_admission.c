/* How a newcomer shows that the id is its own, and what becomes of tries that fail; drones whose
 * credential goes, and scenarios that do not let everyone in. */
#include <stdio.h>

#include "unit/test_core.h"

enum { DELAY_MS = 100, FAILURES = 3, BAN_MS = 60000 };

/* What the fake operator has written down: the proof of a drone is its id's first byte, over and
 * over, exclusive-or'ed with the nonce. */
static struct {
	uint8_t nonces;
	bool no_random;
	bool no_memory;	    /* for proofs */
	const char *gone;   /* an id that nobody may go by */
	const char *barred; /* a scenario that no credential lets in */
	const char *withdrawn;
	unsigned asked;
} operator;

static bool give_nonce(void *ctx, uint8_t nonce[AUTH_NONCE_BYTES])
{
	(void)ctx;
	memset(nonce, ++operator.nonces, AUTH_NONCE_BYTES);
	return !operator.no_random;
}

static void right_proof(const char *id, uint8_t nonce, uint8_t proof[AUTH_PROOF_BYTES])
{
	memset(proof, id[0] ^ nonce, AUTH_PROOF_BYTES);
}

static enum proof_verdict proves(void *ctx, struct slice id, const uint8_t nonce[AUTH_NONCE_BYTES],
				 const uint8_t *proof)
{
	uint8_t right[AUTH_PROOF_BYTES];
	bool same;

	(void)ctx;
	operator.asked++;
	if (operator.no_memory) {
		return PROOF_UNDECIDED;
	}
	memset(right, id.data[0] ^ nonce[0], sizeof(right));
	same = memcmp(right, proof, sizeof(right)) == 0 &&
	       !(operator.gone && slice_equal(id, slice_str(operator.gone)));
	return same ? PROOF_RIGHT : PROOF_WRONG;
}

static bool allows(void *ctx, struct slice id, struct slice scenario)
{
	(void)ctx;
	(void)id;
	return !(operator.barred && slice_equal(scenario, slice_str(operator.barred)));
}

static bool withdrawn(void *ctx, struct slice id)
{
	(void)ctx;
	return operator.withdrawn && slice_equal(id, slice_str(operator.withdrawn));
}

static const struct access_ops ops = {give_nonce, proves, allows, withdrawn};

static int open_guarded(void **state)
{
	struct limits limits = fake_limits();

	(void)state;
	memset(&operator, 0, sizeof(operator));
	limits.auth_delay_ms = DELAY_MS;
	limits.auth_max_failures = FAILURES;
	limits.auth_ban_ms = BAN_MS;
	limits.idle_timeout_ms = 1000000;
	limits.ping_interval_ms = 0;
	fake_configure(&gateway, &limits);
	gateway.config.access = (struct access_port){.ops = &ops};
	fake_start(&gateway);
	return 0;
}

/* ------------------------------------------------------------------- the dialogue */

static struct request_registration guarded(const char *id, enum id_proof proof)
{
	struct request_registration registration = fake_registration(id);

	registration.id_proof = proof;
	return registration;
}

/* Registers from that host; the challenge has come. */
static void challenge(struct fake_drone *drone, const char *id, uint8_t host)
{
	struct request_registration registration = guarded(id, ID_SECRET);

	fake_attach(&gateway, drone, host);
	assert_int_equal(fake_register(drone, &registration), CORE_TAKEN);
	assert_int_equal(fake_last(drone, 0)->kind, EVENT_CHALLENGE);
	assert_int_equal(fake_last(drone, 0)->ref, drone->refs);
}

static enum core_verdict answer_with(struct fake_drone *drone, const void *proof, size_t size)
{
	struct request request = {
		.kind = REQUEST_AUTHENTICATE,
		.ref = ++drone->refs,
		.proof = slice_of(proof, size),
	};

	return core_request(gateway.core, drone->session, &request);
}

static enum core_verdict answer_well(struct fake_drone *drone, const char *id)
{
	uint8_t proof[AUTH_PROOF_BYTES];

	right_proof(id, operator.nonces, proof);
	return answer_with(drone, proof, sizeof(proof));
}

static void answer_badly(struct fake_drone *drone)
{
	static const uint8_t proof[AUTH_PROOF_BYTES];

	assert_int_equal(answer_with(drone, proof, sizeof(proof)), CORE_TAKEN);
}

static void let_in(struct fake_drone *drone, const char *id, uint8_t host)
{
	challenge(drone, id, host);
	assert_int_equal(answer_well(drone, id), CORE_TAKEN);
	assert_int_equal(fake_find(drone, EVENT_WELCOME)->ref, drone->refs);
}

/* A whole try that fails. */
static void try_in_vain(struct fake_drone *drone, const char *id, uint8_t host)
{
	challenge(drone, id, host);
	answer_badly(drone);
	fake_pass(&gateway, DELAY_MS * 1000);
	expect_goodbye(drone, GOODBYE_AUTH_FAILED);
	fake_pass(&gateway, 1);
}

/* Registers; turned away at once. */
static void expect_ban(struct fake_drone *drone, const char *id, uint8_t host, uint32_t left_ms)
{
	struct request_registration registration = guarded(id, ID_SECRET);

	fake_attach(&gateway, drone, host);
	assert_int_equal(fake_register(drone, &registration), CORE_CLOSED);
	expect_error(drone, ERROR_BANNED);
	expect_goodbye(drone, GOODBYE_BANNED);
	assert_int_equal(fake_last(drone, 0)->retry_after_ms, left_ms);
	fake_pass(&gateway, 1);
}

static void test_the_right_proof_lets_in(void **state)
{
	(void)state;
	let_in(&one, "uav1", 1);
	assert_int_equal(core_online(gateway.core), 1);
	assert_int_equal(operator.asked, 1);
	/* once is enough */
	assert_int_equal(answer_well(&one, "uav1"), CORE_TAKEN);
	expect_error(&one, ERROR_ALREADY_REGISTERED);
}

static void test_the_scenario_follows_the_proof(void **state)
{
	struct request_registration registration = guarded("uav1", ID_SECRET);

	(void)state;
	registration.scenario = slice_str("alpha");
	fake_attach(&gateway, &one, 1);
	fake_register(&one, &registration);
	assert_null(fake_find(&one, EVENT_SCENARIO_CHOSEN));
	answer_well(&one, "uav1");
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_SCENARIO_CHOSEN);
	assert_string_equal(fake_last(&one, 0)->text, "alpha");
	assert_int_equal(fake_last(&one, 0)->ref, one.refs);
}

static void test_a_failure_is_told_after_a_while(void **state)
{
	(void)state;
	challenge(&one, "uav1", 1);
	answer_badly(&one);
	fake_pass(&gateway, DELAY_MS * 1000 - 1);
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_CHALLENGE);
	assert_int_equal(fake_ask(&one, REQUEST_PING, NULL), CORE_HOLD);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_AUTH_FAILED);
	assert_int_equal(fake_last(&one, 1)->kind, EVENT_ERROR);
	assert_int_equal(fake_last(&one, 1)->code, ERROR_AUTH_FAILED);
	assert_int_equal(fake_last(&one, 1)->ref, 2);
	assert_int_equal(core_stats(gateway.core)->auth_failures, 1);
	assert_int_equal(one.closes, 1);
}

/* An unknown id looks the same in every respect. */
static void test_unknown_ids_cannot_be_told_apart(void **state)
{
	(void)state;
	operator.gone = "uav1";
	challenge(&one, "uav1", 1);
	answer_well(&one, "uav1");
	fake_pass(&gateway, DELAY_MS * 1000 - 1);
	assert_non_null(one.session);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_AUTH_FAILED);
	challenge(&two, "uav2", 1);
	answer_badly(&two);
	fake_pass(&gateway, DELAY_MS * 1000);
	assert_string_equal(fake_last(&one, 0)->text, fake_last(&two, 0)->text);
	assert_string_equal(fake_last(&one, 1)->text, fake_last(&two, 1)->text);
}

static void test_proofs_that_are_none(void **state)
{
	uint8_t proof[AUTH_PROOF_BYTES + 1];

	(void)state;
	for (size_t size = 0; size <= sizeof(proof); size++) {
		if (size == AUTH_PROOF_BYTES) {
			continue;
		}
		gateway.core->limits.auth_max_failures = 0;
		challenge(&one, "uav1", 1);
		right_proof("uav1", operator.nonces, proof);
		proof[AUTH_PROOF_BYTES] = proof[0];
		answer_with(&one, proof, size);
		fake_pass(&gateway, DELAY_MS * 1000);
		expect_goodbye(&one, GOODBYE_AUTH_FAILED);
		fake_pass(&gateway, 1);
	}
	assert_int_equal(operator.asked, 0);
}

/* The proof is that of one nonce. */
static void test_a_proof_cannot_be_used_again(void **state)
{
	uint8_t proof[AUTH_PROOF_BYTES];

	(void)state;
	challenge(&one, "uav1", 1);
	right_proof("uav1", operator.nonces, proof);
	challenge(&two, "uav1", 1);
	answer_with(&two, proof, sizeof(proof));
	fake_pass(&gateway, DELAY_MS * 1000);
	expect_goodbye(&two, GOODBYE_AUTH_FAILED);
}

static void test_before_the_proof_nothing_else(void **state)
{
	static const enum request_kind kinds[] = {
		REQUEST_LIST_DRONES,
		REQUEST_PING,
		REQUEST_CHOOSE_SCENARIO,
		REQUEST_LEAVE,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		challenge(&one, "uav1", 1);
		assert_int_equal(fake_ask(&one, kinds[i], NULL), CORE_CLOSED);
		assert_int_equal(fake_last(&one, 1)->code, ERROR_NOT_REGISTERED);
		expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
		fake_pass(&gateway, 1);
	}
	fake_attach(&gateway, &one, 1);
	assert_int_equal(answer_with(&one, "x", 1), CORE_CLOSED);
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
}

/* What is for the front has nothing to do with who somebody is. It is output as any. */
static void test_an_aside_before_the_proof(void **state)
{
	const struct request aside = {.kind = REQUEST_ASIDE, .ref = 1, .aside = 7};

	(void)state;
	fake_attach(&gateway, &one, 1);
	assert_int_equal(core_request(gateway.core, one.session, &aside), CORE_TAKEN);
	challenge(&two, "uav1", 1);
	assert_int_equal(core_request(gateway.core, two.session, &aside), CORE_TAKEN);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_ASIDE);
	answer_well(&two, "uav1");
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_WELCOME);
	assert_int_equal(fake_last(&one, 0)->number, 7);
	one.queued = gateway.core->limits.max_frame_bytes_unregistered + 1;
	assert_int_equal(core_request(gateway.core, one.session, &aside), CORE_CLOSED);
	expect_goodbye(&one, GOODBYE_TOO_SLOW);
}

/* A registration in place of the proof begins anew, under whatever id. */
static void test_registering_again(void **state)
{
	struct request_registration registration = guarded("uav2", ID_SECRET);

	(void)state;
	challenge(&one, "uav1", 1);
	fake_register(&one, &registration);
	assert_int_equal(fake_count(&one, EVENT_CHALLENGE), 2);
	answer_well(&one, "uav2");
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_WELCOME);
	challenge(&two, "uav3", 1);
	registration.drone_id = slice_str("not an id");
	fake_register(&two, &registration);
	expect_error(&two, ERROR_BAD_ID);
	assert_int_equal(answer_well(&two, "uav3"), CORE_CLOSED);
	assert_int_equal(fake_last(&two, 1)->code, ERROR_NOT_REGISTERED);
}

static void test_the_proof_has_the_time_of_the_registration(void **state)
{
	(void)state;
	challenge(&one, "uav1", 1);
	fake_pass(&gateway, 999999);
	assert_non_null(one.session);
	fake_pass(&gateway, 1);
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
}

static void test_without_random_numbers_nobody_gets_in(void **state)
{
	struct request_registration registration = guarded("uav1", ID_SECRET);

	(void)state;
	operator.no_random = true;
	fake_attach(&gateway, &one, 1);
	assert_int_equal(fake_register(&one, &registration), CORE_TAKEN);
	expect_error(&one, ERROR_INTERNAL);
	assert_int_equal(core_online(gateway.core), 0);
}

/* No try that has failed: it is not told to go, and counts for no ban. */
static void test_a_proof_that_cannot_be_examined(void **state)
{
	(void)state;
	operator.no_memory = true;
	for (int i = 0; i < 2 * FAILURES; i++) {
		challenge(&one, "uav1", 1);
		assert_int_equal(answer_well(&one, "uav1"), CORE_TAKEN);
		expect_error(&one, ERROR_INTERNAL);
		fake_pass(&gateway, DELAY_MS * 1000);
		assert_non_null(one.session);
		core_detach(gateway.core, one.session);
	}
	assert_int_equal(core_stats(gateway.core)->auth_failures, 0);
	assert_int_equal(core_online(gateway.core), 0);
	operator.no_memory = false;
	let_in(&one, "uav1", 1);
}

/* ------------------------------------------------------------------- certificates */

static void test_certificates(void **state)
{
	struct request_registration right = guarded("uav1", ID_PROVED);
	struct request_registration wrong = guarded("uav2", ID_DISPROVED);

	(void)state;
	fake_attach(&gateway, &one, 1);
	fake_register(&one, &right);
	assert_int_equal(fake_last(&one, 0)->kind, EVENT_WELCOME);
	fake_attach(&gateway, &two, 1);
	assert_int_equal(fake_register(&two, &wrong), CORE_TAKEN);
	assert_null(fake_last(&two, 0));
	fake_pass(&gateway, DELAY_MS * 1000);
	assert_int_equal(fake_last(&two, 1)->ref, two.refs);
	expect_goodbye(&two, GOODBYE_AUTH_FAILED);
	assert_int_equal(core_stats(gateway.core)->auth_failures, 1);
}

/* ------------------------------------------------------------------- taking over */

static void test_with_proof_at_once(void **state)
{
	(void)state;
	let_in(&one, "uav1", 1);
	let_in(&two, "uav1", 2);
	expect_goodbye(&one, GOODBYE_TAKEN_OVER);
	assert_int_equal(core_online(gateway.core), 1);
}

static void test_who_fails_takes_nothing_over(void **state)
{
	(void)state;
	let_in(&one, "uav1", 1);
	try_in_vain(&two, "uav1", 1);
	assert_non_null(one.session);
	assert_int_equal(fake_count(&one, EVENT_PING), 0);
}

/* Who uses a callsign is told to those alone who have shown who they are. */
static void test_callsigns_are_no_oracle(void **state)
{
	struct request_registration registration = guarded("uav2", ID_SECRET);

	(void)state;
	let_in(&one, "uav1", 1);
	registration.callsign = slice_str("uav1");
	fake_attach(&gateway, &two, 2);
	fake_register(&two, &registration);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_CHALLENGE);
	answer_well(&two, "uav2");
	expect_error(&two, ERROR_NAME_TAKEN);
	/* and may try again, with another proof */
	registration.callsign = slice_str("free");
	fake_register(&two, &registration);
	answer_well(&two, "uav2");
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_WELCOME);
}

/* ------------------------------------------------------------------------- bans */

static void test_failures_ban_the_id_from_that_host(void **state)
{
	(void)state;
	for (int i = 0; i < FAILURES; i++) {
		try_in_vain(&one, "uav1", 1);
	}
	/* the last one was DELAY_MS and 1 us ago */
	expect_ban(&one, "uav1", 1, BAN_MS - DELAY_MS);
	let_in(&two, "uav1", 2);   /* from elsewhere */
	let_in(&three, "uav2", 1); /* another id */
	fake_pass(&gateway, (BAN_MS - DELAY_MS - 1) * 1000ull - 2);
	expect_ban(&one, "uav1", 1, 1);
	fake_pass(&gateway, 1000);
	let_in(&one, "uav1", 1);
}

/* Many are challenged at once, then all answer: no more of them are tried than the limit. */
static void test_challenges_at_once_are_not_many_tries(void **state)
{
	static struct fake_drone crowd[2 * FAILURES];
	uint8_t proof[AUTH_PROOF_BYTES];

	(void)state;
	gateway.core->limits.max_unregistered = 100;
	for (int i = 0; i < 2 * FAILURES; i++) {
		challenge(&crowd[i], "uav1", 1);
	}
	for (int i = 0; i < FAILURES; i++) {
		answer_badly(&crowd[i]);
	}
	operator.asked = 0;
	right_proof("uav1", operator.nonces, proof); /* of the last one */
	assert_int_equal(answer_with(&crowd[2 * FAILURES - 1], proof, sizeof(proof)), CORE_CLOSED);
	expect_error(&crowd[2 * FAILURES - 1], ERROR_BANNED);
	expect_goodbye(&crowd[2 * FAILURES - 1], GOODBYE_BANNED);
	assert_int_equal(operator.asked, 0);
}

static void test_failures_that_are_long_ago_do_not_count(void **state)
{
	(void)state;
	for (int i = 0; i < FAILURES - 1; i++) {
		try_in_vain(&one, "uav1", 1);
	}
	fake_pass(&gateway, BAN_MS * 1000ull);
	try_in_vain(&one, "uav1", 1);
	let_in(&one, "uav1", 1);
}

static void test_bans_can_be_turned_off(void **state)
{
	(void)state;
	gateway.core->limits.auth_max_failures = 0;
	for (int i = 0; i < 3 * FAILURES; i++) {
		try_in_vain(&one, "uav1", 1);
	}
	let_in(&one, "uav1", 1);
}

/* ------------------------------------------------------ who may enter, and who may stay */

static void test_scenarios_that_allow_some(void **state)
{
	(void)state;
	snprintf(gateway.scenarios[FAKE_BETA].allow, ALLOW_MAX_BYTES, "scout-*, uav[2-3]");
	fake_reload(&gateway);
	let_in(&one, "uav1", 1);
	let_in(&two, "uav2", 1);
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "beta");
	expect_error(&one, ERROR_SCENARIO_NOT_ALLOWED);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "beta");
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_SCENARIO_CHOSEN);
	operator.barred = "beta";
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "beta");
	expect_error(&two, ERROR_SCENARIO_NOT_ALLOWED);
}

static void test_a_reload_puts_out(void **state)
{
	(void)state;
	let_in(&one, "uav1", 1);
	let_in(&two, "uav2", 1);
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "beta");
	snprintf(gateway.scenarios[FAKE_BETA].allow, ALLOW_MAX_BYTES, "uav1");
	fake_reload(&gateway);
	/* one that may stay is told nothing */
	assert_int_equal(fake_count(&one, EVENT_SCENARIO_CHOSEN), 1);
	assert_int_equal(fake_count(&two, EVENT_SCENARIO_CHOSEN), 2);
	assert_string_equal(fake_last(&two, 0)->text, "");
	assert_int_equal(fake_last(&two, 0)->ref, 0);
	assert_non_null(two.session);
}

static void test_a_reload_ends_who_lost_its_credential(void **state)
{
	(void)state;
	let_in(&one, "uav1", 1);
	let_in(&two, "uav2", 1);
	operator.withdrawn = "uav1";
	fake_reload(&gateway);
	expect_goodbye(&one, GOODBYE_KICKED);
	assert_non_null(two.session);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_guarded, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_right_proof_lets_in),
		TEST(test_the_scenario_follows_the_proof),
		TEST(test_a_failure_is_told_after_a_while),
		TEST(test_unknown_ids_cannot_be_told_apart),
		TEST(test_proofs_that_are_none),
		TEST(test_a_proof_cannot_be_used_again),
		TEST(test_before_the_proof_nothing_else),
		TEST(test_an_aside_before_the_proof),
		TEST(test_registering_again),
		TEST(test_the_proof_has_the_time_of_the_registration),
		TEST(test_without_random_numbers_nobody_gets_in),
		TEST(test_a_proof_that_cannot_be_examined),
		TEST(test_certificates),
		TEST(test_with_proof_at_once),
		TEST(test_who_fails_takes_nothing_over),
		TEST(test_callsigns_are_no_oracle),
		TEST(test_failures_ban_the_id_from_that_host),
		TEST(test_challenges_at_once_are_not_many_tries),
		TEST(test_failures_that_are_long_ago_do_not_count),
		TEST(test_bans_can_be_turned_off),
		TEST(test_scenarios_that_allow_some),
		TEST(test_a_reload_puts_out),
		TEST(test_a_reload_ends_who_lost_its_credential),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
