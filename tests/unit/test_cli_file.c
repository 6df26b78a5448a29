#include "cli/console_keep.h"
#include "cli/console_post.h"

#include "base/rng.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define OFFER "application/x-uav-file;id=0000002a;offer"

static struct console_offer offer_of(const char *name, struct slice bytes, uint32_t piece_bytes)
{
	struct console_offer offer = {.size = (uint32_t)bytes.size, .piece_bytes = piece_bytes};

	(void)snprintf(offer.name, sizeof(offer.name), "%s", name);
	assert_int_equal(digest_make(bytes, offer.digest), 0);
	return offer;
}

/* -------------------------------------------------------------------- wire */

static void heads_are_content_types(void **state)
{
	static const char *const others[] = {
		"",
		"text/plain",
		"application/x-uav-file",
		"application/x-uav-file;id=0000002a",
		"application/x-uav-file;id=0000002A;offer",
		"application/x-uav-file;id=2a;offer",
		"application/x-uav-file;id=0000002a;offer ",
		"application/x-uav-file;id=0000002a;piece=0/3",
		"application/x-uav-file;id=0000002a;piece=4/3",
		"application/x-uav-file;id=0000002a;piece=-1/3",
		"application/x-uav-file;id=0000002a;piece=1/1000001",
		"application/x-uav-file;id=0000002a;piece=1/99999999999999999999999",
		"application/x-uav-file;id=0000002a;piece=1/3x",
	};
	struct console_file_head head;
	char text[CONTENT_TYPE_MAX_BYTES + 1];

	(void)state;
	assert_true(console_file_head_read(slice_str(OFFER), &head));
	assert_true(head.offer && head.id == 42);
	head = (struct console_file_head){.id = 0xfedcba98, .piece = 999999, .pieces = 1000000};
	console_file_head_write(&head, text);
	assert_string_equal(text, "application/x-uav-file;id=fedcba98;piece=999999/1000000");
	assert_true(console_file_head_read(slice_str(text), &head));
	assert_true(!head.offer && head.id == 0xfedcba98 && head.piece == 999999 &&
		    head.pieces == 1000000);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (console_file_head_read(slice_str(others[i]), &head)) {
			fail_msg("%s is taken", others[i]);
		}
	}
}

static void offers_are_text_and_strict(void **state)
{
	struct console_offer offer = offer_of("log.bin", slice_str("hello"), 2), read;
	char text[CONSOLE_OFFER_BYTES];
	size_t size = console_offer_write(&offer, text);

	(void)state;
	assert_string_equal(text, "file log.bin\nsize 5\npiece 2\nsha256 "
				  "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
				  "\n");
	assert_true(console_offer_read(slice_of(text, size), &read));
	assert_memory_equal(&read, &offer, sizeof(offer));
	assert_int_equal(console_offer_pieces(&read), 3);
	assert_int_equal(console_offer_piece_size(&read, 1), 2);
	assert_int_equal(console_offer_piece_size(&read, 3), 1);
	for (size_t cut = 0; cut < size; cut++) {
		assert_false(console_offer_read(slice_of(text, cut), &read));
	}
	for (size_t i = 0; i < size; i++) { /* any byte that is something else */
		char changed[CONSOLE_OFFER_BYTES];

		memcpy(changed, text, size);
		changed[i] = '/';
		assert_false(console_offer_read(slice_of(changed, size), &read));
	}
	offer.size = CONSOLE_FILE_MAX_BYTES;
	offer.piece_bytes = 1; /* too many pieces */
	assert_false(console_offer_read(slice_of(text, console_offer_write(&offer, text)), &read));
}

