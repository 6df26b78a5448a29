#include "cli/connection.h"

#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

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

static void set_trouble(struct connection *connection, const char *what, const char *why)
{
	(void)snprintf(connection->trouble, sizeof(connection->trouble), "%s%s%s", what,
		       *why ? ": " : "", why);
}

/* ------------------------------------------------------------------- open */

/* 0, or an errno. */
static int finish_connect(int fd, int wake_fd, uint64_t deadline_us)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLOUT}, {.fd = wake_fd, .events = POLLIN}};
	int error = 0, ready;
	socklen_t size = sizeof(error);

	do {
		ready = poll(fds, 2, milliseconds_until(deadline_us));
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0) {
		return ready < 0 ? errno : ETIMEDOUT;
	}
	if (fds[1].revents) {
		return EINTR;
	}
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

/* The descriptor, or a negative errno. */
static int connect_to(const struct addrinfo *address, int wake_fd, uint64_t deadline_us)
{
	int fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
			address->ai_protocol);
	int error = 0, on = 1;

	if (fd < 0) {
		return -errno;
	}
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0) {
		error = errno == EINPROGRESS ? finish_connect(fd, wake_fd, deadline_us) : errno;
	}
	if (error) {
		(void)close(fd);
		return -error;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void connect_to_first(struct connection *connection, const struct addrinfo *address,
			     uint64_t deadline_us)
{
	int fd = -ENOENT;

	for (; address && fd < 0; address = address->ai_next) {
		fd = connect_to(address, connection->wake_fd, deadline_us);
	}
	if (fd < 0) {
		connection->refused = fd == -ECONNREFUSED;
		set_trouble(connection, strerror(-fd), "");
		return;
	}
	connection->fd = fd;
}

struct connection *connection_open(const char *host, const char *port, int wake_fd,
				   uint64_t deadline_us)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct connection *connection = calloc(1, sizeof(*connection));
	struct addrinfo *addresses = NULL;
	int error;

	if (!connection) {
		return NULL;
	}
	connection->fd = -1;
	connection->wake_fd = wake_fd;
	client_init(&connection->client, connection->in, sizeof(connection->in), connection->out,
		    sizeof(connection->out), connection->scratch, sizeof(connection->scratch));
	error = getaddrinfo(host, port, &hints, &addresses);
	if (error) {
		set_trouble(connection, error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error),
			    "");
		return connection;
	}
	connect_to_first(connection, addresses, deadline_us);
	freeaddrinfo(addresses);
	return connection;
}

void connection_close(struct connection *connection)
{
	if (connection && connection->fd >= 0) {
		(void)close(connection->fd);
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

/* A gateway that takes nothing more may still have sent its goodbye, so that this
 * never ends the connection: reading does. */
static void send_waiting(struct connection *connection)
{
	struct slice bytes = client_output(&connection->client);

	while (bytes.size && !connection->deaf) {
		ssize_t sent = send(connection->fd, bytes.data, bytes.size, MSG_NOSIGNAL);

		if (sent >= 0) {
			client_sent(&connection->client, (size_t)sent);
			bytes = client_output(&connection->client);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR) {
			connection->deaf = true;
		}
	}
}

/* 0, or -1 at the end of the connection. */
static int receive(struct connection *connection)
{
	size_t room;
	uint8_t *at = client_room(&connection->client, &room);
	ssize_t received = recv(connection->fd, at, room, 0);

	if (received > 0) {
		client_received(&connection->client, (size_t)received);
		return 0;
	}
	if (received == 0) {
		set_trouble(connection, "closed by the gateway", "");
		return -1;
	}
	if (errno == EAGAIN || errno == EINTR) {
		return 0;
	}
	set_trouble(connection, strerror(errno), "");
	return -1;
}

/* CONNECTION_EVENT: nothing to return yet, look again. */
static enum connection_status wait_and_move(struct connection *connection, uint64_t deadline_us)
{
	bool waiting, room;
	struct pollfd fds[2] = {{.fd = connection->fd, .events = POLLIN},
				{.fd = connection->wake_fd, .events = POLLIN}};
	int ready;

	if (connection_clock() >= deadline_us) {
		return CONNECTION_TIMEOUT;
	}
	send_waiting(connection);
	waiting = client_output(&connection->client).size > 0 && !connection->deaf;
	if (waiting) {
		fds[0].events |= POLLOUT;
	}
	/* Who always has more to send must still read what comes. */
	room = connection->tell_room && !waiting;
	ready = poll(fds, 2, room ? 0 : milliseconds_until(deadline_us));
	if (ready < 0 && errno != EINTR) {
		set_trouble(connection, "poll", strerror(errno));
		return CONNECTION_LOST;
	}
	if (ready == 0 && room) {
		return CONNECTION_ROOM;
	}
	if (ready > 0 && fds[1].revents) {
		return CONNECTION_WOKEN;
	}
	if (ready > 0 && (fds[0].revents & ~POLLOUT) && receive(connection) < 0) {
		return CONNECTION_LOST;
	}
	return CONNECTION_EVENT;
}

enum connection_status connection_next(struct connection *connection, uint64_t deadline_us,
				       struct event *event)
{
	for (;;) {
		enum connection_status status;

		switch (client_next(&connection->client, event)) {
		case CLIENT_EVENT:
			return CONNECTION_EVENT;
		case CLIENT_BAD:
			set_trouble(connection, "the gateway does not keep to the protocol",
				    client_why(&connection->client));
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
