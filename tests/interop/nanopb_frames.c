/* The golden frames through nanopb, generated with the .options of proto/: every
 * frame must fit the bounds given there. Built and run by test_interop.py; also an
 * example of how firmware reads a delivery and writes a send. */
#include <pb_decode.h>
#include <pb_encode.h>
#include <stdio.h>
#include <string.h>

#include "../../proto/vectors/vectors.h"
#include "channel.pb.h"
#include "drone.pb.h"

struct bytes {
	uint8_t data[512];
	size_t size;
};

static int failures;

static void check(bool good, const char *name, const char *what)
{
	if (!good) {
		printf("%s: %s\n", name, what);
		failures++;
	}
}

/* --- reading a delivery --- */

static bool keep_payload(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
	struct bytes *payload = *arg;

	(void)field;
	payload->size = stream->bytes_left;
	return payload->size <= sizeof(payload->data) &&
	       pb_read(stream, payload->data, payload->size);
}

/* nanopb calls this when it knows which body has come and has cleared its
 * structure: callbacks inside the body are set here. */
static bool begin_body(pb_istream_t *stream, const pb_field_t *field, void **arg)
{
	(void)stream;
	if (field->tag == uav_relay_v1_FromGateway_delivery_tag) {
		uav_relay_v1_Delivery *delivery = field->pData;

		delivery->payload.funcs.decode = keep_payload;
		delivery->payload.arg = *arg;
	}
	return true;
}

static void read_delivery(void)
{
	uav_relay_v1_FromGateway frame = uav_relay_v1_FromGateway_init_zero;
	const uav_relay_v1_Delivery *delivery = &frame.body.delivery;
	pb_istream_t stream = pb_istream_from_buffer(golden_from_gateway_delivery,
						     sizeof(golden_from_gateway_delivery));
	struct bytes payload = {.size = 0};
	const char *name = "reading a delivery";

	frame.cb_body.funcs.decode = begin_body;
	frame.cb_body.arg = &payload;
	check(pb_decode_ex(&stream, uav_relay_v1_FromGateway_fields, &frame, PB_DECODE_DELIMITED),
	      name, PB_GET_ERROR(&stream));
	check(frame.which_body == uav_relay_v1_FromGateway_delivery_tag, name, "not a delivery");
	check(strcmp(delivery->sender, "uav1") == 0, name, "sender");
	check(payload.size == 5 && memcmp(payload.data, "hello", 5) == 0, name, "payload");
	check(delivery->hops_count == 1 && delivery->hops[0].has_link, name, "hops");
	check(delivery->hops[0].link.snr_db == 31.6843f, name, "SNR");
}

/* --- writing a send --- */

static bool put_payload(pb_ostream_t *stream, const pb_field_t *field, void *const *arg)
{
	const char *text = *arg;

	return pb_encode_tag_for_field(stream, field) &&
	       pb_encode_string(stream, (const pb_byte_t *)text, strlen(text));
}

static void write_send(void)
{
	uav_relay_v1_ToGateway frame = uav_relay_v1_ToGateway_init_zero;
	uav_relay_v1_Send *send = &frame.body.send;
	struct bytes out = {.size = 0};
	pb_ostream_t stream = pb_ostream_from_buffer(out.data, sizeof(out.data));
	static char text[] = "hello";
	const char *name = "writing a send";

	frame.ref = 17;
	frame.which_body = uav_relay_v1_ToGateway_send_tag;
	send->which_to = uav_relay_v1_Send_drone_tag;
	strcpy(send->to.drone, "uav2");
	strcpy(send->content_type, "text/plain");
	send->payload.funcs.encode = put_payload;
	send->payload.arg = text;
	send->report = uav_relay_v1_ReportWish_REPORT_WISH_ALL;
	check(pb_encode_ex(&stream, uav_relay_v1_ToGateway_fields, &frame, PB_ENCODE_DELIMITED),
	      name, PB_GET_ERROR(&stream));
	check(stream.bytes_written == sizeof(golden_to_gateway_send_drone) &&
		      memcmp(out.data, golden_to_gateway_send_drone, stream.bytes_written) == 0,
	      name, "other bytes than the golden frame");
}

/* --- everything --- */

static void read_golden(const struct golden_frame *golden)
{
	static const pb_msgdesc_t *const envelopes[] = {
		[GOLDEN_TO_GATEWAY] = uav_relay_v1_ToGateway_fields,
		[GOLDEN_FROM_GATEWAY] = uav_relay_v1_FromGateway_fields,
		[GOLDEN_TO_SIMULATOR] = uav_channel_v1_ToSimulator_fields,
		[GOLDEN_FROM_SIMULATOR] = uav_channel_v1_FromSimulator_fields,
	};
	union {
		uav_relay_v1_ToGateway to_gateway;
		uav_relay_v1_FromGateway from_gateway;
		uav_channel_v1_ToSimulator to_simulator;
		uav_channel_v1_FromSimulator from_simulator;
	} frame;
	pb_istream_t stream = pb_istream_from_buffer(golden->bytes, golden->size);

	memset(&frame, 0, sizeof(frame));
	check(pb_decode_ex(&stream, envelopes[golden->type], &frame, PB_DECODE_DELIMITED) &&
		      stream.bytes_left == 0,
	      golden->name, PB_GET_ERROR(&stream));
}

int main(void)
{
	for (size_t i = 0; i < sizeof(golden_frames) / sizeof(golden_frames[0]); i++) {
		read_golden(&golden_frames[i]);
	}
	read_delivery();
	write_send();
	return failures ? 1 : 0;
}
