#include "peer.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/conduit.h"

enum {
	READ_ROUNDS = 16,	  /* of one gateway, before the others have their turn */
	WAITING_MAX = 4 << 20,	  /* answers that wait, from which on reading stops */
	WAITING_RESUME = 2 << 20, /* and up to which it goes on */
	KEEPALIVE_S = 30,
};

/* A connection and the gateway behind it. */
struct peer {
	uv_poll_t poll;
	struct conduit conduit;
	struct peers *peers;
	struct list link, dirty, eager;
	struct simulator_guest guest;
	int watched;	/* what the loop looks for */
	bool paused;	/* not read, because too many answers wait */
	bool finishing; /* sends no more; to be closed when its answers are out */
	char address[PEERS_ADDRESS_CAP];
};

void peers_print_address(const struct sockaddr_storage *address, char text[PEERS_ADDRESS_CAP])
{
	char host[INET6_ADDRSTRLEN] = "?";
	bool six = address->ss_family == AF_INET6;
	unsigned port = six ? ntohs(((const struct sockaddr_in6 *)address)->sin6_port)
			    : ntohs(((const struct sockaddr_in *)address)->sin_port);

	uv_ip_name((const struct sockaddr *)address, host, sizeof(host));
	snprintf(text, PEERS_ADDRESS_CAP, six ? "[%s]:%u" : "%s:%u", host, port);
}

static bool is_closing(const struct peer *peer)
{
	return uv_is_closing((const uv_handle_t *)&peer->poll);
}

static void on_peer_closed(uv_handle_t *handle)
{
	struct peer *peer = handle->data;

	simulator_guest_fini(&peer->guest);
	free(peer);
}

static void peer_close(struct peer *peer, const char *why)
{
	if (is_closing(peer)) {
		return;
	}
	if (peer->guest.greeted) {
		LOG(peer->peers->log, LOG_LEVEL_INFO, "gateway_disconnected",
		    log_text("gateway", simulator_guest_name(&peer->guest)),
		    log_str("address", peer->address), log_str("why", why));
	} else {
		LOG(peer->peers->log, LOG_LEVEL_WARNING, "connection_closed",
		    log_str("address", peer->address), log_str("why", why));
	}
	list_remove(&peer->link);
	list_remove(&peer->dirty);
	list_remove(&peer->eager);
	peer->peers->count--;
	uv_close((uv_handle_t *)&peer->poll, on_peer_closed);
	conduit_close(&peer->conduit);
}

static void on_event(uv_poll_t *poll, int status, int events);

/* Has the loop look for what can go on then. That costs system calls, so not for answers that go
 * out at the end of the turn. */
static void watch(struct peer *peer)
{
	const struct conduit *conduit = &peer->conduit;
	bool writes = buf_size(&peer->guest.out) > 0 && list_empty(&peer->dirty);
	int events = 0;

	if ((!peer->paused && !peer->finishing) || (writes && conduit->write_wants_bytes)) {
		events |= UV_READABLE;
	}
	if (conduit->read_wants_room || (writes && !conduit->write_wants_bytes)) {
		events |= UV_WRITABLE;
	}
	if (peer->peers->stalled) {
		events = 0;
	}
	if (events != peer->watched && !is_closing(peer)) {
		/* cannot fail: no other handle has this socket */
		(void)uv_poll_start(&peer->poll, events, on_event);
		peer->watched = events;
	}
}

static void on_eagerness(uv_idle_t *idle);

/* What is left to be read is read in the next turn. */
static void stay_eager(struct peer *peer)
{
	struct peers *peers = peer->peers;

	if (list_empty(&peer->eager) && !peer->paused && !peer->finishing && !peers->stalled) {
		list_push_back(&peers->eager, &peer->eager);
		uv_idle_start(&peers->eagerness, on_eagerness);
	}
}

/* Stops and resumes reading by how much waits to be taken. What a fault holds back does not count:
 * it has a bound of its own, and may be waiting for what would then not be read. */
static void pace(struct peer *peer)
{
	size_t waiting = buf_size(&peer->guest.out);

	if (!peer->paused && waiting > WAITING_MAX) {
		peer->paused = true;
		list_remove(&peer->eager);
	} else if (peer->paused && waiting <= WAITING_RESUME) {
		peer->paused = false;
		if (conduit_holds(&peer->conduit)) {
			stay_eager(peer);
		}
	}
	watch(peer);
}

