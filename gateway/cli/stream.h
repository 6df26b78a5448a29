/* A socket to the gateway and the client that speaks over it: moves bytes between the
 * two. Never waits. */
#ifndef UAV_CLI_STREAM_H
#define UAV_CLI_STREAM_H

#include "cli/address.h"
#include "client/client.h"

struct stream {
	struct client client; /* the caller's to initialise */
	int fd;		      /* -1: not open */
	bool deaf;	      /* the gateway takes nothing more, but may have said why */
	char trouble[256];
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
/* Harmless when it is not open. */
void stream_close(struct stream *stream);

/* Sends what the client has to say, as far as the socket takes it. A gateway that takes
 * nothing more may still have sent its goodbye, so that this never ends the connection:
 * reading does. */
void stream_send(struct stream *stream);
/* Whether something waits for the socket to take it. */
bool stream_waits(struct stream *stream);

/* Reads once. 0, or -1 at the end of the connection; `trouble` says how it ended. */
int stream_receive(struct stream *stream);

/* As client_next; after CLIENT_BAD `trouble` says what was wrong. */
enum client_status stream_next(struct stream *stream, struct event *event);

#endif
