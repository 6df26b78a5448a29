#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PATIENT_MS = 10000, IMPATIENT_MS = 50 };

/* 2026-01-02T03:04:05.678Z */
static const uint64_t then_us = 1767323045678000u;

/* ----------------------------------------------------------------- format */

static void check_line(const char *expected, struct slice value)
{
	struct log_field field = log_text("v", value);
	char line[256];
	size_t size = log_format_line(line, sizeof(line), LOG_FORMAT_LOGFMT, 0, LOG_LEVEL_INFO, "e",
				      &field, 1);

	line[size] = '\0';
	assert_string_equal(strstr(line, " v="), expected);
}

static void formats_a_line(void **state)
{
	const struct log_field fields[] = {
		log_str("drone", "uav1"),
		log_num("session", -4),
		log_num("most", INT64_MIN),
	};
	char line[256];
	size_t size = log_format_line(line, sizeof(line), LOG_FORMAT_LOGFMT, then_us,
				      LOG_LEVEL_WARNING, "drone_left", fields, 3);

	(void)state;
	assert_int_equal(size, strlen("time=2026-01-02T03:04:05.678Z level=warning "
				      "event=drone_left drone=uav1 session=-4 "
				      "most=-9223372036854775808\n"));
	line[size] = '\0';
	assert_string_equal(line, "time=2026-01-02T03:04:05.678Z level=warning event=drone_left "
				  "drone=uav1 session=-4 most=-9223372036854775808\n");
}

static void escapes_what_could_forge_a_line(void **state)
{
	(void)state;
	check_line(" v=plain-value_1.2:3/[x]\n", slice_str("plain-value_1.2:3/[x]"));
	check_line(" v=\"\"\n", slice_of(NULL, 0));
	check_line(" v=\"two words\"\n", slice_str("two words"));
	check_line(" v=\"a=b\"\n", slice_str("a=b"));
	check_line(" v=\"a\\\"b\"\n", slice_str("a\"b"));
	check_line(" v=\"a\\\\b\"\n", slice_str("a\\b"));
	check_line(" v=\"\\\"q\\\\\"\n", slice_str("\"q\\"));
	check_line(" v=\"a\\nlevel\\r\\t\"\n", slice_str("a\nlevel\r\t"));
	check_line(" v=\"\\x1b[2J\\x00\\x7f\"\n", slice_of("\x1b[2J\0\x7f", 6));
	check_line(" v=\"gr\xc3\xbc\xc3\x9f\"\n", slice_str("gr\xc3\xbc\xc3\x9f"));
	check_line(" v=\"\\xff\\xc3\"\n", slice_str("\xff\xc3"));
	check_line(" v=\"\\u009b\\u202e\"\n", slice_str("\xc2\x9b\xe2\x80\xae"));
}

/* At every size the line fits whole or ends in dots, and nothing is torn. */
static void cuts_long_lines(void **state)
{
	struct log_field field = log_str("v", "\xe2\x9c\x93 \x1b\x1b \xe2\x9c\x93\xe2\x9c\x93");
	char whole[256], line[256];
	size_t full = log_format_line(whole, sizeof(whole), LOG_FORMAT_LOGFMT, then_us,
				      LOG_LEVEL_INFO, "e", &field, 1);

	(void)state;
	for (size_t cap = 4; cap < full + 10; cap++) {
		size_t size;

		memset(line, '#', sizeof(line));
		size = log_format_line(line, cap, LOG_FORMAT_LOGFMT, then_us, LOG_LEVEL_INFO, "e",
				       &field, 1);
		assert_true(size <= cap);
		assert_int_equal(line[cap], '#');
		if (cap >= full) {
			assert_int_equal(size, full);
			assert_memory_equal(line, whole, full);
			continue;
		}
		assert_memory_equal(line + size - 4, "...\n", 4);
		assert_memory_equal(line, whole, size - 4);
		assert_int_not_equal(whole[size - 4] & 0xc0, 0x80); /* not within a code point */
	}
}

