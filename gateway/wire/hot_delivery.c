/* delivery. Its hops stand last, so that all before them is the same bytes for every
 * receiver. */

#include "wire/envelope.h"
#include "wire/hop.h"

enum { FROM_GATEWAY_DELIVERY = 2 };

enum {
	DELIVERY_SENDER = 1,
	DELIVERY_TO,
	DELIVERY_SEQUENCE,
	DELIVERY_PAYLOAD,
	DELIVERY_CONTENT_TYPE,
	DELIVERY_SENT_AT_US,
};

static enum hot_status take_text(struct slice *text, struct slice bytes)
{
	*text = bytes;
	return utf8_valid(bytes) ? HOT_OK : HOT_REFUSED;
}

static enum hot_status take_field(const struct wire_field *field, struct event_delivery *delivery,
				  struct hop_list *hops)
{
	switch (field->tag) {
	case WIRE_TAG(DELIVERY_SENDER, WIRE_BYTES):
		return take_text(&delivery->sender, field->bytes);
	case WIRE_TAG(DELIVERY_TO, WIRE_BYTES):
		return take_text(&delivery->to, field->bytes);
	case WIRE_TAG(DELIVERY_SEQUENCE, WIRE_VARINT):
		delivery->sequence = field->value;
		return HOT_OK;
	case WIRE_TAG(DELIVERY_PAYLOAD, WIRE_BYTES):
		delivery->payload = field->bytes;
		return HOT_OK;
	case WIRE_TAG(DELIVERY_CONTENT_TYPE, WIRE_BYTES):
		return take_text(&delivery->content_type, field->bytes);
	case WIRE_TAG(DELIVERY_SENT_AT_US, WIRE_VARINT):
		delivery->sent_at_us = field->value;
		return HOT_OK;
	case WIRE_TAG(HOPS_FIELD, WIRE_BYTES):
		return hop_list_read(hops, field->bytes);
	default:
		return wire_number(field) > DELIVERY_SENT_AT_US && wire_number(field) != HOPS_FIELD
			       ? HOT_OK
			       : HOT_BAD;
	}
}

enum hot_status hot_read_delivery(struct slice body, struct event_delivery *delivery,
				  struct hop *hops, size_t max_hops)
{
	struct wire_reader reader = wire_reader_of(body);
	struct hop_list list = {.hops = hops, .max = max_hops};
	enum hot_status status = HOT_OK;
	struct wire_field field = {0};
	int next;

	*delivery = (struct event_delivery){.hops = hops};
	while ((next = wire_next(&reader, &field)) > 0) {
		enum hot_status one = take_field(&field, delivery, &list);

		if (one == HOT_BAD) {
			return HOT_BAD;
		}
		if (one == HOT_REFUSED) {
			status = HOT_REFUSED;
		}
	}
	delivery->hop_count = list.count;
	return next < 0 ? HOT_BAD : status;
}

/* Not less than what put_shared writes: in one pass, without adding up every number first. */
static size_t shared_most(const struct event_delivery *delivery)
{
	enum { NUMBERS = 2 * 11, LENGTHS = 4 * 6 }; /* each with its tag */

	return NUMBERS + LENGTHS + delivery->sender.size + delivery->to.size +
	       delivery->payload.size + delivery->content_type.size;
}

static uint8_t *put_shared(uint8_t *at, const struct event_delivery *delivery)
{
	at = wire_put_some_bytes(at, DELIVERY_SENDER, delivery->sender);
	at = wire_put_some_bytes(at, DELIVERY_TO, delivery->to);
	at = wire_put_some_uint(at, DELIVERY_SEQUENCE, delivery->sequence);
	at = wire_put_some_bytes(at, DELIVERY_PAYLOAD, delivery->payload);
	at = wire_put_some_bytes(at, DELIVERY_CONTENT_TYPE, delivery->content_type);
	return wire_put_some_uint(at, DELIVERY_SENT_AT_US, delivery->sent_at_us);
}

int hot_write_delivery_body(struct buf *out, const struct event_delivery *delivery)
{
	uint8_t *at;

	if (buf_reserve(out, shared_most(delivery)) < 0) {
		return -1;
	}
	at = buf_tail(out);
	buf_produce(out, (size_t)(put_shared(at, delivery) - at));
	return 0;
}

int hot_write_delivery(struct buf *out, uint32_t ref, struct slice body, const struct hop *hops,
		       size_t hop_count)
{
	uint8_t *start = envelope_open(out, ref, FROM_GATEWAY_DELIVERY,
				       body.size + hops_most(hops, hop_count));

	if (!start) {
		return -1;
	}
	envelope_close(out, ref, FROM_GATEWAY_DELIVERY, start,
		       hops_put(wire_put_raw(start, body), hops, hop_count));
	return 0;
}

int hot_write_whole_delivery(struct buf *out, uint32_t ref, const struct event_delivery *delivery)
{
	uint8_t *start = envelope_open(out, ref, FROM_GATEWAY_DELIVERY,
				       shared_most(delivery) +
					       hops_most(delivery->hops, delivery->hop_count));

	if (!start) {
		return -1;
	}
	envelope_close(out, ref, FROM_GATEWAY_DELIVERY, start,
		       hops_put(put_shared(start, delivery), delivery->hops, delivery->hop_count));
	return 0;
}
