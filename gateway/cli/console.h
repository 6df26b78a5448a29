/* The console: what its files share. */
#ifndef UAV_CLI_CONSOLE_H
#define UAV_CLI_CONSOLE_H

#include "cli/console_keep.h"
#include "cli/console_post.h"
#include "cli/console_requests.h"
#include "cli/console_screen.h"
#include "cli/dialogue.h"

struct console {
	struct dialogue dialogue;
	FILE *out;
	struct console_screen *screen; /* NULL: lines come from a pipe, or a file */
	struct console_directory directory;
	struct console_requests requests;
	struct standing standing; /* of the scenario it is in */
	bool placed;		  /* in one */
	struct console_post post;
	uint64_t post_deadline_us; /* when a piece should have been reported */
	unsigned post_told;	   /* per cent */
	struct console_take take;
	struct console_keep keep;
	uint64_t messages; /* sent */
	bool ending;
	enum cli_exit status; /* of the connection: why it ends */
	/* What else went wrong, for the exit code of a script. */
	bool mistaken, refused, undelivered, late;
};

/* Where to print: the line is off the screen then, or will be before what is printed here. */
FILE *console_out(struct console *console);
/* The standard error: the line is off the screen. */
FILE *console_err(struct console *console);
/* Tells what is wrong with what was typed, on the standard error. */
void console_complain(struct console *console, const char *why);
/* The beginning and the end of such a line, for what is not escaped yet. */
FILE *console_complaint_begin(struct console *console);
void console_complaint_end(FILE *file);
/* Prompt and progress, as they are now. */
void console_show_state(struct console *console);

/* --- console_orders.c: what is typed --- */

void console_obey(struct console *console, struct slice line);
/* The id of the drone that is called so. Empty when there is none, or several: that is told. */
struct slice console_resolve(struct console *console, struct slice name);
/* Joins a group that an option names. */
void console_join(struct console *console, struct slice group);
/* Asks for the lists of drones or scenarios, for itself. */
void console_refresh(struct console *console, enum console_verb verb);

/* --- console_events.c: what the gateway says --- */

void console_take_event(struct console *console, const struct event *event);
void console_tell_place(struct console *console, const struct scenario_entry *entry);

/* --- console_transfer.c: files --- */

void console_send_file(struct console *console, const struct console_command *command);
/* Sends what may be sent now, and tells how it ended: true then. */
bool console_drive_file(struct console *console);
/* When it is to be called again, at the latest. */
uint64_t console_file_deadline(const struct console *console);
/* Whether the message is a part of a file: it is dealt with then. */
bool console_take_file(struct console *console, const struct event_delivery *delivery);
/* Somebody went offline: what he has begun to send is incomplete for good. */
void console_forget_sender(struct console *console, struct slice sender);
/* Whether the answer was to a part of a file that is being sent. */
bool console_file_answer(struct console *console, const struct event *event);

#endif
