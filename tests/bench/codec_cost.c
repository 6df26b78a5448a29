/* What the codecs cost for one relayed message of 128 bytes: the gateway's four steps
 * (read send, write transmit, read result, write delivery), by hand and by protobuf-c,
 * over the same bytes. Prints nanoseconds per message, the best of several rounds;
 * tells nothing of pass or fail. */
#include "channel.pb-c.h"
#include "cost.h"
#include "drone.pb-c.h"
#include "wire/channel_codec.h"
#include "wire/drone_codec.h"
#include "wire/frame.h"
#include "wire/hot_codec.h"

enum { ROUNDS = 9, PER_ROUND = 400000, PAYLOAD_BYTES = 128 };

static const uint64_t message_id = 0x100000002u, sequence = 12345, sent_at_us = 1700000000000000u;
static const uint32_t receiver = 2;

/* The four messages as they stand on the wire, and what the steps work with. */
struct bench {
	struct buf send, result;	       /* one frame each */
	struct slice send_frame, result_frame; /* without prefix */
	struct buf out;
	struct arena arena;
	uint8_t payload[PAYLOAD_BYTES];
	uint8_t link[LINK_MAX_BYTES];
	struct sim_transmit transmit;
	struct hop hop;
	struct event_delivery delivery;
	ProtobufCMessage *generated_transmit, *generated_delivery;
	uint64_t sum; /* of something read, so that nothing is optimised away */
};

static struct slice body_of(const struct buf *buf)
{
	struct slice body;
	size_t used;
	const char *why;

	must(frame_read(buf_slice(buf), UINT32_MAX, &body, &used, &why) == FRAME_OK);
	return body;
}

static void prepare(struct bench *bench)
{
	const struct slice link = slice_of(bench->link, link_write(bench->link, &cost_numbers));
	struct request_send send = {
		.to = SEND_TO_DRONE,
		.name = slice_str("rescue-2"),
		.payload = slice_of(bench->payload, PAYLOAD_BYTES),
		.report = REPORT_WISH_FAILURES,
	};
	struct reception reception = {
		.receiver = 2,
		.outcome = OUTCOME_DELIVERED,
		.link = link,
		.valid_for_us = 4000,
	};

	buf_init(&bench->send);
	buf_init(&bench->result);
	buf_init(&bench->out);
	arena_init(&bench->arena, 1024 * 1024);
	memset(bench->payload, 'x', PAYLOAD_BYTES);
	must(hot_write_send(&bench->send, 77, &send) == 0);
	must(hot_write_result(&bench->result, message_id, &reception, 1, false) == 0);
	bench->send_frame = body_of(&bench->send);
	bench->result_frame = body_of(&bench->result);
	bench->hop = (struct hop){
		.transmitter = slice_str("rescue-1"),
		.receiver = slice_str("rescue-2"),
		.outcome = OUTCOME_DELIVERED,
		.source = SOURCE_LIVE,
		.link = link,
	};
	bench->delivery = (struct event_delivery){
		.sender = slice_str("rescue-1"),
		.sequence = sequence,
		.payload = slice_of(bench->payload, PAYLOAD_BYTES),
		.sent_at_us = sent_at_us,
		.hops = &bench->hop,
		.hop_count = 1,
	};
	bench->transmit = (struct sim_transmit){
		.id = message_id,
		.scenario = 1,
		.transmitter = 1,
		.origin = 1,
		.receivers = &receiver,
		.receiver_count = 1,
		.sequence = sequence,
		.payload = slice_of(bench->payload, PAYLOAD_BYTES),
		.sent_at_us = sent_at_us,
	};
}

/* ------------------------------------------------------------------ by hand */

static void hand_read_send(struct bench *bench)
{
	struct request request;
	const char *why;

	must(drone_read_request(bench->send_frame, &bench->arena, &request, &why) == CODEC_OK);
	bench->sum += request.send.payload.size + request.send.name.size;
}

static void hand_write_transmit(struct bench *bench)
{
	buf_clear(&bench->out);
	must(hot_write_transmit(&bench->out, &bench->transmit) == 0);
}

static void hand_read_result(struct bench *bench)
{
	struct from_sim message;
	struct hot_result result;
	struct reception reception;
	const char *why;

	must(channel_read_from_sim(bench->result_frame, &bench->arena, &message, &why) == CODEC_OK);
	must(hot_result_begin(message.result, &result) == HOT_OK);
	while (hot_result_next(&result, &reception) > 0) {
		bench->sum += reception.delay_us;
	}
}

