#include "core/scenario.h"

#include <stdlib.h>

#include "base/patterns.h"
#include "base/utf8.h"
#include "core/group.h"
#include "core/link_cache.h"
#include "core/presence.h"
#include "core/queue.h"
#include "core/state.h"

static void copy_text(char *at, size_t cap, struct slice text)
{
	text = utf8_cut(text, cap - 1);
	if (text.size) {
		memcpy(at, text.data, text.size);
	}
	at[text.size] = '\0';
}

/* ------------------------------------------------------ what is known of its links */

/* From here on it is another: what was answered to anything sent before says nothing of it. */

static void node_changes(struct core *core, const struct scenario *scenario, uint32_t node)
{
	core->changes++;
	if (scenario->links) {
		link_cache_forget_node(scenario->links, node, core->changes);
	}
}

static void links_change(struct core *core, const struct scenario *scenario)
{
	core->changes++;
	if (scenario->links) {
		link_cache_forget_all(scenario->links, core->changes);
	}
}

/* Told once a connection. */
static void note_draws(const struct core *core, const struct scenario *scenario)
{
	struct lane *lane = scenario->lane;

	if (scenario->links && scenario->status == SCENARIO_ACCEPTED && !lane->draws_told &&
	    !lane->draws_noted) {
		lane->draws_noted = true;
		LOG(core->log, LOG_LEVEL_INFO, "draws_unknown",
		    log_text("scenario", name_slice(&scenario->name)), log_num("lane", lane->index),
		    log_str("why", "the simulator does not say by which seed it draws: what comes "
				   "from link_cache is drawn by seed 0"));
	}
}

void scenario_use_links(struct core *core, struct scenario *scenario, struct link_cache *links)
{
	link_cache_free(scenario->links);
	scenario->links = links;
	links_change(core, scenario);
	note_draws(core, scenario);
}

/* ------------------------------------------------------------ coming and going */

static uint8_t *copy_slice(struct slice *to, struct slice from, uint8_t *at)
{
	*to = slice_of(at, from.size);
	if (from.size) {
		memcpy(at, from.data, from.size);
	}
	return at + from.size;
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
		at = copy_slice(&copy[i].key, parameters[i].key, at);
		at = copy_slice(&copy[i].value, parameters[i].value, at);
	}
	return copy;
}

/* The lowest number that is free, or 0 when memory is out. */
static uint32_t take_number(struct scenarios *numbers, struct scenario *scenario)
{
	uint32_t number = 1;

	while (number <= numbers->high && numbers->by_number[number - 1]) {
		number++;
	}
	if (number > numbers->cap) {
		uint32_t cap = numbers->cap ? numbers->cap * 2 : 8;
		struct scenario **grown =
			realloc(numbers->by_number, cap * sizeof(struct scenario *));

		if (!grown) {
			return 0;
		}
		numbers->by_number = grown;
		numbers->cap = cap;
	}
	if (number > numbers->high) {
		numbers->high = number;
	}
	numbers->by_number[number - 1] = scenario;
	return number;
}

static const struct simulator_lanes *simulator_named(const struct core *core, const char *name)
{
	for (size_t i = 0; i < core->simulator_count; i++) {
		if (strcmp(core->simulators[i].name, name) == 0) {
			return &core->simulators[i];
		}
	}
	return &core->simulators[0];
}

static struct lane *choose_lane(struct core *core, const struct scenario_config *config,
				const struct scenario *like)
{
	const struct simulator_lanes *simulator = simulator_named(core, config->simulator);
	struct lane *first = &core->lanes[simulator->first_lane];
	struct lane *best = first;

	if (like && like->lane >= first && like->lane < first + simulator->connections) {
		return like->lane;
	}
	for (uint32_t i = 1; i < simulator->connections; i++) {
		if (first[i].scenarios < best->scenarios) {
			best = &first[i];
		}
	}
	return best;
}

