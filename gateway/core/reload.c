/* First everything that may fail is done beside what is in use: successors and newcomers among
 * the scenarios, room for deadlines. Then nothing can fail: what is new takes its place, what
 * has changed is retired, and only when all stands are simulators and drones told. */
#include "core/reload.h"

#include <stdlib.h>

#include "core/deadline.h"
#include "core/link_cache.h"
#include "core/listing.h"
#include "core/queue.h"
#include "core/rate.h"
#include "core/relay.h"
#include "core/state.h"

/* One scenario of the new configuration. */
struct plan {
	const struct scenario_config *config;
	struct scenario *before;  /* of that name, in use; or NULL */
	struct scenario *after;	  /* the same, or its successor, or a new one */
	struct link_cache *links; /* of a scenario that stays and has none so far */
	bool changed;
};

/* ----------------------------------------------------------- what has changed */

static bool same_parameters(const struct scenario_config *a, const struct scenario_config *b)
{
	if (a->parameter_count != b->parameter_count) {
		return false;
	}
	for (size_t i = 0; i < a->parameter_count; i++) {
		if (!slice_equal(a->parameters[i].key, b->parameters[i].key) ||
		    !slice_equal(a->parameters[i].value, b->parameters[i].value)) {
			return false;
		}
	}
	return true;
}

static bool same_number(double a, double b)
{
	return !(a < b) && !(b < a);
}

static bool same_origin(const struct scenario_config *a, const struct scenario_config *b)
{
	return a->has_origin == b->has_origin &&
	       same_number(a->origin_latitude_deg, b->origin_latitude_deg) &&
	       same_number(a->origin_longitude_deg, b->origin_longitude_deg) &&
	       same_number(a->origin_altitude_m, b->origin_altitude_m);
}

/* Whether what is in flight could tell the difference. */
static bool same_channel(const struct scenario_config *a, const struct scenario_config *b)
{
	return same_parameters(a, b) && same_origin(a, b) &&
	       strcmp(a->simulator, b->simulator) == 0;
}

static bool same_rules(const struct scenario_config *a, const struct scenario_config *b)
{
	return strcmp(a->description, b->description) == 0 && a->topology == b->topology &&
	       strcmp(a->hub, b->hub) == 0 && a->spoke_to_spoke == b->spoke_to_spoke &&
	       a->max_drones == b->max_drones && a->delay_real == b->delay_real &&
	       a->link_cache == b->link_cache && a->on_simulator_down == b->on_simulator_down &&
	       a->timeout_ms == b->timeout_ms;
}

/* --------------------------------------------------------------- what may fail */

/* 0, or -1 when memory is out. */
static int plan_one(struct core *core, struct plan *plan)
{
	const struct scenario_config *config = plan->config;
	struct scenario *before = scenario_find(core, slice_str(config->name));

	plan->before = before;
	if (before && same_channel(&before->config, config)) {
		plan->after = before;
		plan->changed = !same_rules(&before->config, config);
		if (config->link_cache && !before->links) {
			plan->links = link_cache_new(++core->changes);
			if (!plan->links) {
				return -1;
			}
		}
		return expiry_reserve(&before->lane->expiry, config->timeout_ms);
	}
	plan->after = scenario_new(core, config, before);
	plan->changed = true;
	return plan->after ? 0 : -1;
}

static int plan_all(struct core *core, const struct core_config *config, struct plan *plans)
{
	for (size_t i = 0; i < config->scenario_count; i++) {
		plans[i].config = &config->scenarios[i];
		if (plan_one(core, &plans[i]) < 0) {
			return -1;
		}
	}
	return expiry_reserve(&core->queue_expiry, config->limits.queue_ms);
}

static void undo(struct core *core, struct plan *plans, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		link_cache_free(plans[i].links);
		if (plans[i].after && plans[i].after != plans[i].before) {
			scenario_free(core, plans[i].after);
		}
	}
}

/* --------------------------------------------------------------- what cannot fail */

/* Members, what waits, and what is known of the hub go over to the successor. */
static void succeed(struct core *core, struct scenario *before, struct scenario *after)
{
	after->members = before->members;
	after->member_count = before->member_count;
	after->member_cap = before->member_cap;
	before->members = NULL;
	before->member_count = 0;
	before->member_cap = 0;
	for (uint32_t i = 0; i < after->member_count; i++) {
		after->members[i]->scenario = after;
	}
	before->hub_member = NULL;
	after->hub_noted = before->hub_noted;
	queue_move(before, after);
	scenario_retire(core, before);
}

static void take_rules(struct scenario *scenario, const struct scenario_config *config)
{
	struct parameter *parameters = scenario->config.parameters;

	scenario->config = *config;
	scenario->config.parameters = parameters;
	scenario->hub = name_of(slice_str(config->hub));
}