/* ------------------------------------------------------------------- JSON */

/* The one object that a line must be, with its end of line the only one. */
static json_t *parse_line(const char *line, size_t size)
{
	json_error_t error;
	json_t *object;

	assert_true(size > 0);
	assert_ptr_equal(memchr(line, '\n', size), line + size - 1);
	object = json_loadb(line, size - 1, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!object) {
		fail_msg("%s at %d of: %.*s", error.text, error.position, (int)size, line);
	}
	assert_true(json_is_object(object));
	return object;
}

static void formats_a_line_of_json(void **state)
{
	const struct log_field fields[] = {
		log_str("drone", "uav1"),	log_num("session", -4),
		log_num("most", INT64_MIN),	log_num("zero", 0),
		log_text("why", slice_str("")), log_str("port", "4242"),
	};
	static const char expected[] =
		"{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"warning\","
		"\"event\":\"drone_left\",\"drone\":\"uav1\",\"session\":-4,"
		"\"most\":-9223372036854775808,\"zero\":0,\"why\":\"\",\"port\":\"4242\"}\n";
	char line[512];
	size_t size = log_format_line(line, sizeof(line), LOG_FORMAT_JSON, then_us,
				      LOG_LEVEL_WARNING, "drone_left", fields, 6);

	(void)state;
	line[size] = '\0';
	assert_string_equal(line, expected);
	json_decref(parse_line(line, size));
	size = log_format_line(line, sizeof(line), LOG_FORMAT_JSON, then_us, LOG_LEVEL_DEBUG,
			       "bare", NULL, 0);
	line[size] = '\0';
	assert_string_equal(line, "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"debug\","
				  "\"event\":\"bare\"}\n");
}

static void check_json(const char *expected, struct slice value)
{
	struct log_field field = log_text("v", value);
	char line[256];
	size_t size = log_format_line(line, sizeof(line), LOG_FORMAT_JSON, 0, LOG_LEVEL_INFO, "e",
				      &field, 1);

	line[size] = '\0';
	assert_string_equal(strstr(line, ",\"v\":") + 5, expected);
	json_decref(parse_line(line, size));
}

static void escapes_what_could_forge_json(void **state)
{
	(void)state;
	check_json("\"two words a=b /\"}\n", slice_str("two words a=b /"));
	check_json("\"\"}\n", slice_of(NULL, 0));
	check_json("\"a\\\"b\"}\n", slice_str("a\"b"));
	check_json("\"a\\\\b\\\\\"}\n", slice_str("a\\b\\"));
	check_json("\"\\\",\\\"level\\\":\\\"error\"}\n", slice_str("\",\"level\":\"error"));
	check_json("\"a\\nb\\r\\t\\u0008\"}\n", slice_str("a\nb\r\t\b"));
	check_json("\"\\u001b[2J\\u0000\\u007f\"}\n", slice_of("\x1b[2J\0\x7f", 6));
	check_json("\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\x81\"}\n",
		   slice_str("gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\x81"));
	check_json("\"\\ufffda\\ufffd\"}\n", slice_str("\xff\x61\xc3"));
	/* overlong, surrogate, cut short */
	check_json("\"\\ufffd\\ufffd\"}\n", slice_str("\xc0\xaf"));
	check_json("\"\\ufffd\\ufffd\\ufffd\"}\n", slice_str("\xed\xa0\x80"));
	check_json("\"\\ufffd\\ufffd\\ufffd\"}\n", slice_str("\xf0\x9f\x9a"));
	/* C1, right-to-left override, line separator, isolate */
	check_json("\"\\u009b\\u202e\\u2028\\u2066\"}\n",
		   slice_str("\xc2\x9b\xe2\x80\xae\xe2\x80\xa8\xe2\x81\xa6"));
}

