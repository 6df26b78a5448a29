#include "settings/report.h"

#include "base/utf8.h"

#include <stdarg.h>

enum { MISTAKE_BYTES = 1024 };

void report_mistake(struct report *report, int line, const char *format, ...)
{
	char message[MISTAKE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	report->count++;
	if (report->complain) {
		report->complain(report->ctx, report->file, line, message);
	}
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
