#include "cli/escape.h"

#include "base/utf8.h"

size_t escape_print(FILE *file, struct slice text)
{
	size_t printed = 0;

	while (text.size) {
		char unit[UTF8_ESCAPE_MAX];
		size_t taken;
		size_t size = utf8_escape(text, false, unit, &taken);

		(void)fwrite(unit, 1, size, file);
		printed += unit[0] == '\\' ? size : 1;
		text = slice_of(text.data + taken, text.size - taken);
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

bool escape_id_has(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

void escape_to_id(char *id)
{
	for (; *id; id++) {
		if (!escape_id_has(*id)) {
			*id = '_';
		}
	}
}
