#include "net/listener.h"

#include "net/host.h"
#include "net/peer.h"
#include "net/socket_file.h"
#include "net/transport_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	LISTENER_BACKLOG = 4096, /* the system may cap it: net.core.somaxconn */
	LISTENER_BURST = 64,	 /* newcomers taken in one turn; the others have theirs too */
	LISTENER_PAUSE_MS = 100, /* when somebody can be neither taken nor sent away */
};

struct listener {
	struct net *net;
	uint32_t number; /* in settings.listeners */
	uv_poll_t poll;
	uv_timer_t pause;
	struct influx_place place; /* in the line for newcomers; it is not polled then */
	int handles;		   /* of these, not yet closed */
	int fd;
	int family;
	int spare;		 /* a descriptor given up when there are no others; -1: none */
	struct socket_file file; /* of a unix socket */
	bool failing;		 /* said once */
};

static const struct listener_settings *settings_of(const struct listener *listener)
{
	return &listener->net->settings->listeners[listener->number];
}

/* --- newcomers --- */

static int open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

enum taken {
	TAKEN,
	NOBODY, /* waits any more */
	STUCK,	/* somebody waits who can neither be taken nor sent away */
};

/* Descriptors are out: who waits is taken with the one kept for that, and sent away, or the
 * loop would be told of it for ever. */
static enum taken turn_away(struct listener *listener)
{
	enum taken taken = STUCK;
	int fd;

	if (listener->spare >= 0) {
		close(listener->spare);
		fd = accept(listener->fd, NULL, NULL);
		if (fd >= 0) {
			close(fd);
			influx_take(&listener->net->influx);
			taken = TAKEN;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			taken = NOBODY;
		}
	}
	listener->spare = open_spare();
	return taken;
}

/* Crowding is told elsewhere. */
static void note(struct listener *listener, int status)
{
	if (status == UV_EBUSY) {
		return;
	}
	if (status < 0 && !listener->failing) {
		LOG(listener->net->log, LOG_LEVEL_WARNING, "accept_failed",
		    log_str("listener", settings_of(listener)->name),
		    log_str("why", uv_strerror(status)));
	}
	listener->failing = status < 0;
}

static enum taken take_one(struct listener *listener)
{
	struct sockaddr_storage remote = {0};
	socklen_t size = sizeof(remote);
	int fd = accept4(listener->fd, (struct sockaddr *)&remote, &size,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);
	int error = errno;
	int status;

	if (fd < 0) {
		if (error == EAGAIN || error == EWOULDBLOCK) {
			return NOBODY;
		}
		if (error == EINTR || error == ECONNABORTED) {
			return TAKEN;
		}
		note(listener, uv_translate_sys_error(error));
		return error == EMFILE || error == ENFILE ? turn_away(listener) : STUCK;
	}
	influx_take(&listener->net->influx);
	status = peer_accept(listener->net, listener->number, fd, (const struct sockaddr *)&remote);
	if (status < 0) {
		close(fd);
	}
	note(listener, status);
	return TAKEN;
}

static void on_newcomers(uv_poll_t *poll, int status, int events);

static void go_on(struct listener *listener)
{
	/* fails only for a socket that another handle has */
	(void)uv_poll_start(&listener->poll, UV_READABLE, on_newcomers);
}

static void on_pause_over(uv_timer_t *timer)
{
	go_on(timer->data);
}

/* What was met decides when it is looked at again. */
static void look_again(struct listener *listener, enum taken taken)
{
	switch (taken) {
	case TAKEN:
		influx_wait(&listener->net->influx, &listener->place);
		break;
	case NOBODY:
		go_on(listener);
		break;
	case STUCK:
		uv_timer_start(&listener->pause, on_pause_over, LISTENER_PAUSE_MS, 0);
		break;
	}
}

static void on_admitted(struct influx_place *place)
{
	struct listener *listener = LIST_ENTRY(place, struct listener, place);

	look_again(listener, take_one(listener));
}

static void on_newcomers(uv_poll_t *poll, int status, int events)
{
	struct listener *listener = poll->data;
	enum taken taken = TAKEN;

	(void)events;
	if (status < 0) {
		/* libuv watches it no more; whatever the socket had is told by the next accept */
		note(listener, status);
		go_on(listener);
		return;
	}
	for (int i = 0; i < LISTENER_BURST && taken == TAKEN; i++) {
		if (!influx_is_open(&listener->net->influx)) {
			(void)uv_poll_stop(poll);
			look_again(listener, TAKEN);
			return;
		}
		taken = take_one(listener);
	}
	if (taken == STUCK) {
		(void)uv_poll_stop(poll);
		look_again(listener, STUCK);
	}
}

void listener_reload(struct listener *listener)
{
	transport_socket_tune(listener->fd, listener->family,
			      listener->net->settings->tcp_user_timeout_ms);
}

/* --- the beginning --- */

