#include "core/bans.h"

#include <stdlib.h>

struct ban {
	struct list recency; /* in bans->recency or, while it is banned, ->banned */
	uint8_t key[BANS_KEY_BYTES];
	uint32_t size;	   /* of the key */
	uint32_t count;	   /* offences in the window; 0: no window is open */
	uint64_t since_us; /* when the window was opened or, with a ban, the ban began */
	uint64_t ban_us;   /* how long the ban is in all; 0: none */
};

static struct slice key_of(const void *ctx, uint32_t index)
{
	const struct bans *bans = ctx;

	return slice_of(bans->entries[index].key, bans->entries[index].size);
}

void bans_init(struct bans *bans, struct hash_key key, uint32_t cap)
{
	*bans = (struct bans){.cap = cap};
	hash_init(&bans->keys, key, key_of, bans);
	list_init(&bans->recency);
	list_init(&bans->banned);
}

void bans_fini(struct bans *bans)
{
	hash_fini(&bans->keys);
	free(bans->entries);
	bans->entries = NULL;
	bans->used = 0;
	list_init(&bans->recency);
	list_init(&bans->banned);
}

static struct ban *find(const struct bans *bans, struct slice key)
{
	uint32_t index = hash_find(&bans->keys, key);

	return index == HASH_NONE ? NULL : &bans->entries[index];
}

static uint64_t left_us(const struct ban *entry, uint64_t now_us)
{
	uint64_t elapsed = now_us - entry->since_us;

	return elapsed < entry->ban_us ? entry->ban_us - elapsed : 0;
}

/* The one that is to be forgotten: its ban is over, or it has none, or else it is the one
 * banned first. NULL: there is none. */
static struct list *dispensable(const struct bans *bans, uint64_t now_us)
{
	struct list *banned = list_first(&bans->banned);
	struct list *oldest = list_first(&bans->recency);
	bool over = banned && left_us(LIST_ENTRY(banned, struct ban, recency), now_us) == 0;

	return over || !oldest ? banned : oldest;
}

/* An entry that nobody has, or the one to forget. NULL: there is none. */
static struct ban *vacate(struct bans *bans, uint64_t now_us)
{
	struct list *link;
	struct ban *entry;

	if (bans->used < bans->cap) {
		entry = &bans->entries[bans->used++];
		list_init(&entry->recency);
		list_push_back(&bans->recency, &entry->recency);
		return entry;
	}
	link = dispensable(bans, now_us);
	if (!link) {
		return NULL;
	}
	entry = LIST_ENTRY(link, struct ban, recency);
	(void)hash_remove(&bans->keys, (uint32_t)(entry - bans->entries));
	return entry;
}

/* NULL when memory is out. An entry that the table then does not know is harmless: it is
 * vacated in its turn. */
static struct ban *add(struct bans *bans, struct slice key, uint64_t now_us)
{
	struct ban *entry;

	if (!bans->entries) {
		bans->entries = calloc(bans->cap, sizeof(*bans->entries));
		if (!bans->entries) {
			return NULL;
		}
	}
	entry = vacate(bans, now_us);
	if (!entry) {
		return NULL;
	}
	memcpy(entry->key, key.data, key.size);
	entry->size = (uint32_t)key.size;
	entry->count = 0;
	entry->ban_us = 0;
	return hash_add(&bans->keys, (uint32_t)(entry - bans->entries)) < 0 ? NULL : entry;
}

static void count_offence(struct ban *entry, uint64_t now_us, uint64_t window_us)
{
	if (entry->count == 0 || now_us - entry->since_us >= window_us) {
		entry->since_us = now_us;
		entry->count = 0;
	}
	entry->count++;
}

bool bans_note(struct bans *bans, struct slice key, uint64_t now_us, const struct ban_rule *rule)
{
	struct ban *entry;

	if (rule->limit == 0 || key.size > BANS_KEY_BYTES) {
		return false;
	}
	entry = find(bans, key);
	if (!entry) {
		entry = add(bans, key, now_us);
	}
	if (!entry || left_us(entry, now_us) > 0) {
		return false;
	}
	list_remove(&entry->recency);
	list_push_back(&bans->recency, &entry->recency);
	entry->ban_us = 0;
	count_offence(entry, now_us, rule->window_us);
	if (entry->count < rule->limit) {
		return false;
	}
	entry->count = 0;
	entry->since_us = now_us;
	entry->ban_us = rule->ban_us;
	list_remove(&entry->recency);
	list_push_back(&bans->banned, &entry->recency);
	return true;
}

uint64_t bans_left_us(const struct bans *bans, struct slice key, uint64_t now_us)
{
	const struct ban *entry = find(bans, key);

	return entry ? left_us(entry, now_us) : 0;
}