/* Writes what the socket takes at once; the rest follows as it drains. */
static void peer_flush(struct peer *peer)
{
	struct buf *out = &peer->guest.out;
	enum tls_status status = TLS_DONE;
	size_t taken;

	if (peer->peers->stalled) {
		return;
	}
	while (buf_size(out) > 0 && status == TLS_DONE) {
		status = conduit_write(&peer->conduit, buf_slice(out), &taken);
		buf_consume(out, taken);
	}
	if (status == TLS_ENDED || status == TLS_BROKEN) {
		peer_close(peer, status == TLS_BROKEN ? conduit_why(&peer->conduit)
						      : "closed by the gateway");
		return;
	}
	if (peer->finishing && buf_size(out) == 0) {
		peer_close(peer, "closed by the gateway");
		return;
	}
	pace(peer);
}

/* What there is to be sent goes out at the end of the turn. */
static void soil(struct peer *peer)
{
	if (list_empty(&peer->dirty) && buf_size(&peer->guest.out) > 0 &&
	    !(peer->watched & UV_WRITABLE)) {
		list_push_back(&peer->peers->dirty, &peer->dirty);
	}
}

/* False when it was closed for them. */
static bool take_bytes(struct peer *peer, struct slice bytes)
{
	const char *why = "";

	if (simulator_read(&peer->guest, bytes, &why) < 0) {
		peer_flush(peer);
		peer_close(peer, why);
		return false;
	}
	soil(peer);
	pace(peer);
	return true;
}

/* Reads once. Whether there may be more at once. */
static bool read_once(struct peer *peer)
{
	char *room = peer->peers->room;
	size_t got;

	switch (conduit_read(&peer->conduit, room, PEERS_READ_BYTES, &got)) {
	case TLS_DONE:
		return take_bytes(peer, slice_of(room, got)) &&
		       (got == PEERS_READ_BYTES || conduit_holds(&peer->conduit));
	case TLS_WANTS_READ:
	case TLS_WANTS_WRITE:
		break;
	case TLS_ENDED:
		peer->finishing = true;
		list_remove(&peer->eager);
		peer_flush(peer);
		return false;
	case TLS_BROKEN:
		peer_close(peer, conduit_why(&peer->conduit));
		return false;
	}
	watch(peer);
	return conduit_holds(&peer->conduit);
}

static void peer_read(struct peer *peer)
{
	int rounds = 0;
	bool more = true;

	while (more && !peer->paused && !peer->finishing && !peer->peers->stalled &&
	       rounds++ < READ_ROUNDS) {
		more = read_once(peer);
	}
	if (more && conduit_holds(&peer->conduit)) {
		stay_eager(peer);
	}
}

static void on_eagerness(uv_idle_t *idle)
{
	struct peers *peers = idle->data;
	struct list now, *link;

	/* who stays eager waits for the next turn */
	list_init(&now);
	while ((link = list_first(&peers->eager))) {
		list_remove(link);
		list_push_back(&now, link);
	}
	uv_idle_stop(idle);
	while ((link = list_first(&now))) {
		list_remove(link);
		peer_read(LIST_ENTRY(link, struct peer, eager));
	}
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct peer *peer = poll->data;

	if (status < 0) {
		/* The socket has an error, and libuv has stopped looking at it. What has come
		 * can still be read; then reading or writing tells. */
		peer->watched = 0;
		events = UV_READABLE | UV_WRITABLE;
	}
	if ((events & UV_READABLE) || peer->conduit.read_wants_room) {
		peer_read(peer);
	}
	if (!is_closing(peer) && ((events & UV_WRITABLE) || peer->conduit.write_wants_bytes)) {
		peer_flush(peer);
	}
	if (!is_closing(peer)) {
		watch(peer);
	}
}

static void on_turn_end(uv_check_t *check)
{
	struct peers *peers = check->data;
	struct list *link;

	if (peers->on_turn) {
		peers->on_turn(peers->on_turn_ctx);
	}
	while ((link = list_first(&peers->dirty))) {
		list_remove(link);
		peer_flush(LIST_ENTRY(link, struct peer, dirty));
	}
}

/* --------------------------------------------------------------- newcomers */

