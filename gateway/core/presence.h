/* Who comes and goes. Events go into a journal; every presence_interval_ms what
 * has been gathered is written to those who wish to know, as fast as each of them
 * reads. A reader that falls behind the journal's end is told how many it missed. */
#ifndef UAV_CORE_PRESENCE_H
#define UAV_CORE_PRESENCE_H

#include "core/callsign.h"
#include "core/core.h"
#include "core/name.h"

struct scenario;

struct presence_record {
	struct name drone_id, scenario;
	uint8_t what, reason;
	struct callsign *callsign; /* NULL: the id */
	/* identities of scenarios, 0 = none: who wishes only its own scenario's events gets those
	 * that touch it */
	uint32_t from, into;
};

struct presence {
	struct presence_record *records; /* ring */
	struct presence_entry *page;	 /* scratch, of PRESENCE_PAGE */
	uint32_t cap;
	uint64_t origin; /* position of records[0]: moved on whenever nobody is behind, so that only
			    as much of the ring is ever touched as is needed */
	uint64_t end;	 /* position behind the newest */
	uint64_t firm;	 /* records before this position may have been seen: they stay */
	uint64_t told;	 /* position up to which the last gathering was written */
	uint64_t due_us; /* when the present gathering ends; 0: nothing gathered */
};

/* 0, or -1 when memory is out. */
int presence_init(struct presence *presence, uint32_t backlog) __attribute__((warn_unused_result));
void presence_fini(struct presence *presence);

/* Something happened to `session`: it was in scenario `from` and is in `into` now
 * (either may be NULL). Copied. A change of scenario or name takes the place of the
 * same drone's last one while nobody can have seen that: a drone that changes its mind a
 * thousand times in one gathering is told of once. Both its records of that gathering then
 * tell how things are at its end. True: it has a record of its own. */
bool presence_note(struct core *core, struct session *session, enum presence_what what,
		   enum goodbye_reason reason, const struct scenario *from,
		   const struct scenario *into);

/* The hub of a star has come (HUB_UP) or gone (HUB_DOWN). Takes the place of the last such record
 * about the scenario while nobody can have seen that. */
void presence_note_hub(struct core *core, const struct session *hub, struct scenario *scenario,
		       enum presence_what what);

/* `session` sees what comes from now on. */
void presence_join(struct core *core, struct session *session);

/* Writes to everyone what has been gathered, if it is time. */
void presence_tick(struct core *core);
/* Writes to one session what it has not seen of what is told, as far as it has room. */
void presence_catch_up(struct core *core, struct session *session);
/* Whether there is something that it has not been written. */
bool presence_behind(const struct core *core, const struct session *session);

#endif
