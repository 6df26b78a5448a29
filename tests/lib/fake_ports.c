#include "lib/fake_ports.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/state.h"

/* No port may be called from a port, and none is when the test is wrong. */
static void port(struct fake_gateway *gateway, bool inside)
{
	if (gateway->in_port == inside) {
		fprintf(stderr, "fake_ports: a port is called from a port\n");
		abort();
	}
	gateway->in_port = inside;
}

static void copy(char *at, size_t cap, struct slice text)
{
	size_t size = text.size < cap ? text.size : cap - 1;

	if (size) {
		memcpy(at, text.data, size);
	}
	at[size] = '\0';
}

/* ------------------------------------------------------------------- drones */

static void note_hops(struct fake_item *item, const struct hop *hops, size_t count)
{
	item->hop_count = count;
	for (size_t i = 0; i < count && i < 2; i++) {
		struct fake_hop *at = &item->hops[i];

		copy(at->transmitter, sizeof(at->transmitter), hops[i].transmitter);
		copy(at->receiver, sizeof(at->receiver), hops[i].receiver);
		copy(at->link, sizeof(at->link), hops[i].link);
		at->has_link = hops[i].link.data != NULL;
		at->outcome = (int)hops[i].outcome;
		at->reason = (int)hops[i].reason;
		at->source = (int)hops[i].source;
		at->late_by_us = hops[i].late_by_us;
	}
}

static void note_report(struct fake_event *at, const struct event_send_report *report)
{
	for (size_t i = 0; i < report->count && i < FAKE_ITEMS; i++) {
		const struct target_outcome *outcome = &report->outcomes[i];
		struct fake_item *item = &at->items[i];

		copy(item->id, sizeof(item->id), outcome->drone_id);
		item->what = (int)outcome->outcome;
		item->reason = (int)outcome->reason;
		note_hops(item, outcome->hops, outcome->hop_count);
	}
	at->count = report->count;
	at->more = report->more;
	at->number = report->delivered;
}

static void note_presence(struct fake_event *at, const struct event_presence *presence)
{
	for (size_t i = 0; i < presence->count && i < FAKE_ITEMS; i++) {
		struct fake_item *item = &at->items[i];

		copy(item->id, sizeof(item->id), presence->entries[i].drone_id);
		copy(item->scenario, sizeof(item->scenario), presence->entries[i].scenario);
		copy(item->callsign, sizeof(item->callsign), presence->entries[i].callsign);
		item->what = (int)presence->entries[i].what;
		item->reason = (int)presence->entries[i].reason;
	}
	at->count = presence->count;
	at->missed = presence->missed;
}

static void note_delivery(struct fake_event *at, const struct event_delivery *delivery)
{
	struct fake_item *item = &at->items[0];

	copy(item->id, sizeof(item->id), delivery->sender);
	note_hops(item, delivery->hops, delivery->hop_count);
	copy(at->to, sizeof(at->to), delivery->to);
	copy(at->text, sizeof(at->text), delivery->payload);
	at->number = delivery->sequence;
	at->sent_at_us = delivery->sent_at_us;
}

static void note_lists(struct fake_event *at, const struct event *event)
{
	bool drones = event->kind == EVENT_DRONES;

	at->count = drones ? event->drones.count : event->scenarios.count;
	at->more = drones ? event->drones.more : event->scenarios.more;
	for (size_t i = 0; i < at->count && i < FAKE_ITEMS; i++) {
		copy(at->items[i].id, sizeof(at->items[i].id),
		     drones ? event->drones.entries[i].drone_id : event->scenarios.entries[i].name);
	}
}

