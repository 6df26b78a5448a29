/* A drone's side of drone.proto for firmware, on nanopb: bytes from the gateway in, events
 * out; requests in, bytes for the gateway out. It allocates nothing and owns no socket, no
 * thread and no clock: buffers, connection and time are the caller's, so that it runs in
 * lwIP's callbacks, in a task of an RTOS, or over a POSIX socket.
 *
 *	uav_client_init(&client, &config);
 *	uav_client_start(&client, now_ms());
 *	for (;;) {
 *		switch (uav_client_poll(&client, now_ms())) {
 *		case UAV_ACTION_CONNECT: begin to connect to the gateway; break;
 *		case UAV_ACTION_CLOSE:   close; uav_client_disconnected(&client, now_ms()); break;
 *		case UAV_ACTION_NONE:    break;
 *		}
 *		wait for the connection, but no longer than uav_client_wait_ms(&client, now_ms()):
 *		it is there:         uav_client_connected(&client, now_ms());
 *		it failed, or ended: uav_client_disconnected(&client, now_ms());
 *		bytes came:          uav_client_received(&client, bytes, size, now_ms());
 *		there is room:      write of uav_client_output; uav_client_sent(&client, written);
 *	}
 *
 * What it decides by itself is the behaviour that the protocol asks of a drone: it registers,
 * proves its id where that is asked, answers pings, notices a gateway that has fallen silent,
 * comes back after a broken connection or a goodbye with growing random pauses or after the
 * pause that the gateway names, and stays away where coming back would do harm. README.md
 * beside this file has the table.
 *
 * Times are milliseconds of a clock that never jumps (HAL_GetTick, sys_now, CLOCK_MONOTONIC)
 * and may wrap around at 2^32. No function may be called from two contexts at once. */
#ifndef UAV_CLIENT_H
#define UAV_CLIENT_H

#include "drone.pb.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The smallest buffers. The input holds one frame: its size is what the gateway is told as
 * max_frame_bytes, which must not be under 768. What the gateway writes then is cut to it:
 * lists come in more frames, a message that is too large is not sent to this drone (its
 * sender reads OUTCOME_TOO_LARGE). A payload of n bytes needs n + 640 bytes of input at
 * most, and n + 128 bytes of output. The output holds the longest registration. */
#define UAV_IN_MIN 768u
#define UAV_OUT_MIN 320u

/* Pauses and patience, in ms. */
#define UAV_BACKOFF_MIN_MS 100u	    /* the first pause is at most this, each next one */
#define UAV_BACKOFF_PERCENT 160u    /* at most so much of the one before, */
#define UAV_BACKOFF_MAX_MS 30000u   /* and none more than this */
#define UAV_BACKOFF_TAKEN_MS 2000u  /* at least so far grown after NAME_TAKEN */
#define UAV_BACKOFF_KICKED_MS 5000u /* and so after KICKED */
#define UAV_SETTLED_MS 10000u	    /* a session of this length lets pauses begin anew */
#define UAV_RETRY_MAX_MS 86400000u  /* of the pause that the gateway asks for: a day */
#define UAV_CONNECT_MS 10000u	    /* for a connection to come about */
#define UAV_REGISTER_MS 10000u	    /* from there to the welcome */
#define UAV_LEAVE_MS 5000u	    /* for the goodbye that answers uav_client_leave */
#define UAV_SILENCE_MIN_MS 3000u    /* bounds of what the welcome gives as */
#define UAV_SILENCE_MAX_MS 120000u  /* idle_timeout_ms, and we allow the gateway as well */

/* Frames that do not fit the input are passed over up to this size; see UAV_EVENT_SKIPPED. */
#define UAV_SKIP_MAX (1024u * 1024u)

#define UAV_PROOF_BYTES 32u
#define UAV_NONCE_BYTES 32u
#define UAV_NAME_MAX 32u
#define UAV_PROOF_MESSAGE_MAX (UAV_NONCE_BYTES + UAV_NAME_MAX)

/* What requests return beside 0. Nothing was written then. */
enum uav_error {
	UAV_ERROR_NOT_ONLINE = -1, /* no welcome yet, or left */
	UAV_ERROR_FULL = -2,	   /* the output, now: again when some of it has been sent */
	UAV_ERROR_TOO_LARGE = -3,  /* over what the gateway takes, or the whole output */
	UAV_ERROR_BAD_TEXT = -4,   /* longer than the protocol allows */
	UAV_ERROR_BAD_CONFIG = -5, /* uav_client_init alone */
};

enum uav_action {
	UAV_ACTION_NONE,
	UAV_ACTION_CONNECT, /* told once: connect, then _connected or _disconnected */
	UAV_ACTION_CLOSE,   /* told until _disconnected: close or abort the connection */
};

