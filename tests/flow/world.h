/* One run of the core under a fake clock, fake drones and fake channel simulators.
 *
 * Beside the core stands a model of what it should do, written from proto/README.md
 * and not from the core. Before each call into the core the model says what must
 * happen; the ports compare what does happen; check.c looks at the rest. The model
 * knows every connection that ever was and every stay in a scenario, so that a message
 * handed to the wrong life of a drone is seen.
 *
 *   place    a scenario as drones know it, by its name
 *   grid     a scenario as one simulator knows it, by a number: a place has one at a time,
 *            and those retired by a reload until their last message is answered
 *   lane     one connection to a simulator
 *   stay     a drone in a place, from entering to leaving; a node at the simulator
 *   parcel   a message and what becomes of it for each target */
#ifndef UAV_TESTS_FLOW_WORLD_H
#define UAV_TESTS_FLOW_WORLD_H

#include "base/arena.h"
#include "base/rng.h"
#include "core/core.h"
#include "peek.h"

enum {
	FLOW_MAX_DRONES = 64,
	FLOW_PLACES = 20,
	FLOW_USUAL_PLACES = 5, /* of these, unless there are many drones */
	FLOW_SIMULATORS = 2,
	FLOW_MOST_CONNECTIONS = 3,
	FLOW_LANES = FLOW_SIMULATORS * FLOW_MOST_CONNECTIONS,
	FLOW_NUMBERS = 96, /* of scenarios */
	FLOW_NODES = 512,
	FLOW_GROUPS = 4,
	FLOW_MOST_GROUPS = 6, /* of a drone */
	FLOW_REPLIES = 80,
	FLOW_CALLSIGNS = 4,
	FLOW_ADDRESSES = 3,
	FLOW_LINK_BYTES = 130,
	FLOW_PAYLOAD_BYTES = 70000,
	FLOW_OLD_IDS = 16,
	CROWD_SLACK = 4000, /* what one that goes may add to the queues of others */
	FLOW_GOING = 128    /* stays that end within one call */
};

struct conn;
struct world;

struct text {
	uint8_t size;
	char bytes[140];
};

/* --- scenarios and who is in them --- */

enum status { STATUS_WAITING, STATUS_ACCEPTED, STATUS_REFUSED };

struct grid {
	struct grid *next;	      /* those retired that the simulator knows of */
	struct grid *older;	      /* all that were retired */
	uint32_t era;		      /* of its place */
	uint32_t place, lane, number; /* number 0: the simulator has not been told */
	struct scenario_config config;
	enum status status;
	char message[32]; /* why refused */
	bool told;	  /* set_scenario has come since the link is up */
	bool ask_again;	  /* it must come in this call */
	bool retired;
	uint32_t in_channel; /* messages */
	uint32_t stays;	     /* that the simulator must know of */
	uint32_t node_count; /* that it does know of */
	uint64_t since;	     /* the change from which on it is as it is */
	struct known *known; /* of its links */
	struct stay *nodes[FLOW_NODES];
};

struct place {
	char name[16];
	struct grid *grid;  /* NULL: there is no such scenario now */
	uint32_t era;	    /* another one each time it comes anew */
	uint64_t hub_noted; /* behind the last record of its hub */
};

struct stay {
	struct conn *conn;
	struct grid *grid;
	uint32_t serial;
	uint32_t node;	  /* 0: the simulator has not been told */
	bool over;	  /* left */
	bool uncounted;	  /* its node is not at the simulator, nor will be */
	bool outlived;	  /* its scenario was removed: it goes on for what is in flight */
	uint32_t relayed; /* messages of it in the channel on their way through a hub */
	uint64_t sequence;
	uint64_t targets, delivered, received; /* decided, of its messages; handed over to it */
	bool heard;			       /* with a Link, of which this is the SNR */
	float snr_db;
	uint64_t since;	  /* the world's moment */
	uint64_t changed; /* since which change its node is as it is */
	struct slice groups[FLOW_MOST_GROUPS];
	uint32_t group_count;
};

/* --- a message and what becomes of it --- */

struct leg {
	struct slice transmitter, receiver;
	enum outcome outcome;
	enum reason reason;
	enum source source;
	uint32_t late_by_us;
	bool has_link;
	size_t link_size;
	uint8_t link[FLOW_LINK_BYTES];
	float snr_db; /* with has_link */
};

