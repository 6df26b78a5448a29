/* What a word of the console's line may become. */
#ifndef UAV_CLI_CONSOLE_COMPLETE_H
#define UAV_CLI_CONSOLE_COMPLETE_H

#include "cli/console_command.h"
#include "cli/console_directory.h"

enum { CONSOLE_CANDIDATES_MAX = 500 };

/* As they are to be typed, quoted where they must be; each once. An all-zero struct has none. */
struct console_candidates {
	char **list;
	size_t count;
	size_t left_out; /* there were more */
};

void console_candidates_fini(struct console_candidates *candidates);

/* Adds those that begin as the word does. Names that could not be told apart on a screen, since
 * they have characters in them that are not shown, are not among them: their ids are. */
void console_complete(const struct console_directory *directory, const struct console_word *word,
		      struct console_candidates *candidates);

/* What all of them begin with, whole characters; a part of the first one. Empty without any. */
struct slice console_candidates_common(const struct console_candidates *candidates);

#endif
