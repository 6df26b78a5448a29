#include "cli/escape.h"

#include "base/utf8.h"

#include <inttypes.h>

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
	case '\\':
		return '\\';
	default:
		return 0;
	}
}

/* One code point of `size` bytes, or one byte that is none (size 0). */
static size_t print_code(FILE *file, const uint8_t *bytes, size_t size, uint32_t code)
{
	int printed;

	if (size == 0) {
		printed = fprintf(file, "\\x%02x", bytes[0]);
	} else if (short_escape(code)) {
		printed = fprintf(file, "\\%c", short_escape(code));
	} else if (utf8_is_control(code)) {
		printed = fprintf(file, code < 0x80 ? "\\x%02" PRIx32 : "\\u%04" PRIx32, code);
	} else {
		(void)fwrite(bytes, 1, size, file);
		printed = 1;
	}
	return printed > 0 ? (size_t)printed : 0;
}

size_t escape_print(FILE *file, struct slice text)
{
	size_t printed = 0;

	while (text.size) {
		uint32_t code = 0;
		size_t size = utf8_next(text, &code);

		printed += print_code(file, text.data, size, code);
		size = size ? size : 1;
		text = slice_of(text.data + size, text.size - size);
	}
	return printed;
}

bool escape_is_text(struct slice bytes)
{
	while (bytes.size) {
		uint32_t code = 0;
		size_t size = utf8_next(bytes, &code);

		if (size == 0 ||
		    (utf8_is_control(code) && code != '\n' && code != '\r' && code != '\t')) {
			return false;
		}
		bytes = slice_of(bytes.data + size, bytes.size - size);
	}
	return true;
}
