#include "core/core.h"

#include <stdlib.h>

#include "base/draw.h"
#include "core/admission.h"
#include "core/deadline.h"
#include "core/queue.h"
#include "core/reload.h"
#include "core/request.h"
#include "core/result.h"
#include "core/state.h"
#include "core/waiting.h"

enum { TAKEOVERS_KNOWN = 1024, FAILURES_KNOWN = 8192 };

static uint32_t count_lanes(const struct core_config *config)
{
	uint32_t count = 0;

	for (size_t i = 0; i < config->simulator_count; i++) {
		count += config->simulators[i].connections;
	}
	return count;
}

static void lane_init(struct lane *lane, uint32_t index, const struct sim_port *port)
{
	lane->index = index;
	lane->ops = port->ops;
	lane->ctx = port->ctx;
	window_init(&lane->window, 0, false); /* until it is configured */
	lane->draws = draw_key(0);
	list_init(&lane->held);
	list_init(&lane->queues);
}

static int make_lanes(struct core *core, const struct core_config *config,
		      const struct sim_port *ports)
{
	uint32_t count = count_lanes(config), at = 0;

	core->simulators = calloc(config->simulator_count, sizeof(*core->simulators));
	core->lanes = calloc(count, sizeof(*core->lanes));
	if (!core->simulators || !core->lanes) {
		return -1;
	}
	core->simulator_count = config->simulator_count;
	core->lane_count = count;
	for (size_t i = 0; i < config->simulator_count; i++) {
		struct simulator_lanes *simulator = &core->simulators[i];

		memcpy(simulator->name, config->simulators[i].name, sizeof(simulator->name));
		simulator->first_lane = at;
		simulator->connections = config->simulators[i].connections;
		for (uint32_t j = 0; j < simulator->connections; j++, at++) {
			lane_init(&core->lanes[at], at, &ports[at]);
		}
	}
	return 0;
}

struct core *core_new(const struct core_config *config, const struct sim_port *lanes,
		      struct instant now)
{
	struct core *core = calloc(1, sizeof(*core));

	if (!core) {
		return NULL;
	}
	core->log = config->log;
	core->now = now;
	core->next_number = config->first_session;
	list_init(&core->newcomers);
	list_init(&core->graveyard);
	heap_init(&core->deadlines);
	heap_init(&core->waiting);
	inflight_init(&core->inflight);
	registry_init(&core->registry, config->key);
	groups_init(&core->groups, config->key);
	bans_init(&core->takeovers, config->key, TAKEOVERS_KNOWN);
	bans_init(&core->failures, config->key, FAILURES_KNOWN);
	core->access = config->access;
	/* what it starts with is taken in as every later change is */
	if (presence_init(&core->presence, config->limits.presence_backlog) < 0 ||
	    make_lanes(core, config, lanes) < 0 || reload(core, config) < 0) {
		core_free(core);
		return NULL;
	}
	return core;
}

int core_reload(struct core *core, const struct core_config *config)
{
	return reload(core, config);
}

static void free_sessions(struct core *core)
{
	for (uint32_t i = 0; i < core->registry.sessions.high; i++) {
		struct session *session = registry_at(&core->registry, i);

		if (!session) {
			continue;
		}
		while (!list_empty(&session->reports)) {
			fanout_free(core, LIST_ENTRY(list_first(&session->reports), struct fanout,
						     in_session));
		}
		session_free(core, session);
	}
}

static void free_fanout(void *ctx, struct message *message)
{
	if (message->fanout) {
		fanout_free(ctx, message->fanout);
	}
}

static void free_groups(struct core *core)
{
	for (uint32_t i = 0; i < core->members.table.high; i++) {
		struct member *member = slots_at(&core->members.table, i);

		/* its session may be freed: it has not left, so it has groups */
		if (member && member->session) {
			group_leave_all(&core->groups, member);
		}
	}
	groups_fini(&core->groups);
}