struct target {
	struct conn *conn; /* the life that was meant; NULL: nobody had the id */
	struct stay *stay;
	struct slice id;
	uint32_t node; /* what the simulator knows it by; 0: never transmitted to */
	bool behind;   /* the hub */
	bool due;      /* must be a receiver of the next transmit */
	bool decided, reported;
	bool waiting;	/* for its simulated time */
	bool coming;	/* the call being made hands it over */
	bool attempted; /* it was shown to the endpoint */
	bool either;	/* OVERLOADED or TARGET_LEFT, as the gateway says */
	bool delivered;
	bool between; /* it had left when the first hop came to the hub, in this call */
	enum outcome outcome;
	enum reason reason;
	uint64_t due_us;
	unsigned leg_count;
	struct leg legs[2];
	uint32_t rank;	      /* among the targets, as the gateway takes them */
	struct slice payload; /* as the last hop left it; data NULL: as sent */
	bool altered;	      /* by the last hop, for this target alone */
};

struct coming {
	struct parcel *message;
	struct target *target;
};

enum way { WAY_OUT, WAY_QUEUED, WAY_CHANNEL };

struct parcel {
	struct conn *sender;
	struct stay *from;
	struct grid *grid;
	enum way way;
	uint32_t ref;
	enum report_wish wish; /* NONE without ref */
	bool many;
	struct slice to; /* group */
	bool expect_transmit, transmitted;
	bool held_bytes;  /* counted in world->outside_bytes ... */
	bool moved_bytes; /* ... or, since a delivery waits, in ->waiting_bytes */
	bool in_window;	  /* counted in the drone's window */
	bool relayed;	  /* some targets are behind the hub */
	bool relay_due;	  /* hop 2 must leave in this call */
	bool second;	  /* hop 2 is in the channel */
	bool bypassed;
	struct stay *hub;
	struct leg first; /* to the hub */
	uint64_t first_delay_us;
	uint64_t told; /* the last change that the simulator knew of at its last transmit */
	uint64_t uid;  /* in the first bytes of the payload */
	size_t payload_size;
	struct slice left; /* the payload as hop 1 left it; data NULL: as sent */
	struct slice content_type;
	bool delay_real;
	uint64_t order; /* of acceptance */
	uint64_t id, sequence, sent_at_us, accepted_us, deadline_us, queued_until_us;
	uint32_t undecided, count, waiting;
	struct target targets[];
};

struct parcels {
	struct parcel **at;
	uint32_t count, cap;
};

/* --- a connection and the drone's stay on it --- */

enum conn_state { CONN_NEW, CONN_PROVING, CONN_DENIED, CONN_ASKING, CONN_ACTIVE, CONN_OVER };

enum reply_kind {
	REPLY_ERROR,
	REPLY_DONE,
	REPLY_WELCOME,
	REPLY_CHOSEN,
	REPLY_PONG,
	REPLY_CHALLENGE,
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
	uint32_t entries; /* of a list, so far: the last place shown */
	uint32_t place;	  /* listed; 0 = all */
	bool cut;	  /* the place went while it was listed */
	uint64_t since;	  /* of a list: the world's moment */
};

enum held_why {
	HELD_NOT,
	HELD_WINDOW,
	HELD_SIMULATOR,
	HELD_LISTING,
	HELD_ASKING,
	HELD_DENIED, /* until its end */
	HELD_DRAINING,
	HELD_RATE
};

struct conn {
	struct world *world;
	struct conn *next; /* every connection of the run */
	struct session *session;
	struct endpoint endpoint;
	enum conn_state state;
	unsigned slot;
	uint32_t serial;	/* counts up: who came first */
	bool tell_over;		/* the call being made breaks the protocol */
	bool tell_banned;	/* the call being made asks for a banned id */
	bool tell_rate;		/* the call being made is far too much */
	uint32_t banned_for_ms; /* as the goodbye must say */
	bool closed;

	struct text id, callsign;
	enum presence_wish presence;
	uint32_t max_frame, frame_limit;
	uint32_t waiting; /* deliveries of its messages */
	uint64_t waiting_bytes;

