/* Limits, simulators and scenarios: drawn at the start of a run, and again for each
 * reload. */
#include <stdio.h>

#include "world.h"

/* Either so small that it is met all the time, or as good as none. */
static uint32_t small_or(struct world *world, unsigned percent, uint32_t least, uint32_t most,
			 uint32_t otherwise)
{
	return world_chance(world, percent) ? world_between(world, least, most) : otherwise;
}

struct limits setup_limits(struct world *world)
{
	static const uint32_t frames[] = {2048, 4096, 16384, 65536};
	uint32_t drones = world->drone_count;
	struct limits limits = {
		.max_drones = small_or(world, 10, drones - 3, drones, 100),
		.max_unregistered = small_or(world, 10, 1, 3, 100),
		.register_timeout_ms = world_between(world, 500, 5000),
		.frame_timeout_ms = world_between(world, 500, 10000),
		.ping_interval_ms = small_or(world, 80, 200, 5000, 0),
		.idle_timeout_ms = world_between(world, 1000, 10000),
		.takeover_ms = world_between(world, 150, 2000),
		.max_frame_bytes = frames[world_below(world, 4)],
		.max_frame_bytes_unregistered = world_between(world, 1000, 2048),
		.output_soft_ms = world_between(world, 200, 5000),
		.max_in_flight = small_or(world, 25, 1, 6, 65536),
		.max_in_flight_per_drone = small_or(world, 50, 1, 4, 64),
		.max_in_flight_bytes = small_or(world, 25, 200, 6000, 1u << 30),
		.max_waiting = small_or(world, 30, 1, 5, 100000),
		.max_waiting_per_drone = small_or(world, 20, 1, 6, 16384),
		.max_waiting_bytes = small_or(world, 15, 200, 8000, 1u << 30),
		.max_waiting_bytes_per_drone = small_or(world, 15, 200, 8000, 1u << 30),
		.max_queued = small_or(world, 30, 1, 6, 10000),
		.queue_ms = world_between(world, 20, 3000),
		.max_stray_results = world_between(world, 1, 60),
		.max_groups_per_drone = world_between(world, 1, FLOW_MOST_GROUPS),
		.max_takeovers_per_minute = small_or(world, 60, 1, 3, 100),
		.takeover_ban_ms = world_between(world, 100, 4000),
		.rate_messages = small_or(world, 15, 1, 30, 0),
		.rate_bytes = small_or(world, 12, 20000, 60000, 0),
		.rate_refuse = world_chance(world, 50),
		.auth_delay_ms = world_between(world, 0, 200),
		.auth_max_failures = small_or(world, 80, 1, 2, 20),
		.auth_ban_ms = world_between(world, 100, 6000),
		.retry_spread_ms = world_between(world, 0, 5000),
		.presence_interval_ms = world_between(world, 1, 100),
		.presence_backlog = small_or(world, 40, 1, 12, 512),
	};

	limits.output_soft_bytes = world_between(world, 400, 8000);
	limits.output_hard_bytes =
		limits.max_frame_bytes_unregistered + 1000 + world_between(world, 0, 60000);
	if (limits.output_soft_bytes > limits.output_hard_bytes) {
		limits.output_soft_bytes = limits.output_hard_bytes;
	}
	return limits;
}

void setup_simulators(struct world *world)
{
	world->simulator_count = world_chance(world, 60) ? FLOW_SIMULATORS : 1;
	world->lane_count = 0;
	for (uint32_t i = 0; i < world->simulator_count; i++) {
		struct simulator_config *simulator = &world->simulators[i];

		*simulator = (struct simulator_config){
			.connections = world_between(world, 1, FLOW_MOST_CONNECTIONS),
			.max_in_flight = small_or(world, 40, 1, 8, 65536),
			.window_fixed = world_chance(world, 40),
		};
		snprintf(simulator->name, sizeof(simulator->name), "%s", i ? "second" : "");
		for (uint32_t j = 0; j < simulator->connections; j++) {
			world->lanes[world->lane_count++].simulator = i;
		}
	}
}

static void give_star(struct world *world, struct scenario_config *config)
{
	config->topology = TOPOLOGY_STAR;
	config->spoke_to_spoke = world_chance(world, 80) ? SPOKES_RELAY : SPOKES_DENY;
	/* a hub that is often there, and now and then one that never comes */
	snprintf(config->hub, sizeof(config->hub), "uav%u",
		 world_chance(world, 94) ? world_below(world, 3) : 99);
}

static void give_parameter(struct world *world, struct scenario_config *config,
			   struct parameter *parameter)
{
	static const char *const models[] = {"flow", "free-space", "two-ray"};

	*parameter =
		(struct parameter){slice_str("model"), slice_str(models[world_below(world, 3)])};
	config->parameters = parameter;
	config->parameter_count = 1;
}

struct scenario_config setup_scenario(struct world *world, uint32_t place)
{
	struct scenario_config config = {
		.topology = TOPOLOGY_MESH,
		.max_drones = place == 3 ? 2 : 100,
		.timeout_ms = world_between(world, 50, 1000),
		.delay_real = world_chance(world, 50),
		.link_cache = world_chance(world, 60),
		.on_simulator_down = (enum down_policy)world_below(world, 3),
		.has_origin = world_chance(world, 50),
		.origin_latitude_deg = 47.3977,
		.origin_longitude_deg = 8.5461,
	};

	if (place == 2 || world_chance(world, place == 1 ? 50 : 30)) {
		give_star(world, &config);
	}
	snprintf(config.name, sizeof(config.name), "%s", world->places[place].name);
	snprintf(config.description, sizeof(config.description), "made at %u", world->step);
	snprintf(config.simulator, sizeof(config.simulator), "%s",
		 world->simulators[world_below(world, world->simulator_count)].name);
	access_draw_allow(world, config.allow);
	give_parameter(world, &config, world_take(world, sizeof(struct parameter)));
	return config;
}

uint32_t setup_default(struct world *world)
{
	uint32_t place = world_chance(world, 30) ? world_between(world, 1, FLOW_USUAL_PLACES) : 0;

	return world->places[place].grid ? place : 0;
}

struct core_config setup_config(struct world *world, struct scenario_config *configs)
{
	struct core_config config = {
		.limits = world->limits,
		.key = world->key,
		.first_session = 1,
		.simulators = world->simulators,
		.simulator_count = world->simulator_count,
		.scenarios = configs,
		.access = {&flow_access_ops, world},
	};

	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		if (world->places[i].grid) {
			configs[config.scenario_count++] = world->places[i].grid->config;
		}
	}
	snprintf(config.default_scenario, sizeof(config.default_scenario), "%s",
		 place_name(world, world->default_place));
	return config;
}
