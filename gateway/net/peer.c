#include "net/peer.h"

#include "net/host.h"
#include "net/intake.h"
#include "net/outbox.h"
#include "net/transport_plain.h"
#include "net/transport_tls.h"
#include "wire/frame.h"

#include <stdlib.h>

enum {
	PEER_FIRST_BYTES = 344, /* one delivery; the box is 512 bytes with them */
	PEER_REQUESTS = 256,	/* most that are taken of one drone at a time */
};

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
	/* A struct transport_plain or struct peer_tls: as large as it must be. */
	_Alignas(struct transport_tls) uint8_t transport[];
};

/* What only drones with TLS have. */
struct peer_tls {
	struct transport_tls transport; /* the first member */
	uint8_t host[ENDPOINT_ADDRESS_BYTES];
};

static struct transport *peer_transport(struct peer *peer)
{
	return (struct transport *)(void *)peer->transport;
}

static struct peer_tls *peer_tls(struct peer *peer)
{
	return (struct peer_tls *)(void *)peer->transport;
}

static const struct front *peer_front(const struct peer *peer)
{
	return peer->net->fronts[peer->listener];
}

static void peer_set(struct peer *peer, enum peer_flag flag)
{
	peer->flags |= (uint8_t)flag;
}

void peer_pool(struct pool *boxes, uint32_t keep)
{
	pool_init(boxes, sizeof(struct peer_box), keep);
}

static void run_later(struct net_task *task);

static struct peer_box *peer_open_box(struct peer *peer)
{
	if (!peer->box) {
		peer->box = pool_take(&peer->net->boxes);
		if (peer->box) {
			peer->box->peer = peer;
			intake_init(&peer->box->intake);
			outbox_init(&peer->box->out, &peer->net->chunks, peer->box->first,
				    sizeof(peer->box->first));
			net_task_init(&peer->box->later.task, run_later);
		}
	}
	return peer->box;
}

static void peer_settle_box(struct peer *peer)
{
	struct peer_box *box = peer->box;

	if (box && intake_waiting(&box->intake).size == 0 && outbox_empty(&box->out) &&
	    !(peer->flags & (PEER_HELD | PEER_CLOSING))) {
		pool_give(&peer->net->boxes, box);
		peer->box = NULL;
	}
}

/* --- the end --- */

static void peer_note_fault(struct peer *peer)
{
	const char *why = peer_transport(peer)->ops->fault(peer_transport(peer));

	if (why) {
		tls_failures_note(&peer->net->tls_failures,
				  peer->net->settings->listeners[peer->listener].name,
				  peer_tls(peer)->host, why);
	}
}

/* The peer itself goes when its transport has told that it is closed. */
static void peer_end(struct peer *peer)
{
	peer_note_fault(peer);
	list_remove(&peer->flush.link);
	if (peer->box) {
		list_remove(&peer->box->later.task.link);
		backlog_ended(&peer->net->backlog, &peer->box->out);
	}
	peer->open = false;
	peer->net->open--;
	peer_transport(peer)->ops->close(peer_transport(peer));
}

/* The connection is of no use any more. Never called from inside the core. */
static void peer_lost(struct peer *peer)
{
	struct session *session = peer->session;

	peer->session = NULL;
	if (session) {
		core_detach(peer->net->core, session);
	}
	peer_end(peer);
}

static void on_closed(void *ctx)
{
	struct peer *peer = ctx;

	if (peer->box) {
		intake_fini(&peer->box->intake, &peer->net->chunks);
		outbox_fini(&peer->box->out);
		pool_give(&peer->net->boxes, peer->box);
	}
	peer->net->peers--;
	free(peer);
}

/* --- reading --- */

/* Where it is put that names no scenario: as its listener has it now. */
static struct slice peer_placement(const struct peer *peer)
{
	return slice_str(peer->net->settings->listeners[peer->listener].scenario);
}