	/* registration that is being answered or that waits for the id's holder */
	uint32_t wanted_ref;
	struct text wanted_id, wanted_callsign, wanted_scenario, wanted_placement;
	enum presence_wish wanted_presence;
	uint32_t wanted_max_frame;
	struct conn *rival; /* holder and asker, each other's */
	uint64_t asked_us;
	bool freed;			 /* asker: the holder went away in this call */
	bool may_ask;			 /* may find another asker before it */
	bool will_register;		 /* in this call */
	bool proved;			 /* in this call: that the id is its own */
	uint8_t nonce[AUTH_NONCE_BYTES]; /* CONN_PROVING: of the challenge */
	uint64_t denied_us;		 /* CONN_DENIED: since when */
	uint32_t denied_ref;
	bool denied_told;

	uint64_t connected_us, active_us, heard_us, pinged_us;

	/* output */
	size_t queue, queue_before; /* queue_before: when the queues were found too long */
	bool reading, refuse, refused;
	uint64_t no_room_since_us, over_soft_since_us, waits_since_us; /* 0: not so */

	/* input */
	bool partial;
	uint64_t partial_us;
	enum held_why held;
	uint32_t held_lane;	/* with HELD_SIMULATOR */
	uint64_t rate_until_us; /* with HELD_RATE */
	uint64_t paid_ns[2];	/* messages, bytes: when what it has sent is paid off */
	uint64_t refused_us;	/* the second in which refusals are counted */
	uint32_t refusals;
	bool resumed;
	bool woken;   /* out of HELD_SIMULATOR, and has not spoken since: a place is kept */
	bool calling; /* a request of this connection is in the core */

	/* scenario */
	uint32_t place; /* 0: none */
	struct stay *stay, *outlived;
	const struct stay *numbered; /* listed last, under this number */
	uint32_t number;
	uint64_t active_since;
	uint32_t in_flight, most; /* most: when last looked at */
	uint32_t pushes;	  /* scenario_chosen that must come in this call */
	struct position position; /* last told */
	bool has_velocity, has_radio;
	float velocity_east, tx_power_dbm;

	uint32_t last_ref;
	struct reply replies[FLOW_REPLIES];
	uint32_t reply_count;

	uint64_t seen;	   /* journal position */
	uint64_t noted[2]; /* behind the last record of its scenario, of its name */
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
	uint32_t from, into; /* places */
	uint32_t from_era, into_era;
	uint64_t due_us; /* when it must be told */
};

/* --- the simulators --- */

struct lane {
	struct world *world;
	uint32_t index, simulator;
	bool up, full, reset;
	struct parcels channel;
	uint32_t most; /* in the channel, or with a place in it, when last looked at */
	uint64_t old_ids[FLOW_OLD_IDS];
	uint32_t old_count;
	uint64_t strays;		    /* most that the core may have counted on this link */
	uint64_t seed;			    /* of its draws, as it has told; else 0 */
	struct grid *numbers[FLOW_NUMBERS]; /* what it has been told of */
};

enum proofs { PROOFS_NONE, PROOFS_SECRET, PROOFS_CERTIFICATE };

/* What a drone must know to go by its id. */
struct credential {
	uint32_t version;
	uint32_t barred; /* a place that it may not enter; 0: none */
	bool gone;
	bool withdrawn; /* by the reload that is being made */
};

/* What happens to an id that changes hands, or that is tried in vain from a host. */
struct flapper {
	uint64_t window_us, banned_until_us;
	uint32_t takeovers;
};

