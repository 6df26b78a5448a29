#include "settings/report.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

enum { MISTAKE_BYTES = 2048 };

static void tell(struct report *report, struct place place, const char *format, va_list args)
{
	char message[MISTAKE_BYTES];

	report->count++;
	if (report->complain && (!report->most || report->count <= report->most)) {
		(void)vsnprintf(message, sizeof(message), format, args);
		report->complain(report->ctx, place.file, place.line, message);
	}
}

void report_mistake(struct report *report, int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(report, (struct place){.file = report->file, .line = line}, format, args);
	va_end(args);
}

void report_mistake_at(struct report *report, struct place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(report, place, format, args);
	va_end(args);
}

void report_rest(struct report *report)
{
	char message[MISTAKE_BYTES];

	if (report->complain && report->most && report->count > report->most) {
		(void)snprintf(message, sizeof(message),
			       "%zu mistakes more; uav-gateway --check tells all",
			       report->count - report->most);
		report->complain(report->ctx, report->file, 0, message);
	}
}

struct placed place_from(const char *file, struct place place)
{
	struct placed placed;

	if (place.line == 0) {
		(void)snprintf(placed.text, sizeof(placed.text), "by %s", place.file);
	} else if (strcmp(file, place.file) == 0) {
		(void)snprintf(placed.text, sizeof(placed.text), "on line %d", place.line);
	} else {
		(void)snprintf(placed.text, sizeof(placed.text), "on line %d of %s", place.line,
			       place.file);
	}
	return placed;
}

struct quoted quote(const char *text)
{
	struct quoted quoted;
	struct slice rest = slice_str(text);
	size_t at = 0;

	quoted.text[at++] = '"';
	/* 4 bytes of code point, 3 of dots, quotation mark, NUL */
	while (rest.size && at + 9 <= sizeof(quoted.text)) {
		uint32_t code = 0;
		size_t size = utf8_next(rest, &code);

		if (size == 0 || utf8_is_control(code)) {
			quoted.text[at++] = '?';
			size = size ? size : 1;
		} else {
			memcpy(quoted.text + at, rest.data, size);
			at += size;
		}
		rest = slice_of(rest.data + size, rest.size - size);
	}
	(void)snprintf(quoted.text + at, sizeof(quoted.text) - at, "%s\"", rest.size ? "..." : "");
	return quoted;
}
