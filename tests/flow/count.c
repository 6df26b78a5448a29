#include <stdio.h>

#include "world.h"

/* Which numbers of an enumeration this version can produce. */
struct table {
	const char *title;
	const char *(*name)(int number);
	const uint64_t *counts;
	const int *numbers;
	size_t count;
};

static const char *outcome_text(int number)
{
	return outcome_name((enum outcome)number);
}

static const char *reason_text(int number)
{
	return reason_name((enum reason)number);
}

static const char *goodbye_text(int number)
{
	return goodbye_name((enum goodbye_reason)number);
}

static const char *error_text(int number)
{
	return error_name((enum error_code)number);
}

static const char *presence_text(int number)
{
	return presence_what_name((enum presence_what)number);
}

static const int outcomes[] = {
	OUTCOME_DELIVERED,	   OUTCOME_CORRUPTED,	    OUTCOME_LOST,
	OUTCOME_NO_ROUTE,	   OUTCOME_TARGET_OFFLINE,  OUTCOME_TARGET_LEFT,
	OUTCOME_NOT_ALLOWED,	   OUTCOME_TOO_LARGE,	    OUTCOME_SIMULATOR_DOWN,
	OUTCOME_SIMULATOR_TIMEOUT, OUTCOME_SIMULATOR_ERROR, OUTCOME_OVERLOADED,
};
static const int reasons[] = {
	REASON_NONE,	     REASON_BELOW_SENSITIVITY, REASON_PACKET_ERROR,   REASON_INTERFERENCE,
	REASON_OUT_OF_RANGE, REASON_BLOCKED,	       REASON_QUEUE_OVERFLOW, REASON_FAULT_INJECTED,
};
static const int goodbyes[] = {
	GOODBYE_LEFT,	       GOODBYE_IDLE_TIMEOUT,   GOODBYE_TAKEN_OVER,
	GOODBYE_KICKED,	       GOODBYE_PROTOCOL_ERROR, GOODBYE_TOO_SLOW,
	GOODBYE_SHUTTING_DOWN, GOODBYE_SERVER_FULL,    GOODBYE_CONNECTION_LOST,
	GOODBYE_BANNED,	       GOODBYE_AUTH_FAILED,    GOODBYE_RATE_LIMITED,
};
static const int errors[] = {
	ERROR_BAD_REQUEST,	  ERROR_UNKNOWN_REQUEST,      ERROR_NOT_REGISTERED,
	ERROR_ALREADY_REGISTERED, ERROR_UNSUPPORTED_PROTOCOL, ERROR_BAD_ID,
	ERROR_BAD_NAME,		  ERROR_NAME_TAKEN,	      ERROR_BANNED,
	ERROR_TOO_MANY_GROUPS,	  ERROR_NO_SCENARIO,	      ERROR_NO_SUCH_SCENARIO,
	ERROR_SCENARIO_FULL,	  ERROR_SCENARIO_UNAVAILABLE, ERROR_PAYLOAD_TOO_LARGE,
	ERROR_NO_ORIGIN,	  ERROR_AUTH_FAILED,	      ERROR_SCENARIO_NOT_ALLOWED,
	ERROR_RATE_LIMITED,
};
static const int kinds[] = {
	PRESENCE_WHAT_ONLINE,	PRESENCE_WHAT_OFFLINE, PRESENCE_WHAT_RENAMED,
	PRESENCE_WHAT_SCENARIO, PRESENCE_WHAT_HUB_UP,  PRESENCE_WHAT_HUB_DOWN,
};

