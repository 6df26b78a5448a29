/* What drones, gateway and simulator say to each other, as the core sees it:
 * plain structures whose strings and bytes are slices of somebody else's
 * memory, valid for the length of the call that hands them over.
 *
 * Enumerators have the numbers of proto/drone.proto; the codecs in wire/ check
 * that at compile time. */
#ifndef UAV_CORE_MESSAGE_H
#define UAV_CORE_MESSAGE_H

#include "base/slice.h"

#define NAME_MAX_BYTES 32	  /* drone_id, scenario, group */
#define CALLSIGN_MAX_POINTS 32	  /* code points */
#define CALLSIGN_MAX_BYTES 128	  /* 32 code points of 4 bytes */
#define CONTENT_TYPE_MAX_BYTES 64 /* also software */
#define DESCRIPTION_MAX_BYTES 200 /* also messages */
#define ALLOW_MAX_BYTES 1000	  /* the drones that may enter a scenario */
/* The least that a drone must be able to take in one frame, and the gateway too: the
 * longest entry of a list (two descriptions, two names) with all that stands around it. */
#define FRAME_LEAST_BYTES 768u
#define PROTOCOL_VERSION 1u /* highest that we speak, on both links */

enum drone_kind { DRONE_KIND_DRONE, DRONE_KIND_GROUND_STATION };

enum presence_wish { PRESENCE_WISH_ALL, PRESENCE_WISH_SCENARIO, PRESENCE_WISH_NONE };

enum report_wish { REPORT_WISH_NONE, REPORT_WISH_FAILURES, REPORT_WISH_ALL };

enum topology_kind { TOPOLOGY_UNSPECIFIED, TOPOLOGY_MESH, TOPOLOGY_STAR };

enum line_of_sight { LINE_OF_SIGHT_UNSPECIFIED, LINE_OF_SIGHT_LOS, LINE_OF_SIGHT_NLOS };

enum outcome {
	OUTCOME_UNSPECIFIED,
	OUTCOME_DELIVERED,
	OUTCOME_CORRUPTED,
	OUTCOME_LOST,
	OUTCOME_NO_ROUTE,
	OUTCOME_TARGET_OFFLINE,
	OUTCOME_TARGET_LEFT,
	OUTCOME_NOT_ALLOWED,
	OUTCOME_TOO_LARGE,
	OUTCOME_SIMULATOR_DOWN,
	OUTCOME_SIMULATOR_TIMEOUT,
	OUTCOME_SIMULATOR_ERROR,
	OUTCOME_OVERLOADED,
	OUTCOME_COUNT
};

enum reason {
	REASON_NONE,
	REASON_BELOW_SENSITIVITY,
	REASON_PACKET_ERROR,
	REASON_INTERFERENCE,
	REASON_OUT_OF_RANGE,
	REASON_BLOCKED,
	REASON_QUEUE_OVERFLOW,
	REASON_FAULT_INJECTED,
	REASON_COUNT
};

enum source { SOURCE_UNSPECIFIED, SOURCE_LIVE, SOURCE_CACHED, SOURCE_BYPASSED, SOURCE_COUNT };

enum presence_what {
	PRESENCE_WHAT_UNSPECIFIED,
	PRESENCE_WHAT_ONLINE,
	PRESENCE_WHAT_OFFLINE,
	PRESENCE_WHAT_RENAMED,
	PRESENCE_WHAT_SCENARIO,
	PRESENCE_WHAT_HUB_UP,
	PRESENCE_WHAT_HUB_DOWN,
	PRESENCE_WHAT_COUNT
};

enum goodbye_reason {
	GOODBYE_UNSPECIFIED,
	GOODBYE_LEFT,
	GOODBYE_IDLE_TIMEOUT,
	GOODBYE_TAKEN_OVER,
	GOODBYE_KICKED,
	GOODBYE_PROTOCOL_ERROR,
	GOODBYE_AUTH_FAILED,
	GOODBYE_BANNED,
	GOODBYE_TOO_SLOW,
	GOODBYE_RATE_LIMITED,
	GOODBYE_SHUTTING_DOWN,
	GOODBYE_SERVER_FULL,
	GOODBYE_CONNECTION_LOST,
	GOODBYE_COUNT
};

