#include "identity.h"

#include "base/version.h"

const struct identity this_simulator = {
	.name = "sim-stub",
	.version = UAV_VERSION,
};
