/* One run of the core under a fake clock, fake drones and a fake channel simulator.
 *
 * Beside the core stands a model of what it should do, written from proto/README.md
 * and not from the core. Before each call into the core the model says what must
 * happen; the ports compare what does happen; check.c looks at the rest. The model
 * knows every connection that ever was, so that a message handed to the wrong life of a
 * drone is seen. */
#ifndef UAV_TESTS_FLOW_WORLD_H
#define UAV_TESTS_FLOW_WORLD_H

#include "base/arena.h"
#include "base/rng.h"
#include "core/core.h"

enum {
	FLOW_MAX_DRONES = 64,
	FLOW_SCENARIOS = 4,
	FLOW_NODES = 256,
	FLOW_REPLIES = 80,
	FLOW_CALLSIGNS = 4,
	FLOW_ADDRESSES = 3,
	FLOW_LINK_BYTES = 130,
	FLOW_PAYLOAD_BYTES = 70000,
	FLOW_OLD_IDS = 16
};

struct conn;
struct world;

/* --- a message and what becomes of it --- */

struct target {
	struct conn *conn;   /* the life that was meant; NULL: nobody had the id */
	uint32_t membership; /* its stay in the scenario */
	uint32_t node;	     /* what the simulator knows it by; 0: never transmitted to */
	struct slice id;
	bool decided, reported;
	bool coming; /* the answer being given hands it over */
	bool delivered;
	enum outcome outcome, hop_outcome;
	enum reason reason, hop_reason;
	bool has_hop;
	enum source source;
	bool has_link;
	size_t link_size;
	uint8_t link[FLOW_LINK_BYTES];
};

struct parcel {
	struct conn *sender;
	uint32_t sender_membership;
	uint32_t ref;
	enum report_wish wish; /* NONE without ref */
	bool many;
	bool expect_transmit, transmitted, in_channel;
	uint64_t uid; /* in the first bytes of the payload */
	size_t payload_size;
	struct slice content_type;
	uint32_t scenario;
	uint64_t id, sequence, sent_at_us, deadline_us;
	uint32_t undecided, count;
	struct target targets[];
};

/* --- a connection and the drone's stay on it --- */

enum conn_state { CONN_NEW, CONN_ASKING, CONN_ACTIVE, CONN_OVER };

enum reply_kind {
	REPLY_ERROR,
	REPLY_DONE,
	REPLY_WELCOME,
	REPLY_CHOSEN,
	REPLY_PONG,
	REPLY_GOODBYE,
	REPLY_SCENARIOS, /* from here on: may take its time while the reader is slow */
	REPLY_DRONES,
	REPLY_SEND
};

struct reply {
	enum reply_kind kind;
	uint32_t ref;
	enum error_code code;
	struct parcel *message;
	uint32_t entries;  /* of a list, so far */
	uint32_t scenario; /* listed; 0 = all */
	uint64_t since;	   /* of a list: the world's moment */
};

enum held_why { HELD_NOT, HELD_WINDOW, HELD_SIMULATOR, HELD_LISTING, HELD_ASKING, HELD_DRAINING };

struct text {
	uint8_t size;
	char bytes[140];
};

struct conn {
	struct world *world;
	struct conn *next; /* every connection of the run */
	struct session *session;
	struct endpoint endpoint;
	enum conn_state state;
	unsigned slot;
	bool tell_over; /* the call being made breaks the protocol */
	bool closed;

	struct text id, callsign;
	enum presence_wish presence;
	uint32_t max_frame;

	/* registration that is being answered or that waits for the id's holder */
	uint32_t wanted_ref;
	struct text wanted_id, wanted_callsign, wanted_scenario;
	enum presence_wish wanted_presence;
	uint32_t wanted_max_frame;
	struct conn *rival; /* holder and asker, each other's */
	uint64_t asked_us;
	bool freed;	    /* asker: the holder went away in this call */
	bool spoken_over;   /* asker: the holder spoke in this call */
	bool may_ask;	    /* may find another asker before it */
	bool will_register; /* in this call */

	uint64_t connected_us, active_us, heard_us, pinged_us;

	/* output */
	size_t queue;
	bool reading, refuse, refused;
	uint64_t no_room_since_us, over_soft_since_us, waits_since_us; /* 0: not so */

	/* input */
	bool partial;
	uint64_t partial_us;
	enum held_why held;
	bool resumed, woken; /* woken: out of HELD_SIMULATOR, and has not spoken since */
	bool calling;	     /* a request of this connection is in the core */