/* The one who has the hub's id stays if it is the same; else the change is told. */
static void change_hub(struct core *core, struct scenario *scenario, const struct member *before)
{
	scenario_seat_hub(scenario);
	if (scenario->hub_member == before) {
		return;
	}
	if (before) {
		presence_note_hub(core, before->session, scenario, PRESENCE_WHAT_HUB_DOWN);
	}
	if (scenario->hub_member) {
		presence_note_hub(core, scenario->hub_member->session, scenario,
				  PRESENCE_WHAT_HUB_UP);
	}
}

/* A successor has a cache of its own. */
static void take_links(struct core *core, struct plan *plan)
{
	if (plan->links || !plan->config->link_cache) {
		scenario_use_links(core, plan->after, plan->links);
		plan->links = NULL;
	}
}

static void take_one(struct core *core, struct plan *plan)
{
	const struct member *hub = plan->before ? plan->before->hub_member : NULL;

	if (plan->before && plan->after != plan->before) {
		succeed(core, plan->before, plan->after);
	}
	if (plan->changed) {
		take_rules(plan->after, plan->config);
		take_links(core, plan);
		change_hub(core, plan->after, hub);
	}
}

/* The simulator hears of what is new to it, and again of what it refused. */
static void tell_simulator(struct core *core, struct plan *plan)
{
	if (plan->after != plan->before) {
		scenario_send(core, plan->after);
	} else if (plan->after->status == SCENARIO_REFUSED) {
		scenario_send(core, plan->after);
		plan->changed = true;
	}
}

/* It is in use no more. Its members are told; their stays go on for what is in flight. */
static void remove_scenario(struct core *core, struct scenario *scenario)
{
	const struct member *hub = scenario->hub_member;

	queue_decide(core, scenario, OUTCOME_NO_ROUTE);
	scenario_retire(core, scenario);
	for (uint32_t i = 0; i < scenario->member_count; i++) {
		struct session *session = scenario->members[i]->session;

		presence_note(core, session, PRESENCE_WHAT_SCENARIO, GOODBYE_UNSPECIFIED, scenario,
			      NULL);
		if (scenario->members[i] == hub) {
			presence_note_hub(core, session, scenario, PRESENCE_WHAT_HUB_DOWN);
		}
	}
	scenario_tell_members(core, scenario);
	scenario_settle(core, scenario);
}

/* Lists that are being written start anew, or end with the scenario they are about. */
static void mend_list(struct listing *listing, const struct plan *plans, size_t count)
{
	static const struct scenario nowhere;
	const struct scenario *listed = listing->scenario;

	if (listing->kind == LISTING_SCENARIOS) {
		listing->next = 0;
	}
	if (!listed) {
		return;
	}
	listing->scenario = &nowhere;
	for (size_t i = 0; i < count; i++) {
		if (plans[i].before == listed) {
			listing->scenario = plans[i].after;
		}
	}
}

/* Whether any of the times that a drone is allowed has become shorter. */
static bool is_stricter(const struct limits *before, const struct limits *after)
{
	return after->register_timeout_ms < before->register_timeout_ms ||
	       after->frame_timeout_ms < before->frame_timeout_ms ||
	       after->idle_timeout_ms < before->idle_timeout_ms ||
	       after->output_soft_ms < before->output_soft_ms;
}

static bool same_rates(const struct limits *a, const struct limits *b)
{
	return a->rate_messages == b->rate_messages && a->rate_bytes == b->rate_bytes &&
	       a->rate_refuse == b->rate_refuse;
}

/* Lists are mended; deadlines may come earlier than they stood. */
static void mend_sessions(struct core *core, const struct plan *plans, size_t count, bool stricter,
			  bool rated)
{
	for (uint32_t i = 0; i < core->registry.sessions.high; i++) {
		struct session *session = registry_at(&core->registry, i);

		if (session && session->state != SESSION_ENDED) {
			if (session->listing) {
				mend_list(session->listing, plans, count);
			}
			if (stricter) {
				session_count_anew(core, session);
			}
			if (rated && session->state == SESSION_ACTIVE) {
				rate_forget(core, session);
			}
			deadline_by(core, session, deadline_of(core, session));
		}
	}
}

static void take_limits(struct core *core, const struct core_config *config)
{
	core->limits = config->limits;
	core->default_scenario = name_of(slice_str(config->default_scenario));
	for (size_t i = 0; i < core->simulator_count; i++) {
		const struct simulator_lanes *simulator = &core->simulators[i];

		for (uint32_t j = 0; j < simulator->connections; j++) {
			window_configure(&core->lanes[simulator->first_lane + j].window,
					 config->simulators[i].max_in_flight,
					 config->simulators[i].window_fixed);
		}
	}
}

