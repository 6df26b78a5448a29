#include "core/presence.h"

#include <stdlib.h>

#include "core/state.h"

enum {
	PRESENCE_PAGE = 1024, /* told to all at once: what EVENT_MAX_ENTRIES lets into one frame */
	PRESENCE_OWN_PAGE = 128,
};

int presence_init(struct presence *presence, uint32_t backlog)
{
	*presence = (struct presence){.cap = backlog};
	/* calloc: pages that the journal has not reached are not resident */
	presence->records = calloc(backlog, sizeof(*presence->records));
	presence->page = calloc(PRESENCE_PAGE, sizeof(*presence->page));
	if (!presence->records || !presence->page) {
		presence_fini(presence);
		return -1;
	}
	return 0;
}

void presence_fini(struct presence *presence)
{
	for (uint32_t i = 0; presence->records && i < presence->cap; i++) {
		callsign_drop(presence->records[i].callsign);
	}
	free(presence->records);
	free(presence->page);
	*presence = (struct presence){0};
}

static struct presence_record *record_at(const struct presence *presence, uint64_t position)
{
	return &presence->records[(position - presence->origin) % presence->cap];
}

/* The record behind which `noted` stands, if it is of that kind and nobody can have seen it yet. */
static struct presence_record *replaceable(const struct presence *presence, uint64_t noted)
{
	uint64_t position = noted - 1;

	if (noted == 0 || position < presence->firm || presence->end - position > presence->cap) {
		return NULL;
	}
	return record_at(presence, position);
}

/* A new record about `session`, at the journal's end; *noted is set behind it. */
static struct presence_record *record_new(struct core *core, const struct session *session,
					  enum presence_what what, uint64_t *noted)
{
	struct presence *presence = &core->presence;
	struct presence_record *record = record_at(presence, presence->end++);

	record->drone_id = session->id;
	record->what = (uint8_t)what;
	record->reason = GOODBYE_UNSPECIFIED;
	*noted = presence->end;
	core->stats.presence_events++;
	if (!presence->due_us) {
		presence->due_us = core->now.mono_us + core->limits.presence_interval_ms * 1000ull;
	}
	return record;
}

static void record_fill(struct presence_record *record, const struct session *session,
			const struct scenario *shown, const struct scenario *into)
{
	struct callsign *before = record->callsign;

	record->scenario = shown ? shown->name : (struct name){0};
	record->callsign = callsign_hold(session->callsign);
	callsign_drop(before);
	record->into = into ? into->identity : 0;
}

/* A change of the one kind is followed by the drone's last record of the other that nobody can
 * have seen: or, told after it, that would be news of what is no more. */
static void refresh_other(struct core *core, struct session *session, enum presence_what what,
			  const struct scenario *into)
{
	bool renamed = what == PRESENCE_WHAT_RENAMED;
	uint64_t noted = renamed ? session->scenario_noted : session->name_noted;
	struct presence_record *other = replaceable(&core->presence, noted);

	if (!other) {
		return;
	}
	record_fill(other, session, into, into);
	if (!renamed) {
		other->from = other->into;
	}
}

bool presence_note(struct core *core, struct session *session, enum presence_what what,
		   enum goodbye_reason reason, const struct scenario *from,
		   const struct scenario *into)
{
	const struct scenario *shown = what == PRESENCE_WHAT_OFFLINE ? from : into;
	uint64_t never = 0;
	uint64_t *noted = what == PRESENCE_WHAT_SCENARIO  ? &session->scenario_noted
			  : what == PRESENCE_WHAT_RENAMED ? &session->name_noted
							  : &never;
	struct presence_record *record = replaceable(&core->presence, *noted);

	if (noted != &never) {
		refresh_other(core, session, what, into);
	}
	if (record) {
		record_fill(record, session, shown, into);
		return false;
	}
	record = record_new(core, session, what, noted);
	record->reason = (uint8_t)reason;
	record->from = from ? from->identity : 0;
	record_fill(record, session, shown, into);
	return true;
}

void presence_note_hub(struct core *core, const struct session *hub, struct scenario *scenario,
		       enum presence_what what)
{
	struct presence_record *record = replaceable(&core->presence, scenario->hub_noted);
	bool noted = record == NULL;

	if (record) {
		record->drone_id = hub->id;
		record->what = (uint8_t)what;
	} else {
		record = record_new(core, hub, what, &scenario->hub_noted);
		record->from = scenario->identity;
	}
	record_fill(record, hub, scenario, scenario);
	LOG(core->log, noted ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
	    what == PRESENCE_WHAT_HUB_UP ? "hub_up" : "hub_down",
	    log_text("scenario", name_slice(&scenario->name)), log_text("hub", session_id(hub)));
}

void presence_join(struct core *core, struct session *session)
{
	session->presence_seen = core->presence.end;
	core->presence.firm = core->presence.end;
}

