/* The channel simulator without its sockets: bytes of a gateway in, bytes for it
 * out. All goes well: hello, hello_ack; scenarios and nodes are kept; each
 * transmit is answered by a result with one reception for each receiver that is
 * known. What can fail: a scenario is refused, which the gateway is told; a
 * frame breaks the protocol, and the connection cannot go on. */
#ifndef SIM_SIMULATOR_H
#define SIM_SIMULATOR_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/draw.h"
#include "base/log.h"
#include "faults/hold.h"
#include "faults/timeline.h"
#include "wire/channel_codec.h"
#include "world.h"

#define SIMULATOR_FRAME_MAX (4u << 20)	   /* of a frame from a gateway, bytes */
#define SIMULATOR_ARENA_MAX (1u << 20)	   /* of what a frame decodes to, bytes */
#define SIMULATOR_RECEIVERS_MAX (1u << 18) /* of one transmit */
#define SIMULATOR_PATIENCE_S 10u	   /* for hello, and for a frame that was begun */
#define SIMULATOR_RECEPTIONS_A_FRAME 256   /* keeps a result under 64 KiB */

/* Counted over the simulator's life, all gateways together. */
struct simulator_accounts {
	uint64_t transmits, receptions, delivered, corrupted, lost;
	uint64_t nodes;	    /* added; each again after a reconnect */
	uint64_t scenarios; /* accepted; each again after a reconnect or a change */
};

struct simulator {
	struct log *log;
	uint64_t seed;
	struct hash_key draw_key;
	struct simulator_accounts accounts;
	struct timeline *timeline; /* of faults, the caller's; NULL: there are none */
	/* room for one message at a time */
	struct arena arena;
	uint32_t *receivers;
	size_t receivers_cap;
	struct reception receptions[SIMULATOR_RECEPTIONS_A_FRAME];
	uint8_t links[SIMULATOR_RECEPTIONS_A_FRAME][LINK_MAX_BYTES];
	struct buf altered; /* a payload */
};

/* `log` stays the caller's, and may be NULL. */
void simulator_init(struct simulator *simulator, uint64_t seed, struct log *log);
void simulator_fini(struct simulator *simulator);

/* One connected gateway. */
struct simulator_guest {
	struct simulator *simulator;
	struct world world;
	bool greeted; /* its hello was read */
	char name[CONTENT_TYPE_MAX_BYTES];
	size_t name_size;
	uint64_t frames; /* read so far */
	uint64_t frames_swept;
	unsigned sweeps;  /* during which it owed us something, and not a frame came whole */
	struct buf in;	  /* an unfinished frame */
	struct buf out;	  /* answers; the caller sends and consumes them */
	struct hold hold; /* those that a fault holds back; the caller releases what is due */
};

void simulator_guest_init(struct simulator_guest *guest, struct simulator *simulator);
void simulator_guest_fini(struct simulator_guest *guest);

/* Reads what has arrived, in pieces of any size, and appends the answers to
 * guest->out. 0, or -1 and *why (static): the connection must be closed. Answers
 * to what came before the fault are in guest->out. */
int simulator_read(struct simulator_guest *guest, struct slice bytes, const char **why)
	__attribute__((warn_unused_result));

/* To be called every second. False when the guest has held on to its hello, or to the
 * rest of a frame, for SIMULATOR_PATIENCE_S: it must be closed, *why (static) says for
 * what. */
bool simulator_sweep(struct simulator_guest *guest, const char **why);

/* The guest's name in hello, for logs; empty before. */
static inline struct slice simulator_guest_name(const struct simulator_guest *guest)
{
	return slice_of(guest->name, guest->name_size);
}

#endif
