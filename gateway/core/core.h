/* The gateway without its sockets: a state machine. Requests, the simulator's
 * answers and the time come in by the functions below; events, transmits and the
 * next deadline go out by port.h and core_next_deadline. It reads no clock and
 * draws no random number, so the same calls give the same results.
 *
 * Every function but the constructors may call endpoints and the simulator's port. */
#ifndef UAV_CORE_CORE_H
#define UAV_CORE_CORE_H

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "core/limits.h"
#include "core/port.h"
#include "core/stats.h"

struct core;
struct session;

/* Whether a star's spokes reach each other. */
enum spoke_policy {
	SPOKES_RELAY, /* in two hops, through the hub */
	SPOKES_DENY,  /* NOT_ALLOWED */
};

/* What becomes of messages while the link to the simulator is down. */
enum down_policy {
	DOWN_FAIL,   /* SIMULATOR_DOWN at once */
	DOWN_QUEUE,  /* they wait for it: limits.queue_ms and .max_queued bound that */
	DOWN_BYPASS, /* handed over without the channel, marked BYPASSED */
};

/* A channel simulator: as many lanes as it has connections. */
struct simulator_config {
	char name[NAME_MAX_BYTES + 1]; /* empty: the one without a name */
	uint32_t connections;
	uint32_t max_in_flight; /* messages at the simulator, per connection */
	bool window_fixed;	/* as many always, whatever it can do (see core/window.h) */
};

/* A scenario as the operator wrote it, its simulator's values filled in. */
struct scenario_config {
	char name[NAME_MAX_BYTES + 1];
	char description[DESCRIPTION_MAX_BYTES + 1];
	enum topology_kind topology;
	char hub[NAME_MAX_BYTES + 1]; /* drone_id; of a star */
	enum spoke_policy spoke_to_spoke;
	uint32_t max_drones;
	bool delay_real; /* handed over at sent + simulated delay; else at once */
	bool link_cache; /* a link's numbers are used again for as long as they hold */
	enum down_policy on_simulator_down;
	char simulator[NAME_MAX_BYTES + 1]; /* its name; empty: the one without a name */
	uint32_t timeout_ms;		    /* per transmit */
	/* Globs (base/patterns.h) of the drone_ids that may enter; empty: everyone. */
	char allow[ALLOW_MAX_BYTES + 1];
	bool has_origin;
	double origin_latitude_deg, origin_longitude_deg, origin_altitude_m; /* WGS 84 */
	struct parameter
		*parameters; /* channel.*, prefix cut; the strings are owned by the config */
	size_t parameter_count;
};

struct core_config {
	struct limits limits;
	struct hash_key key;	/* of the name tables: random in production */
	uint64_t first_session; /* number of the first session; counts up from there */
	const struct simulator_config *simulators;
	size_t simulator_count; /* at least 1 */
	const struct scenario_config *scenarios;
	size_t scenario_count;
	/* where drones are put that name no scenario and whose listener has none; or empty */
	char default_scenario[NAME_MAX_BYTES + 1];
	struct access_port access;
	/* Of core_reload: some endpoint_ops.patience has become shorter. */
	bool less_patient;
	struct log *log; /* may be NULL; outlives the core */
};

/* One connection to a simulator, from the core's side. */
struct sim_port {
	const struct sim_ops *ops;
	void *ctx;
};

/* `lanes`: every connection of the first simulator, then of the second and so on, as many
 * as the configuration has. Everything is copied. NULL when memory is out. `now` is the
 * time until core_now says otherwise. */
struct core *core_new(const struct core_config *config, const struct sim_port *lanes,
		      struct instant now);
/* Takes in a changed configuration: limits, scenarios (new, changed, removed), the default
 * scenario, windows of simulators. `key`, `first_session`, `access`, `log`,
 * limits.presence_backlog and the simulators' names and connections stay as they are. Nobody
 * is disconnected but whose credential is withdrawn (KICKED);
 * messages in flight finish under the rules under which they were sent; members of a
 * scenario that changed or went, or that does not allow them any more, are told; times that
 * have become shorter are counted from now on. 0, or -1 when memory is out: nothing has changed
 * then. */
int core_reload(struct core *core, const struct core_config *config)
	__attribute__((warn_unused_result));
/* Ends what is left without telling anyone. */
void core_free(struct core *core);

/* --- time --- */

/* The time of everything that follows; once per turn, never backwards. */
void core_now(struct core *core, struct instant now);
/* Does what is due at the time last told. */
void core_tick(struct core *core);
/* When core_tick must next be called, monotonic; UINT64_MAX: never. */
uint64_t core_next_deadline(const struct core *core);
/* When the next delivery is due that waits for its simulated time (delay = real), which may be
 * past; UINT64_MAX: none waits. Never before core_next_deadline. */
