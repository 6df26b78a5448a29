/* A callsign that is not its drone's id, shared by the session and the records of the
 * presence journal that tell of it: those are many and mostly have none, so that 128 bytes
 * in each would be most of the journal. */
#ifndef UAV_CORE_CALLSIGN_H
#define UAV_CORE_CALLSIGN_H

#include "core/message.h"

struct callsign {
	uint32_t holders;
	uint8_t size;
	uint8_t bytes[];
};

/* What to say to one that is not allowed. */
extern const char callsign_bad[];

/* A copy of at most CALLSIGN_MAX_BYTES, with one holder. NULL when memory is out. */
struct callsign *callsign_new(struct slice text);
/* One holder more; returns it. NULL is allowed. */
struct callsign *callsign_hold(struct callsign *callsign);
/* One holder less; the last one frees it. NULL is allowed. */
void callsign_drop(struct callsign *callsign);

static inline struct slice callsign_slice(const struct callsign *callsign)
{
	return slice_of(callsign->bytes, callsign->size);
}

#endif
