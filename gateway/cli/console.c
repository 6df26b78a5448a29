/* The console, for a person at a terminal. All happens in console_turn: what the gateway says,
 * signals, files on their way. At a terminal it is called while keys are waited for, so that the
 * line being typed is libedit's and what comes is printed above it; else between two lines. */
#include "cli/console.h"

#include "cli/command.h"
#include "cli/console_history.h"
#include "cli/console_source.h"
#include "cli/escape.h"
#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

enum { REQUESTS_AHEAD = 64 };

/* A console, and where its lines come from. */
struct sitting {
	struct console console;
	struct console_source source;
};

/* ------------------------------------------------------------------- telling */

FILE *console_out(struct console *console)
{
	console_screen_hide(console->screen);
	return console->out;
}

FILE *console_err(struct console *console)
{
	/* what takes the line away waits in the other's buffer */
	(void)fflush(console_out(console));
	return stderr;
}

FILE *console_complaint_begin(struct console *console)
{
	FILE *file = console_err(console);

	console->mistaken = true;
	(void)fputs("uav-drone: ", file);
	return file;
}

void console_complaint_end(FILE *file)
{
	(void)fputc('\n', file);
}

void console_complain(struct console *console, const char *why)
{
	FILE *file = console_complaint_begin(console);

	(void)escape_print(file, slice_str(why));
	console_complaint_end(file);
}

static void hide_line(void *ctx)
{
	(void)console_err(ctx);
}

void console_show_state(struct console *console)
{
	char prompt[NAME_MAX_BYTES + 32];
	const char *place = console->placed ? console->standing.name : "no scenario";

	if (console->post.state == CONSOLE_POST_IDLE) {
		(void)snprintf(prompt, sizeof(prompt), "%.*s> ", NAME_MAX_BYTES, place);
	} else {
		(void)snprintf(prompt, sizeof(prompt), "%.*s [file %u %%]> ", NAME_MAX_BYTES, place,
			       console_post_percent(&console->post));
	}
	console_screen_prompt(console->screen, prompt);
}

/* --------------------------------------------------------------------- turn */

