#include "wire/cold.h"

#include "base/utf8.h"
#include "wire/envelope.h"

char *cold_cut_text(char *room, size_t size, struct slice text)
{
	text = utf8_cut(text, size - 1);
	if (text.size) {
		memcpy(room, text.data, text.size);
	}
	room[text.size] = '\0';
	return room;
}

bool cold_copy_text(char *room, size_t size, struct slice text)
{
	if (text.size >= size || !utf8_valid(text)) {
		return false;
	}
	cold_cut_text(room, size, text);
	return true;
}

ProtobufCBinaryData cold_bytes(struct slice bytes)
{
	return (ProtobufCBinaryData){.len = bytes.size, .data = (uint8_t *)bytes.data};
}

struct slice cold_slice(ProtobufCBinaryData bytes)
{
	return slice_of(bytes.data, bytes.len);
}

int cold_write(struct buf *out, uint32_t ref, uint32_t number, const ProtobufCMessage *body)
{
	size_t size = protobuf_c_message_get_packed_size(body);
	uint8_t *at = envelope_begin(out, ref, number, size);

	if (!at) {
		return -1;
	}
	envelope_end(out, at + protobuf_c_message_pack(body, at));
	return 0;
}
