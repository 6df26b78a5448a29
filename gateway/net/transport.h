/* One connection's bytes, whatever carries them: transport_plain as they are, transport_tls
 * encrypted; each over TCP or a unix socket (transport_socket). WebSocket would stand beside
 * them, not on top.
 *
 * Two tables meet here: what a transport does (transport_ops, called by its
 * user) and what it tells (transport_user, called from the loop and never from
 * inside one of the ops). */
#ifndef UAV_NET_TRANSPORT_H
#define UAV_NET_TRANSPORT_H

#include "base/slice.h"

#include <sys/types.h>

struct transport;

#define TRANSPORT_PIECES 2 /* most of one write */

struct transport_ops {
	/* Bytes are wanted from now on. 0 or a negative uv error. Harmless when they
	 * already are. */
	int (*read_start)(struct transport *transport);

	/* No more bytes until read_start: neither room nor read is called, except for
	 * the read that belongs to a room already given. The end of the stream is not
	 * noticed either. */
	void (*read_stop)(struct transport *transport);

	/* Gives the network what it takes at once, of one or two pieces behind each other. How
	 * many bytes that was, 0 when it takes none now, or a negative uv error: the
	 * connection is broken and only close may follow. The bytes stay the caller's; what was
	 * not taken must come first in the next write, in one piece or two, and maybe with more
	 * behind it. */
	ssize_t (*write)(struct transport *transport, const struct slice *pieces, size_t count);

	/* `writable` is told, once, when the network takes bytes again. 0 or a negative uv
	 * error: it never will be. */
	int (*await_writable)(struct transport *transport);

	/* Nothing more will be written; the other side reads up to its end. 0 or a
	 * negative uv error. */
	int (*shutdown)(struct transport *transport);

	/* Ends the connection: `closed` comes from the loop later, nothing else does. The
	 * last of the ops. Allowed from inside every call of transport_user. */
	void (*close)(struct transport *transport);

	/* Whether the other side has proved, by what carries the bytes, that this is its id. */
	bool (*names)(const struct transport *transport, struct slice id);

	/* Whether what is written can reach the other side as soon as the network takes it: not
	 * while the two are still agreeing on how. Of who connects, not before `connected`. */
	bool (*begun)(const struct transport *transport);

	/* What is wrong, for people, with how the other side begins or encrypts the connection;
	 * also that it has not yet done with beginning. NULL: nothing, the network may still have
	 * failed. Lives until the next of the ops. */
	const char *(*fault)(const struct transport *transport);
};

/* Where the next bytes shall go. */
struct room {
	uint8_t *data;
	size_t size; /* 0: not in this turn; asked again in the next */
};

struct transport_user {
	/* Of a transport that connects: 0, or a negative uv error after which
	 * only close may follow. Of one that listens, 0 when a handshake is done, where there is
	 * one. UV_EPROTO: `fault` says more, here and in `ended`. */
	void (*connected)(void *ctx, int status);

	/* Asked before each read. May not call ops. */
	struct room (*room)(void *ctx);

	/* `size` bytes (at least 1) stand at the start of the room last given. */
	void (*read)(void *ctx, const uint8_t *data, size_t size);

	/* The other side has finished (0) or the connection broke (negative uv error).
	 * Nothing is read any more. */
	void (*ended)(void *ctx, int status);

	/* What await_writable asked for; or the connection has broken, which a write tells. */
	void (*writable)(void *ctx);

	/* The transport is gone, its memory is its user's again. The last call. */
	void (*closed)(void *ctx);
};

/* What every transport begins with; it also keeps the ctx of its user. */
struct transport {
	const struct transport_ops *ops;
	const struct transport_user *user;
};

#endif
