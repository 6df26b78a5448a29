/* A gateway as the simulator sees it: what it says, what it waits for, and what it has heard. */
#ifndef SIM_CONFORMANCE_CALLER_H
#define SIM_CONFORMANCE_CALLER_H

#include "conformance/answers.h"
#include "conformance/line.h"

enum { CALLER_PINGS_MAX = 1024, CALLER_TEXT_BYTES = 512, CALLER_MODELS_MAX = 32 };

/* The last scenario_status. */
struct caller_status {
	uint32_t scenario;
	bool ok;
	size_t message_size; /* as it came */
	bool message_is_text;
	char message[CALLER_TEXT_BYTES]; /* fit to be shown, cut */
};

struct caller_ack {
	uint32_t protocol;
	size_t simulator_size, version_size; /* as they came */
	bool is_text;
	char simulator[CALLER_TEXT_BYTES], version[CALLER_TEXT_BYTES]; /* fit to be shown, cut */
	size_t model_count;
	char models[CALLER_MODELS_MAX][64]; /* the first ones of at most 63 bytes */
	size_t kept_models;
};

struct caller {
	struct line line;
	struct buf out; /* said, not yet sent */
	bool no_memory;
	unsigned acks_due, statuses_due;
	unsigned pings, pongs;
	bool ponged[CALLER_PINGS_MAX];
	struct caller_ack ack;
	struct caller_status status;
	struct answers *answers; /* of the transmits; NULL: none was asked for */
	char fault[256];	 /* what came that must not, without a stop; empty: nothing */
};

void caller_init(struct caller *caller);
void caller_fini(struct caller *caller);

/* --- said; to be sent by caller_send --- */

void caller_say(struct caller *caller, const struct to_sim *message);
void caller_say_hello(struct caller *caller, uint32_t protocol);
void caller_say_ping(struct caller *caller);
void caller_say_transmit(struct caller *caller, const struct sim_transmit *transmit);
/* Bytes as they stand. */
void caller_say_bytes(struct caller *caller, const void *bytes, size_t size);

/* Sends what was said, in pieces of at most so many bytes, each a segment of its own if the network
 * has it so; 0: all at once. False: not all of it went out, see caller_trouble. */
bool caller_send(struct caller *caller, size_t piece, uint64_t deadline_us)
	__attribute__((warn_unused_result));

/* --- heard --- */

enum caller_status_code {
	CALLER_HEARD, /* all that was asked is answered */
	CALLER_LATE,  /* not in time */
	CALLER_OVER,  /* the connection has ended before */
	CALLER_FAULT, /* see `fault` */
};

/* Reads until all that was asked is answered. */
enum caller_status_code caller_listen(struct caller *caller, uint64_t deadline_us);
/* Reads until then, whatever comes: more must not. CALLER_HEARD: nothing that must not came. */
enum caller_status_code caller_listen_on(struct caller *caller, uint64_t until_us);

/* What is still due, in words: "hello_ack", "a pong for each of 50 pings, of which 2 are
 * missing". */
void caller_due(const struct caller *caller, char *text, size_t size);

/* `text` fit for a terminal, cut to the room. */
void caller_show(struct slice text, char *room, size_t size);

#endif
