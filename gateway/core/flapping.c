#include "core/flapping.h"

#include <stdlib.h>

struct flapping_entry {
	struct list recency; /* in flapping->recency or, while it is banned, ->banned */
	struct name id;
	uint32_t count;	   /* takeovers in the window; 0: no window is open */
	uint64_t since_us; /* when the window was opened or, with a ban, the ban began */
	uint64_t ban_us;   /* how long the ban is in all; 0: none */
};

static struct slice id_of(const void *ctx, uint32_t index)
{
	const struct flapping *flapping = ctx;

	return name_slice(&flapping->entries[index].id);
}

void flapping_init(struct flapping *flapping, struct hash_key key, uint32_t cap)
{
	*flapping = (struct flapping){.cap = cap};
	hash_init(&flapping->ids, key, id_of, flapping);
	list_init(&flapping->recency);
	list_init(&flapping->banned);
}

void flapping_fini(struct flapping *flapping)
{
	hash_fini(&flapping->ids);
	free(flapping->entries);
	flapping->entries = NULL;
	flapping->used = 0;
	list_init(&flapping->recency);
	list_init(&flapping->banned);
}

static struct flapping_entry *find(const struct flapping *flapping, struct slice id)
{
	uint32_t index = hash_find(&flapping->ids, id);

	return index == HASH_NONE ? NULL : &flapping->entries[index];
}

static uint64_t banned_us(const struct flapping_entry *entry, uint64_t now_us)
{
	uint64_t elapsed = now_us - entry->since_us;

	return elapsed < entry->ban_us ? entry->ban_us - elapsed : 0;
}

/* The one whose id is to be forgotten: its ban is over, or it has none, or else it is the one
 * banned first. NULL: there is none. */
static struct list *dispensable(const struct flapping *flapping, uint64_t now_us)
{
	struct list *banned = list_first(&flapping->banned);
	struct list *oldest = list_first(&flapping->recency);
	bool over = banned &&
		    banned_us(LIST_ENTRY(banned, struct flapping_entry, recency), now_us) == 0;

	return over || !oldest ? banned : oldest;
}

/* An entry that nobody has, or the one of the id to forget. NULL: there is none. */
static struct flapping_entry *vacate(struct flapping *flapping, uint64_t now_us)
{
	struct list *link;
	struct flapping_entry *entry;

	if (flapping->used < flapping->cap) {
		entry = &flapping->entries[flapping->used++];
		list_init(&entry->recency);
		list_push_back(&flapping->recency, &entry->recency);
		return entry;
	}
	link = dispensable(flapping, now_us);
	if (!link) {
		return NULL;
	}
	entry = LIST_ENTRY(link, struct flapping_entry, recency);
	(void)hash_remove(&flapping->ids, (uint32_t)(entry - flapping->entries));
	return entry;
}

/* NULL when memory is out. An entry that the table then does not know is harmless: it is
 * vacated in its turn. */
static struct flapping_entry *add(struct flapping *flapping, const struct name *id, uint64_t now_us)
{
	struct flapping_entry *entry;

	if (!flapping->entries) {
		flapping->entries = calloc(flapping->cap, sizeof(*flapping->entries));
		if (!flapping->entries) {
			return NULL;
		}
	}
	entry = vacate(flapping, now_us);
	if (!entry) {
		return NULL;
	}
	entry->id = *id;
	entry->count = 0;
	entry->ban_us = 0;
	if (hash_add(&flapping->ids, (uint32_t)(entry - flapping->entries)) < 0) {
		return NULL;
	}
	return entry;
}

static void count_takeover(struct flapping_entry *entry, uint64_t now_us)
{
	if (entry->count == 0 || now_us - entry->since_us >= FLAPPING_WINDOW_US) {
		entry->since_us = now_us;
		entry->count = 0;
	}
	entry->count++;
}

void flapping_takeover(struct flapping *flapping, const struct name *id, uint64_t now_us,
		       uint32_t max_per_minute, uint32_t ban_ms)
{
	struct flapping_entry *entry;

	if (max_per_minute == 0) {
		return;
	}
	entry = find(flapping, name_slice(id));
	if (!entry) {
		entry = add(flapping, id, now_us);
	}
	if (!entry) {
		return;
	}
	if (banned_us(entry, now_us) > 0) {
		return;
	}
	list_remove(&entry->recency);
	list_push_back(&flapping->recency, &entry->recency);
	entry->ban_us = 0;
	count_takeover(entry, now_us);
	if (entry->count > max_per_minute) {
		entry->count = 0;
		entry->since_us = now_us;
		entry->ban_us = ban_ms * 1000ull;
		list_remove(&entry->recency);
		list_push_back(&flapping->banned, &entry->recency);
	}
}

uint64_t flapping_banned_us(const struct flapping *flapping, struct slice id, uint64_t now_us)
{
	const struct flapping_entry *entry = find(flapping, id);

	return entry ? banned_us(entry, now_us) : 0;
}
