/* The options of `swarm` alone. */
#ifndef UAV_CLI_OPTIONS_SWARM_H
#define UAV_CLI_OPTIONS_SWARM_H

#include "cli/value.h"

#define OPTIONS_SWARM_MAX 100000u /* drones */
#define OPTIONS_PREFIX_MAX 24u	  /* bytes: a number still fits behind it */

enum option_code {
	OPTION_GATEWAY = 1,
	OPTION_ID,
	OPTION_CALLSIGN,
	OPTION_SCENARIO,
	OPTION_KIND,
	OPTION_TIMEOUT,
	OPTION_JSON,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_TO,
	OPTION_EVERYONE,
	OPTION_PAYLOAD,
	OPTION_FILE,
	OPTION_CONTENT_TYPE,
	OPTION_COUNT,
	OPTION_REPORT,
	OPTION_POSITION,
	OPTION_LOCAL,
	OPTION_FOR,
	OPTION_GROUP,
	OPTION_SECRET_FILE,
	OPTION_TLS_CA,
	OPTION_TLS_CERT,
	OPTION_TLS_KEY,
	OPTION_TLS_NAME,
	OPTION_INTERVAL,
	OPTION_ONCE,
	OPTION_SORT,
	OPTION_WAIT,
	OPTION_NO_HISTORY,
	OPTION_SAVE,
	OPTION_PIECE_SIZE,
	OPTION_PATTERN, /* from here on: swarm alone */
	OPTION_RADIUS,
	OPTION_HEIGHT,
	OPTION_SPEED,
	OPTION_RATE,
	OPTION_STATE_RATE,
	OPTION_SIZE,
	OPTION_DURATION,
	OPTION_SEED,
	OPTION_PREFIX,
	OPTION_HUB,
	OPTION_TRACK,
	OPTION_COLUMNS,
	OPTION_SPEED_UP,
	OPTION_LOG,
	OPTION_LOCKSTEP,
};

/* What was seen on the way that the options alone do not show. */
struct seen {
	bool gateway, everyone, pattern, columns;
};

extern const struct swarm_options options_swarm_default;

/* Takes one option, OPTION_PATTERN or above. */
int options_swarm_take(struct swarm_options *swarm, struct seen *seen, int code, const char *value,
		       const struct complaint *complaint);

/* Whether they fit together. Finds out what --to means. */
int options_swarm_check(struct options *options, const struct seen *seen,
			const struct complaint *complaint);

#endif
