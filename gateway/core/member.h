/* A drone's stay in a scenario: what it has there (node, sequence, groups) and what is
 * left of it when it has gone while one of its messages is still on its second hop.
 *
 * A stay owns its node's number from its beginning until the simulator has been told of
 * its end. The number is its place in the table, so that a result finds its target
 * by array; `stay` tells two users of one number apart. */
#ifndef UAV_CORE_MEMBER_H
#define UAV_CORE_MEMBER_H

#include "base/list.h"
#include "base/slots.h"
#include "core/core.h"
#include "core/name.h"
#include "core/traffic.h"

struct scenario;

struct member {
	uint32_t node; /* 1 and up */
	uint32_t stay; /* unique for each entering of a scenario */
	/* NULL: it has left, and its node stays until `needed` is 0 */
	struct session *session;
	struct traffic traffic; /* beside what else a message looks at */
	/* The one it is in, or was; NULL when that has ended. Of a scenario that was
	 * removed (scenario->retired) the stay goes on only for what is in flight. */
	struct scenario *scenario;
	uint32_t place;	 /* in scenario->members, while it has a session */
	uint32_t needed; /* messages in the channel whose relayed hop names it as origin */
	union {
		struct list enrolments; /* of groups, while it has a session */
		struct list lingering;	/* in scenario->lingering, when it has left */
	};
};

struct members {
	struct slots table; /* by node - 1 */
	uint32_t next_stay;
};

void members_fini(struct members *members);

/* A new stay of `session`, in no scenario's list yet. NULL when memory is out. */
struct member *member_new(struct members *members, struct session *session,
			  struct scenario *scenario);
/* Frees it and its number. */
void member_free(struct members *members, struct member *member);

/* The stay with that node, or NULL. */
struct member *member_at(const struct members *members, uint32_t node);
/* That stay, if its drone is still there. */
struct member *member_present(const struct members *members, uint32_t node, uint32_t stay);

#endif