static void hand_write_delivery(struct bench *bench)
{
	buf_clear(&bench->out);
	must(hot_write_whole_delivery(&bench->out, 0, &bench->delivery) == 0);
}

/* ------------------------------------------------------------ by protobuf-c */

static void generated_read_send(struct bench *bench)
{
	Uav__Relay__V1__ToGateway *message = uav__relay__v1__to_gateway__unpack(
		NULL, bench->send_frame.size, bench->send_frame.data);

	must(message != NULL);
	bench->sum += message->send->payload.len;
	uav__relay__v1__to_gateway__free_unpacked(message, NULL);
}

/* Appends one frame as hand-written code without hot writers would. */
static void generated_write(struct bench *bench, const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *at;

	buf_clear(&bench->out);
	must(buf_reserve(&bench->out, varint_size(size) + size) == 0);
	at = wire_put_varint(buf_tail(&bench->out), size);
	at += protobuf_c_message_pack(message, at);
	buf_produce(&bench->out, (size_t)(at - buf_tail(&bench->out)));
}

static void generated_write_transmit(struct bench *bench)
{
	generated_write(bench, bench->generated_transmit);
}

static void generated_read_result(struct bench *bench)
{
	Uav__Channel__V1__FromSimulator *message = uav__channel__v1__from_simulator__unpack(
		NULL, bench->result_frame.size, bench->result_frame.data);

	must(message != NULL);
	bench->sum += message->result->receptions[0]->link->delay_us;
	uav__channel__v1__from_simulator__free_unpacked(message, NULL);
}

static void generated_write_delivery(struct bench *bench)
{
	generated_write(bench, bench->generated_delivery);
}

/* What the generated writers are given: the frames of the writers by hand, unpacked. */
static void prepare_generated(struct bench *bench)
{
	ProtobufCMessage *message;
	struct slice frame;

	hand_write_transmit(bench);
	frame = body_of(&bench->out);
	message = (void *)uav__channel__v1__to_simulator__unpack(NULL, frame.size, frame.data);
	must(message != NULL);
	bench->generated_transmit = message;
	hand_write_delivery(bench);
	frame = body_of(&bench->out);
	message = (void *)uav__relay__v1__from_gateway__unpack(NULL, frame.size, frame.data);
	must(message != NULL);
	bench->generated_delivery = message;
}

/* ------------------------------------------------------------------- timing */

static double best_of(struct bench *bench, void (*step)(struct bench *))
{
	double best = 1e300;

	for (int round = 0; round < ROUNDS; round++) {
		double start = now_ns(), each;

		for (int i = 0; i < PER_ROUND; i++) {
			step(bench);
		}
		each = (now_ns() - start) / PER_ROUND;
		best = each < best ? each : best;
	}
	return best;
}

static const struct {
	const char *name;
	void (*hand)(struct bench *), (*generated)(struct bench *);
} steps[] = {
	{"read send", hand_read_send, generated_read_send},
	{"write transmit", hand_write_transmit, generated_write_transmit},
	{"read result", hand_read_result, generated_read_result},
	{"write delivery", hand_write_delivery, generated_write_delivery},
};

int main(void)
{
	double hand = 0, generated = 0;
	struct bench bench = {0};

	prepare(&bench);
	prepare_generated(&bench);
	printf("%-16s %10s %12s   ns per message, %d-byte payload\n", "step", "by hand",
	       "protobuf-c", PAYLOAD_BYTES);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		double ours = best_of(&bench, steps[i].hand);
		double theirs = best_of(&bench, steps[i].generated);

		printf("%-16s %10.1f %12.1f\n", steps[i].name, ours, theirs);
		hand += ours;
		generated += theirs;
	}
	printf("%-16s %10.1f %12.1f\n", "all four", hand, generated);
	protobuf_c_message_free_unpacked(bench.generated_transmit, NULL);
	protobuf_c_message_free_unpacked(bench.generated_delivery, NULL);
	buf_fini(&bench.send);
	buf_fini(&bench.result);
	buf_fini(&bench.out);
	arena_fini(&bench.arena);
	return bench.sum == 0;
}
