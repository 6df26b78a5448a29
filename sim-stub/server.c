/* Bytes that arrive go to the simulator at once; what it answers is gathered over
 * a turn of the loop and written once. Of a gateway that does not take its
 * answers nothing more is read until it does. */
#include "server.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "base/list.h"
#include "base/version.h"
#include "simulator.h"

enum {
	READ_BYTES = 65536,
	WAITING_MAX = 4 << 20,	  /* answers that wait, from which on reading stops */
	WAITING_RESUME = 2 << 20, /* and up to which it goes on */
	GUESTS_MAX = 256,
	BACKLOG = 128,
	KEEPALIVE_S = 30,
	SWEEP_MS = 1000,
	ADDRESS_CAP = 64,
};

struct server {
	uv_loop_t loop;
	uv_tcp_t listener;
	uv_signal_t terminate, interrupt;
	uv_check_t turn_end;
	uv_timer_t sweep;
	struct log *log;
	struct list peers, dirty;
	unsigned peer_count;
	int stopped_by; /* signal */
	struct simulator simulator;
	char room[READ_BYTES]; /* what is read stands here until the callback ends */
};

/* A connection and the gateway behind it. */
struct peer {
	uv_tcp_t tcp;
	uv_write_t write;
	struct server *server;
	struct list link, dirty;
	struct simulator_guest guest;
	struct buf sending; /* given to `write`, which is under way */
	bool writing;
	bool paused;	/* not read, because too many answers wait */
	bool finishing; /* sends no more; to be closed when its answers are out */
	char address[ADDRESS_CAP];
};

static void print_address(const struct sockaddr_storage *address, char *text)
{
	char host[INET6_ADDRSTRLEN] = "?";
	bool six = address->ss_family == AF_INET6;
	unsigned port = six ? ntohs(((const struct sockaddr_in6 *)address)->sin6_port)
			    : ntohs(((const struct sockaddr_in *)address)->sin_port);

	uv_ip_name((const struct sockaddr *)address, host, sizeof(host));
	snprintf(text, ADDRESS_CAP, six ? "[%s]:%u" : "%s:%u", host, port);
}

/* ----------------------------------------------------------------- peers */

static void on_peer_closed(uv_handle_t *handle)
{
	struct peer *peer = handle->data;

	simulator_guest_fini(&peer->guest);
	buf_fini(&peer->sending);
	free(peer);
}

static void peer_close(struct peer *peer, const char *why)
{
	if (uv_is_closing((uv_handle_t *)&peer->tcp)) {
		return;
	}
	if (peer->guest.greeted) {
		LOG(peer->server->log, LOG_LEVEL_INFO, "gateway_disconnected",
		    log_text("gateway", simulator_guest_name(&peer->guest)),
		    log_str("address", peer->address), log_str("why", why));
	} else {
		LOG(peer->server->log, LOG_LEVEL_WARNING, "connection_closed",
		    log_str("address", peer->address), log_str("why", why));
	}
	list_remove(&peer->link);
	list_remove(&peer->dirty);
	peer->server->peer_count--;
	uv_close((uv_handle_t *)&peer->tcp, on_peer_closed);
}

static void on_buffer_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct peer *peer = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(peer->server->room, READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer);

/* Stops and resumes reading by how much waits. */
static void pace(struct peer *peer)
{
	size_t waiting = buf_size(&peer->guest.out) + buf_size(&peer->sending);
	uv_stream_t *stream = (uv_stream_t *)&peer->tcp;

	if (peer->finishing) {
		return;
	}
	if (!peer->paused && waiting > WAITING_MAX) {
		peer->paused = true;
		uv_read_stop(stream);
	} else if (peer->paused && waiting <= WAITING_RESUME) {
		peer->paused = false;
		uv_read_start(stream, on_buffer_wanted, on_read);
	}
}

static void peer_flush(struct peer *peer);

static void on_written(uv_write_t *write, int status)
{
	struct peer *peer = write->data;

	peer->writing = false;
	buf_clear(&peer->sending);
	if (uv_is_closing((uv_handle_t *)&peer->tcp)) {
		return;
	}
	if (status < 0) {
		peer_close(peer, uv_strerror(status));
		return;
	}
	peer_flush(peer);
}

/* Hands all of guest.out to uv_write. The two buffers change places: the
 * simulator goes on filling the one while the other is under way. */
