/* A gateway without sockets for tests: a real core, drones and a simulator that only
 * write down what they are told, and a clock that the test moves. */
#ifndef UAV_TESTS_LIB_FAKE_PORTS_H
#define UAV_TESTS_LIB_FAKE_PORTS_H

#include "core/core.h"

enum {
	FAKE_EVENTS = 64,    /* kept for each drone: the last ones */
	FAKE_ITEMS = 8,	     /* of a list, kept */
	FAKE_TRANSMITS = 64, /* kept: the last ones */
	FAKE_TEXT_BYTES = 256,
	FAKE_SCENARIOS = 3
};

/* One entry of a list, an outcome or a presence event. */
struct fake_item {
	char id[NAME_MAX_BYTES + 1];
	char scenario[NAME_MAX_BYTES + 1];
	int what; /* outcome or presence_what */
	int reason;
	size_t hop_count;
	int hop_outcome;
	char link[NAME_MAX_BYTES + 1]; /* of the first hop; empty when absent */
};

/* What of an event tests look at; the text is the error's or goodbye's words, a delivery's
 * payload, a welcome's callsign, or the name of the scenario chosen. */
struct fake_event {
	enum event_kind kind;
	uint32_t ref;
	int code;	 /* error or goodbye */
	uint64_t number; /* nonce, sequence, drones online */
	size_t count;	 /* of list entries */
	bool more, available;
	uint32_t missed;
	char text[FAKE_TEXT_BYTES];
	struct fake_item items[FAKE_ITEMS];
};

struct fake_gateway;

struct fake_drone {
	struct fake_gateway *gateway;
	struct session *session; /* NULL once it is closed */
	struct fake_event events[FAKE_EVENTS];
	uint32_t count;		    /* events so far */
	size_t queued, event_bytes; /* each event adds event_bytes to the queue */
	bool refuse;		    /* takes no event */
	uint32_t max_frame;	    /* of the last event */
	uint32_t resumes, closes;
	uint32_t refs; /* the last one used */
	/* NULL, or sees each event before it is written down; false: not taken */
	bool (*watch)(struct fake_drone *drone, const struct event *event, uint32_t max_frame);
};

struct fake_transmit {
	uint64_t id, sequence;
	uint32_t scenario, transmitter;
	uint32_t receivers[FAKE_ITEMS];
	size_t count;
	size_t payload_size;
};

struct fake_simulator {
	bool full;
	uint32_t resets, scenarios, nodes_set, nodes_removed;
	struct sim_node node; /* the last one; its name is not kept */
	struct fake_transmit transmits[FAKE_TRANSMITS];
	uint32_t count; /* transmits so far */
};

struct fake_gateway {
	struct core *core;
	struct instant now;
	struct fake_simulator sim;
	bool in_port;
};

/* Small and round: 1 s to register, 2 s for a frame, ping after 1 s, idle after 3 s, 500 ms
 * to take over, the simulator has 100 ms, presence is gathered for 10 ms. */
struct limits fake_limits(void);

/* Scenarios "alpha" (with an origin), "beta" (without), "gamma" (2 drones). The simulator is
 * away. */
void fake_open(struct fake_gateway *gateway, const struct limits *limits);
void fake_close(struct fake_gateway *gateway);
/* The simulator comes and accepts every scenario. */
void fake_sim_up(struct fake_gateway *gateway);

/* Moves the clock, and does what is due at its end. */
void fake_pass(struct fake_gateway *gateway, uint64_t us);

/* Connects from a host whose address ends in `host`. The drone is made anew. */
void fake_attach(struct fake_gateway *gateway, struct fake_drone *drone, uint8_t host);
/* Connects and registers, and enters the scenario (NULL: none). */
void fake_join(struct fake_gateway *gateway, struct fake_drone *drone, const char *id,
	       const char *scenario);

struct request_registration fake_registration(const char *id);
enum core_verdict fake_register(struct fake_drone *drone,
				const struct request_registration *registration);
enum core_verdict fake_ask(struct fake_drone *drone, enum request_kind kind, const char *name);
/* To everyone when `to` is NULL. */
enum core_verdict fake_send(struct fake_drone *drone, const char *to, const char *payload,
			    enum report_wish report);
/* Reads all that waits, and says so. */
void fake_drain(struct fake_drone *drone);

/* The event `back` before the last one (0: the last), or NULL. */
const struct fake_event *fake_last(const struct fake_drone *drone, uint32_t back);
/* The last one of that kind, or NULL. */
const struct fake_event *fake_find(const struct fake_drone *drone, enum event_kind kind);
/* How many of that kind, of those that are kept. */
uint32_t fake_count(const struct fake_drone *drone, enum event_kind kind);

/* The transmit `back` before the last one. */
const struct fake_transmit *fake_transmit(const struct fake_gateway *gateway, uint32_t back);
/* Whether all that was accepted is accounted for. */
bool fake_accounts_close(const struct fake_gateway *gateway);

/* An answer for one receiver, with a link of `link` as its bytes (NULL: absent). */
struct reception fake_reception(uint32_t receiver, enum outcome outcome, const char *link);
/* Answers the last transmit: DELIVERED, for all. */
void fake_answer(struct fake_gateway *gateway);

#endif
