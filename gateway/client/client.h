/* The drone's side of drone.proto: bytes from the gateway in, events out; requests
 * in, bytes for the gateway out. It allocates nothing, owns no socket, no loop and
 * no clock: the memory and the I/O are the caller's.
 *
 *	client_init(&client, in, sizeof(in), out, sizeof(out), scratch, sizeof(scratch));
 *	client_register(&client, &(struct request_registration){.drone_id = id}, &ref);
 *	while (status != CLIENT_BAD && connected) {
 *		struct slice bytes = client_output(&client);
 *		client_sent(&client, (size_t)write(fd, bytes.data, bytes.size));
 *		uint8_t *room = client_room(&client, &size);
 *		client_received(&client, (size_t)read(fd, room, size));
 *		while ((status = client_next(&client, &event)) == CLIENT_EVENT)
 *			handle(&event);
 *	}
 *
 * (write and read as they look when nothing fails.) Pings are answered without the
 * caller's doing: their pongs wait in client_output.
 *
 * A gateway that lets nobody in without proof answers the registration with a challenge,
 * which is answered with what the secret makes of it; the welcome comes then, or an error:
 *
 *	case EVENT_CHALLENGE:
 *		error = client_prove(&client, secret, event.nonce, &ref);
 */
#ifndef UAV_CLIENT_CLIENT_H
#define UAV_CLIENT_CLIENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/message.h"

/* What the requests below return beside 0. Nothing was written then. */
enum client_error {
	CLIENT_FULL = -1,	    /* the output buffer: send what waits and try again */
	CLIENT_TOO_LARGE = -2,	    /* over what the gateway takes, or the whole output buffer */
	CLIENT_NOT_REGISTERED = -3, /* no welcome yet */
	CLIENT_REGISTERED = -4,	    /* registered already, or asking for it */
	CLIENT_CLOSED = -5,	    /* after leave, goodbye or CLIENT_BAD */
	CLIENT_BAD_TEXT = -6,	    /* over 200 bytes, or not UTF-8 without NUL */
	CLIENT_NO_CHALLENGE = -7,   /* none has come, or it is answered already */
	CLIENT_NO_MEMORY = -8,	    /* client_prove alone: the hash had none */
};

/* A sentence for people; static. */
const char *client_error_text(int error);

enum client_status {
	CLIENT_EVENT,
	CLIENT_MORE, /* nothing whole is here: receive more */
	CLIENT_BAD,  /* the gateway does not keep to the protocol: close. See client_why */
};

enum client_state {
	CLIENT_STATE_NEW,
	CLIENT_STATE_REGISTERING, /* asked, or the challenge answered: waits for what comes of it */
	CLIENT_STATE_CHALLENGED,  /* the gateway waits for client_authenticate or client_prove */
	CLIENT_STATE_REGISTERED,
	CLIENT_STATE_CLOSED, /* we left, were told goodbye, or refused for good: a goodbye follows
			      */
	CLIENT_STATE_BROKEN,
};

/* To be read, not written, by the caller. */
struct client {
	enum client_state state;
	/* From the welcome; 0 before. */
	uint32_t max_payload_bytes, max_frame_bytes, idle_timeout_ms;
	/* As client_register was given it; what is longer than an id may be is cut. */
	char drone_id[NAME_MAX_BYTES];
	size_t drone_id_size;

	/* Private. */
	struct buf in, out;
	struct arena scratch;
	size_t taken; /* bytes of `in` on which the last event stands */
	uint32_t last_ref;
	bool pong_waits; /* there was no room for it */
	uint64_t pong_nonce;
	const char *why;
};

/* The smallest memory. The input buffer holds the largest frame that the gateway is
 * told to send us, and its prefix: more than the least for longer lists per frame, and
 * for payloads up to that size. The output buffer holds the largest request, the
 * scratch what one event needs beside its frame. */
#define CLIENT_IN_MIN (FRAME_LEAST_BYTES + 5u)
#define CLIENT_OUT_MIN 256u
#define CLIENT_SCRATCH_MIN 8192u

