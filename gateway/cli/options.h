/* The command line of uav-drone. */
#ifndef UAV_CLI_OPTIONS_H
#define UAV_CLI_OPTIONS_H

#include "cli/pattern.h"
#include "cli/top_table.h"
#include "cli/track.h"
#include "core/message.h"

#include <stdio.h>

/* What the program's exit code says. */
enum cli_exit {
	CLI_DONE = 0,	     /* as asked; `send`: delivered to every target */
	CLI_TROUBLE = 1,     /* usage, or something on this side */
	CLI_UNCONNECTED = 2, /* cannot connect, or the connection was lost */
	CLI_REFUSED = 3,     /* the gateway answered with an error or a goodbye */
	CLI_UNDELIVERED = 4, /* `send`: not delivered intact to every target; `swarm`: the
				accounts do not close */
	CLI_TIMED_OUT = 5,   /* no answer in time, nor what was waited for */
};

enum command {
	COMMAND_NONE = 0,
	COMMAND_WHO = 1,
	COMMAND_SEND = 2,
	COMMAND_LISTEN = 4,
	COMMAND_SWARM = 8,
	COMMAND_SCENARIOS = 16,
	COMMAND_TOP = 32,
	COMMAND_CONSOLE = 64,
};

enum { OPTIONS_GROUPS_MAX = 16 };  /* as many as a drone may be in */
#define OPTIONS_PIECE_MAX 1048576u /* bytes: more than any message holds */

/* To whom the drones of a swarm send. */
enum swarm_to {
	SWARM_TO_RANDOM, /* another drone of the swarm, drawn for each message */
	SWARM_TO_NEXT,	 /* the one behind it, the first for the last */
	SWARM_TO_EVERYONE,
	SWARM_TO_HUB,
	SWARM_TO_ID, /* options.to */
};

struct swarm_options {
	enum swarm_to to;
	struct pattern_shape shape;
	double rate_hz, state_rate_hz; /* a drone, in flight time */
	uint64_t size_bytes;
	uint64_t duration_us; /* flight time; 0 = not given */
	double speed_up;      /* flight time over real time */
	bool lockstep;
	const char *prefix;
	const char *hub;   /* NULL: none of the drones is one */
	const char *track; /* file; NULL: by the pattern */
	struct track_columns columns;
	const char *log; /* file; NULL: none */
};

struct top_options {
	uint64_t interval_us; /* between two lists */
	enum top_column sort;
	bool reverse;
};

struct options {
	enum command command;
	/* all commands */
	const char *gateway; /* as given, for people */
	char host[256];
	char port[16];
	const char *socket_path; /* of a Unix socket; NULL: host and port */
	const char *secret_file; /* NULL: none */
	/* NULL when not given; a ca means TLS. "{id}" in cert and key stands for the drone's. */
	const char *tls_ca, *tls_cert, *tls_key;
	const char *tls_name; /* in the gateway's certificate; NULL: the host */
	/* all but swarm */
	char id[NAME_MAX_BYTES + 1];
	const char *callsign; /* "" when not given */
	enum drone_kind kind;
	/* all but scenarios */
	const char *scenario; /* "" when not given */
	/* all commands */
	uint64_t timeout_us; /* the longest wait for an answer */
	bool json;
	/* console */
	bool no_history;
	const char *save;     /* folder; NULL: files are not kept */
	uint64_t piece_bytes; /* of a file; 0 = not given */
	/* send, listen, swarm, console */
	struct position position; /* POSITION_UNKNOWN when not given; swarm: of the hub */
	uint64_t count;		  /* messages, a swarm's drones, top's tables; 0 = not given */
	/* send: to this one; listen, console: in these */
	const char *groups[OPTIONS_GROUPS_MAX];
	size_t group_count;
	/* send */
	const char *to; /* NULL: everyone, or a group */
	const char *payload, *file, *content_type;
	enum report_wish report;
	bool wait; /* until somebody is there whom it can reach */
	/* who */
	const char *wait_for; /* an id; NULL: for nobody */
	/* listen */
	uint64_t for_us; /* 0 = without end */
	struct swarm_options swarm;
	struct top_options top;
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
