/* A connection has a buffer only while something waits to be written to it, and is written to
 * once in a round, when all that the round reads has been dealt with. Buffers go round in a
 * pool, so that nothing is allocated for a message; the last one given back is the first one
 * taken, for it is still in the cache. */
#include "limit_relay.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	POOLED_BYTES = 256 << 10, /* a larger buffer is not kept */
	DRONE_BEHIND = 16 << 20,  /* a drone that does not take so much is dropped */
	CONNECTIONS_FIRST = 1024,
};

struct buf *pool_take(struct relay *relay)
{
	return relay->pooled ? relay->pool[--relay->pooled] : must(calloc(1, sizeof(struct buf)));
}

void pool_give(struct relay *relay, struct buf *buf)
{
	if (!buf) {
		return;
	}
	if (relay->pooled < POOL_BUFFERS && buf->cap <= POOLED_BYTES) {
		buf_clear(buf);
		relay->pool[relay->pooled++] = buf;
		return;
	}
	buf_fini(buf);
	free(buf);
}

static void watch(struct relay *relay, int operation, struct connection *connection,
		  uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = connection};

	if (epoll_ctl(relay->epoll, operation, connection->fd, &event) < 0) {
		endpoint_fail(1, "epoll: %s", strerror(errno));
	}
}

struct connection *connection_new(struct relay *relay, int fd)
{
	struct connection *connection = must(calloc(1, sizeof(*connection)));

	if (relay->connections == relay->room) {
		relay->room = relay->room ? relay->room * 2 : CONNECTIONS_FIRST;
		relay->drones =
			must(realloc(relay->drones, relay->room * sizeof(struct connection *)));
		relay->dirty =
			must(realloc(relay->dirty, relay->room * sizeof(struct connection *)));
	}
	relay->connections++;
	connection->fd = fd;
	watch(relay, EPOLL_CTL_ADD, connection, EPOLLIN);
	return connection;
}

/* It is among those that the end of the round looks after. */
static void mark_dirty(struct relay *relay, struct connection *connection)
{
	if (!connection->dirty) {
		connection->dirty = true;
		relay->dirty[relay->dirty_count++] = connection;
	}
}

struct buf *connection_output(struct relay *relay, struct connection *connection)
{
	if (!connection->out) {
		connection->out = pool_take(relay);
	}
	mark_dirty(relay, connection);
	return connection->out;
}

/* The last one takes its place. */
static void unregister(struct relay *relay, struct connection *drone)
{
	struct connection *last = relay->drones[--relay->drone_count];

	relay->drones[drone->place] = last;
	last->place = drone->place;
	relay->by_number[drone->number] = NULL;
	drone->registered = false;
}

void connection_drop(struct relay *relay, struct connection *connection)
{
	if (connection->simulator) {
		endpoint_fail(1, "the simulator closed the connection");
	}
	if (connection->registered) {
		unregister(relay, connection);
	}
	connection->gone = true;
	mark_dirty(relay, connection);
}

static void connection_free(struct relay *relay, struct connection *connection)
{
	close(connection->fd);
	pool_give(relay, connection->in);
	pool_give(relay, connection->out);
	free(connection);
	relay->connections--;
}

size_t connection_send(struct relay *relay, struct connection *connection, struct slice bytes)
{
	ssize_t count = send(connection->fd, bytes.data, bytes.size, MSG_NOSIGNAL);

	if (count < 0 && errno != EAGAIN) {
		connection_drop(relay, connection);
	}
	return count > 0 ? (size_t)count : 0;
}

static void set_blocked(struct relay *relay, struct connection *connection, bool blocked)
{
	if (connection->blocked != blocked) {
		connection->blocked = blocked;
		watch(relay, EPOLL_CTL_MOD, connection, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
	}
}

void connection_flush(struct relay *relay, struct connection *connection)
{
	struct buf *out = connection->out;

	if (!out) {
		return;
	}
	if (buf_size(out)) {
		buf_consume(out, connection_send(relay, connection, buf_slice(out)));
	}
	set_blocked(relay, connection, buf_size(out) > 0);
	if (buf_size(out) == 0 && !connection->simulator) {
		pool_give(relay, out);
		connection->out = NULL;
	}
}

void connection_flush_all(struct relay *relay)
{
	for (uint32_t i = 0; i < relay->dirty_count; i++) {
		struct connection *connection = relay->dirty[i];

		if (!connection->blocked && !connection->gone) {
			connection_flush(relay, connection);
		}
		if (connection->blocked && !connection->simulator &&
		    buf_size(connection->out) > DRONE_BEHIND) {
			connection_drop(relay, connection);
		}
		connection->dirty = false;
		if (connection->gone) {
			connection_free(relay, connection);
		}
	}
	relay->dirty_count = 0;
}
