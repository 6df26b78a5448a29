/* Who can reach whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/topology.h"

static struct scenario scenario;
static struct member hub = {.scenario = &scenario}, one = {.scenario = &scenario},
		     two = {.scenario = &scenario};

static void expect(const struct member *from, const struct member *to, enum outcome fate,
		   const struct member *through)
{
	struct route route = topology_route(from, to);

	assert_int_equal(route.fate, fate);
	if (fate == OUTCOME_UNSPECIFIED) {
		assert_ptr_equal(route.hub, through);
	}
}

static void test_mesh(void **state)
{
	(void)state;
	scenario = (struct scenario){.config.topology = TOPOLOGY_MESH};
	expect(&one, &two, OUTCOME_UNSPECIFIED, NULL);
}

static void test_star(void **state)
{
	(void)state;
	scenario = (struct scenario){.config.topology = TOPOLOGY_STAR, .hub_member = &hub};
	expect(&one, &hub, OUTCOME_UNSPECIFIED, NULL);
	expect(&hub, &one, OUTCOME_UNSPECIFIED, NULL);
	expect(&one, &two, OUTCOME_UNSPECIFIED, &hub);
	scenario.hub_member = NULL;
	expect(&one, &two, OUTCOME_NO_ROUTE, NULL);
}

static void test_star_deny(void **state)
{
	(void)state;
	scenario = (struct scenario){
		.config = {.topology = TOPOLOGY_STAR, .spoke_to_spoke = SPOKES_DENY},
		.hub_member = &hub,
	};
	expect(&one, &hub, OUTCOME_UNSPECIFIED, NULL);
	expect(&hub, &one, OUTCOME_UNSPECIFIED, NULL);
	expect(&one, &two, OUTCOME_NOT_ALLOWED, NULL);
	scenario.hub_member = NULL;
	expect(&one, &two, OUTCOME_NOT_ALLOWED, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mesh),
		cmocka_unit_test(test_star),
		cmocka_unit_test(test_star_deny),
	};

	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