	/* scenario */
	uint32_t scenario, membership; /* 0: none */
	uint64_t member_since;	       /* the world's moment */
	uint64_t active_since;
	uint64_t sequence;
	uint32_t in_flight;
	uint32_t pushes;	  /* scenario_chosen that must come in this call */
	struct position position; /* last told */

	uint32_t last_ref;
	struct reply replies[FLOW_REPLIES];
	uint32_t reply_count;

	uint64_t seen;				    /* journal position */
	uint64_t noted;				    /* behind the last record about it */
	const struct conn *listed[FLOW_MAX_DRONES]; /* by slot: shown in the list being read */
};

/* The drone of one slot: its connections follow each other. */
struct drone {
	struct conn *conn;	/* NULL: not connected */
	unsigned mute;		/* steps in which it does nothing */
	struct request request; /* the last one: kept while held */
	struct text texts[4];
	uint8_t *payload; /* FLOW_PAYLOAD_BYTES */
};

/* --- presence as it should be told --- */

struct record {
	struct text id, callsign;
	enum presence_what what;
	enum goodbye_reason reason;
	uint32_t from, into; /* scenarios */
	uint64_t at_us;
};

/* --- the simulator --- */

struct scenario_model {
	char name[16];
	enum { MODEL_WAITING, MODEL_ACCEPTED, MODEL_REFUSED } status;
	char message[32];
	bool told; /* set_scenario has come since the link is up */
	struct conn *nodes[FLOW_NODES];
};

struct simulator {
	bool up, full, reset;
	struct scenario_model scenarios[FLOW_SCENARIOS + 1]; /* by number */
	struct parcel **channel;
	uint32_t channel_count, channel_cap;
	uint64_t old_ids[FLOW_OLD_IDS];
	uint32_t old_count;
	struct parcel *answering;
	const struct reception *receptions; /* of the answer being given */
	size_t reception_count;
	uint64_t strays; /* on this link */
};

struct tally {
	uint64_t presence[PRESENCE_WHAT_COUNT];
	uint64_t missed, renoted, events, deliveries, held, resumed, resets, pages;
	uint64_t outcomes[OUTCOME_COUNT], reasons[REASON_COUNT], errors[ERROR_COUNT],
		goodbyes[GOODBYE_COUNT];
	uint64_t steps, sends, transmits;
};

struct options {
	uint64_t seed, runs;
	uint32_t steps, drones;
	bool trace, no_quota;
	const char *program;
};

struct world {
	const struct options *options;
	uint64_t seed;
	uint32_t step;
	struct rng rng;
	struct arena arena;
	struct limits limits;
	struct simulator_config simulator;
	struct scenario_config configs[FLOW_SCENARIOS];
	struct core *core;
	struct instant now;
	bool in_core, in_port, draining, ticking, down;
	bool status_changes; /* scenarios become available or cease to be */

	unsigned drone_count;
	struct drone drones[FLOW_MAX_DRONES];
	struct conn *conns;
	struct simulator sim;
	uint32_t memberships;
	uint64_t moment; /* counts calls into the core */
	uint64_t uids;

	struct parcel *sending;
	struct record *journal;
	uint64_t journal_end, journal_cap;

	/* what the core's accounts must say */
	struct stats want;
	uint64_t outside_bytes;
	uint64_t unseen_errors; /* most that may have been counted but not shown */
	struct tally *tally;
};

/* --- world.c --- */

void world_open(struct world *world, const struct options *options, uint64_t seed,
		struct tally *tally);
/* Plays the steps, brings the run to an end, checks what is left. */
void world_play(struct world *world);
void world_close(struct world *world);
/* Memory that outlives the runs. */
void world_fini(struct world *world);

void world_fail(const struct world *world, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));
void world_trace(const struct world *world, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Around each call into the core. */
void world_enter(struct world *world);
void world_leave(struct world *world);
/* Around each port. */
void world_port(struct world *world, bool inside);

void *world_take(struct world *world, size_t size); /* zeroed, until the run ends */
bool world_chance(struct world *world, unsigned percent);
uint32_t world_below(struct world *world, uint32_t bound);

struct text text_of(struct slice slice);
struct slice text_slice(const struct text *text);

/* Whoever is registered under the id; NULL. */
struct conn *world_by_id(const struct world *world, struct slice id);
/* Whether anyone but `but` goes by that callsign. */
bool world_callsign_taken(const struct world *world, struct slice callsign, struct slice own_id,
			  const struct conn *but);
uint32_t world_members(const struct world *world, uint32_t scenario);
uint32_t world_online(const struct world *world);
uint32_t world_connected(const struct world *world);
/* False: it needs a record of its own. */
bool world_renote(struct world *world, const struct conn *conn, uint32_t into);
void world_note(struct world *world, struct conn *conn, enum presence_what what,
		enum goodbye_reason reason, uint32_t from, uint32_t into);

#define FLOW_HOLDS(world, condition, ...)                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			world_fail((world), __VA_ARGS__);                                          \
		}                                                                                  \
	} while (0)