static const char *const happenings[HAPPENS_COUNT] = {
	[HAPPENS_HELD] = "held",
	[HAPPENS_RESUMED] = "resumed",
	[HAPPENS_MISSED] = "missed",
	[HAPPENS_RENOTED] = "renoted",
	[HAPPENS_REFRESHED] = "refreshed",
	[HAPPENS_HUB_RENOTED] = "hub renoted",
	[HAPPENS_RESET] = "reset",
	[HAPPENS_PAGES] = "pages",
	[HAPPENS_DELIVERY] = "delivery",
	[HAPPENS_RELAY] = "relay",
	[HAPPENS_RELAY_TO_MANY] = "relay to many",
	[HAPPENS_RELAY_ALTERED] = "relay altered",
	[HAPPENS_RELAY_CORRUPTED_FIRST] = "relay corrupted first",
	[HAPPENS_RELAY_CORRUPTED_SECOND] = "relay corrupted second",
	[HAPPENS_RELAY_LOST_FIRST] = "relay lost first",
	[HAPPENS_RELAY_LOST_SECOND] = "relay lost second",
	[HAPPENS_RELAY_HUB_GONE] = "relay hub gone",
	[HAPPENS_RELAY_TARGET_GONE] = "relay target gone",
	[HAPPENS_RELAY_SENDER_GONE] = "relay sender gone",
	[HAPPENS_RELAY_TIMEOUT_FIRST] = "relay timeout first",
	[HAPPENS_RELAY_TIMEOUT_SECOND] = "relay timeout second",
	[HAPPENS_RELAY_DOWN_SECOND] = "relay down second",
	[HAPPENS_RELAY_RETIRED] = "relay retired",
	[HAPPENS_NODE_OUTLIVES] = "node outlives",
	[HAPPENS_HUB_TARGET] = "hub target",
	[HAPPENS_NO_HUB] = "no hub",
	[HAPPENS_DENIED] = "denied",
	[HAPPENS_JOINED] = "joined",
	[HAPPENS_LEFT_GROUP] = "left group",
	[HAPPENS_TO_GROUP] = "to group",
	[HAPPENS_RENAMED] = "renamed",
	[HAPPENS_SQUATTER] = "squatter",
	[HAPPENS_WAITED] = "waited",
	[HAPPENS_LATE] = "late",
	[HAPPENS_LATE_AT_ONCE] = "late at once",
	[HAPPENS_WAITING_FULL] = "waiting full",
	[HAPPENS_WAITING_TOO_LARGE] = "waiting too large",
	[HAPPENS_WAITING_LEFT] = "waiting left",
	[HAPPENS_WAITING_SENDER_GONE] = "waiting sender gone",
	[HAPPENS_WAITING_LINK_DOWN] = "waiting link down",
	[HAPPENS_QUEUED] = "queued",
	[HAPPENS_QUEUED_SENT] = "queued sent",
	[HAPPENS_QUEUED_EXPIRED] = "queued expired",
	[HAPPENS_QUEUED_REFUSED] = "queued refused",
	[HAPPENS_QUEUED_LEFT] = "queued left",
	[HAPPENS_QUEUED_FULL] = "queued full",
	[HAPPENS_QUEUED_MOVED] = "queued moved",
	[HAPPENS_QUEUED_REMOVED] = "queued removed",
	[HAPPENS_BYPASSED] = "bypassed",
	[HAPPENS_BYPASSED_RELAY] = "bypassed relay",
	[HAPPENS_RECALLED] = "recalled",
	[HAPPENS_RECALLED_LOST] = "recalled lost",
	[HAPPENS_RECALLED_FOR_SURE] = "recalled for sure",
	[HAPPENS_RECALLED_ALL] = "recalled all",
	[HAPPENS_RECALLED_SOME] = "recalled some",
	[HAPPENS_RECALLED_FIRST] = "recalled first",
	[HAPPENS_RECALLED_SECOND] = "recalled second",
	[HAPPENS_RECALLED_BOTH] = "recalled both",
	[HAPPENS_RECALL_CHANGED] = "recall changed",
	[HAPPENS_RECALL_EXPIRED] = "recall expired",
	[HAPPENS_WRONG_LANE] = "wrong lane",
	[HAPPENS_WRONG_LANE_STATUS] = "wrong lane status",
	[HAPPENS_RELOAD] = "reload",
	[HAPPENS_RELOAD_SOFT] = "reload soft",
	[HAPPENS_RELOAD_HARD] = "reload hard",
	[HAPPENS_RELOAD_LANE] = "reload lane",
	[HAPPENS_RELOAD_ADDED] = "reload added",
	[HAPPENS_RELOAD_REMOVED] = "reload removed",
	[HAPPENS_RELOAD_HUB] = "reload hub",
	[HAPPENS_RELOAD_STRICTER] = "reload stricter",
	[HAPPENS_RELOAD_ASKED_AGAIN] = "reload asked again",
	[HAPPENS_LIST_CUT] = "list cut",
	[HAPPENS_LIST_AGAIN] = "list again",
	[HAPPENS_LIST_AT_ALL] = "list at all",
	[HAPPENS_RETIRED_LATER] = "retired later",
	[HAPPENS_RETIRED_ANSWER] = "retired answer",
	[HAPPENS_PLACED_LISTENER] = "placed listener",
	[HAPPENS_PLACED_DEFAULT] = "placed default",
	[HAPPENS_BANNED] = "banned",
	[HAPPENS_BAN_OVER] = "ban over",
	[HAPPENS_CHALLENGED] = "challenged",
	[HAPPENS_PROVED] = "proved",
	[HAPPENS_PROOF_WRONG] = "proof wrong",
	[HAPPENS_TAKEN_BY_PROOF] = "taken by proof",
	[HAPPENS_AUTH_BAN] = "auth ban",
	[HAPPENS_AUTH_BANNED] = "auth banned",
	[HAPPENS_AUTH_BAN_OVER] = "auth ban over",
	[HAPPENS_BANNED_MEANWHILE] = "banned meanwhile",
	[HAPPENS_WITHDRAWN] = "withdrawn",
	[HAPPENS_PUT_OUT] = "put out",
	[HAPPENS_RATE_HELD] = "rate held",
	[HAPPENS_RATE_RESUMED] = "rate resumed",
	[HAPPENS_RATE_REFUSED] = "rate refused",
	[HAPPENS_CROWDED] = "crowded",
	[HAPPENS_DISPLACED] = "displaced",
	[HAPPENS_WALL_JUMP] = "wall jump",
	[HAPPENS_LATE_TICK] = "late tick",
	[HAPPENS_SHUTDOWN_QUEUED] = "shutdown queued",
	[HAPPENS_SHUTDOWN_WAITING] = "shutdown waiting",
};