static void note(struct fake_event *at, const struct event *event)
{
	*at = (struct fake_event){.kind = event->kind, .ref = event->ref};
	switch (event->kind) {
	case EVENT_WELCOME:
		at->number = event->welcome.online;
		copy(at->text, sizeof(at->text), event->welcome.callsign);
		break;
	case EVENT_SCENARIO_CHOSEN:
		if (event->chosen) {
			copy(at->text, sizeof(at->text), event->chosen->name);
			copy(at->note, sizeof(at->note), event->chosen->message);
			at->number = event->chosen->drones;
			at->available = event->chosen->available;
		}
		break;
	case EVENT_SCENARIOS:
	case EVENT_DRONES:
		note_lists(at, event);
		break;
	case EVENT_PRESENCE:
		note_presence(at, &event->presence);
		break;
	case EVENT_DELIVERY:
		note_delivery(at, &event->delivery);
		break;
	case EVENT_SEND_REPORT:
		note_report(at, &event->report);
		break;
	case EVENT_ERROR:
		at->code = (int)event->error.code;
		copy(at->text, sizeof(at->text), event->error.message);
		break;
	case EVENT_GOODBYE:
		at->code = (int)event->goodbye.reason;
		at->retry_after_ms = event->goodbye.retry_after_ms;
		copy(at->text, sizeof(at->text), event->goodbye.message);
		break;
	case EVENT_PING:
	case EVENT_PONG:
		at->number = event->ping.nonce;
		break;
	case EVENT_ASIDE:
		at->number = event->aside;
		break;
	default:
		break;
	}
}

static bool on_emit(void *ctx, const struct event *event, uint32_t max_frame)
{
	struct fake_drone *drone = ctx;
	bool taken = !drone->refuse;

	port(drone->gateway, true);
	if (drone->watch) {
		taken = drone->watch(drone, event, max_frame) && taken;
	}
	if (taken) {
		note(&drone->events[drone->count++ % FAKE_EVENTS], event);
		drone->queued += drone->event_bytes;
		drone->max_frame = max_frame;
	}
	port(drone->gateway, false);
	return taken;
}

static size_t on_queued(const void *ctx)
{
	return ((const struct fake_drone *)ctx)->queued;
}

static void on_resume(void *ctx)
{
	struct fake_drone *drone = ctx;

	port(drone->gateway, true);
	drone->resumes++;
	port(drone->gateway, false);
}

static void on_close(void *ctx)
{
	struct fake_drone *drone = ctx;

	port(drone->gateway, true);
	drone->session = NULL;
	drone->closes++;
	port(drone->gateway, false);
}

static const struct endpoint_ops endpoint_ops = {
	.emit = on_emit,
	.queued = on_queued,
	.resume = on_resume,
	.close = on_close,
};

/* ----------------------------------------------------------------- simulator */

static void note_order(struct fake_lane *lane, enum fake_order_kind kind, uint32_t scenario,
		       uint32_t node)
{
	struct fake_simulator *sim = &lane->gateway->sim;

	sim->orders[sim->order_count++ % FAKE_ORDERS] = (struct fake_order){
		.kind = kind,
		.lane = lane->index,
		.scenario = scenario,
		.node = node,
		.transmits = sim->count,
	};
}

/* A simulator is told of nothing in a scenario that it does not know. */
static void must_know(struct fake_lane *lane, uint32_t scenario, bool known)
{
	if (scenario < 1 || scenario >= FAKE_NUMBERS || (known && !lane->known[scenario])) {
		fprintf(stderr, "fake_ports: scenario %u is not known on lane %u\n", scenario,
			lane->index);
		abort();
	}
}

static void on_set_scenario(void *ctx, const struct sim_scenario *scenario)
{
	struct fake_lane *lane = ctx;

	port(lane->gateway, true);
	must_know(lane, scenario->scenario, false);
	lane->known[scenario->scenario] = true;
	lane->gateway->sim.scenarios++;
	note_order(lane, FAKE_SET_SCENARIO, scenario->scenario, 0);
	port(lane->gateway, false);
}

static void on_remove_scenario(void *ctx, uint32_t scenario)
{
	struct fake_lane *lane = ctx;

	port(lane->gateway, true);
	must_know(lane, scenario, true);
	lane->known[scenario] = false;
	lane->gateway->sim.scenarios--;
	note_order(lane, FAKE_REMOVE_SCENARIO, scenario, 0);
	port(lane->gateway, false);
}

