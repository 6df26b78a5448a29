#include "net/transport_tls.h"

#include "net/host.h"

#include <errno.h>
#include <unistd.h>

enum { RECORD_BYTES = 16 * 1024 }; /* most that one record carries (RFC 8446, 5.1) */

static struct transport_tls *tls_of(struct transport *transport)
{
	return (struct transport_tls *)(void *)transport;
}

static void *ctx_of(const struct transport_tls *tls)
{
	return transport_socket_ctx(&tls->socket);
}

static bool is_beginning(const struct transport_tls *tls)
{
	return !tls->ready && !tls->failed;
}

static void on_event(uv_poll_t *poll, int status, int events);

static int watch(struct transport_tls *tls, unsigned events)
{
	return transport_socket_watch(&tls->socket, events, on_event);
}

/* The event that lets a call go on which has come to this status. */
static uint8_t event_for(enum tls_status status)
{
	return status == TLS_WANTS_WRITE ? UV_WRITABLE : UV_READABLE;
}

/* TLS is broken: the uv error for it. */
static int fail(struct transport_tls *tls)
{
	int error = tls_cut(tls->tls);

	tls->failed = true;
	return error ? uv_translate_sys_error(error) : UV_EPROTO;
}

/* --- reading --- */

static void ended(struct transport_tls *tls, int status)
{
	tls->socket.wanted = false;
	tls->socket.base.user->ended(ctx_of(tls), status);
}

/* As many records as there are and the room takes; then why there are no more. */
static enum tls_status fill(struct transport_tls *tls, struct room room, size_t *size)
{
	enum tls_status status;
	size_t got;

	*size = 0;
	do {
		status = tls_read(tls->tls, room.data + *size, room.size - *size, &got);
		*size += got;
	} while (status == TLS_DONE && *size < room.size && tls_holds(tls->tls));
	return status;
}

/* Whether there may be more: the room was filled, or the end is to be told. */
static bool read_once(struct transport_tls *tls)
{
	const struct transport_user *user = tls->socket.base.user;
	struct room room = user->room(ctx_of(tls));
	enum tls_status status;
	size_t size;

	if (room.size == 0) {
		return false;
	}
	status = fill(tls, room, &size);
	tls->reads_on = status == TLS_DONE ? UV_READABLE : event_for(status);
	if (size > 0) {
		user->read(ctx_of(tls), room.data, size);
		return size == room.size || status == TLS_ENDED || status == TLS_BROKEN;
	}
	if (status == TLS_ENDED) {
		ended(tls, 0);
	} else if (status == TLS_BROKEN) {
		ended(tls, fail(tls));
	}
	return false;
}

/* What was read off the socket and not given to the user, for want of room, waits for the
 * next turn: the socket will not tell of it. */
static void read_on(struct transport_tls *tls)
{
	while (tls->socket.wanted && read_once(tls)) {
	}
	if (tls->socket.wanted && tls_holds(tls->tls)) {
		net_resume_next(tls->net, &tls->more);
	}
}

static int tls_read_start(struct transport *transport)
{
	struct transport_tls *tls = tls_of(transport);

	tls->socket.wanted = true;
	if (is_beginning(tls)) {
		return 0;
	}
	if (tls_holds(tls->tls)) {
		net_resume_next(tls->net, &tls->more);
	}
	return watch(tls, tls->socket.watched | (unsigned)tls->reads_on);
}

/* Takes effect when bytes arrive: a pause that ends before that costs nothing. */
static void tls_read_stop(struct transport *transport)
{
	transport_socket_of(transport)->wanted = false;
}

/* --- writing --- */

/* How many bytes were taken, or a negative uv error when none were. */
static ssize_t put(struct transport_tls *tls, struct slice bytes)
{
	enum tls_status status = TLS_DONE;
	size_t done = 0, taken;

	while (status == TLS_DONE && done < bytes.size) {
		status = tls_write(tls->tls, bytes.data + done, bytes.size - done, &taken);
		done += taken;
	}
	tls->writes_on = status == TLS_WANTS_READ ? UV_READABLE : UV_WRITABLE;
	return status == TLS_BROKEN && done == 0 ? fail(tls) : (ssize_t)done;
}

/* The first record has of both pieces what it can: a record, and a packet, of its own for a
 * head of some bytes would be more than twice the work. */
