#include <stdlib.h>

#include "core/admission.h"
#include "core/deadline.h"
#include "core/lane.h"
#include "core/listing.h"
#include "core/relay.h"
#include "core/state.h"

static const char out_of_memory[] = "the gateway is out of memory";

struct session *session_new(struct core *core, const struct endpoint *endpoint)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session) {
		return NULL;
	}
	session->state = SESSION_NEW;
	session->endpoint = *endpoint;
	session->max_frame = core->limits.max_frame_bytes;
	session->connected_us = core->now.mono_us;
	session->since_us = core->now.mono_us;
	session->heard_us = core->now.mono_us;
	session->last_target = HASH_NONE;
	list_init(&session->held);
	list_init(&session->reports);
	if (registry_add(&core->registry, session) < 0) {
		free(session);
		return NULL;
	}
	if (heap_set(&core->deadlines, &session->deadline, deadline_of(core, session)) < 0) {
		registry_remove(&core->registry, session);
		free(session);
		return NULL;
	}
	list_push_back(&core->newcomers, &session->held);
	session->number = core->next_number++;
	core->registry.count++;
	return session;
}

void session_free(struct core *core, struct session *session)
{
	list_remove(&session->grave);
	registry_remove(&core->registry, session);
	callsign_drop(session->callsign);
	free(session->known);
	free(session->asked);
	free(session->listing);
	free(session);
}

uint32_t session_frame_limit(const struct core *core, const struct session *session)
{
	if (session->state != SESSION_ACTIVE) {
		return core->limits.max_frame_bytes_unregistered;
	}
	return session->frame_limit > core->limits.max_frame_bytes ? session->frame_limit
								   : core->limits.max_frame_bytes;
}

struct patience session_patience(const struct core *core, const struct session *session)
{
	const struct endpoint *endpoint = &session->endpoint;

	return endpoint->ops->patience ? endpoint->ops->patience(endpoint->ctx)
				       : (struct patience){
						 .ping_interval_ms = core->limits.ping_interval_ms,
						 .idle_timeout_ms = core->limits.idle_timeout_ms,
					 };
}

void session_count_anew(const struct core *core, struct session *session)
{
	session->heard_us = core->now.mono_us;
	session->frame_since_us = core->now.mono_us;
	if (session->state == SESSION_NEW || session->state == SESSION_PROVING) {
		session->connected_us = core->now.mono_us;
	}
	if (session->slow_since_us) {
		session->slow_since_us = core->now.mono_us;
	}
}

/* ------------------------------------------------------------- the way out */

static bool session_out_of_bounds(const struct core *core, const struct session *session)
{
	size_t bound = session->state == SESSION_ACTIVE ? core->limits.output_hard_bytes
							: core->limits.max_frame_bytes_unregistered;

	return session->endpoint.ops->queued(session->endpoint.ctx) > bound;
}

bool session_has_room(const struct core *core, const struct session *session)
{
	return session->state != SESSION_ENDED &&
	       session->endpoint.ops->queued(session->endpoint.ctx) <
		       core->limits.output_soft_bytes / 2;
}

/* From now on it has output_soft_ms to catch up. */
static void session_slow(struct core *core, struct session *session)
{
	if (!session->slow_since_us) {
		session->slow_since_us = core->now.mono_us;
		deadline_by(core, session,
			    core->now.mono_us + core->limits.output_soft_ms * 1000ull);
	}
}

bool session_emit(struct core *core, struct session *session, const struct event *event)
{
	const struct endpoint *endpoint = &session->endpoint;

	if (session->state == SESSION_ENDED) {
		return false;
	}
	if (session_out_of_bounds(core, session)) {
		session_end(core, session, GOODBYE_TOO_SLOW, 0, "output is not being read");
		return false;
	}
	if (!endpoint->ops->emit(endpoint->ctx, event, session->max_frame)) {
		session_end(core, session, GOODBYE_KICKED, 0, out_of_memory);
		return false;
	}
	if (endpoint->ops->queued(endpoint->ctx) > core->limits.output_soft_bytes) {
		session_slow(core, session);
	}
	return true;
}