static int write_rest(struct peer *peer)
{
	struct buf empty = peer->sending;
	struct slice bytes;
	uv_buf_t buffer;

	peer->sending = peer->guest.out;
	peer->guest.out = empty;
	bytes = buf_slice(&peer->sending);
	buffer =
		uv_buf_init((char *)peer->sending.data + peer->sending.start, (unsigned)bytes.size);
	peer->write.data = peer;
	peer->writing = true;
	return uv_write(&peer->write, (uv_stream_t *)&peer->tcp, &buffer, 1, on_written);
}

/* Writes what the socket takes at once; the rest follows as it drains. */
static void peer_flush(struct peer *peer)
{
	struct buf *out = &peer->guest.out;
	uv_buf_t buffer;
	int written;

	if (!peer->writing && buf_size(out) > 0) {
		buffer = uv_buf_init((char *)out->data + out->start, (unsigned)buf_size(out));
		written = uv_try_write((uv_stream_t *)&peer->tcp, &buffer, 1);
		if (written > 0) {
			buf_consume(out, (size_t)written);
		} else if (written < 0 && written != UV_EAGAIN) {
			peer_close(peer, uv_strerror(written));
			return;
		}
		if (buf_size(out) > 0 && write_rest(peer) < 0) {
			peer_close(peer, "cannot write");
			return;
		}
	}
	pace(peer);
	if (peer->finishing && !peer->writing) {
		peer_close(peer, "closed by the gateway");
	}
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
	struct peer *peer = stream->data;
	const char *why = "";

	if (size == UV_EOF) {
		uv_read_stop(stream);
		peer->finishing = true;
		peer_flush(peer);
		return;
	}
	if (size < 0) {
		peer_close(peer, uv_strerror((int)size));
		return;
	}
	if (simulator_read(&peer->guest, slice_of(buffer->base, (size_t)size), &why) < 0) {
		peer_flush(peer);
		peer_close(peer, why);
		return;
	}
	if (list_empty(&peer->dirty) && buf_size(&peer->guest.out) > 0) {
		list_push_back(&peer->server->dirty, &peer->dirty);
	}
	pace(peer);
}

static void on_turn_end(uv_check_t *check)
{
	struct server *server = check->data;
	struct list *link;

	while ((link = list_first(&server->dirty))) {
		list_remove(link);
		peer_flush(LIST_ENTRY(link, struct peer, dirty));
	}
}

/* Who only holds a place, which a gateway may need. Of one that is not read nothing can
 * come. */
static void on_sweep(uv_timer_t *timer)
{
	struct server *server = timer->data;
	struct list *link, *next;
	const char *why;

	for (link = server->peers.next; link != &server->peers; link = next) {
		struct peer *peer = LIST_ENTRY(link, struct peer, link);

		next = link->next;
		if (!peer->paused && !peer->finishing && !simulator_sweep(&peer->guest, &why)) {
			peer_close(peer, why);
		}
	}
}

/* -------------------------------------------------------------- listener */

/* Too many: taken and closed, or libuv would offer it again for ever. */
static void on_turned_away(uv_handle_t *handle)
{
	free(handle->data);
}

static struct peer *peer_new(struct server *server)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer) {
		return NULL;
	}
	peer->server = server;
	list_init(&peer->link);
	list_init(&peer->dirty);
	buf_init(&peer->sending);
	simulator_guest_init(&peer->guest, &server->simulator);
	uv_tcp_init(&server->loop, &peer->tcp);
	peer->tcp.data = peer;
	return peer;
}

static void note_address(struct peer *peer)
{
	struct sockaddr_storage address = {0};
	int size = sizeof(address);

	uv_tcp_getpeername(&peer->tcp, (struct sockaddr *)&address, &size);
	print_address(&address, peer->address);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct server *server = listener->data;
	struct peer *peer = status == 0 ? peer_new(server) : NULL;

	if (!peer) {
		LOG(server->log, LOG_LEVEL_ERROR, "accept_failed",
		    log_str("why", status ? uv_strerror(status) : "out of memory"));
		return;
	}
	if (uv_accept(listener, (uv_stream_t *)&peer->tcp) < 0 ||
	    server->peer_count == GUESTS_MAX) {
		LOG(server->log, LOG_LEVEL_WARNING, "gateway_turned_away",
		    log_num("gateways", server->peer_count));
		uv_close((uv_handle_t *)&peer->tcp, on_turned_away);
		return;
	}
	note_address(peer);
	list_push_back(&server->peers, &peer->link);
	server->peer_count++;
	uv_tcp_nodelay(&peer->tcp, 1);
	uv_tcp_keepalive(&peer->tcp, 1, KEEPALIVE_S);
	uv_read_start((uv_stream_t *)&peer->tcp, on_buffer_wanted, on_read);
}

