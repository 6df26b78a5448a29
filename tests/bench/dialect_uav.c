/* The gateway's own two protocols. What is hot (send, delivery, transmit, result, presence)
 * is read as far as is needed and no further; all else goes through the codecs. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/rng.h"
#include "dialect.h"
#include "wire/channel_codec.h"
#include "wire/drone_codec.h"
#include "wire/envelope.h"

enum {
	MAX_FRAME_BYTES = 4 * 1024 * 1024, /* of the simulator's link; a drone's is smaller */
	MAX_RECEIVERS = 65536,
	ID_BYTES = NAME_MAX_BYTES + 1,
	REF = 1, /* one for all: the load tells replies apart by their kind */
};

enum {
	FROM_GATEWAY_DELIVERY = 2,
	FROM_GATEWAY_REPORT = 3,
	FROM_GATEWAY_PRESENCE = 6,
	TO_SIMULATOR_TRANSMIT = 1,
	TO_SIMULATOR_SET_SCENARIO = 4,
	TO_SIMULATOR_PING = 6,
	TO_SIMULATOR_HELLO = 7,
};
enum {
	DELIVERY_PAYLOAD = 4,
	REPORT_OUTCOMES = 1,
	REPORT_MORE = 2,
	PRESENCE_EVENTS = 1,
	EVENT_WHAT = 3,
	TARGET_OUTCOME = 2
};

static const struct envelope_form from_gateway = {ENVELOPE_REF, 2, 14};
static const struct envelope_form to_simulator = {0, 1, 7};

/* What reading needs besides the frame. One for all connections: a program has one thread
 * and is done with a frame before it reads the next. */
static struct arena *scratch(void)
{
	static struct arena arena;

	if (arena.cap) {
		arena_reset(&arena);
	} else {
		arena_init(&arena, (size_t)4 * MAX_FRAME_BYTES);
	}
	return &arena;
}

static struct slice id_of(const struct shape *shape, uint32_t drone, char room[ID_BYTES])
{
	int size = snprintf(room, ID_BYTES, "%s%05u", shape->drone_prefix, drone);

	return slice_of(room, size < ID_BYTES ? (size_t)size : ID_BYTES - 1);
}

/* One frame from the front: its size, 0 when it is cut short, -1. */
static ssize_t take_frame(struct slice bytes, const struct envelope_form *form,
			  struct envelope *envelope)
{
	const char *why;
	struct slice body;
	size_t used;

	switch (frame_read(bytes, MAX_FRAME_BYTES, &body, &used, &why)) {
	case FRAME_MORE:
		return 0;
	case FRAME_OK:
		return envelope_read(body, form, envelope, &why) == 0 ? (ssize_t)used : -1;
	default:
		return -1;
	}
}

/* The frame's body, for the codecs that read the whole of it. */
static struct slice body_of(struct slice frame)
{
	const char *why;
	struct slice body = {0};
	size_t used;

	return frame_read(frame, MAX_FRAME_BYTES, &body, &used, &why) == FRAME_OK
		       ? body
		       : (struct slice){0};
}

/* ------------------------------------------------------------- the drone's side */

static bool names_scenario(const struct shape *shape)
{
	return shape->scenario && *shape->scenario;
}

static int drone_hello(const struct shape *shape, uint32_t drone, struct buf *out)
{
	char id[ID_BYTES];
	struct request request = {
		.kind = REQUEST_REGISTRATION,
		.ref = REF,
		.registration =
			{
				.protocol = PROTOCOL_VERSION,
				.drone_id = id_of(shape, drone, id),
				.software = slice_str("bench"),
				.scenario = slice_str(shape->scenario),
				.presence =
					shape->presence ? PRESENCE_WISH_ALL : PRESENCE_WISH_NONE,
			},
	};

	return drone_write_request(out, &request);
}

static int drone_send(const struct shape *shape, uint32_t drone, uint32_t target,
		      struct slice payload, struct buf *out)
{
	char id[ID_BYTES];
	struct request_send send = {
		.to = target == BENCH_EVERYONE ? SEND_TO_EVERYONE : SEND_TO_DRONE,
		.payload = payload,
		.report = shape->reports ? REPORT_WISH_ALL : REPORT_WISH_NONE,
	};

