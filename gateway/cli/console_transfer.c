#include "cli/console.h"
#include "cli/console_print.h"
#include "cli/escape.h"

#include "base/proof.h"

#include <errno.h>
#include <inttypes.h>

enum {
	PIECE_BYTES = 4096, /* without --piece-size */
	TOLD_PERCENT = 25,  /* between two lines, where there is no prompt to show it */
};

/* Among objects for programs there are none for these lines. */
static FILE *told_to(struct console *console)
{
	return console->dialogue.options->json ? console_err(console) : console_out(console);
}

/* -------------------------------------------------------------------- sending */

static uint32_t piece_bytes(const struct console *console)
{
	uint32_t most = console->dialogue.connection->stream.client.max_payload_bytes;
	uint64_t asked = console->dialogue.options->piece_bytes;

	asked = asked ? asked : PIECE_BYTES;
	return asked < most ? (uint32_t)asked : most;
}

static void complain_file(struct console *console, const char *path, const char *why)
{
	char text[CONSOLE_WHY_BYTES];

	(void)snprintf(text, sizeof(text), "%.200s is not sent: %s", path, why);
	console_complain(console, text);
}

void console_send_file(struct console *console, const struct console_command *command)
{
	struct console_post *post = &console->post;
	char path[4096];
	struct slice id;
	uint32_t number = 0;

	(void)snprintf(path, sizeof(path), "%.*s", SLICE_ARG(command->text));
	if (post->state != CONSOLE_POST_IDLE) {
		complain_file(console, path, "another file is still on its way");
		return;
	}
	id = console_resolve(console, command->name);
	if (id.size == 0) {
		return;
	}
	if (proof_draw(&number, sizeof(number)) < 0 ||
	    console_post_open(post, path, id, number, piece_bytes(console)) < 0) {
		complain_file(console, path, post->why);
		return;
	}
	console->post_told = 0;
	console->post_deadline_us = dialogue_deadline(&console->dialogue);
}

static void tell_offered(struct console *console)
{
	const struct console_post *post = &console->post;
	FILE *out = told_to(console);

	(void)fputs("* ", out);
	(void)escape_print(out, slice_str(post->offer.name));
	(void)fprintf(out, " goes to ");
	console_print_name(out, &console->directory, slice_str(post->target));
	(void)fprintf(out, ": %" PRIu32 " bytes in %" PRIu32 " pieces\n", post->offer.size,
		      post->pieces);
}

static void tell_verdict(struct console *console)
{
	struct console_post *post = &console->post;
	bool done = post->state == CONSOLE_POST_DONE;
	FILE *out = told_to(console);

	(void)fputs(done ? "= " : "! ", out);
	(void)escape_print(out, slice_str(post->offer.name));
	(void)fputs(done ? " has arrived at " : " has not arrived at ", out);
	console_print_name(out, &console->directory, slice_str(post->target));
	(void)fprintf(out, ": %" PRIu32 " of %" PRIu32 " pieces, %" PRIu32 " sent again",
		      post->arrived, post->pieces, post->again);
	if (!done) {
		(void)fputs("; ", out);
		(void)escape_print(out, slice_str(post->why));
	}
	(void)fputc('\n', out);
	console->undelivered |= !done;
	console_post_close(post);
}

/* On a terminal the prompt shows it. */
static void tell_progress(struct console *console)
{
	unsigned percent = console_post_percent(&console->post);

	if (console->screen || percent < console->post_told + TOLD_PERCENT) {
		return;
	}
	console->post_told = percent - percent % TOLD_PERCENT;
	(void)fprintf(told_to(console), "* %u %% of the file has arrived\n", percent);
}

/* Whatever the output buffer has room for, within the window. */
static void send_pieces(struct console *console)
{
	struct client *client = &console->dialogue.connection->stream.client;
	struct request_send send;
	uint32_t piece, ref;

	while (console_post_next(&console->post, connection_clock(), &send, &piece)) {
		int error = client_send(client, &send, &ref);

		if (error == CLIENT_FULL) {
			console->dialogue.connection->tell_room = true;
			return;
		}
		if (error) {
			console_post_fail(&console->post, client_error_text(error));
			return;
		}
		console_post_sent(&console->post, piece, ref);
	}
}

bool console_drive_file(struct console *console)
{
	struct console_post *post = &console->post;

	console->dialogue.connection->tell_room = false;
	if (post->state == CONSOLE_POST_IDLE) {
		return false;
	}
	if (connection_clock() >= console->post_deadline_us) {
		console_post_fail(post, "a piece was not reported in time (--timeout)");
		console->late = true;
	}
	send_pieces(console);
	if (post->state != CONSOLE_POST_DONE && post->state != CONSOLE_POST_FAILED) {
		return false;
	}
	tell_verdict(console);
	return true;
}

uint64_t console_file_deadline(const struct console *console)
{
	uint64_t deadline_us = console->post_deadline_us;

	if (console->post.state == CONSOLE_POST_IDLE) {
		return UINT64_MAX;
	}
	/* a pause that is over is no reason to wake */
	return console->post.pause_us > connection_clock() && console->post.pause_us < deadline_us
		       ? console->post.pause_us
		       : deadline_us;
}

/* Reports of messages to one drone have one target. */
static enum outcome outcome_of(const struct event_send_report *report)
{
	return report->count ? report->outcomes[0].outcome : OUTCOME_TARGET_OFFLINE;
}

