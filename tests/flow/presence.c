/* Presence as it should be told: a journal that every reader goes through in order. */
#include <stdlib.h>

#include "world.h"

/* The first record of a gathering says when that ends. */
static uint64_t gathered_until(const struct world *world)
{
	if (world->journal_end > peek_presence_told(world->core)) {
		return world->journal[world->journal_end - 1].due_us;
	}
	return world->now.mono_us + world->limits.presence_interval_ms * 1000ull;
}

enum { LEAST_PAGE = 128 };

static void append(struct world *world, const struct record *record)
{
	if (world->journal_end == world->journal_cap) {
		world->journal_cap = world->journal_cap ? world->journal_cap * 2 : 256;
		world->journal =
			realloc(world->journal, world->journal_cap * sizeof(world->journal[0]));
	}
	FLOW_HOLDS(world, world->journal, "the model's memory is out");
	world->journal[world->journal_end] = *record;
	world->journal[world->journal_end].from_era = world->places[record->from].era;
	world->journal[world->journal_end].into_era = world->places[record->into].era;
	world->journal[world->journal_end].due_us = gathered_until(world);
	world->journal_end++;
}

static uint64_t *noted_of(struct conn *conn, enum presence_what what)
{
	return what == PRESENCE_WHAT_SCENARIO  ? &conn->noted[0]
	       : what == PRESENCE_WHAT_RENAMED ? &conn->noted[1]
					       : NULL;
}

void presence_new(struct world *world, struct conn *conn, enum presence_what what,
		  enum goodbye_reason reason, uint32_t from, uint32_t into)
{
	append(world, &(struct record){
			      .id = conn->id,
			      .callsign = conn->callsign,
			      .what = what,
			      .reason = reason,
			      .from = from,
			      .into = into,
		      });
	if (noted_of(conn, what)) {
		*noted_of(conn, what) = world->journal_end;
	}
}

/* The gateway lets a newcomer in before it says welcome. */
static uint64_t firm(const struct world *world)
{
	uint64_t told = peek_presence_told(world->core);

	if (!world->joining) {
		return peek_presence_firm(world->core);
	}
	return told > world->firm ? told : world->firm;
}

/* Whether nobody can have seen the record before `noted`. */
static bool unseen(const struct world *world, uint64_t noted)
{
	uint64_t position = noted - 1;

	if (!noted || position < firm(world) ||
	    world->journal_end - position > world->limits.presence_backlog) {
		return false;
	}
	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *reader = world->drones[i].conn;

		FLOW_HOLDS(world,
			   !reader || reader->state != CONN_ACTIVE ||
				   reader->presence == PRESENCE_WISH_NONE ||
				   reader->seen <= position,
			   "%u: has seen what is about to change", reader->slot);
	}
	return true;
}

/* What is told of the other kind of change in the same gathering is how things are now, too. */
static void refresh(struct world *world, struct conn *conn, enum presence_what what, uint32_t into)
{
	bool renamed = what == PRESENCE_WHAT_RENAMED;
	uint64_t noted = conn->noted[renamed ? 0 : 1];
	struct record *other;

	if (!unseen(world, noted)) {
		return;
	}
	other = &world->journal[noted - 1];
	other->callsign = conn->callsign;
	other->into = into;
	other->into_era = world->places[into].era;
	if (!renamed) {
		other->from = into;
		other->from_era = other->into_era;
	}
	world_happens(world, HAPPENS_REFRESHED);
}

void presence_change(struct world *world, struct conn *conn, enum presence_what what, uint32_t from,
		     uint32_t into)
{
	uint64_t noted = *noted_of(conn, what);
	struct record *last = noted ? &world->journal[noted - 1] : NULL;

	refresh(world, conn, what, into);

	if (!last || !unseen(world, noted)) {
		presence_new(world, conn, what, GOODBYE_UNSPECIFIED, from, into);
		return;
	}
	last->into = into;
	last->into_era = world->places[into].era;
	last->callsign = conn->callsign;
	world_happens(world, HAPPENS_RENOTED);
}

void presence_hub(struct world *world, uint32_t place, struct slice id, struct slice callsign,
		  bool up)
{
	struct place *at = &world->places[place];
	struct record record = {
		.id = text_of(id),
		.callsign = text_of(callsign),
		.what = up ? PRESENCE_WHAT_HUB_UP : PRESENCE_WHAT_HUB_DOWN,
		.into = place,
	};

	if (!unseen(world, at->hub_noted)) {
		append(world, &record);
		at->hub_noted = world->journal_end;
		return;
	}
	record.due_us = world->journal[at->hub_noted - 1].due_us;
	record.into_era = at->era;
	world->journal[at->hub_noted - 1] = record;
	world_happens(world, HAPPENS_HUB_RENOTED);
}

