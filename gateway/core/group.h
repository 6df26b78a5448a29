/* Groups of a scenario's members. A group is there while somebody is in it. */
#ifndef UAV_CORE_GROUP_H
#define UAV_CORE_GROUP_H

#include "base/hash.h"
#include "base/slots.h"
#include "core/member.h"

/* What is wrong with a name that name_valid refuses. */
extern const char group_bad_name[];

/* One member's place in one group. */
struct enrolment {
	struct list in_group, in_member;
	struct group *group;
	struct member *member;
};

struct group {
	uint32_t index;
	uint32_t count;
	struct list enrolments; /* in the order of joining */
	uint32_t key_size;	/* the scenario's identity and the name, as one key */
	uint8_t key[sizeof(uint32_t) + NAME_MAX_BYTES];
};

struct groups {
	struct slots table; /* by index */
	struct hash names;
};

void groups_init(struct groups *groups, struct hash_key key);
void groups_fini(struct groups *groups);

/* By the scenario's identity and the name; NULL when nobody is in it. */
struct group *group_find(const struct groups *groups, uint32_t scenario, struct slice name);

/* Enters the member into the group `name` (valid) of the scenario with this identity; again is
 * harmless. UNSPECIFIED, TOO_MANY_GROUPS (it is in `most`) or INTERNAL (memory is out). */
enum error_code group_join(struct groups *groups, struct member *member, uint32_t scenario,
			   struct slice name, uint32_t most);
/* Harmless when it is not in. */
void group_leave(struct groups *groups, struct member *member, uint32_t scenario,
		 struct slice name);
void group_leave_all(struct groups *groups, struct member *member);

#endif