void session_ping(struct core *core, struct session *session)
{
	struct event event = {
		.kind = EVENT_PING,
		.ping = {.nonce = session->number, .time_us = core->now.unix_us},
	};

	session->pinged_us = core->now.mono_us;
	session_emit(core, session, &event);
}

void session_error(struct core *core, struct session *session, uint32_t ref, enum error_code code,
		   const char *message)
{
	struct event event = {
		.kind = EVENT_ERROR,
		.ref = ref,
		.error = {.code = code, .message = slice_str(message)},
	};

	core->stats.errors[code]++;
	session_emit(core, session, &event);
}

void session_no_memory(struct core *core, struct session *session, uint32_t ref)
{
	session_error(core, session, ref, ERROR_INTERNAL, out_of_memory);
}

void session_done(struct core *core, struct session *session, uint32_t ref)
{
	struct event event = {.kind = EVENT_DONE, .ref = ref};

	if (ref) {
		session_emit(core, session, &event);
	}
}

void session_tell_scenario(struct core *core, struct session *session, uint32_t ref)
{
	const struct scenario *scenario = session_scenario(session);
	struct scenario_entry entry;
	struct event event = {.kind = EVENT_SCENARIO_CHOSEN, .ref = ref};

	if (scenario) {
		entry = scenario_entry_of(scenario);
		event.chosen = &entry;
	}
	session_emit(core, session, &event);
}

static void pump_reports(struct core *core, struct session *session)
{
	struct list *link;

	while (session_has_room(core, session) && (link = list_first(&session->reports))) {
		struct fanout *fanout = LIST_ENTRY(link, struct fanout, in_session);

		if (!fanout_report(core, session, fanout)) {
			return;
		}
		if (session->state == SESSION_ENDED) {
			return; /* its reports went with it */
		}
		fanout_free(core, fanout);
		relay_open_window(core, session);
	}
}

/* Something is kept back for it until it has read more. */
static bool session_waits(const struct core *core, const struct session *session)
{
	return session->listing || !list_empty(&session->reports) || presence_behind(core, session);
}

void session_pump(struct core *core, struct session *session)
{
	listing_pump(core, session);
	pump_reports(core, session);
	if (session->state == SESSION_ACTIVE) {
		presence_catch_up(core, session);
	}
	if (session->state == SESSION_ACTIVE && session_waits(core, session)) {
		session_slow(core, session);
	}
}

void session_caught_up(const struct core *core, struct session *session)
{
	const struct endpoint *endpoint = &session->endpoint;

	if (session_has_room(core, session) ||
	    (endpoint->ops->queued(endpoint->ctx) <= core->limits.output_soft_bytes &&
	     !session_waits(core, session))) {
		session->slow_since_us = 0;
	}
}

/* ----------------------------------------------------------------- holding */

void session_hold(struct session *session, enum session_hold why)
{
	session->hold |= (uint8_t)why;
}

void session_hold_for(struct session *session, struct lane *lane)
{
	if (!(session->hold & HOLD_SIMULATOR)) {
		list_push_back(&lane->held, &session->held);
	}
	session_hold(session, HOLD_SIMULATOR);
}

void session_release(struct core *core, struct session *session, enum session_hold why)
{
	if (!(session->hold & why) || session->state == SESSION_ENDED) {
		return;
	}
	session->hold &= (uint8_t)~why;
	if (why == HOLD_SIMULATOR) {
		list_remove(&session->held);
	}
	if (session->hold) {
		return;
	}
	/* The gateway silenced it: its time starts anew. */
	session->heard_us = core->now.mono_us;
	session->frame_since_us = core->now.mono_us;
	if (session->partial) {
		deadline_by(core, session, deadline_of_frame(core, session));
	}
	session->endpoint.ops->resume(session->endpoint.ctx);
}

/* ------------------------------------------------------------------- states */

