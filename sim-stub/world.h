/* What one gateway has told: its scenarios and the nodes in them, found by their
 * numbers in arrays. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "models/parameters.h"

/* Numbers are small by the protocol; these bounds keep a hostile gateway from
 * asking for all memory. */
#define WORLD_SCENARIO_MAX 65536u   /* highest number of a scenario */
#define WORLD_NODE_MAX (1u << 20)   /* highest number of a node */
#define WORLD_NODES_MAX (1u << 18)  /* nodes in all */
#define WORLD_PLACES_MAX (1u << 22) /* places of node arrays in all */

/* An array of pointers by number, that grows as numbers come. */
struct places {
	void **at;
	uint32_t count;
};

struct world_node {
	struct sim_node node; /* node.name stands in `name` */
	char name[NAME_MAX_BYTES];
};

struct world_scenario {
	char name[NAME_MAX_BYTES];
	size_t name_size;
	bool accepted; /* `channel` is valid */
	struct channel channel;
	struct places nodes; /* of struct world_node */
};

struct world {
	struct places scenarios; /* of struct world_scenario */
	uint32_t nodes;		 /* nodes in all */
	uint32_t node_places;	 /* places in all node arrays */
};

void world_init(struct world *world);
void world_fini(struct world *world);
/* Forgets everything. */
void world_clear(struct world *world);

/* Adds the scenario, or gives it new parameters; its nodes stay. 0, or -1 and
 * *refusal: a scenario that was there stays then, but is no longer accepted. */
int world_set_scenario(struct world *world, const struct sim_scenario *told,
		       struct refusal *refusal) __attribute__((warn_unused_result));
void world_remove_scenario(struct world *world, uint32_t number);

/* Adds or replaces a node; one of a scenario that is not there is passed over.
 * 0, or -1 and *why (static) for what breaks the protocol or the bounds. *added
 * says whether it was not there before. */
int world_set_node(struct world *world, const struct sim_node *told, bool *added, const char **why)
	__attribute__((warn_unused_result));
void world_remove_node(struct world *world, uint32_t scenario_number, uint32_t number);

/* NULL when there is none of that number. */
static inline void *places_find(const struct places *places, uint32_t number)
{
	return number < places->count ? places->at[number] : NULL;
}

static inline struct world_scenario *world_scenario(const struct world *world, uint32_t scenario)
{
	return places_find(&world->scenarios, scenario);
}

static inline const struct sim_node *world_node(const struct world_scenario *scenario,
						uint32_t node)
{
	const struct world_node *found = places_find(&scenario->nodes, node);

	return found ? &found->node : NULL;
}

#endif
