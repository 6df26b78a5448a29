/* Events, as the gateway writes them. */
#include "drone.pb-c.h"
#include "wire/cold.h"
#include "wire/drone_codec.h"
#include "wire/drone_codec_parts.h"

#define BODY(name) UAV__RELAY__V1__FROM_GATEWAY__BODY_##name

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ----------------------------------------------------- events of one frame */

static int write_challenge(struct buf *out, const struct event *event)
{
	Uav__Relay__V1__Challenge body = UAV__RELAY__V1__CHALLENGE__INIT;

	body.nonce = cold_bytes(event->nonce);
	return cold_write(out, event->ref, BODY(CHALLENGE), &body.base);
}

static int write_welcome(struct buf *out, const struct event *event)
{
	const struct event_welcome *welcome = &event->welcome;
	char id[NAME_MAX_BYTES + 1], callsign[CALLSIGN_MAX_BYTES + 1];
	Uav__Relay__V1__Welcome body = UAV__RELAY__V1__WELCOME__INIT;

	body.session = welcome->session;
	body.drone_id = cold_cut_text(id, sizeof(id), welcome->drone_id);
	body.callsign = cold_cut_text(callsign, sizeof(callsign), welcome->callsign);
	body.idle_timeout_ms = welcome->idle_timeout_ms;
	body.ping_interval_ms = welcome->ping_interval_ms;
	body.max_frame_bytes = welcome->max_frame_bytes;
	body.max_payload_bytes = welcome->max_payload_bytes;
	body.online = welcome->online;
	body.time_us = welcome->time_us;
	body.protocol = welcome->protocol;
	return cold_write(out, event->ref, BODY(WELCOME), &body.base);
}

static int write_done(struct buf *out, const struct event *event)
{
	Uav__Relay__V1__Done body = UAV__RELAY__V1__DONE__INIT;

	return cold_write(out, event->ref, BODY(DONE), &body.base);
}

static int write_error(struct buf *out, const struct event *event)
{
	char message[DESCRIPTION_MAX_BYTES + 1];
	Uav__Relay__V1__Error body = UAV__RELAY__V1__ERROR__INIT;

	body.code = (Uav__Relay__V1__ErrorCode)event->error.code;
	body.message = cold_cut_text(message, sizeof(message), event->error.message);
	return cold_write(out, event->ref, BODY(ERROR), &body.base);
}

static int write_goodbye(struct buf *out, const struct event *event)
{
	char message[DESCRIPTION_MAX_BYTES + 1];
	Uav__Relay__V1__Goodbye body = UAV__RELAY__V1__GOODBYE__INIT;

	body.reason = (Uav__Relay__V1__GoodbyeReason)event->goodbye.reason;
	body.message = cold_cut_text(message, sizeof(message), event->goodbye.message);
	body.retry_after_ms = event->goodbye.retry_after_ms;
	return cold_write(out, event->ref, BODY(GOODBYE), &body.base);
}

static int write_ping(struct buf *out, const struct event *event)
{
	Uav__Relay__V1__Ping body = UAV__RELAY__V1__PING__INIT;

	body.nonce = event->ping.nonce;
	body.time_us = event->ping.time_us;
	return cold_write(out, event->ref, BODY(PING), &body.base);
}

static int write_pong(struct buf *out, const struct event *event)
{
	Uav__Relay__V1__Pong body = UAV__RELAY__V1__PONG__INIT;

	body.nonce = event->ping.nonce;
	body.time_us = event->ping.time_us;
	return cold_write(out, event->ref, BODY(PONG), &body.base);
}

/* -------------------------------------------------------- entries of lists */

/* A Traffic and what it points to. */
struct traffic_room {
	Uav__Relay__V1__Traffic traffic;
	Uav__Relay__V1__Heard heard;
};

/* One generated entry and all that it points to. */
struct entry_room {
	union {
		ProtobufCMessage base;
		Uav__Relay__V1__ScenarioEntry scenario;
		Uav__Relay__V1__DroneEntry drone;
		Uav__Relay__V1__PresenceEvent presence;
	};
	struct parts_position_room position;
	struct traffic_room traffic;
	char id[NAME_MAX_BYTES + 1], other[NAME_MAX_BYTES + 1];
	char callsign[CALLSIGN_MAX_BYTES + 1];
	char description[DESCRIPTION_MAX_BYTES + 1], message[DESCRIPTION_MAX_BYTES + 1];
};

/* Every entry fits a frame of its own, of FRAME_LEAST_BYTES: the longest, a ScenarioEntry,
 * has two descriptions, and less than 120 bytes for two names, five numbers and its frame. */
