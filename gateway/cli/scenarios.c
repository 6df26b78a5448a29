#include "cli/command.h"
#include "cli/dialogue.h"

#include <stdio.h>

struct listing {
	struct dialogue dialogue;
	char own[NAME_MAX_BYTES + 1]; /* the scenario in which this program was put; "": none */
};

/* Who connects may be put into a scenario without having asked for one. */
static void note_own(void *ctx, const struct event *event)
{
	struct listing *listing = ctx;

	if (event->kind == EVENT_SCENARIO_CHOSEN) {
		struct slice name = event->chosen ? event->chosen->name : slice_str("");

		(void)snprintf(listing->own, sizeof(listing->own), "%.*s", SLICE_ARG(name));
	}
}

/* This program does not count itself. */
static bool print_frame(const struct dialogue *dialogue, const struct event *event,
			struct table *table, FILE *out)
{
	const struct listing *listing = dialogue->ctx;

	for (size_t i = 0; i < event->scenarios.count; i++) {
		struct scenario_entry entry = event->scenarios.entries[i];

		if (entry.drones && slice_equal(entry.name, slice_str(listing->own))) {
			entry.drones--;
		}
		dialogue->printer->scenario(out, table, &entry);
	}
	return event->scenarios.more;
}

static enum cli_exit list(struct dialogue *dialogue, FILE *out)
{
	const struct dialogue_list scenarios = {"list of scenarios", EVENT_SCENARIOS,
						dialogue->printer->scenarios_begin, print_frame};
	uint32_t ref;
	int error = client_list_scenarios(&dialogue->connection->stream.client, &ref);

	return error ? dialogue_unasked(scenarios.doing, error)
		     : dialogue_print_list(dialogue, ref, &scenarios, out);
}

enum cli_exit scenarios_run(const struct options *options, const struct printer *printer, FILE *out)
{
	struct listing listing = {
		.dialogue = {.options = options, .printer = printer, .wake_fd = -1}};
	enum cli_exit status;

	listing.dialogue.other = note_own;
	listing.dialogue.ctx = &listing;
	status = dialogue_open(&listing.dialogue, slice_str(""), PRESENCE_WISH_NONE, NULL);
	if (status == CLI_DONE) {
		status = list(&listing.dialogue, out);
	}
	dialogue_close(&listing.dialogue);
	return status;
}
