#include "core/group.h"

#include <stdlib.h>

const char group_bad_name[] = "a group's name is 1 to 32 of A-Z a-z 0-9 . _ -";

static struct slice key_of(const void *ctx, uint32_t index)
{
	const struct groups *groups = ctx;
	const struct group *group = slots_at(&groups->table, index);

	return slice_of(group->key, group->key_size);
}

void groups_init(struct groups *groups, struct hash_key key)
{
	*groups = (struct groups){0};
	hash_init(&groups->names, key, key_of, groups);
}

void groups_fini(struct groups *groups)
{
	hash_fini(&groups->names);
	slots_fini(&groups->table);
}

static uint32_t make_key(uint8_t key[sizeof(uint32_t) + NAME_MAX_BYTES], uint32_t scenario,
			 struct slice name)
{
	memcpy(key, &scenario, sizeof(scenario));
	memcpy(key + sizeof(scenario), name.data, name.size);
	return (uint32_t)(sizeof(scenario) + name.size);
}

struct group *group_find(const struct groups *groups, uint32_t scenario, struct slice name)
{
	uint8_t key[sizeof(uint32_t) + NAME_MAX_BYTES];
	uint32_t index;

	if (name.size < 1 || name.size > NAME_MAX_BYTES) {
		return NULL;
	}
	index = hash_find(&groups->names, slice_of(key, make_key(key, scenario, name)));
	return index == HASH_NONE ? NULL : slots_at(&groups->table, index);
}

static void group_free(struct groups *groups, struct group *group)
{
	slots_remove(&groups->table, group->index);
	free(group);
}

/* An empty one. NULL when memory is out. */
static struct group *group_new(struct groups *groups, uint32_t scenario, struct slice name)
{
	struct group *group = calloc(1, sizeof(*group));

	if (!group || slots_add(&groups->table, group, &group->index) < 0) {
		free(group);
		return NULL;
	}
	list_init(&group->enrolments);
	group->key_size = make_key(group->key, scenario, name);
	if (hash_add(&groups->names, group->index) < 0) {
		group_free(groups, group);
		return NULL;
	}
	return group;
}

static void drop_if_empty(struct groups *groups, struct group *group)
{
	if (group->count == 0) {
		(void)hash_remove(&groups->names, group->index);
		group_free(groups, group);
	}
}

static struct enrolment *enrolment_of(const struct member *member, const struct group *group)
{
	for (struct list *link = member->enrolments.next; link != &member->enrolments;
	     link = link->next) {
		struct enrolment *enrolment = LIST_ENTRY(link, struct enrolment, in_member);

		if (enrolment->group == group) {
			return enrolment;
		}
	}
	return NULL;
}

/* Counted, for few join and none joins many: all carry a count, if there is one. */
static uint32_t group_count(const struct member *member)
{
	uint32_t count = 0;

	for (const struct list *link = member->enrolments.next; link != &member->enrolments;
	     link = link->next) {
		count++;
	}
	return count;
}

enum error_code group_join(struct groups *groups, struct member *member, uint32_t scenario,
			   struct slice name, uint32_t most)
{
	struct group *group = group_find(groups, scenario, name);
	struct enrolment *enrolment;

	if (group && enrolment_of(member, group)) {
		return ERROR_UNSPECIFIED;
	}
	if (group_count(member) >= most) {
		return ERROR_TOO_MANY_GROUPS;
	}
	if (!group) {
		group = group_new(groups, scenario, name);
	}
	if (!group) {
		return ERROR_INTERNAL;
	}
	enrolment = calloc(1, sizeof(*enrolment));
	if (!enrolment) {
		drop_if_empty(groups, group);
		return ERROR_INTERNAL;
	}
	enrolment->group = group;
	enrolment->member = member;
	list_push_back(&group->enrolments, &enrolment->in_group);
	list_push_back(&member->enrolments, &enrolment->in_member);
	group->count++;
	return ERROR_UNSPECIFIED;
}

static void drop(struct groups *groups, struct enrolment *enrolment)
{
	struct group *group = enrolment->group;

	list_remove(&enrolment->in_group);
	list_remove(&enrolment->in_member);
	group->count--;
	free(enrolment);
	drop_if_empty(groups, group);
}

void group_leave(struct groups *groups, struct member *member, uint32_t scenario, struct slice name)
{
	const struct group *group = group_find(groups, scenario, name);
	struct enrolment *enrolment = group ? enrolment_of(member, group) : NULL;

	if (enrolment) {
		drop(groups, enrolment);
	}
}

void group_leave_all(struct groups *groups, struct member *member)
{
	struct list *next;

	for (struct list *link = member->enrolments.next; link != &member->enrolments;
	     link = next) {
		next = link->next;
		drop(groups, LIST_ENTRY(link, struct enrolment, in_member));
	}
}
