/* What a drone reads from a gateway that may be hostile. First byte: whether the arena
 * is small, and the largest frame for writing; then one frame. What can be read must
 * be writable in frames that are not too large, and can be read again. */
#include <stdio.h>
#include <stdlib.h>

#include "front/front.h"
#include "wire/drone_codec.h"
#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SMALL_ARENA = 2048, ARENA = 4 * 1024 * 1024, FRAME_MAX = 64 * 1024 };

static void must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "event: %s\n", what);
		abort();
	}
}

static void check_hops(const struct hop *hops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		must(hops[i].outcome < OUTCOME_COUNT && hops[i].reason < REASON_COUNT &&
			     hops[i].source < SOURCE_COUNT,
		     "a hop with an unknown value");
	}
}

static void check_values(const struct event *event)
{
	switch (event->kind) {
	case EVENT_DELIVERY:
		check_hops(event->delivery.hops, event->delivery.hop_count);
		break;
	case EVENT_SEND_REPORT:
		for (size_t i = 0; i < event->report.count; i++) {
			must(event->report.outcomes[i].outcome < OUTCOME_COUNT,
			     "an unknown outcome");
			check_hops(event->report.outcomes[i].hops,
				   event->report.outcomes[i].hop_count);
		}
		break;
	case EVENT_PRESENCE:
		for (size_t i = 0; i < event->presence.count; i++) {
			must(event->presence.entries[i].what < PRESENCE_WHAT_COUNT &&
				     event->presence.entries[i].reason < GOODBYE_COUNT,
			     "an unknown presence");
		}
		break;
	case EVENT_ERROR:
		must(event->error.code < ERROR_COUNT, "an unknown error");
		break;
	case EVENT_GOODBYE:
		must(event->goodbye.reason < GOODBYE_COUNT, "an unknown goodbye");
		break;
	default:
		break;
	}
}

/* Deliveries are not cut to the reader's largest frame; all else is. */
static void check_frames(struct slice bytes, const struct event *event, uint32_t max_frame)
{
	uint32_t most = event->kind == EVENT_DELIVERY ? UINT32_MAX : max_frame;
	struct arena arena;
	struct event again;
	struct slice body;
	const char *why;
	size_t used;

	arena_init(&arena, ARENA);
	while (bytes.size) {
		must(frame_read(bytes, most, &body, &used, &why) == FRAME_OK,
		     "a frame that is too large, or none");
		arena_reset(&arena);
		must(drone_read_event(body, &arena, &again, &why) == CODEC_OK,
		     "our own frame cannot be read");
		must(again.kind == event->kind && again.ref == event->ref, "another event");
		bytes = slice_of(bytes.data + used, bytes.size - used);
	}
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t max_frame;
	const char *why = NULL;
	struct arena arena;
	struct event event;
	struct buf out;

	if (size < 1 || size > FRAME_MAX) {
		return 0;
	}
	max_frame = FRAME_LEAST_BYTES << (data[0] >> 1 & 7);
	arena_init(&arena, data[0] & 1 ? SMALL_ARENA : ARENA);
	buf_init(&out);
	if (drone_read_event(slice_of(data + 1, size - 1), &arena, &event, &why) != CODEC_OK) {
		must(why != NULL, "no word on what is wrong");
	} else if (event.kind != EVENT_COUNT && event.kind != EVENT_CHALLENGE) {
		check_values(&event);
		must(front_protobuf.write(&out, &event, max_frame) == 0, "cannot be written again");
		must(buf_size(&out) > 0, "nothing was written");
		check_frames(buf_slice(&out), &event, max_frame);
	}
	must(arena.used <= arena.cap, "more memory than the cap");
	buf_fini(&out);
	arena_fini(&arena);
	return 0;
}