struct scenario *scenario_new(struct core *core, const struct scenario_config *config,
			      const struct scenario *like)
{
	struct scenario *scenario = calloc(1, sizeof(*scenario));

	if (!scenario) {
		return NULL;
	}
	scenario->config = *config;
	scenario->config.parameters = parameters_copy(config->parameters, config->parameter_count);
	scenario->lane = choose_lane(core, config, like);
	scenario->links = config->link_cache ? link_cache_new(++core->changes) : NULL;
	scenario->number = scenario->config.parameters ? take_number(&core->numbers, scenario) : 0;
	if (!scenario->number || (config->link_cache && !scenario->links) ||
	    expiry_reserve(&scenario->lane->expiry, config->timeout_ms) < 0) {
		if (scenario->number) {
			core->numbers.by_number[scenario->number - 1] = NULL;
		}
		link_cache_free(scenario->links);
		free(scenario->config.parameters);
		free(scenario);
		return NULL;
	}
	scenario->identity = like ? like->identity : ++core->numbers.next_identity;
	scenario->name = name_of(slice_str(config->name));
	scenario->hub = name_of(slice_str(config->hub));
	scenario->origin =
		geodesy_origin_of(config->origin_latitude_deg, config->origin_longitude_deg,
				  config->origin_altitude_m);
	scenario->lane->scenarios++;
	list_init(&scenario->queue);
	list_init(&scenario->queues);
	list_init(&scenario->lingering);
	return scenario;
}

void scenario_free(struct core *core, struct scenario *scenario)
{
	if (!scenario->retired) {
		scenario->lane->scenarios--;
	}
	core->numbers.by_number[scenario->number - 1] = NULL;
	link_cache_free(scenario->links);
	free(scenario->config.parameters);
	free(scenario->members);
	free(scenario);
}

void scenarios_fini(struct core *core)
{
	for (uint32_t i = 0; i < core->numbers.high; i++) {
		if (core->numbers.by_number[i]) {
			scenario_free(core, core->numbers.by_number[i]);
		}
	}
	free(core->numbers.by_number);
	free(core->scenarios);
}

struct scenario *scenario_find(const struct core *core, struct slice name)
{
	for (size_t i = 0; i < core->scenario_count; i++) {
		if (slice_equal(name_slice(&core->scenarios[i]->name), name)) {
			return core->scenarios[i];
		}
	}
	return NULL;
}

bool scenario_allows(const struct core *core, const struct scenario *scenario, struct slice id)
{
	const struct access_port *access = &core->access;
	const char *allow = scenario->config.allow;

	return (!*allow || patterns_match(allow, id)) &&
	       (!access->ops || access->ops->allows(access->ctx, id, name_slice(&scenario->name)));
}

/* The stay goes on without its session and, soon, without the scenario. */
static void detach(struct core *core, struct member *member)
{
	member->session->member = NULL;
	member->session = NULL;
	member->scenario = NULL;
	if (!member->needed) {
		member_free(&core->members, member);
	}
}

static void forget_lingering(struct scenario *scenario)
{
	struct list *link;

	while ((link = list_first(&scenario->lingering))) {
		struct member *member = LIST_ENTRY(link, struct member, lingering);

		list_remove(link);
		member->scenario = NULL;
	}
}

static bool in_flight(const struct scenario *scenario)
{
	return scenario->in_channel || scenario->waiting;
}

/* The next scenario of this identity, by number from `after` on, or NULL. */
static struct scenario *next_of_family(const struct core *core, uint32_t identity, uint32_t after)
{
	for (uint32_t i = after; i < core->numbers.high; i++) {
		struct scenario *scenario = core->numbers.by_number[i];

		if (scenario && scenario->identity == identity) {
			return scenario;
		}
	}
	return NULL;
}

/* Whether anything is in flight in it, or in one that it succeeded: its members are the
 * targets of that too. */
