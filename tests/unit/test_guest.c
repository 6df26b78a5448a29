/* Who is registered without having said who it is, what drones are called, and drones that may be
 * silent for longer than others. */
#include <stdio.h>

#include "unit/test_core.h"

/* As a front presents it, in that mode. */
static void greet_in(struct fake_drone *drone, enum id_proof id_proof)
{
	struct request_registration guest = fake_registration("");

	guest.id_proof = id_proof;
	guest.placement = slice_str("alpha");
	fake_attach(&gateway, drone, 1);
	core_greet(gateway.core, drone->session, &guest);
}

static void assert_called(const struct fake_drone *drone, const char *id)
{
	assert_non_null(drone->session);
	assert_true(slice_equal(session_id(drone->session), slice_str(id)));
}

static void guests_are_registered_and_placed(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_pass(&gateway, 20000);
	greet_in(&two, ID_FREE);
	assert_called(&two, "guest-1");
	assert_int_equal(two.session->state, SESSION_ACTIVE);
	assert_int_equal(fake_last(&two, 1)->kind, EVENT_WELCOME);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_SCENARIO_CHOSEN);
	assert_string_equal(fake_last(&two, 0)->text, "alpha");
	fake_pass(&gateway, 20000);
	assert_string_equal(fake_find(&one, EVENT_PRESENCE)->items[0].id, "guest-1");
	greet_in(&three, ID_FREE);
	assert_called(&three, "guest-2");
}

static void ids_of_guests_are_their_own(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "guest-1", NULL);
	fake_join(&gateway, &two, "uav2", NULL);
	fake_ask(&two, REQUEST_RENAME, "guest-2");
	greet_in(&three, ID_FREE);
	assert_called(&three, "guest-3");
	assert_called(&one, "guest-1");
	assert_true(slice_equal(session_callsign(two.session), slice_str("guest-2")));
	/* and that of one who is gone is not given to another */
	fake_detach(&three);
	greet_in(&three, ID_FREE);
	assert_called(&three, "guest-4");
}

static void assert_taken(struct fake_drone *drone, size_t errors)
{
	assert_int_equal(fake_count(drone, EVENT_ERROR), errors);
	assert_int_equal(fake_last(drone, 0)->code, ERROR_NAME_TAKEN);
}

/* Nobody steps into the place of a guest, who may be silent for long, or is gone. */
static void what_a_guest_had_nobody_else_has(void **state)
{
	static const char *const free_ones[] = {"guest-2", "guest-01", "guest-", "guest-1x",
						"guest-99999999999999999999999999"};
	const struct request_registration taken = fake_registration("guest-1"),
					  own = fake_registration("uav2");

	(void)state;
	greet_in(&one, ID_FREE);
	fake_attach(&gateway, &two, 2);
	fake_register(&two, &taken);
	assert_taken(&two, 1);
	assert_called(&one, "guest-1");
	fake_detach(&one);
	fake_register(&two, &taken);
	assert_taken(&two, 2);
	fake_register(&two, &own);
	fake_ask(&two, REQUEST_RENAME, "guest-1");
	assert_taken(&two, 3);
	for (size_t i = 0; i < sizeof(free_ones) / sizeof(free_ones[0]); i++) {
		fake_ask(&two, REQUEST_RENAME, free_ones[i]);
		assert_int_equal(fake_count(&two, EVENT_ERROR), 3);
	}
}

static void who_must_prove_its_id_is_asked_for_it(void **state)
{
	const enum id_proof proofs[] = {ID_SECRET, ID_DISPROVED, ID_PROVED};

	(void)state;
	for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
		greet_in(&one, proofs[i]);
		assert_int_equal(one.count, 1);
		assert_int_equal(fake_last(&one, 0)->kind, EVENT_CHALLENGE);
		assert_int_equal(one.session->state, SESSION_NEW);
		fake_detach(&one);
	}
	assert_int_equal(core_online(gateway.core), 0);
	assert_int_equal(core_stats(gateway.core)->auth_failures, 0);
	/* and has no longer than others for that */
	greet_in(&one, ID_SECRET);
	fake_pass(&gateway, 1100000);
	expect_goodbye(&one, GOODBYE_PROTOCOL_ERROR);
}

