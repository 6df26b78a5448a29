#include "core/lane.h"

#include "core/queue.h"
#include "core/state.h"

bool lane_link_full(const struct lane *lane)
{
	return lane->up && lane->ops->full(lane->ctx);
}

bool lane_full(const struct lane *lane)
{
	return lane->in_channel + lane->woken >= window_room(&lane->window) || lane_link_full(lane);
}

bool lane_has_turns(const struct lane *lane)
{
	uint32_t room = window_room(&lane->window), taken = lane->in_channel + lane->woken;

	return lane_full(lane) || !list_empty(&lane->held) || (lane->woken && taken >= room / 2);
}

void lane_use_place(struct session *session)
{
	session->woken->woken--;
	session->woken = NULL;
}

void lane_unwake(struct core *core, struct session *session)
{
	struct lane *lane = session->woken;

	if (lane) {
		lane_use_place(session);
		lane_pump(core, lane);
	}
}

static void release(struct core *core, struct lane *lane, struct session *session)
{
	session->woken = lane;
	lane->woken++;
	session_release(core, session, HOLD_SIMULATOR);
}

void lane_pump(struct core *core, struct lane *lane)
{
	struct list *link;

	if (lane->pumping) {
		return; /* whoever does that looks again */
	}
	lane->pumping = true;
	queue_pump(core, lane);
	while (!lane_full(lane) && (link = list_first(&lane->held))) {
		release(core, lane, LIST_ENTRY(link, struct session, held));
	}
	lane->pumping = false;
}

void lane_release_all(struct core *core, struct lane *lane)
{
	struct list *link;

	while ((link = list_first(&lane->held))) {
		session_release(core, LIST_ENTRY(link, struct session, held), HOLD_SIMULATOR);
	}
}

void lane_count_abuse(struct core *core, struct lane *lane, uint64_t count)
{
	if (core->now.mono_us - lane->strays_since_us >= 1000000) {
		lane->strays_since_us = core->now.mono_us;
		lane->strays = 0;
	}
	lane->strays += (uint32_t)count;
	if (lane->strays > core->limits.max_stray_results) {
		lane->strays = 0;
		lane->ops->reset(lane->ctx, "too many answers that nothing asked for");
	}
}