/* Two records change places, and whoever remembers them with them. */
static void swap(struct world *world, uint64_t a, uint64_t b)
{
	struct record record = world->journal[a];

	world->journal[a] = world->journal[b];
	world->journal[b] = record;
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		for (unsigned kind = 0; conn && kind < 2; kind++) {
			uint64_t *noted = &conn->noted[kind];

			if (*noted == a + 1 || *noted == b + 1) {
				*noted = *noted == a + 1 ? b + 1 : a + 1;
			}
		}
	}
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		struct place *place = &world->places[i];

		if (place->hub_noted == a + 1 || place->hub_noted == b + 1) {
			place->hub_noted = place->hub_noted == a + 1 ? b + 1 : a + 1;
		}
	}
}

void presence_reorder(struct world *world)
{
	uint64_t cap = world->limits.presence_backlog, from = world->reload_from;
	uint64_t end = peek_presence_end(world->core);

	if (end > cap && from < end - cap) {
		from = end - cap; /* nobody sees those before */
	}
	for (uint64_t at = from; at < end; at++) {
		enum presence_what what;
		struct slice id = peek_presence_id(world->core, at, &what);

		for (uint64_t other = world->reload_from; other < end; other++) {
			const struct record *record = &world->journal[other];

			if ((other < from || other >= at) && record->what == what &&
			    slice_equal(text_slice(&record->id), id)) {
				if (other != at) {
					swap(world, at, other);
				}
				break;
			}
		}
	}
}

/* ------------------------------------------------------------------- what is told */

static bool same_record(const struct world *world, const struct record *record,
			const struct presence_entry *entry)
{
	uint32_t shown = record->what == PRESENCE_WHAT_OFFLINE ? record->from : record->into;

	return slice_equal(entry->drone_id, text_slice(&record->id)) &&
	       slice_equal(entry->callsign, text_slice(&record->callsign)) &&
	       slice_equal(entry->scenario, slice_str(place_name(world, shown))) &&
	       entry->what == record->what && entry->reason == record->reason;
}

static bool concerns(const struct conn *conn, const struct record *record)
{
	uint32_t own = conn->place, era = conn->world->places[own].era;

	return own && ((record->from == own && record->from_era == era) ||
		       (record->into == own && record->into_era == era));
}

/* Nothing that is told and not shown concerns it. */
static void pass_over_rest(struct conn *conn)
{
	const struct world *world = conn->world;
	uint64_t told = peek_presence_told(world->core), cap = world->limits.presence_backlog;
	uint64_t end = peek_presence_end(world->core), oldest = end > cap ? end - cap : 0;

	for (uint64_t at = conn->seen > oldest ? conn->seen : oldest; at < told; at++) {
		FLOW_HOLDS(world, !concerns(conn, &world->journal[at]),
			   "%u: is not told of %s in its scenario", conn->slot,
			   presence_what_name(world->journal[at].what));
	}
	conn->seen = conn->seen > told ? conn->seen : told;
}

void presence_passed(struct conn *conn)
{
	if (conn->state == CONN_ACTIVE && conn->presence == PRESENCE_WISH_SCENARIO &&
	    conn_has_room(conn)) {
		pass_over_rest(conn);
	}
}

static void see_missed(struct conn *conn, uint32_t missed)
{
	struct world *world = conn->world;
	uint64_t end = peek_presence_end(world->core);
	uint64_t oldest = end - world->limits.presence_backlog;

	/* who wishes its scenario's alone may have passed over others' events */
	FLOW_HOLDS(world,
		   end > world->limits.presence_backlog &&
			   (conn->presence == PRESENCE_WISH_ALL ? conn->seen + missed == oldest
								: conn->seen + missed <= oldest),
		   "missed %u, which is not so", missed);
	conn->seen = oldest;
	world->tally->happened[HAPPENS_MISSED] += missed;
}

void see_presence(struct conn *conn, const struct event *event)
{
	struct world *world = conn->world;
	const struct event_presence *presence = &event->presence;

	FLOW_HOLDS(world, conn->presence != PRESENCE_WISH_NONE, "presence that nobody wished");
	FLOW_HOLDS(world, presence->count || presence->missed, "an empty presence frame");
	if (world->reloading) {
		presence_reorder(world);
	}
	if (presence->missed) {
		see_missed(conn, presence->missed);
	}
	for (size_t i = 0; i < presence->count; i++) {
		const struct presence_entry *entry = &presence->entries[i];

		while (conn->presence == PRESENCE_WISH_SCENARIO &&
		       conn->seen < world->journal_end &&
		       !(same_record(world, &world->journal[conn->seen], entry) &&
			 concerns(conn, &world->journal[conn->seen]))) {
			conn->seen++;
		}
		FLOW_HOLDS(world,
			   conn->seen < world->journal_end &&
				   same_record(world, &world->journal[conn->seen], entry),
			   "%u: presence of %.*s (%s) is not what happened", conn->slot,
			   SLICE_ARG(entry->drone_id), presence_what_name(entry->what));
		conn->seen++;
		world->tally->presence[entry->what]++;
	}
	if (conn->presence == PRESENCE_WISH_SCENARIO && presence->count < LEAST_PAGE) {
		pass_over_rest(conn); /* a page that is not full holds all that there is */
	}
}
