/* When something is due for a session, and what: it has not registered in time, a frame is not
 * finished, it is to be pinged, it was silent too long, it reads too slowly, or the id it asks
 * for is decided. A session stands in core->deadlines by the earliest of these; nothing
 * moves there when a frame comes, a deadline that finds all well is set anew. */
#ifndef UAV_CORE_DEADLINE_H
#define UAV_CORE_DEADLINE_H

#include "core/session.h"

/* When something may next be due, as things stand; monotonic, us. */
uint64_t deadline_of(const struct core *core, const struct session *session);
/* When the frame it has begun must be finished. */
uint64_t deadline_of_frame(const struct core *core, const struct session *session);
/* Moves its deadline to `due_us` if that is earlier. */
void deadline_by(struct core *core, struct session *session, uint64_t due_us);
/* Its deadline has come: does what is due, and sets the next. */
void deadline_come(struct core *core, struct session *session);

#endif
