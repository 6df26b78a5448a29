#include "core/admission.h"

#include <stdlib.h>

#include "base/host_bytes.h"
#include "core/guest.h"
#include "core/request.h"
#include "core/state.h"

/* ------------------------------------------------------------ what is asked for */

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
		return callsign_bad;
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
		request_enter(core, session, ref, scenario, true);
	}
}

/* ------------------------------------------------------------------- admitted */

static const char callsign_in_use[] = "another drone uses this callsign";

static bool names_are_free(struct core *core, struct session *session, uint32_t ref,
			   const struct request_registration *registration)
{
	const char *why = NULL;

	if (registry_callsign_taken(&core->registry, registration->drone_id,
				    registration->callsign)) {
		why = callsign_in_use;
	} else if (guest_had(core, registration->drone_id) ||
		   guest_had(core, registration->callsign)) {
		why = guest_names_taken;
	}
	if (why) {
		session_error(core, session, ref, ERROR_NAME_TAKEN, why);
	}
	return !why;
}

void admission_register_asked(struct core *core, struct session *session, uint32_t ref,
			      const struct request_registration *registration)
{
	if (names_are_free(core, session, ref, registration)) {
		register_now(core, session, ref, registration);
	}
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

void admission_refuse_rival(struct core *core, struct session *holder, const char *why)
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

/* At once: it has proved that the id is its own, or is the same host as the one who has it. */
static bool gives_way(const struct session *holder, const struct session *newcomer, bool proved)
{
	return proved || memcmp(holder->endpoint.address, newcomer->endpoint.address,
				ENDPOINT_ADDRESS_BYTES) == 0;
}

/* The id is its own as far as that had to be shown. */
static void admit(struct core *core, struct session *session, uint32_t ref,
		  const struct request_registration *registration, bool proved)
{
	struct slice id = registration->drone_id;
	uint64_t banned_us = bans_left_us(&core->takeovers, id, core->now.mono_us);
	struct session *holder;

	if (banned_us) {
		session_turn_away(core, session, ref, banned_us,
				  "this id changed hands too often; it is banned for a while");
		return;
	}
	if (!names_are_free(core, session, ref, registration)) {
		return;
	}
	/* somebody who asked for the id before may get it when its holder gives way */
	while ((holder = registry_by_id(&core->registry, id)) &&
	       gives_way(holder, session, proved)) {
		session_end(core, holder, GOODBYE_TAKEN_OVER, 0,
			    "another connection registered this id");
	}
	if (!holder) {
		register_now(core, session, ref, registration);
	} else if (holder->rival) {
		session_error(core, session, ref, ERROR_NAME_TAKEN,
			      "somebody else is asking for this id just now");
	} else {
		ask_for_id(core, session, holder, ref, registration);
	}
}

/* ----------------------------------------------------------------- failed tries */

/* An id from a host: neither locks the other out elsewhere. */
struct failure_key {
	uint8_t bytes[NAME_MAX_BYTES + 1 + ENDPOINT_ADDRESS_BYTES];
	size_t size;
};

static struct failure_key failure_key(const struct session *session, struct slice id)
{
	struct failure_key key;

	memcpy(key.bytes, id.data, id.size);
	key.bytes[id.size] = 0; /* in no id */
	memcpy(key.bytes + id.size + 1, session->endpoint.address, ENDPOINT_ADDRESS_BYTES);
	key.size = id.size + 1 + ENDPOINT_ADDRESS_BYTES;
	return key;
}

/* Whether the id is banned for this host: then it is told, and the session is over. */
static bool turned_away(struct core *core, struct session *session, uint32_t ref, struct slice id)
{
	struct failure_key key = failure_key(session, id);
	uint64_t banned_us =
		bans_left_us(&core->failures, slice_of(key.bytes, key.size), core->now.mono_us);

	if (banned_us) {
		session_turn_away(
			core, session, ref, banned_us,
			"too many tries to go by this id failed; it is banned for a while");
	}
	return banned_us > 0;
}

/* Whoever tries ids by the thousand must not drown the log. */
static void log_failure(struct core *core, const struct session *session, struct slice id)
{
	enum { LINES_A_SECOND = 20 };
	const uint64_t cost_ns = bucket_cost_ns(LINES_A_SECOND);
	char host[INET6_ADDRSTRLEN];

	if (!bucket_has(&core->failure_lines, core->now.mono_us, BUCKET_SECOND_NS, cost_ns)) {
		return;
	}
	bucket_take(&core->failure_lines, core->now.mono_us, cost_ns);
	LOG(core->log, LOG_LEVEL_WARNING, "auth_failed", log_text("drone", id),
	    log_str("host", host_bytes_text(session->endpoint.address, host)),
	    log_num("failures_in_all", (int64_t)core->stats.auth_failures),
	    log_str("why", "the proof, or the certificate, is not of this id"));
}

static void log_ban(struct core *core, const struct session *session, struct slice id)
{
	char host[INET6_ADDRSTRLEN];

	LOG(core->log, LOG_LEVEL_WARNING, "banned", log_text("drone", id),
	    log_str("host", host_bytes_text(session->endpoint.address, host)),
	    log_num("ban_ms", core->limits.auth_ban_ms),
	    log_str("why", "too many tries to go by this id from this host failed"));
}

/* Not told at once: who tries many secrets waits for each. */
static void deny(struct core *core, struct session *session, uint32_t ref, struct slice id)
{
	struct failure_key key = failure_key(session, id);
	struct ban_rule rule = {
		.limit = core->limits.auth_max_failures,
		.window_us = core->limits.auth_ban_ms * 1000ull,
		.ban_us = core->limits.auth_ban_ms * 1000ull,
	};

	core->stats.auth_failures++;
	log_failure(core, session, id);
	if (bans_note(&core->failures, slice_of(key.bytes, key.size), core->now.mono_us, &rule)) {
		log_ban(core, session, id);
	}
	session->asked = asked_new(ref, &(struct request_registration){0});
	session_move(core, session, SESSION_DENIED);
}

void admission_tell_denied(struct core *core, struct session *session)
{
	static const char why[] = "this drone_id is not let in with this proof or certificate";

	session_error(core, session, session->asked ? session->asked->ref : 0, ERROR_AUTH_FAILED,
		      why);
	session_end(core, session, GOODBYE_AUTH_FAILED, 0, why);
}

/* ---------------------------------------------------------------- the challenge */

static void challenge(struct core *core, struct session *session, uint32_t ref,
		      const struct request_registration *registration)
{
	const struct access_port *access = &core->access;
	struct asked *asked = asked_new(ref, registration);
	struct event event = {.kind = EVENT_CHALLENGE, .ref = ref};

	if (!asked) {
		session_no_memory(core, session, ref);
		return;
	}
	if (!access->ops || !access->ops->nonce(access->ctx, asked->nonce)) {
		free(asked);
		session_error(core, session, ref, ERROR_INTERNAL,
			      "the gateway's system gives no random numbers");
		return;
	}
	event.nonce = slice_of(asked->nonce, sizeof(asked->nonce));
	session->asked = asked;
	session_move(core, session, SESSION_PROVING);
	session_emit(core, session, &event);
}

/* A registration in the place of one that was challenged: that one is forgotten. */
static void forget_challenge(struct core *core, struct session *session)
{
	if (session->state == SESSION_PROVING) {
		free(session->asked);
		session->asked = NULL;
		session_move(core, session, SESSION_NEW);
	}
}

static enum proof_verdict examine(const struct core *core, const struct asked *asked,
				  struct slice proof)
{
	const struct access_port *access = &core->access;

	return proof.size != AUTH_PROOF_BYTES
		       ? PROOF_WRONG
		       : access->ops->proves(access->ctx, asked->registration.drone_id,
					     asked->nonce, proof.data);
}

void admission_authenticate(struct core *core, struct session *session,
			    const struct request *request)
{
	struct asked *asked;

	if (session->state == SESSION_ACTIVE) {
		session_error(core, session, request->ref, ERROR_ALREADY_REGISTERED,
			      "this connection is registered");
		return;
	}
	asked = session->asked;
	session->asked = NULL;
	session_move(core, session, SESSION_NEW);
	/* others may have failed since the challenge: many challenges at once are not many tries */
	if (turned_away(core, session, request->ref, asked->registration.drone_id)) {
		free(asked);
		return;
	}
	switch (examine(core, asked, request->proof)) {
	case PROOF_RIGHT:
		admit(core, session, request->ref, &asked->registration, true);
		break;
	case PROOF_WRONG:
		deny(core, session, request->ref, asked->registration.drone_id);
		break;
	case PROOF_UNDECIDED: /* no try: it may ask for another challenge */
		session_no_memory(core, session, request->ref);
		break;
	}
	free(asked);
}

/* -------------------------------------------------------------- the registration */

static void decide(struct core *core, struct session *session, uint32_t ref,
		   const struct request_registration *registration)
{
	if (turned_away(core, session, ref, registration->drone_id)) {
		return;
	}
	switch (registration->id_proof) {
	case ID_SECRET:
		challenge(core, session, ref, registration);
		break;
	case ID_DISPROVED:
		deny(core, session, ref, registration->drone_id);
		break;
	case ID_FREE:
	case ID_PROVED:
		admit(core, session, ref, registration, registration->id_proof == ID_PROVED);
		break;
	}
}

void admission_register(struct core *core, struct session *session, const struct request *request)
{
	const struct request_registration *registration = &request->registration;
	enum error_code code;
	const char *why;

	if (session->state == SESSION_ACTIVE) {
		session_error(core, session, request->ref, ERROR_ALREADY_REGISTERED,
			      "this connection is registered");
		return;
	}
	forget_challenge(core, session);
	if (registration->protocol == 0) {
		session_error(core, session, request->ref, ERROR_UNSUPPORTED_PROTOCOL,
			      "protocol must be 1 or higher");
		session_end(core, session, GOODBYE_PROTOCOL_ERROR, 0, "no common protocol version");
		return;
	}
	why = registration_refusal(registration, &code);
	if (why) {
		session_error(core, session, request->ref, code, why);
	} else {
		decide(core, session, request->ref, registration);
	}
}

/* ------------------------------------------------------------------- guests */

void admission_greet(struct core *core, struct session *session,
		     const struct request_registration *registration)
{
	const struct event ask = {.kind = EVENT_CHALLENGE};
	struct request_registration guest = *registration;
	char id[NAME_MAX_BYTES + 1];

	if (registration->id_proof != ID_FREE) {
		session_emit(core, session, &ask);
		return;
	}
	guest.drone_id = guest_id(core, id);
	register_now(core, session, 0, &guest);
}
