#include "core/listing.h"

#include "core/state.h"

enum { SCENARIO_PAGE = 16, DRONE_PAGE = 32 };

static bool scenario_page(struct core *core, struct session *session)
{
	struct scenario_entry entries[SCENARIO_PAGE];
	struct event event = {.kind = EVENT_SCENARIOS, .ref = session->listing_ref};
	size_t count = 0;

	while (count < SCENARIO_PAGE && session->listing_next < core->scenario_count) {
		entries[count++] = scenario_entry_of(core->scenarios[session->listing_next++]);
	}
	event.scenarios = (struct event_scenarios){
		.entries = entries,
		.count = count,
		.more = session->listing_next < core->scenario_count,
	};
	session_emit(core, session, &event);
	return event.scenarios.more;
}

/* The next that the reader asked for, or NULL. Members are gone through from the last to the first:
 * when one leaves, the last takes its place, which has then been listed. */
static const struct session *next_listed(const struct core *core, struct session *reader)
{
	const struct scenario *scenario = reader->listing_scenario;

	if (scenario) {
		if (reader->listing_next > scenario->member_count) {
			reader->listing_next = scenario->member_count;
		}
		return reader->listing_next ? scenario->members[--reader->listing_next]->session
					    : NULL;
	}
	while (reader->listing_next < core->registry.sessions.high) {
		const struct session *session =
			registry_at(&core->registry, reader->listing_next++);

		if (session && session->state == SESSION_ACTIVE) {
			return session;
		}
	}
	return NULL;
}

static bool listing_is_over(const struct core *core, const struct session *reader)
{
	struct session ahead = *reader;

	return next_listed(core, &ahead) == NULL;
}

static struct drone_entry drone_entry_of(const struct core *core, const struct session *session)
{
	const struct scenario *scenario = session_scenario(session);

	return (struct drone_entry){
		.drone_id = session_id(session),
		.callsign = session_callsign(session),
		.kind = session->kind,
		.scenario = scenario ? name_slice(&scenario->name) : slice_of(NULL, 0),
		.online_ms = (core->now.mono_us - session->since_us) / 1000,
		.idle_ms = (core->now.mono_us - session->heard_us) / 1000,
		.position = session->known ? session->known->position
					   : (struct position){.frame = POSITION_UNKNOWN},
	};
}

static bool drone_page(struct core *core, struct session *session)
{
	struct drone_entry entries[DRONE_PAGE];
	struct event event = {.kind = EVENT_DRONES, .ref = session->listing_ref};
	const struct session *next;
	size_t count = 0;

	while (count < DRONE_PAGE && (next = next_listed(core, session))) {
		entries[count++] = drone_entry_of(core, next);
	}
	event.drones = (struct event_drones){
		.entries = entries, .count = count, .more = !listing_is_over(core, session)};
	session_emit(core, session, &event);
	return event.drones.more;
}

void listing_pump(struct core *core, struct session *session)
{
	while (session->listing != LISTING_NONE && session_has_room(core, session)) {
		bool more = session->listing == LISTING_SCENARIOS ? scenario_page(core, session)
								  : drone_page(core, session);

		if (!more) {
			session->listing = LISTING_NONE;
		}
	}
	if (session->listing == LISTING_NONE) {
		session_release(core, session, HOLD_LISTING);
	}
}
