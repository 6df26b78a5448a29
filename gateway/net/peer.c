#include "net/peer_parts.h"

#include "net/host.h"
#include "net/transport_plain.h"

#include <stdlib.h>

void peer_pool(struct pool *boxes, uint32_t keep)
{
	pool_init(boxes, sizeof(struct peer_box), keep);
}

static void run_later(struct net_task *task);

struct peer_box *peer_open_box(struct peer *peer)
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

void peer_settle_box(struct peer *peer)
{
	struct peer_box *box = peer->box;

	if (box && intake_waiting(&box->intake).size == 0 && outbox_empty(&box->out) &&
	    !(peer->flags & (PEER_HELD | PEER_CLOSING))) {
		pool_give(&peer->net->boxes, box);
		peer->box = NULL;
	}
}

/* --- the end --- */

void peer_end(struct peer *peer)
{
	list_remove(&peer->flush.link);
	if (peer->box) {
		list_remove(&peer->box->later.task.link);
		backlog_ended(&peer->net->backlog, &peer->box->out);
	}
	peer->open = false;
	peer->net->open--;
	peer_transport(peer)->ops->close(peer_transport(peer));
}

void peer_lost(struct peer *peer)
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

/* --- later --- */

/* A goodbye is offered to the network once, however short the stay. */
static void peer_end_lingering(struct peer *peer)
{
	if (!list_empty(&peer->flush.link)) {
		list_remove(&peer->flush.link);
		peer_flush(peer);
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

/* --- names --- */

struct slice peer_callsign(const void *core, struct slice id)
{
	return core_callsign(core, id);
}

struct slice peer_id(const void *core, struct slice name)
{
	return core_id(core, name);
}

/* --- the session's endpoint --- */

static void peer_note_resume(void *ctx)
{
	struct peer *peer = ctx;

	net_resume_later(peer->net, &peer->box->later.task); /* what is held stands in it */
}

/* Before TLS has begun, no goodbye can be read. A newcomer who is turned away will have begun in a
 * moment; who has not when its session ends may never, and its handshake would keep memory. */
static bool peer_may_linger(struct peer *peer)
{
	return !peer->session || peer_transport(peer)->ops->begun(peer_transport(peer));
}

/* Called by the core, maybe while it looks at bytes of this very peer: nothing is
 * freed here. */
static void peer_close(void *ctx)
{
	struct peer *peer = ctx;

	bool may_linger = peer_may_linger(peer);

	peer->session = NULL;
	peer_set(peer, PEER_CLOSING);
	if (may_linger && peer_open_box(peer)) {
		net_linger(peer->net, &peer->box->later);
	} else {
		peer_set(peer, PEER_BROKEN);
	}
	net_flush_later(peer->net, &peer->flush);
	/* To notice the other side's end; a failure shows as linger's end. */
	(void)peer_transport(peer)->ops->read_start(peer_transport(peer));
}

static struct patience peer_patience(const void *ctx)
{
	const struct peer *peer = ctx;
	const struct listener_settings *listener = &peer->net->settings->listeners[peer->listener];

	return (struct patience){
		.ping_interval_ms = listener->ping_interval_ms,
		.idle_timeout_ms = listener->idle_timeout_ms,
	};
}

static const struct endpoint_ops peer_endpoint_ops = {
	.emit = peer_emit,
	.queued = peer_queued,
	.resume = peer_note_resume,
	.close = peer_close,
	.patience = peer_patience,
};

/* --- the beginning --- */

static void run_flush(struct net_task *task)
{
	peer_flush(LIST_ENTRY(task, struct peer, flush));
}

/* A handshake is done, with who has connected. */
static void on_connected(void *ctx, int status)
{
	struct peer *peer = ctx;

	(void)status;
	net_clock(peer->net);
	peer_greet(peer);
}

static const struct transport_user peer_transport_user = {
	.connected = on_connected,
	.room = peer_room,
	.read = peer_read,
	.ended = peer_ended,
	.writable = peer_writable,
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
	if (!peer->net->tls[peer->listener]) {
		peer_greet(peer);
	}
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
	size_t size = tls ? sizeof(struct transport_tls) : sizeof(struct transport_plain);
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

static int peer_open(struct peer *peer, int fd, const struct sockaddr *remote)
{
	struct transport_owner owner = {.user = &peer_transport_user, .ctx = peer};
	struct net *net = peer->net;
	void *transport = peer->transport;

	return net->tls[peer->listener]
		       ? transport_tls_open(transport, net, fd, peer->listener, remote, owner)
		       : transport_plain_open(transport, net->loop, fd, owner);
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
	status = peer_open(peer, fd, remote);
	if (status < 0) {
		free(peer);
		return status;
	}
	net->peers++;
	net->open++;
	peer_attach(peer, remote);
	return 0;
}
