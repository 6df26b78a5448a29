/* Ten thousand times that are up at one moment: all is done in one tick, each once, and nothing
 * is due any more until the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/state.h"
#include "lib/fake_ports.h"

enum { CROWD = 10000, EACH = 4 };

/* A drone that is only counted. */
struct counted {
	struct session *session;
	uint32_t pings, goodbyes, timeouts;
	enum goodbye_reason reason;
};

static struct fake_gateway gateway;
static struct counted crowd[CROWD];

static bool on_emit(void *ctx, const struct event *event, uint32_t max_frame)
{
	struct counted *drone = ctx;

	(void)max_frame;
	drone->pings += event->kind == EVENT_PING;
	if (event->kind == EVENT_SEND_REPORT) {
		drone->timeouts += event->report.outcomes[0].outcome == OUTCOME_SIMULATOR_TIMEOUT;
	}
	if (event->kind == EVENT_GOODBYE) {
		drone->goodbyes++;
		drone->reason = event->goodbye.reason;
	}
	return true;
}

static size_t on_queued(const void *ctx)
{
	(void)ctx;
	return 0;
}

static void on_resume(void *ctx)
{
	(void)ctx;
}

static void on_close(void *ctx)
{
	((struct counted *)ctx)->session = NULL;
}

static const struct endpoint_ops counted_ops = {
	.emit = on_emit, .queued = on_queued, .resume = on_resume, .close = on_close};

static void ask(struct counted *drone, struct request *request)
{
	request->ref = 1;
	assert_int_equal(core_request(gateway.core, drone->session, request), CORE_TAKEN);
}

static void name_of_number(char name[NAME_MAX_BYTES + 1], uint32_t number)
{
	(void)snprintf(name, NAME_MAX_BYTES + 1, "uav%u", (unsigned)number);
}

static void connect_all(void)
{
	for (uint32_t i = 0; i < CROWD; i++) {
		struct endpoint endpoint = {.ops = &counted_ops, .ctx = &crowd[i]};

		crowd[i] = (struct counted){0};
		crowd[i].session = core_attach(gateway.core, &endpoint);
		assert_non_null(crowd[i].session);
	}
}

static void register_all(const char *scenario)
{
	char name[NAME_MAX_BYTES + 1];

	for (uint32_t i = 0; i < CROWD; i++) {
		struct request request = {.kind = REQUEST_REGISTRATION};

		name_of_number(name, i);
		request.registration = fake_registration(name);
		request.registration.presence = PRESENCE_WISH_NONE;
		request.registration.scenario = slice_str(scenario);
		ask(&crowd[i], &request);
	}
}

static int setup(void **state)
{
	struct limits limits = fake_limits();

	(void)state;
	limits.max_unregistered = CROWD;
	limits.max_in_flight = CROWD * EACH;
	fake_open(&gateway, &limits);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_close(&gateway);
	return 0;
}

static bool all_ended(enum goodbye_reason reason)
{
	bool all = core_sessions(gateway.core) == 0;

	for (uint32_t i = 0; i < CROWD; i++) {
		all = all && crowd[i].goodbyes == 1 && crowd[i].reason == reason;
	}
	return all;
}

static void newcomers_who_say_nothing(void **state)
{
	(void)state;
	connect_all();
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 1000000);
	fake_pass(&gateway, 999999);
	assert_int_equal(core_sessions(gateway.core), CROWD);
	fake_pass(&gateway, 1);
	assert_true(all_ended(GOODBYE_PROTOCOL_ERROR));
	assert_int_equal(core_next_deadline(gateway.core), UINT64_MAX);
}

static void drones_that_fall_silent(void **state)
{
	(void)state;
	connect_all();
	register_all(NULL);
	fake_pass(&gateway, 10000); /* who came is told */
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 990000);
	fake_pass(&gateway, 990000);
	for (uint32_t i = 0; i < CROWD; i++) {
		assert_int_equal(crowd[i].pings, 1);
	}
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 1000000);
	fake_pass(&gateway, 2000000);
	assert_true(all_ended(GOODBYE_IDLE_TIMEOUT));
}

static void messages_that_nobody_answers(void **state)
{
	char name[NAME_MAX_BYTES + 1];

	(void)state;
	fake_sim_up(&gateway);
	/* as far as it grows behind a simulator that answers all at once */
	gateway.core->lanes[0].window.size = gateway.core->lanes[0].window.most;
	connect_all();
	register_all("alpha");
	fake_pass(&gateway, 10000);
	for (uint32_t i = 0; i < CROWD; i++) {
		struct request request = {.kind = REQUEST_SEND,
					  .send = {.to = SEND_TO_DRONE, .report = REPORT_WISH_ALL}};

		name_of_number(name, (i + 1) % CROWD);
		request.send.name = slice_str(name);
		for (int j = 0; j < EACH; j++) {
			ask(&crowd[i], &request);
		}
	}
	assert_int_equal(core_in_flight(gateway.core), CROWD * EACH);
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 100000);
	fake_pass(&gateway, 99999);
	assert_int_equal(core_in_flight(gateway.core), CROWD * EACH);
	fake_pass(&gateway, 1);
	assert_int_equal(core_in_flight(gateway.core), 0);
	for (uint32_t i = 0; i < CROWD; i++) {
		assert_int_equal(crowd[i].timeouts, EACH);
	}
	assert_true(fake_accounts_close(&gateway));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(newcomers_who_say_nothing),
		TEST(drones_that_fall_silent),
		TEST(messages_that_nobody_answers),
	};

	return cmocka_run_group_tests_name("many_deadlines", tests, NULL, NULL);
}
