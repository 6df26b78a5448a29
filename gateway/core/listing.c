#include "core/listing.h"

#include <stdlib.h>

#include "core/state.h"

enum {
	SCENARIO_PAGE = 16,
	DRONE_PAGE = 32,
	/* Then the others have their turn, however fast the reader is. */
	PAGES_AT_A_TIME = 8,
};

static bool scenario_page(struct core *core, struct session *session)
{
	struct scenario_entry entries[SCENARIO_PAGE];
	struct event event = {.kind = EVENT_SCENARIOS, .ref = session->listing->ref};
	size_t count = 0;

	while (count < SCENARIO_PAGE && session->listing->next < core->scenario_count) {
		entries[count++] = scenario_entry_of(core->scenarios[session->listing->next++]);
	}
	event.scenarios = (struct event_scenarios){
		.entries = entries,
		.count = count,
		.more = session->listing->next < core->scenario_count,
	};
	session_emit(core, session, &event);
	return event.scenarios.more;
}

/* The next that the reader asked for, or NULL. Members are gone through from the last to the first:
 * when one leaves, the last takes its place, which has then been listed. */
static const struct session *next_listed(const struct core *core, struct listing *listing)
{
	const struct scenario *scenario = listing->scenario;

	if (scenario) {
		if (listing->next > scenario->member_count) {
			listing->next = scenario->member_count;
		}
		return listing->next ? scenario->members[--listing->next]->session : NULL;
	}
	while (listing->next < core->registry.sessions.high) {
		const struct session *session = registry_at(&core->registry, listing->next++);

		if (session && session->state == SESSION_ACTIVE) {
			return session;
		}
	}
	return NULL;
}

static bool listing_is_over(const struct core *core, const struct listing *listing)
{
	struct listing ahead = *listing;

	return next_listed(core, &ahead) == NULL;
}

static struct drone_entry drone_entry_of(const struct core *core, const struct session *session)
{
	const struct scenario *scenario = session_scenario(session);
	struct drone_entry entry = {
		.drone_id = session_id(session),
		.callsign = session_callsign(session),
		.kind = session->kind,
		.scenario = scenario ? name_slice(&scenario->name) : slice_of(NULL, 0),
		.online_ms = (core->now.mono_us - session->since_us) / 1000,
		.idle_ms = (core->now.mono_us - session->heard_us) / 1000,
		.position = session->known ? session->known->position
					   : (struct position){.frame = POSITION_UNKNOWN},
		.has_traffic = scenario != NULL,
	};

	if (scenario) {
		entry.stay = session->member->stay;
		entry.traffic = traffic_told(&session->member->traffic);
	}
	return entry;
}

static bool drone_page(struct core *core, struct session *session)
{
	struct drone_entry entries[DRONE_PAGE];
	struct event event = {.kind = EVENT_DRONES, .ref = session->listing->ref};
	const struct session *next;
	size_t count = 0;

	while (count < DRONE_PAGE && (next = next_listed(core, session->listing))) {
		entries[count++] = drone_entry_of(core, next);
	}
	event.drones = (struct event_drones){.entries = entries,
					     .count = count,
					     .more = !listing_is_over(core, session->listing)};
	session_emit(core, session, &event);
	return event.drones.more;
}

void listing_start(struct core *core, struct session *session, enum listing_kind kind, uint32_t ref,
		   const struct scenario *scenario)
{
	if (!ref) {
		return;
	}
	session->listing = malloc(sizeof(*session->listing));
	if (!session->listing) {
		session_no_memory(core, session, ref);
		return;
	}
	*session->listing = (struct listing){
		.kind = kind,
		.ref = ref,
		.next = scenario ? scenario->member_count : 0,
		.scenario = scenario,
	};
	session_pump(core, session);
}

void listing_pump(struct core *core, struct session *session)
{
	for (int i = 0; i < PAGES_AT_A_TIME && session->listing && session_has_room(core, session);
	     i++) {
		bool more = session->listing->kind == LISTING_SCENARIOS
				    ? scenario_page(core, session)
				    : drone_page(core, session);

		if (!more) {
			free(session->listing);
			session->listing = NULL;
		}
	}
	if (!session->listing) {
		session_release(core, session, HOLD_LISTING);
	}
}
