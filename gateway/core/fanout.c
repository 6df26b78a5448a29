#include "core/fanout.h"

#include <stdlib.h>

#include "core/state.h"

enum { FANOUT_PAGE = 32, FANOUT_KEEP_TARGETS = 4096 };

struct fanout *fanout_new(struct core *core, uint32_t count)
{
	struct fanout *fanout = core->fanouts;

	if (fanout) {
		core->fanouts = fanout->next_free;
	} else {
		fanout = calloc(1, sizeof(*fanout));
		if (!fanout) {
			return NULL;
		}
	}
	if (fanout->cap < count) {
		struct fanout_target *targets =
			realloc(fanout->targets, count * sizeof(*fanout->targets));

		if (!targets) {
			fanout->next_free = core->fanouts;
			core->fanouts = fanout;
			return NULL;
		}
		fanout->targets = targets;
		fanout->cap = count;
	}
	fanout->count = 0;
	fanout->undecided = 0;
	fanout->cursor = 0;
	fanout->reported = 0;
	fanout->replied = false;
	list_init(&fanout->in_session);
	buf_clear(&fanout->links);
	core->fanout_bytes += fanout->cap * sizeof(struct fanout_target);
	return fanout;
}

static void fanout_destroy(struct fanout *fanout)
{
	buf_fini(&fanout->links);
	free(fanout->targets);
	free(fanout);
}

void fanout_free(struct core *core, struct fanout *fanout)
{
	list_remove(&fanout->in_session);
	core->fanout_bytes -= fanout->cap * sizeof(struct fanout_target);
	if (fanout->cap > FANOUT_KEEP_TARGETS) {
		fanout_destroy(fanout);
		return;
	}
	fanout->next_free = core->fanouts;
	core->fanouts = fanout;
}

void fanout_fini(struct core *core)
{
	while (core->fanouts) {
		struct fanout *next = core->fanouts->next_free;

		fanout_destroy(core->fanouts);
		core->fanouts = next;
	}
	free(core->node_place);
}

/* core->node_place[index] = place of that session in the fanout, + 1. Entries of
 * other sessions are stale, so that the caller checks what it finds. */
static bool fanout_map(struct core *core, const struct fanout *fanout)
{
	if (core->node_place_cap < core->registry.high) {
		uint32_t *place = realloc(core->node_place, core->registry.cap * sizeof(*place));

		if (!place) {
			return false;
		}
		memset(place + core->node_place_cap, 0,
		       (core->registry.cap - core->node_place_cap) * sizeof(*place));
		core->node_place = place;
		core->node_place_cap = core->registry.cap;
	}
	for (uint32_t i = 0; i < fanout->count; i++) {
		core->node_place[fanout->targets[i].index] = i;
	}
	return true;
}

struct fanout_target *fanout_find(struct core *core, struct fanout *fanout, uint32_t node,
				  bool *mapped, bool *known)
{
	struct fanout_target *target;
	uint32_t place = fanout->cursor;

	*known = false;
	while (place < fanout->count && fanout->targets[place].decided) {
		place++;
	}
	if (place >= fanout->count || fanout->targets[place].index + 1 != node) {
		if (!*mapped && !fanout_map(core, fanout)) {
			return NULL;
		}
		*mapped = true;
		if (node == 0 || node > core->node_place_cap) {
			return NULL;
		}
		place = core->node_place[node - 1];
		if (place >= fanout->count || fanout->targets[place].index + 1 != node) {
			return NULL;
		}
	}
	target = &fanout->targets[place];
	*known = true;
	if (target->decided) {
		return NULL;
	}
	fanout->cursor = place + 1;
	return target;
}

void fanout_settle(struct fanout *fanout, struct fanout_target *target, const struct fate *fate)
{
	const struct hop *hop = &fate->hop;

	target->decided = true;
	target->outcome = (uint8_t)fate->outcome;
	target->reason = (uint8_t)fate->reason;
	target->has_hop = fate->has_hop;
	target->has_link = false;
	fanout->undecided--;
	if (!fate->has_hop) {
		return;
	}
	target->hop_outcome = (uint8_t)hop->outcome;
	target->hop_reason = (uint8_t)hop->reason;
	target->hop_source = (uint8_t)hop->source;
	target->late_by_us = hop->late_by_us;
	if (fanout->report == REPORT_WISH_NONE || !hop->link.data) {
		return;
	}
	target->link_at = (uint32_t)buf_size(&fanout->links);
	target->link_size = (uint32_t)hop->link.size;
	/* Without memory for the numbers the outcome is still told. */
	target->has_link = buf_append(&fanout->links, hop->link.data, hop->link.size) == 0;
}

static struct hop hop_of(const struct fanout *fanout, const struct fanout_target *target)
{
	return (struct hop){
		.transmitter = name_slice(&fanout->sender),
		.receiver = name_slice(&target->id),
		.outcome = target->hop_outcome,
		.reason = target->hop_reason,
		.source = target->hop_source,
		.late_by_us = target->late_by_us,
		.link = target->has_link
				? slice_of(buf_slice(&fanout->links).data + target->link_at,
					   target->link_size)
				: slice_of(NULL, 0),
	};
}

static bool wanted(const struct fanout *fanout, const struct fanout_target *target)
{
	return fanout->report == REPORT_WISH_ALL || target->outcome != OUTCOME_DELIVERED;
}

static uint32_t next_wanted(const struct fanout *fanout, uint32_t place)
{
	while (place < fanout->count && !wanted(fanout, &fanout->targets[place])) {
		place++;
	}
	return place;
}

/* One page; `more` as the last page says it. */
static void report_page(struct core *core, struct session *sender, struct fanout *fanout)
{
	struct target_outcome outcomes[FANOUT_PAGE];
	struct hop hops[FANOUT_PAGE];
	struct event event = {.kind = EVENT_SEND_REPORT, .ref = fanout->ref};
	uint32_t place = next_wanted(fanout, fanout->reported);
	size_t count = 0;

	while (place < fanout->count && count < FANOUT_PAGE) {
		const struct fanout_target *target = &fanout->targets[place];

		hops[count] = hop_of(fanout, target);
		outcomes[count] = (struct target_outcome){
			.drone_id = name_slice(&target->id),
			.outcome = target->outcome,
			.reason = target->reason,
			.hops = &hops[count],
			.hop_count = target->has_hop,
		};
		count++;
		place = next_wanted(fanout, place + 1);
	}
	fanout->reported = place;
	fanout->replied = true;
	if (count == 0 && fanout->report == REPORT_WISH_FAILURES) {
		session_done(core, sender, fanout->ref);
		return;
	}
	event.report = (struct event_send_report){
		.outcomes = outcomes, .count = count, .more = place < fanout->count};
	session_emit(core, sender, &event);
}

bool fanout_report(struct core *core, struct session *sender, struct fanout *fanout)
{
	while (!fanout->replied || fanout->reported < fanout->count) {
		if (!session_has_room(core, sender)) {
			return sender->state == SESSION_ENDED;
		}
		report_page(core, sender, fanout);
		if (sender->state == SESSION_ENDED) {
			return true; /* and the fanout is gone with it */
		}
	}
	return true;
}
