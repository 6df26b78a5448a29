#include "cli/console_post.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

/* In `tries`. */
enum { AGAIN = 0x40, ARRIVED = 0x80, COUNT = 0x3f };

enum { PAUSE_US = 20000, REFUSED_US = 250000 }; /* times the tries */

static int fail(struct console_post *post, const char *what, const char *why)
{
	(void)snprintf(post->why, sizeof(post->why), "%s%s%s", what, *why ? ": " : "", why);
	return -1;
}

/* ---------------------------------------------------------------------- open */

static int set_name(struct console_post *post, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	if (!console_file_name_ok(slice_str(name))) {
		return fail(post,
			    "its name must have 1 to 200 bytes, all of them shown, and begin with "
			    "no dot",
			    "");
	}
	(void)snprintf(post->offer.name, sizeof(post->offer.name), "%s", name);
	return 0;
}

static int read_open_file(struct console_post *post, FILE *file)
{
	struct stat about;

	if (fstat(fileno(file), &about) < 0 || !S_ISREG(about.st_mode)) {
		return fail(post, "it is no regular file", "");
	}
	if (about.st_size > (off_t)CONSOLE_FILE_MAX_BYTES) {
		return fail(post, "it is too large: 64 MiB at most", "");
	}
	post->bytes = malloc((size_t)about.st_size + 1);
	if (!post->bytes) {
		return fail(post, "out of memory", "");
	}
	post->offer.size = (uint32_t)fread(post->bytes, 1, (size_t)about.st_size, file);
	return ferror(file) ? fail(post, "cannot read it", strerror(errno)) : 0;
}

static int read_file(struct console_post *post, const char *path)
{
	/* not to wait for whoever writes to a pipe of that name: 'e' is O_CLOEXEC */
	struct stat about;
	FILE *file = stat(path, &about) == 0 && S_ISREG(about.st_mode) ? fopen(path, "rbe") : NULL;
	int result;

	if (!file) {
		return fail(post, "cannot read it", errno ? strerror(errno) : "no regular file");
	}
	result = read_open_file(post, file);
	(void)fclose(file);
	return result;
}

static int prepare(struct console_post *post, uint32_t piece_bytes)
{
	post->offer.piece_bytes = piece_bytes;
	post->pieces = console_offer_pieces(&post->offer);
	if (post->pieces > CONSOLE_FILE_MAX_PIECES) {
		return fail(post, "it has too many pieces: make them larger (--piece-size)", "");
	}
	post->tries = calloc(1, (size_t)post->pieces + 1);
	if (!post->tries ||
	    digest_make(slice_of(post->bytes, post->offer.size), post->offer.digest) < 0) {
		return fail(post, "out of memory", "");
	}
	return 0;
}

int console_post_open(struct console_post *post, const char *path, struct slice target, uint32_t id,
		      uint32_t piece_bytes)
{
	char why[CONSOLE_POST_WHY_BYTES];

	console_post_close(post);
	errno = 0;
	if (set_name(post, path) < 0 || read_file(post, path) < 0 ||
	    prepare(post, piece_bytes) < 0) {
		(void)snprintf(why, sizeof(why), "%s", post->why);
		console_post_close(post);
		(void)snprintf(post->why, sizeof(post->why), "%s", why);
		return -1;
	}
	(void)snprintf(post->target, sizeof(post->target), "%.*s", SLICE_ARG(target));
	post->id = id;
	post->next = 1;
	post->state = CONSOLE_POST_OFFERING;
	return 0;
}

void console_post_close(struct console_post *post)
{
	free(post->bytes);
	free(post->tries);
	*post = (struct console_post){.state = CONSOLE_POST_IDLE};
}

void console_post_fail(struct console_post *post, const char *why)
{
	(void)fail(post, why, "");
	post->state = CONSOLE_POST_FAILED;
}

unsigned console_post_percent(const struct console_post *post)
{
	return post->pieces ? (unsigned)((uint64_t)post->arrived * 100 / post->pieces) : 0;
}

/* ---------------------------------------------------------------------- send */

static struct console_flying *find(struct console_post *post, uint32_t ref)
{
	for (size_t i = 0; i < CONSOLE_POST_WINDOW; i++) {
		if (post->flying[i].ref == ref) {
			return &post->flying[i];
		}
	}
	return NULL;
}

/* UINT32_MAX: there is none to send now. */
static uint32_t choose(const struct console_post *post)
{
	bool offering = post->state == CONSOLE_POST_OFFERING;

	if (offering) {
		return post->tries[0] == 0 || (post->tries[0] & AGAIN) ? 0 : UINT32_MAX;
	}
	for (uint32_t piece = 1; post->waiting && piece < post->next; piece++) {
		if (post->tries[piece] & AGAIN) {
			return piece;
		}
	}
	return post->next <= post->pieces ? post->next : UINT32_MAX;
}

