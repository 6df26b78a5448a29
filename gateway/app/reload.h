/* Takes a changed configuration in while drones fly: all of it, or nothing when anything in
 * it is wrong. */
#ifndef UAV_APP_RELOAD_H
#define UAV_APP_RELOAD_H

#include "app/in_force.h"

struct reload {
	const struct settings_source *source;
	struct core *core;
	struct log *log;
	struct in_force *in_force;
	struct access_keeper *keeper;	/* whom the core asks, and who goes by *in_force */
	const struct settings **in_use; /* what connections go by; the core asks them, too */
	uint32_t links;			/* to simulators: their number stays */
};

/* Reads the file again, and the secrets, certificates and keys that it names; the loop waits for
 * that, some milliseconds. 0: *in_force is another, by which the core and the log go from now on,
 * each change logged; everyone else's pointers are the caller's to move before it frees `before`.
 * -1: nothing has changed, and each mistake is logged with file and line. */
int reload_perform(const struct reload *reload, struct in_force *before)
	__attribute__((warn_unused_result));

#endif
