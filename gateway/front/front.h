/* What a listener speaks. A front end turns bytes into requests and events into
 * bytes; it holds no connection and no state of its own. One file, one row in
 * front.c's table, one test, one fuzzer each. */
#ifndef UAV_FRONT_FRONT_H
#define UAV_FRONT_FRONT_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/message.h"

enum front_status {
	FRONT_MORE, /* no whole request here yet */
	FRONT_OK,
	FRONT_SKIP, /* *used bytes that ask for nothing: to be passed over */
	FRONT_BAD,  /* cannot go on; *why says it in words */
};

/* What drones are called, for fronts that do not speak of ids. */
struct names {
	const void *ctx;

	/* The callsign of the drone that is online under this id; else the id itself. Valid
	 * until the core is called. */
	struct slice (*callsign)(const void *ctx, struct slice id);

	/* The id of the drone that is online and has this id or callsign (no callsign is
	 * another's id); data is NULL when there is none. Valid until the core is called. */
	struct slice (*id)(const void *ctx, struct slice name);
};

/* Bytes around a request that do not count as its own: a prefix, an end of line. */
#define FRONT_AROUND_MAX 5

#define LENT_HEAD_MAX 12

/* A frame in two pieces: what is this reader's own, and what is the same for many, which is the
 * front's and stays until event->encoded is used again. */
struct lent {
	uint8_t head[LENT_HEAD_MAX];
	size_t head_size;
	struct slice tail;
};

struct front {
	const char *name; /* as in `protocol =` of a listener */

	/* Who connects need not register: this is presented for it, see core_greet. NULL: it is
	 * waited for. */
	const struct request_registration *guest;

	/* People write it: a request that has begun has as long to be finished as its drone may
	 * be silent, not limits.frame_timeout_ms. */
	bool typed;

	/* Reads one request from the start of `bytes`, of which the first `looked` were presented
	 * before, with FRONT_MORE; 0 is never wrong. FRONT_OK: *request is it, its
	 * slices in `bytes` or `arena`, or from `names`; *used is what it took. The caller may
	 * present the same bytes again (after a HOLD). `max_frame_bytes` is the largest frame
	 * taken now. Keeps nothing. */
	enum front_status (*read)(struct slice bytes, size_t looked, uint32_t max_frame_bytes,
				  const struct names *names, struct arena *arena,
				  struct request *request, size_t *used, const char **why);

	/* What the request that begins here takes in all; 0: not known yet. */
	size_t (*size)(struct slice bytes);

	/* Appends the event to `out`, in frames of at most `max_frame` bytes. Uses and
	 * fills event->encoded when there is one. 0, or -1 when memory is out
	 * (nothing appended then). */
	int (*write)(struct buf *out, const struct event *event, uint32_t max_frame,
		     const struct names *names);

	/* The same bytes without copying those that are the same for many readers: *lent has
	 * them until event->encoded is used for something else. False: the event has no
	 * such form (or memory is out); it is to be written. */
	bool (*lend)(const struct event *event, uint32_t max_frame, struct lent *lent);
};

extern const struct front front_protobuf;
extern const struct front front_text;

/* Where this front keeps what it encodes of an event to many: the room that it filled last, else
 * one that nobody has filled, else another's. For fronts. */
struct encoded *front_room(struct encoded *encoded, const struct front *front);
/* Whether it holds what this front made of an event of that kind. */
bool front_has_kept(const struct encoded *room, const struct front *front, enum event_kind kind);
/* Lends the room to a buffer, empty ... */
struct buf front_lend_room(const struct encoded *room);
/* ... and takes it back with what was written. */
void front_take_back(struct encoded *room, const struct front *front, enum event_kind kind,
		     const struct buf *buf);

/* The front end called `name`, or NULL. */
const struct front *front_find(const char *name);

#endif
