/* What the core is to know of the settings. */
#ifndef UAV_APP_CORE_SETTINGS_H
#define UAV_APP_CORE_SETTINGS_H

#include "settings/settings.h"

struct core_settings {
	struct core_config config; /* key and first_session are the caller's to set */
	struct simulator_config simulators[SETTINGS_MAX_SIMULATORS];
};

/* Points into `settings` and into itself. */
void core_settings_init(struct core_settings *core, const struct settings *settings,
			struct log *log);

#endif