/* What a reader of JSON is to get for `text`. Returns its size. */
static size_t expected_text(struct slice text, uint8_t *out)
{
	size_t at = 0;

	while (text.size) {
		uint32_t code;
		size_t size = utf8_next(text, &code);

		memcpy(out + at, size ? text.data : (const uint8_t *)"\xef\xbf\xbd",
		       size ? size : 3);
		at += size ? size : 3;
		size = size ? size : 1;
		text = slice_of(text.data + size, text.size - size);
	}
	return at;
}

/* Bytes at random, many of them such as mean something in UTF-8 or JSON. */
static void draw_bytes(struct rng *rng, uint8_t *bytes, size_t size)
{
	static const uint8_t special[] = {'"',	'\\', '\n', 0,	  0x7f, 0xc2, 0x9b, 0xe2,
					  0x80, 0xae, 0xa8, 0xed, 0xf0, 0x9f, 0xff, 'u'};

	for (size_t i = 0; i < size; i++) {
		bytes[i] = rng_below(rng, 2) ? special[rng_below(rng, sizeof(special))]
					     : (uint8_t)rng_below(rng, 256);
	}
}

static void any_bytes_come_back_from_json(void **state)
{
	uint8_t bytes[40], expected[3 * sizeof(bytes)];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 11);
	for (int i = 0; i < 20000; i++) {
		struct slice value = slice_of(bytes, rng_below(&rng, sizeof(bytes) + 1));
		struct log_field fields[] = {log_text("v", value), log_num("n", i)};
		char line[512];
		json_t *object, *text;
		size_t size;

		draw_bytes(&rng, bytes, value.size);
		size = log_format_line(line, sizeof(line), LOG_FORMAT_JSON, then_us, LOG_LEVEL_INFO,
				       "e", fields, 2);
		object = parse_line(line, size);
		assert_int_equal(json_object_size(object), 5);
		assert_int_equal(json_integer_value(json_object_get(object, "n")), i);
		text = json_object_get(object, "v");
		assert_int_equal(json_string_length(text), expected_text(value, expected));
		assert_memory_equal(json_string_value(text), expected, json_string_length(text));
		json_decref(object);
	}
}

/* Each member of a cut object is one of the whole, in the whole's order; a text may be
 * the beginning of the whole one with dots behind it, but is then the last. */
static void check_cut(json_t *cut, json_t *whole)
{
	const char *key, *key_of_whole;
	json_t *value, *value_of_whole;
	size_t left = json_object_size(cut) - 1; /* the last is "cut" itself */
	void *at = json_object_iter(cut);

	assert_true(json_is_true(json_object_get(cut, "cut")));
	json_object_foreach(whole, key_of_whole, value_of_whole)
	{
		if (left == 0) {
			break;
		}
		left--;
		key = json_object_iter_key(at);
		value = json_object_iter_value(at);
		at = json_object_iter_next(cut, at);
		assert_string_equal(key, key_of_whole);
		if (!json_equal(value, value_of_whole)) {
			size_t size = json_string_length(value);

			assert_int_equal(left, 0);
			assert_true(size >= 3);
			assert_memory_equal(json_string_value(value) + size - 3, "...", 3);
			assert_memory_equal(json_string_value(value),
					    json_string_value(value_of_whole), size - 3);
		}
	}
	assert_int_equal(left, 0);
	assert_string_equal(json_object_iter_key(at), "cut");
	assert_null(json_object_iter_next(cut, at));
}

/* At every size: the whole line, an object that says that it was cut, or, where not even
 * that fits, nothing. */