static void names_lead_nowhere_else(void **state)
{
	static const char *const bad[] = {"",	 "..",	 ".",	     ".profile",      "a/b",
					  "/a",	 "a\nb", "a\x1b[2J", "a\xe2\x80\xae", "\xff",
					  "a\\b"};

	(void)state;
	assert_true(console_file_name_ok(slice_str("log 1.b\xc3\xa4r")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (console_file_name_ok(slice_str(bad[i]))) {
			fail_msg("%zu: %s is taken", i, bad[i]);
		}
	}
	assert_false(console_file_name_ok(slice_of("a\0b", 3)));
}

/* -------------------------------------------------------------------- taking */

static struct console_take take;
static struct console_keep keep;
static struct console_taking *taking;

static enum console_took give_offer(const char *sender, uint32_t id,
				    const struct console_offer *offer, uint64_t now_us)
{
	const struct console_file_head head = {.id = id, .offer = true};
	char text[CONSOLE_OFFER_BYTES];
	size_t size = console_offer_write(offer, text);

	return console_take_message(&take, slice_str(sender), &head, slice_of(text, size), now_us,
				    &taking);
}

static enum console_took give_piece(const char *sender, uint32_t id, uint32_t piece,
				    uint32_t pieces, const char *bytes)
{
	const struct console_file_head head = {.id = id, .piece = piece, .pieces = pieces};

	return console_take_message(&take, slice_str(sender), &head, slice_str(bytes), 0, &taking);
}

static int forget(void **state)
{
	(void)state;
	console_take_fini(&take);
	take = (struct console_take){0};
	console_keep_fini(&keep);
	return 0;
}

static void pieces_become_a_file_in_any_order(void **state)
{
	struct console_offer offer = offer_of("a", slice_str("hello"), 2);

	(void)state;
	assert_int_equal(give_piece("uav1", 7, 1, 3, "he"), CONSOLE_TOOK_UNKNOWN);
	assert_int_equal(give_offer("uav1", 7, &offer, 0), CONSOLE_TOOK_OFFER);
	assert_int_equal(give_offer("uav1", 7, &offer, 0), CONSOLE_TOOK_AGAIN);
	assert_int_equal(give_piece("uav1", 7, 3, 3, "o"), CONSOLE_TOOK_PIECE);
	assert_int_equal(give_piece("uav1", 7, 1, 3, "he"), CONSOLE_TOOK_PIECE);
	assert_int_equal(give_piece("uav1", 7, 1, 3, "xx"), CONSOLE_TOOK_AGAIN);
	assert_int_equal(give_piece("uav1", 7, 2, 3, "l"), CONSOLE_TOOK_BAD);
	assert_int_equal(give_piece("uav1", 7, 2, 3, "lll"), CONSOLE_TOOK_BAD);
	assert_int_equal(give_piece("uav1", 7, 2, 4, "ll"), CONSOLE_TOOK_BAD);
	assert_int_equal(give_piece("uav1", 8, 2, 3, "ll"), CONSOLE_TOOK_UNKNOWN);
	assert_int_equal(give_piece("uav2", 7, 2, 3, "ll"), CONSOLE_TOOK_UNKNOWN);
	assert_int_equal(give_piece("uav1", 7, 2, 3, "ll"), CONSOLE_TOOK_WHOLE);
	assert_memory_equal(taking->bytes, "hello", 5);
}

static void what_is_not_as_offered_is_noticed(void **state)
{
	struct console_offer offer = offer_of("a", slice_str("hello"), 5);

	(void)state;
	assert_int_equal(give_offer("uav1", 7, &offer, 0), CONSOLE_TOOK_OFFER);
	assert_int_equal(give_piece("uav1", 7, 1, 1, "hellO"), CONSOLE_TOOK_BROKEN);
	console_take_drop(taking);
	offer = offer_of("empty", slice_str(""), 5);
	assert_int_equal(give_offer("uav1", 8, &offer, 0), CONSOLE_TOOK_WHOLE);
	offer.digest[0] ^= 1;
	assert_int_equal(give_offer("uav1", 9, &offer, 0), CONSOLE_TOOK_BROKEN);
}

static enum console_took give_block(const char *sender, const struct console_offer *offer,
				    uint32_t piece, uint64_t now_us)
{
	static uint8_t block[CONSOLE_TAKE_BLOCK_BYTES];
	const struct console_file_head head = {
		.id = 1, .piece = piece, .pieces = console_offer_pieces(offer)};

	return console_take_message(&take, slice_str(sender), &head,
				    slice_of(block, console_offer_piece_size(offer, piece)), now_us,
				    &taking);
}

static const struct console_offer large = {
	.size = CONSOLE_FILE_MAX_BYTES, .piece_bytes = CONSOLE_TAKE_BLOCK_BYTES, .name = "large"};

static void an_offer_takes_no_room_of_others(void **state)
{
	struct console_offer small = offer_of("small", slice_str("hello"), 5);

	(void)state;
	for (uint32_t id = 0; id < 2000; id++) { /* nor do many of them */
		assert_int_equal(give_offer("big", id, &large, 0), CONSOLE_TOOK_OFFER);
	}
	assert_int_equal(give_offer("big2", 1, &large, 0), CONSOLE_TOOK_OFFER);
	assert_int_equal(give_offer("big3", 1, &large, 0), CONSOLE_TOOK_OFFER);
	assert_int_equal(give_offer("uav1", 7, &small, 0), CONSOLE_TOOK_OFFER);
	assert_int_equal(give_piece("uav1", 7, 1, 1, "hello"), CONSOLE_TOOK_WHOLE);
}

static void places_are_for_files_that_move(void **state)
{
	struct console_offer small = offer_of("small", slice_str("hello"), 5);
	char sender[16];

	(void)state;
	for (unsigned i = 0; i < CONSOLE_TAKES_MAX; i++) {
		(void)snprintf(sender, sizeof(sender), "uav%u", i);
		assert_int_equal(give_offer(sender, 1, &large, i), CONSOLE_TOOK_OFFER);
	}
	assert_int_equal(give_offer("one", 1, &small, 59000000), CONSOLE_TOOK_FULL);
	assert_null(taking);
	/* a piece is a step forward; an offer is none, however often it is made */
	assert_int_equal(give_block("uav0", &large, 1, 59000000), CONSOLE_TOOK_PIECE);
	assert_int_equal(give_block("uav1", &large, 1, 1), CONSOLE_TOOK_PIECE);
	assert_int_equal(give_block("uav1", &large, 1, 59000000), CONSOLE_TOOK_AGAIN);
	assert_int_equal(give_offer("uav1", 1, &large, 59000000), CONSOLE_TOOK_AGAIN);
	assert_int_equal(give_offer("uav2", 2, &large, 59000000), CONSOLE_TOOK_OFFER);
	assert_int_equal(give_offer("one", 1, &small, 61000000), CONSOLE_TOOK_OFFER);
	assert_int_equal(give_offer("two", 1, &small, 61000000), CONSOLE_TOOK_OFFER);
	assert_null(console_take_of(&take, slice_str("uav1")));
	assert_null(console_take_of(&take, slice_str("uav2")));
	assert_non_null(console_take_of(&take, slice_str("uav0")));
}

static unsigned lost_count;

static void note_lost(void *ctx, const struct console_taking *lost)
{
	(void)ctx;
	assert_string_equal(lost->sender, "big");
	lost_count++;
}

/* Two of the largest have room, of which a third takes a share. */
static void who_holds_most_gives_way(void **state)
{
	uint32_t pieces = console_offer_pieces(&large);

	(void)state;
	take.lost = note_lost;
	lost_count = 0;
	assert_int_equal(give_offer("big", 1, &large, 0), CONSOLE_TOOK_OFFER);
	assert_int_equal(give_offer("big2", 1, &large, 0), CONSOLE_TOOK_OFFER);
	for (uint32_t piece = 1; piece < pieces; piece++) {
		assert_int_equal(give_block("big", &large, piece, 0), CONSOLE_TOOK_PIECE);
		if (piece < pieces - 1) {
			assert_int_equal(give_block("big2", &large, piece, 0), CONSOLE_TOOK_PIECE);
		}
	}
	assert_int_equal(give_offer("late", 1, &large, 0), CONSOLE_TOOK_OFFER);
	for (uint32_t piece = 1; lost_count == 0; piece++) {
		assert_int_equal(give_block("late", &large, piece, 0), CONSOLE_TOOK_PIECE);
	}
	assert_null(console_take_of(&take, slice_str("big")));
	assert_non_null(console_take_of(&take, slice_str("big2")));
	assert_int_equal(give_block("big", &large, pieces, 0), CONSOLE_TOOK_UNKNOWN);
	assert_int_equal(lost_count, 1);
}

static void hold_text(const char *folder, const char *name, const char *text)
{
	char path[300], bytes[16] = "";
	struct stat about;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(lstat(path, &about), 0);
	assert_int_equal(about.st_mode, S_IFREG | 0600);
	file = fopen(path, "r");
	assert_non_null(file);
	(void)fread(bytes, 1, sizeof(bytes) - 1, file);
	(void)fclose(file);
	assert_string_equal(bytes, text);
	assert_int_equal(unlink(path), 0);
}

static void whole_files_are_written_but_over_none(void **state)
{
	struct console_offer offer = offer_of("a b", slice_str("hello"), 5);
	char folder[] = "/tmp/test_cli_file.XXXXXX", path[64];
	char name[CONSOLE_KEEP_NAME_BYTES + 1];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(give_offer("uav1", 7, &offer, 0), CONSOLE_TOOK_OFFER);
	assert_int_equal(give_piece("uav1", 7, 1, 1, "hello"), CONSOLE_TOOK_WHOLE);
	assert_int_equal(console_keep_save(&keep, taking, folder, name), 0);
	assert_string_equal(name, "a b");
	taking->bytes[0] = 'j';
	assert_int_equal(console_keep_save(&keep, taking, folder, name), 0);
	assert_string_equal(name, "a b.2");
	/* nor through a link */
	(void)snprintf(path, sizeof(path), "%s/a b.3", folder);
	assert_int_equal(symlink("/nowhere/at/all", path), 0);
	assert_int_equal(console_keep_save(&keep, taking, folder, name), 0);
	assert_string_equal(name, "a b.4");
	hold_text(folder, "a b", "hello");
	hold_text(folder, "a b.2", "jello");
	hold_text(folder, "a b.4", "jello");
	assert_int_equal(unlink(path), 0);
	memset(taking->offer.name, 'x', CONSOLE_FILE_NAME_BYTES); /* the longest */
	assert_int_equal(console_keep_save(&keep, taking, folder, name), 0);
	assert_int_equal(console_keep_save(&keep, taking, folder, name), 0);
	assert_int_equal(strlen(name), CONSOLE_FILE_NAME_BYTES + 2);
	hold_text(folder, name, "jello");
	hold_text(folder, taking->offer.name, "jello");
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(console_keep_save(&keep, taking, folder, name), -ENOENT);
	assert_int_equal(keep.files, 5);
	assert_int_equal(keep.bytes, 25);
}

/* What was not written counts for nothing. */
static void nobody_fills_the_folder_alone(void **state)
{
	char folder[] = "/tmp/test_cli_file.XXXXXX", name[CONSOLE_KEEP_NAME_BYTES + 1];
	struct console_taking greedy = {.sender = "greedy", .offer.name = "x"};
	struct console_taking other = {.sender = "other", .offer = {.name = "y", .size = 1}};

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(console_keep_save(&keep, &greedy, "/nowhere/at/all", name), -ENOENT);
	for (unsigned i = 0; i < CONSOLE_KEEP_SENDER_FILES_MAX; i++) {
		assert_null(console_keep_bound(&keep, &greedy));
		assert_int_equal(console_keep_save(&keep, &greedy, folder, name), 0);
		hold_text(folder, name, "");
	}
	assert_non_null(strstr(console_keep_bound(&keep, &greedy), "this sender"));
	assert_null(console_keep_bound(&keep, &other));
	other.bytes = (uint8_t[]){'z'};
	assert_int_equal(console_keep_save(&keep, &other, folder, name), 0);
	hold_text(folder, name, "z");
	keep.list[1].bytes = CONSOLE_KEEP_SENDER_BYTES_MAX;
	assert_non_null(strstr(console_keep_bound(&keep, &other), "256 MiB"));
	keep.list[1].bytes = 0;
	keep.bytes = CONSOLE_KEEP_BYTES_MAX;
	assert_non_null(strstr(console_keep_bound(&keep, &other), "1 GiB"));
	keep.files = CONSOLE_KEEP_FILES_MAX;
	assert_non_null(strstr(console_keep_bound(&keep, &other), "1000 files"));
	assert_int_equal(rmdir(folder), 0);
}

/* Whatever comes: nothing is written beside, sizes and sums stay right (under sanitizers). */
static void anything_may_come(void **state)
{
	struct console_offer offer = offer_of("a", slice_str("0123456789"), 3);
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (unsigned i = 0; i < 100000; i++) {
		const char *senders[] = {"uav1", "uav2", "uav3"};
		const char *sender = senders[rng_next(&rng) % 3];
		uint32_t id = (uint32_t)(rng_next(&rng) % 3);
		enum console_took took;

		if (rng_next(&rng) % 8 == 0) {
			offer.size = (uint32_t)(rng_next(&rng) % 40);
			offer.piece_bytes = 1 + (uint32_t)(rng_next(&rng) % 12);
			took = give_offer(sender, id, &offer, i);
		} else {
			uint32_t pieces = 1 + (uint32_t)(rng_next(&rng) % 6);
			char bytes[16] = "............";

			bytes[rng_next(&rng) % 12] = '\0';
			took = give_piece(sender, id, 1 + (uint32_t)(rng_next(&rng) % pieces),
					  pieces, bytes);
		}
		if (took == CONSOLE_TOOK_WHOLE || took == CONSOLE_TOOK_BROKEN) {
			console_take_drop(taking);
		}
	}
}

/* ------------------------------------------------------------------- sending */

static struct console_post post;
static char sent_path[64];

static void begin_post(const char *text, uint32_t piece_bytes)
{
	FILE *file;

	(void)snprintf(sent_path, sizeof(sent_path), "/tmp/test_cli_post.%ld", (long)getpid());
	file = fopen(sent_path, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
	if (console_post_open(&post, sent_path, slice_str("uav2"), 42, piece_bytes) < 0) {
		fail_msg("%s", post.why);
	}
}

static int end_post(void **state)
{
	console_post_close(&post);
	(void)unlink(sent_path);
	return forget(state);
}

/* Gives what is sent to the taking side; `lose` by its number. */
static void losses_and_bit_errors_are_sent_again(void **state)
{
	uint32_t ref = 0, piece;
	struct request_send send;
	struct console_file_head head;
	enum console_took took = CONSOLE_TOOK_BAD;
	uint64_t now_us = 1;

	(void)state;
	begin_post("0123456789abcdefghijklmnopqrstuvwxyz", 3);
	for (unsigned round = 0; post.state != CONSOLE_POST_DONE && round < 1000; round++) {
		while (console_post_next(&post, now_us, &send, &piece)) {
			assert_int_equal(send.to, SEND_TO_DRONE);
			assert_true(slice_equal(send.name, slice_str("uav2")));
			assert_int_equal(send.report, REPORT_WISH_ALL);
			console_post_sent(&post, piece, ++ref);
			assert_true(console_file_head_read(send.content_type, &head));
			assert_int_equal(head.offer, piece == 0);
			/* each third is lost, but its report comes all the same */
			if (ref % 3) {
				took = console_take_message(&take, slice_str("uav1"), &head,
							    send.payload, 0, &taking);
			}
		}
		for (uint32_t of = 1; of <= ref; of++) {
			enum outcome outcome = of % 3	? OUTCOME_DELIVERED
					       : of % 2 ? OUTCOME_LOST
							: OUTCOME_CORRUPTED;

			(void)console_post_outcome(&post, of, outcome, now_us);
		}
		now_us += 1000000;
	}
	assert_int_equal(post.state, CONSOLE_POST_DONE);
	assert_int_equal(console_post_percent(&post), 100);
	assert_int_equal(post.again, ref - 13);
	assert_int_equal(took, CONSOLE_TOOK_WHOLE);
	assert_memory_equal(taking->bytes, "0123456789abcdefghijklmnopqrstuvwxyz", 36);
}

static void some_are_in_flight_and_none_before_the_offer(void **state)
{
	struct request_send send;
	uint32_t piece, sent = 0;

	(void)state;
	begin_post("0123456789abcdefghijklmnopqrstuvwxyz", 1);
	assert_true(console_post_next(&post, 1, &send, &piece));
	assert_int_equal(piece, 0);
	console_post_sent(&post, piece, 100);
	assert_false(console_post_next(&post, 1, &send, &piece));
	assert_false(console_post_outcome(&post, 99, OUTCOME_DELIVERED, 1));
	assert_true(console_post_outcome(&post, 100, OUTCOME_DELIVERED, 1));
	while (console_post_next(&post, 1, &send, &piece)) {
		console_post_sent(&post, piece, ++sent);
		assert_int_equal(piece, sent);
	}
	assert_int_equal(sent, CONSOLE_POST_WINDOW);
	assert_true(console_post_outcome(&post, 3, OUTCOME_LOST, 1));
	assert_false(console_post_next(&post, 1, &send, &piece)); /* not at once */
	assert_true(console_post_next(&post, 10000000, &send, &piece));
	assert_int_equal(piece, 3);
}

/* As many sends of one piece as it takes for the end. */
static unsigned tries_until_failed(enum outcome outcome)
{
	struct request_send send;
	uint32_t piece;
	unsigned tries = 0;

	begin_post("x", 1);
	while (console_post_next(&post, (uint64_t)tries * 100000000, &send, &piece)) {
		console_post_sent(&post, piece, ++tries);
		(void)console_post_outcome(&post, tries, outcome,
					   (uint64_t)(tries - 1) * 100000000);
	}
	assert_int_equal(post.state, CONSOLE_POST_FAILED);
	assert_non_null(strstr(post.why, outcome_name(outcome)));
	return tries;
}

static void it_is_given_up_at_last(void **state)
{
	struct request_send send;
	uint32_t piece;

	(void)state;
	assert_int_equal(tries_until_failed(OUTCOME_LOST), CONSOLE_POST_TRIES);
	assert_int_equal(tries_until_failed(OUTCOME_OVERLOADED), CONSOLE_POST_TRIES);
	assert_int_equal(tries_until_failed(OUTCOME_TARGET_OFFLINE), 1);
	assert_int_equal(tries_until_failed(OUTCOME_NOT_ALLOWED), 1);
	begin_post("x", 1);
	assert_true(console_post_next(&post, 1, &send, &piece));
	console_post_sent(&post, piece, 1);
	assert_true(console_post_refused(&post, 1, ERROR_RATE_LIMITED, 1));
	assert_true(console_post_next(&post, 100000000, &send, &piece));
	console_post_sent(&post, piece, 2);
	assert_true(console_post_refused(&post, 2, ERROR_NO_SCENARIO, 1));
	assert_int_equal(post.state, CONSOLE_POST_FAILED);
}

static void what_is_no_file_is_told(void **state)
{
	(void)state;
	assert_int_equal(console_post_open(&post, "/nowhere/at/all", slice_str("x"), 1, 10), -1);
	assert_non_null(strstr(post.why, "No such file"));
	assert_int_equal(console_post_open(&post, "/tmp", slice_str("x"), 1, 10), -1);
	assert_non_null(strstr(post.why, "regular"));
	assert_int_equal(console_post_open(&post, "/etc/.hidden", slice_str("x"), 1, 10), -1);
	assert_non_null(strstr(post.why, "dot"));
	assert_int_equal(post.state, CONSOLE_POST_IDLE);
	begin_post("", 10);
	assert_int_equal(post.pieces, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_are_content_types),
		cmocka_unit_test(offers_are_text_and_strict),
		cmocka_unit_test(names_lead_nowhere_else),
		cmocka_unit_test_teardown(pieces_become_a_file_in_any_order, forget),
		cmocka_unit_test_teardown(what_is_not_as_offered_is_noticed, forget),
		cmocka_unit_test_teardown(an_offer_takes_no_room_of_others, forget),
		cmocka_unit_test_teardown(places_are_for_files_that_move, forget),
		cmocka_unit_test_teardown(who_holds_most_gives_way, forget),
		cmocka_unit_test_teardown(whole_files_are_written_but_over_none, forget),
		cmocka_unit_test_teardown(nobody_fills_the_folder_alone, forget),
		cmocka_unit_test_teardown(anything_may_come, forget),
		cmocka_unit_test_teardown(losses_and_bit_errors_are_sent_again, end_post),
		cmocka_unit_test_teardown(some_are_in_flight_and_none_before_the_offer, end_post),
		cmocka_unit_test_teardown(it_is_given_up_at_last, end_post),
		cmocka_unit_test_teardown(what_is_no_file_is_told, end_post),
	};

	return cmocka_run_group_tests_name("cli_file", tests, NULL, NULL);
}
