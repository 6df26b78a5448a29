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

/* The letter that follows the backslash, or 0. */
static char short_escape(uint32_t code)
{
	switch (code) {
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '"':
	case '\\':
		return (char)code;
	default:
		return 0;
	}
}

/* One code point of `size` bytes, or one byte that is none (size 0). */
static void put_code(struct line *line, const uint8_t *bytes, size_t size, uint32_t code)
{
	char unit[16];
	int length;

	if (size == 0) {
		length = snprintf(unit, sizeof(unit), "\\x%02x", bytes[0]);
	} else if (short_escape(code)) {
		length = snprintf(unit, sizeof(unit), "\\%c", short_escape(code));
	} else if (utf8_is_control(code)) {
		length = snprintf(unit, sizeof(unit),
				  code < 0x80 ? "\\x%02" PRIx32 : "\\u%04" PRIx32, code);
	} else {
		put(line, (const char *)bytes, size);
		return;
	}
	put(line, unit, (size_t)length);
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
		uint32_t code = 0;
		size_t size = utf8_next(text, &code);

		put_code(line, text.data, size, code);
		size = size ? size : 1;
		text = slice_of(text.data + size, text.size - size);
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
