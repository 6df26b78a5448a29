/* One way of speaking, on both of its sides: what a drone says to what is measured, and
 * what a channel simulator does. The load (load.c) and the simulator (simulator.c) know
 * connections, windows and clocks; a dialect knows bytes alone. There is one for each
 * thing that is measured:
 *
 *   uav     the gateway: drone.proto and channel.proto
 *   limit   limit_relay: frames of the same sizes with a header of fixed fields
 *   nats, redis, redis-no-replies, mqtt
 *           brokers: a drone publishes to the simulator, a subscriber, which publishes
 *           the result to each drone that it is for
 *
 * Each frame is built and read by hand into buffers that the caller owns: a client
 * library would spend more on a message than what is measured does. */
#ifndef UAV_BENCH_DIALECT_H
#define UAV_BENCH_DIALECT_H

#include "base/buf.h"

#include <sys/types.h>

/* The first bytes of every payload, little endian: when it was sent (or due to be) in
 * nanoseconds of CLOCK_MONOTONIC, the sender's number, the message's number. */
struct stamp {
	uint64_t sent_ns;
	uint32_t sender;
	uint32_t number;
};
enum { BENCH_STAMP_BYTES = 16 };

#define BENCH_EVERYONE UINT32_MAX /* as target: all others */
/* What the simulator computes for one receiver, as bytes of a Link with every field set:
 * dialects without a Link send as many. */
enum { BENCH_LINK_BYTES = 60 };

/* Bytes of the gateway's frames (with length prefix) that limit_relay's are as large as. */
struct frame_sizes {
	uint32_t send, transmit, result, delivery; /* the four crossings of one message */
	uint32_t result_more;			   /* of the result for each further receiver */
	uint32_t registration, welcome, presence;  /* presence: for each drone told of */
};

/* What is the same for all drones of a run. */
struct shape {
	uint32_t payload_bytes;	  /* at least BENCH_STAMP_BYTES */
	const char *scenario;	  /* that all are in; NULL or "": the listener's own */
	const char *drone_prefix; /* a drone's id is this and its number in 5 digits: "d00042" */
	uint32_t first_drone;	  /* its number; the others follow */
	uint32_t drones;	  /* whom a message to everyone is for, its sender among them */
	struct frame_sizes sizes; /* read by `limit` alone */
	bool presence;		  /* wants to be told who comes and goes */
	bool reports;		  /* asks for a report of every message (`uav` alone) */
	uint32_t piece;		  /* receivers that one answer tells of; 0: all (`uav` alone) */
	uint32_t valid_for_us;	  /* that numbers of links hold; 0: not said (`uav` alone) */
	bool one_hop;		  /* to everyone without the simulator (brokers alone) */
	/* The simulator's delays, even between these, each drawn by the message's id; 0, 0: one
	 * and the same for all (`uav` alone). */
	uint32_t delay_least_us, delay_most_us;
	bool timed; /* a delivery's times are read as well (`uav` alone) */
};

enum heard_kind {
	HEARD_NOTHING,	/* of no interest here */
	HEARD_READY,	/* registered, subscribed: may send, will receive */
	HEARD_DELIVERY, /* `payload` */
	HEARD_PRESENCE, /* `count` drones told of */
	HEARD_REPORT,	/* of `count` targets of a message sent */
	HEARD_REFUSED,	/* an error or a goodbye: the run has failed; `why` */
};

/* One frame, as the load needs it. */
struct heard {
	enum heard_kind kind;
	struct slice payload; /* of the bytes read */
	uint32_t count;
	/* Of a report: how many of its targets were reached, what became of the last of the
	 * others (as drone.proto numbers it), and whether more of the report follows. */
	uint32_t delivered, outcome;
	bool more;
	/* Of a delivery, if the shape is timed: when it was to be handed over (microseconds of
	 * Unix time: sent and delayed, as it says itself), and how much later the gateway says
	 * that it was. */
	uint64_t due_us, delay_us;
	uint32_t late_us;
	char why[200];
};

struct dialect {
	const char *name;

	/* --- the drone's side. All append to `out`: 0, or -1 when memory is out --- */

	/* What drone `drone` says when it has connected. */
	int (*drone_hello)(const struct shape *shape, uint32_t drone, struct buf *out);
	/* One message. `payload` has shape->payload_bytes bytes and begins with the stamp. */
	int (*drone_send)(const struct shape *shape, uint32_t drone, uint32_t target,
			  struct slice payload, struct buf *out);
	/* Something that others are told of, and nothing else happens (a rename and back);
	 * NULL: it has nothing of that kind. `turn` counts up. */
	int (*drone_change)(const struct shape *shape, uint32_t drone, uint32_t turn,
			    struct buf *out);
	/* Reads the frame at the front of `bytes`: its size, 0 when it is cut short, -1 when it
	 * makes no sense. What must be answered (a ping) is appended to `out`. */
	ssize_t (*drone_read)(const struct shape *shape, uint32_t drone, struct slice bytes,
			      struct heard *heard, struct buf *out);

	/* --- the simulator's side --- */

	/* False: the relay connects to the simulator. True: the simulator connects to it. */
	bool simulator_connects;
	/* What the simulator says first, if anything. */
	int (*simulator_hello)(const struct shape *shape, struct buf *out);
	/* Reads one frame as drone_read does, and appends the answer to it, if any, which says
	 * that each message arrived, with every number of the Link. */
	ssize_t (*simulator_read)(const struct shape *shape, struct slice bytes, struct buf *out);
};

extern const struct dialect dialect_uav, dialect_limit, dialect_nats, dialect_redis,
	dialect_redis_no_replies, dialect_mqtt;
#define DIALECT_NAMES "uav, limit, nats, redis, redis-no-replies, mqtt"

/* NULL: there is none of that name. */
const struct dialect *dialect_find(const char *name);

#endif