const char *listener_address(const struct listener *listener, char *text)
{
	struct sockaddr_storage bound = {0};
	socklen_t size = sizeof(bound);

	(void)getsockname(listener->fd, (struct sockaddr *)&bound, &size);
	return host_text((const struct sockaddr *)&bound, text);
}

static void log_listening(const struct listener *listener)
{
	char text[HOST_TEXT_BYTES];

	LOG(listener->net->log, LOG_LEVEL_INFO, "listening",
	    log_str("listener", settings_of(listener)->name),
	    log_str("protocol", listener->net->fronts[listener->number]->name),
	    log_str("address", listener_address(listener, text)));
}

static int bind_to_host(const struct sockaddr_storage *address, const char **why)
{
	socklen_t size = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
							: sizeof(struct sockaddr_in);
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, off = 0;

	/* An IPv6 address takes IPv4 too, whatever the system's default is: [::] is everyone. */
	if (fd >= 0 && address->ss_family == AF_INET6) {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	}
	/* The port of a gateway that has just ended is free at once. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)address, size) < 0) {
		*why = uv_strerror(uv_translate_sys_error(errno));
		if (fd >= 0) {
			close(fd);
		}
		return -1;
	}
	return fd;
}

/* 0, or -1 with *why, static; what is open then is closed by listener_close. */
static int bind_and_listen(struct listener *listener, const struct sockaddr_storage *address,
			   const char **why)
{
	listener->family = address->ss_family;
	listener->fd = listener->family == AF_UNIX ? socket_file_bind(&listener->file, address, why)
						   : bind_to_host(address, why);
	if (listener->fd < 0) {
		return -1;
	}
	listener_reload(listener);
	if (listen(listener->fd, LISTENER_BACKLOG) < 0) {
		*why = uv_strerror(uv_translate_sys_error(errno));
		return -1;
	}
	return 0;
}

static void take_over(struct listener *listener, int fd)
{
	struct sockaddr_storage bound = {0};
	socklen_t size = sizeof(bound);

	(void)getsockname(fd, (struct sockaddr *)&bound, &size);
	listener->family = bound.ss_family;
	listener->fd = fd;
	listener_reload(listener);
}

static int watch(struct listener *listener, const char **why)
{
	int status = uv_poll_init(listener->net->loop, &listener->poll, listener->fd);

	if (status == 0) {
		listener->poll.data = listener;
		uv_timer_init(listener->net->loop, &listener->pause);
		listener->pause.data = listener;
		go_on(listener);
	}
	*why = status < 0 ? uv_strerror(status) : NULL;
	return status;
}

static void release(struct listener *listener)
{
	socket_file_remove(&listener->file);
	if (listener->fd >= 0) {
		close(listener->fd);
	}
	if (listener->spare >= 0) {
		close(listener->spare);
	}
	free(listener);
}

static int fail(struct net *net, uint32_t number, const char *why)
{
	const struct listener_settings *settings = &net->settings->listeners[number];

	LOG(net->log, LOG_LEVEL_ERROR, "listen_failed", log_str("listener", settings->name),
	    log_str(settings->address.is_path ? "path" : "host", settings->address.host),
	    log_num("port", settings->address.port), log_str("why", why));
	return -1;
}

/* 0, or -1 with *why, static. */
static int find_socket(struct listener *listener, int inherited, const char **why)
{
	struct sockaddr_storage address;

	if (inherited >= 0) {
		take_over(listener, inherited);
		return 0;
	}
	if (host_resolve(&settings_of(listener)->address, &address) < 0) {
		*why = "the address is neither numeric nor localhost, or its path is too long";
		return -1;
	}
	return bind_and_listen(listener, &address, why);
}

int listener_open(struct net *net, uint32_t number, int inherited, struct listener **out)
{
	const struct front *front = front_find(net->settings->listeners[number].protocol);
	struct listener *listener = front ? malloc(sizeof(*listener)) : NULL;
	const char *why = front ? "out of memory" : "this version does not speak the protocol yet";

	*out = NULL;
	if (!listener) {
		if (inherited >= 0) {
			close(inherited);
		}
		return fail(net, number, why);
	}
	*listener = (struct listener){
		.net = net, .number = number, .fd = -1, .spare = open_spare(), .handles = 2};
	influx_place_init(&listener->place, on_admitted);
	if (find_socket(listener, inherited, &why) < 0 || watch(listener, &why) < 0) {
		release(listener);
		return fail(net, number, why);
	}
	net->fronts[number] = front;
	log_listening(listener);
	*out = listener;
	return 0;
}

/* --- the end --- */

static void on_closed(uv_handle_t *handle)
{
	struct listener *listener = handle->data;

	if (--listener->handles == 0) {
		free(listener);
	}
}

void listener_close(struct listener *listener)
{
	socket_file_remove(&listener->file);
	influx_leave(&listener->net->influx, &listener->place);
	uv_close((uv_handle_t *)&listener->poll, on_closed);
	uv_close((uv_handle_t *)&listener->pause, on_closed);
	close(listener->fd);
	if (listener->spare >= 0) {
		close(listener->spare);
	}
}
