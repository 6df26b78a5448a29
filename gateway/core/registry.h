/* All sessions by index, and the registered ones by id and by callsign. */
#ifndef UAV_CORE_REGISTRY_H
#define UAV_CORE_REGISTRY_H

#include "base/hash.h"
#include "base/slots.h"
#include "core/session.h"

struct registry {
	struct slots sessions; /* by index */
	uint32_t count;	       /* sessions that have not ended */
	uint32_t online;       /* of these, registered */
	struct hash ids;
	struct hash callsigns; /* of those whose callsign is not their id */
};

void registry_init(struct registry *registry, struct hash_key key);
void registry_fini(struct registry *registry);

/* Gives the session an index. 0, or -1 when memory is out. */
int registry_add(struct registry *registry, struct session *session)
	__attribute__((warn_unused_result));
/* The index is free again. */
void registry_remove(struct registry *registry, struct session *session);

/* Enters a session under its id and callsign (both free). 0, or -1 when memory is out
 * (in neither table then). */
int registry_enlist(struct registry *registry, struct session *session)
	__attribute__((warn_unused_result));
void registry_delist(struct registry *registry, struct session *session);
/* Gives it another callsign, free among all; the caller's hold on it is the session's from
 * then on. NULL: its id. 0, or -1 when memory is out: the hold is still the caller's then. */
int registry_rename(struct registry *registry, struct session *session, struct callsign *callsign)
	__attribute__((warn_unused_result));

/* The session with this index, in whatever state, or NULL. */
static inline struct session *registry_at(const struct registry *registry, uint32_t index)
{
	return slots_at(&registry->sessions, index);
}

struct session *registry_by_id(const struct registry *registry, struct slice id);
struct session *registry_by_callsign(const struct registry *registry, struct slice callsign);
/* Whether somebody other than the holder of `id` goes by that callsign, or has it as id. */
bool registry_callsign_taken(const struct registry *registry, struct slice id,
			     struct slice callsign);

/* The registered session with this index, if it is still the one meant. */
struct session *registry_numbered(const struct registry *registry, uint32_t index, uint64_t number);

#endif
