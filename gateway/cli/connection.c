#include "cli/connection.h"

#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t connection_clock(void)
{
	return clock_now().mono_us;
}

/* For poll(2), rounded up: not to wake just before the deadline. */
static int milliseconds_until(uint64_t deadline_us)
{
	uint64_t now = connection_clock(), ms;

	if (deadline_us == UINT64_MAX) {
		return -1;
	}
	if (deadline_us <= now) {
		return 0;
	}
	ms = (deadline_us - now) / 1000 + 1;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

/* ------------------------------------------------------------------- open */

enum { ADDRESSES_MAX = 8 };

/* Waits until a connection that was begun is decided. 0, or a negative errno. */
static int finish_connect(struct connection *connection, uint64_t deadline_us)
{
	struct pollfd fds[2] = {{.fd = connection->stream.conduit.fd, .events = POLLOUT},
				{.fd = connection->wake_fd, .events = POLLIN}};
	int error = 0, ready;

	do {
		ready = poll(fds, 2, milliseconds_until(deadline_us));
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0) {
		error = ready < 0 ? -errno : -ETIMEDOUT;
	} else if (fds[1].revents) {
		error = -EINTR;
	}
	if (error) {
		stream_close(&connection->stream);
		return error;
	}
	return stream_connected(&connection->stream);
}

static void connect_to_first(struct connection *connection, const struct address *addresses,
			     int count, uint64_t deadline_us)
{
	int error = -EADDRNOTAVAIL;

	for (int i = 0; i < count && error < 0; i++) {
		error = stream_connect(&connection->stream, &addresses[i]);
		if (error > 0) {
			error = finish_connect(connection, deadline_us);
		}
	}
	if (error < 0) {
		connection->refused = stream_refused(error);
		stream_set_trouble(&connection->stream, strerror(-error), "");
	}
}

static void secure(struct connection *connection, const struct credentials *credentials)
{
	struct stream *stream = &connection->stream;
	char why[CREDENTIALS_WHY_BYTES];

	if (stream->conduit.fd >= 0 &&
	    credentials_secure(credentials, credentials->options->id, stream, why) < 0) {
		stream_set_trouble(stream, why, "");
		stream_close(stream);
	}
}

struct connection *connection_open(const struct credentials *credentials, int wake_fd,
				   uint64_t deadline_us)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	struct address addresses[ADDRESSES_MAX];
	struct stream *stream;
	int count;

	if (!connection) {
		return NULL;
	}
	stream = &connection->stream;
	stream->conduit.fd = -1;
	connection->wake_fd = wake_fd;
	client_init(&stream->client, connection->in, sizeof(connection->in), connection->out,
		    sizeof(connection->out), connection->scratch, sizeof(connection->scratch));
	count = address_find(credentials->options, addresses, ADDRESSES_MAX, stream->trouble,
			     sizeof(stream->trouble));
	if (count >= 0) {
		connect_to_first(connection, addresses, count, deadline_us);
		secure(connection, credentials);
	}
	return connection;
}

void connection_close(struct connection *connection)
{
	if (connection) {
		stream_close(&connection->stream);
	}
	free(connection);
}

bool connection_pause(int wake_fd, uint64_t pause_us, uint64_t deadline_us)
{
	struct pollfd fd = {.fd = wake_fd, .events = POLLIN};
	uint64_t until_us = connection_clock() + pause_us;
	int ready;

	do {
		ready = poll(&fd, 1,
			     milliseconds_until(until_us < deadline_us ? until_us : deadline_us));
	} while (ready < 0 && errno == EINTR);
	return ready == 0 && connection_clock() < deadline_us;
}

/* ------------------------------------------------------------------- pump */

/* Whether what poll(2) found may be something to receive: with TLS anything. */
static bool may_receive(const struct stream *stream, int found)
{
	return (found & ~POLLOUT) || (found && stream->conduit.tls);
}

/* CONNECTION_EVENT: nothing to return yet, look again. */
static enum connection_status wait_and_move(struct connection *connection, uint64_t deadline_us)
{
	struct stream *stream = &connection->stream;
	bool waiting, room, holds = stream_holds(stream);
	struct pollfd fds[2] = {{.fd = stream->conduit.fd, .events = POLLIN},
				{.fd = connection->wake_fd, .events = POLLIN}};
	int ready;

	if (connection_clock() >= deadline_us) {
		return CONNECTION_TIMEOUT;
	}
	if (stream_send(stream) < 0) {
		return CONNECTION_LOST;
	}
	waiting = stream_waits(stream);
	if (stream_wants_room(stream)) {
		fds[0].events |= POLLOUT;
	}
	/* Who always has more to send must still read what comes. */
	room = connection->tell_room && !waiting;
	ready = poll(fds, 2, room || holds ? 0 : milliseconds_until(deadline_us));
	if (ready < 0 && errno != EINTR) {
		stream_set_trouble(stream, "poll", strerror(errno));
		return CONNECTION_LOST;
	}
	if (ready > 0 && fds[1].revents) {
		return CONNECTION_WOKEN;
	}
	if (holds || (ready > 0 && may_receive(stream, fds[0].revents))) {
		return stream_receive(stream) < 0 ? CONNECTION_LOST : CONNECTION_EVENT;
	}
	return ready == 0 && room ? CONNECTION_ROOM : CONNECTION_EVENT;
}

enum connection_status connection_next(struct connection *connection, uint64_t deadline_us,
				       struct event *event)
{
	for (;;) {
		enum connection_status status;

		switch (stream_next(&connection->stream, event)) {
		case CLIENT_EVENT:
			return CONNECTION_EVENT;
		case CLIENT_BAD:
			return CONNECTION_LOST;
		case CLIENT_MORE:
			break;
		}
		status = wait_and_move(connection, deadline_us);
		if (status != CONNECTION_EVENT) {
			return status;
		}
	}
}