_Static_assert(2 * DESCRIPTION_MAX_BYTES + 120 <= FRAME_LEAST_BYTES, "a scenario fits any frame");

static void fill_scenario(struct entry_room *room, const void *entries, size_t i)
{
	const struct scenario_entry *entry = (const struct scenario_entry *)entries + i;
	Uav__Relay__V1__ScenarioEntry *message = &room->scenario;

	uav__relay__v1__scenario_entry__init(message);
	message->name = cold_cut_text(room->id, sizeof(room->id), entry->name);
	message->description =
		cold_cut_text(room->description, sizeof(room->description), entry->description);
	message->topology = (Uav__Relay__V1__Topology)entry->topology;
	message->hub = cold_cut_text(room->other, sizeof(room->other), entry->hub);
	message->drones = entry->drones;
	message->max_drones = entry->max_drones;
	message->available = entry->available;
	message->message = cold_cut_text(room->message, sizeof(room->message), entry->message);
}

/* Fills `room`. NULL: unknown. */
static Uav__Relay__V1__Traffic *traffic_message(struct traffic_room *room,
						const struct drone_entry *entry)
{
	const struct drone_traffic *traffic = &entry->traffic;

	if (!entry->has_traffic) {
		return NULL;
	}
	uav__relay__v1__traffic__init(&room->traffic);
	room->traffic.stay = entry->stay;
	room->traffic.sent = traffic->sent;
	room->traffic.targets = traffic->targets;
	room->traffic.delivered = traffic->delivered;
	room->traffic.received = traffic->received;
	if (traffic->heard) {
		uav__relay__v1__heard__init(&room->heard);
		room->heard.snr_db = traffic->snr_db;
		room->traffic.heard = &room->heard;
	}
	return &room->traffic;
}

static void fill_drone(struct entry_room *room, const void *entries, size_t i)
{
	const struct drone_entry *entry = (const struct drone_entry *)entries + i;
	Uav__Relay__V1__DroneEntry *message = &room->drone;

	uav__relay__v1__drone_entry__init(message);
	message->drone_id = cold_cut_text(room->id, sizeof(room->id), entry->drone_id);
	message->callsign = cold_cut_text(room->callsign, sizeof(room->callsign), entry->callsign);
	message->kind = (Uav__Relay__V1__Kind)entry->kind;
	message->scenario = cold_cut_text(room->other, sizeof(room->other), entry->scenario);
	message->online_ms = entry->online_ms;
	message->idle_ms = entry->idle_ms;
	message->position = parts_position_message(&room->position, &entry->position);
	message->traffic = traffic_message(&room->traffic, entry);
}

static void fill_presence(struct entry_room *room, const void *entries, size_t i)
{
	const struct presence_entry *entry = (const struct presence_entry *)entries + i;
	Uav__Relay__V1__PresenceEvent *message = &room->presence;

	uav__relay__v1__presence_event__init(message);
	message->drone_id = cold_cut_text(room->id, sizeof(room->id), entry->drone_id);
	message->callsign = cold_cut_text(room->callsign, sizeof(room->callsign), entry->callsign);
	message->what = (Uav__Relay__V1__PresenceWhat)entry->what;
	message->reason = (Uav__Relay__V1__GoodbyeReason)entry->reason;
	message->scenario = cold_cut_text(room->other, sizeof(room->other), entry->scenario);
}

static int write_scenario_chosen(struct buf *out, const struct event *event)
{
	Uav__Relay__V1__ScenarioChosen body = UAV__RELAY__V1__SCENARIO_CHOSEN__INIT;
	struct entry_room room;

	if (event->chosen) {
		fill_scenario(&room, event->chosen, 0);
		body.scenario = &room.scenario;
	}
	return cold_write(out, event->ref, BODY(SCENARIO_CHOSEN), &body.base);
}

/* ------------------------------------------------------------------- lists */

/* Scenarios, Drones and Presence have one form: the entries, and a number behind
 * them (`more`, `missed`). */
enum { LIST_ENTRIES = 1, LIST_NUMBER = 2 };

struct list {
	uint32_t body; /* field number of the list's message */
	const void *entries;
	size_t count;
	void (*fill)(struct entry_room *room, const void *entries, size_t i);
	uint32_t number_between; /* on all frames but the last */
	uint32_t number_at_end;
};

/* Bytes for entries in a frame, with the larger of the two numbers put aside. */
static size_t room_for_entries(const struct list *list, uint32_t ref, uint32_t max_frame)
{
	uint32_t number = list->number_between > list->number_at_end ? list->number_between
								     : list->number_at_end;

	return max_frame - (envelope_size(ref, list->body, max_frame) - max_frame) -
	       wire_some_uint_size(LIST_NUMBER, number);
}

