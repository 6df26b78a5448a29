#include "lib/fake_ports.h"

#include <stdio.h>
#include <stdlib.h>

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

static void note_report(struct fake_event *at, const struct event_send_report *report)
{
	for (size_t i = 0; i < report->count && i < FAKE_ITEMS; i++) {
		const struct target_outcome *outcome = &report->outcomes[i];
		struct fake_item *item = &at->items[i];

		copy(item->id, sizeof(item->id), outcome->drone_id);
		item->what = (int)outcome->outcome;
		item->reason = (int)outcome->reason;
		item->hop_count = outcome->hop_count;
		if (outcome->hop_count) {
			item->hop_outcome = (int)outcome->hops[0].outcome;
			copy(item->link, sizeof(item->link), outcome->hops[0].link);
		}
	}
	at->count = report->count;
	at->more = report->more;
}

static void note_presence(struct fake_event *at, const struct event_presence *presence)
{
	for (size_t i = 0; i < presence->count && i < FAKE_ITEMS; i++) {
		struct fake_item *item = &at->items[i];

		copy(item->id, sizeof(item->id), presence->entries[i].drone_id);
		copy(item->scenario, sizeof(item->scenario), presence->entries[i].scenario);
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
	item->hop_count = delivery->hop_count;
	item->hop_outcome = (int)delivery->hops[0].outcome;
	copy(item->link, sizeof(item->link), delivery->hops[0].link);
	copy(at->text, sizeof(at->text), delivery->payload);
	at->number = delivery->sequence;
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
		copy(at->text, sizeof(at->text), event->goodbye.message);
		break;
	case EVENT_PING:
	case EVENT_PONG:
		at->number = event->ping.nonce;
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

static void on_set_scenario(void *ctx, const struct sim_scenario *scenario)
{
	struct fake_gateway *gateway = ctx;

	port(gateway, true);
	gateway->sim.scenarios += scenario->scenario != 0;
	port(gateway, false);
}

static void on_remove_scenario(void *ctx, uint32_t scenario)
{
	struct fake_gateway *gateway = ctx;

	(void)scenario;
	port(gateway, true);
	gateway->sim.scenarios--;
	port(gateway, false);
}

static void on_set_node(void *ctx, const struct sim_node *node)
{
	struct fake_gateway *gateway = ctx;

	port(gateway, true);
	gateway->sim.nodes_set++;
	gateway->sim.node = *node;
	gateway->sim.node.name = slice_of(NULL, 0);
	port(gateway, false);
}

static void on_remove_node(void *ctx, uint32_t scenario, uint32_t node)
{
	struct fake_gateway *gateway = ctx;

	(void)scenario;
	(void)node;
	port(gateway, true);
	gateway->sim.nodes_removed++;
	port(gateway, false);
}

static void on_transmit(void *ctx, const struct sim_transmit *transmit)
{
	struct fake_gateway *gateway = ctx;
	struct fake_simulator *sim = &gateway->sim;
	struct fake_transmit *at = &sim->transmits[sim->count++ % FAKE_TRANSMITS];

	port(gateway, true);
	*at = (struct fake_transmit){
		.id = transmit->id,
		.sequence = transmit->sequence,
		.scenario = transmit->scenario,
		.transmitter = transmit->transmitter,
		.count = transmit->receiver_count,
		.payload_size = transmit->payload.size,
	};
	for (size_t i = 0; i < transmit->receiver_count && i < FAKE_ITEMS; i++) {
		at->receivers[i] = transmit->receivers[i];
	}
	port(gateway, false);
}

static bool on_full(const void *ctx)
{
	return ((const struct fake_gateway *)ctx)->sim.full;
}

static void on_reset(void *ctx, const char *why)
{
	struct fake_gateway *gateway = ctx;

	(void)why;
	port(gateway, true);
	gateway->sim.resets++;
	port(gateway, false);
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

void fake_open(struct fake_gateway *gateway, const struct limits *limits)
{
	static const struct scenario_config scenarios[FAKE_SCENARIOS] = {
		{
			.name = "alpha",
			.topology = TOPOLOGY_MESH,
			.max_drones = 10000,
			.timeout_ms = 100,
			.has_origin = true,
			.origin_latitude_deg = 47.0,
			.origin_longitude_deg = 8.0,
		},
		{.name = "beta", .topology = TOPOLOGY_MESH, .max_drones = 10000, .timeout_ms = 100},
		{.name = "gamma", .topology = TOPOLOGY_MESH, .max_drones = 2, .timeout_ms = 100},
	};
	struct core_config config = {
		.limits = *limits,
		.key = {1, 2},
		.first_session = 1,
		.simulators = &(struct simulator_config){.connections = 1, .max_in_flight = 65536},
		.simulator_count = 1,
		.scenarios = scenarios,
		.scenario_count = FAKE_SCENARIOS,
	};

	*gateway = (struct fake_gateway){
		.now = {.mono_us = 1000000, .unix_us = 1700000000000000},
	};
	gateway->core = core_new(&config, &(struct sim_port){&sim_ops, gateway}, gateway->now);
	if (!gateway->core) {
		abort();
	}
}

void fake_close(struct fake_gateway *gateway)
{
	core_free(gateway->core);
	gateway->core = NULL;
}

void fake_sim_up(struct fake_gateway *gateway)
{
	core_sim_up(gateway->core, 0);
	for (uint32_t i = 1; i <= FAKE_SCENARIOS; i++) {
		core_sim_status(gateway->core, 0, i, true, slice_of(NULL, 0));
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

	*drone = (struct fake_drone){.gateway = gateway};
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

enum core_verdict fake_send(struct fake_drone *drone, const char *to, const char *payload,
			    enum report_wish report)
{
	struct request request = {
		.kind = REQUEST_SEND,
		.send =
			{
				.to = to ? SEND_TO_DRONE : SEND_TO_EVERYONE,
				.name = slice_str(to),
				.payload = slice_str(payload),
				.report = report,
			},
	};

	return ask(drone, &request);
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

const struct fake_transmit *fake_transmit(const struct fake_gateway *gateway, uint32_t back)
{
	const struct fake_simulator *sim = &gateway->sim;

	return back < sim->count && back < FAKE_TRANSMITS
		       ? &sim->transmits[(sim->count - 1 - back) % FAKE_TRANSMITS]
		       : NULL;
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

struct reception fake_reception(uint32_t receiver, enum outcome outcome, const char *link)
{
	return (struct reception){
		.receiver = receiver,
		.outcome = outcome,
		.link_ok = true,
		.link = slice_str(link),
	};
}

void fake_answer(struct fake_gateway *gateway)
{
	const struct fake_transmit *last = fake_transmit(gateway, 0);
	struct reception receptions[FAKE_ITEMS];
	size_t count = 0;

	while (last && count < last->count && count < FAKE_ITEMS) {
		receptions[count] = fake_reception(last->receivers[count], OUTCOME_DELIVERED, "");
		count++;
	}
	if (last) {
		core_sim_result(gateway->core, 0, last->id, receptions, count, false);
	}
}
