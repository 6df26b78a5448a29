/* The files are read line by line into a draft, every mistake is told, then the
 * rules between keys are checked. Settings come out only when nothing was told. */
#include "settings/settings.h"

#include "settings/draft.h"
#include "settings/value.h"
#include "settings/view.h"

#include <stdlib.h>

/* ---------------------------------------------------------------- completing */

/* A file that says nothing of a simulator means the one at the default address. */
static void add_default_simulator(struct settings *settings)
{
	if (settings->simulator_count == 0) {
		settings->simulator_count = 1;
		draft_preset(TARGET_SIMULATOR, &settings->simulators[0]);
	}
}

/* Where it is noted which keys the part gives; NULL: it inherits none. */
static bool *given_by(struct settings *settings, const struct part *part)
{
	switch (part->section->target) {
	case TARGET_LISTENER:
		return settings->listeners[part->index].given;
	case TARGET_SCENARIO:
		return settings->scenario_given + part->index * table_row_count;
	case TARGET_SETTINGS:
	case TARGET_SIMULATOR:
		break;
	}
	return NULL;
}

static int note_given(struct draft *draft)
{
	struct settings *settings = draft->settings;

	settings->scenario_given =
		calloc(settings->scenario_count * table_row_count + 1, sizeof(bool));
	if (!settings->scenario_given) {
		draft_give_up(draft, (struct place){.file = draft->report.file});
		return -1;
	}
	for (size_t i = 0; i < draft->part_count; i++) {
		const struct part *part = &draft->parts[i];
		bool *given = given_by(settings, part);

		for (size_t j = 0; given && j < table_row_count; j++) {
			given[j] = part->lines[j] != 0;
		}
	}
	return 0;
}

/* For people: what is included is in the settings already. */
static int note_includes(struct draft *draft)
{
	size_t size = 1, at = 0;
	char *text;

	for (size_t i = 0; i < draft->wish_count; i++) {
		size += strlen(draft->wishes[i].pattern) + strlen(", ");
	}
	text = calloc(1, size);
	if (!text) {
		draft_give_up(draft, (struct place){.file = draft->report.file});
		return -1;
	}
	for (size_t i = 0; i < draft->wish_count; i++) {
		at += (size_t)snprintf(text + at, size - at, "%s%s", i ? ", " : "",
				       draft->wishes[i].pattern);
	}
	draft->settings->includes = text;
	return 0;
}

static bool inherits(const struct settings *settings, size_t scenario, const char *key)
{
	return view_inherited(settings, table_find_row("scenario", key), scenario);
}

static void inherit(struct settings *settings, size_t index)
{
	struct scenario_config *scenario = &settings->scenarios[index];
	size_t found = view_find(settings, table_find_section("simulator"), scenario->simulator);
	/* one that is not there is a mistake, told later */
	const struct simulator_settings *simulator =
		&settings->simulators[found == SIZE_MAX ? 0 : found];

	if (inherits(settings, index, "max_drones")) {
		scenario->max_drones = settings->limits.max_drones;
	}
	if (inherits(settings, index, "timeout_ms")) {
		scenario->timeout_ms = simulator->timeout_ms;
	}
	if (inherits(settings, index, "on_simulator_down")) {
		scenario->on_simulator_down = simulator->on_simulator_down;
	}
}

static void inherit_silence(struct settings *settings, size_t index)
{
	struct listener_settings *listener = &settings->listeners[index];

	if (view_inherited(settings, table_find_row("listen", "ping_interval_ms"), index)) {
		listener->ping_interval_ms = settings->limits.ping_interval_ms;
	}
	if (view_inherited(settings, table_find_row("listen", "idle_timeout_ms"), index)) {
		listener->idle_timeout_ms = settings->limits.idle_timeout_ms;
	}
}

void draft_complete(struct draft *draft)
{
	add_default_simulator(draft->settings);
	if (note_given(draft) == 0 && note_includes(draft) == 0) {
		for (size_t i = 0; i < draft->settings->scenario_count; i++) {
			inherit(draft->settings, i);
		}
		for (size_t i = 0; i < draft->settings->listener_count; i++) {
			inherit_silence(draft->settings, i);
		}
	}
}

/* ------------------------------------------------------------- what is where */

static struct tls_files *tls_files_of(const struct draft *draft, const struct part *part)
{
	switch (part->section->target) {
	case TARGET_LISTENER:
		return &((struct listener_settings *)draft_target(draft, part))->tls;
	case TARGET_SIMULATOR:
		return &((struct simulator_settings *)draft_target(draft, part))->tls;
	case TARGET_SETTINGS:
	case TARGET_SCENARIO:
		break;
	}
	return NULL;
}