static void cuts_long_lines_of_json(void **state)
{
	const struct log_field fields[] = {
		log_num("a_key_of_many_letters", INT64_MAX),
		log_str("v",
			"\xe2\x9c\x93 \x1b\x1b \"q\" \xff\xe2\x80\xae \xe2\x9c\x93\xe2\x9c\x93"),
		log_num("m", INT64_MIN),
		log_str("w", "end"),
	};
	char whole[512], line[512];
	size_t full = log_format_line(whole, sizeof(whole), LOG_FORMAT_JSON, then_us,
				      LOG_LEVEL_INFO, "e", fields, 4);
	json_t *all = parse_line(whole, full);
	size_t before = 0;

	(void)state;
	for (size_t cap = 0; cap < full + 10; cap++) {
		size_t size;
		json_t *object;

		memset(line, '#', sizeof(line));
		size = log_format_line(line, cap, LOG_FORMAT_JSON, then_us, LOG_LEVEL_INFO, "e",
				       fields, 4);
		assert_true(size <= cap);
		assert_true(size >= before); /* more room never shows less */
		before = size;
		assert_int_equal(line[cap], '#');
		if (cap < strlen("{\"cut\":true}\n")) {
			assert_int_equal(size, 0);
			continue;
		}
		object = parse_line(line, size);
		if (cap >= full) {
			assert_int_equal(size, full);
			assert_memory_equal(line, whole, full);
		} else {
			check_cut(object, all);
		}
		json_decref(object);
	}
	json_decref(all);
}

/* ----------------------------------------------------------------- thread */

static uint64_t now_ms(void)
{
	return clock_now().mono_us / 1000;
}

/* Everything up to the end of the stream. */
static char *read_all(int fd)
{
	size_t size = 0, cap = 4096;
	char *text = malloc(cap);
	ssize_t got;

	assert_non_null(text);
	while ((got = read(fd, text + size, cap - size - 1)) > 0) {
		size += (size_t)got;
		if (cap - size < 2048) {
			char *larger = realloc(text, cap * 2);

			assert_non_null(larger);
			text = larger;
			cap *= 2;
		}
	}
	text[size] = '\0';
	return text;
}

static void writes_in_order(void **state)
{
	int fds[2];
	struct log *log;
	char *text, *at;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	log = log_open(fds[1], LOG_LEVEL_INFO);
	assert_non_null(log);
	close(fds[1]);
	for (int i = 0; i < 100; i++) {
		LOG(log, LOG_LEVEL_INFO, "counted", log_num("n", i));
		LOG(log, LOG_LEVEL_DEBUG, "unseen", log_num("n", i));
	}
	log_set_level(log, LOG_LEVEL_DEBUG);
	LOG(log, LOG_LEVEL_DEBUG, "seen", log_num("n", 100));
	log_set_level(log, LOG_LEVEL_ERROR);
	LOG(log, LOG_LEVEL_WARNING, "unseen", log_num("n", 0));
	log_close(log, PATIENT_MS);
	at = text = read_all(fds[0]);
	for (int i = 0; i < 100; i++) {
		char expected[32];

		(void)snprintf(expected, sizeof(expected), "event=counted n=%d\n", i);
		at = strstr(at, expected);
		assert_non_null(at);
	}
	assert_non_null(strstr(at, "level=debug event=seen n=100\n"));
	assert_null(strstr(text, "unseen"));
	free(text);
	close(fds[0]);
}

static void the_format_changes_between_two_lines(void **state)
{
	static const enum log_format formats[] = {LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON,
						  LOG_FORMAT_LOGFMT};
	const char *line, *end;
	struct log *log;
	char *text;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	log = log_open(fds[1], LOG_LEVEL_INFO);
	assert_non_null(log);
	close(fds[1]);
	LOG(log, LOG_LEVEL_INFO, "counted", log_num("n", 0));
	for (int i = 1; i < 3; i++) {
		log_set_format(log, formats[i]);
		LOG(log, LOG_LEVEL_INFO, "counted", log_num("n", i));
	}
	log_close(log, PATIENT_MS);
	line = text = read_all(fds[0]);
	for (int i = 0; i < 3; i++) {
		end = strchr(line, '\n');
		assert_non_null(end);
		if (formats[i] == LOG_FORMAT_LOGFMT) {
			assert_memory_equal(line, "time=", 5);
		} else {
			json_t *object = parse_line(line, (size_t)(end + 1 - line));

			assert_int_equal(json_integer_value(json_object_get(object, "n")), i);
			json_decref(object);
		}
		line = end + 1;
	}
	assert_int_equal(*line, '\0');
	free(text);
	close(fds[0]);
}