static void free_lanes(struct core *core)
{
	for (uint32_t i = 0; i < core->lane_count; i++) {
		expiry_fini(&core->lanes[i].expiry);
	}
	free(core->lanes);
	free(core->simulators);
}

void core_free(struct core *core)
{
	if (!core) {
		return;
	}
	waiting_fini(core);
	inflight_each(&core->inflight, free_fanout, core);
	heap_fini(&core->deadlines); /* its entries stand in the sessions */
	free_sessions(core);
	fanout_fini(core);
	inflight_fini(&core->inflight);
	expiry_fini(&core->queue_expiry);
	free_groups(core);
	scenarios_fini(core);
	members_fini(&core->members);
	free_lanes(core);
	bans_fini(&core->takeovers);
	bans_fini(&core->failures);
	presence_fini(&core->presence);
	registry_fini(&core->registry);
	for (size_t i = 0; i < CORE_ENCODED; i++) {
		free(core->encoded[i].data);
	}
	free(core->nodes);
	free(core);
}

/* --------------------------------------------------------------------- time */

static void bury(struct core *core)
{
	struct list *link;

	while ((link = list_first(&core->graveyard))) {
		session_free(core, LIST_ENTRY(link, struct session, grave));
	}
}

void core_now(struct core *core, struct instant now)
{
	if (now.mono_us > core->now.mono_us) {
		core->now.mono_us = now.mono_us;
	}
	core->now.unix_us = now.unix_us;
	bury(core);
}

void core_tick(struct core *core)
{
	struct heap_entry *first;

	waiting_tick(core);
	for (uint32_t i = 0; i < core->lane_count; i++) {
		result_expire(core, &core->lanes[i]);
	}
	queue_expire(core);
	presence_tick(core);
	/* last: what the others end may leave a newcomer whose time is up */
	while ((first = heap_first(&core->deadlines)) && first->due_us <= core->now.mono_us) {
		deadline_come(core, LIST_ENTRY(first, struct session, deadline));
	}
}

static uint64_t expiry_due(const struct expiry *expiry)
{
	const struct message *first = expiry_first(expiry);

	return first ? first->deadline_us : UINT64_MAX;
}

uint64_t core_next_deadline(const struct core *core)
{
	const struct heap_entry *first = heap_first(&core->deadlines);
	uint64_t due = first ? first->due_us : UINT64_MAX;

	for (uint32_t i = 0; i < core->lane_count; i++) {
		due = earliest(due, expiry_due(&core->lanes[i].expiry));
		due = earliest(due, window_next(&core->lanes[i].window));
	}
	due = earliest(due, expiry_due(&core->queue_expiry));
	due = earliest(due, waiting_next(core));
	return core->presence.due_us ? earliest(due, core->presence.due_us) : due;
}

uint64_t core_next_delivery(const struct core *core)
{
	return waiting_next(core);
}

/* ------------------------------------------------------------------- drones */

static void turn_away(const struct core *core, const struct endpoint *endpoint,
		      enum goodbye_reason reason, const char *message)
{
	struct event event = {
		.kind = EVENT_GOODBYE,
		.goodbye = {.reason = reason, .message = slice_str(message)},
	};

	(void)endpoint->ops->emit(endpoint->ctx, &event, core->limits.max_frame_bytes);
	endpoint->ops->close(endpoint->ctx);
}

/* Whoever only connects must not keep the others out: the one that has been here longest without
 * having registered makes way. Who registers at once is not that one. */
static void make_way(struct core *core)
{
	const struct registry *registry = &core->registry;
	struct list *oldest = list_first(&core->newcomers);

	if (oldest && registry->count - registry->online >= core->limits.max_unregistered) {
		session_end(core, LIST_ENTRY(oldest, struct session, held), GOODBYE_SERVER_FULL, 0,
			    "others want to register, and this connection has not");
	}
}