enum happening {
	HAPPENS_HELD,
	HAPPENS_RESUMED,
	HAPPENS_MISSED,
	HAPPENS_RENOTED,
	HAPPENS_REFRESHED,
	HAPPENS_HUB_RENOTED,
	HAPPENS_RESET,
	HAPPENS_PAGES,
	HAPPENS_DELIVERY,
	HAPPENS_RELAY,
	HAPPENS_RELAY_TO_MANY,
	HAPPENS_RELAY_ALTERED,
	HAPPENS_RELAY_CORRUPTED_FIRST,
	HAPPENS_RELAY_CORRUPTED_SECOND,
	HAPPENS_RELAY_LOST_FIRST,
	HAPPENS_RELAY_LOST_SECOND,
	HAPPENS_RELAY_HUB_GONE,
	HAPPENS_RELAY_TARGET_GONE,
	HAPPENS_RELAY_SENDER_GONE,
	HAPPENS_RELAY_TIMEOUT_FIRST,
	HAPPENS_RELAY_TIMEOUT_SECOND,
	HAPPENS_RELAY_DOWN_SECOND,
	HAPPENS_RELAY_RETIRED,
	HAPPENS_NODE_OUTLIVES,
	HAPPENS_HUB_TARGET,
	HAPPENS_NO_HUB,
	HAPPENS_DENIED,
	HAPPENS_JOINED,
	HAPPENS_LEFT_GROUP,
	HAPPENS_TO_GROUP,
	HAPPENS_RENAMED,
	HAPPENS_SQUATTER,
	HAPPENS_WAITED,
	HAPPENS_LATE,
	HAPPENS_LATE_AT_ONCE,
	HAPPENS_WAITING_FULL,
	HAPPENS_WAITING_TOO_LARGE,
	HAPPENS_WAITING_LEFT,
	HAPPENS_WAITING_SENDER_GONE,
	HAPPENS_WAITING_LINK_DOWN,
	HAPPENS_QUEUED,
	HAPPENS_QUEUED_SENT,
	HAPPENS_QUEUED_EXPIRED,
	HAPPENS_QUEUED_REFUSED,
	HAPPENS_QUEUED_LEFT,
	HAPPENS_QUEUED_FULL,
	HAPPENS_QUEUED_MOVED,
	HAPPENS_QUEUED_REMOVED,
	HAPPENS_BYPASSED,
	HAPPENS_BYPASSED_RELAY,
	HAPPENS_RECALLED,
	HAPPENS_RECALLED_LOST,
	HAPPENS_RECALLED_FOR_SURE,
	HAPPENS_RECALLED_ALL,
	HAPPENS_RECALLED_SOME,
	HAPPENS_RECALLED_FIRST,
	HAPPENS_RECALLED_SECOND,
	HAPPENS_RECALLED_BOTH,
	HAPPENS_RECALL_CHANGED,
	HAPPENS_RECALL_EXPIRED,
	HAPPENS_WRONG_LANE,
	HAPPENS_WRONG_LANE_STATUS,
	HAPPENS_RELOAD,
	HAPPENS_RELOAD_SOFT,
	HAPPENS_RELOAD_HARD,
	HAPPENS_RELOAD_LANE,
	HAPPENS_RELOAD_ADDED,
	HAPPENS_RELOAD_REMOVED,
	HAPPENS_RELOAD_HUB,
	HAPPENS_RELOAD_STRICTER,
	HAPPENS_RELOAD_ASKED_AGAIN,
	HAPPENS_LIST_CUT,
	HAPPENS_LIST_AGAIN,
	HAPPENS_LIST_AT_ALL,
	HAPPENS_RETIRED_LATER,
	HAPPENS_RETIRED_ANSWER,
	HAPPENS_PLACED_LISTENER,
	HAPPENS_PLACED_DEFAULT,
	HAPPENS_BANNED,
	HAPPENS_BAN_OVER,
	HAPPENS_CHALLENGED,
	HAPPENS_PROVED,
	HAPPENS_PROOF_WRONG,
	HAPPENS_TAKEN_BY_PROOF,
	HAPPENS_AUTH_BAN,
	HAPPENS_AUTH_BANNED,
	HAPPENS_AUTH_BAN_OVER,
	HAPPENS_BANNED_MEANWHILE,
	HAPPENS_WITHDRAWN,
	HAPPENS_PUT_OUT,
	HAPPENS_RATE_HELD,
	HAPPENS_RATE_RESUMED,
	HAPPENS_RATE_REFUSED,
	HAPPENS_CROWDED,
	HAPPENS_DISPLACED,
	HAPPENS_WALL_JUMP,
	HAPPENS_LATE_TICK,
	HAPPENS_SHUTDOWN_QUEUED,
	HAPPENS_SHUTDOWN_WAITING,
	HAPPENS_COUNT
};

struct tally {
	uint64_t presence[PRESENCE_WHAT_COUNT];
	uint64_t outcomes[OUTCOME_COUNT], reasons[REASON_COUNT], errors[ERROR_COUNT],
		goodbyes[GOODBYE_COUNT], happened[HAPPENS_COUNT];
	uint64_t steps, sends, transmits, events;
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
	struct limits most; /* what may still stand from before a reload */
	struct simulator_config simulators[FLOW_SIMULATORS];
	uint32_t simulator_count, lane_count;
	struct lane lanes[FLOW_LANES];
	struct place places[FLOW_PLACES + 1]; /* by number, from 1 */
	struct grid *retired, *old;
	struct grid *planned[FLOW_PLACES + 1]; /* of the reload being made */
	uint64_t changes;		       /* of nodes and scenarios, as simulators know */
	uint32_t default_place;
	uint64_t reloaded_us, reload_from; /* reload_from: the journal's end then */
	struct hash_key key;
	struct core *core;
	struct instant now;
	bool in_core, in_port, draining, ticking, down, reloading;
	bool ticks_late;     /* the loop is busy: what is due is done with the next tick */
	bool status_changes; /* scenarios become available or cease to be */

