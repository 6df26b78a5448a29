#include "cli/console_take.h"

#include "base/write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { SILENT_US = 60000000 };

void console_take_drop(struct console_taking *taking)
{
	free(taking->bytes);
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

/* A free place, or that of the sender who has been silent longest; NULL when all are busy. */
static struct console_taking *make_place(struct console_take *take, uint64_t now_us)
{
	struct console_taking *oldest = NULL;

	for (size_t i = 0; i < CONSOLE_TAKES_MAX; i++) {
		struct console_taking *taking = &take->takings[i];

		if (!taking->sender[0]) {
			return taking;
		}
		if (now_us - taking->touched_us > SILENT_US &&
		    (!oldest || taking->touched_us < oldest->touched_us)) {
			oldest = taking;
		}
	}
	if (oldest) {
		console_take_drop(oldest);
	}
	return oldest;
}

static uint64_t bytes_held(const struct console_take *take)
{
	uint64_t held = 0;

	for (size_t i = 0; i < CONSOLE_TAKES_MAX; i++) {
		held += take->takings[i].offer.size;
	}
	return held;
}

static enum console_took whole_or_broken(const struct console_taking *taking)
{
	uint8_t digest[DIGEST_BYTES];

	return digest_make(slice_of(taking->bytes, taking->offer.size), digest) == 0 &&
			       memcmp(digest, taking->offer.digest, sizeof(digest)) == 0
		       ? CONSOLE_TOOK_WHOLE
		       : CONSOLE_TOOK_BROKEN;
}

/* A byte more than there are: an empty file has memory too. */
static enum console_took begin(struct console_take *take, struct console_taking *taking,
			       struct slice sender, uint32_t id, const struct console_offer *offer)
{
	if (take->files >= CONSOLE_TAKE_FILES_MAX ||
	    bytes_held(take) + offer->size > CONSOLE_FILE_MAX_BYTES) {
		return CONSOLE_TOOK_FULL;
	}
	taking->pieces = console_offer_pieces(offer);
	taking->bytes = calloc(1, (size_t)offer->size + 1);
	taking->marks = calloc(1, (size_t)taking->pieces + 1);
	if (!taking->bytes || !taking->marks) {
		console_take_drop(taking);
		return CONSOLE_TOOK_FULL;
	}
	(void)snprintf(taking->sender, sizeof(taking->sender), "%.*s", SLICE_ARG(sender));
	taking->id = id;
	taking->offer = *offer;
	take->files++;
	return taking->pieces ? CONSOLE_TOOK_OFFER : whole_or_broken(taking);
}

static enum console_took take_offer(struct console_take *take, struct slice sender, uint32_t id,
				    struct slice payload, uint64_t now_us,
				    struct console_taking **found)
{
	struct console_taking *taking = *found;
	struct console_offer offer;
	enum console_took took;

	if (taking && taking->id == id) {
		return CONSOLE_TOOK_AGAIN;
	}
	if (!console_offer_read(payload, &offer)) {
		return CONSOLE_TOOK_BAD;
	}
	if (taking) {
		console_take_drop(taking);
	} else {
		taking = make_place(take, now_us);
	}
	*found = NULL;
	took = taking ? begin(take, taking, sender, id, &offer) : CONSOLE_TOOK_FULL;
	if (took != CONSOLE_TOOK_FULL) {
		*found = taking;
	}
	return took;
}

static enum console_took take_piece(struct console_taking *taking,
				    const struct console_file_head *head, struct slice payload)
{
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
	taking->marks[head->piece - 1] = 1;
	taking->have++;
	memcpy(taking->bytes + (size_t)(head->piece - 1) * taking->offer.piece_bytes, payload.data,
	       payload.size);
	return taking->have < taking->pieces ? CONSOLE_TOOK_PIECE : whole_or_broken(taking);
}

enum console_took console_take_message(struct console_take *take, struct slice sender,
				       const struct console_file_head *head, struct slice payload,
				       uint64_t now_us, struct console_taking **taking)
{
	enum console_took took;

	*taking = console_take_of(take, sender);
	took = head->offer ? take_offer(take, sender, head->id, payload, now_us, taking)
			   : take_piece(*taking, head, payload);
	if (*taking) {
		(*taking)->touched_us = now_us;
	}
	return took;
}

/* --------------------------------------------------------------------- save */

int console_take_save(const struct console_taking *taking, const char *folder)
{
	int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd, error;

	if (at < 0) {
		return -errno;
	}
	fd = openat(at, taking->offer.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	error = fd < 0 ? -errno : write_all(fd, slice_of(taking->bytes, taking->offer.size));
	if (fd >= 0 && close(fd) < 0 && !error) {
		error = -errno;
	}
	if (fd >= 0 && error) {
		(void)unlinkat(at, taking->offer.name, 0);
	}
	(void)close(at);
	return error;
}
