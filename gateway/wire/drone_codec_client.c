/* Events, as a drone reads them. Nothing is taken from the heap but through the
 * caller's arena. */
#include "drone.pb-c.h"
#include "wire/cold.h"
#include "wire/drone_codec.h"
#include "wire/drone_codec_parts.h"
#include "wire/schema.h"

static const char too_many[] = "a list that is longer than allowed";
static const char no_memory[] = "message too complex";

static enum codec_status bad(const char *what, const char **why)
{
	*why = what;
	return CODEC_BAD;
}

/* Room for the entries of a list. */
static enum codec_status take_room(struct arena *arena, size_t count, size_t size, void **room,
				   const char **why)
{
	if (count > EVENT_MAX_ENTRIES) {
		return bad(too_many, why);
	}
	*room = arena_take(arena, count * size);
	return *room ? CODEC_OK : bad(no_memory, why);
}

/* ------------------------------------------------- one function for each body */

enum { TOPOLOGIES = TOPOLOGY_STAR + 1, KINDS = DRONE_KIND_GROUND_STATION + 1 };

/* The message given is of the row's descriptor. Each enum passes through wire_known_value. */

static enum codec_status take_challenge(const void *message, struct arena *arena,
					struct event *event, const char **why)
{
	const Uav__Relay__V1__Challenge *body = message;

	(void)arena;
	(void)why;
	event->nonce = cold_slice(body->nonce);
	return CODEC_OK;
}

static enum codec_status take_welcome(const void *message, struct arena *arena, struct event *event,
				      const char **why)
{
	const Uav__Relay__V1__Welcome *body = message;

	(void)arena;
	(void)why;
	event->welcome = (struct event_welcome){
		.session = body->session,
		.time_us = body->time_us,
		.drone_id = slice_str(body->drone_id),
		.callsign = slice_str(body->callsign),
		.idle_timeout_ms = body->idle_timeout_ms,
		.ping_interval_ms = body->ping_interval_ms,
		.max_frame_bytes = body->max_frame_bytes,
		.max_payload_bytes = body->max_payload_bytes,
		.online = body->online,
		.protocol = body->protocol,
	};
	return CODEC_OK;
}

static struct scenario_entry scenario_of(const Uav__Relay__V1__ScenarioEntry *entry)
{
	return (struct scenario_entry){
		.name = slice_str(entry->name),
		.description = slice_str(entry->description),
		.hub = slice_str(entry->hub),
		.message = slice_str(entry->message),
		.topology = (enum topology_kind)wire_known_value(entry->topology, TOPOLOGIES),
		.drones = entry->drones,
		.max_drones = entry->max_drones,
		.available = entry->available,
	};
}

static enum codec_status take_scenarios(const void *message, struct arena *arena,
					struct event *event, const char **why)
{
	const Uav__Relay__V1__Scenarios *body = message;
	struct scenario_entry *entries;
	void *room;

	if (take_room(arena, body->n_entries, sizeof(*entries), &room, why) != CODEC_OK) {
		return CODEC_BAD;
	}
	entries = room;
	for (size_t i = 0; i < body->n_entries; i++) {
		entries[i] = scenario_of(body->entries[i]);
	}
	event->scenarios = (struct event_scenarios){entries, body->n_entries, body->more};
	return CODEC_OK;
}

static enum codec_status take_scenario_chosen(const void *message, struct arena *arena,
					      struct event *event, const char **why)
{
	const Uav__Relay__V1__ScenarioChosen *body = message;
	struct scenario_entry *entry;
	void *room;

	event->chosen = NULL;
	if (!body->scenario) {
		return CODEC_OK;
	}
	if (take_room(arena, 1, sizeof(*entry), &room, why) != CODEC_OK) {
		return CODEC_BAD;
	}
	entry = room;
	*entry = scenario_of(body->scenario);
	event->chosen = entry;
	return CODEC_OK;
}

static struct drone_traffic traffic_of(const Uav__Relay__V1__Traffic *traffic)
{
	return (struct drone_traffic){
		.sent = traffic->sent,
		.targets = traffic->targets,
		.delivered = traffic->delivered,
		.received = traffic->received,
		.heard = traffic->heard != NULL,
		.snr_db = traffic->heard ? traffic->heard->snr_db : 0,
	};
}

