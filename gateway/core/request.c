#include "core/request.h"

#include <stdlib.h>

#include "core/group.h"
#include "core/lane.h"
#include "core/listing.h"
#include "core/send.h"
#include "core/state.h"

/* --------------------------------------------------------------- registration */

static const char id_in_use[] = "this id is in use from another address";
static const char bad_callsign[] =
	"callsign must be 1 to 32 code points without control characters";

/* The first thing that is wrong, or NULL. */
static const char *registration_refusal(const struct request_registration *registration,
					enum error_code *code)
{
	*code = ERROR_BAD_ID;
	if (!name_valid(registration->drone_id)) {
		return "drone_id must be 1 to 32 of A-Z a-z 0-9 . _ -";
	}
	*code = ERROR_BAD_NAME;
	if (registration->callsign.size && !callsign_valid(registration->callsign)) {
		return bad_callsign;
	}
	*code = ERROR_BAD_REQUEST;
	if (registration->software.size > CONTENT_TYPE_MAX_BYTES) {
		return "software is longer than 64 bytes";
	}
	if (registration->max_frame_bytes && registration->max_frame_bytes < FRAME_LEAST_BYTES) {
		return "max_frame_bytes must be 0 (any) or at least 768";
	}
	return NULL;
}

/* Whether somebody other than the holder of `id` goes by that callsign, or has it as id. */
static bool callsign_taken(const struct core *core, struct slice id, struct slice callsign)
{
	const struct registry *registry = &core->registry;
	const struct session *holder = registry_by_id(registry, id);
	const struct session *user;

	if (callsign.size == 0 || slice_equal(callsign, id)) {
		return false;
	}
	user = registry_by_id(registry, callsign);
	if (!user) {
		user = registry_by_callsign(registry, callsign);
	}
	return user && user != holder;
}

enum { REGISTRATION_PARTS = 5 };

/* One piece of memory that the registration can be read from after its frame is
 * gone. */
static struct asked *asked_new(uint32_t ref, const struct request_registration *from)
{
	size_t size = from->drone_id.size + from->callsign.size + from->software.size +
		      from->scenario.size + from->placement.size;
	struct asked *asked = malloc(sizeof(*asked) + size);
	struct slice *parts[REGISTRATION_PARTS];
	struct request_registration *copy;
	uint8_t *at;

	if (!asked) {
		return NULL;
	}
	*asked = (struct asked){.ref = ref, .registration = *from};
	copy = &asked->registration;
	at = (uint8_t *)(asked + 1);
	parts[0] = &copy->drone_id;
	parts[1] = &copy->callsign;
	parts[2] = &copy->software;
	parts[3] = &copy->scenario;
	parts[4] = &copy->placement;
	for (size_t i = 0; i < REGISTRATION_PARTS; i++) {
		if (parts[i]->size) {
			memcpy(at, parts[i]->data, parts[i]->size);
		}
		parts[i]->data = at;
		at += parts[i]->size;
	}
	return asked;
}

/* `tell`: the answer is wanted. */
static void enter(struct core *core, struct session *session, uint32_t ref, struct slice name,
		  bool tell)
{
	struct scenario *scenario = scenario_find(core, name);
	const struct scenario *present = session_scenario(session);

	if (!scenario) {
		session_error(core, session, ref, ERROR_NO_SUCH_SCENARIO,
			      "no scenario has this name; list_scenarios tells which there are");
	} else if (scenario->status == SCENARIO_REFUSED) {
		session_error(core, session, ref, ERROR_SCENARIO_UNAVAILABLE,
			      scenario_why_refused(scenario));
	} else if (scenario != present && scenario->member_count >= scenario->config.max_drones) {
		session_error(core, session, ref, ERROR_SCENARIO_FULL,
			      "the scenario has its max_drones");
	} else if (scenario != present && scenario_enter(core, session, scenario) < 0) {
		session_no_memory(core, session, ref);
	} else if (tell) {
		session_tell_scenario(core, session, ref);
	}
}

