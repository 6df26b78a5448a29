/* A socket to the gateway, plain or with TLS, and the client that speaks over it: moves bytes
 * between the two. Never waits. */
#ifndef UAV_CLI_STREAM_H
#define UAV_CLI_STREAM_H

#include "base/conduit.h"
#include "cli/address.h"
#include "client/client.h"

struct stream {
	struct client client;	/* the caller's to initialise */
	struct conduit conduit; /* closed: not open */
	bool deaf;		/* the gateway takes nothing more, but may have said why */
	bool begun;		/* something for the client has come */
	char trouble[512];
};

/* Sets `trouble` to "what: why", or to `what` alone when `why` is empty. */
void stream_set_trouble(struct stream *stream, const char *what, const char *why);

/* Begins to connect. 0: connected; 1: writable once that is decided, see
 * stream_connected; or a negative errno, and the stream is not open. */
int stream_connect(struct stream *stream, const struct address *address);
/* What became of it: 0, or a negative errno, and the stream is not open. */
int stream_connected(struct stream *stream);
/* Whether an error of these two means that nobody listens there yet. */
bool stream_refused(int error);
/* From now on with TLS, which the next stream_send begins: the gateway's certificate must be for
 * `name`. The context may be freed. 0, or -1 when memory is out. */
int stream_secure(struct stream *stream, struct tls_context *context, const char *name)
	__attribute__((warn_unused_result));
/* Whether there is a connection by which requests can go: with TLS not before both sides have
 * agreed. */
bool stream_ready(const struct stream *stream);
/* Harmless when it is not open. */
void stream_close(struct stream *stream);

/* Sends what the client has to say, as far as the socket takes it. A gateway that takes
 * nothing more may still have sent its goodbye, so that this does not end the connection:
 * reading does. -1 alone when no TLS has come about; `trouble` says why. */
int stream_send(struct stream *stream) __attribute__((warn_unused_result));
/* Whether something waits to be sent. */
bool stream_waits(struct stream *stream);
/* Whether stream_send, or with TLS stream_receive, is to be called when the socket is
 * writable. With TLS both are whenever anything happens. */
bool stream_wants_room(struct stream *stream);

/* Reads once. 0, or -1 at the end of the connection; `trouble` says how it ended. */
int stream_receive(struct stream *stream) __attribute__((warn_unused_result));
/* Whether there is more to receive of which the socket does not tell. */
bool stream_holds(const struct stream *stream);

/* As client_next; after CLIENT_BAD `trouble` says what was wrong. */
enum client_status stream_next(struct stream *stream, struct event *event);

#endif
