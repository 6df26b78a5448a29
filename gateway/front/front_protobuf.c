/* The project's own protocol: length-prefixed protobuf messages (proto/drone.proto).
 * What goes to many is encoded once: of a delivery the body up to its hops, of
 * presence the whole frames. */
#include "front/front.h"

#include "wire/drone_codec.h"
#include "wire/frame.h"
#include "wire/hot_codec.h"

static enum front_status read_request(struct slice bytes, uint32_t max_frame_bytes,
				      struct arena *arena, struct request *request, size_t *used,
				      const char **why)
{
	struct slice body;

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

/* Whether `encoded` holds what this front made for readers of `max_frame`. */
static bool is_ours(const struct encoded *encoded, uint32_t max_frame)
{
	return encoded->size > 0 && encoded->owner == &front_protobuf &&
	       encoded->max_frame == max_frame;
}

/* Lends the room to a buffer, empty, and takes it back with what was written. */
static struct buf lend(const struct encoded *encoded)
{
	return (struct buf){.data = encoded->data, .cap = encoded->cap};
}

static void take_back(struct encoded *encoded, const struct buf *buf, uint32_t max_frame)
{
	*encoded = (struct encoded){
		.owner = &front_protobuf,
		.max_frame = max_frame,
		.data = buf->data,
		.size = buf_size(buf),
		.cap = buf->cap,
	};
}

/* The largest frame is no part of what is kept of a delivery. */
static int write_delivery(struct buf *out, const struct event *event)
{
	const struct event_delivery *delivery = &event->delivery;
	struct encoded *encoded = event->encoded;
	int result = 0;

	if (!encoded) {
		return hot_write_whole_delivery(out, event->ref, delivery);
	}
	if (!is_ours(encoded, 0)) {
		struct buf body = lend(encoded);

		result = hot_write_delivery_body(&body, delivery);
		take_back(encoded, &body, 0);
	}
	if (result < 0) {
		return -1;
	}
	return hot_write_delivery(out, event->ref, slice_of(encoded->data, encoded->size),
				  delivery->hops, delivery->hop_count);
}

static int write_presence(struct buf *out, const struct event *event, uint32_t max_frame)
{
	struct encoded *encoded = event->encoded;
	int result = 0;

	if (!encoded || event->ref) {
		return drone_write_event(out, event, max_frame);
	}
	if (!is_ours(encoded, max_frame)) {
		struct buf frames = lend(encoded);

		result = drone_write_event(&frames, event, max_frame);
		take_back(encoded, &frames, max_frame);
	}
	return result < 0 ? -1 : buf_append(out, encoded->data, encoded->size);
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

static int write_event(struct buf *out, const struct event *event, uint32_t max_frame)
{
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

const struct front front_protobuf = {
	.name = "protobuf",
	.read = read_request,
	.write = write_event,
};