/* A certificate is not read for who has an id already, which the core refuses. */
static enum id_proof peer_proof(struct peer *peer, struct slice id)
{
	if (core_is_registered(peer->session)) {
		return ID_DISPROVED;
	}
	switch (peer->net->settings->auth_mode) {
	case AUTH_NONE:
		return ID_FREE;
	case AUTH_SECRET:
		return ID_SECRET;
	case AUTH_TLS:
		break;
	}
	return peer_transport(peer)->ops->names(peer_transport(peer), id) ? ID_PROVED
									  : ID_DISPROVED;
}

/* What the front does not know of a request. */
static void peer_complete(struct peer *peer, struct request *request, size_t size)
{
	request->size = (uint32_t)size;
	if (request->kind == REQUEST_REGISTRATION) {
		request->registration.placement = peer_placement(peer);
		request->registration.id_proof = peer_proof(peer, request->registration.drone_id);
	}
}

/* Hands the first request in `bytes` to the core. True: it was taken, *used is its
 * size; there may be another. */
static bool peer_present(struct peer *peer, struct slice bytes, size_t *used)
{
	struct net *net = peer->net;
	struct request request;
	const char *why = NULL;
	enum core_verdict verdict = CORE_TAKEN;

	arena_reset(&net->arena);
	switch (peer_front(peer)->read(bytes, core_frame_limit(net->core, peer->session),
				       &net->arena, &request, used, &why)) {
	case FRONT_OK:
		peer_complete(peer, &request, *used);
		verdict = core_request(net->core, peer->session, &request);
		break;
	case FRONT_MORE:
		return false;
	case FRONT_BAD:
		core_malformed(net->core, peer->session, why);
		return false;
	}
	if (verdict == CORE_HOLD) {
		peer_set(peer, PEER_HELD);
		peer_transport(peer)->ops->read_stop(peer_transport(peer));
	}
	return verdict == CORE_TAKEN;
}

/* It has had its share of the turn: 16 KiB of the cheapest requests are thousands, and each may
 * be answered by much more than it takes (make bench ARGS="--rows flood"). What waits is taken up
 * again in the next. */
static void peer_rest(struct peer *peer)
{
	peer_set(peer, PEER_HELD);
	peer_transport(peer)->ops->read_stop(peer_transport(peer));
	net_resume_next(peer->net, &peer->box->later.task);
}

/* Hands over what is whole in `bytes`, which is all that waits, and keeps the rest. */
static void peer_consume(struct peer *peer, struct slice bytes)
{
	struct slice rest = bytes;
	bool has_more = false;
	size_t used;

	for (int i = 0;
	     i < PEER_REQUESTS && peer->session && rest.size && peer_present(peer, rest, &used);
	     i++) {
		rest = slice_of(rest.data + used, rest.size - used);
		has_more = i + 1 == PEER_REQUESTS && rest.size;
	}
	if (!peer->session) {
		rest = slice_of(NULL, 0);
	}
	if ((rest.size && !peer_open_box(peer)) ||
	    (peer->box && intake_keep(&peer->box->intake, &peer->net->chunks, rest) < 0)) {
		peer_lost(peer);
		return;
	}
	if (has_more && peer->session) {
		peer_rest(peer);
	}
	peer_settle_box(peer);
	/* A held drone is not late. */
	if (peer->session) {
		core_partial(peer->net->core, peer->session,
			     rest.size > 0 && !(peer->flags & PEER_HELD));
	}
}

/* Room to be made now: in the middle of a large message, of which some is there already, for
 * its rest, or for a chunk (payloads of 8 KiB: half the system calls; make bench
 * ARGS="--rows payload"). Small ones that follow it get no more than their share. */
static size_t peer_wants(const struct peer *peer)
{
	enum { LARGE = 4 * 1024 };
	struct slice waiting = intake_waiting(&peer->box->intake);
	size_t whole = waiting.size >= LARGE ? frame_size(waiting) : 0;
	size_t wanted = NET_CHUNK_BYTES;

	if (whole <= waiting.size) {
		return 0;
	}
	if (wanted < whole - waiting.size) {
		wanted = whole - waiting.size;
	}
	/* what is only announced takes no memory */
	return wanted < 3 * waiting.size ? wanted : 3 * waiting.size;
}

