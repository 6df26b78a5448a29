#include "peek.h"

#include "core/state.h"

uint64_t peek_fanout_bytes(const struct core *core)
{
	return core->fanout_bytes;
}

uint64_t peek_outside_bytes(const struct core *core)
{
	return core->inflight.outside_bytes;
}

uint32_t peek_window(const struct core *core, uint32_t lane)
{
	return window_room(&core->lanes[lane].window);
}

uint64_t peek_waiting_bytes(const struct core *core)
{
	return core->waiting_bytes;
}

uint64_t peek_presence_firm(const struct core *core)
{
	return core->presence.firm;
}

uint64_t peek_presence_told(const struct core *core)
{
	return core->presence.told;
}

uint64_t peek_presence_end(const struct core *core)
{
	return core->presence.end;
}

struct slice peek_presence_id(const struct core *core, uint64_t position, enum presence_what *what)
{
	const struct presence *presence = &core->presence;
	const struct presence_record *record =
		&presence->records[(position - presence->origin) % presence->cap];

	*what = (enum presence_what)record->what;
	return name_slice(&record->drone_id);
}

struct drone_traffic peek_traffic(const struct session *session)
{
	const struct member *member = session->member;

	return member ? traffic_told(&member->traffic) : (struct drone_traffic){0};
}

uint32_t peek_rank(const struct core *core, const struct session *session, struct slice name)
{
	const struct member *member = session->member;
	const struct group *group;
	uint32_t rank = 0;

	if (!name.size) {
		return member->place;
	}
	group = group_find(&core->groups, member->scenario->identity, name);
	for (const struct list *link = group->enrolments.next; link != &group->enrolments;
	     link = link->next, rank++) {
		if (LIST_ENTRY(link, struct enrolment, in_group)->member == member) {
			break;
		}
	}
	return rank;
}

const char *peek_leftover(const struct core *core)
{
	if (core->inflight.count || core->inflight.outside_bytes || core->fanout_bytes ||
	    core->waiting_bytes) {
		return "messages are left over";
	}
	if (core->deadlines.count) {
		return "deadlines are left over";
	}
	if (core->registry.ids.count || core->registry.callsigns.count) {
		return "names are left over";
	}
	return NULL;
}