	(void)drone;
	if (target != BENCH_EVERYONE) {
		send.name = id_of(shape, target, id);
	}
	return hot_write_send(out, shape->reports ? REF : 0, &send);
}

/* Another callsign and, with the next turn, back to the id. */
static int drone_change(const struct shape *shape, uint32_t drone, uint32_t turn, struct buf *out)
{
	char id[ID_BYTES], callsign[ID_BYTES + 1] = "";
	struct request request = {.kind = REQUEST_RENAME};

	if (turn % 2 == 0) {
		(void)snprintf(callsign, sizeof(callsign), "%.*s'",
			       SLICE_ARG(id_of(shape, drone, id)));
	}
	request.name = slice_str(callsign);
	return drone_write_request(out, &request);
}

/* The payload stands before the hops, which are not looked at. */
static bool read_delivery(struct slice body, struct heard *heard)
{
	struct wire_reader reader = wire_reader_of(body);
	struct wire_field field = {0};

	while (wire_next(&reader, &field) > 0) {
		if (field.tag == WIRE_TAG(DELIVERY_PAYLOAD, WIRE_BYTES)) {
			heard->kind = HEARD_DELIVERY;
			heard->payload = field.bytes;
			return true;
		}
	}
	return false;
}

/* With its times: sent_at_us, the delay of each hop, and late_by_us, which the last one has. */
static bool read_timed(struct slice body, struct heard *heard)
{
	struct event_delivery delivery;
	struct hop hops[EVENT_MAX_HOPS];

	if (hot_read_delivery(body, &delivery, hops, EVENT_MAX_HOPS) != HOT_OK) {
		return false;
	}
	heard->kind = HEARD_DELIVERY;
	heard->payload = delivery.payload;
	heard->delay_us = 0;
	heard->late_us = 0;
	for (size_t i = 0; i < delivery.hop_count; i++) {
		struct link_numbers numbers;

		if (!hops[i].link.data || link_read(hops[i].link, &numbers) != HOT_OK) {
			return false;
		}
		heard->delay_us += numbers.delay_us;
		heard->late_us = hops[i].late_by_us;
	}
	heard->due_us = delivery.sent_at_us + heard->delay_us;
	return true;
}

/* That a drone is in a scenario is told besides that it is there, in an event of its own,
 * and does not count; nor does who goes. */
static bool tells_of_drone(struct slice event)
{
	struct wire_reader reader = wire_reader_of(event);
	struct wire_field field = {0};

	while (wire_next(&reader, &field) > 0) {
		if (field.tag == WIRE_TAG(EVENT_WHAT, WIRE_VARINT)) {
			return field.value == PRESENCE_WHAT_ONLINE ||
			       field.value == PRESENCE_WHAT_RENAMED;
		}
	}
	return false;
}

static uint32_t outcome_of(struct slice target)
{
	struct wire_reader reader = wire_reader_of(target);
	struct wire_field field = {0};

	while (wire_next(&reader, &field) > 0) {
		if (field.tag == WIRE_TAG(TARGET_OUTCOME, WIRE_VARINT)) {
			return (uint32_t)field.value;
		}
	}
	return 0;
}

static bool read_presence(struct slice body, struct heard *heard)
{
	struct wire_reader reader = wire_reader_of(body);
	struct wire_field field = {0};
	int next;

	heard->kind = HEARD_PRESENCE;
	heard->count = 0;
	while ((next = wire_next(&reader, &field)) > 0) {
		heard->count += field.tag == WIRE_TAG(PRESENCE_EVENTS, WIRE_BYTES) &&
				tells_of_drone(field.bytes);
	}
	return next == 0;
}

static void count_target(struct heard *heard, uint32_t outcome)
{
	heard->count++;
	if (outcome == OUTCOME_DELIVERED) {
		heard->delivered++;
	} else {
		heard->outcome = outcome;
	}
}

static bool read_report(struct slice body, struct heard *heard)
{
	struct wire_reader reader = wire_reader_of(body);
	struct wire_field field = {0};
	int next;

	*heard = (struct heard){.kind = HEARD_REPORT};
	while ((next = wire_next(&reader, &field)) > 0) {
		if (field.tag == WIRE_TAG(REPORT_OUTCOMES, WIRE_BYTES)) {
			count_target(heard, outcome_of(field.bytes));
		} else if (field.tag == WIRE_TAG(REPORT_MORE, WIRE_VARINT)) {
			heard->more = field.value != 0;
		}
	}
	return next == 0;
}

