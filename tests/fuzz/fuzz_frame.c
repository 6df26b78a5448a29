/* The frame reader: the same frames come out, and the same end, however the bytes
 * are cut on their way. First two bytes the largest frame, next eight the sizes of the
 * cuts (again and again), then the stream. */
#include <stdio.h>
#include <stdlib.h>

#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CUTS = 8, HEADER = 2 + CUTS, STREAM_MAX = 4096 };

/* What a stream came to: its frames, and how it ended. */
struct outcome {
	size_t ends[STREAM_MAX], count;
	bool bad;
	const char *why;
};

static void must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "frame: %s\n", what);
		abort();
	}
}

/* Reads what of stream[*at..have] is whole. */
static void read_some(struct slice stream, size_t have, uint32_t max, size_t *at,
		      struct outcome *outcome)
{
	struct slice body;
	size_t used;

	while (!outcome->bad) {
		switch (frame_read(slice_of(stream.data + *at, have - *at), max, &body, &used,
				   &outcome->why)) {
		case FRAME_MORE:
			return;
		case FRAME_OK:
			must(body.size > 0 && body.size <= max, "a body of a size not allowed");
			must(body.data + body.size == stream.data + *at + used,
			     "a body that does not end its frame");
			*at += used;
			outcome->ends[outcome->count++] = *at;
			break;
		case FRAME_BAD:
			must(outcome->why != NULL, "no word on what is wrong");
			outcome->bad = true;
			break;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct outcome whole, cut;
	size_t at = 0, have = 0;
	struct slice stream;
	uint32_t max;

	if (size < HEADER || size - HEADER > STREAM_MAX) {
		return 0;
	}
	max = (uint32_t)data[0] << 8 | data[1];
	stream = slice_of(data + HEADER, size - HEADER);
	whole = (struct outcome){0};
	cut = (struct outcome){0};
	read_some(stream, stream.size, max, &at, &whole);
	at = 0;
	for (size_t i = 0; have < stream.size; i++) {
		have += data[2 + i % CUTS] % 16 + 1u;
		have = have < stream.size ? have : stream.size;
		read_some(stream, have, max, &at, &cut);
	}
	must(whole.count == cut.count && whole.bad == cut.bad, "cuts change what is read");
	must(!whole.bad || strcmp(whole.why, cut.why) == 0, "cuts change what is wrong");
	must(memcmp(whole.ends, cut.ends, whole.count * sizeof(whole.ends[0])) == 0,
	     "cuts change where frames end");
	return 0;
}