/* How many entries from `first` on go into one frame, and their bytes. */
static size_t count_fitting(const struct list *list, size_t first, uint32_t ref, uint32_t max_frame,
			    size_t *size)
{
	size_t room = room_for_entries(list, ref, max_frame);
	size_t most = least(list->count - first, EVENT_MAX_ENTRIES);
	struct entry_room entry;
	size_t count;

	*size = 0;
	for (count = 0; count < most; count++) {
		size_t one;

		list->fill(&entry, list->entries, first + count);
		one = wire_bytes_size(LIST_ENTRIES,
				      protobuf_c_message_get_packed_size(&entry.base));
		if (count > 0 && *size + one > room) {
			break;
		}
		*size += one;
	}
	return count;
}

static uint8_t *put_entries(uint8_t *at, const struct list *list, size_t first, size_t count)
{
	struct entry_room entry;

	for (size_t i = first; i < first + count; i++) {
		list->fill(&entry, list->entries, i);
		at = wire_put_tag(at, LIST_ENTRIES, WIRE_BYTES);
		at = wire_put_varint(at, protobuf_c_message_get_packed_size(&entry.base));
		at += protobuf_c_message_pack(&entry.base, at);
	}
	return at;
}

/* Writes one frame; *first moves past what went in. */
static int write_list_frame(struct buf *out, const struct list *list, size_t *first, uint32_t ref,
			    uint32_t max_frame)
{
	size_t size, count = count_fitting(list, *first, ref, max_frame, &size);
	bool last = *first + count == list->count;
	uint32_t number = last ? list->number_at_end : list->number_between;
	uint8_t *at = envelope_begin(out, ref, list->body,
				     size + wire_some_uint_size(LIST_NUMBER, number));

	if (!at) {
		return -1;
	}
	at = put_entries(at, list, *first, count);
	envelope_end(out, wire_put_some_uint(at, LIST_NUMBER, number));
	*first += count;
	return 0;
}

static int write_list(struct buf *out, const struct list *list, uint32_t ref, uint32_t max_frame)
{
	size_t before = buf_size(out);
	size_t first = 0;

	do {
		if (write_list_frame(out, list, &first, ref, max_frame) < 0) {
			buf_truncate(out, before);
			return -1;
		}
	} while (first < list->count);
	return 0;
}

static int write_scenarios(struct buf *out, const struct event *event, uint32_t max_frame)
{
	const struct list list = {
		.body = BODY(SCENARIOS),
		.entries = event->scenarios.entries,
		.count = event->scenarios.count,
		.fill = fill_scenario,
		.number_between = true,
		.number_at_end = event->scenarios.more,
	};

	return write_list(out, &list, event->ref, max_frame);
}

static int write_drones(struct buf *out, const struct event *event, uint32_t max_frame)
{
	const struct list list = {
		.body = BODY(DRONES),
		.entries = event->drones.entries,
		.count = event->drones.count,
		.fill = fill_drone,
		.number_between = true,
		.number_at_end = event->drones.more,
	};

	return write_list(out, &list, event->ref, max_frame);
}

static int write_presence(struct buf *out, const struct event *event, uint32_t max_frame)
{
	const struct list list = {
		.body = BODY(PRESENCE),
		.entries = event->presence.entries,
		.count = event->presence.count,
		.fill = fill_presence,
		.number_between = 0,
		.number_at_end = event->presence.missed,
	};

	return write_list(out, &list, event->ref, max_frame);
}

int drone_write_event(struct buf *out, const struct event *event, uint32_t max_frame)
{
	switch (event->kind) {
	case EVENT_CHALLENGE:
		return write_challenge(out, event);
	case EVENT_WELCOME:
		return write_welcome(out, event);
	case EVENT_SCENARIOS:
		return write_scenarios(out, event, max_frame);
	case EVENT_SCENARIO_CHOSEN:
		return write_scenario_chosen(out, event);
	case EVENT_DRONES:
		return write_drones(out, event, max_frame);
	case EVENT_DONE:
		return write_done(out, event);
	case EVENT_PRESENCE:
		return write_presence(out, event, max_frame);
	case EVENT_ERROR:
		return write_error(out, event);
	case EVENT_GOODBYE:
		return write_goodbye(out, event);
	case EVENT_PING:
		return write_ping(out, event);
	case EVENT_PONG:
		return write_pong(out, event);
	case EVENT_DELIVERY:
	case EVENT_SEND_REPORT:
	case EVENT_ASIDE: /* nothing that this protocol has */
	case EVENT_COUNT:
		break;
	}
	return -1;
}