static struct peer *peer_new(struct peers *peers, int fd)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer) {
		(void)close(fd);
		return NULL;
	}
	conduit_init(&peer->conduit, fd);
	if ((peers->tls && conduit_secure(&peer->conduit, peers->tls, NULL) < 0) ||
	    uv_poll_init(peers->loop, &peer->poll, fd) < 0) {
		conduit_close(&peer->conduit);
		free(peer);
		return NULL;
	}
	peer->poll.data = peer;
	peer->peers = peers;
	list_init(&peer->dirty);
	list_init(&peer->eager);
	simulator_guest_init(&peer->guest, peers->simulator);
	list_push_back(&peers->all, &peer->link);
	peers->count++;
	return peer;
}

static void set_up_socket(int fd)
{
	const int on = 1, idle_s = KEEPALIVE_S;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
}

void peers_take(struct peers *peers, int fd, const struct sockaddr_storage *address)
{
	struct peer *peer;

	if (peers->closed) {
		(void)close(fd);
		return;
	}
	if (peers->count == PEERS_MAX) {
		LOG(peers->log, LOG_LEVEL_WARNING, "gateway_turned_away",
		    log_num("gateways", peers->count));
		(void)close(fd);
		return;
	}
	set_up_socket(fd);
	peer = peer_new(peers, fd);
	if (!peer) {
		LOG(peers->log, LOG_LEVEL_ERROR, "accept_failed", log_str("why", "out of memory"));
		return;
	}
	peers_print_address(address, peer->address);
	watch(peer);
}

/* Of one that is not read nothing can come. */
void peers_sweep(struct peers *peers)
{
	struct list *link, *next;
	const char *why;

	for (link = peers->all.next; link != &peers->all; link = next) {
		struct peer *peer = LIST_ENTRY(link, struct peer, link);

		next = link->next;
		if (!peer->paused && !peer->finishing && !peers->stalled &&
		    !simulator_sweep(&peer->guest, &why)) {
			peer_close(peer, why);
		}
	}
}

/* ----------------------------------------------------------------- faults */

void peers_stall(struct peers *peers)
{
	peers->stalled = true;
	for (struct list *link = peers->all.next; link != &peers->all; link = link->next) {
		watch(LIST_ENTRY(link, struct peer, link));
	}
}

void peers_resume(struct peers *peers)
{
	struct list *next;

	peers->stalled = false;
	for (struct list *link = peers->all.next; link != &peers->all; link = next) {
		struct peer *peer = LIST_ENTRY(link, struct peer, link);

		next = link->next;
		if (conduit_holds(&peer->conduit)) {
			stay_eager(peer);
		}
		soil(peer);
		watch(peer);
	}
}

void peers_close(struct peers *peers, const char *why)
{
	struct list *link;

	while ((link = list_first(&peers->all))) {
		peer_close(LIST_ENTRY(link, struct peer, link), why);
	}
}

void peers_release(struct peers *peers, uint64_t now_us)
{
	struct list *next;

	for (struct list *link = peers->all.next; link != &peers->all; link = next) {
		struct peer *peer = LIST_ENTRY(link, struct peer, link);

		next = link->next;
		if (hold_due_us(&peer->guest.hold) > now_us) {
			continue;
		}
		if (hold_release(&peer->guest.hold, now_us, &peer->guest.out) < 0) {
			peer_close(peer, "out of memory");
			continue;
		}
		soil(peer);
	}
}

uint64_t peers_due_us(const struct peers *peers)
{
	uint64_t due_us = UINT64_MAX;

	for (struct list *link = peers->all.next; link != &peers->all; link = link->next) {
		uint64_t own_us = hold_due_us(&LIST_ENTRY(link, struct peer, link)->guest.hold);

		due_us = own_us < due_us ? own_us : due_us;
	}
	return due_us;
}

/* ------------------------------------------------------------- start and stop */

void peers_start(struct peers *peers)
{
	list_init(&peers->all);
	list_init(&peers->dirty);
	list_init(&peers->eager);
	peers->count = 0;
	uv_check_init(peers->loop, &peers->turn_end);
	uv_idle_init(peers->loop, &peers->eagerness);
	peers->turn_end.data = peers;
	peers->eagerness.data = peers;
	uv_check_start(&peers->turn_end, on_turn_end);
}

void peers_stop(struct peers *peers)
{
	uv_close((uv_handle_t *)&peers->turn_end, NULL);
	uv_close((uv_handle_t *)&peers->eagerness, NULL);
	on_turn_end(&peers->turn_end);
	peers_close(peers, "stopping");
}
