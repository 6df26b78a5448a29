/* presence, when it goes to many. */
#include "wire/envelope.h"
#include "wire/hot_codec.h"

enum { FROM_GATEWAY_PRESENCE = 6, PRESENCE_EVENTS = 1 };

enum {
	EVENT_DRONE_ID = 1,
	EVENT_CALLSIGN,
	EVENT_WHAT,
	EVENT_REASON,
	EVENT_SCENARIO,
};

static size_t entry_size(const struct presence_entry *entry)
{
	return wire_some_bytes_size(EVENT_DRONE_ID, entry->drone_id) +
	       wire_some_bytes_size(EVENT_CALLSIGN, entry->callsign) +
	       wire_some_uint_size(EVENT_WHAT, entry->what) +
	       wire_some_uint_size(EVENT_REASON, entry->reason) +
	       wire_some_bytes_size(EVENT_SCENARIO, entry->scenario);
}

static uint8_t *put_entry(uint8_t *at, const struct presence_entry *entry, size_t size)
{
	at = wire_put_varint(wire_put_tag(at, PRESENCE_EVENTS, WIRE_BYTES), size);
	at = wire_put_some_bytes(at, EVENT_DRONE_ID, entry->drone_id);
	at = wire_put_some_bytes(at, EVENT_CALLSIGN, entry->callsign);
	at = wire_put_some_uint(at, EVENT_WHAT, entry->what);
	at = wire_put_some_uint(at, EVENT_REASON, entry->reason);
	return wire_put_some_bytes(at, EVENT_SCENARIO, entry->scenario);
}

int hot_write_presence_entries(struct buf *room, const struct presence_entry *entries, size_t count)
{
	size_t total = count * sizeof(uint32_t);
	uint8_t *start, *end, *at;

	for (size_t i = 0; i < count; i++) {
		total += wire_bytes_size(PRESENCE_EVENTS, entry_size(&entries[i]));
	}
	if (buf_reserve(room, total) < 0) {
		return -1;
	}
	end = buf_tail(room);
	start = end + count * sizeof(uint32_t);
	at = start;
	for (size_t i = 0; i < count; i++) {
		uint32_t ends_at;

		at = put_entry(at, &entries[i], entry_size(&entries[i]));
		ends_at = (uint32_t)(at - start);
		memcpy(end, &ends_at, sizeof(ends_at));
		end += sizeof(ends_at);
	}
	buf_produce(room, total);
	return 0;
}

struct presence_bytes hot_presence_bytes(struct slice room, size_t count)
{
	size_t ends = count * sizeof(uint32_t);

	return (struct presence_bytes){
		.ends = room.data,
		.count = count,
		.entries = slice_of(room.data + ends, room.size - ends),
	};
}

/* Where entry `i` begins. */
static size_t start_of(const struct presence_bytes *bytes, size_t i)
{
	uint32_t start = 0;

	if (i) {
		memcpy(&start, bytes->ends + (i - 1) * sizeof(start), sizeof(start));
	}
	return start;
}

struct slice hot_presence_tail(const struct presence_bytes *bytes, size_t from)
{
	size_t start = start_of(bytes, from);

	return slice_of(bytes->entries.data + start, bytes->entries.size - start);
}

size_t hot_presence_head(uint8_t *head, size_t body_size, uint32_t max_frame)
{
	if (envelope_size(0, FROM_GATEWAY_PRESENCE, body_size) > max_frame) {
		return 0;
	}
	return (size_t)(envelope_put_head(head, 0, FROM_GATEWAY_PRESENCE, body_size) - head);
}

/* The entry behind the last that fits into one frame, from `from` on: at least one. */
static size_t frame_upto(const struct presence_bytes *bytes, size_t from, uint32_t max_frame)
{
	size_t start = start_of(bytes, from);
	size_t upto = from + 1;

	while (upto < bytes->count &&
	       envelope_size(0, FROM_GATEWAY_PRESENCE, start_of(bytes, upto + 1) - start) <=
		       max_frame) {
		upto++;
	}
	return upto;
}

int hot_write_presence(struct buf *out, const struct presence_bytes *bytes, size_t from,
		       uint32_t max_frame)
{
	size_t before = buf_size(out);

	while (from < bytes->count) {
		size_t upto = frame_upto(bytes, from, max_frame);
		size_t start = start_of(bytes, from);
		struct slice body =
			slice_of(bytes->entries.data + start, start_of(bytes, upto) - start);
		uint8_t *at = envelope_begin(out, 0, FROM_GATEWAY_PRESENCE, body.size);

		if (!at) {
			buf_truncate(out, before);
			return -1;
		}
		envelope_end(out, wire_put_raw(at, body));
		from = upto;
	}
	return 0;
}