static int bind_and_listen(struct server *server, const struct options *options)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found;
	int error = getaddrinfo(options->host, options->port, &hints, &found);

	if (error != 0) {
		LOG(server->log, LOG_LEVEL_ERROR, "cannot_listen", log_str("host", options->host),
		    log_str("why", gai_strerror(error)));
		return -1;
	}
	error = uv_tcp_bind(&server->listener, found->ai_addr, 0);
	freeaddrinfo(found);
	if (error == 0) {
		error = uv_listen((uv_stream_t *)&server->listener, BACKLOG, on_connection);
	}
	if (error != 0) {
		LOG(server->log, LOG_LEVEL_ERROR, "cannot_listen", log_str("host", options->host),
		    log_str("port", options->port), log_str("why", uv_strerror(error)));
		return -1;
	}
	return 0;
}

static void tell_listening(struct server *server, uint64_t seed)
{
	struct sockaddr_storage address = {0};
	int size = sizeof(address);
	char text[ADDRESS_CAP];
	char digits[24];

	uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &size);
	print_address(&address, text);
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)seed);
	LOG(server->log, LOG_LEVEL_INFO, "listening", log_str("address", text),
	    log_str("seed", digits), log_str("version", UAV_VERSION));
}

/* ---------------------------------------------------------- start and stop */

/* Closes everything, so that the loop runs out. */
static void server_stop(struct server *server)
{
	struct list *link;

	uv_close((uv_handle_t *)&server->listener, NULL);
	uv_close((uv_handle_t *)&server->terminate, NULL);
	uv_close((uv_handle_t *)&server->interrupt, NULL);
	uv_close((uv_handle_t *)&server->turn_end, NULL);
	uv_close((uv_handle_t *)&server->sweep, NULL);
	on_turn_end(&server->turn_end);
	while ((link = list_first(&server->peers))) {
		peer_close(LIST_ENTRY(link, struct peer, link), "stopping");
	}
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct server *server = signal->data;

	server->stopped_by = number;
	server_stop(server);
}

static void tell_accounts(struct log *log, const struct simulator_accounts *accounts)
{
	LOG(log, LOG_LEVEL_INFO, "accounts", log_num("transmits", (int64_t)accounts->transmits),
	    log_num("receptions", (int64_t)accounts->receptions),
	    log_num("delivered", (int64_t)accounts->delivered),
	    log_num("corrupted", (int64_t)accounts->corrupted),
	    log_num("lost", (int64_t)accounts->lost), log_num("nodes", (int64_t)accounts->nodes),
	    log_num("scenarios", (int64_t)accounts->scenarios));
}

static int server_start(struct server *server)
{
	uv_loop_t *loop = &server->loop;

	if (uv_loop_init(loop) < 0) {
		return -1;
	}
	uv_tcp_init(loop, &server->listener);
	uv_signal_init(loop, &server->terminate);
	uv_signal_init(loop, &server->interrupt);
	uv_check_init(loop, &server->turn_end);
	uv_timer_init(loop, &server->sweep);
	server->listener.data = server;
	server->terminate.data = server;
	server->interrupt.data = server;
	server->turn_end.data = server;
	server->sweep.data = server;
	uv_signal_start(&server->terminate, on_signal, SIGTERM);
	uv_signal_start(&server->interrupt, on_signal, SIGINT);
	uv_check_start(&server->turn_end, on_turn_end);
	uv_timer_start(&server->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	return 0;
}

int server_run(const struct options *options, struct log *log)
{
	struct server *server = calloc(1, sizeof(*server));
	int result = -1;

	if (!server) {
		LOG(log, LOG_LEVEL_ERROR, "cannot_start", log_str("why", "out of memory"));
		return -1;
	}
	server->log = log;
	list_init(&server->peers);
	list_init(&server->dirty);
	simulator_init(&server->simulator, options->seed, log);
	if (server_start(server) < 0) {
		LOG(log, LOG_LEVEL_ERROR, "cannot_start", log_str("why", "no event loop"));
		goto out;
	}
	result = bind_and_listen(server, options);
	if (result == 0) {
		tell_listening(server, options->seed);
	} else {
		server_stop(server);
	}
	uv_run(&server->loop, UV_RUN_DEFAULT);
	uv_loop_close(&server->loop);
	if (result == 0) {
		tell_accounts(log, &server->simulator.accounts);
		LOG(log, LOG_LEVEL_INFO, "stopped", log_num("signal", server->stopped_by));
	}
out:
	simulator_fini(&server->simulator);
	free(server);
	return result;
}
