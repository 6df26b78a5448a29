/* A list that is longer than what one drone is told at a time, however fast it reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/fake_ports.h"

enum { OTHERS = 600, PAGE = 32, PAGES = 8 };

static struct fake_gateway gateway;
static struct fake_drone one;

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

/* --- who is only there to be listed --- */

static bool on_emit(void *ctx, const struct event *event, uint32_t max_frame)
{
	(void)ctx;
	(void)event;
	(void)max_frame;
	return true;
}

static size_t on_queued(const void *ctx)
{
	(void)ctx;
	return 0;
}

static void ignore(void *ctx)
{
	(void)ctx;
}

static const struct endpoint_ops extra_ops = {
	.emit = on_emit, .queued = on_queued, .resume = ignore, .close = ignore};

static void join_others(void)
{
	struct endpoint endpoint = {.ops = &extra_ops};
	char id[NAME_MAX_BYTES + 1];

	for (unsigned i = 0; i < OTHERS; i++) {
		struct session *session = core_attach(gateway.core, &endpoint);
		struct request request = {.kind = REQUEST_REGISTRATION};

		(void)snprintf(id, sizeof(id), "extra%u", i);
		request.registration = fake_registration(id);
		assert_int_equal(core_request(gateway.core, session, &request), CORE_TAKEN);
	}
}

static size_t told(void)
{
	size_t count = 0;

	for (uint32_t i = 0; i < FAKE_EVENTS; i++) {
		const struct fake_event *event = fake_last(&one, i);

		count += event && event->kind == EVENT_DRONES ? event->count : 0;
	}
	return count;
}

static void a_long_list_comes_in_shares(void **state)
{
	(void)state;
	join_others();
	fake_join(&gateway, &one, "uav1", NULL);
	assert_int_equal(fake_ask(&one, REQUEST_LIST_DRONES, NULL), CORE_TAKEN);
	assert_int_equal(fake_count(&one, EVENT_DRONES), PAGES);
	assert_int_equal(told(), PAGES * PAGE);
	assert_true(fake_find(&one, EVENT_DRONES)->more);
	/* the next one waits until this one is told */
	assert_int_equal(fake_ask(&one, REQUEST_LIST_SCENARIOS, NULL), CORE_HOLD);
	fake_drain(&one);
	assert_int_equal(told(), 2 * PAGES * PAGE);
	assert_int_equal(one.resumes, 0);
	fake_drain(&one);
	assert_int_equal(told(), OTHERS + 1);
	assert_false(fake_find(&one, EVENT_DRONES)->more);
	assert_int_equal(one.resumes, 1);
	assert_int_equal(fake_ask(&one, REQUEST_LIST_SCENARIOS, NULL), CORE_TAKEN);
	assert_non_null(fake_find(&one, EVENT_SCENARIOS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_long_list_comes_in_shares, setup, teardown),
	};

	return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
