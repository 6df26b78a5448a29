#include "world.h"

#include <stdlib.h>

#include "models/text.h"

enum { PLACES_FIRST = 16 };

/* ---------------------------------------------------------------- places */

/* What `count` becomes so that `number` has its place. */
static uint32_t places_wanted(const struct places *places, uint32_t number)
{
	uint32_t count = places->count ? places->count : PLACES_FIRST;

	while (count <= number) {
		count *= 2;
	}
	return count;
}

static int places_grow(struct places *places, uint32_t count)
{
	void **at = reallocarray(places->at, count, sizeof(*at));

	if (!at) {
		return -1;
	}
	memset(at + places->count, 0, (count - places->count) * sizeof(*at));
	places->at = at;
	places->count = count;
	return 0;
}

/* ------------------------------------------------------------- scenarios */

void world_init(struct world *world)
{
	*world = (struct world){0};
}

static void free_scenario(struct world *world, struct world_scenario *scenario)
{
	for (uint32_t i = 0; i < scenario->nodes.count; i++) {
		world->nodes -= scenario->nodes.at[i] != NULL;
		free(scenario->nodes.at[i]);
	}
	world->node_places -= scenario->nodes.count;
	free(scenario->nodes.at);
	free(scenario);
}

void world_remove_scenario(struct world *world, uint32_t number)
{
	struct world_scenario *scenario = world_scenario(world, number);

	if (scenario) {
		free_scenario(world, scenario);
		world->scenarios.at[number] = NULL;
	}
}

void world_clear(struct world *world)
{
	for (uint32_t i = 0; i < world->scenarios.count; i++) {
		world_remove_scenario(world, i);
	}
}

void world_fini(struct world *world)
{
	world_clear(world);
	free(world->scenarios.at);
	world_init(world);
}

static int refuse(struct refusal *refusal, const char *why)
{
	struct text text = text_in(refusal->text, sizeof(refusal->text));

	text_add(&text, why);
	return -1;
}

static bool name_is_fit(struct slice name)
{
	return name.size >= 1 && name.size <= NAME_MAX_BYTES;
}

/* The scenario of that number, made if need be. NULL when memory is out. */
static struct world_scenario *claim_scenario(struct world *world, uint32_t number)
{
	struct places *places = &world->scenarios;

	if (number >= places->count && places_grow(places, places_wanted(places, number)) < 0) {
		return NULL;
	}
	if (!places->at[number]) {
		places->at[number] = calloc(1, sizeof(struct world_scenario));
	}
	return places->at[number];
}

int world_set_scenario(struct world *world, const struct sim_scenario *told,
		       struct refusal *refusal)
{
	struct world_scenario *scenario;

	if (told->scenario == 0 || told->scenario > WORLD_SCENARIO_MAX) {
		return refuse(refusal, "the scenario's number is not from 1 to 65536");
	}
	scenario = claim_scenario(world, told->scenario);
	if (!scenario) {
		return refuse(refusal, "the simulator is out of memory");
	}
	scenario->accepted = false;
	if (!name_is_fit(told->name)) {
		return refuse(refusal, "the scenario's name is not 1 to 32 bytes long");
	}
	memcpy(scenario->name, told->name.data, told->name.size);
	scenario->name_size = told->name.size;
	if (parameters_read(told->parameters, told->parameter_count, &scenario->channel, refusal) <
	    0) {
		return -1;
	}
	scenario->accepted = true;
	return 0;
}

/* ----------------------------------------------------------------- nodes */

static int claim_place(struct world *world, struct places *nodes, uint32_t number, const char **why)
{
	uint32_t more;

	if (number < nodes->count) {
		return 0;
	}
	more = places_wanted(nodes, number) - nodes->count;
	if (more > WORLD_PLACES_MAX - world->node_places) {
		*why = "node numbers are too high for so many scenarios";
		return -1;
	}
	if (places_grow(nodes, nodes->count + more) < 0) {
		*why = "out of memory";
		return -1;
	}
	world->node_places += more;
	return 0;
}

static struct world_node *claim_node(struct world *world, struct places *nodes, uint32_t number,
				     const char **why)
{
	if (claim_place(world, nodes, number, why) < 0) {
		return NULL;
	}
	if (nodes->at[number]) {
		return nodes->at[number];
	}
	if (world->nodes == WORLD_NODES_MAX) {
		*why = "too many nodes";
		return NULL;
	}
	nodes->at[number] = malloc(sizeof(struct world_node));
	if (!nodes->at[number]) {
		*why = "out of memory";
		return NULL;
	}
	world->nodes++;
	return nodes->at[number];
}

int world_set_node(struct world *world, const struct sim_node *told, bool *added, const char **why)
{
	struct world_scenario *scenario = world_scenario(world, told->scenario);
	struct world_node *node;
	uint32_t nodes = world->nodes;

	*added = false;
	if (told->node == 0 || told->node > WORLD_NODE_MAX) {
		*why = "a node's number is not from 1 to 1048576";
		return -1;
	}
	if (!name_is_fit(told->name)) {
		*why = "a node's name is not 1 to 32 bytes long";
		return -1;
	}
	if (!scenario) {
		return 0;
	}
	node = claim_node(world, &scenario->nodes, told->node, why);
	if (!node) {
		return -1;
	}
	node->node = *told;
	memcpy(node->name, told->name.data, told->name.size);
	node->node.name = slice_of(node->name, told->name.size);
	*added = world->nodes > nodes;
	return 0;
}

void world_remove_node(struct world *world, uint32_t scenario_number, uint32_t number)
{
	struct world_scenario *scenario = world_scenario(world, scenario_number);
	struct world_node *node = scenario ? places_find(&scenario->nodes, number) : NULL;

	if (node) {
		free(node);
		scenario->nodes.at[number] = NULL;
		world->nodes--;
	}
}