static void refuse(struct heard *heard, const char *what, const char *name, struct slice message)
{
	heard->kind = HEARD_REFUSED;
	(void)snprintf(heard->why, sizeof(heard->why), "%s %s: %.*s", what, name,
		       SLICE_ARG(message));
}

/* Ready is who may send: a scenario that the simulator has not accepted yet is told of once
 * more when it has. */
static void take_chosen(const struct shape *shape, const struct scenario_entry *chosen,
			struct heard *heard)
{
	if (names_scenario(shape) && chosen && chosen->available &&
	    slice_equal(chosen->name, slice_str(shape->scenario))) {
		heard->kind = HEARD_READY;
	}
}

static int take_event(const struct shape *shape, const struct event *event, struct heard *heard,
		      struct buf *out)
{
	heard->kind = HEARD_NOTHING;
	switch (event->kind) {
	case EVENT_WELCOME:
		heard->kind = names_scenario(shape) ? HEARD_NOTHING : HEARD_READY;
		return 0;
	case EVENT_SCENARIO_CHOSEN:
		take_chosen(shape, event->chosen, heard);
		return 0;
	case EVENT_ERROR:
		refuse(heard, "error", error_name(event->error.code), event->error.message);
		return 0;
	case EVENT_GOODBYE:
		refuse(heard, "goodbye", goodbye_name(event->goodbye.reason),
		       event->goodbye.message);
		return 0;
	case EVENT_PING: {
		struct request pong = {.kind = REQUEST_PONG, .ping = {.nonce = event->ping.nonce}};

		return drone_write_request(out, &pong);
	}
	default:
		return 0;
	}
}

static bool read_other(const struct shape *shape, struct slice frame, struct heard *heard,
		       struct buf *out)
{
	struct event event;
	const char *why;

	return drone_read_event(body_of(frame), scratch(), &event, &why) == CODEC_OK &&
	       take_event(shape, &event, heard, out) == 0;
}

static ssize_t drone_read(const struct shape *shape, uint32_t drone, struct slice bytes,
			  struct heard *heard, struct buf *out)
{
	struct envelope envelope;
	ssize_t used = take_frame(bytes, &from_gateway, &envelope);
	bool read;

	(void)drone;
	if (used <= 0) {
		return used;
	}
	switch (envelope.number) {
	case FROM_GATEWAY_DELIVERY:
		read = shape->timed ? read_timed(envelope.body, heard)
				    : read_delivery(envelope.body, heard);
		break;
	case FROM_GATEWAY_PRESENCE:
		read = read_presence(envelope.body, heard);
		break;
	case FROM_GATEWAY_REPORT:
		read = read_report(envelope.body, heard);
		break;
	default:
		read = read_other(shape, slice_of(bytes.data, (size_t)used), heard, out);
	}
	return read ? used : -1;
}

/* ------------------------------------------------------- the simulator's side */

/* Every field is set. The numbers are those of a slow link over a satellite, so that the whole
 * takes BENCH_LINK_BYTES. */
static const struct link_numbers slow_link = {
	.delay_us = 2523456,
	.propagation_ns = 123456789,
	.airtime_us = 2400000,
	.tx_power_dbm = 33,
	.rx_power_dbm = -121.4f,
	.path_loss_db = 154.4f,
	.snr_db = 4.6f,
	.sinr_db = 4.5f,
	.packet_error_rate = 1e-4f,
	.doppler_hz = 12.5f,
	.distance_m = 37011500.0f,
	.line_of_sight = LINE_OF_SIGHT_LOS,
	.bit_errors = 300,
};

static struct slice link_bytes(const struct shape *shape)
{
	static uint8_t bytes[LINK_MAX_BYTES];
	static size_t size;

	if (!size) {
		struct link_numbers told = slow_link;

		if (shape->valid_for_us) { /* nothing is to be lost of what it is not asked */
			told.packet_error_rate = 1e-12f;
			told.bit_errors = 0;
		}
		size = link_write(bytes, &told);
	}
	return slice_of(bytes, size);
}

/* With this message's own delay; valid until the next. */
static struct slice delayed_link(const struct shape *shape, uint64_t id)
{
	static uint8_t bytes[LINK_MAX_BYTES];
	struct link_numbers numbers = slow_link;
	uint32_t apart_us = shape->delay_most_us - shape->delay_least_us;

