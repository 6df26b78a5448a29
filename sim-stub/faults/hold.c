#include "faults/hold.h"

#include <stdlib.h>

/* A whole answer: all frames of it. */
struct held {
	struct held *next;
	uint64_t order; /* its time, or its rank */
	size_t size;
	uint8_t bytes[];
};

void hold_init(struct hold *hold)
{
	*hold = (struct hold){0};
}

static size_t memory_of(const struct held *held)
{
	return sizeof(*held) + held->size;
}

static bool is_too_full(const struct hold *hold)
{
	return hold->bytes > HOLD_BYTES_MAX;
}

/* Takes the first out, which the list has. */
static struct held *take_first(struct hold *hold, struct held_list *list)
{
	struct held *held = list->first;

	list->first = held->next;
	if (!list->first) {
		list->last = NULL;
	}
	hold->bytes -= memory_of(held);
	return held;
}

static void drop_all(struct hold *hold, struct held_list *list)
{
	while (list->first) {
		free(take_first(hold, list));
	}
}

void hold_fini(struct hold *hold)
{
	drop_all(hold, &hold->late);
	drop_all(hold, &hold->mixed);
	hold_init(hold);
}

/* Behind all of the same order. Nearly always that is the end of those that are late: most are by
 * the same time; of those that are mixed there are few. */
static void insert(struct held_list *list, struct held *held)
{
	struct held **at = &list->first;

	if (list->last && list->last->order <= held->order) {
		at = &list->last->next;
	}
	while (*at && (*at)->order <= held->order) {
		at = &(*at)->next;
	}
	held->next = *at;
	*at = held;
	if (!held->next) {
		list->last = held;
	}
}

static int put(struct hold *hold, struct held_list *list, struct slice answer, uint64_t order)
{
	struct held *held = malloc(sizeof(*held) + answer.size);

	if (!held) {
		return -1;
	}
	*held = (struct held){.order = order, .size = answer.size};
	if (answer.size) {
		memcpy(held->bytes, answer.data, answer.size);
	}
	hold->bytes += memory_of(held);
	insert(list, held);
	return 0;
}

int hold_late(struct hold *hold, struct slice answer, uint64_t due_us)
{
	return put(hold, &hold->late, answer, due_us);
}

int hold_mix(struct hold *hold, struct slice answer, uint32_t rank, size_t window, uint64_t due_us)
{
	if (put(hold, &hold->mixed, answer, rank) < 0) {
		return -1;
	}
	if (++hold->mixed_count == 1) {
		hold->mixed_due_us = due_us;
	}
	if (hold->mixed_count >= window) {
		hold->mixed_due_us = 0;
	}
	return 0;
}

static int pass_on(struct hold *hold, struct held_list *list, struct buf *out)
{
	struct held *held = take_first(hold, list);
	int result = buf_append(out, held->bytes, held->size);

	free(held);
	return result;
}

static int release_mixed(struct hold *hold, struct buf *out)
{
	int result = 0;

	while (hold->mixed.first) {
		result |= pass_on(hold, &hold->mixed, out);
	}
	hold->mixed_count = 0;
	return result;
}

int hold_release(struct hold *hold, uint64_t now_us, struct buf *out)
{
	int result = 0;

	if (hold->mixed.first && (hold->mixed_due_us <= now_us || is_too_full(hold))) {
		result |= release_mixed(hold, out);
	}
	while (hold->late.first && (hold->late.first->order <= now_us || is_too_full(hold))) {
		result |= pass_on(hold, &hold->late, out);
	}
	return result;
}

uint64_t hold_due_us(const struct hold *hold)
{
	uint64_t due_us = hold->late.first ? hold->late.first->order : UINT64_MAX;

	if (is_too_full(hold)) {
		return 0;
	}
	return hold->mixed.first && hold->mixed_due_us < due_us ? hold->mixed_due_us : due_us;
}
