/* What the gateway's frames measure, by the gateway's own writers: ids as the load's, numbers
 * as large as they are in the middle of a run. limit_relay's frames are as large. */
#include <stdio.h>

#include "load.h"
#include "wire/channel_codec.h"
#include "wire/drone_codec.h"

enum { DRONE = 123, OTHER = 124, NODE = 501, ID_BYTES = 64 };
static const uint64_t message_id = 0x1000001f4, sequence = 54321;
static const uint64_t unix_us = 1767225600000000; /* 2026-01-01 */

static struct slice drone_id(const struct shape *shape)
{
	static char id[ID_BYTES];
	int size = snprintf(id, sizeof(id), "%s%05u", shape->drone_prefix, (uint32_t)DRONE);

	return slice_of(id, (size_t)size);
}

/* The Link as the bench's simulator writes it is in the dialect's hands: as many bytes. */
static struct slice some_link(void)
{
	static const uint8_t bytes[BENCH_LINK_BYTES];

	return slice_of(bytes, sizeof(bytes));
}

/* Bytes appended since the last call. */
static uint32_t taken(struct buf *buf, bool *written, int status)
{
	uint32_t size = (uint32_t)buf_size(buf);

	*written &= status == 0;
	buf_clear(buf);
	return size;
}

static int write_send(const struct shape *shape, struct buf *out, struct slice payload)
{
	return dialect_uav.drone_send(shape, DRONE, OTHER, payload, out);
}

static int write_transmit(struct buf *out, struct slice payload)
{
	static const uint32_t receiver = NODE;
	const struct sim_transmit transmit = {
		.id = message_id,
		.scenario = 1,
		.transmitter = NODE + 1,
		.origin = NODE + 1,
		.receivers = &receiver,
		.receiver_count = 1,
		.sequence = sequence,
		.payload = payload,
		.sent_at_us = unix_us,
	};

	return hot_write_transmit(out, &transmit);
}

static int write_result(struct buf *out, size_t receivers)
{
	const struct reception one = {
		.receiver = NODE,
		.outcome = OUTCOME_DELIVERED,
		.link = some_link(),
	};
	const struct reception receptions[] = {one, one};

	return hot_write_result(out, message_id, receptions, receivers, false);
}

static int write_delivery(const struct shape *shape, struct buf *out, struct slice payload)
{
	const struct hop hop = {
		.transmitter = drone_id(shape),
		.receiver = drone_id(shape),
		.outcome = OUTCOME_DELIVERED,
		.source = SOURCE_LIVE,
		.link = some_link(),
	};
	const struct event_delivery delivery = {
		.sender = drone_id(shape),
		.sequence = sequence,
		.payload = payload,
		.sent_at_us = unix_us,
		.hops = &hop,
		.hop_count = 1,
	};

	return hot_write_whole_delivery(out, 0, &delivery);
}

/* The welcome, and that it was put into its scenario. */
static int write_welcome(const struct shape *shape, struct buf *out)
{
	const struct event welcome = {
		.kind = EVENT_WELCOME,
		.ref = 1,
		.welcome =
			{
				.session = NODE,
				.drone_id = drone_id(shape),
				.callsign = drone_id(shape),
				.idle_timeout_ms = 30000,
				.ping_interval_ms = 10000,
				.max_frame_bytes = 65536,
				.max_payload_bytes = 64512,
				.online = NODE,
				.time_us = unix_us,
				.protocol = PROTOCOL_VERSION,
			},
	};
	const struct scenario_entry entry = {
		.name = slice_str(shape->scenario),
		.topology = TOPOLOGY_MESH,
		.drones = NODE,
		.max_drones = 10000,
		.available = true,
	};
	const struct event chosen = {.kind = EVENT_SCENARIO_CHOSEN, .ref = 1, .chosen = &entry};

	if (drone_write_event(out, &welcome, UINT32_MAX) < 0) {
		return -1;
	}
	return entry.name.size ? drone_write_event(out, &chosen, UINT32_MAX) : 0;
}

/* Of one drone: that it is there, and that it is in its scenario. The frame around them is
 * shared by many and is not counted. */
static int write_presence(const struct shape *shape, struct buf *out, size_t drones)
{
	struct presence_entry entries[4];
	size_t count = 0;

	for (size_t i = 0; i < drones; i++) {
		entries[count] = (struct presence_entry){
			.drone_id = drone_id(shape),
			.callsign = drone_id(shape),
			.what = PRESENCE_WHAT_ONLINE,
		};
		if (shape->scenario && *shape->scenario) {
			entries[count + 1] = entries[count];
			entries[++count].what = PRESENCE_WHAT_SCENARIO;
			entries[count].scenario = slice_str(shape->scenario);
		}
		count++;
	}
	return drone_write_event(out,
				 &(struct event){.kind = EVENT_PRESENCE,
						 .presence = {.entries = entries, .count = count}},
				 UINT32_MAX);
}

static bool measure(const struct shape *shape, struct slice payload, struct frame_sizes *sizes)
{
	struct buf out;
	bool ok = true;

	buf_init(&out);
	sizes->send = taken(&out, &ok, write_send(shape, &out, payload));
	sizes->transmit = taken(&out, &ok, write_transmit(&out, payload));
	sizes->result = taken(&out, &ok, write_result(&out, 1));
	sizes->result_more = taken(&out, &ok, write_result(&out, 2)) - sizes->result;
	sizes->delivery = taken(&out, &ok, write_delivery(shape, &out, payload));
	sizes->registration = taken(&out, &ok, dialect_uav.drone_hello(shape, DRONE, &out));
	sizes->welcome = taken(&out, &ok, write_welcome(shape, &out));
	sizes->presence = taken(&out, &ok, write_presence(shape, &out, 1));
	sizes->presence = taken(&out, &ok, write_presence(shape, &out, 2)) - sizes->presence;
	buf_fini(&out);
	return ok;
}

int load_print_sizes(const struct shape *shape)
{
	static uint8_t payload[4000000];
	struct frame_sizes sizes = {0};

	if (!measure(shape, slice_of(payload, shape->payload_bytes), &sizes)) {
		return -1;
	}
	printf("%u,%u,%u,%u,%u,%u,%u,%u\n", sizes.send, sizes.transmit, sizes.result,
	       sizes.delivery, sizes.result_more, sizes.registration, sizes.welcome,
	       sizes.presence);
	return 0;
}