static void no_log_is_harmless(void **state)
{
	(void)state;
	LOG(NULL, LOG_LEVEL_ERROR, "nothing", log_num("n", 1));
	log_close(NULL, 0);
}

/* What a stream of lines adds up to. Numbers must only go up. */
struct tally {
	uint64_t counted, told, torn;
};

static uint64_t number_after(const char *line, const char *end, const char *key)
{
	const char *at = memmem(line, (size_t)(end - line), key, strlen(key));

	assert_non_null(at);
	return strtoull(at + strlen(key), NULL, 10);
}

static void tally_number(struct tally *tally, uint64_t *next, uint64_t number)
{
	assert_true(number >= *next);
	*next = number + 1;
	tally->counted++;
}

static void tally_json(struct tally *tally, uint64_t *next, const char *line, const char *end)
{
	json_t *object = parse_line(line, (size_t)(end + 1 - line));
	const char *event = json_string_value(json_object_get(object, "event"));

	assert_non_null(event);
	if (strcmp(event, "log_lines_lost") == 0) {
		tally->told += (uint64_t)json_integer_value(json_object_get(object, "count"));
	} else {
		assert_int_equal(json_integer_value(json_object_get(object, "end")), 1);
		tally_number(tally, next,
			     (uint64_t)json_integer_value(json_object_get(object, "n")));
	}
	json_decref(object);
}

static struct tally tally_lines(const char *text)
{
	struct tally tally = {0};
	uint64_t next = 0;
	const char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		if (*text == '{') {
			tally_json(&tally, &next, text, end);
		} else if (memmem(text, (size_t)(end - text), "event=log_lines_lost ", 21)) {
			tally.told += number_after(text, end, " count=");
		} else if (memmem(text, (size_t)(end - text), " end=1", 6)) {
			tally_number(&tally, &next, number_after(text, end, " n="));
		} else {
			tally.torn++;
		}
	}
	assert_int_equal(*text, '\0');
	return tally;
}

static void write_numbers(struct log *log, int first, int count)
{
	for (int i = first; i < first + count; i++) {
		LOG(log, LOG_LEVEL_INFO, "counted", log_num("n", i), log_num("end", 1));
	}
}

static void wait_for_loss(const struct log *log, uint64_t least)
{
	uint64_t deadline = now_ms() + PATIENT_MS;

	while (log_lost(log) < least) {
		assert_true(now_ms() < deadline);
		(void)poll(NULL, 0, 1);
	}
}

struct reading {
	int fd;
	char *text;
};

static void *read_in_thread(void *arg)
{
	struct reading *reading = arg;

	reading->text = read_all(reading->fd);
	return NULL;
}

/* A reader that stops: the caller goes on at full speed; what does not fit is
 * counted, and told when the reader is back. */
static void check_slow_reader(int flags, enum log_format format)
{
	enum { LINES = 20000 };
	struct reading reading;
	struct tally tally;
	pthread_t reader;
	struct log *log;
	uint64_t lost;
	int fds[2];

	assert_int_equal(pipe2(fds, 0), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, flags), 0);
	log = log_open(fds[1], LOG_LEVEL_INFO);
	assert_non_null(log);
	log_set_format(log, format);
	close(fds[1]);
	write_numbers(log, 0, LINES);
	lost = log_lost(log);
	assert_true(lost > LINES / 2);
	reading.fd = fds[0];
	assert_int_equal(pthread_create(&reader, NULL, read_in_thread, &reading), 0);
	log_close(log, PATIENT_MS);
	assert_int_equal(pthread_join(reader, NULL), 0);
	if (format == LOG_FORMAT_JSON) { /* every line, also the one that tells of others */
		assert_int_equal(*reading.text, '{');
		assert_null(strstr(reading.text, "\ntime="));
	}
	tally = tally_lines(reading.text);
	assert_int_equal(tally.told, lost);
	assert_int_equal(tally.counted + tally.told, LINES);
	assert_int_equal(tally.torn, 0);
	free(reading.text);
	close(fds[0]);
}

