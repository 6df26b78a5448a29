#include "core/request.h"

#include <stdlib.h>

#include "core/admission.h"
#include "core/group.h"
#include "core/guest.h"
#include "core/lane.h"
#include "core/listing.h"
#include "core/rate.h"
#include "core/send.h"
#include "core/state.h"

static const char id_in_use[] = "this id is in use from another address";

void request_enter(struct core *core, struct session *session, uint32_t ref, struct slice name,
		   bool tell)
{
	struct scenario *scenario = scenario_find(core, name);
	const struct scenario *present = session_scenario(session);

	if (!scenario) {
		session_error(core, session, ref, ERROR_NO_SUCH_SCENARIO,
			      "no scenario has this name");
	} else if (!scenario_allows(core, scenario, session_id(session))) {
		session_error(core, session, ref, ERROR_SCENARIO_NOT_ALLOWED,
			      "this drone is not among those that may enter the scenario");
	} else if (scenario->status == SCENARIO_REFUSED) {
		session_error(core, session, ref, ERROR_SCENARIO_UNAVAILABLE,
			      scenario_why_refused(scenario));
	} else if (scenario != present && scenario->member_count >= scenario->config.max_drones) {
		session_error(core, session, ref, ERROR_SCENARIO_FULL,
			      "the scenario has as many drones as it takes");
	} else if (scenario != present && scenario_enter(core, session, scenario) < 0) {
		session_no_memory(core, session, ref);
	} else if (tell) {
		session_tell_scenario(core, session, ref);
	}
}

static void handle_list_scenarios(struct core *core, struct session *session,
				  const struct request *request)
{
	listing_start(core, session, LISTING_SCENARIOS, request->ref, NULL);
}

static void handle_list_drones(struct core *core, struct session *session,
			       const struct request *request)
{
	struct scenario *scenario = NULL;

	if (request->name.size) {
		scenario = scenario_find(core, request->name);
		if (!scenario) {
			session_error(core, session, request->ref, ERROR_NO_SUCH_SCENARIO,
				      "no scenario has this name");
			return;
		}
	}
	listing_start(core, session, LISTING_DRONES, request->ref, scenario);
}

static void handle_choose_scenario(struct core *core, struct session *session,
				   const struct request *request)
{
	if (request->name.size) {
		request_enter(core, session, request->ref, request->name, request->ref != 0);
		return;
	}
	if (session_scenario(session)) {
		(void)!scenario_enter(core, session, NULL); /* leaving takes no memory */
	}
	if (request->ref) {
		session_tell_scenario(core, session, request->ref);
	}
}

static const char *rename_refusal(const struct core *core, const struct session *session,
				  struct slice callsign, enum error_code *code)
{
	*code = ERROR_BAD_NAME;
	if (callsign.size && !callsign_valid(callsign)) {
		return callsign_bad;
	}
	*code = ERROR_NAME_TAKEN;
	if (!slice_equal(callsign, session_id(session)) && guest_had(core, callsign)) {
		return guest_names_taken;
	}
	return registry_callsign_taken(&core->registry, session_id(session), callsign)
		       ? "another drone uses this callsign"
		       : NULL;
}

static void handle_rename(struct core *core, struct session *session, const struct request *request)
{
	struct slice callsign = request->name.size ? request->name : session_id(session);
	enum error_code code;
	const char *why = rename_refusal(core, session, callsign, &code);

	if (!why && !slice_equal(callsign, session_callsign(session)) &&
	    session_rename(core, session, callsign) < 0) {
		code = ERROR_INTERNAL;
		why = "the gateway is out of memory";
	}
	if (why) {
		session_error(core, session, request->ref, code, why);
	} else {
		session_done(core, session, request->ref);
	}
}

/* Joins or leaves. */
static void handle_group(struct core *core, struct session *session, const struct request *request)
{
	const struct scenario *scenario = session_scenario(session);
	enum error_code code = ERROR_UNSPECIFIED;

	if (!name_valid(request->name)) {
		session_error(core, session, request->ref, ERROR_BAD_NAME, group_bad_name);
		return;
	}
	if (!scenario) {
		session_error(core, session, request->ref, ERROR_NO_SCENARIO,
			      "choose a scenario before: groups live in one");
		return;
	}
	if (request->kind == REQUEST_LEAVE_GROUP) {
		group_leave(&core->groups, session->member, scenario->identity, request->name);
	} else {
		code = group_join(&core->groups, session->member, scenario->identity, request->name,
				  core->limits.max_groups_per_drone);
	}
	if (code == ERROR_UNSPECIFIED) {
		session_done(core, session, request->ref);
	} else {
		session_error(core, session, request->ref, code,
			      code == ERROR_INTERNAL ? "the gateway is out of memory"
						     : "it is in as many groups as it may be");
	}
}

