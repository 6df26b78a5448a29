/* A terminal as a full screen, with keys that are read one by one; and what asks the program to
 * end. Whatever happens, terminal_close gives it back as it was. */
#ifndef UAV_CLI_TERMINAL_H
#define UAV_CLI_TERMINAL_H

#include "base/buf.h"
#include "cli/terminal_size.h"

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct terminal {
	int wake_fd; /* readable: terminal_next has something to return */
	int signal_fd;
	int key_fd; /* -1: keys are not read */
	bool entered;
	bool keys_changed; /* `before` is how they were */
	struct termios before;
	struct terminal_size size; /* while entered */
	size_t line;		   /* of the frame being drawn */
	struct buf frame;
};

enum terminal_event {
	TERMINAL_NOTHING,
	TERMINAL_KEY,
	TERMINAL_REDRAW, /* it has another size, or the program was stopped and goes on */
	TERMINAL_END,	 /* SIGINT, SIGTERM, SIGHUP or SIGQUIT, or the terminal is gone */
};

/* Whether the standard output is a terminal on which a screen can be drawn. */
bool terminal_can_draw(void);

/* From here on signals that ask for the end come as TERMINAL_END. Nothing is changed on the screen.
 * 0, or a negative errno. */
int terminal_open(struct terminal *terminal) __attribute__((warn_unused_result));
/* As it was; signals stay kept back. */
void terminal_close(struct terminal *terminal);

/* The standard output's other screen, without a cursor and without wrapping lines; keys are read
 * from the standard input, if that is a terminal. 0, or a negative errno. */
int terminal_enter(struct terminal *terminal) __attribute__((warn_unused_result));
/* As it was. Harmless when it has not been entered. */
void terminal_leave(struct terminal *terminal);

/* What has come, without waiting. *key: the byte of a TERMINAL_KEY; NUL for keys of several bytes
 * (arrows). */
enum terminal_event terminal_next(struct terminal *terminal, char *key);

/* A frame is drawn over the one before and shown in one stroke: it does not flicker. Lines below
 * the last row are left out; each is cut to the width. */
void terminal_frame_begin(struct terminal *terminal);
/* UTF-8 without control characters; an end of line behind it is passed over. */
void terminal_frame_line(struct terminal *terminal, const char *text, size_t size);
/* 0, or a negative errno: the terminal takes no more, or memory is out. */
int terminal_frame_end(struct terminal *terminal) __attribute__((warn_unused_result));

#endif
