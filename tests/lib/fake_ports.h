/* A gateway without sockets for tests: a real core, drones and simulators that only
 * write down what they are told, and a clock that the test moves. */
#ifndef UAV_TESTS_LIB_FAKE_PORTS_H
#define UAV_TESTS_LIB_FAKE_PORTS_H

#include "core/core.h"

enum {
	FAKE_EVENTS = 64,    /* kept for each drone: the last ones */
	FAKE_ITEMS = 8,	     /* of a list, kept */
	FAKE_TRANSMITS = 64, /* kept: the last ones */
	FAKE_ORDERS = 64,    /* the same, of what simulators are told besides */
	FAKE_TEXT_BYTES = 256,
	FAKE_LANES = 4,
	FAKE_NUMBERS = 64 /* of scenarios */
};

/* The scenarios, by their places in the configuration; their numbers are one more. */
enum {
	FAKE_ALPHA, /* mesh, with an origin */
	FAKE_BETA,  /* mesh, without one */
	FAKE_GAMMA, /* mesh, 2 drones */
	FAKE_STAR,  /* spokes reach each other through "hub" */
	FAKE_DENY,  /* a star of "hub" whose spokes do not reach each other */
	FAKE_SLOW,  /* mesh, delay = real */
	FAKE_LATER, /* mesh, on_simulator_down = queue */
	FAKE_PAST,  /* mesh, on_simulator_down = bypass */
	FAKE_SCENARIOS
};

struct fake_hop {
	char transmitter[NAME_MAX_BYTES + 1], receiver[NAME_MAX_BYTES + 1];
	int outcome, reason, source;
	uint32_t late_by_us;
	bool has_link;
	char link[NAME_MAX_BYTES + 1];
};

/* One entry of a list, an outcome or a presence event. */
struct fake_item {
	char id[NAME_MAX_BYTES + 1];
	char scenario[NAME_MAX_BYTES + 1];
	char callsign[NAME_MAX_BYTES + 1];
	int what; /* outcome or presence_what */
	int reason;
	size_t hop_count;
	struct fake_hop hops[2];
};

/* What of an event tests look at; the text is the error's or goodbye's words, a delivery's
 * payload, a welcome's callsign, or the name of the scenario chosen. A delivery's hops
 * stand in items[0], with the sender's id. */
struct fake_event {
	enum event_kind kind;
	uint32_t ref;
	int code;	 /* error or goodbye */
	uint64_t number; /* nonce, sequence, drones online or in the scenario chosen; of a
			    report to many, how many got it whole */
	size_t count;	 /* of list entries */
	bool more, available;
	uint32_t missed, retry_after_ms;
	uint64_t sent_at_us;
	char text[FAKE_TEXT_BYTES];
	char note[FAKE_TEXT_BYTES]; /* the message of the scenario chosen */
	char to[NAME_MAX_BYTES + 1];
	struct fake_item items[FAKE_ITEMS];
};

struct fake_gateway;

struct fake_drone {
	struct fake_gateway *gateway;
	struct session *session;    /* NULL once it is closed */
	uint32_t count;		    /* events so far */
	size_t queued, event_bytes; /* each event adds event_bytes to the queue */
	bool refuse;		    /* takes no event */
	uint32_t max_frame;	    /* of the last event */
	uint32_t resumes, closes;
	uint32_t refs; /* the last one used */
	/* NULL, or sees each event before it is written down; false: not taken */
	bool (*watch)(struct fake_drone *drone, const struct event *event, uint32_t max_frame);
	struct fake_event events[FAKE_EVENTS]; /* last: not cleared for a new drone */
};

struct fake_transmit {
	uint32_t lane;
	uint64_t id, sequence, sent_at_us;
	uint32_t scenario, transmitter, origin;
	uint32_t receivers[FAKE_ITEMS];
	size_t count;
	size_t payload_size;
	char payload[FAKE_TEXT_BYTES];
};

enum fake_order_kind { FAKE_SET_SCENARIO, FAKE_REMOVE_SCENARIO, FAKE_SET_NODE, FAKE_REMOVE_NODE };

struct fake_order {
	enum fake_order_kind kind;
	uint32_t lane, scenario, node;
	uint32_t transmits; /* there had been so many before */
};

/* What all simulators together were told. */
struct fake_simulator {
	uint32_t resets, scenarios, nodes_set, nodes_removed;
	struct sim_node node; /* the last one; its name is not kept */
	struct fake_transmit transmits[FAKE_TRANSMITS];
	uint32_t count; /* transmits so far */
	struct fake_order orders[FAKE_ORDERS];
	uint32_t order_count; /* so far */
};