static int everything[HAPPENS_COUNT]; /* 0, 1, 2 ... */

static const char *happening_text(int number)
{
	return happenings[number];
}

enum { TABLES = 6 };

#define ROWS(array) (array), sizeof(array) / sizeof((array)[0])

static void tables_of(const struct tally *tally, struct table tables[TABLES])
{
	tables[0] = (struct table){"outcome", outcome_text, tally->outcomes, ROWS(outcomes)};
	tables[1] = (struct table){"reason", reason_text, tally->reasons, ROWS(reasons)};
	tables[2] = (struct table){"goodbye", goodbye_text, tally->goodbyes, ROWS(goodbyes)};
	tables[3] = (struct table){"error", error_text, tally->errors, ROWS(errors)};
	tables[4] = (struct table){"presence", presence_text, tally->presence, ROWS(kinds)};
	for (int i = 0; i < HAPPENS_COUNT; i++) {
		everything[i] = i;
	}
	tables[5] = (struct table){"happening", happening_text, tally->happened, ROWS(everything)};
}

static void add(uint64_t *sums, const uint64_t *counts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sums[i] += counts[i];
	}
}

void count_run(struct world *world)
{
	const struct stats *stats = core_stats(world->core);
	struct tally *tally = world->tally;

	add(tally->outcomes, stats->outcomes, OUTCOME_COUNT);
	add(tally->reasons, stats->reasons, REASON_COUNT);
	add(tally->goodbyes, stats->goodbyes, GOODBYE_COUNT);
	add(tally->errors, stats->errors, ERROR_COUNT);
	tally->steps += world->options->steps;
	tally->sends += stats->sends;
	tally->transmits += stats->transmits;
}

static void print_row(const char *title, const char *name, uint64_t count)
{
	printf("#! %-9s %-28s %12llu\n", title, name, (unsigned long long)count);
}

void count_print(const struct tally *tally)
{
	struct table tables[TABLES];

	tables_of(tally, tables);
	for (size_t i = 0; i < TABLES; i++) {
		for (size_t j = 0; j < tables[i].count; j++) {
			int number = tables[i].numbers[j];

			print_row(tables[i].title, tables[i].name(number),
				  tables[i].counts[number]);
		}
	}
	print_row("all", "steps", tally->steps);
	print_row("all", "sends", tally->sends);
	print_row("all", "transmits", tally->transmits);
	print_row("all", "events", tally->events);
}

unsigned count_missing(const struct tally *tally, uint64_t least)
{
	struct table tables[TABLES];
	unsigned missing = 0;

	tables_of(tally, tables);
	for (size_t i = 0; i < TABLES; i++) {
		for (size_t j = 0; j < tables[i].count; j++) {
			int number = tables[i].numbers[j];

			if (tables[i].counts[number] < least) {
				printf("#! %s %s occurs only %llu times\n", tables[i].title,
				       tables[i].name(number),
				       (unsigned long long)tables[i].counts[number]);
				missing++;
			}
		}
	}
	return missing;
}