uint64_t core_next_delivery(const struct core *core);

/* --- drones --- */

enum core_verdict {
	CORE_TAKEN,  /* done, or on its way */
	CORE_HOLD,   /* not taken: present it again after endpoint_ops.resume, and read
			nothing more from this drone until then */
	CORE_CLOSED, /* the session is over; endpoint_ops.close was called */
};

/* A connection has come. NULL: the gateway is full or closing; endpoint.ops->emit
 * was given the goodbye that says so and ->close was called. */
struct session *core_attach(struct core *core, const struct endpoint *endpoint);

/* The same connection need not register (struct front, guest): where ids are free
 * (`registration` has ID_FREE) it is registered by these, under an id of the core's making,
 * "guest-N", that no drone has or is called by; else it is asked, by a challenge without nonce, to
 * register. Before its first request. */
void core_greet(struct core *core, struct session *session,
		const struct request_registration *registration);

/* One request, in the order in which the drone sent them. */
enum core_verdict core_request(struct core *core, struct session *session,
			       const struct request *request);

/* The largest frame that is taken from this drone now. */
uint32_t core_frame_limit(const struct core *core, const struct session *session);

/* Whether it is a drone with an id by now. */
bool core_is_registered(const struct session *session);

/* The callsign of the drone that is online under this id; else the id as given. */
struct slice core_callsign(const struct core *core, struct slice id);
/* The id of the drone that is online and has this id or this callsign; data NULL: none. Both
 * valid until something is told to the core. */
struct slice core_id(const struct core *core, struct slice name);

/* Told after each turn of reading: whether a frame has been started but not
 * finished (it has limits.frame_timeout_ms for that from the first such call after a
 * whole request). */
void core_partial(struct core *core, struct session *session, bool partial);

/* The drone sent what cannot be read: goodbye, PROTOCOL_ERROR, `why` (static).
 * The session is over afterwards. */
void core_malformed(struct core *core, struct session *session, const char *why);

/* The connection is gone without a goodbye (error or end of stream). The session is
 * over; endpoint_ops.close is not called. */
void core_detach(struct core *core, struct session *session);

/* The endpoint's queue has run empty or at least fallen below limits.output_soft_bytes / 2. */
void core_drained(struct core *core, struct session *session);

/* What waits for all drones together is `bytes` over limits.max_output_bytes: those for whom
 * most waits are ended, TOO_SLOW, until that much is given up. */
void core_crowded(struct core *core, uint64_t bytes);

/* --- the simulators: each call is about one lane, by its place in core_new's `lanes` --- */

/* Connected, and hello answered: the scenarios of this lane and their nodes are sent at
 * once. */
void core_sim_up(struct core *core, uint32_t lane);
/* The simulator has said by which seed it draws packet errors, as sim-stub documents it; what
 * comes from a link cache is then drawn alike. Right before core_sim_up, and good for that
 * connection; without it the seed is 0. */
void core_sim_draws(struct core *core, uint32_t lane, uint64_t seed);
/* The connection is gone; `why` is for people. Every transmit on it is decided. */
void core_sim_down(struct core *core, uint32_t lane, const char *why);
void core_sim_status(struct core *core, uint32_t lane, uint32_t scenario, bool ok,
		     struct slice message);
/* The result of transmit `id` is next: a hint, right or wrong. */
void core_sim_expect(const struct core *core, uint64_t id);
/* Some receptions of one transmit; `more`: others follow in a later call. */
void core_sim_result(struct core *core, uint32_t lane, uint64_t id,
		     const struct reception *receptions, size_t count, bool more);
/* sim_ops.full has become false. */
void core_sim_drained(struct core *core, uint32_t lane);

/* --- the end --- */

/* No new drones; those online may finish what is in flight. */
void core_drain(struct core *core);
/* Says goodbye to everyone (SHUTTING_DOWN). What is queued or at a simulator is decided now as
 * SIMULATOR_DOWN, what waits for its time as TARGET_LEFT: its targets leave too. */
void core_shutdown(struct core *core);

/* --- to look at --- */

const struct stats *core_stats(const struct core *core);
uint32_t core_online(const struct core *core);	 /* registered */
uint32_t core_sessions(const struct core *core); /* connected */
/* Messages not yet decided: queued, at a simulator, or waiting for their time. */
uint32_t core_in_flight(const struct core *core);

/* How far the simulators are. Nothing down and nothing unanswered: a message in any scenario that
 * is not refused would go through the channel now. */
struct core_simulators {
	uint32_t lanes_down;
	uint32_t scenarios_unanswered, scenarios_refused;
};
struct core_simulators core_simulators(const struct core *core);
/* Whether the simulator has accepted the scenario of this name, and is there. */
bool core_scenario_is_available(const struct core *core, const char *name);

#endif