static void on_set_node(void *ctx, const struct sim_node *node)
{
	struct fake_lane *lane = ctx;
	struct fake_simulator *sim = &lane->gateway->sim;

	port(lane->gateway, true);
	must_know(lane, node->scenario, true);
	sim->nodes_set++;
	sim->node = *node;
	sim->node.name = slice_of(NULL, 0);
	note_order(lane, FAKE_SET_NODE, node->scenario, node->node);
	port(lane->gateway, false);
}

static void on_remove_node(void *ctx, uint32_t scenario, uint32_t node)
{
	struct fake_lane *lane = ctx;

	port(lane->gateway, true);
	must_know(lane, scenario, true);
	lane->gateway->sim.nodes_removed++;
	note_order(lane, FAKE_REMOVE_NODE, scenario, node);
	port(lane->gateway, false);
}

static void on_transmit(void *ctx, const struct sim_transmit *transmit)
{
	struct fake_lane *lane = ctx;
	struct fake_simulator *sim = &lane->gateway->sim;
	struct fake_transmit *at = &sim->transmits[sim->count++ % FAKE_TRANSMITS];

	port(lane->gateway, true);
	must_know(lane, transmit->scenario, true);
	*at = (struct fake_transmit){
		.lane = lane->index,
		.id = transmit->id,
		.sequence = transmit->sequence,
		.sent_at_us = transmit->sent_at_us,
		.scenario = transmit->scenario,
		.transmitter = transmit->transmitter,
		.origin = transmit->origin,
		.count = transmit->receiver_count,
		.payload_size = transmit->payload.size,
	};
	copy(at->payload, sizeof(at->payload), transmit->payload);
	for (size_t i = 0; i < transmit->receiver_count && i < FAKE_ITEMS; i++) {
		at->receivers[i] = transmit->receivers[i];
	}
	port(lane->gateway, false);
}

static bool on_full(const void *ctx)
{
	return ((const struct fake_lane *)ctx)->full;
}

static void on_reset(void *ctx, const char *why)
{
	struct fake_lane *lane = ctx;

	(void)why;
	port(lane->gateway, true);
	lane->resets++;
	lane->gateway->sim.resets++;
	port(lane->gateway, false);
}

static const struct sim_ops sim_ops = {
	.set_scenario = on_set_scenario,
	.remove_scenario = on_remove_scenario,
	.set_node = on_set_node,
	.remove_node = on_remove_node,
	.transmit = on_transmit,
	.full = on_full,
	.reset = on_reset,
};

/* ------------------------------------------------------------------- gateway */

struct limits fake_limits(void)
{
	struct limits limits = limits_default();

	limits.register_timeout_ms = 1000;
	limits.frame_timeout_ms = 2000;
	limits.ping_interval_ms = 1000;
	limits.idle_timeout_ms = 3000;
	limits.takeover_ms = 500;
	limits.presence_interval_ms = 10;
	limits.output_soft_ms = 1000;
	return limits;
}

static struct scenario_config mesh(const char *name)
{
	struct scenario_config config = {
		.topology = TOPOLOGY_MESH,
		.max_drones = 10000,
		.timeout_ms = 100,
	};

	copy(config.name, sizeof(config.name), slice_str(name));
	return config;
}

static struct scenario_config star(const char *name, enum spoke_policy policy)
{
	struct scenario_config config = mesh(name);

	config.topology = TOPOLOGY_STAR;
	config.spoke_to_spoke = policy;
	copy(config.hub, sizeof(config.hub), slice_str("hub"));
	return config;
}

