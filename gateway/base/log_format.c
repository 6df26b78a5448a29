/* One log line as text. */
#include "base/log.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

struct line {
	char *text;
	size_t cap;
	size_t size;
	size_t safe; /* the longest size at which "...\n" still fits behind whole units */
	bool cut;
};

static const char CUT_END[] = "...\n";

/* Appends a unit that must not be torn; room for the newline stays. */
static void put(struct line *line, const char *unit, size_t size)
{
	if (line->cut || size >= line->cap - line->size) {
		line->cut = true;
		return;
	}
	memcpy(line->text + line->size, unit, size);
	line->size += size;
	if (line->size + strlen(CUT_END) <= line->cap) {
		line->safe = line->size;
	}
}

static void put_str(struct line *line, const char *text)
{
	for (; *text; text++) {
		put(line, text, 1);
	}
}

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

static void put_value(struct line *line, struct slice text)
{
	if (is_plain(text)) {
		for (size_t i = 0; i < text.size && !line->cut; i++) {
			put(line, (const char *)text.data + i, 1);
		}
		return;
	}
	put(line, "\"", 1);
	while (text.size && !line->cut) {
		char unit[UTF8_ESCAPE_MAX];
		size_t taken;
		size_t size = utf8_escape(text, true, unit, &taken);

		put(line, unit, size);
		text = slice_of(text.data + taken, text.size - taken);
	}
	put(line, "\"", 1);
}

static void put_time(struct line *line, uint64_t unix_us)
{
	time_t seconds = (time_t)(unix_us / 1000000u);
	unsigned milliseconds = (unsigned)(unix_us / 1000u % 1000u);
	struct tm tm;
	char text[64], day[32];

	if (!gmtime_r(&seconds, &tm) || !strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm)) {
		put_str(line, "time=?");
		return;
	}
	(void)snprintf(text, sizeof(text), "time=%s.%03uZ", day, milliseconds);
	put_str(line, text);
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

static void put_field(struct line *line, const struct log_field *field)
{
	char number[32];

	put(line, " ", 1);
	put_str(line, field->key);
	put(line, "=", 1);
	if (field->kind == LOG_KIND_NUMBER) {
		(void)snprintf(number, sizeof(number), "%" PRId64, field->number);
		put_str(line, number);
	} else {
		put_value(line, field->text);
	}
}

size_t log_format(char *text, size_t cap, uint64_t unix_us, enum log_level level, const char *event,
		  const struct log_field *fields, size_t count)
{
	struct line line = {.text = text, .cap = cap};

	if (cap < strlen(CUT_END)) {
		return 0;
	}
	put_time(&line, unix_us);
	put_str(&line, " level=");
	put_str(&line, log_level_name(level));
	put_str(&line, " event=");
	put_str(&line, event);
	for (size_t i = 0; i < count; i++) {
		put_field(&line, &fields[i]);
	}
	if (line.cut) {
		memcpy(text + line.safe, CUT_END, strlen(CUT_END));
		return line.safe + strlen(CUT_END);
	}
	text[line.size] = '\n';
	return line.size + 1;
}
