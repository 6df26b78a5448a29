#include "core/registry.h"

#include <stdlib.h>

static struct slice id_of(const void *ctx, uint32_t index)
{
	const struct registry *registry = ctx;

	return session_id(registry_at(registry, index));
}

static struct slice callsign_of(const void *ctx, uint32_t index)
{
	const struct registry *registry = ctx;

	return session_callsign(registry_at(registry, index));
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
	slots_fini(&registry->sessions);
}

int registry_add(struct registry *registry, struct session *session)
{
	return slots_add(&registry->sessions, session, &session->index);
}

void registry_remove(struct registry *registry, struct session *session)
{
	slots_remove(&registry->sessions, session->index);
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

int registry_rename(struct registry *registry, struct session *session, struct callsign *callsign)
{
	if (session->callsign) {
		hash_remove(&registry->callsigns, session->index);
	}
	/* where one was taken out, there is room for one */
	callsign_drop(session->callsign);
	session->callsign = callsign;
	if (callsign && hash_add(&registry->callsigns, session->index) < 0) {
		session->callsign = NULL;
		return -1;
	}
	return 0;
}

struct session *registry_by_id(const struct registry *registry, struct slice id)
{
	uint32_t index = hash_find(&registry->ids, id);

	return index == HASH_NONE ? NULL : registry_at(registry, index);
}

struct session *registry_by_callsign(const struct registry *registry, struct slice callsign)
{
	uint32_t index = hash_find(&registry->callsigns, callsign);

	return index == HASH_NONE ? NULL : registry_at(registry, index);
}

struct session *registry_numbered(const struct registry *registry, uint32_t index, uint64_t number)
{
	struct session *session = registry_at(registry, index);

	return session && session->state == SESSION_ACTIVE && session->number == number ? session
											: NULL;
}

bool registry_callsign_taken(const struct registry *registry, struct slice id,
			     struct slice callsign)
{
	const struct session *holder = registry_by_id(registry, id);
	const struct session *user;

	if (callsign.size == 0 || slice_equal(callsign, id)) {
		return false;
	}
	user = registry_by_id(registry, callsign);
	if (!user) {
		user = registry_by_callsign(registry, callsign);
	}
	return user && user != holder;
}