static void state_merge(struct state *known, const struct state *update)
{
	if (update->position.frame != POSITION_UNKNOWN) {
		known->position = update->position;
	}
	if (update->has_velocity) {
		known->has_velocity = true;
		known->velocity = update->velocity;
	}
	if (update->has_attitude) {
		known->has_attitude = true;
		known->attitude = update->attitude;
	}
	if (update->has_radio) {
		known->has_radio = true;
		known->radio = update->radio;
	}
	known->at_us = update->at_us;
}

static const char *state_refusal(const struct session *session, const struct state *update,
				 enum error_code *code)
{
	const struct scenario *scenario = session_scenario(session);

	if (update->position.frame != POSITION_GEODETIC) {
		return NULL;
	}
	*code = ERROR_BAD_REQUEST;
	if (!geodesy_valid(update->position.geodetic)) {
		return "latitude must be within 90 degrees, longitude within 180";
	}
	*code = ERROR_NO_ORIGIN;
	if (scenario && !scenario->config.has_origin) {
		return "this scenario has no origin: give local positions";
	}
	return NULL;
}

static void handle_update_state(struct core *core, struct session *session,
				const struct request *request)
{
	enum error_code code = ERROR_UNSPECIFIED;
	const char *why = state_refusal(session, &request->state, &code);

	if (!why && !session->known) {
		session->known = calloc(1, sizeof(*session->known));
		if (!session->known) {
			code = ERROR_INTERNAL;
			why = "the gateway is out of memory";
		}
	}
	if (why) {
		session_error(core, session, request->ref, code, why);
		return;
	}
	state_merge(session->known, &request->state);
	if (!request->state.at_us) {
		session->known->at_us = core->now.unix_us;
	}
	if (session_scenario(session)) {
		scenario_send_node(core, session->member);
	}
	session_done(core, session, request->ref);
}

static void handle_ping(struct core *core, struct session *session, const struct request *request)
{
	struct event event = {
		.kind = EVENT_PONG,
		.ref = request->ref,
		.ping = {.nonce = request->ping.nonce, .time_us = core->now.unix_us},
	};

	session_emit(core, session, &event);
}

static void handle_nothing(struct core *core, struct session *session,
			   const struct request *request)
{
	(void)core;
	(void)session;
	(void)request; /* that it came is all: see request_handle */
}

static void handle_leave(struct core *core, struct session *session, const struct request *request)
{
	session_end(core, session, GOODBYE_LEFT, request->ref, "as you wish");
}

/* Back to where it came from, behind the answers to what came before it. */
static void handle_aside(struct core *core, struct session *session, const struct request *request)
{
	struct event event = {.kind = EVENT_ASIDE, .ref = request->ref, .aside = request->aside};

	session_emit(core, session, &event);
}

static void handle_refused(struct core *core, struct session *session,
			   const struct request *request)
{
	session_error(core, session, request->ref, request->refused.code, request->refused.message);
}

typedef void (*handler_fn)(struct core *core, struct session *session,
			   const struct request *request);

/* REQUEST_SEND is not here: see request_take. */
static const handler_fn handlers[REQUEST_COUNT] = {
	[REQUEST_REFUSED] = handle_refused,
	[REQUEST_REGISTRATION] = admission_register,
	[REQUEST_AUTHENTICATE] = admission_authenticate,
	[REQUEST_LIST_SCENARIOS] = handle_list_scenarios,
	[REQUEST_CHOOSE_SCENARIO] = handle_choose_scenario,
	[REQUEST_LIST_DRONES] = handle_list_drones,
	[REQUEST_RENAME] = handle_rename,
	[REQUEST_JOIN_GROUP] = handle_group,
	[REQUEST_LEAVE_GROUP] = handle_group,
	[REQUEST_UPDATE_STATE] = handle_update_state,
	[REQUEST_PING] = handle_ping,
	[REQUEST_PONG] = handle_nothing,
	[REQUEST_LEAVE] = handle_leave,
	[REQUEST_ASIDE] = handle_aside,
	[REQUEST_NOTHING] = handle_nothing,
};

static struct lane *full_lane(const struct scenario *scenario)
{
	return scenario && lane_link_full(scenario->lane) ? scenario->lane : NULL;
}

