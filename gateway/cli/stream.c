#include "cli/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>

void stream_set_trouble(struct stream *stream, const char *what, const char *why)
{
	(void)snprintf(stream->trouble, sizeof(stream->trouble), "%s%s%s", what, *why ? ": " : "",
		       why);
}

void stream_close(struct stream *stream)
{
	conduit_close(&stream->conduit); /* what does not go out at once is let go */
}

int stream_connect(struct stream *stream, const struct address *address)
{
	int fd = socket(address->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	stream->deaf = stream->begun = false;
	conduit_init(&stream->conduit, fd);
	if (fd < 0) {
		return -errno;
	}
	if (address->at.ss_family != AF_UNIX) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	if (connect(fd, (const struct sockaddr *)&address->at, address->size) < 0) {
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

	if (getsockopt(stream->conduit.fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
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
	return conduit_secure(&stream->conduit, context, name);
}

bool stream_ready(const struct stream *stream)
{
	return conduit_is_ready(&stream->conduit);
}

/* TLS has broken: why, and which options to look at unless it is the network's doing. */
static int broken(struct stream *stream, const char *options)
{
	bool hint = *options && !conduit_cut(&stream->conduit);

	(void)snprintf(stream->trouble, sizeof(stream->trouble), "%s%s%s",
		       conduit_why(&stream->conduit), hint ? "; see " : "", hint ? options : "");
	return -1;
}

/* Goes on with the handshake, if there is to be one. -1: it has come to nothing. */
static int shake(struct stream *stream)
{
	enum tls_status status = conduit_begin(&stream->conduit);

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

int stream_send(struct stream *stream)
{
	enum tls_status status = TLS_DONE;

	if (shake(stream) < 0) {
		return -1;
	}
	while (status == TLS_DONE && stream_ready(stream) && stream_waits(stream)) {
		struct slice bytes = client_output(&stream->client);
		size_t taken;

		status = conduit_write(&stream->conduit, bytes, &taken);
		client_sent(&stream->client, taken);
	}
	stream->deaf = stream->deaf || status == TLS_BROKEN || status == TLS_ENDED;
	return 0;
}

bool stream_waits(struct stream *stream)
{
	return client_output(&stream->client).size > 0 && !stream->deaf;
}

bool stream_wants_room(struct stream *stream)
{
	return stream->conduit.read_wants_room ||
	       (stream_ready(stream) && stream_waits(stream) && !stream->conduit.write_wants_bytes);
}

/* ----------------------------------------------------------------- receive */

/* A gateway that speaks TLS answers what it cannot read with an alert: a record of this type
 * and major version (RFC 8446, 5.1). */
enum { RECORD_ALERT = 0x15, RECORD_MAJOR = 3 };

static bool is_alert(const uint8_t *at, size_t size)
{
	return at[0] == RECORD_ALERT && (size < 2 || at[1] == RECORD_MAJOR);
}

/* A text listener begins with "? " or "* " (proto/text.md); a frame of that length would have a
 * ping in its second byte, of a type that no ping has. */
static bool is_text(const uint8_t *at, size_t size)
{
	return size >= 2 && (at[0] == '?' || at[0] == '*') && at[1] == ' ';
}

static int take(struct stream *stream, const uint8_t *at, size_t size)
{
	if (!stream->begun && is_text(at, size)) {
		stream_set_trouble(stream,
				   "that listener speaks text, see protocol = in its configuration",
				   "");
		return -1;
	}
	if (!stream->begun && !stream->conduit.tls && is_alert(at, size)) {
		stream_set_trouble(stream, "it speaks TLS there; give --tls-ca FILE", "");
		return -1;
	}
	stream->begun = true;
	client_received(&stream->client, size);
	return 0;
}

/* The connection is over. A gateway that speaks TLS may end it without a word. */
static int over(struct stream *stream, const char *why)
{
	(void)snprintf(stream->trouble, sizeof(stream->trouble), "%s%s", why,
		       stream->begun || stream->conduit.tls
			       ? ""
			       : "; if it speaks TLS there, give --tls-ca FILE");
	return -1;
}

int stream_receive(struct stream *stream)
{
	struct conduit *conduit = &stream->conduit;
	size_t room, got;
	uint8_t *at = client_room(&stream->client, &room);

	if (!stream_ready(stream)) {
		return shake(stream);
	}
	switch (conduit_read(conduit, at, room, &got)) {
	case TLS_DONE:
		return take(stream, at, got);
	case TLS_WANTS_READ:
	case TLS_WANTS_WRITE:
		break;
	case TLS_ENDED:
		return over(stream, "closed by the gateway");
	case TLS_BROKEN:
		/* with TLS 1.3 this side is done before the gateway has looked at who it is */
		return conduit->tls
			       ? broken(stream, stream->begun ? "" : "--tls-cert and --tls-key")
			       : over(stream, conduit_why(conduit));
	}
	return 0;
}

bool stream_holds(const struct stream *stream)
{
	return conduit_holds(&stream->conduit);
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
