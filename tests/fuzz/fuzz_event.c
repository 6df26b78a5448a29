/* What a drone reads from a gateway that may be hostile. First byte: whether the arena
 * is small, and the largest frame for writing; then one frame. What can be read must
 * be writable in frames that are not too large, and can be read again. Presence is written
 * as for many readers too, of which each is told another part. */
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

static bool same_entry(const struct presence_entry *a, const struct presence_entry *b)
{
	return slice_equal(a->drone_id, b->drone_id) && slice_equal(a->callsign, b->callsign) &&
	       slice_equal(a->scenario, b->scenario) && a->what == b->what &&
	       a->reason == b->reason;
}

/* The frames tell exactly these entries. */
static void check_entries(struct slice bytes, const struct event_presence *presence)
{
	struct arena arena;
	struct event again;
	struct slice body;
	size_t used, at = 0;
	const char *why;

	arena_init(&arena, ARENA);
	for (; bytes.size; bytes = slice_of(bytes.data + used, bytes.size - used)) {
		must(frame_read(bytes, UINT32_MAX, &body, &used, &why) == FRAME_OK, "no frame");
		arena_reset(&arena);
		must(drone_read_event(body, &arena, &again, &why) == CODEC_OK,
		     "presence for many cannot be read");
		for (size_t i = 0; i < again.presence.count; i++, at++) {
			must(at < presence->count &&
				     same_entry(&again.presence.entries[i], &presence->entries[at]),
			     "presence for many tells something else");
		}
	}
	must(at == presence->count, "presence for many tells less");
	arena_fini(&arena);
}

/* What is lent is what is written, if that is one frame. */
static void check_lent(struct slice written, const struct event *event, uint32_t max_frame)
{
	struct lent lent;
	struct slice body;
	const char *why;
	size_t used;

	must(frame_read(written, max_frame, &body, &used, &why) == FRAME_OK, "no frame");
	if (!front_protobuf.lend(event, max_frame, &lent)) {
		must(used < written.size, "one frame, and it is not lent");
		return;
	}
	must(lent.head_size <= LENT_HEAD_MAX && lent.head_size + lent.tail.size == written.size &&
		     memcmp(lent.head, written.data, lent.head_size) == 0 &&
		     memcmp(lent.tail.data, written.data + lent.head_size, lent.tail.size) == 0,
	     "what is lent is not what is written");
}

/* As the core has checked names: what is for many is not shortened to fit a frame. */
static bool has_names_of_ours(const struct event_presence *presence)
{
	for (size_t i = 0; i < presence->count; i++) {
		const struct presence_entry *entry = &presence->entries[i];

		if (entry->drone_id.size > NAME_MAX_BYTES ||
		    entry->callsign.size > CALLSIGN_MAX_BYTES ||
		    entry->scenario.size > NAME_MAX_BYTES) {
			return false;
		}
	}
	return true;
}

/* As if readers had come before each of the entries, or so. */
static void check_for_many(const struct event *event, uint32_t max_frame)
{
	const struct event_presence whole = event->presence;
	struct encoded encoded = {0};
	struct event part = *event;
	struct buf out;

	part.encoded = &encoded;
	part.ref = 0;
	buf_init(&out);
	for (size_t from = 0; from < whole.count; from += 1 + from / 2) {
		part.presence =
			(struct event_presence){whole.entries + from, whole.count - from, 0, from};
		buf_clear(&out);
		must(front_protobuf.write(&out, &part, max_frame, NULL) == 0, "cannot be written");
		check_frames(buf_slice(&out), &part, max_frame);
		check_entries(buf_slice(&out), &part.presence);
		check_lent(buf_slice(&out), &part, max_frame);
	}
	buf_fini(&out);
	free(encoded.data);
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
		must(front_protobuf.write(&out, &event, max_frame, NULL) == 0,
		     "cannot be written again");
		must(buf_size(&out) > 0, "nothing was written");
		check_frames(buf_slice(&out), &event, max_frame);
		if (event.kind == EVENT_PRESENCE && has_names_of_ours(&event.presence)) {
			check_for_many(&event, max_frame);
		}
	}
	must(arena.used <= arena.cap, "more memory than the cap");
	buf_fini(&out);
	arena_fini(&arena);
	return 0;
}
