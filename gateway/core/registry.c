#include "core/registry.h"

#include <stdlib.h>

static struct slice id_of(const void *ctx, uint32_t index)
{
	const struct registry *registry = ctx;

	return session_id(registry->sessions[index]);
}

static struct slice callsign_of(const void *ctx, uint32_t index)
{
	const struct registry *registry = ctx;

	return session_callsign(registry->sessions[index]);
}

void registry_init(struct registry *registry, struct hash_key key)
{
	*registry = (struct registry){0};
	hash_init(&registry->ids, key, id_of, registry);
	hash_init(&registry->callsigns, key, callsign_of, registry);
}

void registry_fini(struct registry *registry)
{
	hash_fini(&registry->ids);
	hash_fini(&registry->callsigns);
	free(registry->sessions);
	free(registry->free);
}

static int registry_grow(struct registry *registry)
{
	uint32_t cap = registry->cap ? registry->cap * 2 : 64;
	struct session **sessions;
	uint32_t *frees;

	sessions = realloc(registry->sessions, cap * sizeof(struct session *));
	if (!sessions) {
		return -1;
	}
	registry->sessions = sessions;
	frees = realloc(registry->free, cap * sizeof(uint32_t));
	if (!frees) {
		return -1;
	}
	registry->free = frees;
	registry->cap = cap;
	return 0;
}

int registry_add(struct registry *registry, struct session *session)
{
	if (registry->free_count) {
		session->index = registry->free[--registry->free_count];
	} else {
		if (registry->high == registry->cap && registry_grow(registry) < 0) {
			return -1;
		}
		session->index = registry->high++;
	}
	registry->sessions[session->index] = session;
	return 0;
}

void registry_remove(struct registry *registry, struct session *session)
{
	registry->sessions[session->index] = NULL;
	registry->free[registry->free_count++] = session->index;
}

int registry_enlist(struct registry *registry, struct session *session)
{
	if (hash_add(&registry->ids, session->index) < 0) {
		return -1;
	}
	if (session->callsign && hash_add(&registry->callsigns, session->index) < 0) {
		hash_remove(&registry->ids, session->index);
		return -1;
	}
	registry->online++;
	return 0;
}

void registry_delist(struct registry *registry, struct session *session)
{
	hash_remove(&registry->ids, session->index);
	if (session->callsign) {
		hash_remove(&registry->callsigns, session->index);
	}
	registry->online--;
}

int registry_rename(struct registry *registry, struct session *session, char *callsign, size_t size)
{
	if (session->callsign) {
		hash_remove(&registry->callsigns, session->index);
	}
	/* where one was taken out, there is room for one */
	free(session->callsign);
	session->callsign = callsign;
	session->callsign_size = (uint8_t)size;
	if (callsign && hash_add(&registry->callsigns, session->index) < 0) {
		session->callsign = NULL;
		session->callsign_size = 0;
		return -1;
	}
	return 0;
}

struct session *registry_by_id(const struct registry *registry, struct slice id)
{
	uint32_t index = hash_find(&registry->ids, id);

	return index == HASH_NONE ? NULL : registry->sessions[index];
}

struct session *registry_by_callsign(const struct registry *registry, struct slice callsign)
{
	uint32_t index = hash_find(&registry->callsigns, callsign);

	return index == HASH_NONE ? NULL : registry->sessions[index];
}

struct session *registry_numbered(const struct registry *registry, uint32_t index, uint64_t number)
{
	struct session *session = index < registry->high ? registry->sessions[index] : NULL;

	return session && session->state == SESSION_ACTIVE && session->number == number ? session
											: NULL;
}