static void configure_scenarios(struct scenario_config *scenarios)
{
	scenarios[FAKE_ALPHA] = mesh("alpha");
	scenarios[FAKE_ALPHA].has_origin = true;
	scenarios[FAKE_ALPHA].origin_latitude_deg = 47.0;
	scenarios[FAKE_ALPHA].origin_longitude_deg = 8.0;
	scenarios[FAKE_BETA] = mesh("beta");
	scenarios[FAKE_GAMMA] = mesh("gamma");
	scenarios[FAKE_GAMMA].max_drones = 2;
	scenarios[FAKE_STAR] = star("star", SPOKES_RELAY);
	scenarios[FAKE_DENY] = star("deny", SPOKES_DENY);
	scenarios[FAKE_SLOW] = mesh("slow");
	scenarios[FAKE_SLOW].delay_real = true;
	scenarios[FAKE_LATER] = mesh("later");
	scenarios[FAKE_LATER].on_simulator_down = DOWN_QUEUE;
	scenarios[FAKE_PAST] = mesh("past");
	scenarios[FAKE_PAST].on_simulator_down = DOWN_BYPASS;
}

void fake_configure(struct fake_gateway *gateway, const struct limits *limits)
{
	*gateway = (struct fake_gateway){
		.now = {.mono_us = 1000000, .unix_us = 1700000000000000},
		.simulators = {{.connections = 1, .max_in_flight = 65536},
			       {.name = "other", .connections = 1, .max_in_flight = 65536}},
	};
	configure_scenarios(gateway->scenarios);
	gateway->config = (struct core_config){
		.limits = *limits,
		.key = {1, 2},
		.first_session = 1,
		.simulators = gateway->simulators,
		.simulator_count = 1,
		.scenarios = gateway->scenarios,
		.scenario_count = FAKE_SCENARIOS,
	};
}

static uint32_t lane_count(const struct fake_gateway *gateway)
{
	uint32_t count = 0;

	for (size_t i = 0; i < gateway->config.simulator_count; i++) {
		count += gateway->simulators[i].connections;
	}
	return count;
}

void fake_start(struct fake_gateway *gateway)
{
	struct sim_port ports[FAKE_LANES];

	for (uint32_t i = 0; i < FAKE_LANES; i++) {
		gateway->lanes[i] = (struct fake_lane){.gateway = gateway, .index = i};
		ports[i] = (struct sim_port){&sim_ops, &gateway->lanes[i]};
	}
	if (lane_count(gateway) <= FAKE_LANES) {
		gateway->core = core_new(&gateway->config, ports, gateway->now);
	}
	if (!gateway->core) {
		abort();
	}
}

void fake_open(struct fake_gateway *gateway, const struct limits *limits)
{
	fake_configure(gateway, limits);
	fake_start(gateway);
}

void fake_close(struct fake_gateway *gateway)
{
	core_free(gateway->core);
	gateway->core = NULL;
}

int fake_end(struct fake_gateway *gateway)
{
	bool over = fake_all_is_over(gateway);

	if (!over) {
		fprintf(stderr, "fake_ports: something is open or not accounted for\n");
	}
	fake_close(gateway);
	return over ? 0 : -1;
}

void fake_reload(struct fake_gateway *gateway)
{
	if (core_reload(gateway->core, &gateway->config) < 0) {
		fprintf(stderr, "fake_ports: a reload fails\n");
		abort();
	}
}

void fake_accept(struct fake_gateway *gateway, uint32_t lane)
{
	for (uint32_t i = 1; i < FAKE_NUMBERS; i++) {
		if (gateway->lanes[lane].known[i]) {
			core_sim_status(gateway->core, lane, i, true, slice_of(NULL, 0));
		}
	}
}

void fake_lane_up(struct fake_gateway *gateway, uint32_t lane)
{
	struct fake_lane *at = &gateway->lanes[lane];

	memset(at->known, 0, sizeof(at->known));
	core_sim_up(gateway->core, lane);
	fake_accept(gateway, lane);
}

void fake_lane_down(struct fake_gateway *gateway, uint32_t lane)
{
	core_sim_down(gateway->core, lane, "test");
}

