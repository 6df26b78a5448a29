/* A connection to the gateway that is waited for with poll(2). */
#ifndef UAV_CLI_CONNECTION_H
#define UAV_CLI_CONNECTION_H

#include "cli/credentials.h"

enum { CONNECTION_IN_BYTES = 68 * 1024, CONNECTION_OUT_BYTES = 128 * 1024 };

struct connection {
	struct stream stream;
	int wake_fd;	/* readable: connection_next returns CONNECTION_WOKEN; -1 = none */
	bool tell_room; /* connection_next returns CONNECTION_ROOM when all is sent */
	bool refused;	/* not open, since nobody listens there */
	_Alignas(max_align_t) uint8_t in[CONNECTION_IN_BYTES];
	uint8_t out[CONNECTION_OUT_BYTES];
	uint8_t scratch[CLIENT_SCRATCH_FOR(CONNECTION_IN_BYTES)];
};

enum connection_status {
	CONNECTION_EVENT,
	CONNECTION_ROOM,
	CONNECTION_WOKEN,
	CONNECTION_TIMEOUT,
	CONNECTION_LOST, /* the stream's `trouble` says how */
};

/* Microseconds, monotonic. */
uint64_t connection_clock(void);

/* To the gateway of the credentials' options. Deadlines are by connection_clock; UINT64_MAX: none.
 * Looking up a host's name may take longer. The connection, to be freed by connection_close; it is
 * not open, and its stream's `trouble` says why, when the stream's `fd` is -1. NULL when memory is
 * out. */
struct connection *connection_open(const struct credentials *credentials, int wake_fd,
				   uint64_t deadline_us);
void connection_close(struct connection *connection);

/* Waits, but not beyond the deadline. False when there is no time left, or `wake_fd` is
 * readable. */
bool connection_pause(int wake_fd, uint64_t pause_us, uint64_t deadline_us);

/* Sends what waits, receives, and waits until there is something to return. The
 * event lives until the next call. */
enum connection_status connection_next(struct connection *connection, uint64_t deadline_us,
				       struct event *event);

#endif
