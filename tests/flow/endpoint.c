/* The ports of a drone: its queue, and what must never happen to it whatever the event. */
#include <stdlib.h>

#include "world.h"

/* ---------------------------------------------------------------- replies */

struct reply *conn_expect(struct conn *conn, enum reply_kind kind, uint32_t ref)
{
	struct reply *reply;

	FLOW_HOLDS(conn->world, conn->reply_count < FLOW_REPLIES, "too many replies are awaited");
	reply = &conn->replies[conn->reply_count++];
	*reply = (struct reply){.kind = kind, .ref = ref};
	return reply;
}

struct reply *conn_find_reply(struct conn *conn, enum reply_kind kind, uint32_t ref)
{
	for (uint32_t i = 0; i < conn->reply_count; i++) {
		if (conn->replies[i].kind == kind && conn->replies[i].ref == ref) {
			return &conn->replies[i];
		}
	}
	return NULL;
}

void conn_drop_reply(struct conn *conn, struct reply *reply)
{
	*reply = conn->replies[--conn->reply_count];
}

struct reply *conn_listing(struct conn *conn)
{
	for (uint32_t i = 0; i < conn->reply_count; i++) {
		if (conn->replies[i].kind == REPLY_SCENARIOS ||
		    conn->replies[i].kind == REPLY_DRONES) {
			return &conn->replies[i];
		}
	}
	return NULL;
}

/* ------------------------------------------------------------------ the end */

size_t conn_bound(const struct conn *conn)
{
	return conn->state == CONN_ACTIVE || conn->will_register || conn->freed
		       ? conn->world->limits.output_hard_bytes
		       : conn->world->limits.max_frame_bytes_unregistered;
}

bool conn_has_room(const struct conn *conn)
{
	return conn->queue < conn->world->limits.output_soft_bytes / 2;
}

bool conn_passed(const struct conn *conn, uint64_t since_us, uint32_t allowed_ms)
{
	return conn->world->now.mono_us >= since_us + allowed_ms * 1000ull;
}

uint32_t conn_frame_limit(const struct conn *conn)
{
	uint32_t limit = conn->world->limits.max_frame_bytes;

	return conn->frame_limit > limit ? conn->frame_limit : limit;
}

bool conn_silenced(const struct conn *conn)
{
	return conn->held != HELD_NOT;
}

void conn_over(struct conn *conn, enum goodbye_reason reason)
{
	struct world *world = conn->world;
	struct conn *rival = conn->rival;

	world_trace(world, "%u: over, %s", conn->slot, goodbye_name(reason));
	world->want.goodbyes[reason]++;
	world->ended = world->in_core;
	if (reason == GOODBYE_TOO_SLOW) {
		world->unseen_errors++;
	}
	if (conn->state == CONN_ACTIVE) {
		presence_new(world, conn, PRESENCE_WHAT_OFFLINE, reason, conn->place, 0);
		stay_leave(conn);
	}
	if (reason == GOODBYE_TAKEN_OVER) {
		note_takeover(world, conn);
	}
	if (rival && conn->state == CONN_ACTIVE) {
		rival->freed = true;
		rival->state = CONN_NEW;
		rival->partial_us = world->now.mono_us;
	}
	if (rival) {
		rival->rival = NULL;
	}
	conn->rival = NULL;
	conn->state = CONN_OVER;
	conn->reply_count = 0;
	conn->woken = false;
	conn->held = HELD_NOT;
	conn->pushes = 0;
	if (world->drones[conn->slot].conn == conn) {
		world->drones[conn->slot].conn = NULL;
	}
}

/* ---------------------------------------------------------------- the ports */

enum { DIGEST_BYTES = sizeof(uint64_t) };

static uint64_t digest_add(uint64_t digest, struct slice bytes)
{
	size_t size = bytes.size < 40 ? bytes.size : 40;

	for (size_t i = 0; i < size; i++) {
		digest = (digest ^ bytes.data[i]) * 0x100000001b3u;
	}
	return rng_mix(digest ^ bytes.size);
}

static uint64_t digest_of(const struct event *event)
{
	const struct event_presence *presence = &event->presence;
	uint64_t digest = event->kind;

	if (event->kind == EVENT_DELIVERY) {
		digest = digest_add(digest, event->delivery.sender);
		digest = digest_add(digest, event->delivery.payload);
		digest = digest_add(digest, event->delivery.content_type);
		return rng_mix(digest ^ event->delivery.sequence);
	}
	/* the whole page, of which this reader may be told the end alone */
	for (size_t i = 0; i < presence->before + presence->count; i++) {
		const struct presence_entry *entry = presence->entries - presence->before + i;

		digest = digest_add(digest, entry->drone_id);
		digest = digest_add(digest, entry->callsign);
		digest = rng_mix(digest ^ entry->what);
	}
	return rng_mix(digest ^ presence->missed);
}

