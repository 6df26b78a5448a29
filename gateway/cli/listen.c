#include "cli/command.h"
#include "cli/dialogue.h"
#include "cli/signals.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

struct listening {
	struct dialogue dialogue;
	FILE *out;
	uint64_t heard; /* deliveries */
	struct standing standing;
};

static void print_scenario(void *ctx, const struct scenario_entry *scenario)
{
	struct listening *listening = ctx;

	standing_take(&listening->standing, scenario);
	listening->dialogue.printer->joined(listening->out,
					    slice_str(listening->dialogue.options->id), scenario);
}

/* NULL: it was removed. */
static void print_change(struct listening *listening, const struct scenario_entry *now)
{
	listening->dialogue.printer->changed(listening->out,
					     slice_str(listening->dialogue.options->id),
					     &listening->standing, now);
	if (now) {
		standing_take(&listening->standing, now);
	}
}

/* The gateway tells of this program too, which knows what it does. */
static void print_presence(const struct listening *listening, const struct event_presence *presence)
{
	const struct printer *printer = listening->dialogue.printer;
	struct slice own = slice_str(listening->dialogue.options->id);
	const struct event_presence missed = {.missed = presence->missed};

	for (size_t i = 0; i < presence->count; i++) {
		const struct event_presence one = {.entries = &presence->entries[i], .count = 1};

		if (!slice_equal(one.entries->drone_id, own)) {
			printer->presence(listening->out, &one);
		}
	}
	printer->presence(listening->out, &missed);
}

static void print_event(void *ctx, const struct event *event)
{
	struct listening *listening = ctx;
	const struct printer *printer = listening->dialogue.printer;

	switch (event->kind) {
	case EVENT_DELIVERY:
		listening->heard++;
		printer->delivery(listening->out, &event->delivery);
		break;
	case EVENT_PRESENCE:
		print_presence(listening, &event->presence);
		break;
	case EVENT_SCENARIO_CHOSEN:
		print_change(listening, event->chosen);
		break;
	case EVENT_ERROR:
		(void)dialogue_refused("listening", &event->error);
		break;
	default:
		break;
	}
}

static bool heard_enough(const struct listening *listening)
{
	uint64_t count = listening->dialogue.options->count;

	return listening->dialogue.woken || (count && listening->heard >= count);
}

/* CLI_TIMED_OUT: the time asked for is over. */
static enum cli_exit hear(struct listening *listening, uint64_t end_us)
{
	enum cli_exit status = CLI_DONE;

	while (status == CLI_DONE && !heard_enough(listening)) {
		struct event event;

		status = dialogue_next(&listening->dialogue, end_us, &event);
		if (status == CLI_DONE) {
			print_event(listening, &event);
		} else if (status == CLI_REFUSED && listening->dialogue.options->json) {
			listening->dialogue.printer->goodbye(listening->out, &event.goodbye);
		}
		if (ferror(listening->out)) {
			return CLI_TROUBLE;
		}
	}
	return status;
}

/* Who asked for messages waited for them. */
static enum cli_exit time_over(const struct listening *listening)
{
	const struct options *options = listening->dialogue.options;

	if (!options->count) {
		return CLI_DONE;
	}
	(void)dialogue_trouble("%" PRIu64 " of %" PRIu64 " messages came within %g s (--for)",
			       listening->heard, options->count, (double)options->for_us / 1e6);
	return CLI_TIMED_OUT;
}

static enum cli_exit join_groups(struct dialogue *dialogue)
{
	const struct options *options = dialogue->options;
	enum cli_exit status = CLI_DONE;

	for (size_t i = 0; i < options->group_count && status == CLI_DONE; i++) {
		struct event event;
		uint32_t ref;
		int error = client_join_group(&dialogue->connection->stream.client,
					      slice_str(options->groups[i]), &ref);

		status = error ? dialogue_unasked("joining the group", error)
			       : dialogue_answer(dialogue, ref, "joining the group", &event);
	}
	return status;
}

static enum cli_exit join_and_hear(struct listening *listening)
{
	const struct options *options = listening->dialogue.options;
	uint64_t end_us = options->for_us ? connection_clock() + options->for_us : UINT64_MAX;
	enum cli_exit status = dialogue_open(&listening->dialogue, slice_str(options->scenario),
					     PRESENCE_WISH_ALL, print_scenario);

	if (status == CLI_DONE) {
		status = join_groups(&listening->dialogue);
	}
	if (status == CLI_DONE) {
		status = hear(listening, end_us);
		if (status == CLI_TIMED_OUT) {
			status = time_over(listening);
		}
	}
	return listening->dialogue.woken ? CLI_DONE : status;
}

enum cli_exit listen_run(const struct options *options, const struct printer *printer, FILE *out)
{
	struct listening listening = {
		.dialogue = {.options = options, .printer = printer, .wake_fd = signals_open()},
		.out = out,
	};
	enum cli_exit status;

	if (listening.dialogue.wake_fd < 0) {
		return dialogue_trouble("cannot take signals: %s", strerror(errno));
	}
	listening.dialogue.other = print_event;
	listening.dialogue.ctx = &listening;
	status = join_and_hear(&listening);
	dialogue_close(&listening.dialogue);
	(void)close(listening.dialogue.wake_fd);
	return status;
}
