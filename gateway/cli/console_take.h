/* Files that others send, put together from their pieces. Whoever is in the scenario may send, so
 * that nobody may take the room of the others: there is one file at a time of each, and of
 * memory counts what has come, not what was promised. */
#ifndef UAV_CLI_CONSOLE_TAKE_H
#define UAV_CLI_CONSOLE_TAKE_H

#include "cli/console_file.h"

enum {
	CONSOLE_TAKES_MAX = 8,		    /* files at a time */
	CONSOLE_TAKE_BLOCK_BYTES = 1 << 16, /* by which the memory of what has come is counted */
};

/* Of all files: two of the largest, so that no single sender can take it from another. */
#define CONSOLE_TAKE_BYTES_MAX (2 * (CONSOLE_FILE_MAX_BYTES + CONSOLE_FILE_MAX_PIECES))

struct console_taking {
	char sender[NAME_MAX_BYTES + 1]; /* "": free */
	uint32_t id;
	struct console_offer offer;
	uint32_t pieces, have; /* all, and those that are here */
	uint64_t moved_us;     /* by the caller's clock: when it last came nearer its end */
	uint8_t *bytes;	       /* the system gives memory for what is written there */
	uint8_t *marks;	       /* a byte each: which pieces are here */
	uint32_t held;	       /* bytes of memory */
	bool blocks[CONSOLE_FILE_MAX_BYTES / CONSOLE_TAKE_BLOCK_BYTES]; /* that are counted in it */
};

/* An all-zero struct takes nothing yet. */
struct console_take {
	struct console_taking takings[CONSOLE_TAKES_MAX];
	/* Before a file is dropped to make room; may be NULL. */
	void (*lost)(void *ctx, const struct console_taking *taking);
	void *ctx;
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
 * that makes the sender's earlier file incomplete for good drops it. When all places are taken, the
 * file that has stood still longest gives way, if that is over a minute; an offer made again, or
 * another one in its place, is no step forward. When memory is out, the file that has most of it
 * gives way, so that each is certain of its share. */
enum console_took console_take_message(struct console_take *take, struct slice sender,
				       const struct console_file_head *head, struct slice payload,
				       uint64_t now_us, struct console_taking **taking);

void console_take_drop(struct console_taking *taking);

/* The file that this sender has begun, or NULL. */
struct console_taking *console_take_of(struct console_take *take, struct slice sender);

#endif
