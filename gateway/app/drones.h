/* What --add-drone and --remove-drone do: the secrets file that a configuration names gets one
 * drone more or less. */
#ifndef UAV_APP_DRONES_H
#define UAV_APP_DRONES_H

#include "settings/settings.h"

/* `source` is the configuration. The new drone's "ID SECRET" goes to standard output, what is to be
 * done next to standard error. `scenarios`: globs, or "" for all. 0, or -1 with nothing changed and
 * told why. */
int drones_add(const struct settings_source *source, const char *id, const char *scenarios,
	       settings_complain_fn complain, void *ctx) __attribute__((warn_unused_result));
int drones_remove(const struct settings_source *source, const char *id,
		  settings_complain_fn complain, void *ctx) __attribute__((warn_unused_result));

#endif