/* --- drone.c: what drones do --- */

void drone_act(struct world *world, struct drone *drone);
/* Says leave, or just goes. */
void drone_leave(struct world *world, struct drone *drone, bool orderly);
/* The network takes what is queued but `left` bytes. */
void drone_drain(struct world *world, struct conn *conn, size_t left);
/* A sign of life. */
void drone_speak(struct world *world, struct drone *drone);
/* Presents the request that was held, if it may. */
void drone_represent(struct world *world, struct drone *drone);

/* --- foresee.c: what a request must lead to --- */

/* Sets up what the connection must be told, or says why the request must be held. */
enum held_why foresee(struct world *world, struct conn *conn, const struct request *request);
/* The drone chooses a scenario: it enters, or is told why not. */
/* A report of a message to many that the drone has not read so far. */
bool conn_report_waits(const struct conn *conn);
/* The longest that anyone waits for an id. */
uint32_t world_asking_ms(const struct world *world);
void foresee_entering(struct conn *conn, struct slice name, uint32_t ref, bool tell);
bool simulator_full(const struct world *world);
bool held_for_simulator(const struct world *world);

/* --- endpoint.c: the ports of a drone --- */

extern const struct endpoint_ops flow_endpoint_ops;
void conn_over(struct conn *conn, enum goodbye_reason reason);
bool conn_has_room(const struct conn *conn);
/* The gateway does not read it now and so cannot blame its silence. */
bool conn_silenced(const struct conn *conn);
/* Whether `allowed_ms` have passed since. */
bool conn_passed(const struct conn *conn, uint64_t since_us, uint32_t allowed_ms);
size_t conn_bound(const struct conn *conn);
struct reply *conn_expect(struct conn *conn, enum reply_kind kind, uint32_t ref);
struct reply *conn_find_reply(struct conn *conn, enum reply_kind kind, uint32_t ref);
void conn_drop_reply(struct conn *conn, struct reply *reply);
struct reply *conn_listing(struct conn *conn);

/* --- see.c: what drones see --- */

/* Holds the event against what is awaited. `taken`: the endpoint takes it. */
void see(struct conn *conn, const struct event *event, bool taken);

/* --- parcel.c: a message and its way in the model --- */

struct parcel *parcel_new(struct world *world, struct conn *sender, const struct request *request,
			  uint32_t targets);
struct target *parcel_add(struct parcel *message, struct conn *conn, struct slice id);
void parcel_decide(struct world *world, struct parcel *message, struct target *target,
		   enum outcome outcome, enum reason reason);
/* Out of the channel: whatever is undecided gets `rest`. */
void parcel_end(struct world *world, struct parcel *message, enum outcome rest);
/* Its report is complete, or nobody waits for one. */
void parcel_reported(struct parcel *message);
bool parcel_payload_equal(const struct world *world, const struct parcel *message,
			  struct slice payload);
struct target *parcel_target(struct parcel *message, struct slice id);

/* --- simulator.c --- */

extern const struct sim_ops flow_sim_ops;
void simulator_act(struct world *world);
void simulator_up(struct world *world);
void simulator_down(struct world *world, const char *why);
/* Answers everything in order, accepts every scenario. */
void simulator_settle(struct world *world);

/* --- check.c --- */

/* After each call into the core. */
void check_call(struct world *world);
/* After core_tick. */
void check_tick(struct world *world);
/* After each step. */
void check_step(struct world *world);
/* When everything has been read and answered. */
void check_quiet(struct world *world);
/* When everyone has left. */
void check_empty(struct world *world);

/* --- count.c --- */

void count_run(struct world *world);
void count_print(const struct tally *tally);
/* The number of rows that occur less than `least` times; each is told. */
unsigned count_missing(const struct tally *tally, uint64_t least);

#endif