	unsigned drone_count;
	struct drone drones[FLOW_MAX_DRONES];
	struct conn *conns;
	struct stay *holders[FLOW_NODES]; /* of node numbers */
	struct stay *going[FLOW_GOING];	  /* nodes removed in this call */
	uint32_t going_count;
	uint32_t stay_serial;
	uint32_t stays_now, stays_peak, grids_peak;
	uint64_t moment; /* counts calls into the core */
	uint64_t uids, orders;

	struct parcel *sending;
	struct parcel *closing; /* the answer being given is about it */
	struct parcels queue;	/* in order of acceptance */
	uint32_t silent; /* targets of it that were decided in this call and are told to nobody */
	bool ended;	 /* a session has ended in this call */
	struct parcels waiting; /* messages of which deliveries wait */
	struct coming *coming;	/* hand-overs of this call, in order */
	uint32_t coming_count, coming_cap, coming_cursor;

	struct flapper flappers[FLOW_MAX_DRONES];
	struct flapper failures[FLOW_MAX_DRONES][FLOW_ADDRESSES + 1]; /* by host */
	struct credential credentials[FLOW_MAX_DRONES];
	enum proofs proofs;
	uint64_t nonces;
	uint32_t conn_serial;
	struct conn *displaced; /* must make way for the newcomer of the call being made */
	bool crowding; /* all queues together are too long: the call being made ends some */
	uint64_t crowd_left;
	struct record *journal;
	uint64_t journal_end, journal_cap;
	uint64_t firm; /* records before it may have been seen, when the call began */
	bool joining;  /* a newcomer: what it is not shown is firm only behind it */

	/* what the core's accounts must say */
	struct stats want;
	uint64_t outside_bytes;
	uint64_t waiting_bytes; /* of payloads that wait for their time */
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
void world_happens(struct world *world, enum happening what);

/* Around each call into the core. */
void world_enter(struct world *world);
void world_leave(struct world *world);
/* Around each port. */
void world_port(struct world *world, bool inside);

void *world_take(struct world *world, size_t size); /* zeroed, until the run ends */
struct slice world_keep(struct world *world, struct slice bytes);
bool world_chance(struct world *world, unsigned percent);
uint32_t world_below(struct world *world, uint32_t bound);
uint32_t world_between(struct world *world, uint32_t least, uint32_t most);

struct text text_of(struct slice slice);
struct slice text_slice(const struct text *text);

/* Whoever is registered under the id; NULL. */
struct conn *world_by_id(const struct world *world, struct slice id);
/* Whether anyone but `but` goes by that callsign. */
bool world_callsign_taken(const struct world *world, struct slice callsign, struct slice own_id,
			  const struct conn *but);
uint32_t world_members(const struct world *world, uint32_t place);
uint32_t world_online(const struct world *world);
uint32_t world_connected(const struct world *world);

void parcels_add(struct parcels *parcels, struct parcel *message);
void parcels_remove(struct parcels *parcels, const struct parcel *message);

#define FLOW_HOLDS(world, condition, ...)                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			world_fail((world), __VA_ARGS__);                                          \
		}                                                                                  \
	} while (0)

/* --- setup.c: configurations --- */

struct limits setup_limits(struct world *world);
void setup_simulators(struct world *world);
/* A scenario as an operator may write it. */
struct scenario_config setup_scenario(struct world *world, uint32_t place);
uint32_t setup_default(struct world *world);
/* What core_new and core_reload are given; `configs` has room for FLOW_PLACES. */
struct core_config setup_config(struct world *world, struct scenario_config *configs);

/* --- stay.c: who is in which scenario, and what the simulators know of it --- */

/* `like`: the one whose lane it keeps if it is of the same simulator; or NULL. */
struct grid *grid_new(struct world *world, uint32_t place, const struct scenario_config *config,
		      const struct grid *like);
