/* Taking in a configuration while drones fly. */
#ifndef UAV_CORE_RELOAD_H
#define UAV_CORE_RELOAD_H

#include "core/core.h"

/* See core_reload. Also makes the first scenarios of a new core. */
int reload(struct core *core, const struct core_config *config) __attribute__((warn_unused_result));

#endif