static void a_slow_reader_costs_lines_not_time(void **state)
{
	(void)state;
	check_slow_reader(0, LOG_FORMAT_LOGFMT);
}

static void lost_lines_are_told_in_json(void **state)
{
	(void)state;
	check_slow_reader(0, LOG_FORMAT_JSON);
}

static void a_descriptor_that_does_not_block_is_waited_for(void **state)
{
	(void)state;
	check_slow_reader(O_NONBLOCK, LOG_FORMAT_LOGFMT);
}

/* A thread that hangs in its write is left behind, and ends when it can. */
static void close_does_not_wait_for_a_stuck_reader(void **state)
{
	uint64_t started;
	struct log *log;
	char *text;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	log = log_open(fds[1], LOG_LEVEL_INFO);
	assert_non_null(log);
	close(fds[1]);
	write_numbers(log, 0, 20000);
	started = now_ms();
	log_close(log, IMPATIENT_MS);
	assert_true(now_ms() - started < PATIENT_MS / 2);
	/* The stream ends only when the thread has closed its descriptor. */
	text = read_all(fds[0]);
	assert_true(strlen(text) > 0);
	free(text);
	close(fds[0]);
}

/* The same where write(2) does not hang: the thread ends though nobody reads. */
static void close_ends_a_thread_that_waits_for_room(void **state)
{
	struct pollfd reader;
	struct log *log;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	log = log_open(fds[1], LOG_LEVEL_INFO);
	assert_non_null(log);
	close(fds[1]);
	write_numbers(log, 0, 20000);
	log_close(log, IMPATIENT_MS);
	reader = (struct pollfd){.fd = fds[0]}; /* asks for POLLHUP alone */
	assert_int_equal(poll(&reader, 1, PATIENT_MS), 1);
	assert_true(reader.revents & POLLHUP);
	close(fds[0]);
}

/* Lines are lost while the loss of others is being told: the reader takes a page at
 * a time, and between two pages more comes than the ring holds, so that the thread
 * is found waiting with each kind of line in turn. */
static void loss_goes_on_while_it_is_told(void **state)
{
	enum { PAGES = 200, LINES = 1500 };
	struct reading reading;
	struct tally head, tail;
	pthread_t reader;
	struct log *log;
	char *text;
	size_t size = 0;
	uint64_t lost;
	int fds[2];

	(void)state;
	text = calloc(PAGES + 1, 4096);
	assert_non_null(text);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fcntl(fds[1], F_SETPIPE_SZ, 4096), 4096);
	log = log_open(fds[1], LOG_LEVEL_INFO);
	assert_non_null(log);
	close(fds[1]);
	for (int i = 0; i < PAGES; i++) {
		ssize_t got;

		write_numbers(log, i * LINES, LINES);
		got = read(fds[0], text + size, 4096);
		assert_true(got > 0);
		size += (size_t)got;
	}
	lost = log_lost(log);
	reading.fd = fds[0];
	assert_int_equal(pthread_create(&reader, NULL, read_in_thread, &reading), 0);
	log_close(log, PATIENT_MS);
	assert_int_equal(pthread_join(reader, NULL), 0);
	/* Each write is of whole lines and fits the pipe, so pages end with a line. */
	head = tally_lines(text);
	tail = tally_lines(reading.text);
	assert_int_equal(head.told + tail.told, lost);
	assert_int_equal(head.counted + tail.counted + lost, PAGES * LINES);
	free(text);
	free(reading.text);
	close(fds[0]);
}