static ssize_t put_both(struct transport_tls *tls, struct slice head, struct slice tail)
{
	uint8_t record[RECORD_BYTES];
	size_t ahead =
		tail.size < sizeof(record) - head.size ? tail.size : sizeof(record) - head.size;
	ssize_t first, rest;

	memcpy(record, head.data, head.size);
	memcpy(record + head.size, tail.data, ahead);
	first = put(tls, slice_of(record, head.size + ahead));
	if (first < 0 || (size_t)first < head.size + ahead || ahead == tail.size) {
		return first;
	}
	rest = put(tls, slice_of(tail.data + ahead, tail.size - ahead));
	return rest < 0 ? first : first + rest; /* the next write tells of the error */
}

static ssize_t tls_write_pieces(struct transport *transport, const struct slice *pieces,
				size_t count)
{
	struct transport_tls *tls = tls_of(transport);

	if (!tls->ready) {
		return tls->failed ? UV_EPROTO : 0;
	}
	if (count == 2 && pieces[0].size < RECORD_BYTES && pieces[1].size > 0) {
		return put_both(tls, pieces[0], pieces[1]);
	}
	return put(tls, pieces[0]); /* what is left comes again */
}

static int tls_await_writable(struct transport *transport)
{
	struct transport_tls *tls = tls_of(transport);

	tls->socket.awaiting = true;
	if (is_beginning(tls)) {
		return 0;
	}
	return watch(tls, tls->socket.watched | (unsigned)tls->writes_on);
}

/* --- the handshake --- */

/* The events that have come, with those that its end stands for. */
static unsigned shake(struct transport_tls *tls, unsigned events)
{
	enum tls_status status = tls_handshake(tls->tls);

	switch (status) {
	case TLS_DONE:
		tls->ready = true;
		tls->reads_on = UV_READABLE;
		tls->writes_on = UV_WRITABLE;
		tls->socket.base.user->connected(ctx_of(tls), 0);
		return UV_READABLE | UV_WRITABLE;
	case TLS_WANTS_READ:
	case TLS_WANTS_WRITE:
		tls->reads_on = event_for(status);
		return 0;
	case TLS_ENDED:
	case TLS_BROKEN:
		break;
	}
	tls->reads_on = UV_READABLE;
	tls->writes_on = UV_WRITABLE;
	if (tls->connects) {
		tls->socket.base.user->connected(ctx_of(tls), fail(tls));
		return 0;
	}
	(void)fail(tls); /* who reads or writes is told */
	return events | UV_READABLE | UV_WRITABLE;
}

/* --- what the loop tells --- */

/* What there is to be waited for as things stand. */
static unsigned wanted_events(const struct transport_tls *tls)
{
	if (is_beginning(tls)) {
		return tls->reads_on;
	}
	return (tls->socket.wanted ? tls->reads_on : 0u) |
	       (tls->socket.awaiting ? tls->writes_on : 0u) |
	       (tls->finishing ? (unsigned)UV_WRITABLE : 0u);
}

static int finish(struct transport_tls *tls);

/* Of a connection that is ready, or has failed. */
static void go_on(struct transport_tls *tls, unsigned events)
{
	if (tls->finishing && (events & UV_WRITABLE)) {
		(void)finish(tls); /* what is wrong, reading tells */
	}
	if (tls->socket.awaiting && (events & tls->writes_on)) {
		tls->socket.awaiting = false;
		tls->socket.base.user->writable(ctx_of(tls));
	}
	if (tls->socket.wanted && (events & tls->reads_on)) {
		read_on(tls);
	}
}

static void advance(struct transport_tls *tls, unsigned told)
{
	if (is_beginning(tls)) {
		told = shake(tls, told);
	}
	if (!is_beginning(tls)) {
		go_on(tls, told);
	}
	/* Cannot fail: uv_poll_start does so only for a socket that another handle has. */
	(void)watch(tls, wanted_events(tls));
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct transport_tls *tls = (struct transport_tls *)(void *)transport_socket_of_poll(poll);
	unsigned told = (unsigned)events;
	int error;

	if (status < 0) {
		/* The socket has an error, and libuv has stopped watching it. What had
		 * arrived before can still be read; then reading or writing tells. */
		tls->socket.watched = 0;
		told = UV_READABLE | UV_WRITABLE;
	}
	if (tls->socket.connecting) {
		tls->socket.connecting = false;
		error = transport_socket_error(&tls->socket);
		if (error < 0) {
			(void)watch(tls, 0);
			tls->socket.base.user->connected(ctx_of(tls), error);
			return;
		}
	}
	if (is_beginning(tls) && !tls->connects) {
		net_shake(tls->net, &tls->more);
		if (is_beginning(tls) && !list_empty(&tls->more.link)) {
			(void)watch(tls, 0); /* or it would be told of until its turn comes */
		}
		return;
	}
	advance(tls, told);
}