void session_move(struct core *core, struct session *session, enum session_state state)
{
	if (session->state == SESSION_ASKING) {
		session->frame_since_us = core->now.mono_us; /* nobody took its frames */
	}
	session->state = (uint8_t)state;
	session->since_us = core->now.mono_us;
	if (state == SESSION_ENDED) {
		core->registry.count--;
		list_remove(&session->held);
		heap_remove(&core->deadlines, &session->deadline);
		list_push_back(&core->graveyard, &session->grave);
		return;
	}
	/* cannot fail: it is in the heap */
	(void)!heap_set(&core->deadlines, &session->deadline, deadline_of(core, session));
}

/* -------------------------------------------------------- beginning and end */

static void tell_welcome(struct core *core, struct session *session, uint32_t ref)
{
	struct patience patience = session_patience(core, session);
	struct event event = {
		.kind = EVENT_WELCOME,
		.ref = ref,
		.welcome =
			{
				.session = session->number,
				.time_us = core->now.unix_us,
				.drone_id = session_id(session),
				.callsign = session_callsign(session),
				.idle_timeout_ms = patience.idle_timeout_ms,
				.ping_interval_ms = patience.ping_interval_ms,
				.max_frame_bytes = core->limits.max_frame_bytes,
				.max_payload_bytes =
					limits_max_payload(core->limits.max_frame_bytes),
				.online = core->registry.online,
				.protocol = PROTOCOL_VERSION,
			},
	};

	session_emit(core, session, &event);
}

/* Who used the newcomer's id as a callsign falls back to its own id. */
static void unseat_squatter(struct core *core, struct slice id)
{
	struct session *squatter = registry_by_callsign(&core->registry, id);

	if (squatter) {
		(void)!session_rename(core, squatter, slice_of(NULL, 0)); /* takes no memory */
	}
}

/* The callsign as a session keeps it: in *copy, NULL for its own id. 0, or -1 when memory
 * is out. */
static int copy_callsign(const struct session *session, struct slice callsign,
			 struct callsign **copy)
{
	*copy = NULL;
	if (callsign.size == 0 || slice_equal(callsign, session_id(session))) {
		return 0;
	}
	*copy = callsign_new(callsign);
	return *copy ? 0 : -1;
}

int session_rename(struct core *core, struct session *session, struct slice callsign)
{
	struct scenario *scenario = session_scenario(session);
	struct callsign *copy;
	bool noted;

	if (copy_callsign(session, callsign, &copy) < 0) {
		return -1;
	}
	if (registry_rename(&core->registry, session, copy) < 0) {
		callsign_drop(copy);
		return -1;
	}
	noted = presence_note(core, session, PRESENCE_WHAT_RENAMED, GOODBYE_UNSPECIFIED, scenario,
			      scenario);
	LOG(core->log, noted ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "drone_renamed",
	    log_text("drone", session_id(session)),
	    log_text("callsign", session_callsign(session)));
	return 0;
}

void session_activate(struct core *core, struct session *session, uint32_t ref,
		      const struct request_registration *registration)
{
	bool enlisted = false;

	session->id = name_of(registration->drone_id);
	session->kind = (uint8_t)registration->kind;
	session->presence = (uint8_t)registration->presence;
	if (registration->max_frame_bytes &&
	    registration->max_frame_bytes < core->limits.max_frame_bytes) {
		session->max_frame = registration->max_frame_bytes;
	}
	unseat_squatter(core, session_id(session));
	if (copy_callsign(session, registration->callsign, &session->callsign) == 0) {
		enlisted = registry_enlist(&core->registry, session) == 0;
	}
	if (!enlisted) {
		session->id = (struct name){0};
		session_end(core, session, GOODBYE_KICKED, ref, out_of_memory);
		return;
	}
	list_remove(&session->held);
	session->heard_us = core->now.mono_us;
	session->pinged_us = 0;
	session->frame_limit = core->limits.max_frame_bytes;
	session_move(core, session, SESSION_ACTIVE);
	presence_note(core, session, PRESENCE_WHAT_ONLINE, GOODBYE_UNSPECIFIED, NULL, NULL);
	presence_join(core, session);
	LOG(core->log, LOG_LEVEL_INFO, "drone_registered", log_text("drone", session_id(session)),
	    log_text("callsign", session_callsign(session)),
	    log_num("session", (int64_t)session->number),
	    log_text("software", registration->software));
	tell_welcome(core, session, ref);
}

