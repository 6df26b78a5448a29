#include "base/name_escape.h"

static bool parts_lines(uint32_t code)
{
	return code == ' ' || code == '|' || code == '<' || code == '>' || code == 0xa0 ||
	       code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x202f ||
	       code == 0x205f || code == 0x3000;
}

size_t name_escape(struct slice name, char unit[NAME_ESCAPE_MAX], size_t *taken)
{
	uint32_t code = 0;
	bool parts = utf8_next(name, &code) && parts_lines(code);

	unit[0] = '\\';
	return parts + utf8_escape(name, false, unit + parts, taken);
}

/* Whether a \ here belongs to the sign behind it. */
static bool is_escape(struct slice text, size_t at)
{
	uint32_t code = 0;

	return text.data[at] == '\\' &&
	       utf8_next(slice_of(text.data + at + 1, text.size - at - 1), &code) &&
	       (code == '\\' || parts_lines(code));
}

size_t name_escape_part(struct slice text)
{
	size_t at = 0;

	while (at < text.size && text.data[at] != '|') {
		at += is_escape(text, at) ? 2 : 1;
	}
	return at;
}

struct slice name_escape_trim(struct slice part)
{
	struct slice name = slice_trim(part);
	size_t signs = 0;

	while (signs < name.size && name.data[name.size - 1 - signs] == '\\') {
		signs++;
	}
	if (signs % 2 && name.data + name.size < part.data + part.size &&
	    name.data[name.size] == ' ') {
		name.size++;
	}
	return name;
}

size_t name_escape_undo(struct slice name, void *room)
{
	uint8_t *bytes = room;
	size_t size = 0;

	for (size_t at = 0; at < name.size; at++) {
		at += is_escape(name, at);
		bytes[size++] = name.data[at];
	}
	return size;
}
