/* A live table of the drones online. One list is asked for after the other; what is shown is the
 * last whole one, against the one before. */
#include "cli/command.h"
#include "cli/dialogue.h"
#include "cli/terminal.h"
#include "cli/top_print.h"

#include <stdlib.h>

static const char doing[] = "list of drones";

struct top {
	struct dialogue dialogue;
	struct terminal terminal;
	struct top_table table;
	FILE *out;
	enum top_column sort;
	bool reverse, paused, over;
	bool screen;   /* the table fills a terminal */
	uint64_t left; /* tables until the end; 0: without end */
	bool asked;    /* a list is coming */
	uint32_t ref;  /* of that */
	uint64_t late_us, due_us;
};

/* ------------------------------------------------------------------- on the screen */

static void draw_state(struct top *top, FILE *lines)
{
	(void)fprintf(lines, "%sby %s%s   s next column  r reverse  p %s  q quit\n",
		      top->paused ? "PAUSED   " : "", top_column_names[top->sort],
		      top->reverse ? ", reversed" : "", top->paused ? "go on" : "pause");
}

/* As many lines as there is room for. The last one says how many drones have none. */
static void draw_lines(struct top *top, FILE *lines)
{
	enum { ABOVE = 3 }; /* sums, state, head */
	const struct top_list *list = &top->table.shown;
	size_t rows = top->terminal.size.rows;
	size_t room = rows > ABOVE ? rows - ABOVE : 0;
	size_t count = list->count <= room ? list->count : room ? room - 1 : 0;

	top_print_sums(lines, &top->table.sums);
	draw_state(top, lines);
	top_print_rows(lines, list, count, top->terminal.size.columns);
	if (count < list->count) {
		(void)fprintf(lines, "... and %zu more, for which the terminal has no lines\n",
			      list->count - count);
	}
}

static void frame_lines(struct terminal *terminal, const char *text, size_t size)
{
	terminal_frame_begin(terminal);
	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t line = end ? (size_t)(end - text) + 1 : size;

		terminal_frame_line(terminal, text, line);
		text += line;
		size -= line;
	}
}

static enum cli_exit draw(struct top *top)
{
	char *text = NULL;
	size_t size = 0;
	FILE *lines = open_memstream(&text, &size);
	int error;

	if (!lines) {
		return dialogue_trouble("out of memory");
	}
	draw_lines(top, lines);
	if (fclose(lines) == EOF) {
		free(text);
		return dialogue_trouble("out of memory");
	}
	frame_lines(&top->terminal, text, size);
	free(text);
	error = terminal_frame_end(&top->terminal);
	if (error < 0) {
		terminal_leave(&top->terminal);
		return dialogue_trouble("cannot draw on the terminal: %s", strerror(-error));
	}
	return CLI_DONE;
}

static void sort(struct top *top)
{
	top_table_sort(&top->table, top->sort, top->reverse);
}

static void press(struct top *top, char key)
{
	switch (key) {
	case 'q':
	case 'Q':
		top->over = true;
		break;
	case 's':
		top->sort = (enum top_column)((top->sort + 1) % TOP_COLUMNS);
		top->reverse = false;
		sort(top);
		break;
	case 'r':
		top->reverse = !top->reverse;
		sort(top);
		break;
	case 'p':
	case ' ':
		top->paused = !top->paused;
		break;
	default:
		break;
	}
}

/* A key, a signal, another size. */
static enum cli_exit wake(struct top *top)
{
	enum terminal_event event;
	char key = 0;

	top->dialogue.woken = false;
	while ((event = terminal_next(&top->terminal, &key)) != TERMINAL_NOTHING && !top->over) {
		if (event == TERMINAL_KEY) {
			press(top, key);
		}
		top->over |= event == TERMINAL_END;
	}
	return top->screen && !top->over ? draw(top) : CLI_DONE;
}

/* ------------------------------------------------------------------------- lists */

static enum cli_exit ask(struct top *top)
{
	const struct options *options = top->dialogue.options;
	uint64_t now_us = connection_clock();
	int error = client_list_drones(&top->dialogue.connection->stream.client,
				       slice_str(options->scenario), &top->ref);

	if (error) {
		terminal_leave(&top->terminal);
		return dialogue_unasked(doing, error);
	}
	top->asked = true;
	top->late_us = dialogue_deadline(&top->dialogue);
	top->due_us = now_us + options->top.interval_us;
	return CLI_DONE;
}

/* The first list is what the second is held against: on its own it has no rates. */
static enum cli_exit show(struct top *top)
{
	sort(top);
	if (top->screen) {
		return draw(top);
	}
	if (top->table.lists == 1) {
		return CLI_DONE;
	}
	if (top->dialogue.options->json) {
		top_print_json(top->out, &top->table);
	} else {
		top_print_text(top->out, &top->table);
	}
	top->over = top->left && --top->left == 0;
	return fflush(top->out) == EOF ? CLI_TROUBLE : CLI_DONE;
}