static struct room on_room(void *ctx)
{
	struct peer *peer = ctx;
	struct net *net = peer->net;
	struct room shared = {.data = net->shared, .size = NET_CHUNK_BYTES}, room;
	size_t limit;

	if (peer->read_turn == net->turn) {
		return (struct room){0};
	}
	if (!peer->box || !peer->session) {
		return shared;
	}
	limit = (size_t)core_frame_limit(net->core, peer->session) + FRAME_PREFIX_MAX;
	room = intake_room(&peer->box->intake, shared, peer_wants(peer), limit);
	if (room.size == 0) {
		peer_set(peer, PEER_STUFFED);
		net_flush_later(net, &peer->flush);
	}
	return room;
}

static void on_read(void *ctx, const uint8_t *data, size_t size)
{
	struct peer *peer = ctx;

	peer->read_turn = peer->net->turn;
	if (!peer->session) {
		return; /* lingering: nobody listens any more */
	}
	net_clock(peer->net);
	peer_consume(peer,
		     peer->box ? intake_add(&peer->box->intake, data, size) : slice_of(data, size));
}

/* A drone that has finished its side cannot be told from one that is gone. */
static void on_ended(void *ctx, int status)
{
	struct peer *peer = ctx;

	(void)status;
	net_clock(peer->net);
	peer_lost(peer);
}

/* The core takes requests of this drone again. */
static void peer_resume(struct peer *peer)
{
	peer->flags &= (uint8_t)~PEER_HELD;
	peer_consume(peer, intake_waiting(&peer->box->intake));
	if (peer->open && !(peer->flags & PEER_HELD) &&
	    peer_transport(peer)->ops->read_start(peer_transport(peer)) < 0) {
		peer_lost(peer);
	}
}

/* --- writing --- */

/* All is written: what is left to wait for is the other side's end. */
static void peer_shut(struct peer *peer)
{
	peer_set(peer, PEER_SHUT);
	if (peer_transport(peer)->ops->shutdown(peer_transport(peer)) < 0) {
		peer_end(peer);
	}
}

static void run_flush(struct net_task *task)
{
	struct peer *peer = LIST_ENTRY(task, struct peer, flush);
	struct net *net = peer->net;
	size_t queued = 0;

	if ((peer->flags & PEER_STUFFED) && peer->session) {
		net_clock(net);
		core_malformed(net->core, peer->session, "a frame larger than allowed");
	}
	if ((peer->flags & PEER_BROKEN) ||
	    (peer->box && outbox_flush(&peer->box->out, peer_transport(peer)) < 0)) {
		peer_lost(peer);
		return;
	}
	if (peer->box) {
		if (!peer->session) {
			intake_fini(&peer->box->intake, &net->chunks);
		}
		queued = outbox_queued(&peer->box->out);
		backlog_flushed(&net->backlog, &peer->box->out, &net->settings->limits);
		peer_settle_box(peer);
	}
	if (peer->session && queued < net->settings->limits.output_soft_bytes / 2) {
		core_drained(net->core, peer->session);
	} else if ((peer->flags & (PEER_CLOSING | PEER_SHUT)) == PEER_CLOSING && queued == 0) {
		peer_shut(peer);
	}
}

/* A goodbye is offered to the network once, however short the stay. */
static void peer_end_lingering(struct peer *peer)
{
	if (!list_empty(&peer->flush.link)) {
		list_remove(&peer->flush.link);
		run_flush(&peer->flush);
	}
	if (peer->open) {
		peer_end(peer);
	}
}

static void run_later(struct net_task *task)
{
	struct peer *peer = LIST_ENTRY(task, struct peer_box, later.task)->peer;

	if (peer->flags & PEER_CLOSING) {
		peer_end_lingering(peer);
	} else if (peer->flags & PEER_HELD) {
		peer_resume(peer);
	}
}

static void on_writable(void *ctx)
{
	struct peer *peer = ctx;

	outbox_writable(&peer->box->out);
	net_flush_later(peer->net, &peer->flush);
}

/* --- the session's endpoint --- */

