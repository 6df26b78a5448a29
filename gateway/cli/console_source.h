/* Where the console's input comes from, as one descriptor that can be waited for: standard input
 * and signals. */
#ifndef UAV_CLI_CONSOLE_SOURCE_H
#define UAV_CLI_CONSOLE_SOURCE_H

#include "base/slice.h"

enum { CONSOLE_SOURCE_LINE_BYTES = 128 * 1024 };

struct console_source {
	int fd; /* readable: a signal, or input if it is heard */
	int signal_fd;
	int ready_fd; /* stands for input that poll(2) cannot wait for, since it is always there */
	bool heard;
	bool ended; /* there is no more input */
	/* Lines that were read and not taken: [first, last). */
	size_t first, last;
	bool overlong; /* of a line that was too long the rest is passed over */
	uint8_t bytes[CONSOLE_SOURCE_LINE_BYTES];
};

/* 0, or a negative errno. */
int console_source_open(struct console_source *source) __attribute__((warn_unused_result));
void console_source_close(struct console_source *source);

/* Whether input is waited for. */
void console_source_hear(struct console_source *source, bool heard);
/* Whether there is some now. */
bool console_source_has_input(void);

enum console_source_line {
	CONSOLE_SOURCE_LINE,
	CONSOLE_SOURCE_TOO_LONG,
	CONSOLE_SOURCE_MORE, /* nothing whole is here: read more */
	CONSOLE_SOURCE_END,
};

/* Reads once, without waiting if there is input. */
void console_source_read(struct console_source *source);
/* The next line without its end; lives until console_source_read. */
enum console_source_line console_source_next(struct console_source *source, struct slice *line);

#endif