enum error_code {
	ERROR_UNSPECIFIED,
	ERROR_BAD_REQUEST,
	ERROR_UNKNOWN_REQUEST,
	ERROR_UNSUPPORTED,
	ERROR_NOT_REGISTERED,
	ERROR_ALREADY_REGISTERED,
	ERROR_UNSUPPORTED_PROTOCOL,
	ERROR_BAD_ID,
	ERROR_BAD_NAME,
	ERROR_NAME_TAKEN,
	ERROR_AUTH_FAILED,
	ERROR_BANNED,
	ERROR_NO_SCENARIO,
	ERROR_NO_SUCH_SCENARIO,
	ERROR_SCENARIO_FULL,
	ERROR_SCENARIO_NOT_ALLOWED,
	ERROR_SCENARIO_UNAVAILABLE,
	ERROR_TOO_MANY_GROUPS,
	ERROR_PAYLOAD_TOO_LARGE,
	ERROR_NO_ORIGIN,
	ERROR_RATE_LIMITED,
	ERROR_INTERNAL,
	ERROR_COUNT
};

/* The enumerators' names without their prefix ("TARGET_OFFLINE"), for logs,
 * traces and JSON; "?" for a number that has none. */
const char *outcome_name(enum outcome outcome);
const char *reason_name(enum reason reason);
const char *source_name(enum source source);
const char *presence_what_name(enum presence_what what);
const char *goodbye_name(enum goodbye_reason reason);
const char *error_name(enum error_code code);
const char *topology_name(enum topology_kind topology);
const char *drone_kind_name(enum drone_kind kind);
const char *line_of_sight_name(enum line_of_sight los);

/* ------------------------------------------------------------------ state */

enum position_frame { POSITION_UNKNOWN, POSITION_GEODETIC, POSITION_LOCAL };

struct geodetic { /* WGS 84; 1e-7 degree, mm in the datum of the scenario's origin */
	int32_t latitude_e7, longitude_e7, altitude_mm;
};

struct vector { /* east, north, up: m or m/s */
	float east, north, up;
};

struct position {
	enum position_frame frame;
	union {
		struct geodetic geodetic;
		struct vector local; /* m from the scenario's origin */
	};
};

struct attitude { /* degrees */
	float roll_deg, pitch_deg, yaw_deg;
};

struct radio {
	float tx_power_dbm, antenna_gain_dbi, noise_figure_db;
};

/* What is known of a drone; parts that were never given are absent. */
struct state {
	struct position position;
	bool has_velocity, has_attitude, has_radio;
	struct vector velocity; /* m/s */
	struct attitude attitude;
	struct radio radio;
	uint64_t at_us; /* Unix; 0 = unknown */
};

/* ------------------------------------------------- from a drone: requests */

enum request_kind {
	REQUEST_REFUSED, /* well framed, but its content is not allowed; see `refused` */
	REQUEST_REGISTRATION,
	REQUEST_AUTHENTICATE,
	REQUEST_LIST_SCENARIOS,
	REQUEST_CHOOSE_SCENARIO,
	REQUEST_LIST_DRONES,
	REQUEST_RENAME,
	REQUEST_JOIN_GROUP,
	REQUEST_LEAVE_GROUP,
	REQUEST_UPDATE_STATE,
	REQUEST_SEND,
	REQUEST_PING,
	REQUEST_PONG,
	REQUEST_LEAVE,
	REQUEST_ASIDE,	 /* for the front itself, which is to answer in its turn */
	REQUEST_NOTHING, /* bytes that ask for nothing, but count as any others */
	REQUEST_COUNT
};