/* A burst within one turn is offered to the network piece by piece, before it counts as a
 * slow reader's backlog. What a piece leaves is kept for the next one: a write of its own
 * would let nothing pass until the turn's end, however fast the drone reads. */
static bool peer_is_due(const struct peer *peer)
{
	const struct limits *limits = &peer->net->settings->limits;
	const struct outbox *out = &peer->box->out;

	return !(peer->flags & PEER_BROKEN) && (outbox_fresh(out) > limits->output_soft_bytes / 2 ||
						outbox_queued(out) > limits->output_hard_bytes);
}

/* What the network did not take at once of what was lent waits with the rest. Half a frame
 * without memory for its other half breaks the connection: nothing can follow it. */
static void peer_keep(struct peer *peer, const struct slice *pieces, size_t taken)
{
	struct peer_box *box = peer_open_box(peer);
	struct buf *out = box ? outbox_gather(&box->out, pieces[0].size + pieces[1].size) : NULL;

	for (int i = 0; out && i < TRANSPORT_PIECES; i++) {
		size_t skipped = taken < pieces[i].size ? taken : pieces[i].size;

		taken -= skipped;
		if (buf_append(out, pieces[i].data + skipped, pieces[i].size - skipped) < 0) {
			out = NULL;
		}
	}
	if (!out) {
		peer_set(peer, PEER_BROKEN);
	}
	net_flush_later(peer->net, &peer->flush);
}

/* What is the same for many is written from where it stands, if nothing waits to go before
 * it. Gathered first, presence for 10,000 drones took 16 KiB of each, 164 MiB instead of 12
 * (make bench ARGS="--rows storm"), and a copy more. False: it must be gathered. */
static bool peer_pass_on(struct peer *peer, const struct event *event, uint32_t max_frame)
{
	struct lent lent;
	struct slice pieces[TRANSPORT_PIECES];
	ssize_t size;

	if (!event->encoded || peer->box || (peer->flags & PEER_BROKEN) ||
	    !peer_front(peer)->lend(event, max_frame, &lent)) {
		return false;
	}
	pieces[0] = slice_of(lent.head, lent.head_size);
	pieces[1] = lent.tail;
	size = peer_transport(peer)->ops->write(peer_transport(peer), pieces, TRANSPORT_PIECES);
	if (size < 0) {
		peer_set(peer, PEER_BROKEN);
		net_flush_later(peer->net, &peer->flush);
	} else if ((size_t)size < lent.head_size + lent.tail.size) {
		peer_keep(peer, pieces, (size_t)size);
	}
	return true;
}

/* About, and as a rule not less than, what it takes. */
static size_t event_size(const struct event *event)
{
	enum { AROUND = 200 }; /* names, numbers, a hop with its Link */

	switch (event->kind) {
	case EVENT_DELIVERY:
		return AROUND + event->delivery.payload.size;
	case EVENT_SEND_REPORT:
		return AROUND * event->report.count;
	case EVENT_SCENARIOS:
	case EVENT_DRONES:
	case EVENT_PRESENCE:
		return NET_CHUNK_BYTES; /* entries by the dozen */
	default:
		return AROUND;
	}
}

/* Should an offer show that the connection is broken, the session is ended at the turn's
 * end, outside the core. */
static bool peer_emit(void *ctx, const struct event *event, uint32_t max_frame)
{
	struct peer *peer = ctx;
	struct peer_box *box;
	struct buf *out;

	if (peer_pass_on(peer, event, max_frame)) {
		return true;
	}
	box = peer_open_box(peer);
	out = box ? outbox_gather(&box->out, event_size(event)) : NULL;
	net_flush_later(peer->net, &peer->flush);
	if (!out || peer_front(peer)->write(out, event, max_frame) < 0) {
		return false;
	}
	if (peer_is_due(peer) && outbox_offer(&box->out, peer_transport(peer)) < 0) {
		peer_set(peer, PEER_BROKEN);
	}
	if (event->kind == EVENT_DELIVERY) {
		backlog_gathered(&peer->net->backlog, &box->out, &peer->net->settings->limits,
				 peer->net->now.mono_us);
	}
	return true;
}

