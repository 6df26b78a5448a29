/* One log line as text. What both formats share is written once; where they differ
 * stands in the table of shapes and in put_key. */
#include "base/log.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* How a line ends. */
struct shape {
	const char *whole;
	const char *cut_at_start;
	const char *cut_in_text;
	const char *cut_behind_field;
};

static const struct shape shapes[] = {
	[LOG_FORMAT_LOGFMT] = {"\n", "...\n", "...\n", "...\n"},
	[LOG_FORMAT_JSON] = {"}\n", "{\"cut\":true}\n", "...\",\"cut\":true}\n",
			     ",\"cut\":true}\n"},
};

struct line {
	char *text;
	size_t cap;
	size_t size;
	const struct shape *shape;
	bool json;
	bool cut;

	/* Where the line can be ended early, and with what. */
	size_t safe;
	const char *safe_end;
};

/* Appends it whole or not at all; room for the end of a whole line stays. */
static void put(struct line *line, const char *data, size_t size)
{
	if (line->cut || size + strlen(line->shape->whole) > line->cap - line->size) {
		line->cut = true;
		return;
	}
	memcpy(line->text + line->size, data, size);
	line->size += size;
}

static void put_str(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

/* The line as it stands is well-formed with `end` behind it. */
static void mark(struct line *line, const char *end)
{
	if (!line->cut && line->size + strlen(end) <= line->cap) {
		line->safe = line->size;
		line->safe_end = end;
	}
}

static void put_key(struct line *line, const char *key)
{
	if (line->json) {
		put_str(line, line->size ? ",\"" : "{\"");
		put_str(line, key);
		put_str(line, "\":");
	} else {
		put_str(line, line->size ? " " : "");
		put_str(line, key);
		put_str(line, "=");
	}
}

/* In logfmt this needs no quotes. */
static bool is_plain(struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=') {
			return false;
		}
	}
	return text.size > 0;
}

static void put_text(struct line *line, const char *key, struct slice text)
{
	const char *quote = line->json || !is_plain(text) ? "\"" : "";

	put_key(line, key);
	put_str(line, quote);
	mark(line, line->shape->cut_in_text);
	while (text.size && !line->cut) {
		char unit[UTF8_ESCAPE_MAX];
		size_t taken;
		size_t size = line->json ? utf8_escape_json(text, unit, &taken)
					 : utf8_escape(text, true, unit, &taken);

		put(line, unit, size);
		mark(line, line->shape->cut_in_text);
		text = slice_of(text.data + taken, text.size - taken);
	}
	put_str(line, quote);
	mark(line, line->shape->cut_behind_field);
}

static void put_number(struct line *line, const char *key, int64_t number)
{
	char digits[32];

	(void)snprintf(digits, sizeof(digits), "%" PRId64, number);
	put_key(line, key);
	put_str(line, digits);
	mark(line, line->shape->cut_behind_field);
}

static void put_time(struct line *line, uint64_t unix_us)
{
	time_t seconds = (time_t)(unix_us / 1000000u);
	unsigned milliseconds = (unsigned)(unix_us / 1000u % 1000u);
	struct tm tm;
	char text[64] = "?", day[32];

	if (gmtime_r(&seconds, &tm) && strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm)) {
		(void)snprintf(text, sizeof(text), "%s.%03uZ", day, milliseconds);
	}
	put_text(line, "time", slice_str(text));
}

const char *log_level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_DEBUG:
		return "debug";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_ERROR:
		return "error";
	}
	return "?";
}

static size_t end_line(struct line *line)
{
	const char *end = line->cut ? line->safe_end : line->shape->whole;
	size_t size = line->cut ? line->safe : line->size;

	memcpy(line->text + size, end, strlen(end));
	return size + strlen(end);
}

size_t log_format_line(char *text, size_t cap, enum log_format format, uint64_t unix_us,
		       enum log_level level, const char *event, const struct log_field *fields,
		       size_t count)
{
	const struct shape *shape = &shapes[format];
	struct line line = {
		.text = text,
		.cap = cap,
		.shape = shape,
		.json = format == LOG_FORMAT_JSON,
		.safe_end = shape->cut_at_start,
	};

	if (cap < strlen(shape->cut_at_start)) {
		return 0;
	}
	put_time(&line, unix_us);
	put_text(&line, "level", slice_str(log_level_name(level)));
	put_text(&line, "event", slice_str(event));
	for (size_t i = 0; i < count; i++) {
		if (fields[i].kind == LOG_KIND_NUMBER) {
			put_number(&line, fields[i].key, fields[i].number);
		} else {
			put_text(&line, fields[i].key, fields[i].text);
		}
	}
	return end_line(&line);
}
