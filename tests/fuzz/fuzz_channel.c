/* channel.proto through its codecs. First byte: which direction, and whether the arena
 * is small; then one frame. What can be read must be writable, and read and
 * written again give the same bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "wire/channel_codec.h"
#include "wire/frame.h"
#include "wire/hot_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SMALL_ARENA = 2048, ARENA = 1024 * 1024, FRAME_MAX = 64 * 1024, MODELS_MAX = 64 };

static void must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "channel: %s\n", what);
		abort();
	}
}

static struct slice body_of(const struct buf *buf)
{
	struct slice body;
	const char *why;
	size_t used;

	must(frame_read(buf_slice(buf), UINT32_MAX, &body, &used, &why) == FRAME_OK,
	     "our own frame is not one");
	return body;
}

/* 0: written; -1: not a frame that can be written again. */
static int rewrite_to_sim(struct slice frame, struct arena *arena, struct buf *out)
{
	struct sim_transmit transmit;
	uint32_t *receivers;
	struct to_sim message;
	const char *why = NULL;
	int result = -1;

	if (channel_read_to_sim(frame, arena, &message, &why) != CODEC_OK) {
		must(why != NULL, "no word on what is wrong");
		return -1;
	}
	if (message.kind == TO_SIM_UNKNOWN) {
		return -1;
	}
	if (message.kind != TO_SIM_TRANSMIT) {
		must(channel_write_to_sim(out, &message) == 0, "cannot be written again");
		return 0;
	}
	receivers = malloc(sizeof(*receivers) * (message.transmit.size + 1));
	must(receivers != NULL, "memory is out");
	if (hot_read_transmit(message.transmit, &transmit, receivers, message.transmit.size) ==
	    HOT_OK) {
		must(hot_write_transmit(out, &transmit) == 0, "cannot be written again");
		result = 0;
	}
	free(receivers);
	return result;
}

static int rewrite_result(struct slice body, struct buf *out)
{
	struct reception *receptions = malloc(sizeof(*receptions) * (body.size / 2 + 1));
	struct hot_result result;
	size_t count = 0;
	int next = -1;

	must(receptions != NULL, "memory is out");
	if (hot_result_begin(body, &result) == HOT_OK) {
		while ((next = hot_result_next(&result, &receptions[count])) > 0) {
			count++;
		}
	}
	if (next == 0) {
		must(hot_write_result(out, result.id, receptions, count, result.more) == 0,
		     "cannot be written again");
	}
	free(receptions);
	return next;
}

static int rewrite_from_sim(struct slice frame, struct arena *arena, struct buf *out)
{
	struct from_sim message;
	const char *why = NULL;

	if (channel_read_from_sim(frame, arena, &message, &why) != CODEC_OK) {
		must(why != NULL, "no word on what is wrong");
		return -1;
	}
	switch (message.kind) {
	case FROM_SIM_UNKNOWN:
		return -1;
	case FROM_SIM_RESULT:
		return rewrite_result(message.result, out);
	case FROM_SIM_HELLO_ACK:
		if (message.hello_ack.model_count > MODELS_MAX) {
			return -1;
		}
		break;
	default:
		break;
	}
	must(channel_write_from_sim(out, &message) == 0, "cannot be written again");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int (*rewrite)(struct slice, struct arena *, struct buf *);
	struct buf first, second;
	struct arena arena;
	size_t cap;

	if (size < 1 || size > FRAME_MAX) {
		return 0;
	}
	rewrite = data[0] & 1 ? rewrite_from_sim : rewrite_to_sim;
	cap = data[0] & 2 ? SMALL_ARENA : ARENA;
	buf_init(&first);
	buf_init(&second);
	arena_init(&arena, cap);
	if (rewrite(slice_of(data + 1, size - 1), &arena, &first) == 0) {
		must(arena.used <= cap, "more memory than the cap");
		arena_fini(&arena);
		arena_init(&arena, ARENA);
		must(rewrite(body_of(&first), &arena, &second) == 0, "cannot read our own frame");
		must(slice_equal(buf_slice(&first), buf_slice(&second)),
		     "reading and writing change the frame");
	}
	must(arena.used <= arena.cap, "more memory than the cap");
	arena_fini(&arena);
	buf_fini(&first);
	buf_fini(&second);
	return 0;
}