static size_t peer_queued(const void *ctx)
{
	const struct peer *peer = ctx;

	return peer->box ? outbox_queued(&peer->box->out) : 0;
}

static void peer_note_resume(void *ctx)
{
	struct peer *peer = ctx;

	net_resume_later(peer->net, &peer->box->later.task); /* what is held stands in it */
}

/* Called by the core, maybe while it looks at bytes of this very peer: nothing is
 * freed here. */
static void peer_close(void *ctx)
{
	struct peer *peer = ctx;

	peer->session = NULL;
	peer_set(peer, PEER_CLOSING);
	if (peer_open_box(peer)) {
		net_linger(peer->net, &peer->box->later);
	} else {
		peer_set(peer, PEER_BROKEN);
	}
	net_flush_later(peer->net, &peer->flush);
	/* To notice the other side's end; a failure shows as linger's end. */
	(void)peer_transport(peer)->ops->read_start(peer_transport(peer));
}

static const struct endpoint_ops peer_endpoint_ops = {
	.emit = peer_emit,
	.queued = peer_queued,
	.resume = peer_note_resume,
	.close = peer_close,
};

/* --- the beginning --- */

static const struct transport_user peer_transport_user = {
	.room = on_room,
	.read = on_read,
	.ended = on_ended,
	.writable = on_writable,
	.closed = on_closed,
};

static void peer_attach(struct peer *peer, const struct sockaddr *remote)
{
	struct endpoint endpoint = {.ops = &peer_endpoint_ops, .ctx = peer};

	if (peer_transport(peer)->ops->read_start(peer_transport(peer)) < 0) {
		peer_end(peer);
		return;
	}
	host_bytes(remote, endpoint.address);
	net_clock(peer->net);
	peer->session = core_attach(peer->net->core, &endpoint);
}

/* Whoever makes connections faster than they linger must not take all descriptors: the
 * one that has lingered longest gives way. False when there is none. */
static bool make_place(struct net *net)
{
	uint32_t most = net->settings->limits.max_drones + NET_SPARE_PEERS;

	if (net->open < most) {
		net->crowded = net->crowded && net->open > most - NET_SPARE_PEERS / 2;
		return true;
	}
	if (!net->crowded) {
		LOG(net->log, LOG_LEVEL_WARNING, "connections_crowded",
		    log_num("connections", net->open),
		    log_str("why", "more than max_drones; those that linger are ended early"));
	}
	net->crowded = true;
	return net_linger_cut(net);
}

/* For a connection with TLS, or plain. NULL when memory is out. */
static struct peer *peer_new(struct net *net, uint32_t listener, bool tls)
{
	size_t size = tls ? sizeof(struct peer_tls) : sizeof(struct transport_plain);
	struct peer *peer = malloc(sizeof(*peer) + size);

	if (!peer) {
		return NULL;
	}
	*peer = (struct peer){
		.net = net,
		.listener = (uint8_t)listener,
		.read_turn = net->turn - 1,
		.open = true,
	};
	net_task_init(&peer->flush, run_flush);
	return peer;
}

static int peer_open(struct peer *peer, int fd, struct tls_context *tls,
		     const struct sockaddr *remote)
{
	struct transport_owner owner = {.user = &peer_transport_user, .ctx = peer};

	if (!tls) {
		return transport_plain_open((struct transport_plain *)(void *)peer->transport,
					    peer->net->loop, fd, owner);
	}
	host_bytes(remote, peer_tls(peer)->host);
	return transport_tls_open(&peer_tls(peer)->transport, peer->net, fd, tls, owner);
}

int peer_accept(struct net *net, uint32_t listener, int fd, const struct sockaddr *remote)
{
	struct peer *peer;
	int status;

	if (!make_place(net)) {
		return UV_EBUSY;
	}
	peer = peer_new(net, listener, net->tls[listener]);
	if (!peer) {
		return UV_ENOMEM;
	}
	status = peer_open(peer, fd, net->tls[listener], remote);
	if (status < 0) {
		free(peer);
		return status;
	}
	net->peers++;
	net->open++;
	peer_attach(peer, remote);
	return 0;
}
