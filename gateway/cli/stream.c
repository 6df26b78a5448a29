#include "cli/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

void stream_set_trouble(struct stream *stream, const char *what, const char *why)
{
	(void)snprintf(stream->trouble, sizeof(stream->trouble), "%s%s%s", what, *why ? ": " : "",
		       why);
}

void stream_close(struct stream *stream)
{
	if (stream->tls) {
		if (stream->shaken) {
			(void)tls_finish(stream->tls); /* what does not go out at once is let go */
		}
		tls_free(stream->tls);
	}
	stream->tls = NULL;
	if (stream->fd >= 0) {
		(void)close(stream->fd);
	}
	stream->fd = -1;
}

int stream_connect(struct stream *stream, const struct address *address)
{
	int on = 1;

	stream->deaf = stream->begun = stream->shaken = false;
	stream->receive_waits_for_room = stream->send_waits_for_bytes = false;
	stream->fd = socket(address->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (stream->fd < 0) {
		return -errno;
	}
	if (address->at.ss_family != AF_UNIX) {
		(void)setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	if (connect(stream->fd, (const struct sockaddr *)&address->at, address->size) < 0) {
		int error = errno;

		if (error == EINPROGRESS) {
			return 1;
		}
		stream_close(stream);
		return -error;
	}
	return 0;
}

int stream_connected(struct stream *stream)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
		error = errno;
	}
	if (error) {
		stream_close(stream);
	}
	return -error;
}

/* ENOENT: a Unix socket that has not been made. */
bool stream_refused(int error)
{
	return error == -ECONNREFUSED || error == -ENOENT;
}

/* --------------------------------------------------------------------- TLS */

int stream_secure(struct stream *stream, struct tls_context *context, const char *name)
{
	stream->tls = tls_new(context, stream->fd, name);
	return stream->tls ? 0 : -1;
}

bool stream_ready(const struct stream *stream)
{
	return stream->fd >= 0 && (!stream->tls || stream->shaken);
}

/* TLS has broken: why, and which options to look at unless it is the network's doing. */
static int broken(struct stream *stream, const char *options)
{
	(void)snprintf(stream->trouble, sizeof(stream->trouble), "%s%s%s", tls_why(stream->tls),
		       *options && !tls_cut(stream->tls) ? "; see " : "",
		       tls_cut(stream->tls) ? "" : options);
	return -1;
}

/* Goes on with the handshake. -1: there will be none. */
static int shake(struct stream *stream)
{
	enum tls_status status = tls_handshake(stream->tls);

	stream->shaken = status == TLS_DONE;
	stream->receive_waits_for_room = status == TLS_WANTS_WRITE;
	if (status == TLS_BROKEN) {
		return broken(stream, "--tls-ca and --tls-name");
	}
	if (status == TLS_ENDED) {
		stream_set_trouble(stream, "closed by the gateway before TLS was there", "");
		return -1;
	}
	return 0;
}

/* -------------------------------------------------------------------- send */

static enum tls_status write_plain(const struct stream *stream, struct slice bytes, size_t *taken)
{
	ssize_t sent;

	do {
		sent = send(stream->fd, bytes.data, bytes.size, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0) {
		return errno == EAGAIN ? TLS_WANTS_WRITE : TLS_BROKEN;
	}
	*taken = (size_t)sent;
	return TLS_DONE;
}

int stream_send(struct stream *stream)
{
	struct slice bytes;

	if (stream->tls && !stream->shaken && shake(stream) < 0) {
		return -1;
	}
	while (stream_ready(stream) && stream_waits(stream)) {
		enum tls_status status;
		size_t taken = 0;

		bytes = client_output(&stream->client);
		status = stream->tls ? tls_write(stream->tls, bytes.data, bytes.size, &taken)
				     : write_plain(stream, bytes, &taken);
		stream->send_waits_for_bytes = status == TLS_WANTS_READ;
		if (status == TLS_WANTS_READ || status == TLS_WANTS_WRITE) {
			return 0;
		}
		stream->deaf = status != TLS_DONE;
		client_sent(&stream->client, taken);
	}
	return 0;
}

bool stream_waits(struct stream *stream)
{
	return client_output(&stream->client).size > 0 && !stream->deaf;
}

bool stream_wants_room(struct stream *stream)
{
	return stream->receive_waits_for_room ||
	       (stream_ready(stream) && stream_waits(stream) && !stream->send_waits_for_bytes);
}

/* ----------------------------------------------------------------- receive */

static int receive_tls(struct stream *stream, uint8_t *at, size_t room)
{
	size_t got = 0;
	enum tls_status status;

	if (!stream->shaken) {
		return shake(stream);
	}
	status = tls_read(stream->tls, at, room, &got);
	stream->receive_waits_for_room = status == TLS_WANTS_WRITE;
	switch (status) {
	case TLS_DONE:
		stream->begun = true;
		client_received(&stream->client, got);
		break;
	case TLS_WANTS_READ:
	case TLS_WANTS_WRITE:
		break;
	case TLS_ENDED:
		stream_set_trouble(stream, "closed by the gateway", "");
		return -1;
	case TLS_BROKEN:
		/* with TLS 1.3 this side is done before the gateway has looked at who it is */
		return broken(stream, stream->begun ? "" : "--tls-cert and --tls-key");
	}
	return 0;
}

/* A gateway that speaks TLS answers what it cannot read with an alert: a record of this type
 * and major version (RFC 8446, 5.1). */
enum { RECORD_ALERT = 0x15, RECORD_MAJOR = 3 };

static bool is_alert(const uint8_t *at, size_t size)
{
	return at[0] == RECORD_ALERT && (size < 2 || at[1] == RECORD_MAJOR);
}

static int receive_plain(struct stream *stream, uint8_t *at, size_t room)
{
	ssize_t received = recv(stream->fd, at, room, 0);

	if (received < 0 && (errno == EAGAIN || errno == EINTR)) {
		return 0;
	}
	if (received <= 0) {
		/* what a gateway that speaks TLS may do without a word */
		(void)snprintf(stream->trouble, sizeof(stream->trouble), "%s%s",
			       received ? strerror(errno) : "closed by the gateway",
			       stream->begun ? "" : "; if it speaks TLS there, give --tls-ca FILE");
		return -1;
	}
	if (!stream->begun && is_alert(at, (size_t)received)) {
		stream_set_trouble(stream, "it speaks TLS there; give --tls-ca FILE", "");
		return -1;
	}
	stream->begun = true;
	client_received(&stream->client, (size_t)received);
	return 0;
}

int stream_receive(struct stream *stream)
{
	size_t room;
	uint8_t *at = client_room(&stream->client, &room);

	return stream->tls ? receive_tls(stream, at, room) : receive_plain(stream, at, room);
}

bool stream_holds(const struct stream *stream)
{
	return stream->tls && stream->shaken && tls_holds(stream->tls);
}

enum client_status stream_next(struct stream *stream, struct event *event)
{
	enum client_status status = client_next(&stream->client, event);

	if (status == CLIENT_BAD) {
		stream_set_trouble(stream, "the gateway does not keep to the protocol",
				   client_why(&stream->client));
	}
	return status;
}