static void give_up_late(struct console *console)
{
	struct console_request *request =
		console_requests_late(&console->requests, connection_clock());

	if (request) {
		(void)console_err(console);
		(void)dialogue_late(&console->dialogue);
		console->late = true;
		console_requests_remove(&console->requests, request);
	}
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Waits for something to happen, and deals with it; CLI_DONE, or why the console ends. */
static enum cli_exit turn(struct sitting *sitting)
{
	struct console *console = &sitting->console;
	struct event event = {.kind = EVENT_COUNT};
	enum cli_exit status;

	if (console_drive_file(console)) {
		return CLI_DONE; /* nothing may be waited for any more */
	}
	console_show_state(console);
	console_screen_show(console->screen);
	status = dialogue_next(&console->dialogue,
			       earlier(console_file_deadline(console),
				       console_requests_deadline(&console->requests)),
			       &event);
	if (status == CLI_DONE) {
		console_take_event(console, &event);
	} else if (status == CLI_REFUSED && console->dialogue.options->json) {
		console->dialogue.printer->goodbye(console_out(console), &event.goodbye);
	}
	give_up_late(console);
	return status == CLI_TIMED_OUT ? CLI_DONE : status;
}

/* ----------------------------------------------------------------- terminal */

/* What a signal asks for. */
static enum console_key take_signal(struct console *console, int number)
{
	switch (number) {
	case SIGINT:
		return CONSOLE_KEY_CLEAR;
	case SIGWINCH:
		console_screen_resized(console->screen);
		return CONSOLE_KEY_READY;
	case SIGTSTP:
		console_screen_suspend(console->screen);
		return CONSOLE_KEY_READY;
	case SIGCONT:
		console_screen_continued(console->screen);
		return CONSOLE_KEY_READY;
	default:
		console->ending = true;
		return CONSOLE_KEY_END;
	}
}

/* CONSOLE_KEY_READY: nothing that ends the line. */
static enum console_key take_signals(struct sitting *sitting)
{
	enum console_key key = CONSOLE_KEY_READY;
	int number;

	while (key == CONSOLE_KEY_READY && (number = signals_next(sitting->source.signal_fd))) {
		key = take_signal(&sitting->console, number);
	}
	return key;
}

static enum console_key wait_for_keys(void *ctx)
{
	struct sitting *sitting = ctx;
	struct console *console = &sitting->console;

	for (;;) {
		enum console_key key;

		console->status = turn(sitting);
		if (console->status != CLI_DONE) {
			console->ending = true;
			return CONSOLE_KEY_END;
		}
		if (console->dialogue.woken) {
			console->dialogue.woken = false;
			key = take_signals(sitting);
			if (key != CONSOLE_KEY_READY || console_source_has_input()) {
				return key;
			}
		}
	}
}

static void complete(void *ctx, const struct console_word *word,
		     struct console_candidates *candidates)
{
	struct sitting *sitting = ctx;

	console_complete(&sitting->console.directory, word, candidates);
}

/* Whoever pastes many lines is not ahead of the gateway by more than some: the rest of them waits
 * in the terminal. */
static void catch_up(struct sitting *sitting)
{
	struct console *console = &sitting->console;

	if (console->requests.count < REQUESTS_AHEAD) {
		return;
	}
	console_source_hear(&sitting->source, false);
	while (console->requests.count >= REQUESTS_AHEAD && console->status == CLI_DONE &&
	       !console->dialogue.woken) {
		console->status = turn(sitting);
	}
	console->ending |= console->status != CLI_DONE;
	console_source_hear(&sitting->source, true);
}

static void talk(struct sitting *sitting)
{
	struct console *console = &sitting->console;

	console_source_hear(&sitting->source, true);
	while (!console->ending) {
		struct slice line;

		console_show_state(console);
		switch (console_screen_line(console->screen, &line)) {
		case CONSOLE_LINE:
			console_obey(console, line);
			catch_up(sitting);
			break;
		case CONSOLE_LINE_CLEARED:
			break;
		case CONSOLE_LINE_END:
			console->ending = true;
			break;
		}
	}
}

static enum cli_exit run_screen(struct sitting *sitting)
{
	const struct console_screen_calls calls = {wait_for_keys, complete, sitting};
	struct console *console = &sitting->console;
	char path[4096];
	bool keeps = !console->dialogue.options->no_history &&
		     console_history_path(path, sizeof(path)) == 0;
	int error;

	console->screen = console_screen_open(&calls, keeps ? path : NULL);
	if (!console->screen || signals_add_terminal(sitting->source.signal_fd) < 0) {
		(void)console_screen_close(console->screen);
		return dialogue_trouble("cannot take the terminal: %s", strerror(errno));
	}
	talk(sitting);
	error = console_screen_close(console->screen);
	console->screen = NULL;
	if (error) {
		(void)dialogue_trouble("the history is not kept: %s: %s; --no-history keeps none",
				       path, strerror(-error));
	}
	return console->status;
}

/* -------------------------------------------------------------------- script */

static bool is_busy(const struct console *console)
{
	return console->requests.count > 0 || console->post.state != CONSOLE_POST_IDLE;
}

/* What is here of the input, until it asks for an answer. */
static void obey_lines(struct sitting *sitting)
{
	struct console *console = &sitting->console;
	struct slice line;

	while (!console->ending && !is_busy(console)) {
		switch (console_source_next(&sitting->source, &line)) {
		case CONSOLE_SOURCE_LINE:
			console_obey(console, line);
			break;
		case CONSOLE_SOURCE_TOO_LONG:
			console_complain(console, "not sent: a line is longer than any message");
			break;
		case CONSOLE_SOURCE_MORE:
			return;
		case CONSOLE_SOURCE_END:
			console->ending = true;
			break;
		}
	}
}

/* What a script's lines came to, the worst first. */
static enum cli_exit verdict(const struct console *console)
{
	if (console->mistaken) {
		return CLI_TROUBLE;
	}
	if (console->late) {
		return CLI_TIMED_OUT;
	}
	if (console->refused) {
		return CLI_REFUSED;
	}
	return console->undelivered ? CLI_UNDELIVERED : CLI_DONE;
}

static enum cli_exit run_script(struct sitting *sitting)
{
	struct console *console = &sitting->console;

	while (console->status == CLI_DONE) {
		obey_lines(sitting);
		if (console->ending && !is_busy(console)) {
			break;
		}
		console_source_hear(&sitting->source, !is_busy(console));
		console->status = turn(sitting);
		if (console->dialogue.woken) {
			console->dialogue.woken = false;
			if (signals_take(sitting->source.signal_fd)) {
				break;
			}
			if (sitting->source.heard) {
				console_source_read(&sitting->source);
			}
		}
		if (ferror(console->out)) {
			return CLI_TROUBLE;
		}
	}
	return console->status == CLI_DONE ? verdict(console) : console->status;
}

/* ----------------------------------------------------------------------- run */

static void take_event(void *ctx, const struct event *event)
{
	console_take_event(ctx, event);
}

static void take_place(void *ctx, const struct scenario_entry *entry)
{
	console_tell_place(ctx, entry);
}

/* Who is there, and what there is, before the first name is typed. */
static enum cli_exit learn(struct sitting *sitting)
{
	struct console *console = &sitting->console;
	enum cli_exit status = CLI_DONE;

	console_refresh(console, CONSOLE_WHO);
	console_refresh(console, CONSOLE_SCENARIOS);
	while (status == CLI_DONE && console->requests.count && !console->dialogue.woken) {
		status = turn(sitting);
	}
	return status;
}

static void join_groups(struct console *console)
{
	const struct options *options = console->dialogue.options;

	for (size_t i = 0; i < options->group_count; i++) {
		console_join(console, slice_str(options->groups[i]));
	}
}

static enum cli_exit sit(struct sitting *sitting, bool terminal)
{
	struct console *console = &sitting->console;
	const struct options *options = console->dialogue.options;
	enum cli_exit status = dialogue_open(&console->dialogue, slice_str(options->scenario),
					     PRESENCE_WISH_ALL, take_place);

	if (status == CLI_DONE) {
		status = learn(sitting);
	}
	if (console->dialogue.woken) {
		return CLI_DONE; /* asked to end before it has begun */
	}
	if (status == CLI_DONE) {
		join_groups(console);
		status = terminal ? run_screen(sitting) : run_script(sitting);
	}
	return status;
}

enum cli_exit console_run(const struct options *options, const struct printer *printer, FILE *out)
{
	struct sitting *sitting = calloc(1, sizeof(*sitting));
	bool terminal = console_screen_possible();
	enum cli_exit status;
	int error;

	if (!sitting) {
		return dialogue_trouble("out of memory");
	}
	error = console_source_open(&sitting->source);
	if (error) {
		free(sitting);
		return dialogue_trouble("cannot take signals: %s", strerror(-error));
	}
	sitting->console.out = out;
	sitting->console.dialogue = (struct dialogue){.options = options,
						      .printer = printer,
						      .wake_fd = sitting->source.fd,
						      .other = take_event,
						      .before_trouble = hide_line,
						      .ctx = &sitting->console};
	status = sit(sitting, terminal);
	dialogue_close(&sitting->console.dialogue);
	console_requests_fini(&sitting->console.requests);
	console_post_close(&sitting->console.post);
	console_take_fini(&sitting->console.take);
	console_keep_fini(&sitting->console.keep);
	console_directory_fini(&sitting->console.directory);
	console_source_close(&sitting->source);
	free(sitting);
	return status;
}