/* Lengths of time that no scenario has any more go; those that are retired may still need
 * theirs. */
static void sweep_expiries(struct core *core)
{
	for (uint32_t i = 0; i < core->numbers.high; i++) {
		const struct scenario *scenario = core->numbers.by_number[i];

		if (scenario) {
			/* cannot fail: it is there */
			(void)!expiry_reserve(&scenario->lane->expiry, scenario->config.timeout_ms);
		}
	}
	for (uint32_t i = 0; i < core->lane_count; i++) {
		expiry_sweep(&core->lanes[i].expiry);
	}
	expiry_sweep(&core->queue_expiry);
}

static bool is_planned(const struct plan *plans, size_t count, const struct scenario *scenario)
{
	for (size_t i = 0; i < count; i++) {
		if (plans[i].before == scenario) {
			return true;
		}
	}
	return false;
}

/* Whoever waits for a place looks again: there may be another way. First of all, or some of
 * them would be given places that become free meanwhile. */
static void release_held(struct core *core)
{
	for (uint32_t i = 0; i < core->lane_count; i++) {
		lane_release_all(core, &core->lanes[i]);
	}
}

/* There may be more room. */
static void open_windows(struct core *core)
{
	for (uint32_t i = 0; i < core->lane_count; i++) {
		lane_pump(core, &core->lanes[i]);
	}
	for (uint32_t i = 0; i < core->registry.sessions.high; i++) {
		struct session *session = registry_at(&core->registry, i);

		if (session && session->state == SESSION_ACTIVE) {
			relay_open_window(core, session);
		}
	}
}

static void tell_all(struct core *core, struct plan *plans, size_t count, struct scenario **old,
		     size_t old_count)
{
	for (size_t i = 0; i < count; i++) {
		tell_simulator(core, &plans[i]);
	}
	for (size_t i = 0; i < old_count; i++) {
		if (!is_planned(plans, count, old[i])) {
			remove_scenario(core, old[i]);
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (plans[i].before && plans[i].changed) {
			scenario_tell_members(core, plans[i].after);
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (plans[i].before && plans[i].before != plans[i].after) {
			scenario_settle(core, plans[i].before);
		}
	}
}

/* Whose credential is gone is out, and whoever may not be in its scenario any more leaves it:
 * before any scenario changes, so that the simulators know what they leave. */
static void shut_out(struct core *core, const struct plan *plans, size_t count)
{
	const struct access_port *access = &core->access;

	for (size_t i = 0; i < count; i++) {
		if (plans[i].before) {
			memcpy(plans[i].before->config.allow, plans[i].config->allow,
			       sizeof(plans[i].config->allow));
		}
	}
	for (uint32_t i = 0; i < core->registry.sessions.high; i++) {
		struct session *session = registry_at(&core->registry, i);
		const struct scenario *scenario;

		if (!session || session->state != SESSION_ACTIVE) {
			continue;
		}
		scenario = session_scenario(session);
		if (access->ops && access->ops->withdrawn(access->ctx, session_id(session))) {
			session_end(core, session, GOODBYE_KICKED, 0,
				    "its credential was withdrawn or is another now");
		} else if (scenario && !scenario_allows(core, scenario, session_id(session))) {
			(void)!scenario_enter(core, session, NULL); /* takes no memory */
			session_tell_scenario(core, session, 0);
		}
	}
}

/* Nothing here can fail. `order` has room for all. */
static void take_in(struct core *core, const struct core_config *config, struct plan *plans,
		    struct scenario **order)
{
	struct scenario **old = core->scenarios;
	size_t old_count = core->scenario_count, count = config->scenario_count;
	bool stricter = config->less_patient || is_stricter(&core->limits, &config->limits);
	bool rated = !same_rates(&core->limits, &config->limits);

	release_held(core);
	take_limits(core, config);
	shut_out(core, plans, count);
	for (size_t i = 0; i < count; i++) {
		take_one(core, &plans[i]);
		order[i] = plans[i].after;
	}
	core->scenarios = order;
	core->scenario_count = count;
	mend_sessions(core, plans, count, stricter, rated);
	sweep_expiries(core);
	tell_all(core, plans, count, old, old_count);
	open_windows(core);
	free(old);
}

int reload(struct core *core, const struct core_config *config)
{
	size_t count = config->scenario_count;
	struct plan *plans = calloc(count + 1, sizeof(*plans));
	struct scenario **order = calloc(count + 1, sizeof(struct scenario *));
	int status = -1;

	if (plans && order && plan_all(core, config, plans) == 0) {
		take_in(core, config, plans, order);
		order = NULL; /* the core's */
		status = 0;
	} else if (plans) {
		undo(core, plans, count);
	}
	free(order);
	free(plans);
	return status;
}