bool console_post_next(struct console_post *post, uint64_t now_us, struct request_send *send,
		       uint32_t *piece)
{
	struct console_file_head head = {.id = post->id, .pieces = post->pieces};

	if ((post->state != CONSOLE_POST_OFFERING && post->state != CONSOLE_POST_PIECES) ||
	    now_us < post->pause_us || !find(post, 0)) {
		return false;
	}
	*piece = choose(post);
	if (*piece == UINT32_MAX) {
		return false;
	}
	head.offer = *piece == 0;
	head.piece = *piece;
	console_file_head_write(&head, post->content_type);
	*send = (struct request_send){
		.to = SEND_TO_DRONE,
		.name = slice_str(post->target),
		.content_type = slice_str(post->content_type),
		.report = REPORT_WISH_ALL,
	};
	send->payload =
		head.offer ? slice_of(post->text, console_offer_write(&post->offer, post->text))
			   : slice_of(post->bytes + (size_t)(*piece - 1) * post->offer.piece_bytes,
				      console_offer_piece_size(&post->offer, *piece));
	return true;
}

void console_post_sent(struct console_post *post, uint32_t piece, uint32_t ref)
{
	struct console_flying *flying = find(post, 0);

	flying->ref = ref;
	flying->piece = piece;
	if (post->tries[piece] & AGAIN) {
		post->waiting -= piece != 0;
		post->again++;
	}
	post->tries[piece] = (uint8_t)((post->tries[piece] & COUNT) + 1);
	if (piece && piece == post->next) {
		post->next++;
	}
}

/* ------------------------------------------------------------------ outcomes */

/* It must go once more, but not at once. */
static void send_again(struct console_post *post, uint32_t piece, const char *what,
		       uint64_t pause_us, uint64_t now_us)
{
	unsigned tries = post->tries[piece] & COUNT;

	if (tries >= CONSOLE_POST_TRIES) {
		char which[32] = "the offer";

		if (piece) {
			(void)snprintf(which, sizeof(which), "piece %" PRIu32, piece);
		}
		(void)snprintf(post->why, sizeof(post->why),
			       "%s did not arrive in %d tries, at last %s", which,
			       CONSOLE_POST_TRIES, what);
		post->state = CONSOLE_POST_FAILED;
		return;
	}
	post->tries[piece] |= AGAIN;
	post->waiting += piece != 0;
	post->pause_us = now_us + pause_us * tries;
}

static void arrived(struct console_post *post, uint32_t piece)
{
	post->tries[piece] |= ARRIVED;
	post->arrived += piece != 0;
	if (post->arrived == post->pieces) {
		post->state = CONSOLE_POST_DONE;
	} else if (piece == 0) {
		post->state = CONSOLE_POST_PIECES;
	}
}

/* Whether sending it again is of no use. */
static bool is_final(enum outcome outcome)
{
	return outcome == OUTCOME_TARGET_OFFLINE || outcome == OUTCOME_TARGET_LEFT ||
	       outcome == OUTCOME_NOT_ALLOWED || outcome == OUTCOME_TOO_LARGE ||
	       outcome == OUTCOME_NO_ROUTE;
}

bool console_post_outcome(struct console_post *post, uint32_t ref, enum outcome outcome,
			  uint64_t now_us)
{
	struct console_flying *flying = ref ? find(post, ref) : NULL;

	if (!flying) {
		return false;
	}
	flying->ref = 0;
	if (post->state == CONSOLE_POST_FAILED) {
		return true;
	}
	if (outcome == OUTCOME_DELIVERED) {
		arrived(post, flying->piece);
	} else if (is_final(outcome)) {
		console_post_fail(post, outcome_name(outcome));
	} else {
		send_again(post, flying->piece, outcome_name(outcome), PAUSE_US, now_us);
	}
	return true;
}

bool console_post_refused(struct console_post *post, uint32_t ref, enum error_code code,
			  uint64_t now_us)
{
	struct console_flying *flying = ref ? find(post, ref) : NULL;

	if (!flying) {
		return false;
	}
	flying->ref = 0;
	if (code == ERROR_RATE_LIMITED) {
		send_again(post, flying->piece, error_name(code), REFUSED_US, now_us);
	} else if (post->state != CONSOLE_POST_FAILED) {
		console_post_fail(post, error_name(code));
	}
	return true;
}
