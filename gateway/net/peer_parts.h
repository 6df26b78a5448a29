/* The inside of a peer, for its own files: peer (its beginning and its end), peer_input and
 * peer_output. */
#ifndef UAV_NET_PEER_PARTS_H
#define UAV_NET_PEER_PARTS_H

#include "net/intake.h"
#include "net/outbox.h"
#include "net/peer.h"
#include "net/transport_tls.h"

enum { PEER_FIRST_BYTES = 344 }; /* one delivery; the box is 512 bytes with them */

/* Owned only while bytes wait in one direction or the other, or the peer waits for
 * something: an idle drone costs a struct peer alone. */
struct peer_box {
	struct peer *peer;
	struct intake intake;
	struct outbox out;
	struct net_timed later; /* resumed; with PEER_CLOSING: lingering */
	uint8_t first[PEER_FIRST_BYTES];
};

enum peer_flag {
	PEER_HELD = 1,	  /* a request waits for resume; nothing is read */
	PEER_CLOSING = 2, /* the session is over; what it said last is still written */
	PEER_SHUT = 4,	  /* that is done, our side of the connection is finished */
	PEER_BROKEN = 8,  /* a write failed, or memory is out; to be ended by the flush */
	/* There is no room for the frame that has begun (a reload has lowered the largest, or
	 * memory is out): to be ended by the flush, with a goodbye. */
	PEER_STUFFED = 16,
};

/* There are as many as drones: what it has for a while only stands in its box, and the
 * transport within it (each heap block of its own would cost 16 bytes more). */
struct peer {
	struct net *net;
	struct session *session; /* NULL before and after it */
	struct peer_box *box;	 /* NULL while there is nothing in it */
	struct net_task flush;
	uint32_t read_turn; /* the last turn in which it was read */
	uint8_t listener;   /* its number in the settings */
	uint8_t flags;	    /* enum peer_flag, or-ed */
	bool open;	    /* the transport has not been closed */
	/* A struct transport_plain or struct transport_tls: as large as it must be. */
	_Alignas(struct transport_tls) uint8_t transport[];
};

static inline struct transport *peer_transport(struct peer *peer)
{
	return (struct transport *)(void *)peer->transport;
}

static inline const struct front *peer_front(const struct peer *peer)
{
	return peer->net->fronts[peer->listener];
}

/* What struct names has of the core. */
struct slice peer_callsign(const void *core, struct slice id);
struct slice peer_id(const void *core, struct slice name);

static inline void peer_set(struct peer *peer, enum peer_flag flag)
{
	peer->flags |= (uint8_t)flag;
}

/* Of the core that is behind it. */
static inline struct names peer_names(const struct peer *peer)
{
	return (struct names){.ctx = peer->net->core, .callsign = peer_callsign, .id = peer_id};
}

/* --- peer --- */

/* NULL when memory is out. */
struct peer_box *peer_open_box(struct peer *peer);
/* Gives it back when there is nothing in it any more. */
void peer_settle_box(struct peer *peer);

/* Closes the connection, whose session is over; the peer itself goes when its transport has told
 * that it is closed. */
void peer_end(struct peer *peer);
/* The connection is of no use any more. Never called from inside the core. */
void peer_lost(struct peer *peer);

/* --- peer_input: of struct transport_user --- */

struct room peer_room(void *ctx);
void peer_read(void *ctx, const uint8_t *data, size_t size);
void peer_ended(void *ctx, int status);

/* Presents what its front has for who connects, if it has; the connection is there, with all
 * that comes before its first byte. */
void peer_greet(struct peer *peer);

/* The core takes requests of this drone again. */
void peer_resume(struct peer *peer);

/* --- peer_output: of struct endpoint_ops, and of struct transport_user --- */

bool peer_emit(void *ctx, const struct event *event, uint32_t max_frame);
size_t peer_queued(const void *ctx);
void peer_writable(void *ctx);

/* Gives the network what has been gathered in the turn. */
void peer_flush(struct peer *peer);

#endif
