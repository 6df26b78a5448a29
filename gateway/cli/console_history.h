/* The file in which the console keeps what was typed: its owner's alone, and bounded. */
#ifndef UAV_CLI_CONSOLE_HISTORY_H
#define UAV_CLI_CONSOLE_HISTORY_H

#include <stddef.h>

#include <histedit.h>

enum { CONSOLE_HISTORY_LINES = 500, CONSOLE_HISTORY_BYTES = 1 << 20 };

/* Where it is: uav-drone/history in XDG_STATE_HOME, or in .local/state of the home folder (XDG
 * Base Directory Specification 0.8). 0, or -1 when there is no such folder. */
int console_history_path(char *path, size_t size) __attribute__((warn_unused_result));

/* With what the file has, if it is there, this user's, and not longer than it may be. NULL, for
 * `path`: none. NULL is returned when memory is out. */
History *console_history_open(const char *path);
/* The number of the newest line; 0 when there is none. Later ones have higher numbers. */
int console_history_newest(History *made);
/* Writes the file anew (mode 0600), with the folders that it needs, and frees the history: what is
 * in the file by then, and the lines after number `before`, which are those of this run. 0, or a
 * negative errno of writing. Harmless with NULL. */
int console_history_close(History *made, int before, const char *path);

#endif