static struct presence_entry entry_of(const struct presence_record *record)
{
	return (struct presence_entry){
		.drone_id = name_slice(&record->drone_id),
		.callsign = record->callsign ? callsign_slice(record->callsign)
					     : name_slice(&record->drone_id),
		.scenario = name_slice(&record->scenario),
		.what = record->what,
		.reason = record->reason,
	};
}

static bool concerns(const struct session *session, const struct presence_record *record)
{
	const struct scenario *scenario = session_scenario(session);
	uint32_t own = scenario ? scenario->identity : 0;

	return session->presence == PRESENCE_WISH_ALL ||
	       (own && (record->from == own || record->into == own));
}

/* The next page for one session, whatever the others have seen. */
static void tell_page(struct core *core, struct session *session)
{
	const struct presence *presence = &core->presence;
	struct presence_entry entries[PRESENCE_OWN_PAGE];
	uint64_t oldest = presence->end > presence->cap ? presence->end - presence->cap : 0;
	struct event event = {.kind = EVENT_PRESENCE};
	uint32_t missed = 0;
	size_t count = 0;

	if (session->presence_seen < oldest) {
		missed = (uint32_t)(oldest - session->presence_seen);
		session->presence_seen = oldest;
		core->stats.presence_missed += missed;
	}
	while (session->presence_seen < presence->told && count < PRESENCE_OWN_PAGE) {
		const struct presence_record *record =
			record_at(presence, session->presence_seen++);

		if (concerns(session, record)) {
			entries[count++] = entry_of(record);
		}
	}
	event.presence = (struct event_presence){entries, count, missed, 0};
	if (count || missed) {
		session_emit(core, session, &event);
	}
}

bool presence_behind(const struct core *core, const struct session *session)
{
	return session->presence != PRESENCE_WISH_NONE &&
	       session->presence_seen < core->presence.told;
}

void presence_catch_up(struct core *core, struct session *session)
{
	while (presence_behind(core, session) && session_has_room(core, session)) {
		tell_page(core, session);
	}
}

/* Whether events from that position on have been written over. */
static bool overrun(const struct presence *presence, uint64_t from)
{
	return presence->end - from > presence->cap;
}

/* Entries told to all at once: at their largest no more than half of what may wait for a
 * reader, or a short pause would make it look too slow. */
static uint64_t page_size(const struct core *core)
{
	const uint32_t entry = 2 * NAME_MAX_BYTES + CALLSIGN_MAX_BYTES + 16;
	uint32_t most = core->limits.output_hard_bytes / 2 / entry;

	most = most < PRESENCE_PAGE ? most : PRESENCE_PAGE;
	return most > PRESENCE_OWN_PAGE ? most : PRESENCE_OWN_PAGE;
}

/* One page for all who have seen everything before `from` and wish everything: each entry is
 * encoded once; one that came in the meantime is told the page's end. What writing sets off (a
 * reader found too slow) is noted behind `told` and starts the next gathering; when the ring
 * has overrun the page, the rest are left to tell_page, which tells what they missed. */
static void tell_together(struct core *core, uint64_t from, uint64_t upto)
{
	struct presence_entry *page = core->presence.page;
	struct event event = {.kind = EVENT_PRESENCE, .encoded = core_encoded_anew(core)};

	for (uint64_t at = from; at < upto; at++) {
		page[at - from] = entry_of(record_at(&core->presence, at));
	}
	core->encoded_of = 0;
	for (uint32_t i = 0; i < core->registry.sessions.high && !overrun(&core->presence, from);
	     i++) {
		struct session *session = registry_at(&core->registry, i);

		if (session && session->state == SESSION_ACTIVE &&
		    session->presence == PRESENCE_WISH_ALL && session->presence_seen >= from &&
		    session->presence_seen < upto && session_has_room(core, session)) {
			size_t before = (size_t)(session->presence_seen - from);

			event.presence = (struct event_presence){
				.entries = page + before,
				.count = (size_t)(upto - from) - before,
				.before = before,
			};
			session->presence_seen = upto;
			session_emit(core, session, &event);
		}
	}
}

void presence_tick(struct core *core)
{
	struct presence *presence = &core->presence;
	uint64_t page = page_size(core);
	uint64_t from = presence->told;
	bool behind = false;

	if (!presence->due_us || presence->due_us > core->now.mono_us) {
		return;
	}
	presence->due_us = 0;
	presence->told = presence->end;
	presence->firm = presence->end;
	if (overrun(presence, from)) {
		from = presence->end - presence->cap;
	}
	while (from < presence->told && !overrun(presence, from)) {
		uint64_t upto = from + page < presence->told ? from + page : presence->told;

		tell_together(core, from, upto);
		from = upto;
	}
	for (uint32_t i = 0; i < core->registry.sessions.high; i++) {
		struct session *session = registry_at(&core->registry, i);

		if (session && session->state == SESSION_ACTIVE && presence_behind(core, session)) {
			session_pump(core, session);
			behind |=
				session->state == SESSION_ACTIVE && presence_behind(core, session);
		}
	}
	/* what pumping has set off is in the ring already */
	if (!behind && presence->told == presence->end) {
		presence->origin = presence->end;
	}
}