struct session *core_attach(struct core *core, const struct endpoint *endpoint)
{
	enum goodbye_reason reason = GOODBYE_SERVER_FULL;
	const char *message = "the gateway has all the drones it takes";
	struct session *session = NULL;

	if (core->draining) {
		reason = GOODBYE_SHUTTING_DOWN;
		message = "the gateway is shutting down";
	} else if (core->registry.count < core->limits.max_drones) {
		make_way(core);
		session = session_new(core, endpoint);
	}
	if (!session) {
		core->stats.goodbyes[reason]++;
		turn_away(core, endpoint, reason, message);
	}
	return session;
}

enum core_verdict core_request(struct core *core, struct session *session,
			       const struct request *request)
{
	return request_handle(core, session, request);
}

uint32_t core_frame_limit(const struct core *core, const struct session *session)
{
	return session_frame_limit(core, session);
}

bool core_is_registered(const struct session *session)
{
	return session->state == SESSION_ACTIVE;
}

void core_greet(struct core *core, struct session *session,
		const struct request_registration *registration)
{
	if (!core->draining) {
		admission_greet(core, session, registration);
	}
}

struct slice core_callsign(const struct core *core, struct slice id)
{
	const struct session *session = registry_by_id(&core->registry, id);

	return session ? session_callsign(session) : id;
}

struct slice core_id(const struct core *core, struct slice name)
{
	const struct session *session = registry_by_id(&core->registry, name);

	if (!session) {
		session = registry_by_callsign(&core->registry, name);
	}
	return session ? session_id(session) : slice_of(NULL, 0);
}

void core_partial(struct core *core, struct session *session, bool partial)
{
	if (partial && !session->partial) {
		session->frame_since_us = core->now.mono_us;
		deadline_by(core, session, deadline_of_frame(core, session));
	}
	session->partial = partial;
}

void core_malformed(struct core *core, struct session *session, const char *why)
{
	session_end(core, session, GOODBYE_PROTOCOL_ERROR, 0, why);
}

void core_detach(struct core *core, struct session *session)
{
	session_end(core, session, GOODBYE_CONNECTION_LOST, 0, "the connection broke");
}

void core_drained(struct core *core, struct session *session)
{
	session_caught_up(core, session);
	session_pump(core, session);
}

static struct session *largest_queue(const struct core *core, size_t *size)
{
	struct session *largest = NULL;

	*size = 0;
	for (uint32_t i = 0; i < core->registry.sessions.high; i++) {
		struct session *session = registry_at(&core->registry, i);
		size_t queued = session && session->state != SESSION_ENDED
					? session->endpoint.ops->queued(session->endpoint.ctx)
					: 0;

		if (queued > *size) {
			*size = queued;
			largest = session;
		}
	}
	return largest;
}

void core_crowded(struct core *core, uint64_t bytes)
{
	struct session *session;
	size_t size;

	while (bytes && (session = largest_queue(core, &size))) {
		session_end(core, session, GOODBYE_TOO_SLOW, 0,
			    "output is not being read, and all output together is too much");
		bytes -= size < bytes ? size : bytes;
	}
}

/* -------------------------------------------------------------- simulators */

void core_sim_draws(struct core *core, uint32_t lane, uint64_t seed)
{
	core->lanes[lane].draws = draw_key(seed);
	core->lanes[lane].draws_told = true;
}

void core_sim_up(struct core *core, uint32_t lane)
{
	struct lane *at = &core->lanes[lane];

	at->up = true;
	at->strays = 0; /* those of the link before do not count against this one */
	core->stats.sim_ups++;
	scenario_replay(core, at);
}

static const char *simulator_of(const struct core *core, uint32_t lane)
{
	const struct simulator_lanes *simulator = core->simulators;

	while (lane >= simulator->first_lane + simulator->connections) {
		simulator++;
	}
	return simulator->name;
}

