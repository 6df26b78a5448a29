/* Scenarios and who is in them. Names are the operator's; numbers, 1 and up, are
 * what the simulators know them by.
 *
 * A scenario whose channel changes in a reload gets a successor with a number of its own,
 * which takes its members at once; the old one is retired: it lives on, unseen, until what is in
 * flight in it has come to its end. One that is removed is retired with its members still in it, so
 * that what is in flight to them arrives. */
#ifndef UAV_CORE_SCENARIO_H
#define UAV_CORE_SCENARIO_H

#include "core/geodesy.h"
#include "core/lane.h"
#include "core/member.h"

enum scenario_status {
	SCENARIO_WAITING, /* the simulator is away or has not answered */
	SCENARIO_ACCEPTED,
	SCENARIO_REFUSED, /* by the simulator; `message` says why */
};

struct scenario {
	uint32_t number;
	uint32_t identity; /* unique; a successor's is that of the one before */
	bool retired;
	bool removed; /* retired, and the simulator has been told of the end */
	struct name name, hub;
	struct scenario_config config; /* with parameters of its own */
	struct geodesy_origin origin;
	struct lane *lane;
	struct link_cache *links; /* NULL: it has none */
	enum scenario_status status;
	char message[DESCRIPTION_MAX_BYTES + 1]; /* why refused */
	struct member **members;		 /* in no order */
	uint32_t member_count, member_cap;
	struct member *hub_member; /* NULL: the hub is away */
	uint64_t hub_noted;	   /* behind the last presence record about the hub; 0: none */
	uint32_t in_channel;	   /* messages */
	uint32_t waiting;	   /* messages that wait for their time, behind the channel */
	struct list queue;	   /* messages that wait for the simulator */
	struct list queues;	   /* in lane->queues, while some do */
	struct list lingering;	   /* members that left while something needed their node */
};

/* Those that the configuration names, in its order, and all by number. */
struct scenarios {
	struct scenario **by_number; /* by number - 1; NULL where free */
	uint32_t high, cap;
	uint32_t next_identity;
};

static inline struct scenario *session_scenario(const struct session *session)
{
	return session->member && !session->member->scenario->retired ? session->member->scenario
								      : NULL;
}

/* With a copy of the configuration, a number, and a lane of its simulator: `like`'s when that is
 * of the same simulator (it may be NULL), else the one with the fewest scenarios. In no list yet,
 * told to nobody. NULL when memory is out. */
struct scenario *scenario_new(struct core *core, const struct scenario_config *config,
			      const struct scenario *like);
/* Frees what is empty; tells nobody. */
void scenario_free(struct core *core, struct scenario *scenario);
/* Frees all, with their members. */
void scenarios_fini(struct core *core);

/* By name, or NULL. */
struct scenario *scenario_find(const struct core *core, struct slice name);
/* Whether the drone of this id may be in it: by the configuration and by its credential. */
bool scenario_allows(const struct core *core, const struct scenario *scenario, struct slice id);
/* The hub's place is filled anew, after its name has changed or members have come: the one
 * who is it now, or nobody. */
void scenario_seat_hub(struct scenario *scenario);

/* The simulator's words, of a scenario that it refused. */
const char *scenario_why_refused(const struct scenario *scenario);
/* The entry that lists show and drones are told. */
struct scenario_entry scenario_entry_of(const struct scenario *scenario);

/* Moves the session into `scenario`, out of the one it is in (NULL: out alone): a new stay, its
 * node, lines in the presence journal. 0, or -1 when memory is out (it is then where it was). */
int scenario_enter(struct core *core, struct session *session, struct scenario *scenario)
	__attribute__((warn_unused_result));
/* Ends the stay of a session that ends; the journal knows of that already. */
void scenario_abandon(struct core *core, struct session *session);
/* The node of a member that has left is needed no more. */
void scenario_remove_node(struct core *core, struct member *member);

/* Uses `links` from now on, which may be NULL; what it had before is freed. */
void scenario_use_links(struct core *core, struct scenario *scenario, struct link_cache *links);

/* Takes it out of use. Its queue is empty. */
void scenario_retire(struct core *core, struct scenario *scenario);
/* Ends it as far as it can be if it is retired: at the simulator when its channel is empty,
 * wholly when nothing waits for its time either. To be called when that may be so. */
void scenario_settle(struct core *core, struct scenario *scenario);

/* Tells the simulator the scenario, which then waits for the answer, and its nodes. */
void scenario_send(struct core *core, struct scenario *scenario);
/* Tells it the present state of a member. */
void scenario_send_node(struct core *core, const struct member *member);
/* All scenarios of a lane, after a reconnect. */
void scenario_replay(struct core *core, struct lane *lane);

/* Every scenario of the lane waits for the simulator again; members are told. */
void scenario_all_wait(struct core *core, struct lane *lane);
/* The simulator's verdict; members are told. */
void scenario_decide(struct core *core, struct lane *lane, uint32_t number, bool ok,
		     struct slice message);
/* Tells every member of it what it is now. */
void scenario_tell_members(struct core *core, struct scenario *scenario);

#endif
