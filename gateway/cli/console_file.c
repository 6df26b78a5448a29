#include "cli/console_file.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <stdlib.h>

static const char type[] = "application/x-uav-file;id=";

/* --------------------------------------------------------------------- head */

static bool take_word(const char **at, const char *word)
{
	size_t size = strlen(word);
	bool there = strncmp(*at, word, size) == 0;

	*at += there ? size : 0;
	return there;
}

/* Decimal digits without a sign, at least 1 and at most `most`. */
static bool take_number(const char **at, uint32_t most, uint32_t *number)
{
	char *rest;
	unsigned long long value = **at >= '0' && **at <= '9' ? strtoull(*at, &rest, 10) : 0;

	if (value < 1 || value > most) {
		return false;
	}
	*at = rest;
	*number = (uint32_t)value;
	return true;
}

/* Bytes as two lower-case hexadecimal digits each. */
static bool take_hex(const char **at, uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 2 * size; i++) {
		const char *digit = **at ? strchr(digits, **at) : NULL;

		if (!digit) {
			return false;
		}
		bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | (digit - digits));
		(*at)++;
	}
	return true;
}

bool console_file_head_read(struct slice content_type, struct console_file_head *head)
{
	char text[CONTENT_TYPE_MAX_BYTES + 1];
	const char *at = text;
	uint8_t id[4];

	*head = (struct console_file_head){0};
	if (content_type.size >= sizeof(text)) {
		return false;
	}
	(void)snprintf(text, sizeof(text), "%.*s", SLICE_ARG(content_type));
	if (!take_word(&at, type) || !take_hex(&at, id, sizeof(id))) {
		return false;
	}
	head->id = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
	if (take_word(&at, ";offer")) {
		head->offer = true;
		return *at == '\0';
	}
	return take_word(&at, ";piece=") &&
	       take_number(&at, CONSOLE_FILE_MAX_PIECES, &head->piece) && take_word(&at, "/") &&
	       take_number(&at, CONSOLE_FILE_MAX_PIECES, &head->pieces) && *at == '\0' &&
	       head->piece <= head->pieces;
}

void console_file_head_write(const struct console_file_head *head,
			     char room[CONTENT_TYPE_MAX_BYTES + 1])
{
	if (head->offer) {
		(void)snprintf(room, CONTENT_TYPE_MAX_BYTES + 1, "%s%08" PRIx32 ";offer", type,
			       head->id);
	} else {
		(void)snprintf(room, CONTENT_TYPE_MAX_BYTES + 1,
			       "%s%08" PRIx32 ";piece=%" PRIu32 "/%" PRIu32, type, head->id,
			       head->piece, head->pieces);
	}
}

/* -------------------------------------------------------------------- offer */

uint32_t console_offer_pieces(const struct console_offer *offer)
{
	return offer->size / offer->piece_bytes + (offer->size % offer->piece_bytes != 0);
}

uint32_t console_offer_piece_size(const struct console_offer *offer, uint32_t number)
{
	uint32_t before = (number - 1) * offer->piece_bytes;

	return offer->size - before < offer->piece_bytes ? offer->size - before
							 : offer->piece_bytes;
}

bool console_file_name_ok(struct slice name)
{
	if (name.size < 1 || name.size > CONSOLE_FILE_NAME_BYTES || name.data[0] == '.' ||
	    memchr(name.data, '/', name.size) || memchr(name.data, '\\', name.size)) {
		return false;
	}
	return utf8_is_shown(name);
}

size_t console_offer_write(const struct console_offer *offer, char room[CONSOLE_OFFER_BYTES])
{
	char hex[2 * DIGEST_BYTES + 1];
	int size;

	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		(void)snprintf(hex + 2 * i, 3, "%02x", offer->digest[i]);
	}
	size = snprintf(room, CONSOLE_OFFER_BYTES,
			"file %s\nsize %" PRIu32 "\npiece %" PRIu32 "\nsha256 %s\n", offer->name,
			offer->size, offer->piece_bytes, hex);
	return size < 0 ? 0 : (size_t)size;
}

static bool take_name(const char **at, char name[CONSOLE_FILE_NAME_BYTES + 1])
{
	size_t size = strcspn(*at, "\n");

	if (!console_file_name_ok(slice_of(*at, size))) {
		return false;
	}
	memcpy(name, *at, size);
	name[size] = '\0';
	*at += size;
	return true;
}

/* The size of an empty file is a number too. */
static bool take_size(const char **at, uint32_t *size)
{
	*size = 0;
	return take_word(at, "0\n") ||
	       (take_number(at, CONSOLE_FILE_MAX_BYTES, size) && take_word(at, "\n"));
}

bool console_offer_read(struct slice payload, struct console_offer *offer)
{
	char text[CONSOLE_OFFER_BYTES];
	const char *at = text;

	*offer = (struct console_offer){0};
	if (payload.size >= sizeof(text) || memchr(payload.data, '\0', payload.size)) {
		return false;
	}
	(void)snprintf(text, sizeof(text), "%.*s", SLICE_ARG(payload));
	return take_word(&at, "file ") && take_name(&at, offer->name) &&
	       take_word(&at, "\nsize ") && take_size(&at, &offer->size) &&
	       take_word(&at, "piece ") &&
	       take_number(&at, CONSOLE_FILE_MAX_BYTES, &offer->piece_bytes) &&
	       take_word(&at, "\nsha256 ") && take_hex(&at, offer->digest, DIGEST_BYTES) &&
	       take_word(&at, "\n") && *at == '\0' &&
	       console_offer_pieces(offer) <= CONSOLE_FILE_MAX_PIECES;
}