void core_sim_down(struct core *core, uint32_t lane, const char *why)
{
	struct lane *at = &core->lanes[lane];

	if (!at->up) {
		return;
	}
	at->up = false;
	at->draws = draw_key(0);
	at->draws_told = false;
	at->draws_noted = false;
	core->stats.sim_downs++;
	LOG(core->log, LOG_LEVEL_WARNING, "simulator_down",
	    log_str("simulator", simulator_of(core, lane)), log_num("lane", lane),
	    log_str("why", why), log_num("in_flight", at->in_channel));
	window_init(&at->window, at->window.most, at->window.fixed);
	scenario_all_wait(core, at);
	result_abandon(core, at);
}

void core_sim_status(struct core *core, uint32_t lane, uint32_t scenario, bool ok,
		     struct slice message)
{
	scenario_decide(core, &core->lanes[lane], scenario, ok, message);
}

void core_sim_expect(const struct core *core, uint64_t id)
{
	inflight_expect(&core->inflight, id);
}

void core_sim_result(struct core *core, uint32_t lane, uint64_t id,
		     const struct reception *receptions, size_t count, bool more)
{
	result_take(core, &core->lanes[lane], id, receptions, count, more);
}

void core_sim_drained(struct core *core, uint32_t lane)
{
	lane_pump(core, &core->lanes[lane]);
}

/* ------------------------------------------------------------------ the end */

void core_drain(struct core *core)
{
	core->draining = true;
}

static void decide_all(struct core *core)
{
	/* the queues first, or they go out into the places that become free */
	for (size_t i = 0; i < core->scenario_count; i++) {
		queue_decide(core, core->scenarios[i], OUTCOME_SIMULATOR_DOWN);
	}
	for (uint32_t i = 0; i < core->lane_count; i++) {
		result_abandon(core, &core->lanes[i]);
	}
	waiting_abandon(core);
}

/* The n-th of all comes again n gaps from now, so that not all come at once: the next gateway
 * is to serve them. */
static uint32_t retry_ms(const struct core *core, uint32_t place, uint32_t count)
{
	enum { SOONEST_MS = 100, LARGEST_GAP_MS = 20 };
	uint64_t spread = core->limits.retry_spread_ms;
	uint64_t widest = (uint64_t)count * LARGEST_GAP_MS;

	return SOONEST_MS + (uint32_t)((spread < widest ? spread : widest) * place / count);
}

void core_shutdown(struct core *core)
{
	uint32_t count = core->registry.count, place = 0;

	core->draining = true;
	decide_all(core);
	for (uint32_t i = 0; i < core->registry.sessions.high; i++) {
		struct session *session = registry_at(&core->registry, i);

		if (session && session->state != SESSION_ENDED) {
			session_end_for(core, session, GOODBYE_SHUTTING_DOWN, 0,
					"the gateway is shutting down",
					retry_ms(core, place++, count));
		}
	}
}

const struct stats *core_stats(const struct core *core)
{
	return &core->stats;
}

uint32_t core_online(const struct core *core)
{
	return core->registry.online;
}

uint32_t core_sessions(const struct core *core)
{
	return core->registry.count;
}

uint32_t core_in_flight(const struct core *core)
{
	return core->inflight.count;
}

struct core_simulators core_simulators(const struct core *core)
{
	struct core_simulators found = {0};

	for (uint32_t i = 0; i < core->lane_count; i++) {
		found.lanes_down += !core->lanes[i].up;
	}
	for (size_t i = 0; i < core->scenario_count; i++) {
		enum scenario_status status = core->scenarios[i]->status;

		found.scenarios_unanswered += status == SCENARIO_WAITING;
		found.scenarios_refused += status == SCENARIO_REFUSED;
	}
	return found;
}

bool core_scenario_is_available(const struct core *core, const char *name)
{
	const struct scenario *scenario = scenario_find(core, slice_str(name));

	return scenario && scenario->status == SCENARIO_ACCEPTED;
}