static enum cli_exit take_list(struct top *top, const struct event_drones *drones)
{
	struct slice own = slice_str(top->dialogue.options->id);

	if (top->table.coming.count + drones->count > DIALOGUE_LIST_MAX) {
		terminal_leave(&top->terminal);
		return dialogue_endless(&top->dialogue, doing);
	}
	for (size_t i = 0; i < drones->count; i++) {
		if (!slice_equal(drones->entries[i].drone_id, own) &&
		    top_table_add(&top->table, &drones->entries[i]) < 0) {
			terminal_leave(&top->terminal);
			return dialogue_trouble("out of memory");
		}
	}
	if (drones->more && connection_clock() >= top->late_us) {
		terminal_leave(&top->terminal); /* a list without end, too, is no answer in time */
		return dialogue_late(&top->dialogue);
	}
	if (drones->more) {
		return CLI_DONE;
	}
	top->asked = false;
	top_table_complete(&top->table);
	return show(top);
}

static enum cli_exit take_event(struct top *top, const struct event *event)
{
	bool answer = top->asked && event->ref == top->ref;

	if (event->kind == EVENT_ERROR && (answer || event->ref == 0)) {
		terminal_leave(&top->terminal);
		return dialogue_refused(doing, &event->error);
	}
	return answer && event->kind == EVENT_DRONES ? take_list(top, &event->drones) : CLI_DONE;
}

/* ---------------------------------------------------------------------- the whole */

/* Until when nothing need be done. */
static uint64_t next_deadline(const struct top *top)
{
	if (top->asked) {
		return top->late_us;
	}
	return top->paused ? UINT64_MAX : top->due_us;
}

static enum cli_exit step(struct top *top)
{
	struct dialogue *dialogue = &top->dialogue;
	enum connection_status found;
	enum cli_exit status;
	struct event event;

	if (!top->asked && !top->paused && connection_clock() >= top->due_us) {
		return ask(top);
	}
	found = connection_next(dialogue->connection, next_deadline(top), &event);
	if (found == CONNECTION_TIMEOUT && !top->asked) {
		return CLI_DONE;
	}
	if (found == CONNECTION_TIMEOUT || found == CONNECTION_LOST ||
	    (found == CONNECTION_EVENT && event.kind == EVENT_GOODBYE)) {
		terminal_leave(&top->terminal); /* for the words that come now */
	}
	status = dialogue_take(dialogue, found, &event);
	if (status != CLI_DONE) {
		return status == CLI_TIMED_OUT ? dialogue_late(dialogue) : status;
	}
	return dialogue->woken ? wake(top) : take_event(top, &event);
}

/* An operator may put who names no scenario into one: there it would be sent to. */
static enum cli_exit stay_out(struct dialogue *dialogue)
{
	struct event event;
	uint32_t ref;
	int error = client_choose(&dialogue->connection->stream.client, slice_str(""), &ref);

	return error ? dialogue_unasked("leaving the scenario", error)
		     : dialogue_answer(dialogue, ref, "leaving the scenario", &event);
}

static enum cli_exit watch(struct top *top)
{
	enum cli_exit status =
		dialogue_open(&top->dialogue, slice_str(""), PRESENCE_WISH_NONE, NULL);
	int error = 0;

	if (status == CLI_DONE) {
		status = stay_out(&top->dialogue);
	}
	if (top->dialogue.woken) {
		return CLI_DONE;
	}
	if (status == CLI_DONE && top->screen) {
		error = terminal_enter(&top->terminal);
	}
	if (error < 0) {
		terminal_leave(&top->terminal);
		return dialogue_trouble("cannot draw on the terminal: %s", strerror(-error));
	}
	while (status == CLI_DONE && !top->over) {
		status = step(top);
	}
	return status;
}

enum cli_exit top_run(const struct options *options, FILE *out)
{
	struct top top = {
		.dialogue = {.options = options, .printer = &printer_text},
		.out = out,
		.sort = options->top.sort,
		.reverse = options->top.reverse,
		.screen = !options->json && !options->count && terminal_can_draw(),
		.left = options->count,
	};
	enum cli_exit status;
	int error = terminal_open(&top.terminal);

	if (error < 0) {
		return dialogue_trouble("cannot take signals: %s", strerror(-error));
	}
	top_table_init(&top.table);
	top.dialogue.wake_fd = top.terminal.wake_fd;
	status = watch(&top);
	terminal_close(&top.terminal);
	top.dialogue.wake_fd = -1;
	dialogue_close(&top.dialogue);
	top_table_fini(&top.table);
	return status;
}
