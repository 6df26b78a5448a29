#include "cli/console_take.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { STILL_US = 60000000 };

/* ------------------------------------------------------------------- memory */

/* An empty file has memory too. */
static size_t mapped_size(const struct console_offer *offer)
{
	return (size_t)offer->size + 1;
}

/* Zeros, of which the system keeps none until something is written there, and then a small page. */
static uint8_t *map_bytes(const struct console_offer *offer)
{
	size_t size = mapped_size(offer);
	void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (bytes == MAP_FAILED) {
		return NULL;
	}
	(void)madvise(bytes, size, MADV_NOHUGEPAGE); /* where there are no large ones, it fails */
	return bytes;
}

void console_take_drop(struct console_taking *taking)
{
	if (taking->bytes) {
		(void)munmap(taking->bytes, mapped_size(&taking->offer));
	}
	free(taking->marks);
	*taking = (struct console_taking){0};
}

void console_take_fini(struct console_take *take)
{
	for (size_t i = 0; i < CONSOLE_TAKES_MAX; i++) {
		console_take_drop(&take->takings[i]);
	}
}

struct console_taking *console_take_of(struct console_take *take, struct slice sender)
{
	for (size_t i = 0; i < CONSOLE_TAKES_MAX; i++) {
		if (sender.size && slice_equal(slice_str(take->takings[i].sender), sender)) {
			return &take->takings[i];
		}
	}
	return NULL;
}

static void lose(struct console_take *take, struct console_taking *taking)
{
	if (take->lost) {
		take->lost(take->ctx, taking);
	}
	console_take_drop(taking);
}

/* A free place, or that of the file that has stood still longest; NULL when all are busy. */
static struct console_taking *make_place(struct console_take *take, uint64_t now_us)
{
	struct console_taking *oldest = NULL;

	for (size_t i = 0; i < CONSOLE_TAKES_MAX; i++) {
		struct console_taking *taking = &take->takings[i];

		if (!taking->sender[0]) {
			return taking;
		}
		if (now_us - taking->moved_us > STILL_US &&
		    (!oldest || taking->moved_us < oldest->moved_us)) {
			oldest = taking;
		}
	}
	if (oldest) {
		lose(take, oldest);
	}
	return oldest;
}

static uint64_t bytes_held(const struct console_take *take)
{
	uint64_t held = 0;

	for (size_t i = 0; i < CONSOLE_TAKES_MAX; i++) {
		held += take->takings[i].held;
	}
	return held;
}

/* Counts `more` bytes as held by this file. While there is no room for them the largest one gives
 * way, and that may be this one: false then. */
static bool hold(struct console_take *take, struct console_taking *taking, uint32_t more)
{
	taking->held += more;
	while (bytes_held(take) > CONSOLE_TAKE_BYTES_MAX) {
		struct console_taking *largest = taking;

		for (size_t i = 0; i < CONSOLE_TAKES_MAX; i++) {
			if (take->takings[i].held > largest->held) {
				largest = &take->takings[i];
			}
		}
		if (largest == taking) {
			console_take_drop(taking);
			return false;
		}
		lose(take, largest);
	}
	return true;
}

/* The same for `size` bytes, at least one, that are to be written from `start` on. */
static bool hold_blocks(struct console_take *take, struct console_taking *taking, uint32_t start,
			uint32_t size)
{
	uint32_t more = 0;

	for (uint32_t block = start / CONSOLE_TAKE_BLOCK_BYTES;
	     block <= (start + size - 1) / CONSOLE_TAKE_BLOCK_BYTES; block++) {
		more += taking->blocks[block] ? 0 : CONSOLE_TAKE_BLOCK_BYTES;
		taking->blocks[block] = true;
	}
	return hold(take, taking, more);
}

/* ------------------------------------------------------------------ messages */

static enum console_took whole_or_broken(const struct console_taking *taking)
{
	uint8_t digest[DIGEST_BYTES];

	return digest_make(slice_of(taking->bytes, taking->offer.size), digest) == 0 &&
			       memcmp(digest, taking->offer.digest, sizeof(digest)) == 0
		       ? CONSOLE_TOOK_WHOLE
		       : CONSOLE_TOOK_BROKEN;
}

static enum console_took begin(struct console_take *take, struct console_taking *taking,
			       struct slice sender, uint32_t id, const struct console_offer *offer)
{
	(void)snprintf(taking->sender, sizeof(taking->sender), "%.*s", SLICE_ARG(sender));
	taking->id = id;
	taking->offer = *offer;
	taking->pieces = console_offer_pieces(offer);
	taking->bytes = map_bytes(offer);
	taking->marks = calloc(1, (size_t)taking->pieces + 1);
	if (!taking->bytes || !taking->marks) {
		console_take_drop(taking);
		return CONSOLE_TOOK_FULL;
	}
	if (!hold(take, taking, taking->pieces)) {
		return CONSOLE_TOOK_FULL;
	}
	return taking->pieces ? CONSOLE_TOOK_OFFER : whole_or_broken(taking);
}

static enum console_took take_offer(struct console_take *take, struct slice sender, uint32_t id,
				    struct slice payload, uint64_t now_us,
				    struct console_taking **found)
{
	struct console_taking *taking = *found;
	uint64_t moved_us = now_us;
	struct console_offer offer;
	enum console_took took;

	if (taking && taking->id == id) {
		return CONSOLE_TOOK_AGAIN;
	}
	if (!console_offer_read(payload, &offer)) {
		return CONSOLE_TOOK_BAD;
	}
	if (taking) {
		moved_us = taking->moved_us;
		console_take_drop(taking);
	} else {
		taking = make_place(take, now_us);
	}
	*found = NULL;
	took = taking ? begin(take, taking, sender, id, &offer) : CONSOLE_TOOK_FULL;
	if (took != CONSOLE_TOOK_FULL) {
		taking->moved_us = moved_us;
		*found = taking;
	}
	return took;
}

static enum console_took take_piece(struct console_take *take, struct console_taking **found,
				    const struct console_file_head *head, struct slice payload,
				    uint64_t now_us)
{
	struct console_taking *taking = *found;
	uint32_t start;

	if (!taking || taking->id != head->id) {
		return CONSOLE_TOOK_UNKNOWN;
	}
	if (head->pieces != taking->pieces ||
	    payload.size != console_offer_piece_size(&taking->offer, head->piece)) {
		return CONSOLE_TOOK_BAD;
	}
	if (taking->marks[head->piece - 1]) {
		return CONSOLE_TOOK_AGAIN;
	}
	start = (head->piece - 1) * taking->offer.piece_bytes;
	if (!hold_blocks(take, taking, start, (uint32_t)payload.size)) {
		*found = NULL;
		return CONSOLE_TOOK_FULL;
	}
	taking->marks[head->piece - 1] = 1;
	taking->have++;
	taking->moved_us = now_us;
	memcpy(taking->bytes + start, payload.data, payload.size);
	return taking->have < taking->pieces ? CONSOLE_TOOK_PIECE : whole_or_broken(taking);
}

enum console_took console_take_message(struct console_take *take, struct slice sender,
				       const struct console_file_head *head, struct slice payload,
				       uint64_t now_us, struct console_taking **taking)
{
	*taking = console_take_of(take, sender);
	return head->offer ? take_offer(take, sender, head->id, payload, now_us, taking)
			   : take_piece(take, taking, head, payload, now_us);
}
