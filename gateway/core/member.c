#include "core/member.h"

#include <stdlib.h>

void members_fini(struct members *members)
{
	for (uint32_t i = 0; i < members->high; i++) {
		free(members->table[i]);
	}
	free(members->table);
	free(members->free);
}

static int members_grow(struct members *members)
{
	uint32_t cap = members->cap ? members->cap * 2 : 64;
	struct member **table = realloc(members->table, cap * sizeof(struct member *));
	uint32_t *frees;

	if (!table) {
		return -1;
	}
	members->table = table;
	frees = realloc(members->free, cap * sizeof(*frees));
	if (!frees) {
		return -1;
	}
	members->free = frees;
	members->cap = cap;
	return 0;
}

struct member *member_new(struct members *members, struct session *session,
			  struct scenario *scenario)
{
	struct member *member;

	if (!members->free_count && members->high == members->cap && members_grow(members) < 0) {
		return NULL;
	}
	member = calloc(1, sizeof(*member));
	if (!member) {
		return NULL;
	}
	member->node = members->free_count ? members->free[--members->free_count] : ++members->high;
	member->stay = ++members->next_stay;
	member->session = session;
	member->scenario = scenario;
	list_init(&member->enrolments);
	list_init(&member->lingering);
	members->table[member->node - 1] = member;
	return member;
}

void member_free(struct members *members, struct member *member)
{
	list_remove(&member->lingering);
	members->table[member->node - 1] = NULL;
	members->free[members->free_count++] = member->node;
	free(member);
}

struct member *member_at(const struct members *members, uint32_t node)
{
	return node >= 1 && node <= members->high ? members->table[node - 1] : NULL;
}

struct member *member_present(const struct members *members, uint32_t node, uint32_t stay)
{
	struct member *member = member_at(members, node);

	return member && member->stay == stay && member->session ? member : NULL;
}
