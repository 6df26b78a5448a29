/* One drone of a swarm: its connection, and what it waits for. */
#ifndef UAV_CLI_SWARM_DRONE_H
#define UAV_CLI_SWARM_DRONE_H

#include "base/heap.h"
#include "cli/stream.h"

enum { SWARM_PENDING_MAX = 256 }; /* messages of one drone that have no report yet */

enum swarm_drone_state {
	SWARM_DRONE_IDLE,	 /* to be connected */
	SWARM_DRONE_CONNECTING,	 /* TCP */
	SWARM_DRONE_REGISTERING, /* waits for welcome and scenario */
	SWARM_DRONE_MEMBER,
	SWARM_DRONE_LEAVING,
	SWARM_DRONE_GONE,
};

/* A message that waits for its report. */
struct swarm_pending {
	uint32_t ref;	  /* of the send; 0: free */
	uint32_t targets; /* told of so far */
	uint64_t number;
	uint64_t time_us, round;
};

/* An entry of the timetable. */
struct swarm_due {
	struct heap_entry entry;
	uint32_t drone; /* its place in the swarm */
	uint64_t slot;	/* which of the drone's, from 0 */
};

struct swarm_drone {
	struct stream stream;
	enum swarm_drone_state state;
	uint32_t events;     /* what epoll(7) looks for */
	uint32_t answer_ref; /* of the request whose answer holds the swarm up; 0: none */
	uint64_t number;     /* of messages sent or held back */
	struct swarm_due message, position; /* its next */
	size_t pending_count;
	struct swarm_pending pending[SWARM_PENDING_MAX];
	uint8_t *memory; /* the client's */
};

/* Memory for payloads of `size_bytes`. 0, or -1 when there is none. */
int swarm_drone_init(struct swarm_drone *drone, size_t size_bytes)
	__attribute__((warn_unused_result));
void swarm_drone_fini(struct swarm_drone *drone);

/* Keeps a message whose report is awaited; NULL when there are too many. */
struct swarm_pending *swarm_drone_expect(struct swarm_drone *drone, uint32_t ref);
/* The message of that ref, or NULL. */
struct swarm_pending *swarm_drone_find(struct swarm_drone *drone, uint32_t ref);
/* It is answered. */
void swarm_drone_forget(struct swarm_drone *drone, struct swarm_pending *pending);

#endif