/* As a front does: what is kept from an earlier event must be the same event. */
static void use_encoded(const struct conn *conn, const struct event *event)
{
	struct encoded *encoded = event->encoded;
	uint64_t digest;

	if (!encoded) {
		return;
	}
	FLOW_HOLDS(conn->world, event->kind == EVENT_DELIVERY || event->kind == EVENT_PRESENCE,
		   "an event that is not to many comes with room to keep it");
	digest = digest_of(event);
	if (encoded->size == 0) {
		if (encoded->cap < sizeof(digest)) {
			free(encoded->data);
			encoded->data = malloc(DIGEST_BYTES);
			encoded->cap = sizeof(digest);
		}
		memcpy(encoded->data, &digest, sizeof(digest));
		encoded->size = sizeof(digest);
	}
	FLOW_HOLDS(conn->world, memcmp(encoded->data, &digest, sizeof(digest)) == 0,
		   "what is kept of an event to many is another event's");
}

static size_t size_of(const struct event *event)
{
	switch (event->kind) {
	case EVENT_SCENARIOS:
		return 12 + 90 * event->scenarios.count;
	case EVENT_DRONES:
		return 12 + 60 * event->drones.count;
	case EVENT_PRESENCE:
		return 12 + 40 * event->presence.count;
	case EVENT_DELIVERY:
		return 80 + event->delivery.payload.size;
	case EVENT_SEND_REPORT:
		return 12 + 60 * event->report.count;
	default:
		return 40;
	}
}

static void grow_queue(struct conn *conn, const struct event *event)
{
	const struct limits *limits = &conn->world->limits;

	conn->queue += size_of(event);
	if (!conn_has_room(conn) && !conn->no_room_since_us) {
		conn->no_room_since_us = conn->world->now.mono_us;
	}
	if (conn->queue > limits->output_soft_bytes && !conn->over_soft_since_us) {
		conn->over_soft_since_us = conn->world->now.mono_us;
	}
}

static bool on_emit(void *ctx, const struct event *event, uint32_t max_frame)
{
	struct conn *conn = ctx;
	struct world *world = conn->world;
	bool taken = !conn->refuse || event->kind == EVENT_GOODBYE;

	world_port(world, true);
	FLOW_HOLDS(world, conn->state != CONN_OVER, "%u: event %d after the end", conn->slot,
		   (int)event->kind);
	if (event->kind == EVENT_WELCOME) {
		conn->frame_limit = world->limits.max_frame_bytes;
	}
	if (event->kind == EVENT_WELCOME && conn->wanted_max_frame &&
	    conn->wanted_max_frame < world->limits.max_frame_bytes) {
		conn->max_frame = conn->wanted_max_frame;
	}
	FLOW_HOLDS(world, max_frame == conn->max_frame,
		   "%u: frames of %u for a drone that takes %u", conn->slot, max_frame,
		   conn->max_frame);
	FLOW_HOLDS(world, event->kind == EVENT_GOODBYE || conn->queue <= conn_bound(conn),
		   "%u: more is written to a reader over its bound", conn->slot);
	world->tally->events++;
	use_encoded(conn, event);
	if (!taken) {
		conn->refused = true;
	} else if (event->kind != EVENT_GOODBYE) {
		grow_queue(conn, event);
	}
	see(conn, event, taken);
	world_port(world, false);
	return taken;
}

static size_t on_queued(const void *ctx)
{
	return ((const struct conn *)ctx)->queue;
}

static void on_resume(void *ctx)
{
	struct conn *conn = ctx;
	struct world *world = conn->world;

	world_port(world, true);
	FLOW_HOLDS(world, conn->state != CONN_OVER, "%u: resumed after its end", conn->slot);
	FLOW_HOLDS(world, conn->held != HELD_NOT || conn->calling, "%u: resumed, but was not held",
		   conn->slot);
	FLOW_HOLDS(world,
		   conn->held != HELD_RATE || world->reloading ||
			   (world->ticking && world->now.mono_us >= conn->rate_until_us),
		   "%u: resumed before it may send", conn->slot);
	if (conn->held == HELD_RATE) {
		world_happens(world, HAPPENS_RATE_RESUMED);
	}
	FLOW_HOLDS(world, conn->held != HELD_DENIED, "%u: resumed, but it is not let in",
		   conn->slot);
	FLOW_HOLDS(world, conn->state != CONN_ASKING, "%u: resumed while it waits for an id",
		   conn->slot);
	world_trace(world, "%u: resumed", conn->slot);
	if (conn->held == HELD_SIMULATOR && !world->reloading) {
		FLOW_HOLDS(world, !queued_next(world, &world->lanes[conn->held_lane], NULL),
			   "%u: goes before what is queued", conn->slot);
		conn->woken = true;
	}
	conn->resumed = conn->held != HELD_NOT || conn->calling;
	conn->held = HELD_NOT;
	conn->heard_us = world->now.mono_us;
	conn->partial_us = world->now.mono_us;
	world_happens(world, HAPPENS_RESUMED);
	world_port(world, false);
}

static void on_close(void *ctx)
{
	struct conn *conn = ctx;

	world_port(conn->world, true);
	FLOW_HOLDS(conn->world, conn->state == CONN_OVER && !conn->closed,
		   "%u: closed without goodbye, or twice", conn->slot);
	conn->closed = true;
	world_port(conn->world, false);
}

const struct endpoint_ops flow_endpoint_ops = {
	.emit = on_emit,
	.queued = on_queued,
	.resume = on_resume,
	.close = on_close,
};