	numbers.delay_us = shape->delay_least_us + (uint32_t)(rng_mix(id) % (apart_us + 1ull));
	return slice_of(bytes, link_write(bytes, &numbers));
}

/* Grown to the most receivers that there were. NULL: memory is out. */
static struct reception *receptions_for(const struct shape *shape, const uint32_t *receivers,
					size_t count, struct slice link)
{
	static struct reception *receptions;
	static size_t room;

	if (count > room) {
		struct reception *more = realloc(receptions, count * sizeof(*receptions));

		if (!more) {
			return NULL;
		}
		receptions = more;
		room = count;
	}
	for (size_t i = 0; i < count; i++) {
		receptions[i] = (struct reception){
			.receiver = receivers[i],
			.outcome = OUTCOME_DELIVERED,
			.link = link,
			.valid_for_us = shape->valid_for_us,
		};
	}
	return receptions;
}

/* In results of `piece` receptions. */
static bool write_pieces(struct buf *out, uint64_t id, const struct reception *receptions,
			 size_t count, size_t piece)
{
	while (piece && count > piece) {
		if (hot_write_result(out, id, receptions, piece, true) < 0) {
			return false;
		}
		receptions += piece;
		count -= piece;
	}
	return hot_write_result(out, id, receptions, count, false) == 0;
}

static bool answer_transmit(const struct shape *shape, struct slice body, struct buf *out)
{
	static uint32_t receivers[MAX_RECEIVERS];
	struct sim_transmit transmit;
	const struct reception *receptions;

	if (hot_read_transmit(body, &transmit, receivers, MAX_RECEIVERS) != HOT_OK) {
		return false;
	}
	receptions = receptions_for(shape, receivers, transmit.receiver_count,
				    shape->delay_most_us ? delayed_link(shape, transmit.id)
							 : link_bytes(shape));
	return (receptions || transmit.receiver_count == 0) &&
	       write_pieces(out, transmit.id, receptions, transmit.receiver_count, shape->piece);
}

static bool answer_other(struct slice frame, struct buf *out)
{
	struct from_sim answer;
	struct to_sim message;
	const char *why;

	if (channel_read_to_sim(body_of(frame), scratch(), &message, &why) != CODEC_OK) {
		return false;
	}
	switch (message.kind) {
	case TO_SIM_HELLO:
		answer = (struct from_sim){
			.kind = FROM_SIM_HELLO_ACK,
			.hello_ack = {.protocol = PROTOCOL_VERSION,
				      .simulator = slice_str("bench")},
		};
		break;
	case TO_SIM_SET_SCENARIO:
		answer = (struct from_sim){
			.kind = FROM_SIM_SCENARIO_STATUS,
			.status = {.scenario = message.set_scenario.scenario, .ok = true},
		};
		break;
	case TO_SIM_PING:
		answer = (struct from_sim){.kind = FROM_SIM_PONG, .pong = message.ping};
		break;
	default:
		return true;
	}
	return channel_write_from_sim(out, &answer) == 0;
}

static ssize_t simulator_read(const struct shape *shape, struct slice bytes, struct buf *out)
{
	struct envelope envelope;
	ssize_t used = take_frame(bytes, &to_simulator, &envelope);
	bool answered = true;

	if (used <= 0) {
		return used;
	}
	switch (envelope.number) {
	case TO_SIMULATOR_TRANSMIT:
		answered = answer_transmit(shape, envelope.body, out);
		break;
	case TO_SIMULATOR_HELLO:
	case TO_SIMULATOR_SET_SCENARIO:
	case TO_SIMULATOR_PING:
		answered = answer_other(slice_of(bytes.data, (size_t)used), out);
		break;
	default: /* nodes: nothing that is computed here depends on where they are */
		break;
	}
	return answered ? used : -1;
}

static int simulator_hello(const struct shape *shape, struct buf *out)
{
	(void)shape;
	(void)out;
	return 0; /* the gateway speaks first */
}

const struct dialect dialect_uav = {
	.name = "uav",
	.drone_hello = drone_hello,
	.drone_send = drone_send,
	.drone_change = drone_change,
	.drone_read = drone_read,
	.simulator_hello = simulator_hello,
	.simulator_read = simulator_read,
};
