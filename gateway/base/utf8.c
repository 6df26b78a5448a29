#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>

/* Length of the sequence that `lead` opens, 0 when none can; *code gets its bits
 * of the code point and *least the smallest one that needs that length. */
static size_t open_sequence(uint8_t lead, uint32_t *code, uint32_t *least)
{
	if (lead < 0x80) {
		*code = lead;
		*least = 0;
		return 1;
	}
	if ((lead & 0xe0) == 0xc0) {
		*code = lead & 0x1f;
		*least = 0x80;
		return 2;
	}
	if ((lead & 0xf0) == 0xe0) {
		*code = lead & 0x0f;
		*least = 0x800;
		return 3;
	}
	if ((lead & 0xf8) == 0xf0) {
		*code = lead & 0x07;
		*least = 0x10000;
		return 4;
	}
	return 0;
}

size_t utf8_next(struct slice text, uint32_t *code)
{
	uint32_t point = 0, least = 0;
	size_t size = text.size ? open_sequence(text.data[0], &point, &least) : 0;

	if (size == 0 || size > text.size) {
		return 0;
	}
	for (size_t i = 1; i < size; i++) {
		if ((text.data[i] & 0xc0) != 0x80) {
			return 0;
		}
		point = point << 6 | (text.data[i] & 0x3f);
	}
	if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
		return 0;
	}
	*code = point;
	return size;
}

bool utf8_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x200e || code == 0x200f ||
	       code == 0x061c || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

bool utf8_is_invisible(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0xad, 0xad},	    {0x34f, 0x34f},	{0x61c, 0x61c},	    {0x115f, 0x1160},
		{0x17b4, 0x17b5},   {0x180b, 0x180f},	{0x200b, 0x200f},   {0x2028, 0x202e},
		{0x2060, 0x206f},   {0x3164, 0x3164},	{0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
		{0xffa0, 0xffa0},   {0xfff0, 0xfffb},	{0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
	};
	size_t i = 0;

	while (i < sizeof(ranges) / sizeof(*ranges) && code > ranges[i].last) {
		i++;
	}
	return i < sizeof(ranges) / sizeof(*ranges) && code >= ranges[i].first;
}

static bool is_shown(uint32_t code)
{
	return !utf8_is_control(code) && !utf8_is_invisible(code);
}

/* The letter that follows the backslash, or 0. */
static char short_escape(uint32_t code, bool quotes)
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
	case '"':
		return quotes ? '"' : 0;
	default:
		return 0;
	}
}

/* By hand: whoever is sent control characters by the thousand pays for each. */
static size_t put_hex(char *unit, char letter, uint32_t code, size_t digits)
{
	unit[0] = '\\';
	unit[1] = letter;
	for (size_t i = 0; i < digits; i++) {
		unit[2 + i] = "0123456789abcdef"[code >> 4 * (digits - 1 - i) & 0xf];
	}
	return 2 + digits;
}

size_t utf8_escape(struct slice text, bool quotes, char unit[UTF8_ESCAPE_MAX], size_t *taken)
{
	uint32_t code = 0;
	size_t size = utf8_next(text, &code);

	*taken = size ? size : 1;
	if (size == 0) {
		return put_hex(unit, 'x', text.data[0], 2);
	}
	if (short_escape(code, quotes)) {
		return put_hex(unit, short_escape(code, quotes), 0, 0);
	}
	if (!is_shown(code)) {
		return code < 0x80	? put_hex(unit, 'x', code, 2)
		       : code < 0x10000 ? put_hex(unit, 'u', code, 4)
					: put_hex(unit, 'U', code, 8);
	}
	memcpy(unit, text.data, size);
	return size;
}

size_t utf8_escape_json(struct slice text, char unit[UTF8_ESCAPE_MAX], size_t *taken)
{
	static const uint32_t replacement = 0xfffd;
	uint32_t code = replacement;
	size_t size = utf8_next(text, &code);
	int length;

	*taken = size ? size : 1;
	if (short_escape(code, true)) {
		length = snprintf(unit, UTF8_ESCAPE_MAX, "\\%c", short_escape(code, true));
	} else if (size == 0 || (code < 0x10000 && !is_shown(code))) {
		length = snprintf(unit, UTF8_ESCAPE_MAX, "\\u%04" PRIx32, code);
	} else if (!is_shown(code)) { /* as surrogates */
		length = snprintf(unit, UTF8_ESCAPE_MAX, "\\u%04" PRIx32 "\\u%04" PRIx32,
				  0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
	} else {
		memcpy(unit, text.data, size);
		return size;
	}
	return (size_t)length;
}

struct slice utf8_cut(struct slice text, size_t max)
{
	size_t size = text.size;

	if (size > max) {
		size = max;
		while (size > 0 && (text.data[size] & 0xc0) == 0x80) {
			size--;
		}
	}
	return slice_of(text.data, size);
}

bool utf8_count(struct slice text, size_t *points)
{
	size_t count = 0;

	while (text.size) {
		uint32_t code;
		size_t size = utf8_next(text, &code);

		if (size == 0) {
			return false;
		}
		text = slice_of(text.data + size, text.size - size);
		count++;
	}
	if (points) {
		*points = count;
	}
	return true;
}

static bool is_printed(uint32_t code)
{
	return !utf8_is_control(code);
}

static bool all_are(struct slice text, bool (*is)(uint32_t code))
{
	while (text.size) {
		uint32_t code;
		size_t size = utf8_next(text, &code);

		if (size == 0 || !is(code)) {
			return false;
		}
		text = slice_of(text.data + size, text.size - size);
	}
	return true;
}

bool utf8_is_printable(struct slice text)
{
	return all_are(text, is_printed);
}

bool utf8_is_shown(struct slice text)
{
	return all_are(text, is_shown);
}