static void tell_goodbye(const struct session *session, enum goodbye_reason reason, uint32_t ref,
			 const char *message, uint32_t retry_after_ms)
{
	struct event event = {
		.kind = EVENT_GOODBYE,
		.ref = ref,
		.goodbye =
			{
				.reason = reason,
				.message = slice_str(message),
				.retry_after_ms = retry_after_ms,
			},
	};

	(void)session->endpoint.ops->emit(session->endpoint.ctx, &event, session->max_frame);
}

/* The one who asked for the id gets it; or, when it is the asker that ends, the
 * holder keeps it. */
static void settle_rival(struct core *core, struct session *session, bool was_holder)
{
	struct session *rival = session->rival;
	struct asked *asked;

	if (!rival) {
		return;
	}
	session->rival = NULL;
	rival->rival = NULL;
	if (!was_holder) {
		return;
	}
	asked = rival->asked;
	rival->asked = NULL;
	session_move(core, rival, SESSION_NEW);
	admission_register_asked(core, rival, asked->ref, &asked->registration);
	free(asked);
	session_release(core, rival, HOLD_ASKING);
}

static void forget_reports(struct core *core, struct session *session)
{
	struct list *link;

	while ((link = list_first(&session->reports))) {
		fanout_free(core, LIST_ENTRY(link, struct fanout, in_session));
	}
}

enum { FLAPPING_WINDOW_US = 60 * 1000000 };

static void note_takeover(struct core *core, const struct session *session)
{
	uint32_t most = core->limits.max_takeovers_per_minute;
	struct ban_rule rule = {
		.limit = most ? most + 1 : 0,
		.window_us = FLAPPING_WINDOW_US,
		.ban_us = core->limits.takeover_ban_ms * 1000ull,
	};

	if (bans_note(&core->takeovers, session_id(session), core->now.mono_us, &rule)) {
		LOG(core->log, LOG_LEVEL_WARNING, "id_banned",
		    log_text("drone", session_id(session)),
		    log_num("ban_ms", core->limits.takeover_ban_ms),
		    log_str("why", "the id changed hands too often"));
	}
}

void session_end_for(struct core *core, struct session *session, enum goodbye_reason reason,
		     uint32_t ref, const char *message, uint32_t retry_after_ms)
{
	bool was_active = session->state == SESSION_ACTIVE;

	if (session->state == SESSION_ENDED) {
		return;
	}
	session_move(core, session, SESSION_ENDED);
	core->stats.goodbyes[reason]++;
	if (reason == GOODBYE_TAKEN_OVER) {
		note_takeover(core, session);
	}
	if (was_active) {
		presence_note(core, session, PRESENCE_WHAT_OFFLINE, reason,
			      session_scenario(session), NULL);
		scenario_abandon(core, session);
		registry_delist(&core->registry, session);
	}
	LOG(core->log, was_active ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
	    was_active ? "drone_left" : "newcomer_left", log_text("drone", session_id(session)),
	    log_num("session", (int64_t)session->number), log_str("reason", goodbye_name(reason)),
	    log_str("why", message));
	forget_reports(core, session);
	if (reason != GOODBYE_CONNECTION_LOST) {
		tell_goodbye(session, reason, ref, message, retry_after_ms);
		session->endpoint.ops->close(session->endpoint.ctx);
	}
	lane_unwake(core, session);
	settle_rival(core, session, was_active);
}

void session_end(struct core *core, struct session *session, enum goodbye_reason reason,
		 uint32_t ref, const char *message)
{
	session_end_for(core, session, reason, ref, message, 0);
}

void session_turn_away(struct core *core, struct session *session, uint32_t ref, uint64_t banned_us,
		       const char *why)
{
	uint64_t rest_ms = (banned_us + 999) / 1000;

	session_error(core, session, ref, ERROR_BANNED, why);
	session_end_for(core, session, GOODBYE_BANNED, 0, why,
			rest_ms < UINT32_MAX ? (uint32_t)rest_ms : UINT32_MAX);
}