static void register_now(struct core *core, struct session *session, uint32_t ref,
			 const struct request_registration *registration)
{
	struct slice scenario = registration->scenario;

	if (!scenario.size) {
		scenario = registration->placement;
	}
	if (!scenario.size) {
		scenario = name_slice(&core->default_scenario);
	}
	session_activate(core, session, ref, registration);
	if (session->state == SESSION_ACTIVE && scenario.size) {
		enter(core, session, ref, scenario, true);
	}
}

void request_register_asked(struct core *core, struct session *session, uint32_t ref,
			    const struct request_registration *registration)
{
	if (callsign_taken(core, registration->drone_id, registration->callsign)) {
		session_error(core, session, ref, ERROR_NAME_TAKEN,
			      "another drone uses this callsign");
		return;
	}
	register_now(core, session, ref, registration);
}

/* The holder is pinged; if it stays silent for takeover_ms the newcomer gets the id. */
static void ask_for_id(struct core *core, struct session *session, struct session *holder,
		       uint32_t ref, const struct request_registration *registration)
{
	session->asked = asked_new(ref, registration);
	if (!session->asked) {
		session_no_memory(core, session, ref);
		return;
	}
	session->rival = holder;
	holder->rival = session;
	session_move(core, session, SESSION_ASKING);
	session_ping(core, holder);
}

void request_refuse_rival(struct core *core, struct session *holder, const char *why)
{
	struct session *rival = holder->rival;
	uint32_t ref = rival->asked->ref;

	holder->rival = NULL;
	rival->rival = NULL;
	free(rival->asked);
	rival->asked = NULL;
	session_move(core, rival, SESSION_NEW);
	session_error(core, rival, ref, ERROR_NAME_TAKEN, why);
	session_release(core, rival, HOLD_ASKING);
}

static void take_over(struct core *core, struct session *session, struct session *holder,
		      uint32_t ref, const struct request_registration *registration)
{
	if (memcmp(holder->endpoint.address, session->endpoint.address, ENDPOINT_ADDRESS_BYTES) ==
	    0) {
		session_end(core, holder, GOODBYE_TAKEN_OVER, 0,
			    "another connection registered this id");
		/* somebody who asked for the id before may have got it now */
		holder = registry_by_id(&core->registry, registration->drone_id);
		if (!holder) {
			register_now(core, session, ref, registration);
			return;
		}
	}
	if (holder->rival) {
		session_error(core, session, ref, ERROR_NAME_TAKEN,
			      "somebody else is asking for this id just now");
		return;
	}
	ask_for_id(core, session, holder, ref, registration);
}

static void handle_registration(struct core *core, struct session *session,
				const struct request *request)
{
	const struct request_registration *registration = &request->registration;
	struct session *holder;
	enum error_code code;
	uint64_t banned_us;
	const char *why;

	if (session->state == SESSION_ACTIVE) {
		session_error(core, session, request->ref, ERROR_ALREADY_REGISTERED,
			      "this connection is registered");
		return;
	}
	if (registration->protocol == 0) {
		session_error(core, session, request->ref, ERROR_UNSUPPORTED_PROTOCOL,
			      "protocol must be 1 or higher");
		session_end(core, session, GOODBYE_PROTOCOL_ERROR, 0, "no common protocol version");
		return;
	}
	why = registration_refusal(registration, &code);
	banned_us = why ? 0
			: flapping_banned_us(&core->flapping, registration->drone_id,
					     core->now.mono_us);
	if (banned_us) {
		session_turn_away(core, session, request->ref, banned_us);
		return;
	}
	if (!why && callsign_taken(core, registration->drone_id, registration->callsign)) {
		code = ERROR_NAME_TAKEN;
		why = "another drone uses this callsign";
	}
	if (why) {
		session_error(core, session, request->ref, code, why);
		return;
	}
	holder = registry_by_id(&core->registry, registration->drone_id);
	if (holder) {
		take_over(core, session, holder, request->ref, registration);
	} else {
		register_now(core, session, request->ref, registration);
	}
}

