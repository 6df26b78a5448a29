#include "core/member.h"

#include <stdlib.h>

void members_fini(struct members *members)
{
	for (uint32_t i = 0; i < members->table.high; i++) {
		free(slots_at(&members->table, i));
	}
	slots_fini(&members->table);
}

struct member *member_new(struct members *members, struct session *session,
			  struct scenario *scenario)
{
	struct member *member = calloc(1, sizeof(*member));
	uint32_t index;

	if (!member || slots_add(&members->table, member, &index) < 0) {
		free(member);
		return NULL;
	}
	member->node = index + 1;
	member->stay = ++members->next_stay;
	member->session = session;
	member->scenario = scenario;
	traffic_init(&member->traffic);
	list_init(&member->enrolments);
	return member;
}

void member_free(struct members *members, struct member *member)
{
	list_remove(&member->lingering);
	slots_remove(&members->table, member->node - 1);
	free(member);
}

struct member *member_at(const struct members *members, uint32_t node)
{
	return slots_at(&members->table, node - 1); /* of node 0: past any table */
}

struct member *member_present(const struct members *members, uint32_t node, uint32_t stay)
{
	struct member *member = member_at(members, node);

	return member && member->stay == stay && member->session ? member : NULL;
}
