/* What a drone was last told of the scenario it is in, and what is new in the next telling. */
#ifndef UAV_CLI_STANDING_H
#define UAV_CLI_STANDING_H

#include "core/message.h"

/* An all-zero struct knows of none. */
struct standing {
	struct scenario_entry entry; /* its slices are those below */
	char name[NAME_MAX_BYTES], hub[NAME_MAX_BYTES];
	char description[DESCRIPTION_MAX_BYTES], message[DESCRIPTION_MAX_BYTES];
};

enum scenario_change {
	SCENARIO_AVAILABLE,
	SCENARIO_UNAVAILABLE, /* or so for another reason */
	SCENARIO_CHANGED,     /* by the operator, and nothing of the above */
	SCENARIO_REMOVED
};

/* Keeps a copy; text that is longer than the protocol has it is cut. */
void standing_take(struct standing *standing, const struct scenario_entry *entry);

/* `now`: NULL if it was removed. */
enum scenario_change standing_change(const struct standing *standing,
				     const struct scenario_entry *now);

#endif
