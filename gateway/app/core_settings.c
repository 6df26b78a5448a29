#include "app/core_settings.h"

/* Both are of NAME_MAX_BYTES + 1. */
static void copy_name(char *to, const char *from)
{
	memcpy(to, from, NAME_MAX_BYTES + 1);
}

void core_settings_init(struct core_settings *core, const struct settings *settings,
			struct log *log)
{
	*core = (struct core_settings){
		.config =
			{
				.limits = settings->limits,
				.simulators = core->simulators,
				.simulator_count = settings->simulator_count,
				.scenarios = settings->scenarios,
				.scenario_count = settings->scenario_count,
				.log = log,
			},
	};
	copy_name(core->config.default_scenario, settings->default_scenario);
	for (size_t i = 0; i < settings->simulator_count; i++) {
		const struct simulator_settings *from = &settings->simulators[i];

		core->simulators[i].connections = from->connections;
		core->simulators[i].max_in_flight = from->max_in_flight;
		core->simulators[i].window_fixed = from->window_fixed;
		copy_name(core->simulators[i].name, from->name);
	}
}
