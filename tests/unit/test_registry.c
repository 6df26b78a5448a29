/* Sessions by index, id and callsign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/registry.h"

static struct session *session_of(struct registry *registry, uint64_t number, const char *id,
				  const char *callsign)
{
	struct session *session = calloc(1, sizeof(*session));

	assert_non_null(session);
	session->number = number;
	session->state = SESSION_ACTIVE;
	session->id = name_of(slice_str(id));
	if (callsign) {
		session->callsign = callsign_new(slice_str(callsign));
	}
	assert_int_equal(registry_add(registry, session), 0);
	return session;
}

static void drop(struct registry *registry, struct session *session)
{
	registry_remove(registry, session);
	callsign_drop(session->callsign);
	free(session);
}

static void test_names(void **state)
{
	struct registry registry;
	struct session *one, *two;

	(void)state;
	registry_init(&registry, (struct hash_key){1, 2});
	one = session_of(&registry, 1, "uav1", NULL);
	two = session_of(&registry, 2, "uav2", "Leader");
	assert_null(registry_by_id(&registry, slice_str("uav1")));
	assert_int_equal(registry_enlist(&registry, one), 0);
	assert_int_equal(registry_enlist(&registry, two), 0);
	assert_int_equal(registry.online, 2);
	assert_ptr_equal(registry_by_id(&registry, slice_str("uav1")), one);
	assert_ptr_equal(registry_by_id(&registry, slice_str("uav2")), two);
	assert_null(registry_by_id(&registry, slice_str("uav")));
	assert_null(registry_by_id(&registry, slice_str("Leader")));
	/* who goes by its id is found by its id alone */
	assert_null(registry_by_callsign(&registry, slice_str("uav1")));
	assert_ptr_equal(registry_by_callsign(&registry, slice_str("Leader")), two);
	registry_delist(&registry, two);
	assert_null(registry_by_callsign(&registry, slice_str("Leader")));
	assert_int_equal(registry_enlist(&registry, two), 0);
	assert_int_equal(registry_rename(&registry, two, NULL), 0);
	assert_null(registry_by_callsign(&registry, slice_str("Leader")));
	assert_true(slice_equal(session_callsign(two), slice_str("uav2")));
	registry_delist(&registry, one);
	registry_delist(&registry, two);
	assert_null(registry_by_id(&registry, slice_str("uav2")));
	assert_int_equal(registry.online, 0);
	drop(&registry, one);
	drop(&registry, two);
	registry_fini(&registry);
}

/* A callsign is the session's from then on; the one before is free, in both tables' sense. */
static void test_rename(void **state)
{
	struct registry registry;
	struct session *one, *two;

	(void)state;
	registry_init(&registry, (struct hash_key){1, 2});
	one = session_of(&registry, 1, "uav1", NULL);
	two = session_of(&registry, 2, "uav2", "Red");
	assert_int_equal(registry_enlist(&registry, one), 0);
	assert_int_equal(registry_enlist(&registry, two), 0);
	assert_int_equal(registry_rename(&registry, one, callsign_new(slice_str("Blue"))), 0);
	assert_ptr_equal(registry_by_callsign(&registry, slice_str("Blue")), one);
	assert_true(slice_equal(session_callsign(one), slice_str("Blue")));
	assert_int_equal(registry_rename(&registry, two, callsign_new(slice_str("Green"))), 0);
	assert_null(registry_by_callsign(&registry, slice_str("Red")));
	assert_ptr_equal(registry_by_callsign(&registry, slice_str("Green")), two);
	/* they change names with each other, one after the other */
	assert_int_equal(registry_rename(&registry, one, NULL), 0);
	assert_int_equal(registry_rename(&registry, two, callsign_new(slice_str("Blue"))), 0);
	assert_int_equal(registry_rename(&registry, one, callsign_new(slice_str("Green"))), 0);
	assert_ptr_equal(registry_by_callsign(&registry, slice_str("Blue")), two);
	assert_ptr_equal(registry_by_callsign(&registry, slice_str("Green")), one);
	assert_ptr_equal(registry_by_id(&registry, slice_str("uav1")), one);
	registry_delist(&registry, one);
	registry_delist(&registry, two);
	assert_null(registry_by_callsign(&registry, slice_str("Green")));
	drop(&registry, one);
	drop(&registry, two);
	registry_fini(&registry);
}

/* An index is used again; what was meant for the one before does not reach the next. */
static void test_same_index(void **state)
{
	struct registry registry;
	struct session *one, *two;
	uint32_t index;

	(void)state;
	registry_init(&registry, (struct hash_key){1, 2});
	one = session_of(&registry, 1, "uav1", NULL);
	index = one->index;
	assert_ptr_equal(registry_numbered(&registry, index, 1), one);
	assert_null(registry_numbered(&registry, 1000000, 1));
	one->state = SESSION_ENDED;
	assert_null(registry_numbered(&registry, index, 1));
	drop(&registry, one);
	assert_null(registry_numbered(&registry, index, 1));
	two = session_of(&registry, 2, "uav1", NULL);
	assert_int_equal(two->index, index);
	assert_null(registry_numbered(&registry, index, 1));
	assert_ptr_equal(registry_numbered(&registry, index, 2), two);
	drop(&registry, two);
	registry_fini(&registry);
}

static void test_many(void **state)
{
	enum { MANY = 300 };
	static struct session *sessions[MANY];
	struct registry registry;
	char id[16];

	(void)state;
	registry_init(&registry, (struct hash_key){1, 2});
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(id, sizeof(id), "uav%u", i);
		sessions[i] = session_of(&registry, i, id, NULL);
		assert_int_equal(sessions[i]->index, i);
		assert_int_equal(registry_enlist(&registry, sessions[i]), 0);
	}
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(id, sizeof(id), "uav%u", i);
		assert_ptr_equal(registry_by_id(&registry, slice_str(id)), sessions[i]);
		registry_delist(&registry, sessions[i]);
		drop(&registry, sessions[i]);
		assert_null(registry_by_id(&registry, slice_str(id)));
	}
	assert_int_equal(registry.sessions.free_count, registry.sessions.high);
	registry_fini(&registry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_rename),
		cmocka_unit_test(test_same_index),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
