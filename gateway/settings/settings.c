/* The file is read line by line into a draft, every mistake is told, then the
 * rules between keys are checked. Settings come out only when nothing was told. */
#include "settings/settings.h"

#include "settings/draft.h"

#include <stdlib.h>

/* A scenario without a bound of its own takes as many drones as the gateway. */
static void bound_scenarios(struct settings *settings)
{
	for (size_t i = 0; i < settings->scenario_count; i++) {
		settings->scenarios[i].timeout_ms = settings->simulators[0].timeout_ms;
		settings->scenarios[i].on_simulator_down =
			settings->simulators[0].on_simulator_down;
		if (settings->scenarios[i].max_drones == 0) {
			settings->scenarios[i].max_drones = settings->limits.max_drones;
		}
	}
}

struct settings *settings_load(const char *file, settings_complain_fn complain, void *ctx)
{
	struct draft draft = {
		.report = {.file = file, .complain = complain, .ctx = ctx},
		.settings = calloc(1, sizeof(struct settings)),
	};
	size_t mistakes;

	if (!draft.settings) {
		report_mistake(&draft.report, 0, "out of memory");
		return NULL;
	}
	draft.settings->limits = limits_default();
	draft_preset(TARGET_SETTINGS, draft.settings);
	draft.settings->simulator_count = 1;
	draft.settings->simulators[0].connections = 1;
	draft_preset(TARGET_SIMULATOR, &draft.settings->simulators[0]);
	/* Of a file that could not be read to its end, the rules say nothing. */
	if (reader_run(file, &draft.report, &draft_reader, &draft) == 0) {
		draft_check(&draft);
	}
	bound_scenarios(draft.settings);
	mistakes = draft.report.count;
	free(draft.parts);
	free(draft.parameter_lines);
	if (mistakes) {
		settings_free(draft.settings);
		return NULL;
	}
	return draft.settings;
}

static void free_parameter(const struct parameter *parameter)
{
	free((void *)(uintptr_t)parameter->key.data);
	free((void *)(uintptr_t)parameter->value.data);
}

void settings_free(struct settings *settings)
{
	if (!settings) {
		return;
	}
	for (size_t i = 0; i < settings->scenario_count; i++) {
		struct scenario_config *scenario = &settings->scenarios[i];

		for (size_t j = 0; j < scenario->parameter_count; j++) {
			free_parameter(&scenario->parameters[j]);
		}
		free(scenario->parameters);
	}
	free(settings->scenarios);
	free(settings);
}
