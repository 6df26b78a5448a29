/* Who is registered without having said who it is goes by an id of the core's making, "guest-N".
 * From then on that id, and those up to it, are nobody else's while the gateway runs: who writes to
 * a guest that is gone reaches nobody, and nobody steps into a silent one's place. */
#ifndef UAV_CORE_GUEST_H
#define UAV_CORE_GUEST_H

#include "core/core.h"

/* The next one that nobody has, or is called by, in `id`. */
struct slice guest_id(struct core *core, char id[NAME_MAX_BYTES + 1]);

/* Whether the name is, or was, a guest's. */
bool guest_had(const struct core *core, struct slice name);

/* What to tell who would have it. */
extern const char guest_names_taken[];

#endif