/* Scratch that is enough for whatever fits an input buffer of `in_size` bytes.
 * Who lists no drones needs less: CLIENT_SCRATCH_MIN for deliveries alone. */
#define CLIENT_SCRATCH_FOR(in_size) (CLIENT_SCRATCH_MIN + 32u * (in_size))

/* The three pieces of memory must outlive the client. There is nothing to free. */
void client_init(struct client *client, void *in, size_t in_size, void *out, size_t out_size,
		 void *scratch, size_t scratch_size);

/* --- from the gateway --- */

/* Where bytes from the gateway go, and in *size how many at most: never 0 after
 * CLIENT_MORE. Ends the life of the last event. */
uint8_t *client_room(struct client *client, size_t *size);
/* `size` bytes have been written there. */
void client_received(struct client *client, size_t size);

/* The next event. Its slices and lists live until the next client_next or
 * client_room. Pings are answered and never seen; frames of a kind that this version
 * does not know are passed over. */
enum client_status client_next(struct client *client, struct event *event);

/* What was wrong, after CLIENT_BAD; static. */
const char *client_why(const struct client *client);

/* --- to the gateway --- */

/* What is to be sent; empty when nothing is. Lives until the next call but
 * client_next. */
struct slice client_output(struct client *client);
/* The first `size` bytes of it have been sent. */
void client_sent(struct client *client, size_t size);

/* Each request queues one frame and returns 0 or an enum client_error. *ref (which
 * may be NULL) becomes the number that the reply carries: fresh for each request
 * until they wrap, never 0. */

/* `protocol` 0 means the highest we speak; `max_frame_bytes` is cut to what the
 * input buffer holds. A welcome, a challenge or an error answers it; after an error that no
 * goodbye follows (BAD_ID, NAME_TAKEN) it may be called again. */
int client_register(struct client *client, const struct request_registration *registration,
		    uint32_t *ref) __attribute__((warn_unused_result));
/* Answers a challenge: HMAC-SHA256(secret, nonce || drone_id), 32 bytes, in the state
 * CLIENT_STATE_CHALLENGED. A welcome or an error answers it; AUTH_FAILED and BANNED end the
 * session. The answers to the registration (welcome, scenario) carry this ref. */
int client_authenticate(struct client *client, struct slice proof, uint32_t *ref)
	__attribute__((warn_unused_result));
/* The same: makes the proof of the secret's bytes and the challenge's nonce. In a file of its
 * own, prove.c: the only one that needs OpenSSL, so that a firmware with an HMAC of its own does
 * not link it. Keeps nothing of the secret. */
int client_prove(struct client *client, struct slice secret, struct slice nonce, uint32_t *ref)
	__attribute__((warn_unused_result));
int client_list_scenarios(struct client *client, uint32_t *ref) __attribute__((warn_unused_result));
/* Empty leaves the present one. */
int client_choose(struct client *client, struct slice scenario, uint32_t *ref)
	__attribute__((warn_unused_result));
/* Empty: everyone online. */
int client_list_drones(struct client *client, struct slice scenario, uint32_t *ref)
	__attribute__((warn_unused_result));
int client_rename(struct client *client, struct slice callsign, uint32_t *ref)
	__attribute__((warn_unused_result));
int client_join_group(struct client *client, struct slice group, uint32_t *ref)
	__attribute__((warn_unused_result));
int client_leave_group(struct client *client, struct slice group, uint32_t *ref)
	__attribute__((warn_unused_result));
int client_update_state(struct client *client, const struct state *state, uint32_t *ref)
	__attribute__((warn_unused_result));
int client_send(struct client *client, const struct request_send *send, uint32_t *ref)
	__attribute__((warn_unused_result));
/* Answered by a pong: all that was asked before has been read by then. */
int client_ping(struct client *client, uint64_t nonce, uint32_t *ref)
	__attribute__((warn_unused_result));
/* goodbye(LEFT) answers it; nothing more can be asked. */
int client_leave(struct client *client, uint32_t *ref) __attribute__((warn_unused_result));

#endif