struct fake_lane {
	struct fake_gateway *gateway;
	uint32_t index;
	bool full;
	uint32_t resets;
	bool known[FAKE_NUMBERS]; /* scenarios that it was told of and that are not removed */
};

/* Must not move. */
struct fake_gateway {
	struct core *core;
	struct instant now;
	struct fake_simulator sim;
	struct fake_lane lanes[FAKE_LANES];
	bool in_port;
	/* what it starts with and what fake_reload takes in */
	struct scenario_config scenarios[FAKE_SCENARIOS];
	struct simulator_config simulators[2];
	struct core_config config;
};

/* Small and round: 1 s to register, 2 s for a frame, ping after 1 s, idle after 3 s, 500 ms
 * to take over, the simulator has 100 ms, presence is gathered for 10 ms. */
struct limits fake_limits(void);

/* Writes down the configuration; the test may change it before fake_start. One simulator with one
 * connection (a second one, "other", with one too, when config.simulator_count is made 2). */
void fake_configure(struct fake_gateway *gateway, const struct limits *limits);
/* The simulators are away. */
void fake_start(struct fake_gateway *gateway);
/* Both. */
void fake_open(struct fake_gateway *gateway, const struct limits *limits);
void fake_close(struct fake_gateway *gateway);
/* The same at the end of a test: 0, or -1 when something is open or not accounted for. */
int fake_end(struct fake_gateway *gateway) __attribute__((warn_unused_result));
/* Takes in gateway->config as it is now; it must not fail. */
void fake_reload(struct fake_gateway *gateway);

/* The lane's simulator accepts every scenario that it knows. */
void fake_accept(struct fake_gateway *gateway, uint32_t lane);
/* The lane's simulator comes and accepts every scenario. */
void fake_lane_up(struct fake_gateway *gateway, uint32_t lane);
void fake_lane_down(struct fake_gateway *gateway, uint32_t lane);
/* The same with all lanes. */
void fake_sim_up(struct fake_gateway *gateway);
void fake_sim_down(struct fake_gateway *gateway);

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
enum core_verdict fake_send_group(struct fake_drone *drone, const char *group, const char *payload,
				  enum report_wish report);
/* Its connection is gone. */
void fake_detach(struct fake_drone *drone);
/* Reads all that waits, and says so. */
void fake_drain(struct fake_drone *drone);
/* The number of its node; it is in a scenario. */
uint32_t fake_node(const struct fake_drone *drone);

/* The event `back` before the last one (0: the last), or NULL. */
const struct fake_event *fake_last(const struct fake_drone *drone, uint32_t back);
/* The last one of that kind, or NULL. */
const struct fake_event *fake_find(const struct fake_drone *drone, enum event_kind kind);
/* How many of that kind, of those that are kept. */
uint32_t fake_count(const struct fake_drone *drone, enum event_kind kind);
/* What the last report says of that drone, or NULL. */
const struct fake_item *fake_fate(const struct fake_drone *drone, const char *id);

/* The transmit `back` before the last one. */
const struct fake_transmit *fake_transmit(const struct fake_gateway *gateway, uint32_t back);
/* The same, of other orders. */
const struct fake_order *fake_order(const struct fake_gateway *gateway, uint32_t back);
/* How many orders of that kind about that scenario, of those that are kept. */
uint32_t fake_count_orders(const struct fake_gateway *gateway, enum fake_order_kind kind,
			   uint32_t scenario);
/* Whether all that was accepted is accounted for. */
bool fake_accounts_close(const struct fake_gateway *gateway);
/* The same, and nothing is open or kept anywhere. */
bool fake_all_is_over(const struct fake_gateway *gateway);

/* An answer for one receiver, with a link of `link` as its bytes (NULL: absent). */
struct reception fake_reception(uint32_t receiver, enum outcome outcome, const char *link);
/* Answers the transmit `back` before the last one, by the lane on which it went. */
void fake_result(struct fake_gateway *gateway, uint32_t back, const struct reception *receptions,
		 size_t count, bool more);
/* Answers the last transmit: that outcome, for all, with that delay. */
void fake_answer_with(struct fake_gateway *gateway, enum outcome outcome, uint32_t delay_us);
/* Answers the last transmit: DELIVERED, for all, at once. */
void fake_answer(struct fake_gateway *gateway);

#endif
