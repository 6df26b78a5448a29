#include "cli/console_post.h"
#include "cli/console_take.h"

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

static void memory_is_bounded(void **state)
{
	struct console_offer large = {
		.size = CONSOLE_FILE_MAX_BYTES, .piece_bytes = 4096, .name = "large"};
	struct console_offer small = offer_of("small", slice_str("hello"), 5);
	char sender[16];

	(void)state;
	assert_int_equal(give_offer("big", 1, &large, 0), CONSOLE_TOOK_OFFER);
	assert_int_equal(give_offer("big2", 1, &large, 0), CONSOLE_TOOK_FULL);
	assert_null(taking);
	/* the same sender's next file takes the place of the one before */
	assert_int_equal(give_offer("big", 2, &large, 0), CONSOLE_TOOK_OFFER);
	console_take_drop(taking);
	for (unsigned i = 0; i < CONSOLE_TAKES_MAX; i++) {
		(void)snprintf(sender, sizeof(sender), "uav%u", i);
		assert_int_equal(give_offer(sender, 1, &small, i), CONSOLE_TOOK_OFFER);
	}
	assert_int_equal(give_offer("one", 1, &small, 59000000), CONSOLE_TOOK_FULL);
	assert_int_equal(give_offer("one", 1, &small, 61000000), CONSOLE_TOOK_OFFER);
	assert_null(console_take_of(&take, slice_str("uav0"))); /* silent longest */
	assert_non_null(console_take_of(&take, slice_str("uav1")));
	take.files = CONSOLE_TAKE_FILES_MAX;
	assert_int_equal(give_offer("uav1", 2, &small, 61000000), CONSOLE_TOOK_FULL);
}

static void whole_files_are_written_but_over_none(void **state)
{
	struct console_offer offer = offer_of("a b", slice_str("hello"), 5);
	char folder[] = "/tmp/test_cli_file.XXXXXX", path[64], bytes[8] = "";
	struct stat about;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/a b", folder);
	assert_int_equal(give_offer("uav1", 7, &offer, 0), CONSOLE_TOOK_OFFER);
	assert_int_equal(give_piece("uav1", 7, 1, 1, "hello"), CONSOLE_TOOK_WHOLE);
	assert_int_equal(console_take_save(taking, folder), 0);
	assert_int_equal(console_take_save(taking, folder), -EEXIST);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(bytes, 1, sizeof(bytes), file), 5);
	(void)fclose(file);
	assert_string_equal(bytes, "hello");
	/* nor through a link */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/nowhere/at/all", path), 0);
	assert_int_equal(console_take_save(taking, folder), -EEXIST);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(console_take_save(taking, folder), -ENOENT);
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
		take.files = 0;
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
		cmocka_unit_test_teardown(memory_is_bounded, forget),
		cmocka_unit_test_teardown(whole_files_are_written_but_over_none, forget),
		cmocka_unit_test_teardown(anything_may_come, forget),
		cmocka_unit_test_teardown(losses_and_bit_errors_are_sent_again, end_post),
		cmocka_unit_test_teardown(some_are_in_flight_and_none_before_the_offer, end_post),
		cmocka_unit_test_teardown(it_is_given_up_at_last, end_post),
		cmocka_unit_test_teardown(what_is_no_file_is_told, end_post),
	};

	return cmocka_run_group_tests_name("cli_file", tests, NULL, NULL);
}
