/* Takes a changed configuration in while drones fly: all of it, or nothing when anything in
 * it is wrong. */
#ifndef UAV_APP_RELOAD_H
#define UAV_APP_RELOAD_H

#include "settings/settings.h"

struct reload {
	const char *file;
	struct core *core;
	struct log *log;
	uint32_t links; /* to simulators: their number stays */
};

/* Reads the file again; the loop waits for that, some milliseconds. The settings by which
 * the core and the log go from now on, each change logged; everyone else's pointers are the
 * caller's to move before it frees `running`. NULL: nothing has changed, and each mistake is
 * logged with file and line. */
struct settings *reload_perform(const struct reload *reload, const struct settings *running)
	__attribute__((warn_unused_result));

#endif