static void run_more(struct net_task *task)
{
	struct transport_tls *tls = LIST_ENTRY(task, struct transport_tls, more);

	advance(tls, tls->reads_on);
}

/* --- who it is --- */

static bool tls_names_id(const struct transport *transport, struct slice id)
{
	const struct transport_tls *tls = (const struct transport_tls *)(const void *)transport;

	return tls_names(tls->tls, id);
}

static bool tls_begun(const struct transport *transport)
{
	return ((const struct transport_tls *)(const void *)transport)->ready;
}

static const char *tls_fault(const struct transport *transport)
{
	const struct transport_tls *tls = (const struct transport_tls *)(const void *)transport;

	if (tls->failed && !tls_cut(tls->tls)) {
		return tls_why(tls->tls);
	}
	/* Who connects has a word of its own for what took too long. */
	if (!tls->ready && (tls->failed || !tls->connects)) {
		return tls->failed ? "the connection ended before the TLS handshake did"
				   : "the TLS handshake was not finished";
	}
	return NULL;
}

/* --- the end --- */

static int finish(struct transport_tls *tls)
{
	enum tls_status status = tls_finish(tls->tls);

	tls->finishing = status == TLS_WANTS_WRITE;
	if (tls->finishing) {
		return watch(tls, tls->socket.watched | (unsigned)UV_WRITABLE);
	}
	return shutdown(tls->socket.fd, SHUT_WR) < 0 ? uv_translate_sys_error(errno) : 0;
}

static int tls_shutdown(struct transport *transport)
{
	return finish(tls_of(transport));
}

static void note_fault(struct transport_tls *tls)
{
	const char *why = tls_fault(&tls->socket.base);

	if (why) {
		tls_failures_note(&tls->net->tls_failures,
				  tls->net->settings->listeners[tls->listener].name, tls->host,
				  why);
	}
}

static void tls_close(struct transport *transport)
{
	struct transport_tls *tls = tls_of(transport);

	if (!tls->tls) {
		return;
	}
	if (!tls->connects) {
		note_fault(tls);
	}
	/* The other side need not think of a cut, if it can be told at once. */
	if (tls->ready && !tls->failed && !tls->socket.awaiting) {
		(void)tls_finish(tls->tls);
	}
	tls->finishing = false;
	list_remove(&tls->more.link);
	tls_free(tls->tls);
	tls->tls = NULL;
	transport_socket_close(&tls->socket);
}

static const struct transport_ops tls_ops = {
	.read_start = tls_read_start,
	.read_stop = tls_read_stop,
	.write = tls_write_pieces,
	.await_writable = tls_await_writable,
	.shutdown = tls_shutdown,
	.close = tls_close,
	.names = tls_names_id,
	.begun = tls_begun,
	.fault = tls_fault,
};

/* --- the beginning --- */

/* `name`: NULL for the side that listens. */
static int begin(struct transport_tls *transport, struct net *net, int fd, struct tls *tls,
		 struct transport_owner owner)
{
	int status;

	if (!tls) {
		return UV_ENOMEM;
	}
	status = transport_socket_open(&transport->socket, &tls_ops, net->loop, fd, owner);
	if (status < 0) {
		tls_free(tls);
		return status;
	}
	transport->tls = tls;
	transport->net = net;
	net_task_init(&transport->more, run_more);
	transport->reads_on = UV_READABLE;
	transport->writes_on = UV_WRITABLE;
	transport->connects = false;
	transport->ready = false;
	transport->failed = false;
	transport->finishing = false;
	return 0;
}

int transport_tls_open(struct transport_tls *tls, struct net *net, int fd, uint8_t listener,
		       const struct sockaddr *remote, struct transport_owner owner)
{
	int status = begin(tls, net, fd, tls_new(net->tls[listener], fd, NULL), owner);

	tls->listener = listener;
	host_bytes(remote, tls->host);
	return status < 0 ? status : watch(tls, UV_READABLE); /* a handle just made: cannot fail */
}

int transport_tls_connect(struct transport_tls *tls, struct net *net, const struct sockaddr *to,
			  struct tls_context *context, const char *name,
			  struct transport_owner owner)
{
	int fd = transport_socket_begin(to, net->settings->tcp_user_timeout_ms);
	int status;

	if (fd < 0) {
		return fd;
	}
	status = begin(tls, net, fd, tls_new(context, fd, name), owner);
	if (status < 0) {
		close(fd);
		return status;
	}
	tls->socket.connecting = true;
	tls->connects = true;
	return watch(tls, UV_WRITABLE); /* a handle just made: cannot fail */
}