void fake_sim_up(struct fake_gateway *gateway)
{
	for (uint32_t i = 0; i < lane_count(gateway); i++) {
		fake_lane_up(gateway, i);
	}
}

void fake_sim_down(struct fake_gateway *gateway)
{
	for (uint32_t i = 0; i < lane_count(gateway); i++) {
		fake_lane_down(gateway, i);
	}
}

void fake_pass(struct fake_gateway *gateway, uint64_t us)
{
	gateway->now.mono_us += us;
	gateway->now.unix_us += us;
	core_now(gateway->core, gateway->now);
	core_tick(gateway->core);
}

void fake_attach(struct fake_gateway *gateway, struct fake_drone *drone, uint8_t host)
{
	struct endpoint endpoint = {.ops = &endpoint_ops, .ctx = drone};

	memset(drone, 0, offsetof(struct fake_drone, events));
	drone->gateway = gateway;
	endpoint.address[ENDPOINT_ADDRESS_BYTES - 1] = host;
	drone->session = core_attach(gateway->core, &endpoint);
}

struct request_registration fake_registration(const char *id)
{
	return (struct request_registration){
		.protocol = PROTOCOL_VERSION,
		.drone_id = slice_str(id),
	};
}

static enum core_verdict ask(struct fake_drone *drone, struct request *request)
{
	request->ref = ++drone->refs;
	return core_request(drone->gateway->core, drone->session, request);
}

enum core_verdict fake_register(struct fake_drone *drone,
				const struct request_registration *registration)
{
	struct request request = {.kind = REQUEST_REGISTRATION, .registration = *registration};

	return ask(drone, &request);
}

void fake_join(struct fake_gateway *gateway, struct fake_drone *drone, const char *id,
	       const char *scenario)
{
	struct request_registration registration = fake_registration(id);

	registration.scenario = slice_str(scenario);
	fake_attach(gateway, drone, 1);
	fake_register(drone, &registration);
}

enum core_verdict fake_ask(struct fake_drone *drone, enum request_kind kind, const char *name)
{
	struct request request = {.kind = kind, .name = slice_str(name)};

	return ask(drone, &request);
}

static enum core_verdict send_to(struct fake_drone *drone, enum send_to to, const char *name,
				 const char *payload, enum report_wish report)
{
	struct request request = {
		.kind = REQUEST_SEND,
		.send =
			{
				.to = to,
				.name = slice_str(name),
				.payload = slice_str(payload),
				.report = report,
			},
	};

	return ask(drone, &request);
}

enum core_verdict fake_send(struct fake_drone *drone, const char *to, const char *payload,
			    enum report_wish report)
{
	return send_to(drone, to ? SEND_TO_DRONE : SEND_TO_EVERYONE, to, payload, report);
}

enum core_verdict fake_send_group(struct fake_drone *drone, const char *group, const char *payload,
				  enum report_wish report)
{
	return send_to(drone, SEND_TO_GROUP, group, payload, report);
}

void fake_detach(struct fake_drone *drone)
{
	core_detach(drone->gateway->core, drone->session);
	drone->session = NULL;
}

uint32_t fake_node(const struct fake_drone *drone)
{
	return drone->session->member->node;
}

void fake_drain(struct fake_drone *drone)
{
	drone->queued = 0;
	if (drone->session) {
		core_drained(drone->gateway->core, drone->session);
	}
}

/* ------------------------------------------------------------------- to look at */

const struct fake_event *fake_last(const struct fake_drone *drone, uint32_t back)
{
	if (back >= drone->count || back >= FAKE_EVENTS) {
		return NULL;
	}
	return &drone->events[(drone->count - 1 - back) % FAKE_EVENTS];
}

const struct fake_event *fake_find(const struct fake_drone *drone, enum event_kind kind)
{
	const struct fake_event *event;

	for (uint32_t back = 0; (event = fake_last(drone, back)); back++) {
		if (event->kind == kind) {
			return event;
		}
	}
	return NULL;
}

