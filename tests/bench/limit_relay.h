/* The two parts of limit_relay: connections, with what waits to be written to them
 * (limit_connection.c), and what is done with frames (limit_relay.c). */
#ifndef UAV_BENCH_LIMIT_RELAY_H
#define UAV_BENCH_LIMIT_RELAY_H

#include "endpoint.h"
#include "limit_frame.h"

enum {
	POOL_BUFFERS = 4096,
	SIMULATOR_BEHIND = 4 << 20, /* no drone is read while so much waits for it */
};

/* A drone's, or the simulator's. What an idle drone costs is this, its place in three arrays,
 * and what the heap and the kernel add. */
struct connection {
	struct buf *in, *out; /* NULL: nothing waits; the simulator has both for good */
	int fd;
	uint32_t number; /* a registered drone's */
	uint32_t place;	 /* a registered drone's, in relay.drones */
	uint32_t told;	 /* bytes of the journal that are older than it */
	bool simulator, registered, wants_presence;
	bool dirty;   /* in relay.dirty */
	bool blocked; /* its socket is full: EPOLLOUT is awaited */
	bool gone;
};

struct relay {
	struct frame_sizes sizes;
	int epoll, listener;
	struct connection *simulator;
	struct connection **by_number; /* of LIMIT_DRONES_MAX; pages never used cost nothing */
	struct connection **drones;    /* all that are registered, close together */
	uint32_t drone_count;
	struct connection **dirty; /* for these the round has made something */
	uint32_t dirty_count;
	uint32_t connections, room; /* room: of `drones` and `dirty` */
	struct buf *pool[POOL_BUFFERS];
	uint32_t pooled;
	struct buf scratch; /* read into for all drones */
	struct buf journal; /* what those who want presence are told next */
	uint64_t tell_ms;   /* when; 0: nothing to tell */
};

/* Where what fails for want of memory ends. */
static inline void *must(void *memory)
{
	if (!memory) {
		endpoint_fail(1, "memory is out");
	}
	return memory;
}

static inline void reserve(struct buf *buf, size_t size)
{
	if (buf_reserve(buf, size) < 0) {
		endpoint_fail(1, "memory is out");
	}
}

static inline void append(struct buf *buf, struct slice bytes)
{
	if (buf_append(buf, bytes.data, bytes.size) < 0) {
		endpoint_fail(1, "memory is out");
	}
}

/* An empty buffer, and a buffer given back, its bytes forgotten; NULL is no buffer. */
struct buf *pool_take(struct relay *relay);
void pool_give(struct relay *relay, struct buf *buf);

/* A connection that is read from now on. */
struct connection *connection_new(struct relay *relay, int fd);
/* The drone is nobody's target any more, nothing is sent to it; freed at the end of the round,
 * for it may be in relay.dirty. The simulator's ends the program. */
void connection_drop(struct relay *relay, struct connection *connection);

/* Where to put what is for it; written at the end of the round. */
struct buf *connection_output(struct relay *relay, struct connection *connection);
/* Writes past what waits, of which there must be nothing: bytes that the socket took. */
size_t connection_send(struct relay *relay, struct connection *connection, struct slice bytes);
/* One write of all that waits for it. */
void connection_flush(struct relay *relay, struct connection *connection);
/* The end of a round: one write to each for which it has made something. */
void connection_flush_all(struct relay *relay);

#endif
