#include "core/scenario.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "core/relay.h"
#include "core/state.h"

static void copy_text(char *at, size_t cap, struct slice text)
{
	text = utf8_cut(text, cap - 1);
	if (text.size) {
		memcpy(at, text.data, text.size);
	}
	at[text.size] = '\0';
}

/* One piece of memory: the array, then all strings. */
static struct parameter *parameters_copy(const struct parameter *parameters, size_t count)
{
	size_t size = count * sizeof(*parameters);
	struct parameter *copy;
	uint8_t *at;

	for (size_t i = 0; i < count; i++) {
		size += parameters[i].key.size + parameters[i].value.size;
	}
	copy = malloc(size ? size : 1);
	if (!copy) {
		return NULL;
	}
	at = (uint8_t *)(copy + count);
	for (size_t i = 0; i < count; i++) {
		copy[i].key = slice_of(at, parameters[i].key.size);
		memcpy(at, parameters[i].key.data, parameters[i].key.size);
		at += parameters[i].key.size;
		copy[i].value = slice_of(at, parameters[i].value.size);
		memcpy(at, parameters[i].value.data, parameters[i].value.size);
		at += parameters[i].value.size;
	}
	return copy;
}

static int scenario_init(struct scenario *scenario, uint32_t number,
			 const struct scenario_config *config)
{
	scenario->number = number;
	scenario->name = name_of(slice_str(config->name));
	copy_text(scenario->description, sizeof(scenario->description),
		  slice_str(config->description));
	scenario->topology = config->topology;
	scenario->max_drones = config->max_drones;
	scenario->timeout_ms = config->timeout_ms;
	scenario->has_origin = config->has_origin;
	scenario->origin =
		geodesy_origin_of(config->origin_latitude_deg, config->origin_longitude_deg,
				  config->origin_altitude_m);
	scenario->parameters = parameters_copy(config->parameters, config->parameter_count);
	scenario->parameter_count = config->parameter_count;
	return scenario->parameters ? 0 : -1;
}

int scenarios_init(struct core *core, const struct core_config *config)
{
	core->scenarios = calloc(config->scenario_count + 1, sizeof(*core->scenarios));
	if (!core->scenarios) {
		return -1;
	}
	for (size_t i = 0; i < config->scenario_count; i++) {
		core->scenario_count++;
		if (scenario_init(&core->scenarios[i], (uint32_t)i + 1, &config->scenarios[i]) <
		    0) {
			return -1;
		}
	}
	return 0;
}

void scenarios_fini(struct core *core)
{
	for (size_t i = 0; i < core->scenario_count; i++) {
		free(core->scenarios[i].parameters);
		free(core->scenarios[i].members);
	}
	free(core->scenarios);
}

struct scenario *scenario_find(struct core *core, struct slice name)
{
	for (size_t i = 0; i < core->scenario_count; i++) {
		if (slice_equal(name_slice(&core->scenarios[i].name), name)) {
			return &core->scenarios[i];
		}
	}
	return NULL;
}

static const char *unavailable_why(const struct core *core, const struct scenario *scenario)
{
	switch (scenario->status) {
	case SCENARIO_ACCEPTED:
		return "";
	case SCENARIO_REFUSED:
		return scenario->message;
	case SCENARIO_WAITING:
		break;
	}
	return core->sim_up ? "the channel simulator has not answered yet"
			    : "the channel simulator is away";
}

struct scenario_entry scenario_entry_of(const struct core *core, const struct scenario *scenario)
{
	return (struct scenario_entry){
		.name = name_slice(&scenario->name),
		.description = slice_str(scenario->description),
		.message = slice_str(unavailable_why(core, scenario)),
		.topology = scenario->topology,
		.drones = scenario->member_count,
		.max_drones = scenario->max_drones,
		.available = scenario->status == SCENARIO_ACCEPTED,
	};
}

/* ---------------------------------------------------------------- membership */

static int member_add(struct scenario *scenario, struct session *session)
{
	if (scenario->member_count == scenario->member_cap) {
		uint32_t cap = scenario->member_cap ? scenario->member_cap * 2 : 8;
		struct session **members =
			realloc(scenario->members, cap * sizeof(struct session *));

		if (!members) {
			return -1;
		}
		scenario->members = members;
		scenario->member_cap = cap;
	}
	session->member_place = scenario->member_count;
	scenario->members[scenario->member_count++] = session;
	return 0;
}

static void member_remove(struct core *core, struct session *session)
{
	struct scenario *scenario = session->scenario;
	struct session *last = scenario->members[--scenario->member_count];

	scenario->members[session->member_place] = last;
	last->member_place = session->member_place;
	session->scenario = NULL;
	session->membership = 0;
	if (core->sim_up) {
		core->sim->remove_node(core->sim_ctx, scenario->number, session->index + 1);
	}
}

