#include "core/fanout.h"

#include <stdlib.h>

#include "core/state.h"

enum { FANOUT_PAGE = 32, FANOUT_KEPT_BYTES = 1024 * 1024 };

static size_t fanout_bytes(const struct fanout *fanout)
{
	return sizeof(*fanout) + fanout->cap * sizeof(struct fanout_target) + fanout->links.cap;
}

/* What it holds counts against limits.max_in_flight_bytes. */
static void fanout_charge(struct core *core, struct fanout *fanout)
{
	size_t bytes = fanout_bytes(fanout);

	core->fanout_bytes += bytes - fanout->charged;
	fanout->charged = bytes;
}

static void fanout_destroy(struct fanout *fanout)
{
	buf_fini(&fanout->links);
	free(fanout->targets);
	free(fanout);
}

/* One from the kept, or a new one without room. */
static struct fanout *fanout_take(struct core *core)
{
	struct fanout *fanout = core->fanouts;

	if (!fanout) {
		return calloc(1, sizeof(*fanout));
	}
	core->fanouts = fanout->next_free;
	core->fanouts_kept -= fanout_bytes(fanout);
	return fanout;
}

struct fanout *fanout_new(struct core *core, uint32_t count)
{
	struct fanout *fanout = fanout_take(core);

	if (!fanout) {
		return NULL;
	}
	if (fanout->cap < count) {
		free(fanout->targets);
		fanout->cap = 0;
		fanout->targets = calloc(count, sizeof(*fanout->targets));
		if (!fanout->targets) {
			fanout_destroy(fanout);
			return NULL;
		}
		fanout->cap = count;
	}
	fanout->count = 0;
	fanout->unanswered = 0;
	fanout->delivered = 0;
	fanout->group.size = 0;
	fanout->via.hop = 0;
	fanout->cursor = 0;
	fanout->reported = 0;
	fanout->replied = false;
	fanout->charged = 0;
	fanout->serial = ++core->fanout_serial;
	list_init(&fanout->in_session);
	buf_clear(&fanout->links);
	fanout_charge(core, fanout);
	return fanout;
}

void fanout_free(struct core *core, struct fanout *fanout)
{
	size_t bytes = fanout_bytes(fanout);

	list_remove(&fanout->in_session);
	core->fanout_bytes -= fanout->charged;
	if (core->fanouts_kept + bytes > FANOUT_KEPT_BYTES) {
		fanout_destroy(fanout);
		return;
	}
	core->fanouts_kept += bytes;
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

/* core->node_place[node - 1] = place of that node in the fanout. Entries of other
 * nodes are stale, so that the caller checks what it finds. */
static bool fanout_map(struct core *core, const struct fanout *fanout)
{
	if (core->node_place_of == fanout->serial) {
		return true;
	}
	if (core->node_place_cap < core->members.table.high) {
		uint32_t *place =
			realloc(core->node_place, core->members.table.cap * sizeof(*place));

		if (!place) {
			return false;
		}
		memset(place + core->node_place_cap, 0,
		       (core->members.table.cap - core->node_place_cap) * sizeof(*place));
		core->node_place = place;
		core->node_place_cap = core->members.table.cap;
	}
	for (uint32_t i = 0; i < fanout->count; i++) {
		core->node_place[fanout->targets[i].node - 1] = i;
	}
	core->node_place_of = fanout->serial;
	return true;
}

static bool is_node_at(const struct fanout *fanout, uint32_t place, uint32_t node)
{
	return place < fanout->count && fanout->targets[place].node == node;
}

struct fanout_target *fanout_find(struct core *core, struct fanout *fanout, uint32_t node,
				  bool *known)
{
	uint32_t place;

	*known = false;
	/* all before the cursor are answered */
	while (fanout->cursor < fanout->count && fanout->targets[fanout->cursor].answered) {
		fanout->cursor++;
	}
	place = fanout->cursor;
	if (!is_node_at(fanout, place, node)) {
		if (!fanout_map(core, fanout) || node == 0 || node > core->node_place_cap) {
			return NULL;
		}
		place = core->node_place[node - 1];
		if (!is_node_at(fanout, place, node)) {
			return NULL;
		}
	}
	*known = true;
	return fanout->targets[place].answered ? NULL : &fanout->targets[place];
}

void fanout_answered(struct fanout *fanout, struct fanout_target *target)
{
	target->answered = true;
	fanout->unanswered--;
}

void fanout_settle(struct core *core, struct fanout *fanout, struct fanout_target *target,
		   const struct fate *fate)
{
	const struct hop *own = &fate->hops[fate->relayed];

	fanout->delivered += fate->outcome == OUTCOME_DELIVERED;
	target->outcome = (uint8_t)fate->outcome;
	target->reason = (uint8_t)fate->reason;
	target->relayed = fate->relayed;
	target->has_hop = fate->hop_count > fate->relayed;
	target->has_link = false;
	if (!target->has_hop) {
		return;
	}
	target->hop_outcome = (uint8_t)own->outcome;
	target->hop_reason = (uint8_t)own->reason;
	target->hop_source = (uint8_t)own->source;
	target->late_by_us = own->late_by_us;
	if (fanout->report == REPORT_WISH_NONE || !own->link.data) {
		return;
	}
	target->link_at = (uint32_t)buf_size(&fanout->links);
	target->link_size = (uint32_t)own->link.size;
	/* Without memory for the numbers the outcome is still told. */
	target->has_link = buf_append(&fanout->links, own->link.data, own->link.size) == 0;
	fanout_charge(core, fanout);
}

/* Its hops into hops[0] and on; how many. */
static size_t target_hops(const struct fanout *fanout, const struct fanout_target *target,
			  struct hop *hops)
{
	const struct name *from = target->relayed ? &fanout->via.hub : &fanout->sender;
	size_t count = 0;

	if (target->relayed) {
		hop_set(&hops[count++], &fanout->sender, &fanout->via.hub, &fanout->via.first.leg);
	}
	if (target->has_hop) {
		hops[count++] = (struct hop){
			.transmitter = name_slice(from),
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
	return count;
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
	struct hop hops[FANOUT_PAGE][2];
	struct event event = {.kind = EVENT_SEND_REPORT, .ref = fanout->ref};
	uint32_t place = next_wanted(fanout, fanout->reported);
	size_t count = 0;

	while (place < fanout->count && count < FANOUT_PAGE) {
		const struct fanout_target *target = &fanout->targets[place];

		outcomes[count] = (struct target_outcome){
			.drone_id = name_slice(&target->id),
			.outcome = target->outcome,
			.reason = target->reason,
			.hops = hops[count],
			.hop_count = target_hops(fanout, target, hops[count]),
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
		.outcomes = outcomes,
		.count = count,
		.more = place < fanout->count,
		.to_many = true,
		.delivered = fanout->delivered,
	};
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