bool console_file_answer(struct console *console, const struct event *event)
{
	struct console_post *post = &console->post;
	enum console_post_state before = post->state;
	uint64_t now_us = connection_clock();
	bool ours = false;

	if (event->kind == EVENT_SEND_REPORT) {
		ours = console_post_outcome(post, event->ref, outcome_of(&event->report), now_us);
	} else if (event->kind == EVENT_ERROR) {
		ours = console_post_refused(post, event->ref, event->error.code, now_us);
	}
	if (ours) {
		console->post_deadline_us = dialogue_deadline(&console->dialogue);
		if (before == CONSOLE_POST_OFFERING && post->state == CONSOLE_POST_PIECES) {
			tell_offered(console);
		}
		tell_progress(console);
	}
	return ours;
}

/* ------------------------------------------------------------------- receiving */

static bool is_corrupted(const struct event_delivery *delivery)
{
	for (size_t i = 0; i < delivery->hop_count; i++) {
		if (delivery->hops[i].outcome == OUTCOME_CORRUPTED) {
			return true;
		}
	}
	return false;
}

static void print_file(FILE *out, const struct console_taking *taking)
{
	(void)escape_print(out, slice_str(taking->offer.name));
	(void)fprintf(out, " (%" PRIu32 " bytes, %" PRIu32 " pieces)", taking->offer.size,
		      taking->pieces);
}

static void save(struct console *console, struct console_taking *taking, FILE *out)
{
	const char *folder = console->dialogue.options->save;
	char name[CONSOLE_KEEP_NAME_BYTES + 1];
	const char *bound;
	int error;

	if (!folder) {
		(void)fputs(" is whole; not kept (--save FOLDER keeps files)", out);
		return;
	}
	bound = console_keep_bound(&console->keep, taking);
	if (bound) {
		(void)fprintf(out, " is whole; not kept: %s", bound);
		return;
	}
	error = console_keep_save(&console->keep, taking, folder, name);
	if (error) {
		(void)fprintf(out, " is whole; cannot be written to %s: %s", folder,
			      strerror(-error));
		return;
	}
	(void)fprintf(out, " is whole, and kept in %s", folder);
	if (strcmp(name, taking->offer.name) != 0) {
		(void)fputs(" as ", out);
		(void)escape_print(out, slice_str(name));
	}
}

static void tell_whole(struct console *console, struct console_taking *taking, FILE *out)
{
	print_file(out, taking);
	save(console, taking, out);
	console_take_drop(taking);
}

static void tell_took(struct console *console, FILE *out, enum console_took took,
		      const struct console_file_head *head, struct console_taking *taking)
{
	switch (took) {
	case CONSOLE_TOOK_OFFER:
		(void)fputs("begins to send ", out);
		print_file(out, taking);
		break;
	case CONSOLE_TOOK_PIECE:
		(void)fprintf(out, "piece %" PRIu32 "/%" PRIu32 " of ", head->piece, head->pieces);
		(void)escape_print(out, slice_str(taking->offer.name));
		break;
	case CONSOLE_TOOK_AGAIN:
		(void)fputs("a part of a file once more", out);
		break;
	case CONSOLE_TOOK_WHOLE:
		tell_whole(console, taking, out);
		break;
	case CONSOLE_TOOK_BROKEN:
		print_file(out, taking);
		(void)fputs(" is all here, but is not what was offered (SHA-256): not kept", out);
		console_take_drop(taking);
		break;
	case CONSOLE_TOOK_BAD:
		(void)fputs("a part of a file that is malformed: passed over", out);
		break;
	case CONSOLE_TOOK_FULL:
		(void)fputs("sends a file; not taken: there are too many at a time, or they are "
			    "too large",
			    out);
		break;
	case CONSOLE_TOOK_UNKNOWN:
		(void)fputs("a piece of a file that was not offered: passed over", out);
		break;
	}
	(void)fputc('\n', out);
}

/* Of many pieces some eight are told of. */
static bool is_told(enum console_took took, const struct console_taking *taking)
{
	uint32_t step = taking && taking->pieces > 8 ? taking->pieces / 8 : 1;

	return took != CONSOLE_TOOK_PIECE || !taking || taking->have % step == 0;
}

static void tell_incomplete(struct console *console, const struct console_taking *taking,
			    const char *why)
{
	FILE *out = told_to(console);

	(void)fputs("* ", out);
	print_file(out, taking);
	(void)fprintf(out, " stays incomplete%s: %" PRIu32 " pieces have come\n", why,
		      taking->have);
}

static void tell_lost(void *ctx, const struct console_taking *taking)
{
	tell_incomplete(ctx, taking, ", and has made room for others");
}

bool console_take_file(struct console *console, const struct event_delivery *delivery)
{
	struct console_file_head head;
	struct console_taking *taking = NULL;
	enum console_took took;

	if (!console_file_head_read(delivery->content_type, &head)) {
		return false;
	}
	if (is_corrupted(delivery)) {
		FILE *out = told_to(console);

		console_print_sender(out, &console->directory, delivery);
		(void)fputs("a part of a file, with bit errors: passed over\n", out);
		return true;
	}
	console->take.lost = tell_lost;
	console->take.ctx = console;
	took = console_take_message(&console->take, delivery->sender, &head, delivery->payload,
				    connection_clock(), &taking);
	if (is_told(took, taking)) {
		FILE *out = told_to(console);

		console_print_sender(out, &console->directory, delivery);
		tell_took(console, out, took, &head, taking);
	}
	return true;
}

void console_forget_sender(struct console *console, struct slice sender)
{
	struct console_taking *taking = console_take_of(&console->take, sender);

	if (taking) {
		tell_incomplete(console, taking, "");
		console_take_drop(taking);
	}
}
