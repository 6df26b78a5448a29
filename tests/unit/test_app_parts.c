/* The parts of the composition root that need no loop that runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/core_settings.h"
#include "app/descriptors.h"
#include "app/links.h"
#include "net/simlink_parts.h"

#include <stdio.h>
#include <sys/resource.h>

static struct settings settings; /* large */

static void add_simulator(const char *name, uint32_t connections, uint32_t max_in_flight)
{
	struct simulator_settings *simulator = &settings.simulators[settings.simulator_count++];

	*simulator = (struct simulator_settings){
		.address = {.host = "127.0.0.1", .port = 7700},
		.connections = connections,
		.max_in_flight = max_in_flight,
		.backoff_min_ms = 1,
		.backoff_max_ms = 1,
	};
	snprintf(simulator->name, sizeof(simulator->name), "%s", name);
}

static int set_up(void **state)
{
	(void)state;
	settings = (struct settings){.decode_arena_bytes = 65536, .reserved_descriptors = 128};
	add_simulator("", 2, 100);
	add_simulator("second", 1, 200);
	add_simulator("third", 3, 300);
	return 0;
}

/* --- descriptors --- */

static void leaves_descriptors_for_the_rest(void **state)
{
	(void)state;
	assert_int_equal(descriptors_allow(1024, 10, 129), 10);
	assert_int_equal(descriptors_allow(1024, 10000, 129), 1024 - 129);
	assert_int_equal(descriptors_allow(131, 10, 129), 2);
	assert_int_equal(descriptors_allow(128, 10, 129), 1);
	assert_int_equal(descriptors_allow(0, 10, 129), 1);
	assert_int_equal(descriptors_allow(UINT64_MAX, UINT32_MAX, 129), UINT32_MAX);
	settings.reserved_descriptors = 300;
	assert_true(descriptors_of_others(&settings, 64) == 364);
}

static void cuts_drones_to_what_the_system_allows(void **state)
{
	struct rlimit before, low;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = (struct rlimit){.rlim_cur = 200, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	settings.limits.max_drones = 50;
	descriptors_fit(&settings, 4, NULL);
	assert_int_equal(settings.limits.max_drones, 50);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(low.rlim_cur, 200);
	settings.limits.max_drones = 100; /* needs more, and gets it */
	descriptors_fit(&settings, 4, NULL);
	assert_int_equal(settings.limits.max_drones, 100);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(low.rlim_cur, 100 + 128 + 4);
	/* the most that the system gives is less than is wanted */
	settings.limits.max_drones = UINT32_MAX;
	descriptors_fit(&settings, 4, NULL);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(settings.limits.max_drones,
			 descriptors_allow(low.rlim_cur, UINT32_MAX, 128 + 4));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* --- what the core is told --- */

static void hands_every_simulator_to_the_core(void **state)
{
	static const struct simulator_config expected[] = {
		{"", 2, 100, false}, {"second", 1, 200, true}, {"third", 3, 300, false}};
	struct scenario_config scenario = {.name = "field"};
	struct core_settings core;

	(void)state;
	settings.limits.max_queued = 77;
	settings.simulators[1].window_fixed = true;
	settings.scenarios = &scenario;
	settings.scenario_count = 1;
	snprintf(settings.default_scenario, sizeof(settings.default_scenario), "field");
	core_settings_init(&core, &settings, NULL);
	assert_int_equal(core.config.limits.max_queued, 77);
	assert_ptr_equal(core.config.scenarios, &scenario);
	assert_int_equal(core.config.scenario_count, 1);
	assert_string_equal(core.config.default_scenario, "field");
	assert_int_equal(core.config.simulator_count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct simulator_config *simulator = &core.config.simulators[i];

		assert_string_equal(simulator->name, expected[i].name);
		assert_int_equal(simulator->connections, expected[i].connections);
		assert_int_equal(simulator->max_in_flight, expected[i].max_in_flight);
		assert_int_equal(simulator->window_fixed, expected[i].window_fixed);
	}
}

/* --- the lanes --- */

static void run_to_the_end(uv_loop_t *loop, struct net *net, struct links *links)
{
	links_stop(links);
	net_close(net);
	uv_run(loop, UV_RUN_DEFAULT);
	links_fini(links);
	net_fini(net);
	assert_int_equal(uv_loop_close(loop), 0);
}

/* Nothing connects: the loop turns only to close. The core is asked what is due. */
static struct core *small_core(const struct links *links)
{
	struct core_settings core;

	settings.limits = limits_default();
	settings.limits.max_drones = 4;
	core_settings_init(&core, &settings, NULL);
	core.config.first_session = 1;
	return core_new(&core.config, links->ports, clock_now());
}

static void makes_a_lane_of_every_connection(void **state)
{
	const char *why = NULL;
	struct links links;
	struct net net;
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(net_init(&net, &loop, NULL, &settings, &why), 0);
	assert_int_equal(links_wanted(&settings), 6);
	assert_int_equal(links_init(&links, &net, &why), 0);
	assert_int_equal(links.count, 6);
	for (size_t i = 0; i < 6; i++) {
		static const uint32_t simulators[] = {0, 0, 1, 2, 2, 2};
		static const uint32_t connections[] = {1, 2, 1, 1, 2, 3};

		const struct simlink *link = links.ports[i].ctx;

		assert_ptr_equal(links.ports[i].ops, &simlink_ops);
		assert_int_equal(link->lane, i);
		assert_int_equal(link->simulator, simulators[i]);
		assert_int_equal(link->connection, connections[i]);
	}
	net.core = small_core(&links);
	assert_non_null(net.core);
	run_to_the_end(&loop, &net, &links);
	core_free(net.core);
}

static void says_which_address_is_none(void **state)
{
	const char *why = NULL;
	struct links links;
	struct net net;
	uv_loop_t loop;

	(void)state;
	snprintf(settings.simulators[1].address.host, sizeof(settings.simulators[1].address.host),
		 "example.org");
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(net_init(&net, &loop, NULL, &settings, &why), 0);
	assert_int_equal(links_init(&links, &net, &why), -1);
	assert_non_null(strstr(why, "numeric"));
	assert_int_equal(links.count, 2);
	net.core = small_core(&links);
	run_to_the_end(&loop, &net, &links);
	core_free(net.core);
}

#define SIMULATORS(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIMULATORS(leaves_descriptors_for_the_rest),
		SIMULATORS(cuts_drones_to_what_the_system_allows),
		SIMULATORS(hands_every_simulator_to_the_core),
		SIMULATORS(makes_a_lane_of_every_connection),
		SIMULATORS(says_which_address_is_none),
	};

	return cmocka_run_group_tests_name("app_parts", tests, NULL, NULL);
}
