/* A file on its way to a drone, in pieces of which some are in flight at a time. Pure but for
 * console_post_open: what is to be sent is asked for, what became of it is told. */
#ifndef UAV_CLI_CONSOLE_POST_H
#define UAV_CLI_CONSOLE_POST_H

#include "cli/console_file.h"

enum {
	CONSOLE_POST_WINDOW = 8, /* messages in flight */
	CONSOLE_POST_TRIES = 10, /* of each piece */
	CONSOLE_POST_WHY_BYTES = 256,
};

enum console_post_state {
	CONSOLE_POST_IDLE,
	CONSOLE_POST_OFFERING, /* the offer has not arrived yet */
	CONSOLE_POST_PIECES,
	CONSOLE_POST_DONE,   /* each piece has arrived unharmed */
	CONSOLE_POST_FAILED, /* `why` */
};

struct console_flying {
	uint32_t ref;	/* 0: free */
	uint32_t piece; /* 0: the offer */
};

/* An all-zero struct is idle. */
struct console_post {
	enum console_post_state state;
	char target[NAME_MAX_BYTES + 1];
	struct console_offer offer;
	uint32_t id, pieces;
	uint32_t next;		 /* no piece below it, from 1, was never sent */
	uint32_t arrived, again; /* pieces; messages sent once more */
	uint32_t waiting;	 /* pieces to be sent again */
	uint64_t pause_us;	 /* nothing goes before */
	uint8_t *bytes;
	uint8_t *
		tries; /* of the offer, and of each piece; POST_ARRIVED, and POST_AGAIN as a flag */
	struct console_flying flying[CONSOLE_POST_WINDOW];
	char content_type[CONTENT_TYPE_MAX_BYTES + 1];
	char text[CONSOLE_OFFER_BYTES];
	char why[CONSOLE_POST_WHY_BYTES];
};

/* Reads the file and begins, with pieces of `piece_bytes`. 0; or -1 and `why`, and it is idle. */
int console_post_open(struct console_post *post, const char *path, struct slice target, uint32_t id,
		      uint32_t piece_bytes) __attribute__((warn_unused_result));
/* Idle again, whatever it was. */
void console_post_close(struct console_post *post);

/* What is to be sent now, into *send, and in *piece what it is; false when there is nothing, or
 * the window is full. The slices live until the next call. */
bool console_post_next(struct console_post *post, uint64_t now_us, struct request_send *send,
		       uint32_t *piece);
/* It has been sent, by this ref. */
void console_post_sent(struct console_post *post, uint32_t piece, uint32_t ref);

/* What became of a message: false when it is none of these. */
bool console_post_outcome(struct console_post *post, uint32_t ref, enum outcome outcome,
			  uint64_t now_us);
/* It was answered with an error: false when it is none of these. */
bool console_post_refused(struct console_post *post, uint32_t ref, enum error_code code,
			  uint64_t now_us);

/* Gives up. */
void console_post_fail(struct console_post *post, const char *why);

/* 0 to 100. */
unsigned console_post_percent(const struct console_post *post);

#endif
