#include "core/name.h"

#include "base/utf8.h"

static bool name_byte_valid(uint8_t byte)
{
	return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
	       (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
}

bool name_valid(struct slice text)
{
	if (text.size < 1 || text.size > NAME_MAX_BYTES) {
		return false;
	}
	for (size_t i = 0; i < text.size; i++) {
		if (!name_byte_valid(text.data[i])) {
			return false;
		}
	}
	return true;
}

struct name name_of(struct slice text)
{
	struct name name = {.size = (uint8_t)text.size};

	if (text.size) {
		memcpy(name.bytes, text.data, text.size);
	}
	return name;
}

bool callsign_valid(struct slice text)
{
	size_t points;

	if (text.size < 1 || text.size > CALLSIGN_MAX_BYTES) {
		return false;
	}
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];

		if (byte < 0x20 || byte == 0x7f) {
			return false; /* C0, DEL */
		}
		if (byte == 0xc2 && i + 1 < text.size && text.data[i + 1] < 0xa0) {
			return false; /* C1: U+0080 to U+009F */
		}
	}
	return utf8_count(text, &points) && points <= CALLSIGN_MAX_POINTS;
}