uint32_t fake_count(const struct fake_drone *drone, enum event_kind kind)
{
	const struct fake_event *event;
	uint32_t count = 0;

	for (uint32_t back = 0; (event = fake_last(drone, back)); back++) {
		count += event->kind == kind;
	}
	return count;
}

const struct fake_item *fake_fate(const struct fake_drone *drone, const char *id)
{
	const struct fake_event *report = fake_find(drone, EVENT_SEND_REPORT);

	for (size_t i = 0; report && i < report->count && i < FAKE_ITEMS; i++) {
		if (strcmp(report->items[i].id, id) == 0) {
			return &report->items[i];
		}
	}
	return NULL;
}

const struct fake_transmit *fake_transmit(const struct fake_gateway *gateway, uint32_t back)
{
	const struct fake_simulator *sim = &gateway->sim;

	return back < sim->count && back < FAKE_TRANSMITS
		       ? &sim->transmits[(sim->count - 1 - back) % FAKE_TRANSMITS]
		       : NULL;
}

const struct fake_order *fake_order(const struct fake_gateway *gateway, uint32_t back)
{
	const struct fake_simulator *sim = &gateway->sim;

	return back < sim->order_count && back < FAKE_ORDERS
		       ? &sim->orders[(sim->order_count - 1 - back) % FAKE_ORDERS]
		       : NULL;
}

uint32_t fake_count_orders(const struct fake_gateway *gateway, enum fake_order_kind kind,
			   uint32_t scenario)
{
	const struct fake_order *order;
	uint32_t count = 0;

	for (uint32_t back = 0; (order = fake_order(gateway, back)); back++) {
		count += order->kind == kind && order->scenario == scenario;
	}
	return count;
}

bool fake_accounts_close(const struct fake_gateway *gateway)
{
	const struct stats *stats = core_stats(gateway->core);
	uint64_t decided = 0;

	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		decided += stats->outcomes[i];
	}
	return stats->accepted == decided + stats->pending;
}

static bool lanes_are_empty(const struct fake_gateway *gateway)
{
	for (uint32_t i = 0; i < lane_count(gateway); i++) {
		const struct lane *lane = &gateway->core->lanes[i];

		if (lane->in_channel || !list_empty(&lane->queues) || expiry_first(&lane->expiry)) {
			return false;
		}
	}
	return true;
}

bool fake_all_is_over(const struct fake_gateway *gateway)
{
	const struct core *core = gateway->core;

	return fake_accounts_close(gateway) && core->stats.pending == 0 &&
	       core->stats.waiting == 0 && core->stats.queued == 0 &&
	       core->inflight.in_channel == 0 && core->inflight.outside_bytes == 0 &&
	       core_in_flight(core) == 0 && core->fanout_bytes == 0 && lanes_are_empty(gateway);
}

struct reception fake_reception(uint32_t receiver, enum outcome outcome, const char *link)
{
	return (struct reception){
		.receiver = receiver,
		.outcome = outcome,
		.link_ok = true,
		.link = slice_str(link),
	};
}

void fake_result(struct fake_gateway *gateway, uint32_t back, const struct reception *receptions,
		 size_t count, bool more)
{
	const struct fake_transmit *transmit = fake_transmit(gateway, back);

	core_sim_result(gateway->core, transmit->lane, transmit->id, receptions, count, more);
}

void fake_answer_with(struct fake_gateway *gateway, enum outcome outcome, uint32_t delay_us)
{
	const struct fake_transmit *last = fake_transmit(gateway, 0);
	struct reception receptions[FAKE_ITEMS];
	size_t count = 0;

	while (last && count < last->count && count < FAKE_ITEMS) {
		receptions[count] = fake_reception(last->receivers[count], outcome, "");
		receptions[count].delay_us = delay_us;
		count++;
	}
	if (last) {
		fake_result(gateway, 0, receptions, count, false);
	}
}

void fake_answer(struct fake_gateway *gateway)
{
	fake_answer_with(gateway, OUTCOME_DELIVERED, 0);
}
