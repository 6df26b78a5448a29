/* The golden frames of proto/vectors, read and written again: by protobuf-c, which
 * did not write them, and by the project's own readers and writers. Either way
 * the same bytes must come out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../proto/vectors/vectors.h"
#include "channel.pb-c.h"
#include "drone.pb-c.h"
#include "wire/channel_codec.h"
#include "wire/drone_codec.h"
#include "wire/frame.h"
#include "wire/hot_codec.h"

#define MAX_FRAME 65536
#define MAX_RECEIVERS 64
#define ARENA_BYTES (1024 * 1024)

static const ProtobufCMessageDescriptor *const envelopes[] = {
	[GOLDEN_TO_GATEWAY] = &uav__relay__v1__to_gateway__descriptor,
	[GOLDEN_FROM_GATEWAY] = &uav__relay__v1__from_gateway__descriptor,
	[GOLDEN_TO_SIMULATOR] = &uav__channel__v1__to_simulator__descriptor,
	[GOLDEN_FROM_SIMULATOR] = &uav__channel__v1__from_simulator__descriptor,
};

#define GOLDEN_COUNT (sizeof(golden_frames) / sizeof(golden_frames[0]))

static struct slice body_of(const struct golden_frame *golden)
{
	struct slice body;
	size_t used;
	const char *why;

	assert_int_equal(
		frame_read(slice_of(golden->bytes, golden->size), MAX_FRAME, &body, &used, &why),
		FRAME_OK);
	assert_int_equal(used, golden->size);
	return body;
}

static void assert_same(const struct golden_frame *golden, const char *how, struct slice frame)
{
	if (!frame.data || !slice_equal(frame, slice_of(golden->bytes, golden->size))) {
		fail_msg("%s: %s gives other bytes (%zu, expected %zu)", golden->name, how,
			 frame.size, golden->size);
	}
}

/* --- protobuf-c --- */

static void round_trip_generated(const struct golden_frame *golden)
{
	struct slice body = body_of(golden);
	ProtobufCMessage *message =
		protobuf_c_message_unpack(envelopes[golden->type], NULL, body.size, body.data);
	uint8_t packed[MAX_FRAME];
	size_t prefix = golden->size - body.size;

	if (!message) {
		fail_msg("%s: protobuf-c cannot read it", golden->name);
		return;
	}
	assert_int_equal(message->n_unknown_fields, 0);
	memcpy(packed, golden->bytes, prefix);
	assert_true(protobuf_c_message_get_packed_size(message) <= sizeof(packed) - prefix);
	size_t size = prefix + protobuf_c_message_pack(message, packed + prefix);
	assert_same(golden, "protobuf-c", slice_of(packed, size));
	protobuf_c_message_free_unpacked(message, NULL);
}

static void protobuf_c_gives_the_same_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOLDEN_COUNT; i++) {
		round_trip_generated(&golden_frames[i]);
	}
}

/* --- our own --- */

static int rewrite_to_gateway(struct slice body, struct arena *arena, struct buf *out)
{
	struct request request;
	const char *why = "";

	if (drone_read_request(body, arena, &request, &why) != CODEC_OK ||
	    request.kind == REQUEST_REFUSED) {
		return -1;
	}
	return drone_write_request(out, &request);
}

static int rewrite_delivery(const struct event *event, struct buf *out)
{
	struct buf shared;

	buf_init(&shared);
	int result = hot_write_delivery_body(&shared, &event->delivery);
	if (result == 0) {
		result = hot_write_delivery(out, event->ref, buf_slice(&shared),
					    event->delivery.hops, event->delivery.hop_count);
	}
	buf_fini(&shared);
	return result;
}

static int rewrite_from_gateway(struct slice body, struct arena *arena, struct buf *out)
{
	struct event event = {0};
	size_t taken;
	const char *why = "";

	if (drone_read_event(body, arena, &event, &why) != CODEC_OK) {
		return -1;
	}
	event.encoded = NULL;
	if (event.kind == EVENT_DELIVERY) {
		return rewrite_delivery(&event, out);
	}
	if (event.kind == EVENT_SEND_REPORT) {
		return hot_write_send_report(out, event.ref, &event.report, MAX_FRAME, &taken);
	}
	return drone_write_event(out, &event, MAX_FRAME);
}

static int rewrite_to_simulator(struct slice body, struct arena *arena, struct buf *out)
{
	struct to_sim message;
	struct sim_transmit transmit;
	uint32_t receivers[MAX_RECEIVERS];
	const char *why = "";

	if (channel_read_to_sim(body, arena, &message, &why) != CODEC_OK ||
	    message.kind == TO_SIM_UNKNOWN) {
		return -1;
	}
	if (message.kind != TO_SIM_TRANSMIT) {
		return channel_write_to_sim(out, &message);
	}
	if (hot_read_transmit(message.transmit, &transmit, receivers, MAX_RECEIVERS) != HOT_OK) {
		return -1;
	}
	return hot_write_transmit(out, &transmit);
}

static int rewrite_result(struct slice body, struct buf *out)
{
	struct hot_result result;
	struct reception receptions[MAX_RECEIVERS];
	size_t count = 0;
	int more;

	if (hot_result_begin(body, &result) != HOT_OK) {
		return -1;
	}
	while ((more = hot_result_next(&result, &receptions[count])) == 1) {
		assert_true(++count < MAX_RECEIVERS);
	}
	if (more < 0) {
		return -1;
	}
	return hot_write_result(out, result.id, receptions, count, result.more);
}

static int rewrite_from_simulator(struct slice body, struct arena *arena, struct buf *out)
{
	struct from_sim message;
	const char *why = "";

	if (channel_read_from_sim(body, arena, &message, &why) != CODEC_OK ||
	    message.kind == FROM_SIM_UNKNOWN) {
		return -1;
	}
	if (message.kind == FROM_SIM_RESULT) {
		return rewrite_result(message.result, out);
	}
	return channel_write_from_sim(out, &message);
}

static int (*const rewriters[])(struct slice body, struct arena *arena, struct buf *out) = {
	[GOLDEN_TO_GATEWAY] = rewrite_to_gateway,
	[GOLDEN_FROM_GATEWAY] = rewrite_from_gateway,
	[GOLDEN_TO_SIMULATOR] = rewrite_to_simulator,
	[GOLDEN_FROM_SIMULATOR] = rewrite_from_simulator,
};

static void own_codecs_give_the_same_bytes(void **state)
{
	struct arena arena;
	struct buf out;

	(void)state;
	arena_init(&arena, ARENA_BYTES);
	buf_init(&out);
	for (size_t i = 0; i < GOLDEN_COUNT; i++) {
		const struct golden_frame *golden = &golden_frames[i];

		if (rewriters[golden->type](body_of(golden), &arena, &out) < 0) {
			fail_msg("%s: refused", golden->name);
		}
		assert_same(golden, "the project's codec", buf_slice(&out));
		buf_clear(&out);
		arena_reset(&arena);
	}
	buf_fini(&out);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(protobuf_c_gives_the_same_bytes),
		cmocka_unit_test(own_codecs_give_the_same_bytes),
	};

	return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
