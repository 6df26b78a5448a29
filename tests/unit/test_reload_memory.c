/* A reload for which memory is out changes nothing, wherever it runs out. The sources that
 * allocate for it are compiled in here, with allocations that the test can let fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>

static uint32_t allowed; /* allocations until the next one fails */

static bool may_allocate(void);
static void *failing_malloc(size_t size);
static void *failing_calloc(size_t count, size_t size);
static void *failing_realloc(void *memory, size_t size);

#define malloc failing_malloc
#define calloc failing_calloc
#define realloc failing_realloc
/* NOLINTBEGIN(bugprone-suspicious-include) */
#include "core/expiry.c"
#include "core/reload.c"
#include "core/scenario.c"
/* NOLINTEND(bugprone-suspicious-include) */
#undef malloc
#undef calloc
#undef realloc

#include "lib/fake_ports.h"

static bool may_allocate(void)
{
	if (!allowed) {
		return false;
	}
	allowed--;
	return true;
}

static void *failing_malloc(size_t size)
{
	return may_allocate() ? malloc(size) : NULL;
}

static void *failing_calloc(size_t count, size_t size)
{
	return may_allocate() ? calloc(count, size) : NULL;
}

static void *failing_realloc(void *memory, size_t size)
{
	return may_allocate() ? realloc(memory, size) : NULL;
}

static struct fake_gateway gateway;
static struct fake_drone one, two;
static struct parameter parameters[] = {
	{{(const uint8_t *)"model", 5}, {(const uint8_t *)"free-space", 10}},
	{{(const uint8_t *)"seed", 4}, {(const uint8_t *)"7", 1}},
};

/* Another channel for alpha, another simulator for beta, gamma gone, a new one, other times. */
static void change_all(void)
{
	struct scenario_config *scenarios = gateway.scenarios;

	scenarios[FAKE_ALPHA].parameters = parameters;
	scenarios[FAKE_ALPHA].parameter_count = 2;
	memcpy(scenarios[FAKE_BETA].simulator, "other", sizeof("other"));
	memcpy(scenarios[FAKE_GAMMA].name, "delta", sizeof("delta"));
	scenarios[FAKE_STAR].timeout_ms = 77;
	scenarios[FAKE_SLOW].timeout_ms = 78;
	gateway.config.limits.queue_ms = 79;
	gateway.config.limits.max_groups_per_drone = 1;
}

static void expect_unchanged(struct scenario *const *before, uint32_t orders)
{
	const struct core *core = gateway.core;

	assert_int_equal(core->scenario_count, FAKE_SCENARIOS);
	for (uint32_t i = 0; i < FAKE_SCENARIOS; i++) {
		assert_ptr_equal(core->scenarios[i], before[i]);
		assert_int_equal(before[i]->number, i + 1);
		assert_ptr_equal(core->numbers.by_number[i], before[i]);
		assert_false(before[i]->retired);
	}
	for (uint32_t i = FAKE_SCENARIOS; i < core->numbers.high; i++) {
		assert_null(core->numbers.by_number[i]);
	}
	assert_int_equal(core->lanes[0].scenarios, FAKE_SCENARIOS);
	assert_int_equal(core->lanes[1].scenarios, 0);
	assert_int_equal(core->limits.max_groups_per_drone, 16);
	assert_int_equal(gateway.sim.order_count, orders);
}

/* A gateway as it is before the reload. */
static void open_gateway(void)
{
	struct limits limits = fake_limits();

	allowed = UINT32_MAX;
	fake_configure(&gateway, &limits);
	gateway.config.simulator_count = 2;
	fake_start(&gateway);
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
}

static void expect_flying(void)
{
	fake_send(&one, "uav2", "hello", REPORT_WISH_NONE);
	fake_answer(&gateway);
	assert_int_equal(fake_last(&two, 0)->kind, EVENT_DELIVERY);
	assert_true(fake_all_is_over(&gateway));
}

/* With that many allocations. False: it failed, as it must then. */
static bool reload_with(uint32_t allocations)
{
	struct scenario *before[FAKE_SCENARIOS];
	uint32_t events, orders;
	int status;

	open_gateway();
	memcpy(before, gateway.core->scenarios, sizeof(before));
	events = one.count;
	orders = gateway.sim.order_count;
	change_all();
	allowed = allocations;
	status = core_reload(gateway.core, &gateway.config);
	allowed = UINT32_MAX;
	if (status < 0) {
		expect_unchanged(before, orders);
		assert_int_equal(one.count, events);
		expect_flying();
		/* when there is memory again it is taken in */
		fake_reload(&gateway);
	}
	assert_int_not_equal(gateway.core->scenarios[FAKE_ALPHA]->number, 1);
	assert_int_equal(gateway.core->scenarios[FAKE_BETA]->lane->index, 1);
	assert_int_equal(gateway.core->limits.queue_ms, 79);
	fake_accept(&gateway, 0);
	expect_flying();
	fake_close(&gateway);
	return status == 0;
}

static void test_every_allocation_fails(void **state)
{
	uint32_t count = 0;

	(void)state;
	while (!reload_with(count)) {
		count++;
	}
	assert_true(count > 10);
}

/* A core that cannot take in what it starts with does not start. */
static void test_start(void **state)
{
	struct limits limits = fake_limits();
	struct sim_port port = {0};
	struct core *core = NULL;

	(void)state;
	fake_configure(&gateway, &limits);
	for (uint32_t i = 0; !core; i++) {
		assert_true(i < 1000);
		allowed = i;
		core = core_new(&gateway.config, &port, gateway.now);
	}
	core_free(core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_allocation_fails),
		cmocka_unit_test(test_start),
	};

	return cmocka_run_group_tests_name("reload_memory", tests, NULL, NULL);
}
