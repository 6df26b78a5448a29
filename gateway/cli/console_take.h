/* Files that others send, put together from their pieces. Pure but for console_take_save. Whoever
 * is in the scenario may send: one file at a time each, and bounded in memory altogether. */
#ifndef UAV_CLI_CONSOLE_TAKE_H
#define UAV_CLI_CONSOLE_TAKE_H

#include "cli/console_file.h"

enum {
	CONSOLE_TAKES_MAX = 8,	       /* files at a time */
	CONSOLE_TAKE_FILES_MAX = 1000, /* in all */
};

struct console_taking {
	char sender[NAME_MAX_BYTES + 1]; /* "": free */
	uint32_t id;
	struct console_offer offer;
	uint32_t pieces, have; /* all, and those that are here */
	uint64_t touched_us;   /* by the caller's clock */
	uint8_t *bytes;
	uint8_t *marks; /* a byte each: which pieces are here */
};

/* An all-zero struct takes nothing yet. */
struct console_take {
	struct console_taking takings[CONSOLE_TAKES_MAX];
	unsigned files; /* begun */
};

enum console_took {
	CONSOLE_TOOK_OFFER, /* begun */
	CONSOLE_TOOK_PIECE,
	CONSOLE_TOOK_AGAIN,  /* known already */
	CONSOLE_TOOK_WHOLE,  /* all is here and is what was offered */
	CONSOLE_TOOK_BROKEN, /* all is here, but is not what was offered */
	CONSOLE_TOOK_BAD,    /* malformed, or not allowed */
	CONSOLE_TOOK_FULL,   /* beyond the bounds, or out of memory */
	CONSOLE_TOOK_UNKNOWN /* a piece of nothing that was offered */
};

void console_take_fini(struct console_take *take);

/* A message of a file that has come without bit errors. *taking is the file it belongs to, if
 * any; after CONSOLE_TOOK_WHOLE and _BROKEN it is to be given to console_take_drop. An offer
 * that makes the sender's earlier file incomplete for good drops it; one whose sender has been
 * silent longest makes room when all places are taken, if that is over a minute. */
enum console_took console_take_message(struct console_take *take, struct slice sender,
				       const struct console_file_head *head, struct slice payload,
				       uint64_t now_us, struct console_taking **taking);

void console_take_drop(struct console_taking *taking);

/* The file that this sender has begun, or NULL. */
struct console_taking *console_take_of(struct console_take *take, struct slice sender);

/* Writes a whole file into the folder, under its name; never over another. 0, or a negative
 * errno, and nothing is there. */
int console_take_save(const struct console_taking *taking, const char *folder)
	__attribute__((warn_unused_result));

#endif