static struct drone_entry drone_of(const Uav__Relay__V1__DroneEntry *message)
{
	struct drone_entry entry = {
		.drone_id = slice_str(message->drone_id),
		.callsign = slice_str(message->callsign),
		.scenario = slice_str(message->scenario),
		.kind = (enum drone_kind)wire_known_value(message->kind, KINDS),
		.online_ms = message->online_ms,
		.idle_ms = message->idle_ms,
		.position = parts_position(message->position),
		.has_traffic = message->traffic != NULL,
	};

	if (message->traffic) {
		entry.stay = message->traffic->stay;
		entry.traffic = traffic_of(message->traffic);
	}
	return entry;
}

static enum codec_status take_drones(const void *message, struct arena *arena, struct event *event,
				     const char **why)
{
	const Uav__Relay__V1__Drones *body = message;
	struct drone_entry *entries;
	void *room;

	if (take_room(arena, body->n_entries, sizeof(*entries), &room, why) != CODEC_OK) {
		return CODEC_BAD;
	}
	entries = room;
	for (size_t i = 0; i < body->n_entries; i++) {
		entries[i] = drone_of(body->entries[i]);
	}
	event->drones = (struct event_drones){entries, body->n_entries, body->more};
	return CODEC_OK;
}

static enum codec_status take_done(const void *message, struct arena *arena, struct event *event,
				   const char **why)
{
	(void)message;
	(void)arena;
	(void)event;
	(void)why;
	return CODEC_OK;
}

static enum codec_status take_presence(const void *message, struct arena *arena,
				       struct event *event, const char **why)
{
	const Uav__Relay__V1__Presence *body = message;
	struct presence_entry *entries;
	void *room;

	if (take_room(arena, body->n_events, sizeof(*entries), &room, why) != CODEC_OK) {
		return CODEC_BAD;
	}
	entries = room;
	for (size_t i = 0; i < body->n_events; i++) {
		const Uav__Relay__V1__PresenceEvent *entry = body->events[i];

		entries[i] = (struct presence_entry){
			.drone_id = slice_str(entry->drone_id),
			.callsign = slice_str(entry->callsign),
			.scenario = slice_str(entry->scenario),
			.what = (enum presence_what)wire_known_value(entry->what,
								     PRESENCE_WHAT_COUNT),
			.reason =
				(enum goodbye_reason)wire_known_value(entry->reason, GOODBYE_COUNT),
		};
	}
	event->presence = (struct event_presence){entries, body->n_events, body->missed, 0};
	return CODEC_OK;
}

static enum codec_status take_error(const void *message, struct arena *arena, struct event *event,
				    const char **why)
{
	const Uav__Relay__V1__Error *body = message;

	(void)arena;
	(void)why;
	event->error = (struct event_error){
		.code = (enum error_code)wire_known_value(body->code, ERROR_COUNT),
		.message = slice_str(body->message),
	};
	return CODEC_OK;
}

static enum codec_status take_goodbye(const void *message, struct arena *arena, struct event *event,
				      const char **why)
{
	const Uav__Relay__V1__Goodbye *body = message;

	(void)arena;
	(void)why;
	event->goodbye = (struct event_goodbye){
		.reason = (enum goodbye_reason)wire_known_value(body->reason, GOODBYE_COUNT),
		.message = slice_str(body->message),
		.retry_after_ms = body->retry_after_ms,
	};
	return CODEC_OK;
}

static enum codec_status take_ping(const void *message, struct arena *arena, struct event *event,
				   const char **why)
{
	const Uav__Relay__V1__Ping *body = message;

	(void)arena;
	(void)why;
	event->ping = (struct ping){.nonce = body->nonce, .time_us = body->time_us};
	return CODEC_OK;
}

static enum codec_status take_pong(const void *message, struct arena *arena, struct event *event,
				   const char **why)
{
	const Uav__Relay__V1__Pong *body = message;

	(void)arena;
	(void)why;
	event->ping = (struct ping){.nonce = body->nonce, .time_us = body->time_us};
	return CODEC_OK;
}

/* -------------------------------------------------------------- hot bodies */

static enum codec_status read_delivery(struct slice body, struct arena *arena, struct event *event,
				       const char **why)
{
	struct hop *hops = arena_take(arena, EVENT_MAX_HOPS * sizeof(*hops));

	if (!hops) {
		return bad(no_memory, why);
	}
	if (hot_read_delivery(body, &event->delivery, hops, EVENT_MAX_HOPS) != HOT_OK) {
		return bad("a delivery that is malformed or not allowed", why);
	}
	return CODEC_OK;
}

