/* How a file goes from one console to another: as messages that any client can take for what
 * they are. The content type says what a message is, so that bit errors, which the payload alone
 * can have, never put a piece in another's place:
 *
 *	application/x-uav-file;id=1a2b3c4d;offer       name, size, size of a piece, SHA-256: text
 *	application/x-uav-file;id=1a2b3c4d;piece=3/17  the third piece's bytes
 *
 * The offer goes first, the pieces once it has arrived. A message that was lost or has bit errors
 *is sent again. README.md has the rest. */
#ifndef UAV_CLI_CONSOLE_FILE_H
#define UAV_CLI_CONSOLE_FILE_H

#include "base/digest.h"
#include "core/message.h"

#include <stdio.h>

#define CONSOLE_FILE_MAX_BYTES (64u * 1024 * 1024)
#define CONSOLE_FILE_MAX_PIECES 1000000u

enum { CONSOLE_FILE_NAME_BYTES = 200 };

struct console_file_head {
	uint32_t id;
	bool offer;
	uint32_t piece, pieces; /* of a piece: which, from 1 */
};

/* False when the content type is of something else. */
bool console_file_head_read(struct slice content_type, struct console_file_head *head);
/* At most CONTENT_TYPE_MAX_BYTES and a NUL. */
void console_file_head_write(const struct console_file_head *head,
			     char room[CONTENT_TYPE_MAX_BYTES + 1]);

struct console_offer {
	uint32_t size, piece_bytes; /* all pieces but the last have as many */
	uint8_t digest[DIGEST_BYTES];
	char name[CONSOLE_FILE_NAME_BYTES + 1];
};

/* How many pieces; 0 for an empty file. */
uint32_t console_offer_pieces(const struct console_offer *offer);
/* Of piece `number`, from 1. */
uint32_t console_offer_piece_size(const struct console_offer *offer, uint32_t number);

enum { CONSOLE_OFFER_BYTES = 512 };

/* The payload. Returns its size. */
size_t console_offer_write(const struct console_offer *offer, char room[CONSOLE_OFFER_BYTES]);
/* False when it is malformed, beyond the bounds, or the name is none that a file may be given
 * that comes from somebody else: with a slash or what is not shown in it, or hidden. */
bool console_offer_read(struct slice payload, struct console_offer *offer);
bool console_file_name_ok(struct slice name);

#endif
