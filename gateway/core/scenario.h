/* Scenarios and who is in them. Names are the operator's; numbers, 1 and up, are
 * what the simulator knows them by. */
#ifndef UAV_CORE_SCENARIO_H
#define UAV_CORE_SCENARIO_H

#include "core/core.h"
#include "core/geodesy.h"
#include "core/name.h"

enum scenario_status {
	SCENARIO_WAITING, /* the simulator is away or has not answered */
	SCENARIO_ACCEPTED,
	SCENARIO_REFUSED, /* by the simulator; `message` says why */
};

struct scenario {
	uint32_t number;
	struct name name;
	char description[DESCRIPTION_MAX_BYTES + 1];
	enum topology_kind topology;
	uint32_t max_drones, timeout_ms;
	bool has_origin;
	struct geodesy_origin origin;
	struct parameter *parameters;
	size_t parameter_count;
	enum scenario_status status;
	char message[DESCRIPTION_MAX_BYTES + 1]; /* why refused */
	struct session **members;		 /* in no order */
	uint32_t member_count, member_cap;
};

/* Copies the configuration. 0, or -1 when memory is out. */
int scenarios_init(struct core *core, const struct core_config *config)
	__attribute__((warn_unused_result));
void scenarios_fini(struct core *core);

/* By name, or NULL. */
struct scenario *scenario_find(struct core *core, struct slice name);

/* The entry that lists show and drones are told. */
struct scenario_entry scenario_entry_of(const struct core *core, const struct scenario *scenario);

/* Moves the session into `scenario`, out of the one it is in (NULL: out alone): sequence from 1, a
 * new membership, the simulator's node, a line in the presence journal. 0, or -1
 * when memory is out (it is then where it was). */
int scenario_enter(struct core *core, struct session *session, struct scenario *scenario)
	__attribute__((warn_unused_result));
/* Takes a session that ends out of its scenario, without a line in the journal. */
void scenario_abandon(struct core *core, struct session *session);

/* Tells the simulator the present state of the session's node. */
void scenario_send_node(struct core *core, const struct session *session);
/* Everything again, after a reconnect. */
void scenario_replay(struct core *core);

/* Every scenario waits for the simulator again; members are told. */
void scenario_all_wait(struct core *core);
/* The simulator's verdict; members are told. */
void scenario_decide(struct core *core, uint32_t number, bool ok, struct slice message);

#endif