int scenario_enter(struct core *core, struct session *session, struct scenario *scenario)
{
	struct scenario *from = session->scenario;
	uint32_t place = session->member_place;
	bool noted;

	if (scenario && member_add(scenario, session) < 0) {
		return -1;
	}
	if (from) {
		uint32_t new_place = session->member_place;

		session->member_place = place;
		member_remove(core, session);
		session->member_place = new_place;
	}
	session->scenario = scenario;
	session->sequence = 0;
	if (scenario) {
		session->membership = ++core->next_membership;
		scenario_send_node(core, session);
	}
	noted = presence_note(core, session, PRESENCE_WHAT_SCENARIO, GOODBYE_UNSPECIFIED, from,
			      scenario);
	/* Who changes its mind all the time does not drown the log. */
	LOG(core->log, noted ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "scenario_chosen",
	    log_text("drone", session_id(session)),
	    log_text("scenario", scenario ? name_slice(&scenario->name) : slice_of(NULL, 0)));
	return 0;
}

void scenario_abandon(struct core *core, struct session *session)
{
	if (session->scenario) {
		member_remove(core, session);
	}
}

/* ------------------------------------------------------------- the simulator */

static bool local_position(const struct scenario *scenario, const struct state *known,
			   struct vector *local)
{
	switch (known->position.frame) {
	case POSITION_LOCAL:
		*local = known->position.local;
		return true;
	case POSITION_GEODETIC:
		if (scenario->has_origin) {
			*local = geodesy_local(&scenario->origin, known->position.geodetic);
		}
		return scenario->has_origin;
	case POSITION_UNKNOWN:
		break;
	}
	return false;
}

void scenario_send_node(struct core *core, const struct session *session)
{
	const struct state *known = session->known;
	struct sim_node node = {
		.scenario = session->scenario->number,
		.node = session->index + 1,
		.name = session_id(session),
	};

	if (!core->sim_up) {
		return;
	}
	if (known) {
		node.has_position = local_position(session->scenario, known, &node.position);
		node.has_velocity = known->has_velocity;
		node.has_attitude = known->has_attitude;
		node.has_radio = known->has_radio;
		node.velocity = known->velocity;
		node.attitude = known->attitude;
		node.radio = known->radio;
		node.at_us = known->at_us;
	}
	core->sim->set_node(core->sim_ctx, &node);
}

void scenario_replay(struct core *core)
{
	for (size_t i = 0; i < core->scenario_count; i++) {
		struct scenario *scenario = &core->scenarios[i];
		struct sim_scenario told = {
			.scenario = scenario->number,
			.name = name_slice(&scenario->name),
			.parameters = scenario->parameters,
			.parameter_count = scenario->parameter_count,
		};

		core->sim->set_scenario(core->sim_ctx, &told);
		for (uint32_t j = 0; j < scenario->member_count; j++) {
			scenario_send_node(core, scenario->members[j]);
		}
	}
}

/* A member that proves too slow for this is taken out of the array: the last takes its
 * place and is told next. */
static void tell_members(struct core *core, struct scenario *scenario)
{
	for (uint32_t i = 0; i < scenario->member_count;) {
		struct session *member = scenario->members[i];

		session_tell_scenario(core, member, 0);
		if (i < scenario->member_count && scenario->members[i] == member) {
			i++;
		}
	}
}

void scenario_all_wait(struct core *core)
{
	/* all before anyone is told: what is told of one may set off an answer about another */
	for (size_t i = 0; i < core->scenario_count; i++) {
		core->scenarios[i].status = SCENARIO_WAITING;
	}
	for (size_t i = 0; i < core->scenario_count; i++) {
		tell_members(core, &core->scenarios[i]);
	}
}

void scenario_decide(struct core *core, uint32_t number, bool ok, struct slice message)
{
	enum scenario_status status = ok ? SCENARIO_ACCEPTED : SCENARIO_REFUSED;
	struct scenario *scenario;

	if (number == 0 || number > core->scenario_count) {
		return;
	}
	scenario = &core->scenarios[number - 1];
	if (scenario->status != SCENARIO_WAITING) {
		relay_count_abuse(core, 1); /* nobody asked; it may change its mind now and then */
	}
	if (scenario->status == status) {
		return;
	}
	scenario->status = status;
	copy_text(scenario->message, sizeof(scenario->message), message);
	LOG(core->log, ok ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
	    ok ? "scenario_accepted" : "scenario_refused",
	    log_text("scenario", name_slice(&scenario->name)), log_text("why", message));
	tell_members(core, scenario);
}
