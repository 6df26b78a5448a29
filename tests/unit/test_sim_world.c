#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

static const struct parameter ideal = {{(const uint8_t *)"model", 5},
				       {(const uint8_t *)"ideal", 5}};

static int set_scenario(struct world *world, uint32_t number, const char *name)
{
	struct sim_scenario told = {.scenario = number,
				    .name = slice_str(name),
				    .parameters = &ideal,
				    .parameter_count = 1};
	struct refusal refusal;

	return world_set_scenario(world, &told, &refusal);
}

static int set_node(struct world *world, uint32_t scenario, uint32_t number, const char *name)
{
	struct sim_node told = {.scenario = scenario, .node = number, .name = slice_str(name)};
	const char *why = NULL;
	bool added;
	int result = world_set_node(world, &told, &added, &why);

	assert_true((result < 0) == (why != NULL));
	return result < 0 ? -1 : added;
}

static const struct sim_node *node(const struct world *world, uint32_t scenario, uint32_t number)
{
	return world_node(world_scenario(world, scenario), number);
}

static void test_nodes_come_and_go(void **state)
{
	struct world world;
	char name[] = "uav1";

	(void)state;
	world_init(&world);
	assert_int_equal(set_scenario(&world, 3, "meadow"), 0);
	assert_int_equal(set_node(&world, 3, 1000, name), 1);
	name[0] = 'x'; /* the world has its own copy */
	assert_true(slice_equal(node(&world, 3, 1000)->name, slice_str("uav1")));
	assert_int_equal(set_node(&world, 3, 1000, "uav2"), 0);
	assert_true(slice_equal(node(&world, 3, 1000)->name, slice_str("uav2")));
	assert_null(node(&world, 3, 999));
	assert_null(node(&world, 3, 1u << 31));
	assert_int_equal(world.nodes, 1);
	world_remove_node(&world, 3, 1000);
	world_remove_node(&world, 3, 1000);
	world_remove_node(&world, 3, 77777);
	world_remove_node(&world, 4, 1);
	assert_null(node(&world, 3, 1000));
	assert_int_equal(world.nodes, 0);
	world_fini(&world);
}

static void test_same_number_in_two_scenarios(void **state)
{
	struct world world;

	(void)state;
	world_init(&world);
	assert_int_equal(set_scenario(&world, 1, "meadow"), 0);
	assert_int_equal(set_scenario(&world, 2, "canyon"), 0);
	assert_int_equal(set_node(&world, 1, 5, "uav1"), 1);
	assert_int_equal(set_node(&world, 2, 5, "uav2"), 1);
	world_remove_scenario(&world, 1);
	assert_null(world_scenario(&world, 1));
	assert_true(slice_equal(node(&world, 2, 5)->name, slice_str("uav2")));
	assert_int_equal(world.nodes, 1);
	/* of a scenario that is not there: passed over */
	assert_int_equal(set_node(&world, 1, 5, "uav1"), 0);
	assert_int_equal(world.nodes, 1);
	world_clear(&world);
	assert_int_equal(world.nodes, 0);
	assert_int_equal(world.node_places, 0);
	assert_null(world_scenario(&world, 2));
	world_fini(&world);
}

static void test_refused_scenario_keeps_its_nodes(void **state)
{
	struct world world;
	struct sim_scenario told = {.scenario = 1, .name = slice_str("meadow")};
	struct refusal refusal;

	(void)state;
	world_init(&world);
	assert_int_equal(set_scenario(&world, 1, "meadow"), 0);
	assert_int_equal(set_node(&world, 1, 1, "uav1"), 1);
	assert_int_equal(world_set_scenario(&world, &told, &refusal), -1);
	assert_false(world_scenario(&world, 1)->accepted);
	assert_int_equal(set_scenario(&world, 1, "meadow"), 0);
	assert_true(world_scenario(&world, 1)->accepted);
	assert_non_null(node(&world, 1, 1));
	world_fini(&world);
}

static void test_scenario_bounds(void **state)
{
	struct world world;

	(void)state;
	world_init(&world);
	assert_int_equal(set_scenario(&world, 0, "meadow"), -1);
	assert_int_equal(set_scenario(&world, WORLD_SCENARIO_MAX + 1, "meadow"), -1);
	assert_int_equal(set_scenario(&world, UINT32_MAX, "meadow"), -1);
	assert_int_equal(set_scenario(&world, 1, ""), -1);
	assert_int_equal(set_scenario(&world, 1, "a-name-of-thirty-three-characters"), -1);
	assert_false(world_scenario(&world, 1)->accepted);
	assert_int_equal(set_scenario(&world, 1, "a-name-of-thirty-two-characters-"), 0);
	assert_int_equal(set_scenario(&world, WORLD_SCENARIO_MAX, "meadow"), 0);
	world_fini(&world);
}

static void test_node_bounds(void **state)
{
	struct world world;

	(void)state;
	world_init(&world);
	for (uint32_t i = 1; i <= 8; i++) {
		assert_int_equal(set_scenario(&world, i, "meadow"), 0);
	}
	assert_int_equal(set_node(&world, 1, 0, "uav1"), -1);
	assert_int_equal(set_node(&world, 1, WORLD_NODE_MAX + 1, "uav1"), -1);
	assert_int_equal(set_node(&world, 1, UINT32_MAX, "uav1"), -1);
	assert_int_equal(set_node(&world, 1, 1, ""), -1);
	assert_int_equal(set_node(&world, 1, 1, "a-name-of-thirty-three-characters"), -1);
	/* the highest number in each of many scenarios would take too much memory */
	assert_int_equal(set_node(&world, 1, WORLD_NODE_MAX, "uav1"), 1);
	assert_int_equal(set_node(&world, 2, WORLD_NODE_MAX, "uav1"), 1);
	assert_int_equal(set_node(&world, 3, WORLD_NODE_MAX, "uav1"), -1);
	world_remove_scenario(&world, 1);
	assert_int_equal(set_node(&world, 3, WORLD_NODE_MAX, "uav1"), 1);
	world_fini(&world);
}

static void test_too_many_nodes(void **state)
{
	struct world world;

	(void)state;
	world_init(&world);
	assert_int_equal(set_scenario(&world, 1, "meadow"), 0);
	for (uint32_t i = 1; i <= WORLD_NODES_MAX; i++) {
		assert_int_equal(set_node(&world, 1, i, "uav"), 1);
	}
	assert_int_equal(set_node(&world, 1, WORLD_NODES_MAX + 1, "uav"), -1);
	assert_int_equal(set_node(&world, 1, WORLD_NODES_MAX, "uav"), 0);
	world_remove_node(&world, 1, 1);
	assert_int_equal(set_node(&world, 1, WORLD_NODES_MAX + 1, "uav"), 1);
	world_fini(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes_come_and_go),
		cmocka_unit_test(test_same_number_in_two_scenarios),
		cmocka_unit_test(test_refused_scenario_keeps_its_nodes),
		cmocka_unit_test(test_scenario_bounds),
		cmocka_unit_test(test_node_bounds),
		cmocka_unit_test(test_too_many_nodes),
	};

	return cmocka_run_group_tests_name("sim_world", tests, NULL, NULL);
}
