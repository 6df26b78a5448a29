/* What the checks are made of: connections to the simulator under test, the scene that they play
 * in, and what a check has found.
 *
 * The steps return false when the simulator did not do its part; the check has failed then, why is
 * kept, and all that is left is to return. Connections are closed, and what was asked is forgotten,
 * when a check has returned. */
#ifndef SIM_CONFORMANCE_BENCH_H
#define SIM_CONFORMANCE_BENCH_H

#include "conformance/caller.h"
#include "conformance/plan.h"

enum verdict { VERDICT_OK, VERDICT_NOTE, VERDICT_SKIP, VERDICT_FAIL };

enum {
	BENCH_CALLERS = 3,
	BENCH_ANSWERS = 3,
	BENCH_FINDING_BYTES = 700,
	BENCH_PAYLOAD_MAX = 64512, /* max_payload_bytes of a drone, proto/README.md, "Sizes" */
	BENCH_QUIET_US = 100000,   /* how long nothing more must come */
	LOSSY_MAX = 8,
};

/* Links on which packets are lost at times, by where their receivers stand in the survey's cast. */
struct lossy {
	bool looked;
	size_t payload_size;
	size_t count;
	uint32_t receivers[LOSSY_MAX];
};

struct bench {
	const struct plan *plan;
	struct sockaddr_storage address;
	socklen_t address_size;
	uint64_t patience_us; /* of this check */
	uint64_t deadline_us;
	struct caller callers[BENCH_CALLERS];
	struct answers answers[BENCH_ANSWERS];
	unsigned callers_used, answers_used;
	unsigned asks;		  /* so far: ids are other ones each time */
	uint64_t started_unix_us; /* all messages are sent from here on */
	struct parameter parameters[PLAN_PARAMETERS_MAX];
	char model[64];
	uint8_t payload[BENCH_PAYLOAD_MAX];

	/* found */
	enum verdict verdict;
	char finding[BENCH_FINDING_BYTES];
	bool greeted, accepted; /* it answers hello, and takes a scenario: the rest needs it */
	char simulator[160];	/* name and version */
	struct blemishes blemishes;
	struct lossy lossy;
	struct answers baseline; /* what the others are compared to */
};

/* Looks up the address and tells on stderr when there is none. */
bool bench_init(struct bench *bench, const struct plan *plan) __attribute__((warn_unused_result));
void bench_fini(struct bench *bench);
/* Around each check; `patience` multiplies the time that an answer may take. */
void bench_begin(struct bench *bench, unsigned patience);
void bench_end(struct bench *bench);

/* --- findings; the first failure stays --- */

bool bench_fail(struct bench *bench, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bench_note(struct bench *bench, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bench_skip(struct bench *bench, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- connections; NULL: failed --- */

/* Connected, and nothing said yet. */
struct caller *bench_connect(struct bench *bench);
/* Greeted: hello is answered. */
struct caller *bench_call(struct bench *bench);
/* Sends what was said. */
bool bench_send(struct bench *bench, struct caller *caller) __attribute__((warn_unused_result));
bool bench_send_cut(struct bench *bench, struct caller *caller, size_t piece)
	__attribute__((warn_unused_result));
/* Sends what was said and waits for all answers. */
bool bench_await(struct bench *bench, struct caller *caller);
/* The same, and nothing more may come afterwards. */
bool bench_await_all(struct bench *bench, struct caller *caller);

/* --- the scene --- */

/* Nodes 0 to count - 1 under numbers of their own in one scenario. */
struct cast {
	const char *scenario_name;
	uint32_t scenario;
	uint32_t first_node;
	uint32_t count;
	bool downwards; /* the last has the least number, and comes first */
	struct vector (*place)(uint32_t index);
	const char *prefix; /* of names; NULL: the usual ones */
};

#define CAST_NAME_BYTES 24

/* Six nodes within 2 km. */
struct cast cast_usual(void);
/* Where they are. */
struct vector cast_place(uint32_t index);
uint32_t cast_number(const struct cast *cast, uint32_t index);
void cast_name(const struct cast *cast, uint32_t index, char name[CAST_NAME_BYTES]);

void bench_say_scenario(struct bench *bench, struct caller *caller, uint32_t number,
			const char *name);
void bench_say_node(struct bench *bench, struct caller *caller, const struct cast *cast,
		    uint32_t index, struct vector place);
void bench_say_nodes(struct bench *bench, struct caller *caller, const struct cast *cast);
/* Scenario and nodes; the scenario has been accepted. */
bool bench_stage(struct bench *bench, struct caller *caller, const struct cast *cast)
	__attribute__((warn_unused_result));

/* --- transmits --- */

/* From now on transmits of this caller are asked of; NULL: failed. */
struct answers *bench_ask(struct bench *bench, struct caller *caller, size_t transmits,
			  size_t receivers);

/* A new connection, greeted, that has told the cast, and whose transmits are asked of (see its
 * `answers`); NULL: failed. */
struct caller *bench_play(struct bench *bench, const struct cast *cast, size_t transmits,
			  size_t receivers);

/* Of one transmit, by the numbers of the cast. */
struct question {
	size_t key; /* from 0: gives the id */
	uint32_t from, origin;
	const uint32_t *to;
	size_t to_count;
	uint64_t sequence;
	size_t payload_size;
	bool unknown; /* the scenario or the transmitter is not known */
};

/* Also puts it to the answers that are expected. */
void bench_say_transmit(struct bench *bench, struct caller *caller, const struct cast *cast,
			const struct question *question);
/* From node 0 to node 1 where the simulator knows one of them no more, or not yet. */
void bench_say_unknown(struct bench *bench, struct caller *caller, const struct cast *cast,
		       size_t key);
/* From node `from` to node `to`, its own message. */
void bench_say_one(struct bench *bench, struct caller *caller, const struct cast *cast, size_t key,
		   uint32_t from, uint32_t to);

#endif