/* The number is retired; members go with the caller. */
void grid_retire(struct world *world, struct grid *grid);
/* Retired, and nothing is in flight in it. */
bool grid_settled(const struct world *world, const struct grid *grid);
bool grids_settled(const struct world *world, const struct grid *last);
/* After each call: ends the stays that outlived their scenario, if nothing is in flight any more.
 */
void grids_settle(struct world *world);
bool grid_known(const struct world *world, const struct grid *grid);
const struct scenario_config *place_config(const struct world *world, uint32_t place);
uint32_t place_named(const struct world *world, struct slice name);
const char *place_name(const struct world *world, uint32_t place);
/* The hub's stay in the grid's scenario; NULL: a mesh, or it is away. */
struct stay *grid_hub(const struct world *world, const struct grid *grid);
bool stay_is_hub(const struct stay *stay);
/* Enters (place not 0) or leaves, and notes it. */
void stay_move(struct conn *conn, uint32_t place);
/* The session ends. */
void stay_leave(struct conn *conn);
/* It is over: its node goes when nothing of it is on its way through a hub. */
void stay_end(struct world *world, struct stay *stay);
void stay_relayed(struct world *world, struct stay *stay, int change);
/* The link is gone, and with it the nodes of those who have left. */
void stays_forget(struct world *world, uint32_t lane);
bool stay_present(const struct stay *stay);
bool stay_in_group(const struct stay *stay, struct slice group);
/* After each call. */
void stay_check(struct world *world);

/* --- presence.c --- */

void presence_new(struct world *world, struct conn *conn, enum presence_what what,
		  enum goodbye_reason reason, uint32_t from, uint32_t into);
/* As above, or in place of the last record about it if nobody can have seen that. */
void presence_change(struct world *world, struct conn *conn, enum presence_what what, uint32_t from,
		     uint32_t into);
void presence_hub(struct world *world, uint32_t place, struct slice id, struct slice callsign,
		  bool up);
/* Within one reload the order is the gateway's: puts its records in that order. */
void presence_reorder(struct world *world);
/* It has room, so it has been written all that is told and concerns it. */
void presence_passed(struct conn *conn);
void see_presence(struct conn *conn, const struct event *event);

/* --- topology.c: which way a message takes --- */

struct route {
	enum outcome fate; /* UNSPECIFIED: it goes */
	bool behind;	   /* in two hops */
};

struct route route_to_drone(const struct world *world, const struct conn *sender,
			    const struct conn *target);
struct route route_to_member(const struct world *world, const struct stay *from,
			     const struct stay *to);
size_t delivery_bound(const struct parcel *message, const struct target *target);

enum channel_state { CHANNEL_OPEN, CHANNEL_QUEUES, CHANNEL_DOWN, CHANNEL_BYPASSED };

enum channel_state channel_state(const struct world *world, const struct grid *grid);

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
void drone_submit(struct world *world, struct drone *drone);

/* --- request.c: what drones ask for --- */

void request_make(struct world *world, struct drone *drone);

/* --- foresee.c: what a request must lead to --- */

/* Sets up what the connection must be told, or says why the request must be held. */
enum held_why foresee(struct world *world, struct conn *conn, const struct request *request);
void expect_error(struct conn *conn, uint32_t ref, enum error_code code);
bool name_could_be(struct slice name);
bool callsign_could_be(struct slice callsign);
/* The drone chooses a scenario: it enters, or is told why not. */
void foresee_entering(struct conn *conn, struct slice name, uint32_t ref, bool tell);

/* --- registration.c --- */

void foresee_registration(struct world *world, struct conn *conn, const struct request *request);
void see_welcome(struct conn *conn, const struct event *event, bool taken);
/* The longest that anyone waits for an id. */
uint32_t asking_longest_ms(const struct world *world);
void note_takeover(struct world *world, const struct conn *conn);
/* It is turned away, and told for how long. */
void foresee_ban(struct conn *conn, uint32_t ref, uint64_t left_us);
/* The id is its own as far as that had to be shown. */
void foresee_admission(struct world *world, struct conn *conn);
/* The drone whose id it is; FLOW_MAX_DRONES: nobody's. */
unsigned world_slot_named(const struct world *world, struct slice id);
uint64_t banned_us(const struct world *world, struct slice id);

