/* What a gateway runs by: its settings, and what lets drones in that they name. */
#ifndef UAV_APP_IN_FORCE_H
#define UAV_APP_IN_FORCE_H

#include "access/access.h"
#include "settings/settings.h"

struct in_force {
	struct settings *settings;
	struct access *access;
	enum log_format log_format; /* asked for, even where there are mistakes */
};

/* Reads the source, what it includes, and the secrets, certificates and keys that it names, for
 * a gateway that runs with `running` (settings_read) or for one that starts (NULL). 0, or
 * -1 with every mistake told, nothing to free, and log_format alone set. `complain` may be
 * NULL. */
int in_force_load(struct in_force *in_force, const struct settings_source *source,
		  const struct settings *running, settings_complain_fn complain, void *ctx)
	__attribute__((warn_unused_result));
void in_force_free(struct in_force *in_force);

/* Says in the log how many drones the secrets file has, if drones come in by secrets. */
void in_force_tell(const struct in_force *in_force, struct log *log);

#endif