static bool family_in_flight(const struct core *core, uint32_t identity)
{
	const struct scenario *scenario = NULL;

	while ((scenario = next_of_family(core, identity, scenario ? scenario->number : 0))) {
		if (in_flight(scenario)) {
			return true;
		}
	}
	return false;
}

/* The end of one may have been what its successor, that was removed, still waited for. */
static void settle_family(struct core *core, uint32_t identity)
{
	struct scenario *scenario = NULL;

	while ((scenario = next_of_family(core, identity, scenario ? scenario->number : 0))) {
		if (scenario->retired && scenario->member_count) {
			scenario_settle(core, scenario);
			return;
		}
	}
}

void scenario_settle(struct core *core, struct scenario *scenario)
{
	const struct lane *lane = scenario->lane;
	uint32_t identity = scenario->identity;

	if (!scenario->retired || scenario->in_channel) {
		return;
	}
	if (lane->up && !scenario->removed) {
		lane->ops->remove_scenario(lane->ctx, scenario->number);
	}
	scenario->removed = true;
	free(scenario->config.parameters);
	scenario->config.parameters = NULL;
	forget_lingering(scenario);
	if (scenario->waiting || (scenario->member_count && family_in_flight(core, identity))) {
		return;
	}
	for (uint32_t i = 0; i < scenario->member_count; i++) {
		detach(core, scenario->members[i]);
	}
	scenario_free(core, scenario);
	settle_family(core, identity);
}

void scenario_retire(struct core *core, struct scenario *scenario)
{
	scenario->retired = true;
	scenario_use_links(core, scenario, NULL); /* its nodes are told of no more */
	scenario->lane->scenarios--;
	for (uint32_t i = 0; i < scenario->member_count; i++) {
		group_leave_all(&core->groups, scenario->members[i]);
	}
}

/* ----------------------------------------------------------------- what is told */

const char *scenario_why_refused(const struct scenario *scenario)
{
	return scenario->message[0] ? scenario->message
				    : "the channel simulator refused this scenario";
}

static const char *unavailable_why(const struct scenario *scenario)
{
	static const char *const away[] = {
		[DOWN_FAIL] = "the channel simulator is away",
		[DOWN_QUEUE] = "the channel simulator is away; messages wait for it a while",
		[DOWN_BYPASS] = "the channel simulator is away; messages go past it, BYPASSED",
	};

	switch (scenario->status) {
	case SCENARIO_ACCEPTED:
		return "";
	case SCENARIO_REFUSED:
		return scenario_why_refused(scenario);
	case SCENARIO_WAITING:
		break;
	}
	return scenario->lane->up ? "the channel simulator has not answered yet"
				  : away[scenario->config.on_simulator_down];
}

struct scenario_entry scenario_entry_of(const struct scenario *scenario)
{
	return (struct scenario_entry){
		.name = name_slice(&scenario->name),
		.description = slice_str(scenario->config.description),
		.hub = name_slice(&scenario->hub),
		.message = slice_str(unavailable_why(scenario)),
		.topology = scenario->config.topology,
		.drones = scenario->member_count,
		.max_drones = scenario->config.max_drones,
		.available = scenario->status == SCENARIO_ACCEPTED,
	};
}

/* A member that proves too slow for this is taken out of the array: the last takes its
 * place and is told next. */
void scenario_tell_members(struct core *core, struct scenario *scenario)
{
	for (uint32_t i = 0; i < scenario->member_count;) {
		const struct member *member = scenario->members[i];

		session_tell_scenario(core, member->session, 0);
		if (i < scenario->member_count && scenario->members[i] == member) {
			i++;
		}
	}
}

/* ---------------------------------------------------------------- membership */

static bool is_hub(const struct scenario *scenario, const struct member *member)
{
	return scenario->config.topology == TOPOLOGY_STAR &&
	       slice_equal(session_id(member->session), name_slice(&scenario->hub));
}