/* --- access.c: who may go by an id, and enter what --- */

extern const struct access_ops flow_access_ops;
void access_setup(struct world *world);
void access_proof(const struct world *world, unsigned slot, const uint8_t nonce[AUTH_NONCE_BYTES],
		  uint8_t proof[AUTH_PROOF_BYTES]);
void access_change(struct world *world);
void access_changed(struct world *world);
void access_draw_allow(struct world *world, char *allow);
bool access_may_enter(const struct world *world, const struct conn *conn, uint32_t place);
uint64_t access_banned_us(struct world *world, const struct conn *conn, struct slice id);
void foresee_proof(struct world *world, struct conn *conn, enum id_proof proof, uint32_t ref);
void foresee_authenticate(struct world *world, struct conn *conn, const struct request *request);
void see_challenge(struct conn *conn, const struct event *event);
/* It must be told now that it was not let in. */
bool access_denial_due(const struct conn *conn);

/* --- rate.c: how much a drone may send --- */

bool rate_beyond(const struct conn *conn);
void rate_count(struct conn *conn, const struct request *request);
enum held_why foresee_rate(struct conn *conn, const struct request *request, bool *refused);
void rates_changed(struct world *world);
uint64_t rate_due(const struct world *world);

/* --- send.c --- */

enum held_why foresee_send(struct world *world, struct conn *conn, const struct request *request);
/* A report of a message to many that the drone has not read so far. */
bool conn_report_waits(const struct conn *conn);
/* Places kept for drones that have just been released. */
uint32_t lane_woken(const struct world *world, uint32_t lane);
bool window_full(const struct world *world, const struct lane *lane);
bool turns_are_taken(const struct world *world, const struct lane *lane);
bool held_for_lane(const struct world *world, uint32_t lane);

/* --- endpoint.c: the ports of a drone --- */

extern const struct endpoint_ops flow_endpoint_ops;
void conn_over(struct conn *conn, enum goodbye_reason reason);
bool conn_has_room(const struct conn *conn);
/* The gateway does not read it now and so cannot blame its silence. */
uint32_t conn_frame_limit(const struct conn *conn);
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
struct reply *need_reply(struct conn *conn, enum reply_kind kind, uint32_t ref);

/* --- see_relay.c --- */

void see_delivery(struct conn *conn, const struct event *event, bool taken);
void see_report(struct conn *conn, const struct event *event);
/* What the endpoint does not take tells all the same what has been decided. */
void see_refused(struct conn *conn, const struct event *event);
/* `done` for a send. */
void see_sent(struct conn *conn, const struct event *event);

/* --- parcel.c: a message and its way in the model --- */

struct parcel *parcel_new(struct world *world, struct conn *sender, const struct request *request,
			  uint32_t targets);
struct target *parcel_add(struct world *world, struct parcel *message, struct conn *conn,
			  struct slice id);
void parcel_decide(struct world *world, struct parcel *message, struct target *target,
		   enum outcome outcome, enum reason reason);
/* Everything but what waits gets that outcome, without a hop of its own. */
void parcel_decide_rest(struct world *world, struct parcel *message, enum outcome outcome);
/* Marks who must receive the transmit that comes next. False: nobody. */
bool parcel_aim(struct world *world, struct parcel *message);
/* What it takes outside of its slot counts from here on. */
void parcel_take_bytes(struct world *world, struct parcel *message);
/* What counts among the payloads on their way, and from then on among those that wait. */
size_t parcel_outside_bytes(const struct parcel *message);
void parcel_move_bytes(struct world *world, struct parcel *message);
void parcel_enter_channel(struct world *world, struct parcel *message);
/* Out of the channel: whatever is undecided gets `rest`. */
void parcel_end(struct world *world, struct parcel *message, enum outcome rest);
/* It never came to the channel, or is through with it. */
void parcel_settle(struct world *world, struct parcel *message);
/* Handed over without the channel. */
void parcel_bypass(struct world *world, struct parcel *message);
struct target *parcel_target(struct parcel *message, struct slice id);
bool parcel_payload_is(const struct world *world, const struct parcel *message,
		       struct slice expected, struct slice payload);
struct leg *target_leg(struct target *target, struct slice transmitter, struct slice receiver,
		       enum outcome outcome);
void parcel_hub_gone(struct world *world, const struct stay *hub);
uint32_t parcels_in_channel(const struct world *world);