enum uav_phase {
	UAV_PHASE_STOPPED,     /* not started, left, or stopped for good: see the last event */
	UAV_PHASE_PAUSING,     /* until the next attempt */
	UAV_PHASE_CONNECTING,  /* the caller has been asked to connect */
	UAV_PHASE_REGISTERING, /* connected; no welcome yet */
	UAV_PHASE_ONLINE,
	UAV_PHASE_LEAVING, /* asked for the goodbye */
};

enum uav_event_kind {
	UAV_EVENT_ONLINE,	  /* .welcome; ref: the registration's */
	UAV_EVENT_OFFLINE,	  /* .offline: the session or the attempt has ended */
	UAV_EVENT_SCENARIO,	  /* .scenario, NULL when in none. Answers, or is pushed (ref 0) */
	UAV_EVENT_DELIVERY,	  /* .delivery */
	UAV_EVENT_OUTCOME,	  /* .outcome: what became of the send `ref` at one target */
	UAV_EVENT_PRESENCE,	  /* .presence: one who came, went or changed */
	UAV_EVENT_MISSED,	  /* .missed presence events: ask for the list of drones */
	UAV_EVENT_DRONE,	  /* .drone: one of the list `ref` */
	UAV_EVENT_SCENARIO_ENTRY, /* .scenario: one of the list `ref` */
	UAV_EVENT_DONE,		  /* request `ref` is done; also ends a report or a list */
	UAV_EVENT_ERROR,	  /* .error: request `ref` could not be done */
	UAV_EVENT_PONG,		  /* .nonce: answers a ping of the caller's */
	UAV_EVENT_SKIPPED,	  /* .skipped: a frame of so many bytes did not fit the input */
};

/* Why a session or an attempt has ended. */
enum uav_why {
	UAV_WHY_NO_CONNECTION, /* connecting failed or took UAV_CONNECT_MS */
	UAV_WHY_LOST,	       /* the connection ended without a goodbye */
	UAV_WHY_SILENT,	       /* nothing came for too long */
	UAV_WHY_GOODBYE,       /* .goodbye */
	UAV_WHY_REFUSED,       /* the registration: .error */
	UAV_WHY_NO_PROOF,      /* the gateway asks for one, and config.prove has none */
	UAV_WHY_UNREADABLE,    /* what came is not of the protocol */
	UAV_WHY_STOPPED,       /* uav_client_stop */
};

struct uav_offline {
	enum uav_why why;
	uav_relay_v1_GoodbyeReason goodbye; /* with UAV_WHY_GOODBYE; may be of a later version */
	uav_relay_v1_ErrorCode error;	    /* that refused the registration, or 0 */
	const char *message;		    /* the gateway's, for people; may be empty */
	/* True: no attempt follows by itself. Tell a person, unless the drone left. */
	bool stopped;
	uint32_t retry_in_ms; /* else: the pause before the next attempt */
};

struct uav_delivery {
	const uav_relay_v1_Delivery *head; /* sender, hops and so on; its payload is below */
	const uint8_t *payload;		   /* NULL when empty */
	size_t payload_size;
};

/* All that it points to lives until the handler returns. Text is terminated and within its
 * bounds; whether it is UTF-8 is not looked at. Enum values may be of a later version: take
 * them for their zero, an outcome for not delivered. */
struct uav_event {
	enum uav_event_kind kind;
	uint32_t ref; /* of the request that this answers; 0 when none asked */
	union {
		const uav_relay_v1_Welcome *welcome;
		struct uav_offline offline;
		const uav_relay_v1_ScenarioEntry *scenario;
		struct uav_delivery delivery;
		const uav_relay_v1_TargetOutcome *outcome;
		const uav_relay_v1_PresenceEvent *presence;
		const uav_relay_v1_DroneEntry *drone;
		const uav_relay_v1_Error *error;
		uint64_t nonce;
		uint32_t missed;
		uint32_t skipped;
	} u;
};

struct uav_client;

/* All that it points to must outlive the client. */
struct uav_config {
	const char *drone_id; /* 1 to 32 of A-Z a-z 0-9 . _ - */
	const char *callsign; /* NULL: the id */
	const char *scenario; /* joined at once; NULL: what the operator has set */
	const char *software; /* for the operator's log, up to 64 bytes; NULL: none */
	uav_relay_v1_Kind kind;
	uav_relay_v1_PresenceWish presence;

	uint8_t *in, *out; /* at least UAV_IN_MIN and UAV_OUT_MIN bytes */
	size_t in_size, out_size;

	/* For the random pauses: of each drone, and best of each boot, another one (the chip's
	 * number, noise of an ADC). */
	uint32_t seed;

	/* Called from within the functions that take the time. It may make requests, leave and
	 * stop (which tells UAV_EVENT_OFFLINE before it returns), but must not hand in bytes,
	 * poll, or say that the connection has come or gone. */
	void (*handle)(void *user, struct uav_client *client, const struct uav_event *event);
	/* HMAC-SHA256 of `message` (nonce and id, `size` bytes) with the drone's secret as key,
	 * into `proof`. False: there is no secret, or no HMAC. NULL where no gateway asks. */
	bool (*prove)(void *user, const uint8_t *message, size_t size,
		      uint8_t proof[UAV_PROOF_BYTES]);
	void *user; /* handed to both */
};