void scenario_seat_hub(struct scenario *scenario)
{
	scenario->hub_member = NULL;
	for (uint32_t i = 0; i < scenario->member_count; i++) {
		if (is_hub(scenario, scenario->members[i])) {
			scenario->hub_member = scenario->members[i];
		}
	}
}

static int member_add(struct scenario *scenario, struct member *member)
{
	if (scenario->member_count == scenario->member_cap) {
		uint32_t cap = scenario->member_cap ? scenario->member_cap * 2 : 8;
		struct member **members = realloc(scenario->members, cap * sizeof(struct member *));

		if (!members) {
			return -1;
		}
		scenario->members = members;
		scenario->member_cap = cap;
	}
	member->place = scenario->member_count;
	scenario->members[scenario->member_count++] = member;
	if (is_hub(scenario, member)) {
		scenario->hub_member = member;
	}
	return 0;
}

void scenario_remove_node(struct core *core, struct member *member)
{
	const struct scenario *scenario = member->scenario;

	if (scenario) {
		node_changes(core, scenario, member->node);
	}
	if (scenario && !scenario->retired && scenario->lane->up) {
		scenario->lane->ops->remove_node(scenario->lane->ctx, scenario->number,
						 member->node);
	}
	member_free(&core->members, member);
}

/* Ends the stay. True: it was the hub's, of a scenario in use. */
static bool member_leave(struct core *core, struct member *member)
{
	struct scenario *scenario = member->scenario;
	struct member *last = scenario->members[--scenario->member_count];
	bool was_hub = scenario->hub_member == member;

	scenario->members[member->place] = last;
	last->place = member->place;
	if (was_hub) {
		scenario->hub_member = NULL;
	}
	group_leave_all(&core->groups, member);
	member->session->member = NULL;
	member->session = NULL;
	if (member->needed && scenario->lane->up) {
		list_push_back(&scenario->lingering, &member->lingering);
	} else if (member->needed) {
		member->scenario = NULL; /* its simulator will not hear of it again */
	} else {
		scenario_remove_node(core, member);
	}
	return was_hub && !scenario->retired;
}

/* A stay in the scenario, which the session does not have yet. NULL when memory is out. */
static struct member *member_enter(struct core *core, struct session *session,
				   struct scenario *scenario)
{
	struct member *member = member_new(&core->members, session, scenario);

	if (member && member_add(scenario, member) < 0) {
		member_free(&core->members, member);
		return NULL;
	}
	return member;
}

int scenario_enter(struct core *core, struct session *session, struct scenario *scenario)
{
	struct scenario *from = session_scenario(session);
	struct member *member = NULL;
	bool noted, hub_left = false;

	if (scenario) {
		member = member_enter(core, session, scenario);
		if (!member) {
			return -1;
		}
	}
	if (session->member) {
		hub_left = member_leave(core, session->member);
	}
	session->member = member;
	if (member) {
		scenario_send_node(core, member);
	}
	noted = presence_note(core, session, PRESENCE_WHAT_SCENARIO, GOODBYE_UNSPECIFIED, from,
			      scenario);
	if (hub_left) {
		presence_note_hub(core, session, from, PRESENCE_WHAT_HUB_DOWN);
	}
	if (scenario && member && scenario->hub_member == member) {
		presence_note_hub(core, session, scenario, PRESENCE_WHAT_HUB_UP);
	}
	/* Who changes its mind all the time does not drown the log. */
	LOG(core->log, noted ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "scenario_chosen",
	    log_text("drone", session_id(session)),
	    log_text("scenario", scenario ? name_slice(&scenario->name) : slice_of(NULL, 0)));
	return 0;
}

void scenario_abandon(struct core *core, struct session *session)
{
	struct scenario *from = session_scenario(session);

	if (session->member && member_leave(core, session->member)) {
		presence_note_hub(core, session, from, PRESENCE_WHAT_HUB_DOWN);
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
		if (scenario->config.has_origin) {
			*local = geodesy_local(&scenario->origin, known->position.geodetic);
		}
		return scenario->config.has_origin;
	case POSITION_UNKNOWN:
		break;
	}
	return false;
}

