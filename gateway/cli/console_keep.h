/* Files that others have sent, kept in a folder. What one sender may have there is bounded below
 * what all may have, so that nobody ends it for the others. */
#ifndef UAV_CLI_CONSOLE_KEEP_H
#define UAV_CLI_CONSOLE_KEEP_H

#include "cli/console_take.h"

/* In one run. */
enum { CONSOLE_KEEP_FILES_MAX = 1000, CONSOLE_KEEP_SENDER_FILES_MAX = 250 };
#define CONSOLE_KEEP_BYTES_MAX (1024ull * 1024 * 1024)
#define CONSOLE_KEEP_SENDER_BYTES_MAX (CONSOLE_KEEP_BYTES_MAX / 4)

/* The name of a file in the folder: ".9999" may be added to the one that was offered. */
enum { CONSOLE_KEEP_NAME_BYTES = CONSOLE_FILE_NAME_BYTES + 8 };

struct console_kept {
	char sender[NAME_MAX_BYTES + 1];
	unsigned files;
	uint64_t bytes;
};

/* An all-zero struct has kept nothing. */
struct console_keep {
	struct console_kept *list; /* who has a file there */
	size_t count;
	unsigned files;
	uint64_t bytes;
};

void console_keep_fini(struct console_keep *keep);

/* Why the file may not be kept; NULL: it may. */
const char *console_keep_bound(const struct console_keep *keep,
			       const struct console_taking *taking);

/* Writes a whole file into the folder, which may be kept: under its name, or where something has
 * that name, be it a link, under `name.2` and so on; never over another. *name is the one it has.
 * 0, or a negative errno, and nothing is there. */
int console_keep_save(struct console_keep *keep, const struct console_taking *taking,
		      const char *folder, char name[CONSOLE_KEEP_NAME_BYTES + 1])
	__attribute__((warn_unused_result));

#endif
