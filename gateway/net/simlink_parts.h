/* The inside of a simlink, for its own files: simlink (connecting, failing, keeping
 * time), simlink_input and simlink_output. */
#ifndef UAV_NET_SIMLINK_PARTS_H
#define UAV_NET_SIMLINK_PARTS_H

#include "net/backoff.h"
#include "net/net.h"
#include "net/outbox.h"
#include "net/simlink.h"
#include "net/transport_plain.h"
#include "net/transport_tls.h"
#include "wire/channel_codec.h"

#define SIMLINK_WHY_BYTES 256

enum simlink_state {
	SIMLINK_WAITING,    /* for the next attempt */
	SIMLINK_CONNECTING, /* until the network has connected */
	SIMLINK_GREETING,   /* hello sent, hello_ack awaited */
	SIMLINK_UP,
	SIMLINK_CLOSING, /* until the transport has closed */
};

struct simlink {
	struct net *net;
	uint32_t simulator;  /* its number in the settings */
	uint32_t connection; /* of that simulator, from 1: for the log */
	uint32_t lane;	     /* what the core knows it by, in its log lines too */
	struct sockaddr_storage address;
	enum simlink_state state;
	struct transport *transport; /* in `carrier`; NULL in WAITING and CLOSING */
	union {
		struct transport_plain plain;
		struct transport_tls tls; /* with net->sim_tls */
	} carrier;
	struct buf in;
	struct outbox out;
	struct pool blocks;   /* of the outbox */
	struct arena arena;   /* for decoding one answer */
	struct net_task task; /* flush, or end a link that failed */
	struct net_task more; /* goes on with `in`, which holds more than one turn takes */
	uv_timer_t timer;     /* what it rings for depends on the state */
	struct backoff backoff;
	struct rng rng;
	uint64_t heard_us;	   /* the last bytes */
	uint64_t up_us;		   /* since when */
	uint64_t nonce;		   /* of the last ping */
	uint32_t read_turn, reads; /* reads in that turn */
	uint64_t turn_us;	   /* when the first of them was worked on; 0: not yet */
	uint64_t handed_over;	   /* to drones in that turn, bytes of payload */
	bool pinged;		   /* since the last bytes */
	bool filled;		   /* over max_queued_bytes; core_sim_drained is owed */
	bool bulk;		   /* between simlink_bulk_begin and simlink_bulk_end */
	size_t bulk_bytes;	   /* that waited at the last end */
	bool failed;		   /* `why` says it; to be ended by the task */
	bool stopped;
	char why[SIMLINK_WHY_BYTES];
	char told[SIMLINK_WHY_BYTES]; /* the last failure to connect that was logged */
};

/* As they are now: a reload may change them. */
static inline const struct simulator_settings *simlink_settings(const struct simlink *link)
{
	return &link->net->settings->simulators[link->simulator];
}

/* From anywhere, even from inside the core: the link ends later, from the loop.
 * Only the first reason counts. */
void simlink_fail(struct simlink *link, const char *why);
/* The same for what the transport has told or returned. */
void simlink_fail_status(struct simlink *link, int status);

/* The link has been heard, or its timer rang while it is up: pings, fails, or
 * sets the timer for the next look. */
void simlink_keep_alive(struct simlink *link);

/* Gathers a message; nothing when the link has failed. */
void simlink_say(struct simlink *link, const struct to_sim *message);
void simlink_flush(struct simlink *link);

/* The task `more`. */
void simlink_go_on(struct net_task *task);

/* For struct transport_user. */
struct room simlink_room(void *ctx);
void simlink_read(void *ctx, const uint8_t *data, size_t size);
void simlink_writable(void *ctx);

#endif
