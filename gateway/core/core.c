#include "core/core.h"

#include <stdlib.h>

#include "core/deadline.h"
#include "core/relay.h"
#include "core/request.h"
#include "core/state.h"

struct core *core_new(const struct core_config *config, const struct sim_port *lanes,
		      struct instant now)
{
	struct core *core = calloc(1, sizeof(*core));

	if (!core) {
		return NULL;
	}
	core->limits = config->limits;
	core->log = config->log;
	core->now = now;
	core->sim = lanes[0].ops;
	core->sim_ctx = lanes[0].ctx;
	core->simulator_max_in_flight = config->simulators[0].max_in_flight;
	core->next_number = config->first_session;
	list_init(&core->graveyard);
	list_init(&core->held);
	heap_init(&core->deadlines);
	inflight_init(&core->inflight);
	registry_init(&core->registry, config->key);
	if (presence_init(&core->presence, config->limits.presence_backlog) < 0 ||
	    scenarios_init(core, config) < 0) {
		core_free(core);
		return NULL;
	}
	return core;
}

static void free_sessions(struct core *core)
{
	for (uint32_t i = 0; i < core->registry.high; i++) {
		struct session *session = core->registry.sessions[i];

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

static void free_messages(struct core *core)
{
	struct message *message;

	while ((message = inflight_oldest(&core->inflight))) {
		if (message->fanout) {
			fanout_free(core, message->fanout);
		}
		inflight_leave_channel(&core->inflight, message);
		inflight_release(&core->inflight, message);
	}
}

void core_free(struct core *core)
{
	if (!core) {
		return;
	}
	free_messages(core);
	heap_fini(&core->deadlines); /* its entries stand in the sessions */
	free_sessions(core);
	fanout_fini(core);
	inflight_fini(&core->inflight);
	scenarios_fini(core);
	presence_fini(&core->presence);
	registry_fini(&core->registry);
	free(core->encoded.data);
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

	relay_expire(core);
	presence_tick(core);
	/* last: what the others end may leave a newcomer whose time is up */
	while ((first = heap_first(&core->deadlines)) && first->due_us <= core->now.mono_us) {
		deadline_come(core, LIST_ENTRY(first, struct session, deadline));
	}
}

uint64_t core_next_deadline(const struct core *core)
{
	const struct heap_entry *first = heap_first(&core->deadlines);
	const struct message *oldest = inflight_oldest(&core->inflight);
	uint64_t due = first ? first->due_us : UINT64_MAX;

	if (oldest && oldest->deadline_us < due) {
		due = oldest->deadline_us;
	}
	if (core->presence.due_us && core->presence.due_us < due) {
		due = core->presence.due_us;
	}
	return due;
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

struct session *core_attach(struct core *core, const struct endpoint *endpoint)
{
	const struct registry *registry = &core->registry;
	enum goodbye_reason reason = GOODBYE_SERVER_FULL;
	const char *message = "the gateway has all the drones it takes";
	struct session *session = NULL;

	if (core->draining) {
		reason = GOODBYE_SHUTTING_DOWN;
		message = "the gateway is shutting down";
	} else if (registry->count < core->limits.max_drones &&
		   registry->count - registry->online < core->limits.max_unregistered) {
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
	return session->state == SESSION_ACTIVE ? core->limits.max_frame_bytes
						: core->limits.max_frame_bytes_unregistered;
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

/* --------------------------------------------------------------- simulator */

void core_sim_up(struct core *core, uint32_t lane)
{
	(void)lane;
	core->sim_up = true;
	core->strays = 0; /* those of the link before do not count against this one */
	core->stats.sim_ups++;
	scenario_replay(core);
}

void core_sim_down(struct core *core, uint32_t lane, const char *why)
{
	(void)lane;
	if (!core->sim_up) {
		return;
	}
	core->sim_up = false;
	core->stats.sim_downs++;
	LOG(core->log, LOG_LEVEL_WARNING, "simulator_down", log_str("why", why),
	    log_num("in_flight", core->inflight.in_channel));
	scenario_all_wait(core);
	relay_abandon(core);
}

void core_sim_status(struct core *core, uint32_t lane, uint32_t scenario, bool ok,
		     struct slice message)
{
	(void)lane;
	scenario_decide(core, scenario, ok, message);
}

void core_sim_result(struct core *core, uint32_t lane, uint64_t id,
		     const struct reception *receptions, size_t count, bool more)
{
	(void)lane;
	relay_result(core, id, receptions, count, more);
}

void core_sim_drained(struct core *core, uint32_t lane)
{
	(void)lane;
	relay_wake(core);
}

/* ------------------------------------------------------------------ the end */

void core_drain(struct core *core)
{
	core->draining = true;
}

void core_shutdown(struct core *core)
{
	core->draining = true;
	relay_abandon(core);
	for (uint32_t i = 0; i < core->registry.high; i++) {
		struct session *session = core->registry.sessions[i];

		if (session) {
			session_end(core, session, GOODBYE_SHUTTING_DOWN, 0,
				    "the gateway is shutting down");
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
	return core->inflight.in_channel;
}