/* Allocated by the caller, best statically. Its members are private. */
struct uav_client {
	struct uav_config config;
	enum uav_phase phase;
	bool connection_ends; /* until the caller has said that it is gone */
	uint32_t now;
	uint32_t since;	   /* of the phase */
	uint32_t pause_ms; /* in UAV_PHASE_PAUSING */
	uint32_t backoff_ms;
	uint32_t random;

	uint32_t last_ref, choose_ref;
	bool without_callsign; /* it is taken: go by the id */
	char scenario[UAV_NAME_MAX + 1];
	uav_relay_v1_ErrorCode refused;
	uint32_t heard_at, silence_ms;
	uint32_t max_payload_bytes;
	bool probed; /* a ping of ours is out since heard_at */
	bool pong_waits;
	uint64_t pong_nonce;

	/* the frame that comes */
	uint32_t length, got; /* of its body */
	uint8_t length_bytes; /* of its prefix, so far */
	bool length_known;
	const uint8_t *payload;
	size_t payload_size;
	uav_relay_v1_FromGateway frame;
	union {
		uav_relay_v1_ScenarioEntry scenario;
		uav_relay_v1_DroneEntry drone;
		uav_relay_v1_PresenceEvent presence;
		uav_relay_v1_TargetOutcome outcome;
	} entry;

	/* bytes for the gateway */
	size_t out_start, out_end;
};

/* --- life --- */

/* 0, or UAV_ERROR_BAD_CONFIG: a buffer is too small, a text too long, or id or handler missing. */
int uav_client_init(struct uav_client *client, const struct uav_config *config);

/* Begins: the next poll asks to connect. After a stop it begins anew. */
void uav_client_start(struct uav_client *client, uint32_t now_ms);

/* Ends at once, without a goodbye, and stays away until it is started. */
void uav_client_stop(struct uav_client *client, uint32_t now_ms);

/* What the caller is to do now. To be called after everything that took the time, and when
 * uav_client_wait_ms has passed. */
enum uav_action uav_client_poll(struct uav_client *client, uint32_t now_ms);

/* How long nothing needs to be polled, in ms, if nothing happens; UINT32_MAX: for ever. */
uint32_t uav_client_wait_ms(const struct uav_client *client, uint32_t now_ms);

enum uav_phase uav_client_phase(const struct uav_client *client);

/* --- the connection --- */

/* It has come about, TLS included where that is spoken. */
void uav_client_connected(struct uav_client *client, uint32_t now_ms);
/* It could not be made, or has ended, or is closed as asked. */
void uav_client_disconnected(struct uav_client *client, uint32_t now_ms);

/* `size` bytes from the gateway, cut as they come. The handler is called for what they hold. */
void uav_client_received(struct uav_client *client, const void *bytes, size_t size,
			 uint32_t now_ms);

/* What is to be sent, and in *size how many bytes; they stay where they are until the next
 * request, uav_client_sent, or function that takes the time. */
const uint8_t *uav_client_output(const struct uav_client *client, size_t *size);
/* The first `size` bytes of it have been taken by the connection. */
void uav_client_sent(struct uav_client *client, size_t size);

/* --- requests ---
 * Each writes one frame and returns 0, or an enum uav_error. *ref, if not NULL, becomes the
 * number that the answers carry: never 0. Nothing is kept over the end of a session: what has
 * no answer by then has none, and its fate is not known. */

struct uav_send {
	const char *drone, *group; /* one of them, or neither: everyone in the scenario */
	const void *payload;
	size_t size;
	const char *content_type; /* up to 64 bytes, or NULL */
	uav_relay_v1_ReportWish report;
};

int uav_client_send(struct uav_client *client, const struct uav_send *send, uint32_t *ref);
/* NULL or empty leaves the present one. What is confirmed takes the place of
 * config.scenario when the drone comes back. */
int uav_client_choose(struct uav_client *client, const char *scenario, uint32_t *ref);
int uav_client_list_scenarios(struct uav_client *client, uint32_t *ref);
/* NULL or empty: everyone online. */
int uav_client_list_drones(struct uav_client *client, const char *scenario, uint32_t *ref);
/* Metres from the scenario's origin. */
int uav_client_place(struct uav_client *client, float east_m, float north_m, float up_m,
		     uint32_t *ref);
/* Says goodbye; the client is stopped when the gateway has answered. */
int uav_client_leave(struct uav_client *client, uint32_t *ref);
/* Any other: `request` as nanopb has it, with which_body and body set. Its ref is set here. */
int uav_client_request(struct uav_client *client, uav_relay_v1_ToGateway *request, uint32_t *ref);

#endif
