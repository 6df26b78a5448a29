/* The terminal: the line that somebody types, with editing, history and completion (libedit), and
 * what comes meanwhile. Whoever prints hides the line first; it is shown again, whole and below
 * what was printed, before keys are waited for. */
#ifndef UAV_CLI_CONSOLE_SCREEN_H
#define UAV_CLI_CONSOLE_SCREEN_H

#include "cli/console_complete.h"

#include <stdio.h>

struct console_screen;

enum console_key {
	CONSOLE_KEY_READY, /* keys can be read */
	CONSOLE_KEY_CLEAR, /* the line is given up, another begins */
	CONSOLE_KEY_END,
};

struct console_screen_calls {
	/* Waits for keys, and deals with everything else meanwhile. */
	enum console_key (*wait)(void *ctx);
	/* Adds what the word may become. */
	void (*complete)(void *ctx, const struct console_word *word,
			 struct console_candidates *candidates);
	void *ctx;
};

enum console_line {
	CONSOLE_LINE,	      /* was typed */
	CONSOLE_LINE_CLEARED, /* CONSOLE_KEY_CLEAR */
	CONSOLE_LINE_END,     /* CONSOLE_KEY_END, or Ctrl-D, or the terminal is gone */
};

/* Whether standard input and output are a terminal on which lines can be edited. */
bool console_screen_possible(void);

/* On standard input and output. `history`: the file, NULL: none. NULL when it cannot be;
 * the terminal is as it was. */
struct console_screen *console_screen_open(const struct console_screen_calls *calls,
					   const char *history);
/* The terminal is as it was before; the history is written. Returns 0, or a negative errno of
 * that. Harmless with NULL. */
int console_screen_close(struct console_screen *screen);

/* A line, without its end: lives until the next call. */
enum console_line console_screen_line(struct console_screen *screen, struct slice *line);

/* Takes the line off the screen, if it is there: to print. Harmless with NULL. */
void console_screen_hide(struct console_screen *screen);
/* Shows it again. */
void console_screen_show(struct console_screen *screen);
/* What stands before the line; printable ASCII. Kept as a copy. */
void console_screen_prompt(struct console_screen *screen, const char *prompt);

/* What the signals of a terminal ask for. */
void console_screen_resized(struct console_screen *screen);   /* SIGWINCH */
void console_screen_suspend(struct console_screen *screen);   /* SIGTSTP: stops the process */
void console_screen_continued(struct console_screen *screen); /* SIGCONT */

/* Puts the line into the history. */
void console_screen_remember(struct console_screen *screen, struct slice line);

#endif