static void nobody_is_greeted_at_the_end(void **state)
{
	struct request_registration guest = fake_registration("");

	(void)state;
	fake_attach(&gateway, &one, 1);
	core_drain(gateway.core);
	core_greet(gateway.core, one.session, &guest);
	assert_int_equal(one.count, 0);
	assert_int_equal(core_online(gateway.core), 0);
}

static void assert_slice(struct slice slice, const char *text)
{
	assert_true(slice_equal(slice, slice_str(text)));
}

static void names_are_those_of_who_is_online(void **state)
{
	(void)state;
	fake_join(&gateway, &one, "uav1", NULL);
	fake_join(&gateway, &two, "uav2", NULL);
	fake_ask(&one, REQUEST_RENAME, "al ice");
	assert_slice(core_callsign(gateway.core, slice_str("uav1")), "al ice");
	assert_slice(core_callsign(gateway.core, slice_str("uav2")), "uav2");
	assert_slice(core_callsign(gateway.core, slice_str("uav3")), "uav3");
	assert_slice(core_id(gateway.core, slice_str("al ice")), "uav1");
	assert_slice(core_id(gateway.core, slice_str("uav1")), "uav1");
	assert_slice(core_id(gateway.core, slice_str("uav2")), "uav2");
	assert_null(core_id(gateway.core, slice_str("uav3")).data);
	assert_null(core_id(gateway.core, slice_str("")).data);
	fake_detach(&one);
	assert_null(core_id(gateway.core, slice_str("al ice")).data);
}

/* ----------------------------------------------------------------- patience */

static struct patience patience;

static struct patience give_patience(const void *ctx)
{
	(void)ctx;
	return patience;
}

/* Connects by an endpoint that has a patience of its own, and registers. */
static void join_patient(struct fake_drone *drone, const char *id)
{
	static struct endpoint_ops ops;
	struct request_registration registration = fake_registration(id);

	fake_attach(&gateway, drone, 1);
	ops = *drone->session->endpoint.ops;
	ops.patience = give_patience;
	drone->session->endpoint.ops = &ops;
	fake_register(drone, &registration);
}

static void each_way_in_has_its_patience(void **state)
{
	(void)state;
	patience = (struct patience){.ping_interval_ms = 5000, .idle_timeout_ms = 9000};
	join_patient(&one, "uav1");
	fake_join(&gateway, &two, "uav2", NULL);
	fake_pass(&gateway, 1100000);
	assert_int_equal(fake_count(&two, EVENT_PING), 1);
	assert_int_equal(fake_count(&one, EVENT_PING), 0);
	fake_pass(&gateway, 2000000);
	expect_goodbye(&two, GOODBYE_IDLE_TIMEOUT);
	fake_pass(&gateway, 2000000);
	assert_int_equal(fake_count(&one, EVENT_PING), 1);
	assert_non_null(one.session);
	fake_pass(&gateway, 4000000);
	expect_goodbye(&one, GOODBYE_IDLE_TIMEOUT);
}

static void no_pings_of_its_own_are_none(void **state)
{
	(void)state;
	patience = (struct patience){.ping_interval_ms = 0, .idle_timeout_ms = 9000};
	join_patient(&one, "uav1");
	fake_pass(&gateway, 8000000);
	assert_int_equal(fake_count(&one, EVENT_PING), 0);
	assert_non_null(one.session);
}

/* A reload shortens it: counted from then on. */
static void less_patience_is_counted_from_the_reload_on(void **state)
{
	(void)state;
	patience = (struct patience){.ping_interval_ms = 0, .idle_timeout_ms = 900000};
	join_patient(&one, "uav1");
	patience.idle_timeout_ms = 3000;
	gateway.config.less_patient = true;
	fake_reload(&gateway);
	fake_pass(&gateway, 2900000);
	assert_non_null(one.session);
	fake_pass(&gateway, 200000);
	expect_goodbye(&one, GOODBYE_IDLE_TIMEOUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(guests_are_registered_and_placed),
		TEST(ids_of_guests_are_their_own),
		TEST(what_a_guest_had_nobody_else_has),
		TEST(who_must_prove_its_id_is_asked_for_it),
		TEST(nobody_is_greeted_at_the_end),
		TEST(names_are_those_of_who_is_online),
		TEST(each_way_in_has_its_patience),
		TEST(no_pings_of_its_own_are_none),
		TEST(less_patience_is_counted_from_the_reload_on),
	};

	return cmocka_run_group_tests_name("guest", tests, NULL, NULL);
}