struct request_refused {
	enum error_code code;
	const char *message; /* static */
};

/* What it takes to go by an id, and what is known of that. */
enum id_proof {
	ID_FREE,     /* nothing is asked */
	ID_SECRET,   /* a challenge must be answered */
	ID_PROVED,   /* the connection has proved it: a certificate */
	ID_DISPROVED /* the connection has proved another id, or none */
};

struct request_registration {
	uint32_t protocol;
	struct slice drone_id, callsign, software, scenario;
	/* Not from the wire: where it is put if it names no scenario, and what it must prove, as
	 * its listener has it. */
	struct slice placement;
	enum id_proof id_proof;
	enum drone_kind kind;
	enum presence_wish presence;
	uint32_t max_frame_bytes; /* 0 = any */
};

enum send_to { SEND_TO_NOBODY, SEND_TO_DRONE, SEND_TO_GROUP, SEND_TO_EVERYONE };

struct request_send {
	enum send_to to;
	struct slice name; /* the drone or group */
	struct slice payload, content_type;
	enum report_wish report;
};

struct ping {
	uint64_t nonce;
	uint64_t time_us; /* Unix; 0 from a drone */
};

struct request {
	enum request_kind kind;
	uint32_t ref;  /* 0 asks for no reply but errors */
	uint32_t size; /* bytes of its frame, counted against limits.rate_bytes */
	union {
		struct request_refused refused;
		struct request_registration registration;
		struct slice proof; /* authenticate */
		struct slice name;  /* choose_scenario, list_drones, rename, join_group,
				       leave_group */
		struct state state; /* update_state: absent parts stay as they are */
		struct request_send send;
		struct ping ping; /* ping, pong */
		uint32_t aside;	  /* what it is, by a number of the front's own */
	};
};

/* ---------------------------------------------------- to a drone: events */

struct hop {
	struct slice transmitter, receiver; /* drone_ids */
	enum outcome outcome;
	enum reason reason;
	enum source source;
	uint32_t late_by_us;
	/* The Link message as it came from the simulator, checked, without tag and
	 * length. data == NULL: absent (a present but empty Link has data). */
	struct slice link;
};

struct scenario_entry {
	struct slice name, description, hub, message;
	enum topology_kind topology;
	uint32_t drones, max_drones;
	bool available;
};

/* Of a drone, since it entered its scenario. */
struct drone_traffic {
	uint64_t sent;		     /* its messages that reached the channel, or went past it */
	uint64_t targets, delivered; /* of its messages: decided; of these, unharmed */
	uint64_t received;	     /* messages handed over to it, corrupted ones too */
	bool heard;		     /* one of these had a Link on its last hop; the last one's */
	float snr_db;
};

struct drone_entry {
	struct slice drone_id, callsign, scenario;
	enum drone_kind kind;
	uint64_t online_ms, idle_ms;
	struct position position;
	bool has_traffic;
	uint32_t stay; /* with has_traffic: another one is another stay in a scenario */
	struct drone_traffic traffic;
};

struct presence_entry {
	struct slice drone_id, callsign, scenario;
	enum presence_what what;
	enum goodbye_reason reason;
};

struct target_outcome {
	struct slice drone_id;
	enum outcome outcome;
	enum reason reason;
	const struct hop *hops;
	size_t hop_count;
};

enum event_kind {
	EVENT_CHALLENGE,
	EVENT_WELCOME,
	EVENT_SCENARIOS,
	EVENT_SCENARIO_CHOSEN,
	EVENT_DRONES,
	EVENT_DONE,
	EVENT_PRESENCE,
	EVENT_DELIVERY,
	EVENT_SEND_REPORT,
	EVENT_ERROR,
	EVENT_GOODBYE,
	EVENT_PING,
	EVENT_PONG,
	EVENT_ASIDE, /* a REQUEST_ASIDE, in its turn: what it says, the front knows */
	EVENT_COUNT
};

