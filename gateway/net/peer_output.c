/* What a drone is told: gathered in a turn, written when it ends. */
#include "net/peer_parts.h"

/* --- gathering --- */

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
bool peer_emit(void *ctx, const struct event *event, uint32_t max_frame)
{
	struct peer *peer = ctx;
	const struct names names = peer_names(peer);
	struct peer_box *box;
	struct buf *out;

	if (peer_pass_on(peer, event, max_frame)) {
		return true;
	}
	box = peer_open_box(peer);
	out = box ? outbox_gather(&box->out, event_size(event)) : NULL;
	net_flush_later(peer->net, &peer->flush);
	if (!out || peer_front(peer)->write(out, event, max_frame, &names) < 0) {
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

size_t peer_queued(const void *ctx)
{
	const struct peer *peer = ctx;

	return peer->box ? outbox_queued(&peer->box->out) : 0;
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

void peer_flush(struct peer *peer)
{
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

void peer_writable(void *ctx)
{
	struct peer *peer = ctx;

	outbox_writable(&peer->box->out);
	net_flush_later(peer->net, &peer->flush);
}
