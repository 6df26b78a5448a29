/* Lines of text, for people and for who has no protobuf at hand (proto/text.md). */
#include "front/front.h"

#include "front/text_parts.h"

const struct request_registration text_guest = {
	.protocol = PROTOCOL_VERSION,
	.software = {(const uint8_t *)"text", 4},
};

/* A line does not tell its size before its end. */
static size_t size_of(struct slice bytes)
{
	(void)bytes;
	return 0;
}

const struct front front_text = {
	.name = "text",
	.guest = &text_guest,
	.typed = true,
	.read = text_read,
	.size = size_of,
	.write = text_write,
	.lend = text_lend,
};