/* --- queue.c: what waits for a simulator --- */

void queued_add(struct world *world, struct parcel *message);
/* The first of this lane that must go to the channel now, those before it that cannot
 * decided, at most as far as `until`; NULL: none. */
struct parcel *queued_next(struct world *world, const struct lane *lane,
			   const struct parcel *until);
void queued_remove(struct world *world, struct parcel *message);
/* The sender is told of it: then it and those before it have left the queue, or (`down`) its
 * time was up. */
void queued_told(struct world *world, struct parcel *message, bool down);
/* The link is down: what waited for the scenario's status fares as a new message would. */
void queued_link_down(struct world *world, const struct grid *grid);
/* Everything queued for the grid gets this outcome. */
void queued_fail(struct world *world, const struct grid *grid, enum outcome outcome);
void queued_expire(struct world *world);
/* Something would go if the window had room. */
bool queued_ready(const struct world *world);
/* After each call: nothing stays that could go. */
void queued_check(struct world *world);

/* --- waiting.c: hand-overs and their time --- */

/* The channel is through with this target: it is handed over now, or waits. */
void hand_over(struct world *world, struct parcel *message, struct target *target,
	       uint64_t delay_us);
/* True: there is more, for which the next tick is. */
bool hand_over_due(struct world *world);
void waiting_give_up(struct world *world);
uint32_t waiting_count(const struct world *world);
void waiting_discharge(struct world *world, const struct parcel *message, size_t bytes);
/* What it is that comes through to the target. */
enum outcome target_through(const struct target *target);
/* The hand-over that a delivery to this drone is; fails if none is due. */
struct coming *hand_over_find(struct world *world, const struct conn *conn);
/* The report says what became of one whose drone went away in the same tick. */
void hand_over_told(struct world *world, struct target *target, enum outcome outcome);
/* After each call: what had to be handed over was. */
void hand_over_check(struct world *world);

/* --- time.c --- */

void time_advance(struct world *world);
void time_advance_to(struct world *world, uint64_t mono_us);
/* What the model knows to be due next; UINT64_MAX: nothing. */
uint64_t time_due(const struct world *world);

/* --- simulator.c --- */

extern const struct sim_ops flow_sim_ops;
void simulator_act(struct world *world);
void lane_up(struct lane *lane);
void lane_down(struct lane *lane, const char *why);
/* Answers everything in order, accepts every scenario. */
void simulator_settle(struct world *world);
void await_pushes(struct world *world, uint32_t place);
void stray(struct lane *lane, uint64_t count);

/* --- answer.c --- */

void answer_some(struct lane *lane);
void answer_stray(struct lane *lane);
void answer_well(struct lane *lane, struct parcel *message);

/* The channel is open: what is known of the message's links is told from there. True: its first
 * transmit must come. */
bool foresee_recalled(struct world *world, struct parcel *message);

/* --- recall.c: what is known of links --- */

void recall_changes(struct grid *grid, struct world *world);
void recall_node_changes(struct stay *stay, struct world *world);
/* The simulator has said this of the message's hop. */
void recall_told(struct world *world, const struct parcel *message, const struct stay *from,
		 const struct stay *to, const struct reception *reception);
/* What must be told again of the message's next hop; NULL: the simulator is asked. */
const struct known *recall_find(struct world *world, const struct parcel *message,
				const struct stay *from, const struct stay *to);
struct leg recall_leg(struct world *world, const struct parcel *message, const struct known *known,
		      uint32_t *delay_us);

/* --- reload.c --- */

/* Somebody is being written a list that a reload may change. */
bool reload_matters(const struct world *world);
void reload_some(struct world *world);

/* --- check.c --- */

/* After each call into the core. */
void check_call(struct world *world);
/* After core_tick; `more`: not all that is due was handed over. */
void check_tick(struct world *world, bool more);
/* After each step. */
void check_step(struct world *world);
/* When everything has been read and answered. */
void check_quiet(struct world *world);
/* What is there now may stay, whatever the bounds become. */
void check_remember(struct world *world);
/* When everyone has left. */
void check_empty(struct world *world);

/* --- count.c --- */

void count_run(struct world *world);
void count_print(const struct tally *tally);
/* The number of rows that occur less than `least` times; each is told. */
unsigned count_missing(const struct tally *tally, uint64_t least);

#endif
