/* Names as drones give them: ids (drones, scenarios, groups) and callsigns. */
#ifndef UAV_CORE_NAME_H
#define UAV_CORE_NAME_H

#include "core/message.h"

/* A copy of a valid id. */
struct name {
	uint8_t size;
	uint8_t bytes[NAME_MAX_BYTES];
};

/* [A-Za-z0-9._-]{1,32} */
bool name_valid(struct slice text);

/* `text` must be valid or empty. */
struct name name_of(struct slice text);

static inline struct slice name_slice(const struct name *name)
{
	return slice_of(name->bytes, name->size);
}

/* 1 to 32 code points without control characters (general category Cc). The
 * bytes are valid UTF-8: the codecs let nothing else through. */
bool callsign_valid(struct slice text);

#endif