struct event_welcome {
	uint64_t session, time_us;
	struct slice drone_id, callsign;
	uint32_t idle_timeout_ms, ping_interval_ms, max_frame_bytes, max_payload_bytes, online,
		protocol;
};

/* Lists: a writer cuts them into as many frames as the receiver's largest frame
 * asks for; `more` is what the last of these frames says. */
struct event_scenarios {
	const struct scenario_entry *entries;
	size_t count;
	bool more;
};

struct event_drones {
	const struct drone_entry *entries;
	size_t count;
	bool more;
};

struct event_presence {
	const struct presence_entry *entries;
	size_t count;
	uint32_t missed;
	/* With event->encoded: so many entries stand before these in the same array. The array is
	 * the same for all readers; one that came later is not told of its beginning. */
	size_t before;
};

struct event_send_report {
	const struct target_outcome *outcomes;
	size_t count;
	bool more;
	bool to_many;	    /* not to a single drone: then, */
	uint32_t delivered; /* of all whom it was for, how many got it whole */
};

struct event_delivery {
	struct slice sender, to;
	uint64_t sequence;
	struct slice payload, content_type;
	uint64_t sent_at_us; /* Unix */
	const struct hop *hops;
	size_t hop_count;
};

struct event_error {
	enum error_code code;
	struct slice message;
};

struct event_goodbye {
	enum goodbye_reason reason;
	struct slice message;
	uint32_t retry_after_ms;
};

/* Room in which a front end keeps what it has encoded of an event that goes to
 * many, so that it is encoded once. Made empty (size 0) for each event by the
 * core, filled and read by fronts alone. */
struct encoded {
	const void *owner; /* the front that filled it last, */
	int kind;	   /* and with what kind of event */
	uint8_t *data;
	size_t size, cap;
	struct encoded *other; /* room for another front, or NULL */
};

struct event {
	enum event_kind kind;
	uint32_t ref;		 /* of the request it answers, or 0 */
	struct encoded *encoded; /* of an event to many, else NULL: for EVENT_DELIVERY the
				    body up to the hops, for EVENT_PRESENCE the entries */
	union {
		struct slice nonce; /* challenge; empty: to say who it is, see core_greet */
		struct event_welcome welcome;
		struct event_scenarios scenarios;
		const struct scenario_entry *chosen; /* NULL = in no scenario */
		struct event_drones drones;
		struct event_presence presence;
		struct event_delivery delivery;
		struct event_send_report report;
		struct event_error error;
		struct event_goodbye goodbye;
		struct ping ping; /* ping, pong */
		uint32_t aside;	  /* the request's */
	};
};

/* --------------------------------------------------- the simulator's side */

struct parameter {
	struct slice key, value;
};

struct sim_scenario {
	uint32_t scenario; /* 1 and up */
	struct slice name;
	const struct parameter *parameters;
	size_t parameter_count;
};

struct sim_node {
	uint32_t scenario, node; /* 1 and up */
	struct slice name;	 /* the drone_id */
	bool has_position;
	struct vector position; /* m, local */
	bool has_velocity, has_attitude, has_radio;
	struct vector velocity;
	struct attitude attitude;
	struct radio radio;
	uint64_t at_us;
};

struct sim_transmit {
	uint64_t id;
	uint32_t scenario, transmitter, origin;
	const uint32_t *receivers;
	size_t receiver_count;
	uint64_t sequence;
	struct slice payload;
	uint64_t sent_at_us;
};

struct reception {
	uint32_t receiver;
	uint32_t outcome; /* as sent: the core checks that it is one the channel decides */
	uint32_t reason;
	bool link_ok; /* well formed, every number finite, every enum known */
	/* of the link */
	uint32_t delay_us, bit_errors;
	float snr_db, packet_error_rate;
	struct slice link; /* as in struct hop; data == NULL: absent */
	uint32_t valid_for_us;
	bool altered; /* `payload` replaces what was sent */
	struct slice payload;
};

#endif
