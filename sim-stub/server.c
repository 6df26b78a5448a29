#include "server.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "fault_clock.h"
#include "identity.h"
#include "peer.h"

enum { BACKLOG = 128, SWEEP_MS = 1000 };

struct server {
	uv_loop_t loop;
	uv_poll_t listener;
	int listen_fd;
	uv_signal_t terminate, interrupt;
	uv_timer_t sweep;
	struct log *log;
	struct ready_file *ready;
	int stopped_by; /* signal */
	struct simulator simulator;
	struct peers peers;
	struct timeline timeline; /* of faults, if there are any */
	struct fault_clock fault_clock;
};

/* -------------------------------------------------------------- listener */

/* Whether the next newcomer may be asked for at once. */
static bool only_this_one(int error)
{
	return error == EINTR || error == ECONNABORTED || error == EPROTO;
}

static void on_connection(uv_poll_t *listener, int status, int events)
{
	struct server *server = listener->data;

	(void)status, (void)events;
	for (;;) {
		struct sockaddr_storage address = {0};
		socklen_t size = sizeof(address);
		int fd = accept4(server->listen_fd, (struct sockaddr *)&address, &size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			peers_take(&server->peers, fd, &address);
		} else if (!only_this_one(errno)) {
			break;
		}
	}
	if (errno != EAGAIN && errno != EWOULDBLOCK) {
		/* out of descriptors, say: it stays readable, so not at once again */
		LOG(server->log, LOG_LEVEL_ERROR, "accept_failed", log_str("why", strerror(errno)));
		uv_poll_stop(listener);
	}
}

static void on_sweep(uv_timer_t *timer)
{
	struct server *server = timer->data;

	if (!uv_is_active((uv_handle_t *)&server->listener)) {
		uv_poll_start(&server->listener, UV_READABLE, on_connection);
	}
	peers_sweep(&server->peers);
}

/* A negative error, or a socket that listens. */
static int listen_at(const struct addrinfo *at)
{
	const int on = 1;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		return uv_translate_sys_error(errno);
	}
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, at->ai_addr, at->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		int error = uv_translate_sys_error(errno);

		(void)close(fd);
		return error;
	}
	return fd;
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
	server->listen_fd = listen_at(found);
	freeaddrinfo(found);
	if (server->listen_fd < 0) {
		LOG(server->log, LOG_LEVEL_ERROR, "cannot_listen", log_str("host", options->host),
		    log_str("port", options->port), log_str("why", uv_strerror(server->listen_fd)));
		return -1;
	}
	if (uv_poll_init(&server->loop, &server->listener, server->listen_fd) < 0) {
		LOG(server->log, LOG_LEVEL_ERROR, "cannot_listen", log_str("why", "out of memory"));
		return -1;
	}
	server->listener.data = server;
	return uv_poll_start(&server->listener, UV_READABLE, on_connection);
}

static void tell_ready(const struct server *server, const char *address)
{
	char line[PEERS_ADDRESS_CAP + sizeof("listen \n")];
	char why[READY_FILE_WHY_BYTES];

	(void)snprintf(line, sizeof(line), "listen %s\n", address);
	if (ready_file_write(server->ready, line, why) < 0) {
		LOG(server->log, LOG_LEVEL_ERROR, "ready_file_failed",
		    log_str("file", server->ready->path), log_str("why", why));
	}
}

static void tell_listening(struct server *server, uint64_t seed)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);
	char text[PEERS_ADDRESS_CAP];
	char digits[24];

	(void)getsockname(server->listen_fd, (struct sockaddr *)&address, &size);
	peers_print_address(&address, text);
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)seed);
	LOG(server->log, LOG_LEVEL_INFO, "listening", log_str("address", text),
	    log_str("seed", digits), log_str("tls", server->peers.tls ? "yes" : "no"),
	    log_str("version", this_simulator.version));
	tell_ready(server, text);
}

/* ---------------------------------------------------------- start and stop */

/* Closes everything, so that the loop runs out. */
static void server_stop(struct server *server)
{
	if (server->listener.data) {
		uv_close((uv_handle_t *)&server->listener, NULL);
	}
	if (server->listen_fd >= 0) {
		(void)close(server->listen_fd);
	}
	uv_close((uv_handle_t *)&server->terminate, NULL);
	uv_close((uv_handle_t *)&server->interrupt, NULL);
	uv_close((uv_handle_t *)&server->sweep, NULL);
	peers_stop(&server->peers);
	if (server->simulator.timeline) {
		fault_clock_stop(&server->fault_clock);
	}
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct server *server = signal->data;

	server->stopped_by = number;
	ready_file_remove(server->ready);
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
	uv_signal_init(loop, &server->terminate);
	uv_signal_init(loop, &server->interrupt);
	uv_timer_init(loop, &server->sweep);
	server->terminate.data = server;
	server->interrupt.data = server;
	server->sweep.data = server;
	uv_signal_start(&server->terminate, on_signal, SIGTERM);
	uv_signal_start(&server->interrupt, on_signal, SIGINT);
	server->peers.loop = loop;
	server->peers.log = server->log;
	server->peers.simulator = &server->simulator;
	peers_start(&server->peers);
	uv_timer_start(&server->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	return 0;
}

/* The certificate, the key, and whom to trust. */
static int load_tls(struct server *server, const struct options *options)
{
	const struct tls_identity identity = {
		.cert = options->tls_cert, .key = options->tls_key, .ca = options->tls_ca};
	struct tls_mistake mistake;

	if (options->tls_cert[0] == '\0') {
		return 0;
	}
	server->peers.tls = tls_context_server(&identity, &mistake);
	if (!server->peers.tls) {
		LOG(server->log, LOG_LEVEL_ERROR, "cannot_start", log_str("why", mistake.why));
		return -1;
	}
	return 0;
}

/* Without faults there is no timeline, and nothing asks for one. */
static int start_timeline(struct server *server, const struct options *options,
			  struct fault_list *faults)
{
	if (options->faults[0]) {
		LOG(server->log, LOG_LEVEL_INFO, "faults_read", log_str("file", options->faults),
		    log_num("faults", (int64_t)faults->count));
	}
	if (faults->count == 0) {
		return 0;
	}
	timeline_init(&server->timeline, faults, &server->simulator.draw_key, fault_clock_us);
	server->fault_clock = (struct fault_clock){
		.peers = &server->peers, .log = server->log, .timeline = &server->timeline};
	if (fault_clock_start(&server->fault_clock) < 0) {
		LOG(server->log, LOG_LEVEL_ERROR, "cannot_start", log_str("why", "out of memory"));
		return -1;
	}
	server->simulator.timeline = &server->timeline;
	return 0;
}

int server_run(const struct options *options, struct fault_list *faults, struct ready_file *ready,
	       struct log *log)
{
	struct server *server = calloc(1, sizeof(*server));
	int result = -1;

	if (!server) {
		LOG(log, LOG_LEVEL_ERROR, "cannot_start", log_str("why", "out of memory"));
		return -1;
	}
	server->log = log;
	server->ready = ready;
	server->listen_fd = -1;
	simulator_init(&server->simulator, options->seed, log);
	if (load_tls(server, options) < 0) {
		goto out;
	}
	if (server_start(server) < 0) {
		LOG(log, LOG_LEVEL_ERROR, "cannot_start", log_str("why", "no event loop"));
		goto out;
	}
	result = start_timeline(server, options, faults);
	if (result == 0) {
		result = bind_and_listen(server, options);
	}
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
	tls_context_free(server->peers.tls);
	free(server);
	return result;
}
