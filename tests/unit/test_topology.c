/* Who can reach whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/topology.h"

static void test_mesh(void **state)
{
	int places[2];
	struct scenario *alpha = (struct scenario *)&places[0];
	struct scenario *beta = (struct scenario *)&places[1];
	struct session sender = {.scenario = alpha}, near = {.scenario = alpha};
	struct session far = {.scenario = beta}, nowhere = {0};

	(void)state;
	assert_int_equal(topology_route(&sender, &near), OUTCOME_UNSPECIFIED);
	assert_int_equal(topology_route(&sender, &far), OUTCOME_NO_ROUTE);
	assert_int_equal(topology_route(&sender, &nowhere), OUTCOME_NO_ROUTE);
	assert_int_equal(topology_route(&sender, &sender), OUTCOME_NOT_ALLOWED);
	assert_int_equal(topology_route(&sender, NULL), OUTCOME_TARGET_OFFLINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mesh),
	};

	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