void scenario_send_node(struct core *core, const struct member *member)
{
	const struct scenario *scenario = member->scenario;
	const struct state *known = member->session->known;
	const struct lane *lane = scenario->lane;
	struct sim_node node = {
		.scenario = scenario->number,
		.node = member->node,
		.name = session_id(member->session),
	};

	node_changes(core, scenario, member->node);
	if (!lane->up) {
		return;
	}
	if (known) {
		node.has_position = local_position(scenario, known, &node.position);
		node.has_velocity = known->has_velocity;
		node.has_attitude = known->has_attitude;
		node.has_radio = known->has_radio;
		node.velocity = known->velocity;
		node.attitude = known->attitude;
		node.radio = known->radio;
		node.at_us = known->at_us;
	}
	lane->ops->set_node(lane->ctx, &node);
}

void scenario_send(struct core *core, struct scenario *scenario)
{
	const struct lane *lane = scenario->lane;
	struct sim_scenario told = {
		.scenario = scenario->number,
		.name = name_slice(&scenario->name),
		.parameters = scenario->config.parameters,
		.parameter_count = scenario->config.parameter_count,
	};

	links_change(core, scenario);
	scenario->status = SCENARIO_WAITING;
	if (!lane->up) {
		return;
	}
	lane->ops->set_scenario(lane->ctx, &told);
	for (uint32_t i = 0; i < scenario->member_count; i++) {
		scenario_send_node(core, scenario->members[i]);
	}
}

void scenario_replay(struct core *core, struct lane *lane)
{
	for (size_t i = 0; i < core->scenario_count; i++) {
		if (core->scenarios[i]->lane == lane) {
			scenario_send(core, core->scenarios[i]);
		}
	}
}

void scenario_all_wait(struct core *core, struct lane *lane)
{
	/* all before anyone is told: what is told of one may set off an answer about another */
	for (size_t i = 0; i < core->scenario_count; i++) {
		if (core->scenarios[i]->lane == lane) {
			links_change(core, core->scenarios[i]);
			core->scenarios[i]->status = SCENARIO_WAITING;
			forget_lingering(core->scenarios[i]);
		}
	}
	for (size_t i = 0; i < core->scenario_count; i++) {
		if (core->scenarios[i]->lane == lane) {
			scenario_tell_members(core, core->scenarios[i]);
			queue_link_down(core, core->scenarios[i]);
		}
	}
}

void scenario_decide(struct core *core, struct lane *lane, uint32_t number, bool ok,
		     struct slice message)
{
	enum scenario_status status = ok ? SCENARIO_ACCEPTED : SCENARIO_REFUSED;
	struct scenario *scenario = number >= 1 && number <= core->numbers.high
					    ? core->numbers.by_number[number - 1]
					    : NULL;

	if (!scenario || scenario->lane != lane) {
		lane_count_abuse(core, lane, 1);
		return;
	}
	if (scenario->retired) {
		return; /* it may still be answering */
	}
	links_change(core, scenario);
	if (scenario->status != SCENARIO_WAITING) {
		/* nobody asked; it may change its mind now and then */
		lane_count_abuse(core, lane, 1);
	}
	if (scenario->status == status) {
		return;
	}
	scenario->status = status;
	copy_text(scenario->message, sizeof(scenario->message), message);
	LOG(core->log, ok ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
	    ok ? "scenario_accepted" : "scenario_refused",
	    log_text("scenario", name_slice(&scenario->name)), log_text("why", message));
	note_draws(core, scenario);
	scenario_tell_members(core, scenario);
	if (!ok) {
		queue_decide(core, scenario, OUTCOME_SIMULATOR_DOWN);
	}
	lane_pump(core, lane);
}
