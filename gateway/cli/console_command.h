/* A line that somebody types into the console, as a command. Two ways of writing it mean the
 * same: words with blanks between them, as a person types them (`to uav1 hello`), and the lines
 * of the text protocol (`to|uav1|hello`, proto/text.md). What begins with no command is text for
 * everyone. */
#ifndef UAV_CLI_CONSOLE_COMMAND_H
#define UAV_CLI_CONSOLE_COMMAND_H

#include "core/message.h"

enum console_verb {
	CONSOLE_NOTHING, /* an empty line */
	CONSOLE_WRONG,	 /* `why` says what is, and how it is written */
	CONSOLE_WHO,	 /* name: of a scenario, or empty */
	CONSOLE_SCENARIOS,
	CONSOLE_SCENARIO,  /* name: empty to leave the present one */
	CONSOLE_RENAME,	   /* name: empty for the id again */
	CONSOLE_TO,	   /* name, text */
	CONSOLE_ALL,	   /* text */
	CONSOLE_GROUP,	   /* name, text */
	CONSOLE_JOIN,	   /* name */
	CONSOLE_LEAVE,	   /* name */
	CONSOLE_MOVE,	   /* position */
	CONSOLE_SEND_FILE, /* name; text: the path */
	CONSOLE_PING,
	CONSOLE_HELP,
	CONSOLE_QUIT,
};

enum { CONSOLE_NAME_BYTES = 256, CONSOLE_WHY_BYTES = 512 };

struct console_command {
	enum console_verb verb;
	struct slice name; /* its bytes are those below, or the line's */
	struct slice text; /* as it stands in the line */
	struct position position;
	char name_room[CONSOLE_NAME_BYTES];
	char why[CONSOLE_WHY_BYTES];
};

/* The line is without its end. The command's slices live as long as both. */
void console_command_parse(struct slice line, struct console_command *command);

/* How each command is written and what it does: false behind the last. */
bool console_command_help(size_t number, const char **usage, const char **what);

/* What a word that is still being typed may become. */
enum console_wanted {
	CONSOLE_WANTED_NOTHING,
	CONSOLE_WANTED_COMMAND,
	CONSOLE_WANTED_DRONE, /* its id or callsign */
	CONSOLE_WANTED_SCENARIO,
	CONSOLE_WANTED_GROUP,
};

struct console_word {
	enum console_wanted wanted;
	struct slice typed; /* of it so far, as it stands in the line, a quote included */
	struct slice begun; /* what it means: without the quote, without the \ between bars */
	bool classic;	    /* `|` parts it from what follows, not a blank */
	bool last;	    /* nothing follows it */
	char room[CONSOLE_NAME_BYTES];
};

/* The word at the end of the line up to the cursor. */
void console_command_word(struct slice line, struct console_word *word);

/* The name as it is to be typed: quoted where it must be, or as between bars. -1 when it does not
 * fit or cannot be typed. */
int console_command_quote(const struct console_word *word, const char *name, char *room,
			  size_t size) __attribute__((warn_unused_result));

/* The name of command `number`, NULL behind the last. */
const char *console_command_name(size_t number);

#endif
