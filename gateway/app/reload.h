/* Takes a changed configuration in while drones fly: all of it, or nothing when anything in
 * it is wrong. */
#ifndef UAV_APP_RELOAD_H
#define UAV_APP_RELOAD_H

#include "app/in_force.h"

struct reload {
	const char *file;
	struct core *core;
	struct log *log;
	struct access_keeper *keeper; /* whom the core asks */
	uint32_t links;		      /* to simulators: their number stays */
};

/* Reads the file again, and the secrets, certificates and keys that it names; the loop waits for
 * that, some milliseconds. 0: `next` is what the core and the log go by from now on, each change
 * logged; everyone else's pointers are the caller's to move before it frees `running`.
 * -1: nothing has changed, and each mistake is logged with file and line. */
int reload_perform(const struct reload *reload, const struct in_force *running,
		   struct in_force *next) __attribute__((warn_unused_result));

#endif
