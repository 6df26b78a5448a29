#include "core/inflight.h"

#include <stdlib.h>

enum { INFLIGHT_BLOCK = 256 };

static const uint32_t no_slot = UINT32_MAX;

void inflight_init(struct inflight *inflight)
{
	*inflight = (struct inflight){.free = no_slot};
}

void inflight_fini(struct inflight *inflight)
{
	for (uint32_t i = 0; i < inflight->block_count; i++) {
		for (uint32_t j = 0; j < INFLIGHT_BLOCK; j++) {
			free(inflight->blocks[i][j].outside);
		}
		free(inflight->blocks[i]);
	}
	free(inflight->blocks);
}

static struct message *slot_at(const struct inflight *inflight, uint32_t slot)
{
	return &inflight->blocks[slot / INFLIGHT_BLOCK][slot % INFLIGHT_BLOCK];
}

static uint32_t slot_of(uint64_t id)
{
	return (uint32_t)id;
}

static uint64_t generation_of(uint64_t id)
{
	return id >> 32;
}

/* Id 0 is never used, and a slot's first generation is 1. */
static int inflight_grow(struct inflight *inflight)
{
	size_t size = (inflight->block_count + 1) * sizeof(struct message *);
	struct message **blocks = realloc(inflight->blocks, size);
	struct message *block;
	uint32_t first = inflight->block_count * INFLIGHT_BLOCK;

	if (!blocks) {
		return -1;
	}
	inflight->blocks = blocks;
	block = calloc(INFLIGHT_BLOCK, sizeof(*block));
	if (!block) {
		return -1;
	}
	for (uint32_t i = INFLIGHT_BLOCK; i-- > 0;) {
		block[i].id = first + i;
		block[i].next_free = inflight->free;
		list_init(&block[i].deadline);
		list_init(&block[i].queued);
		inflight->free = first + i;
	}
	blocks[inflight->block_count++] = block;
	return 0;
}

/* Generation 0 is never used: a slot's uses may wrap, its ids never become 0. */
static uint64_t next_use(uint64_t id)
{
	id += 1ull << 32;
	return generation_of(id) ? id : id + (1ull << 32);
}

/* Whether the slot has not yet come to that use. Uses wrap: what is less than half the
 * range ahead is ahead. */
static bool is_ahead(uint64_t id, const struct message *message)
{
	return (int32_t)(uint32_t)(generation_of(id) - generation_of(message->id)) > 0;
}

/* Slots that have been free for a while have left the cache: the next one is fetched while
 * this one is used. With inflight_expect: from 2.4 to 2.1 times the limit's CPU (make bench
 * ARGS="--rows saturated"). */
static void fetch(const struct message *message)
{
	enum { LINE = 64, FIRST_LINES = 6 }; /* all but the way through a hub */

	for (int i = 0; i < FIRST_LINES; i++) {
		__builtin_prefetch((const char *)message + i * LINE, 1);
	}
}

void inflight_expect(const struct inflight *inflight, uint64_t id)
{
	if (slot_of(id) / INFLIGHT_BLOCK < inflight->block_count) {
		fetch(slot_at(inflight, slot_of(id)));
	}
}

struct message *inflight_take(struct inflight *inflight, struct slice payload,
			      struct slice content_type)
{
	size_t size = payload.size + content_type.size;
	uint8_t *outside = NULL;
	struct message *message;
	uint8_t *at;

	if (inflight->free == no_slot && inflight_grow(inflight) < 0) {
		return NULL;
	}
	if (size > INFLIGHT_INLINE_BYTES) {
		outside = malloc(size);
		if (!outside) {
			return NULL;
		}
		inflight->outside_bytes += size;
	}
	message = slot_at(inflight, inflight->free);
	inflight->free = message->next_free;
	if (inflight->free != no_slot) {
		fetch(slot_at(inflight, inflight->free));
	}
	inflight->count++;
	message->id = next_use(message->id);
	message->order = ++inflight->order;
	message->waiting = 0;
	message->waiting_bytes = 0;
	message->in_window = false;
	message->fanout = NULL;
	message->via.hop = 0;
	message->via.decided = false;
	message->outside = outside;
	message->outside_size = outside ? (uint32_t)size : 0;
	message->payload_size = (uint32_t)payload.size;
	message->content_type_size = (uint8_t)content_type.size;
	at = outside ? outside : message->inside;
	if (payload.size) {
		memcpy(at, payload.data, payload.size);
	}
	if (content_type.size) {
		memcpy(at + payload.size, content_type.data, content_type.size);
	}
	return message;
}

void inflight_release(struct inflight *inflight, struct message *message)
{
	if (message->outside) {
		inflight->outside_bytes -= message->outside_size;
		free(message->outside);
		message->outside = NULL;
	}
	message->stage = MESSAGE_OUTSIDE;
	message->fanout = NULL;
	message->next_free = inflight->free;
	inflight->free = slot_of(message->id);
	inflight->count--;
}

struct message *inflight_find(const struct inflight *inflight, uint64_t id,
			      enum inflight_lookup *found)
{
	struct message *message;

	if (slot_of(id) / INFLIGHT_BLOCK >= inflight->block_count) {
		*found = INFLIGHT_FORGED;
		return NULL;
	}
	message = slot_at(inflight, slot_of(id));
	if (message->id == id && message->stage == MESSAGE_IN_CHANNEL) {
		*found = INFLIGHT_FOUND;
		return message;
	}
	if (is_ahead(id, message) || generation_of(id) == 0) {
		*found = INFLIGHT_FORGED;
	} else if (message->id == id && message->answered) {
		*found = INFLIGHT_REPEATED;
	} else {
		*found = INFLIGHT_LATE;
	}
	return NULL;
}

void inflight_enter_channel(struct inflight *inflight, struct message *message)
{
	message->stage = MESSAGE_IN_CHANNEL;
	message->answered = false;
	inflight->in_channel++;
}

void inflight_renew(struct message *message)
{
	message->id = next_use(message->id);
	message->answered = false;
}

void inflight_leave_channel(struct inflight *inflight, struct message *message)
{
	message->stage = MESSAGE_OUTSIDE;
	inflight->in_channel--;
	list_remove(&message->deadline);
}

void message_alter(struct message *message, struct slice payload)
{
	uint8_t *at = message->outside ? message->outside : message->inside;

	if (payload.size) {
		memcpy(at, payload.data, payload.size);
	}
	memmove(at + payload.size, at + message->payload_size, message->content_type_size);
	message->payload_size = (uint32_t)payload.size;
}

void inflight_each(const struct inflight *inflight,
		   void (*visit)(void *ctx, struct message *message), void *ctx)
{
	for (uint32_t i = 0; i < inflight->block_count; i++) {
		for (uint32_t j = 0; j < INFLIGHT_BLOCK; j++) {
			struct message *message = &inflight->blocks[i][j];

			if (message->stage != MESSAGE_OUTSIDE) {
				visit(ctx, message);
			}
		}
	}
}

struct slice message_payload(const struct message *message)
{
	return slice_of(message->outside ? message->outside : message->inside,
			message->payload_size);
}

struct slice message_content_type(const struct message *message)
{
	const uint8_t *at = message->outside ? message->outside : message->inside;

	return slice_of(at + message->payload_size, message->content_type_size);
}