static void a_reader_that_is_gone_kills_nobody(void **state)
{
	struct log *log;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	log = log_open(fds[1], LOG_LEVEL_INFO);
	assert_non_null(log);
	close(fds[0]);
	write_numbers(log, 0, 10);
	wait_for_loss(log, 10);
	write_numbers(log, 10, 10);
	wait_for_loss(log, 20);
	assert_int_equal(log_lost(log), 20);
	log_close(log, PATIENT_MS);
	close(fds[1]);
}

static void no_descriptor_loses_all_lines(void **state)
{
	struct log *log = log_open(-1, LOG_LEVEL_INFO);

	(void)state;
	assert_non_null(log);
	write_numbers(log, 0, 10);
	wait_for_loss(log, 10);
	log_close(log, PATIENT_MS);
}

/* A disk that fills up in the middle of a line, and has room again later. */
static void a_full_disk_is_survived_and_told(void **state)
{
	enum { ROOM = 1000, LINES = 50 };
	FILE *file = tmpfile();
	struct rlimit before, small;
	struct tally tally;
	struct log *log;
	uint64_t lost;
	char *text;

	(void)state;
	assert_non_null(file);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	log = log_open(fileno(file), LOG_LEVEL_INFO);
	assert_non_null(log);
	small = before;
	small.rlim_cur = ROOM;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	write_numbers(log, 0, LINES);
	/* Nothing may fail here before the limit is lifted: cmocka writes, too. */
	for (uint64_t deadline = now_ms() + PATIENT_MS;
	     log_lost(log) == 0 && now_ms() < deadline;) {
		(void)poll(NULL, 0, 1);
	}
	lost = log_lost(log);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	write_numbers(log, LINES, 1);
	log_close(log, PATIENT_MS);

	assert_true(lost > 0);
	assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
	text = read_all(fileno(file));
	tally = tally_lines(text);
	assert_true(tally.told >= lost); /* the last of them may be lost after the look */
	assert_int_equal(tally.counted + tally.told, LINES + 1);
	assert_int_equal(tally.torn, 1);
	free(text);
	(void)fclose(file);
}

static void the_callers_signals_stay_as_they_were(void **state)
{
	sigset_t before, after;
	struct log *log;

	(void)state;
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
	log = log_open(STDERR_FILENO, LOG_LEVEL_ERROR);
	assert_non_null(log);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
	for (int i = 1; i < NSIG; i++) {
		assert_int_equal(sigismember(&before, i), sigismember(&after, i));
	}
	log_close(log, PATIENT_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_a_line),
		cmocka_unit_test(escapes_what_could_forge_a_line),
		cmocka_unit_test(cuts_long_lines),
		cmocka_unit_test(formats_a_line_of_json),
		cmocka_unit_test(escapes_what_could_forge_json),
		cmocka_unit_test(any_bytes_come_back_from_json),
		cmocka_unit_test(cuts_long_lines_of_json),
		cmocka_unit_test(writes_in_order),
		cmocka_unit_test(the_format_changes_between_two_lines),
		cmocka_unit_test(no_log_is_harmless),
		cmocka_unit_test(a_slow_reader_costs_lines_not_time),
		cmocka_unit_test(lost_lines_are_told_in_json),
		cmocka_unit_test(a_descriptor_that_does_not_block_is_waited_for),
		cmocka_unit_test(close_does_not_wait_for_a_stuck_reader),
		cmocka_unit_test(close_ends_a_thread_that_waits_for_room),
		cmocka_unit_test(loss_goes_on_while_it_is_told),
		cmocka_unit_test(a_reader_that_is_gone_kills_nobody),
		cmocka_unit_test(no_descriptor_loses_all_lines),
		cmocka_unit_test(a_full_disk_is_survived_and_told),
		cmocka_unit_test(the_callers_signals_stay_as_they_were),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
