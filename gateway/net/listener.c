#include "net/listener.h"

#include "net/host.h"
#include "net/peer.h"

#include <stdlib.h>

enum { LISTENER_BACKLOG = 4096 }; /* the system may cap it: net.core.somaxconn */

struct listener {
	struct net *net;
	const struct listener_settings *settings;
	const struct front *front;
	uv_tcp_t tcp;
	/* Takes, and closes at once, whom there is no memory or place for: libuv does not
	 * listen on while somebody waits to be taken. */
	uv_tcp_t refused;
	bool refusing; /* `refused` is open */
	bool waiting;  /* another one to refuse is there */
	bool closing, closed;
	bool failing; /* said once */
};

static uv_stream_t *listener_stream(struct listener *listener)
{
	return (uv_stream_t *)&listener->tcp;
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
		on_connection(listener_stream(listener), 0);
	}
	free_when_closed(listener);
}

static void refuse(struct listener *listener)
{
	if (listener->refusing) {
		listener->waiting = true;
		return;
	}
	uv_tcp_init(listener->net->loop, &listener->refused);
	listener->refused.data = listener;
	listener->refusing = true;
	(void)uv_accept(listener_stream(listener), (uv_stream_t *)&listener->refused);
	uv_close((uv_handle_t *)&listener->refused, on_refused);
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct listener *listener = stream->data;

	if (status == 0) {
		status = peer_accept(listener->net, listener->front, stream);
		if (status == UV_ENOMEM || status == UV_EBUSY) {
			refuse(listener);
		}
	}
	if (status < 0 && status != UV_EBUSY && !listener->failing) {
		LOG(listener->net->log, LOG_LEVEL_WARNING, "accept_failed",
		    log_str("listener", listener->settings->name),
		    log_str("why", uv_strerror(status)));
	}
	listener->failing = status < 0;
}

static void log_listening(struct listener *listener)
{
	struct sockaddr_storage bound = {0};
	int size = sizeof(bound);
	char text[HOST_TEXT_BYTES];

	uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&bound, &size);
	LOG(listener->net->log, LOG_LEVEL_INFO, "listening",
	    log_str("listener", listener->settings->name),
	    log_str("protocol", listener->front->name),
	    log_str("address", host_text((const struct sockaddr *)&bound, text)));
}

static int bind_and_listen(struct listener *listener)
{
	struct sockaddr_storage address;
	int status;

	if (host_resolve(&listener->settings->address, &address) < 0) {
		return UV_EADDRNOTAVAIL;
	}
	status = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)&address, 0);
	return status < 0 ? status
			  : uv_listen(listener_stream(listener), LISTENER_BACKLOG, on_connection);
}

static void log_failure(struct net *net, const struct listener_settings *settings, int status)
{
	LOG(net->log, LOG_LEVEL_ERROR, "listen_failed", log_str("listener", settings->name),
	    log_str("host", settings->address.host), log_num("port", settings->address.port),
	    log_str("why", uv_strerror(status)));
}

int listener_open(struct net *net, const struct listener_settings *settings, struct listener **out)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	const struct front *front = front_find(settings->protocol);
	int status = front ? UV_ENOMEM : UV_EPROTONOSUPPORT;

	*out = NULL;
	if (!listener || !front) {
		free(listener);
		log_failure(net, settings, status);
		return status;
	}
	*listener = (struct listener){.net = net, .settings = settings, .front = front};
	uv_tcp_init(net->loop, &listener->tcp);
	listener->tcp.data = listener;
	status = bind_and_listen(listener);
	if (status < 0) {
		log_failure(net, settings, status);
		listener_close(listener);
		return status;
	}
	log_listening(listener);
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
	uv_close((uv_handle_t *)&listener->tcp, on_closed);
}