/* ------------------------------------------------------------------ the others */

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
				      "no scenario has this name; list_scenarios tells which there "
				      "are");
			return;
		}
	}
	listing_start(core, session, LISTING_DRONES, request->ref, scenario);
}

static void handle_choose_scenario(struct core *core, struct session *session,
				   const struct request *request)
{
	if (request->name.size) {
		enter(core, session, request->ref, request->name, request->ref != 0);
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
		return bad_callsign;
	}
	*code = ERROR_NAME_TAKEN;
	return callsign_taken(core, session_id(session), callsign)
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
			      "groups live in scenarios: choose one before");
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
		scenario_send_node(session->member);
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

static void handle_pong(struct core *core, struct session *session, const struct request *request)
{
	(void)core;
	(void)session;
	(void)request; /* that it came is all: see request_handle */
}

static void handle_leave(struct core *core, struct session *session, const struct request *request)
{
	session_end(core, session, GOODBYE_LEFT, request->ref, "as you wish");
}

static void handle_refused(struct core *core, struct session *session,
			   const struct request *request)
{
	session_error(core, session, request->ref, request->refused.code, request->refused.message);
}

static void handle_unsupported(struct core *core, struct session *session,
			       const struct request *request)
{
	session_error(core, session, request->ref, ERROR_UNSUPPORTED,
		      "this version of the gateway does not do this");
}

typedef void (*handler_fn)(struct core *core, struct session *session,
			   const struct request *request);

/* REQUEST_SEND is not here: see request_take. */
static const handler_fn handlers[REQUEST_COUNT] = {
	[REQUEST_REFUSED] = handle_refused,
	[REQUEST_REGISTRATION] = handle_registration,
	[REQUEST_AUTHENTICATE] = handle_unsupported,
	[REQUEST_LIST_SCENARIOS] = handle_list_scenarios,
	[REQUEST_CHOOSE_SCENARIO] = handle_choose_scenario,
	[REQUEST_LIST_DRONES] = handle_list_drones,
	[REQUEST_RENAME] = handle_rename,
	[REQUEST_JOIN_GROUP] = handle_group,
	[REQUEST_LEAVE_GROUP] = handle_group,
	[REQUEST_UPDATE_STATE] = handle_update_state,
	[REQUEST_PING] = handle_ping,
	[REQUEST_PONG] = handle_pong,
	[REQUEST_LEAVE] = handle_leave,
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
		request_refuse_rival(core, session, id_in_use);
	}
	if (request->kind == REQUEST_PONG) {
		session->partial = false;
		return CORE_TAKEN;
	}
	session_hold(session, HOLD_DRAINING);
	return CORE_HOLD;
}

static enum core_verdict request_take(struct core *core, struct session *session,
				      const struct request *request)
{
	struct lane *lane;

	if (core->draining) {
		return drain(core, session, request);
	}
	if (session->state == SESSION_ASKING) {
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
		request_refuse_rival(core, session, id_in_use);
	}
	if (session->state == SESSION_NEW && request->kind != REQUEST_REGISTRATION) {
		if (request->kind == REQUEST_REFUSED) {
			handle_refused(core, session, request); /* it may have been one */
		} else {
			session_error(core, session, request->ref, ERROR_NOT_REGISTERED,
				      "the first message must be a registration");
		}
		session_end(core, session, GOODBYE_PROTOCOL_ERROR, 0,
			    "the first message must be a registration");
		return CORE_CLOSED;
	}
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

enum core_verdict request_handle(struct core *core, struct session *session,
				 const struct request *request)
{
	enum core_verdict verdict = request_take(core, session, request);

	lane_unwake(core, session);
	return session->state == SESSION_ENDED ? CORE_CLOSED : verdict;
}
