#include "limit_frame.h"

#include <stdlib.h>

uint8_t limit_filler[LIMIT_FILLER_BYTES];

/* One number up to LIMIT_FRAME_MAX and what must stand behind it. */
static int read_size(const char **at, char behind, uint32_t *size)
{
	char *end;
	unsigned long value;

	if (**at < '0' || **at > '9') {
		return -1;
	}
	value = strtoul(*at, &end, 10);
	if (value > LIMIT_FRAME_MAX || *end != behind) {
		return -1;
	}
	*size = (uint32_t)value;
	*at = end + 1;
	return 0;
}

static void raise_to(uint32_t *size, uint32_t least)
{
	*size = *size < least ? least : *size;
}

int limit_sizes_parse(const char *text, struct frame_sizes *sizes)
{
	uint32_t *all[] = {&sizes->send,     &sizes->transmit,	  &sizes->result,
			   &sizes->delivery, &sizes->result_more, &sizes->registration,
			   &sizes->welcome,  &sizes->presence};
	size_t count = sizeof(all) / sizeof(*all);

	for (size_t i = 0; i < count; i++) {
		if (read_size(&text, i + 1 < count ? ',' : '\0', all[i]) < 0) {
			return -1;
		}
	}
	for (size_t i = 0; i < 4; i++) {
		raise_to(all[i], LIMIT_MESSAGE_MIN);
	}
	for (size_t i = 5; i < count; i++) {
		raise_to(all[i], LIMIT_HEADER_BYTES);
	}
	return 0;
}
