/* The command line of uav-drone. */
#ifndef UAV_CLI_OPTIONS_H
#define UAV_CLI_OPTIONS_H

#include "core/message.h"

#include <stdio.h>

/* What the program's exit code says. */
enum cli_exit {
	CLI_DONE = 0,	     /* as asked; `send`: delivered to every target */
	CLI_TROUBLE = 1,     /* usage, or something on this side */
	CLI_UNCONNECTED = 2, /* cannot connect, or the connection was lost */
	CLI_REFUSED = 3,     /* the gateway answered with an error or a goodbye */
	CLI_UNDELIVERED = 4, /* `send`: not delivered intact to every target */
	CLI_TIMED_OUT = 5,   /* no answer in time */
};

enum command {
	COMMAND_NONE = 0,
	COMMAND_WHO = 1,
	COMMAND_SEND = 2,
	COMMAND_LISTEN = 4,
};

struct options {
	enum command command;
	/* all commands */
	char host[256];
	char port[16];
	char id[NAME_MAX_BYTES + 1];
	const char *callsign, *scenario; /* "" when not given */
	enum drone_kind kind;
	uint64_t timeout_us; /* the longest wait for an answer */
	bool json;
	/* send, listen */
	struct position position; /* POSITION_UNKNOWN when not given */
	uint64_t count;		  /* messages; 0 = not given */
	/* send */
	const char *to; /* NULL: everyone */
	const char *payload, *file, *content_type;
	enum report_wish report;
	/* listen */
	uint64_t for_us; /* 0 = without end */
};

enum options_status {
	OPTIONS_OK,
	OPTIONS_TOLD,  /* help or version, printed to `out`: that is all */
	OPTIONS_WRONG, /* `text` says what is wrong and what to do */
};

/* Strings in *options are those of `argv` or static; `text` has room for `size` bytes. */
enum options_status options_parse(int argc, char **argv, struct options *options, FILE *out,
				  char *text, size_t size);

#endif