/* Counts first, so that exactly what is needed is taken from the arena. -1: malformed. */
static int count_report(struct hot_report report, size_t *outcome_count, size_t *hop_count)
{
	struct hop hops[EVENT_MAX_HOPS];
	struct target_outcome outcome;
	int next;

	*outcome_count = 0;
	*hop_count = 0;
	while ((next = hot_report_next(&report, &outcome, hops, EVENT_MAX_HOPS)) > 0) {
		++*outcome_count;
		*hop_count += outcome.hop_count;
	}
	return next;
}

static enum codec_status read_report(struct slice body, struct arena *arena, struct event *event,
				     const char **why)
{
	struct target_outcome *outcomes;
	size_t outcome_count, hop_count;
	struct hot_report report;
	struct hop *hops;
	void *room;

	if (hot_report_begin(body, &report) != HOT_OK ||
	    count_report(report, &outcome_count, &hop_count) < 0) {
		return bad("a send_report that is malformed or not allowed", why);
	}
	if (take_room(arena, outcome_count, sizeof(*outcomes), &room, why) != CODEC_OK) {
		return CODEC_BAD;
	}
	outcomes = room;
	hops = arena_take(arena, hop_count * sizeof(*hops));
	if (!hops) {
		return bad(no_memory, why);
	}
	event->report = (struct event_send_report){
		.outcomes = outcomes, .count = outcome_count, .more = report.more};
	for (size_t i = 0; i < outcome_count; i++) {
		if (hot_report_next(&report, &outcomes[i], hops, hop_count) < 0) {
			return bad(no_memory, why);
		}
		hops += outcomes[i].hop_count;
		hop_count -= outcomes[i].hop_count;
	}
	return CODEC_OK;
}

/* ----------------------------------------------------------------- dispatch */

/* How one body becomes an event: by protobuf-c and `take`, or in place by `read`. */
struct event_row {
	enum event_kind kind;
	const ProtobufCMessageDescriptor *descriptor;
	enum codec_status (*take)(const void *message, struct arena *arena, struct event *event,
				  const char **why);
	enum codec_status (*read)(struct slice body, struct arena *arena, struct event *event,
				  const char **why);
};

#define BODY(name) UAV__RELAY__V1__FROM_GATEWAY__BODY_##name
#define COLD(name) &uav__relay__v1__##name##__descriptor, take_##name, NULL
#define HOT(name) NULL, NULL, read_##name

static const struct event_row rows[DRONE_LAST_BODY + 1] = {
	[BODY(DELIVERY)] = {EVENT_DELIVERY, HOT(delivery)},
	[BODY(SEND_REPORT)] = {EVENT_SEND_REPORT, HOT(report)},
	[BODY(PING)] = {EVENT_PING, COLD(ping)},
	[BODY(PONG)] = {EVENT_PONG, COLD(pong)},
	[BODY(PRESENCE)] = {EVENT_PRESENCE, COLD(presence)},
	[BODY(DONE)] = {EVENT_DONE, COLD(done)},
	[BODY(ERROR)] = {EVENT_ERROR, COLD(error)},
	[BODY(WELCOME)] = {EVENT_WELCOME, COLD(welcome)},
	[BODY(SCENARIOS)] = {EVENT_SCENARIOS, COLD(scenarios)},
	[BODY(SCENARIO_CHOSEN)] = {EVENT_SCENARIO_CHOSEN, COLD(scenario_chosen)},
	[BODY(DRONES)] = {EVENT_DRONES, COLD(drones)},
	[BODY(CHALLENGE)] = {EVENT_CHALLENGE, COLD(challenge)},
	[BODY(GOODBYE)] = {EVENT_GOODBYE, COLD(goodbye)},
};

enum codec_status drone_read_event(struct slice frame, struct arena *arena, struct event *event,
				   const char **why)
{
	static const struct envelope_form form = {ENVELOPE_REF, DRONE_FIRST_BODY, DRONE_LAST_BODY};
	const struct event_row *row;
	struct envelope envelope;
	ProtobufCMessage *message;

	if (envelope_read(frame, &form, &envelope, why) < 0) {
		return CODEC_BAD;
	}
	*event = (struct event){.kind = EVENT_COUNT, .ref = envelope.ref};
	if (!envelope.number) {
		return CODEC_OK;
	}
	row = &rows[envelope.number];
	event->kind = row->kind;
	if (row->read) {
		return row->read(envelope.body, arena, event, why);
	}
	if (schema_unpack(row->descriptor, envelope.body, arena, &message, why) > SCHEMA_NEWER) {
		return CODEC_BAD;
	}
	return row->take(message, arena, event, why);
}
