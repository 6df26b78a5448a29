#include "net/listener.h"

#include "net/host.h"
#include "net/peer.h"
#include "net/socket_file.h"

#include <stdlib.h>
#include <unistd.h>

enum { LISTENER_BACKLOG = 4096 }; /* the system may cap it: net.core.somaxconn */

struct listener {
	struct net *net;
	uint32_t number; /* in settings.listeners */
	const struct front *front;
	union plain_handle on;
	struct socket_file file; /* of a unix socket */
	/* Takes, and closes at once, whom there is no memory or place for: libuv does not
	 * listen on while somebody waits to be taken. */
	union plain_handle refused;
	bool refusing; /* `refused` is open */
	bool waiting;  /* another one to refuse is there */
	bool closing, closed;
	bool failing; /* said once */
};

static const struct listener_settings *settings_of(const struct listener *listener)
{
	return &listener->net->settings->listeners[listener->number];
}

static void on_connection(uv_stream_t *stream, int status);

static void free_when_closed(struct listener *listener)
{
	if (listener->closed && !listener->refusing) {
		free(listener);
	}
}

static void on_refused(uv_handle_t *handle)
{
	struct listener *listener = handle->data;
	bool waiting = listener->waiting;

	listener->refusing = false;
	listener->waiting = false;
	if (waiting && !listener->closing) {
		on_connection(&listener->on.stream, 0);
	}
	free_when_closed(listener);
}

static void refuse(struct listener *listener)
{
	if (listener->refusing) {
		listener->waiting = true;
		return;
	}
	plain_handle_init(&listener->refused, listener->net->loop,
			  plain_handle_family(&listener->on.stream));
	listener->refused.handle.data = listener;
	listener->refusing = true;
	(void)uv_accept(&listener->on.stream, &listener->refused.stream);
	uv_close(&listener->refused.handle, on_refused);
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct listener *listener = stream->data;

	if (status == 0) {
		status = peer_accept(listener->net, listener->front, listener->number, stream);
		if (status == UV_ENOMEM || status == UV_EBUSY) {
			refuse(listener);
		}
	}
	if (status < 0 && status != UV_EBUSY && !listener->failing) {
		LOG(listener->net->log, LOG_LEVEL_WARNING, "accept_failed",
		    log_str("listener", settings_of(listener)->name),
		    log_str("why", uv_strerror(status)));
	}
	listener->failing = status < 0;
}

/* As it is bound: the system may have chosen the port. */
static void log_listening(const struct listener *listener, const struct sockaddr_storage *asked)
{
	struct sockaddr_storage bound = *asked;
	int size = sizeof(bound);
	char text[HOST_TEXT_BYTES];

	if (bound.ss_family != AF_UNIX) {
		uv_tcp_getsockname(&listener->on.tcp, (struct sockaddr *)&bound, &size);
	}
	LOG(listener->net->log, LOG_LEVEL_INFO, "listening",
	    log_str("listener", settings_of(listener)->name),
	    log_str("protocol", listener->front->name),
	    log_str("address", host_text((const struct sockaddr *)&bound, text)));
}

/* Not by uv_pipe_bind: libuv would remove whatever stands at the path in the end. */
static int bind_to_path(struct listener *listener, const struct sockaddr_storage *address,
			const char **why)
{
	int fd = socket_file_bind(&listener->file, address, why);
	int status;

	if (fd < 0) {
		return UV_EADDRINUSE;
	}
	status = uv_pipe_open(&listener->on.pipe, fd);
	if (status < 0) {
		socket_file_remove(&listener->file);
		close(fd);
	}
	return status;
}

static int bind_to(struct listener *listener, const struct sockaddr_storage *address,
		   const char **why)
{
	if (address->ss_family == AF_UNIX) {
		return bind_to_path(listener, address, why);
	}
	return uv_tcp_bind(&listener->on.tcp, (const struct sockaddr *)address, 0);
}

/* Negative: *why says why when the number does not. */
static int bind_and_listen(struct listener *listener, const struct sockaddr_storage *address,
			   const char **why)
{
	int status = bind_to(listener, address, why);

	return status < 0 ? status
			  : uv_listen(&listener->on.stream, LISTENER_BACKLOG, on_connection);
}

static int fail(struct net *net, uint32_t number, int status, const char *why)
{
	const struct listener_settings *settings = &net->settings->listeners[number];

	LOG(net->log, LOG_LEVEL_ERROR, "listen_failed", log_str("listener", settings->name),
	    log_str(settings->address.is_path ? "path" : "host", settings->address.host),
	    log_num("port", settings->address.port),
	    log_str("why", why ? why : uv_strerror(status)));
	return status;
}

int listener_open(struct net *net, uint32_t number, struct listener **out)
{
	const struct listener_settings *settings = &net->settings->listeners[number];
	const struct front *front = front_find(settings->protocol);
	struct sockaddr_storage address;
	struct listener *listener;
	const char *why = NULL;
	int status;

	*out = NULL;
	if (!front) {
		return fail(net, number, UV_EPROTONOSUPPORT, NULL);
	}
	if (host_resolve(&settings->address, &address) < 0) {
		return fail(
			net, number, UV_EADDRNOTAVAIL,
			"the address is neither numeric nor localhost, or its path is too long");
	}
	listener = calloc(1, sizeof(*listener));
	if (!listener) {
		return fail(net, number, UV_ENOMEM, NULL);
	}
	*listener = (struct listener){.net = net, .number = number, .front = front};
	plain_handle_init(&listener->on, net->loop, address.ss_family);
	listener->on.handle.data = listener;
	status = bind_and_listen(listener, &address, &why);
	if (status < 0) {
		listener_close(listener);
		return fail(net, number, status, why);
	}
	log_listening(listener, &address);
	*out = listener;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct listener *listener = handle->data;

	listener->closed = true;
	free_when_closed(listener);
}

void listener_close(struct listener *listener)
{
	listener->closing = true;
	socket_file_remove(&listener->file);
	uv_close(&listener->on.handle, on_closed);
}
