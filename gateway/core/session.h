/* A session: one drone's stay, from its connection to its end. Sessions stand in
 * the registry by index; an ended one is freed at the start of the next turn, never
 * while it is being handled. */
#ifndef UAV_CORE_SESSION_H
#define UAV_CORE_SESSION_H

#include "base/heap.h"
#include "base/list.h"
#include "core/callsign.h"
#include "core/core.h"
#include "core/name.h"

enum session_state {
	SESSION_NEW,	 /* connected, not registered */
	SESSION_PROVING, /* challenged: must prove that it may go by the id */
	SESSION_DENIED,	 /* has failed to; is told after limits.auth_delay_ms */
	SESSION_ASKING,	 /* wants an id whose holder is being pinged */
	SESSION_ACTIVE,	 /* registered */
	SESSION_ENDED,	 /* forgotten by its endpoint, freed next turn */
};

struct allowance;
struct lane;
struct listing;
struct member;
struct scenario;

/* Why the drone is not being read: any of these. */
enum session_hold {
	HOLD_WINDOW = 1,    /* its own window is full */
	HOLD_SIMULATOR = 2, /* the simulator's window is full; in its lane's list */
	HOLD_LISTING = 4,   /* a list is still being written to it */
	HOLD_ASKING = 8,    /* SESSION_ASKING; SESSION_DENIED: never released */
	HOLD_DRAINING = 16, /* the gateway is about to end; never released */
	HOLD_RATE = 32,	    /* it has sent more than it may */
};

/* What is left of a request that waits: of one who is challenged or asks for an id, its
 * registration. */
struct asked {
	uint32_t ref;
	uint8_t nonce[AUTH_NONCE_BYTES]; /* of the challenge */
	struct request_registration registration;
};

/* An idle drone is mostly this: what few have at a time stands outside of it. What a message
 * looks at, of its sender and of its target, stands together at the front. */
struct session {
	uint8_t state;		 /* enum session_state */
	uint8_t hold;		 /* enum session_hold, or-ed */
	bool partial;		 /* a frame has been started at frame_since_us */
	struct name id;		 /* empty until it registers (or asks) */
	uint8_t kind;		 /* enum drone_kind */
	uint8_t presence;	 /* enum presence_wish */
	uint32_t index;		 /* place in the registry */
	uint32_t max_frame;	 /* largest frame the drone takes */
	uint32_t frame_limit;	 /* largest that its welcome allows it to send */
	uint32_t last_target;	 /* index of the session last sent to */
	uint32_t in_flight;	 /* messages in queues and at simulators */
	uint32_t waiting;	 /* deliveries of its messages that wait for their time */
	uint64_t number;	 /* unique while the gateway runs */
	uint64_t heard_us;	 /* monotonic, as all times here */
	struct member *member;	 /* its stay in a scenario, or NULL; see session_scenario */
	struct lane *woken;	 /* it may use a place of this lane's window that is kept for it */
	struct session *rival;	 /* the one who asks for this id, and back */
	struct listing *listing; /* that is being written to it, or NULL */
	struct list reports;	 /* fanouts whose report is being written */
	struct endpoint endpoint;
	uint64_t presence_seen; /* journal position */
	uint64_t slow_since_us; /* 0: is not slow */

	struct callsign *callsign; /* NULL: the id */
	union {
		struct asked *asked;	     /* before it is registered: to be finished */
		struct allowance *allowance; /* from then on; see core/rate.h */
	};
	struct heap_entry deadline;
	union {
		uint64_t connected_us; /* until it is registered */
		uint64_t pinged_us;    /* from then on */
	};
	uint64_t since_us; /* of the state */
	uint64_t frame_since_us;
	uint64_t waiting_bytes;
	struct state *known; /* NULL: nothing given yet */
	/* behind the last record of its scenario, and of its name; 0: none */
	uint64_t scenario_noted, name_noted;
	union {
		/* before it is registered, in core->newcomers; then, maybe, in a lane's list */
		struct list held;
		struct list grave; /* SESSION_ENDED: in core->graveyard */
	};
};

/* The largest frame that is taken from it: what its welcome said, or more if that has been
 * raised since. */
uint32_t session_frame_limit(const struct core *core, const struct session *session);

/* How long it may be silent. */
struct patience session_patience(const struct core *core, const struct session *session);

/* The one place where a session changes its state, and its deadline with it. */
void session_move(struct core *core, struct session *session, enum session_state state);

struct session *session_new(struct core *core, const struct endpoint *endpoint);
void session_free(struct core *core, struct session *session);

/* Gives it another callsign (checked, free; empty: its id), and has everyone told. 0, or
 * -1 when memory is out. */
int session_rename(struct core *core, struct session *session, struct slice callsign)
	__attribute__((warn_unused_result));

/* Registers under `registration` (checked, id free): tables, welcome, presence.
 * Ends the session when memory is out. */
void session_activate(struct core *core, struct session *session, uint32_t ref,
		      const struct request_registration *registration);

/* Ends the session, with a goodbye unless the connection is gone: tables,
 * scenario, presence, accounts, log. What it has in flight goes on. `message` is for
 * people, static. */
void session_end(struct core *core, struct session *session, enum goodbye_reason reason,
		 uint32_t ref, const char *message);
/* The same, and when to come again. */
void session_end_for(struct core *core, struct session *session, enum goodbye_reason reason,
		     uint32_t ref, const char *message, uint32_t retry_after_ms);
/* A newcomer that is banned: error, goodbye, and when to try again. `why` is static. */
void session_turn_away(struct core *core, struct session *session, uint32_t ref, uint64_t banned_us,
		       const char *why);

/* Hands an event to the drone. A reader that is too far behind is ended. Harmless
 * on an ended session. True: it was taken. */
bool session_emit(struct core *core, struct session *session, const struct event *event);
/* An error reply; counted. `message` is for people, static. */
void session_error(struct core *core, struct session *session, uint32_t ref, enum error_code code,
		   const char *message);
/* The error that answers what could not be done for want of memory. */
void session_no_memory(struct core *core, struct session *session, uint32_t ref);
/* A ping of its own making: is it there? */
void session_ping(struct core *core, struct session *session);
/* `done`, if a reply is wanted. */
void session_done(struct core *core, struct session *session, uint32_t ref);
/* Where it is now. */
void session_tell_scenario(struct core *core, struct session *session, uint32_t ref);

/* Goes on with lists, reports and presence as far as the reader has drained. */
void session_pump(struct core *core, struct session *session);
/* Whether more may be written to it now that can as well be written later. */
bool session_has_room(const struct core *core, const struct session *session);

/* Bounds in time have become shorter: what they bound is counted from now on, so that nobody
 * is dropped for what was allowed until now. */
void session_count_anew(const struct core *core, struct session *session);

/* Forgets that it was slow, if it has caught up. */
void session_caught_up(const struct core *core, struct session *session);

/* The drone is read no more for this reason, or again. A hold is set only where a
 * request is answered CORE_HOLD, so that each release has something to resume. */
void session_hold(struct session *session, enum session_hold why);
/* The same, for a place in this lane's window. */
void session_hold_for(struct session *session, struct lane *lane);
void session_release(struct core *core, struct session *session, enum session_hold why);

static inline struct slice session_id(const struct session *session)
{
	return name_slice(&session->id);
}

static inline struct slice session_callsign(const struct session *session)
{
	return session->callsign ? callsign_slice(session->callsign) : session_id(session);
}

#endif
