/* What the connections of one process share: the loop, the core behind it, the
 * memory of a turn, and the work that waits for the turn's end.
 *
 * A turn of the loop: callbacks read (uv_poll), hand requests and results to the
 * core and gather what it emits; then, in uv_check and again in uv_prepare, drones
 * that were held are taken up again, what is due is done, and all that was
 * gathered is flushed, one write a connection. */
#ifndef UAV_NET_NET_H
#define UAV_NET_NET_H

#include "base/arena.h"
#include "base/list.h"
#include "core/core.h"
#include "net/alarm.h"
#include "net/backlog.h"
#include "net/busy_poll.h"
#include "net/influx.h"
#include "net/pool.h"
#include "net/tls_failures.h"
#include "settings/settings.h"

#include <uv.h>

/* Connections that there may be beyond max_drones: those whose session is over, which
 * linger to take their goodbye. */
#define NET_SPARE_PEERS 64u

struct front;
struct tls_context;

/* Most that is read from one drone in one turn (but the rest of a large message), and a chunk's
 * size. */
#define NET_CHUNK_BYTES (16 * 1024)

/* Something to do from the loop, outside the core. It stands in at most one of
 * the net's lists; `run` finds it in none. */
struct net_task {
	struct list link;
	void (*run)(struct net_task *task);
};

struct net_timed {
	struct net_task task;
	uint64_t due_us; /* monotonic */
};

struct net {
	uv_loop_t *loop;
	struct core *core; /* set by the owner before the first connection */
	struct log *log;
	const struct settings *settings; /* those in force */
	/* what each listener speaks: NULL where none listens (yet) */
	const struct front *fronts[SETTINGS_MAX_LISTENERS];
	/* By their number in the settings, NULL: without TLS. Set by the owner, also to others at a
	 * reload: connections that are there keep what they have begun with. */
	struct tls_context *tls[SETTINGS_MAX_LISTENERS];
	struct tls_context *sim_tls[SETTINGS_MAX_SIMULATORS];
	struct tls_failures tls_failures;
	struct instant now;	/* as the core was last told */
	uint32_t turn;		/* counts the loop's turns; may wrap */
	uint32_t clock_turn;	/* in which unix_ahead_us was looked at */
	uint64_t unix_ahead_us; /* Unix time less monotonic time; may wrap */
	bool ticked;		/* the core was, since the last poll */
	bool behind;		/* deliveries that were due were left over then */
	uint32_t peers;		/* connections of drones that are not yet freed */
	uint32_t open;		/* of these, the ones that hold a descriptor */
	bool crowded;		/* said once */
	struct backlog backlog;
	bool handed_over;    /* a request was, to other drones, since nobody was given time */
	uint64_t settled;    /* targets that requests have settled in this turn */
	bool output_crowded; /* said once */
	uint8_t *shared;     /* NET_CHUNK_BYTES, valid within one read callback */
	struct arena arena;  /* for decoding one request */
	struct pool chunks;  /* of NET_CHUNK_BYTES */
	struct pool boxes;   /* of peers' buffers */
	struct list resumed;
	struct list dirty;
	struct list next;      /* for the next turn */
	struct list last;      /* for the next turn, behind these */
	struct list shaking;   /* in the order in which they came */
	uint64_t shaken_us;    /* that handshakes have taken in this turn */
	struct list lingering; /* in the order in which they began; all linger equally long */
	struct alarm alarm;    /* for what is due next */
	struct busy_poll busy; /* when that is a delivery */
	struct influx influx;
	uv_check_t check;
	uv_prepare_t prepare;
	uv_idle_t spin; /* active while work is left that must not wait for input */
};

/* 0, or a negative uv error with *why, a static sentence; nothing is owned then. `loop` and
 * `log` outlive it. So do the settings until they are replaced: a reload puts others, with
 * the same listeners and simulators at the same places, into net->settings, which is the
 * only pointer to them that connections go by. */
int net_init(struct net *net, uv_loop_t *loop, struct log *log, const struct settings *settings,
	     const char **why) __attribute__((warn_unused_result));
/* Lets the loop end: closes the net's handles, which takes one more turn. No
 * connection may be left. */
void net_close(struct net *net);
/* After the loop has ended. */
void net_fini(struct net *net);

/* Reads the clock and tells the core: at the start of every callback that will
 * call the core. */
void net_clock(struct net *net);

void net_task_init(struct net_task *task, void (*run)(struct net_task *task));
/* The task runs when held drones are taken up again, before anything is flushed. */
void net_resume_later(struct net *net, struct net_task *task);
/* The same, but not before what is gathered now is flushed, the network has been looked at and
 * those whom that was too much for have been given time: who reads well has made way by then. */
void net_resume_next(struct net *net, struct net_task *task);
/* The same, behind all of these: it has had its share of this turn, and they may not have. */
void net_resume_last(struct net *net, struct net_task *task);
/* Whether somebody is given time now: net_resume_next is all that is to be done. */
bool net_rests(struct net *net);
/* Whether a delivery is due that has waited for its simulated time. */
bool net_is_due(const struct net *net);
/* The task does a step of a handshake: now, or when its turn comes, if those of this turn have
 * taken their time. Each takes as long as hundreds of messages, and thousands may come at once. */
void net_shake(struct net *net, struct net_task *task);
/* The task runs when the turn's output is flushed. */
void net_flush_later(struct net *net, struct net_task *task);
/* The task runs settings.linger_ms from now; after those that linger already. */
void net_linger(struct net *net, struct net_timed *timed);
/* Runs every lingering task now. */
void net_linger_end(struct net *net);
/* Runs the one that has lingered longest. False when there is none. All of them are, from there
 * on, when more than limits.max_output_bytes waits for all drones together at a turn's end; then
 * the core ends those for which most waits. */
bool net_linger_cut(struct net *net);

#endif
