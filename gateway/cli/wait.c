#include "cli/wait.h"

#include "cli/escape.h"

#include <stdio.h>

enum { PAUSE_FIRST_US = 20000, PAUSE_MOST_US = 500000, MISSING_BYTES = 512 };

struct waiting {
	struct dialogue *dialogue;
	const char *id;
	bool available; /* the scenario */
	bool there;	/* who is waited for; not looked at before the scenario is available */
	char missing[MISSING_BYTES];
};

/* ---------------------------------------------------------------- looking */

static bool look_at_scenarios(void *ctx, const struct event *event)
{
	struct waiting *waiting = ctx;
	struct slice wanted = slice_str(waiting->dialogue->options->scenario);

	for (size_t i = 0; i < event->scenarios.count; i++) {
		const struct scenario_entry *entry = &event->scenarios.entries[i];

		if (slice_equal(entry->name, wanted)) {
			waiting->available = entry->available;
			(void)snprintf(waiting->missing, sizeof(waiting->missing),
				       "the scenario is not available%s%.*s",
				       entry->message.size ? ": " : "", SLICE_ARG(entry->message));
		}
	}
	return event->scenarios.more;
}

static bool look_at_drones(void *ctx, const struct event *event)
{
	struct waiting *waiting = ctx;
	struct slice own = slice_str(waiting->dialogue->options->id);

	for (size_t i = 0; i < event->drones.count; i++) {
		struct slice id = event->drones.entries[i].drone_id;

		waiting->there |= waiting->id ? slice_equal(id, slice_str(waiting->id))
					      : !slice_equal(id, own);
	}
	return event->drones.more;
}

static enum cli_exit look(struct waiting *waiting, int error, uint32_t ref, enum event_kind kind,
			  bool (*frame)(void *, const struct event *))
{
	return error ? dialogue_unasked("waiting", error)
		     : dialogue_hear_list(waiting->dialogue, ref, "waiting", kind, frame, waiting);
}

static enum cli_exit look_once(struct waiting *waiting)
{
	struct client *client = &waiting->dialogue->connection->stream.client;
	const struct options *options = waiting->dialogue->options;
	enum cli_exit status = CLI_DONE;
	uint32_t ref = 0;
	int error;

	waiting->available = *options->scenario == '\0';
	waiting->there = false;
	(void)snprintf(waiting->missing, sizeof(waiting->missing), "there is no such scenario");
	if (!waiting->available) {
		error = client_list_scenarios(client, &ref);
		status = look(waiting, error, ref, EVENT_SCENARIOS, look_at_scenarios);
	}
	if (status == CLI_DONE && waiting->available) {
		error = client_list_drones(client, slice_str(options->scenario), &ref);
		status = look(waiting, error, ref, EVENT_DRONES, look_at_drones);
		(void)snprintf(waiting->missing, sizeof(waiting->missing), "%s %s%s",
			       waiting->id ? waiting->id : "nobody else",
			       !*options->scenario ? "is not online"
			       : waiting->id	   ? "is not in "
						   : "is in ",
			       options->scenario);
	}
	return status;
}

/* ---------------------------------------------------------------- waiting */

/* What comes meanwhile is passed over. */
static enum cli_exit rest(struct dialogue *dialogue, uint64_t until_us)
{
	enum cli_exit status = CLI_DONE;

	while (status == CLI_DONE) {
		struct event event;

		status = dialogue_next(dialogue, until_us, &event);
	}
	return status == CLI_TIMED_OUT ? CLI_DONE : status;
}

static enum cli_exit give_up(const struct waiting *waiting)
{
	const struct options *options = waiting->dialogue->options;

	(void)fprintf(stderr, "uav-drone: waited for %g s (--timeout): ",
		      (double)options->timeout_us / 1e6);
	(void)escape_print(stderr, slice_str(waiting->missing));
	(void)fputc('\n', stderr);
	return CLI_TIMED_OUT;
}

enum cli_exit wait_for_drone(struct dialogue *dialogue, const char *id)
{
	struct waiting waiting = {.dialogue = dialogue, .id = id};
	uint64_t end_us = dialogue_deadline(dialogue), pause_us = PAUSE_FIRST_US;
	enum cli_exit status = CLI_DONE;

	for (;;) {
		uint64_t now_us;

		status = look_once(&waiting);
		if (status != CLI_DONE || waiting.there) {
			return status;
		}
		now_us = connection_clock();
		if (now_us >= end_us) {
			return give_up(&waiting);
		}
		status = rest(dialogue, end_us - now_us < pause_us ? end_us : now_us + pause_us);
		if (status != CLI_DONE) {
			return status;
		}
		pause_us = pause_us * 3 / 2 < PAUSE_MOST_US ? pause_us * 3 / 2 : PAUSE_MOST_US;
	}
}
