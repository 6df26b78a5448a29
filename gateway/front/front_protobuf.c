/* The project's own protocol: length-prefixed protobuf messages (proto/drone.proto).
 * What goes to many is encoded once: of a delivery the body up to its hops, of
 * presence the entries. */
#include "front/front.h"

#include "wire/drone_codec.h"
#include "wire/frame.h"
#include "wire/hot_codec.h"

static enum front_status read_request(struct slice bytes, size_t looked, uint32_t max_frame_bytes,
				      const struct names *names, struct arena *arena,
				      struct request *request, size_t *used, const char **why)
{
	struct slice body;

	(void)looked; /* a frame tells its size */
	(void)names;  /* ids are all it speaks of */
	switch (frame_read(bytes, max_frame_bytes, &body, used, why)) {
	case FRAME_MORE:
		return FRONT_MORE;
	case FRAME_OK:
		break;
	case FRAME_BAD:
		return FRONT_BAD;
	}
	return drone_read_request(body, arena, request, why) == CODEC_OK ? FRONT_OK : FRONT_BAD;
}

static int write_delivery(struct buf *out, const struct event *event)
{
	const struct event_delivery *delivery = &event->delivery;
	struct encoded *encoded;
	int result = 0;

	if (!event->encoded) {
		return hot_write_whole_delivery(out, event->ref, delivery);
	}
	encoded = front_room(event->encoded, &front_protobuf);
	if (!front_has_kept(encoded, &front_protobuf, EVENT_DELIVERY)) {
		struct buf body = front_lend_room(encoded);

		result = hot_write_delivery_body(&body, delivery);
		front_take_back(encoded, &front_protobuf, EVENT_DELIVERY, &body);
	}
	if (result < 0) {
		return -1;
	}
	return hot_write_delivery(out, event->ref, slice_of(encoded->data, encoded->size),
				  delivery->hops, delivery->hop_count);
}

/* The entries that this event has in common with others, encoded once. NULL when memory is
 * out. */
static const struct presence_bytes *shared_entries(const struct event *event,
						   struct presence_bytes *bytes)
{
	const struct event_presence *presence = &event->presence;
	size_t count = presence->before + presence->count;
	struct encoded *encoded = front_room(event->encoded, &front_protobuf);

	if (!front_has_kept(encoded, &front_protobuf, EVENT_PRESENCE)) {
		struct buf room = front_lend_room(encoded);
		int result = hot_write_presence_entries(&room, presence->entries - presence->before,
							count);

		front_take_back(encoded, &front_protobuf, EVENT_PRESENCE, &room);
		if (result < 0) {
			encoded->size = 0;
			return NULL;
		}
	}
	*bytes = hot_presence_bytes(slice_of(encoded->data, encoded->size), count);
	return bytes;
}

static int write_presence(struct buf *out, const struct event *event, uint32_t max_frame)
{
	struct presence_bytes bytes;

	if (!event->encoded || event->ref || event->presence.missed) {
		return drone_write_event(out, event, max_frame);
	}
	if (!shared_entries(event, &bytes)) {
		return -1;
	}
	return hot_write_presence(out, &bytes, event->presence.before, max_frame);
}

/* Presence for many readers is large and, behind its first bytes, the same for all. */
static bool lend_event(const struct event *event, uint32_t max_frame, struct lent *lent)
{
	struct presence_bytes bytes;

	if (event->kind != EVENT_PRESENCE || !event->encoded || event->ref ||
	    event->presence.missed || !shared_entries(event, &bytes)) {
		return false;
	}
	lent->tail = hot_presence_tail(&bytes, event->presence.before);
	lent->head_size = hot_presence_head(lent->head, lent->tail.size, max_frame);
	return lent->head_size > 0;
}

/* Frame after frame until all outcomes are written. */
static int write_send_report(struct buf *out, const struct event *event, uint32_t max_frame)
{
	struct event_send_report rest = event->report;
	size_t before = buf_size(out);
	size_t taken;

	for (;;) {
		if (hot_write_send_report(out, event->ref, &rest, max_frame, &taken) < 0) {
			buf_truncate(out, before);
			return -1;
		}
		if (taken == rest.count) {
			return 0;
		}
		rest.outcomes += taken;
		rest.count -= taken;
	}
}

static int write_event(struct buf *out, const struct event *event, uint32_t max_frame,
		       const struct names *names)
{
	(void)names;
	switch (event->kind) {
	case EVENT_DELIVERY:
		return write_delivery(out, event);
	case EVENT_PRESENCE:
		return write_presence(out, event, max_frame);
	case EVENT_SEND_REPORT:
		return write_send_report(out, event, max_frame);
	default:
		return drone_write_event(out, event, max_frame);
	}
}

_Static_assert(FRONT_AROUND_MAX >= FRAME_PREFIX_MAX, "a frame's prefix has room");
_Static_assert(LENT_HEAD_MAX >= HOT_HEAD_MAX, "a lent frame's head has room");

const struct front front_protobuf = {
	.name = "protobuf",
	.read = read_request,
	.size = frame_size,
	.write = write_event,
	.lend = lend_event,
};