/* Requests that make the gateway write to a simulator wait while that does not read: the
 * lane for which this one must wait, or NULL. */
static struct lane *lane_in_the_way(const struct core *core, const struct session *session,
				    const struct request *request)
{
	struct lane *lane = NULL;

	if (session->woken ||
	    (request->kind != REQUEST_CHOOSE_SCENARIO && request->kind != REQUEST_UPDATE_STATE)) {
		return NULL;
	}
	if (request->kind == REQUEST_CHOOSE_SCENARIO) {
		lane = full_lane(scenario_find(core, request->name));
	}
	return lane ? lane : full_lane(session_scenario(session));
}

/* Before the end nothing is begun any more, but who is there may show that it is alive. */
static enum core_verdict drain(struct core *core, struct session *session,
			       const struct request *request)
{
	session->heard_us = core->now.mono_us;
	if (session->state == SESSION_ACTIVE && session->rival) {
		admission_refuse_rival(core, session, id_in_use);
	}
	if (request->kind == REQUEST_PONG) {
		session->partial = false;
		return CORE_TAKEN;
	}
	session_hold(session, HOLD_DRAINING);
	return CORE_HOLD;
}

/* Before it is registered. What is for its front has nothing to do with that. */
static bool is_too_early(const struct session *session, enum request_kind kind)
{
	if (kind == REQUEST_ASIDE || kind == REQUEST_NOTHING) {
		return false;
	}
	return (session->state == SESSION_NEW && kind != REQUEST_REGISTRATION) ||
	       (session->state == SESSION_PROVING && kind != REQUEST_REGISTRATION &&
		kind != REQUEST_AUTHENTICATE);
}

static void refuse_too_early(struct core *core, struct session *session,
			     const struct request *request)
{
	const char *why = session->state == SESSION_PROVING
				  ? "the challenge must be answered first"
				  : "the first message must be a registration";

	if (request->kind == REQUEST_REFUSED) {
		handle_refused(core, session, request); /* it may have been one */
	} else {
		session_error(core, session, request->ref, ERROR_NOT_REGISTERED, why);
	}
	session_end(core, session, GOODBYE_PROTOCOL_ERROR, 0, why);
}

static enum core_verdict perform(struct core *core, struct session *session,
				 const struct request *request)
{
	struct lane *lane;

	if (request->kind == REQUEST_SEND) {
		return send_take(core, session, request->ref, &request->send);
	}
	lane = lane_in_the_way(core, session, request);
	if (lane) {
		session_hold_for(session, lane);
		return CORE_HOLD;
	}
	handlers[request->kind](core, session, request);
	return CORE_TAKEN;
}

/* Of a registered drone: as many as it may. */
static enum core_verdict perform_in_rate(struct core *core, struct session *session,
					 const struct request *request)
{
	enum core_verdict verdict;

	switch (rate_check(core, session, request)) {
	case RATE_HOLD:
		return CORE_HOLD;
	case RATE_REFUSE:
		return CORE_TAKEN;
	case RATE_END:
		return CORE_CLOSED;
	case RATE_PASS:
		break;
	}
	verdict = perform(core, session, request);
	if (verdict == CORE_TAKEN && session->state == SESSION_ACTIVE) {
		rate_charge(core, session, request);
	}
	return verdict;
}

static enum core_verdict request_take(struct core *core, struct session *session,
				      const struct request *request)
{
	if (core->draining) {
		return drain(core, session, request);
	}
	if (session->state == SESSION_ASKING || session->state == SESSION_DENIED) {
		session_hold(session, HOLD_ASKING);
		return CORE_HOLD;
	}
	if (session->listing) {
		session_hold(session, HOLD_LISTING);
		return CORE_HOLD;
	}
	session->heard_us = core->now.mono_us;
	session->partial = false; /* this one is whole: what follows it is another frame */
	if (session->rival) {
		admission_refuse_rival(core, session, id_in_use);
	}
	if (is_too_early(session, request->kind)) {
		refuse_too_early(core, session, request);
		return CORE_CLOSED;
	}
	return session->state == SESSION_ACTIVE ? perform_in_rate(core, session, request)
						: perform(core, session, request);
}

enum core_verdict request_handle(struct core *core, struct session *session,
				 const struct request *request)
{
	enum core_verdict verdict = request_take(core, session, request);

	lane_unwake(core, session);
	return session->state == SESSION_ENDED ? CORE_CLOSED : verdict;
}