static void note_places(struct draft *draft)
{
	for (size_t i = 0; i < draft->part_count; i++) {
		const struct part *part = &draft->parts[i];
		struct tls_files *tls = tls_files_of(draft, part);

		if (tls) {
			tls->cert_at = part_place(part, "tls_cert");
			tls->key_at = part_place(part, "tls_key");
			tls->ca_at = part_place(part, "tls_ca");
		}
	}
}

/* The names of the files become the settings' own. 0, or -1, told, when memory is out. */
static int keep_files(struct draft *draft)
{
	struct settings *settings = draft->settings;

	settings->files =
		calloc(draft->source_count + draft->override_count + 1, sizeof(*settings->files));
	if (!settings->files) {
		draft_give_up(draft, (struct place){.file = draft->report.file});
		return -1;
	}
	for (size_t i = 0; i < draft->source_count; i++) {
		settings->files[settings->file_count++] = draft->sources[i].path;
		draft->sources[i].path = NULL;
	}
	for (size_t i = 0; i < draft->override_count; i++) {
		settings->files[settings->file_count++] = draft->overrides[i].where;
		draft->overrides[i].where = NULL;
	}
	return 0;
}

/* ------------------------------------------------------------------- loading */

/* Puts what has names into the order in which `running` has it. */
static void put_in_order(struct settings *settings, const struct settings *running)
{
	const struct section *listen = table_find_section("listen");
	const struct section *simulator = table_find_section("simulator");

	for (size_t i = 0; i < settings->listener_count; i++) {
		size_t found = view_find(settings, listen, running->listeners[i].name);
		struct listener_settings moved = settings->listeners[found];

		settings->listeners[found] = settings->listeners[i];
		settings->listeners[i] = moved;
	}
	for (size_t i = 0; i < settings->simulator_count; i++) {
		size_t found = view_find(settings, simulator, running->simulators[i].name);
		struct simulator_settings moved = settings->simulators[found];

		settings->simulators[found] = settings->simulators[i];
		settings->simulators[i] = moved;
	}
}

static void build(struct draft *draft, const struct settings_source *source,
		  const struct settings *running)
{
	draft_preset(TARGET_SETTINGS, draft->settings);
	draft_read(draft, source->file);
	/* Where a section ends in the middle, the rules say nothing. */
	if (draft->broken) {
		return;
	}
	draft_override(draft, source);
	if (draft->broken) {
		return;
	}
	draft_complete(draft);
	if (draft->broken) {
		return;
	}
	draft_check(draft);
	if (running) {
		draft_check_changes(draft, running);
	}
}

enum { MISTAKES_TOLD = 100 }; /* into the log of a gateway that runs */

struct settings *settings_read(const struct settings_source *source, const struct settings *running,
			       settings_complain_fn complain, void *ctx, size_t *mistakes)
{
	struct draft draft = {
		.report = {.file = source->file,
			   .complain = complain,
			   .ctx = ctx,
			   .most = running ? MISTAKES_TOLD : 0},
		.settings = calloc(1, sizeof(struct settings)),
		.again = running != NULL,
	};
	struct settings *settings = draft.settings;

	if (!settings) {
		report_mistake(&draft.report, 0, "out of memory");
		*mistakes = draft.report.count;
		return NULL;
	}
	build(&draft, source, running);
	note_places(&draft);
	report_rest(&draft.report);
	if (keep_files(&draft) < 0) {
		settings_free(settings);
		settings = NULL;
	} else if (running && !draft.report.count) {
		put_in_order(settings, running);
	}
	*mistakes = draft.report.count;
	draft_fini(&draft);
	return settings;
}

struct settings *settings_load_from(const struct settings_source *source,
				    const struct settings *running, settings_complain_fn complain,
				    void *ctx)
{
	size_t mistakes;
	struct settings *settings = settings_read(source, running, complain, ctx, &mistakes);

	if (mistakes) {
		settings_free(settings);
		return NULL;
	}
	return settings;
}

struct settings *settings_load_anew(const char *file, const struct settings *running,
				    settings_complain_fn complain, void *ctx)
{
	const struct settings_source source = {.file = file};

	return settings_load_from(&source, running, complain, ctx);
}

struct settings *settings_load(const char *file, settings_complain_fn complain, void *ctx)
{
	return settings_load_anew(file, NULL, complain, ctx);
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
	free(settings->scenario_given);
	free(settings->includes);
	for (size_t i = 0; i < settings->file_count; i++) {
		free(settings->files[i]);
	}
	free(settings->files);
	free(settings);
}
