/* transmit and result. */
#include "wire/envelope.h"
#include "wire/hot_codec.h"

enum { TO_SIMULATOR_TRANSMIT = 1, FROM_SIMULATOR_RESULT = 1 };

/* -------------------------------------------------------------- transmit */

enum {
	TRANSMIT_ID = 1,
	TRANSMIT_SCENARIO,
	TRANSMIT_TRANSMITTER,
	TRANSMIT_RECEIVERS,
	TRANSMIT_ORIGIN,
	TRANSMIT_SEQUENCE,
	TRANSMIT_PAYLOAD,
	TRANSMIT_SENT_AT_US,
};

struct receiver_list {
	uint32_t *numbers;
	size_t count, max;
};

static bool add_receiver(struct receiver_list *list, uint64_t number)
{
	if (list->count == list->max) {
		return false;
	}
	list->numbers[list->count++] = (uint32_t)number;
	return true;
}

static bool add_packed_receivers(struct receiver_list *list, struct slice packed)
{
	struct wire_reader reader = wire_reader_of(packed);
	uint64_t number;
	int next;

	while ((next = wire_next_varint(&reader, &number)) > 0) {
		if (!add_receiver(list, number)) {
			return false;
		}
	}
	return next == 0;
}

/* False: a known field has the wrong type, or there are too many receivers. */
static bool take_transmit_field(const struct wire_field *field, struct sim_transmit *transmit,
				struct receiver_list *list)
{
	switch (field->tag) {
	case WIRE_TAG(TRANSMIT_ID, WIRE_FIXED64):
		transmit->id = field->value;
		return true;
	case WIRE_TAG(TRANSMIT_SCENARIO, WIRE_VARINT):
		transmit->scenario = (uint32_t)field->value;
		return true;
	case WIRE_TAG(TRANSMIT_TRANSMITTER, WIRE_VARINT):
		transmit->transmitter = (uint32_t)field->value;
		return true;
	case WIRE_TAG(TRANSMIT_RECEIVERS, WIRE_BYTES):
		return add_packed_receivers(list, field->bytes);
	case WIRE_TAG(TRANSMIT_RECEIVERS, WIRE_VARINT):
		return add_receiver(list, field->value);
	case WIRE_TAG(TRANSMIT_ORIGIN, WIRE_VARINT):
		transmit->origin = (uint32_t)field->value;
		return true;
	case WIRE_TAG(TRANSMIT_SEQUENCE, WIRE_VARINT):
		transmit->sequence = field->value;
		return true;
	case WIRE_TAG(TRANSMIT_PAYLOAD, WIRE_BYTES):
		transmit->payload = field->bytes;
		return true;
	case WIRE_TAG(TRANSMIT_SENT_AT_US, WIRE_VARINT):
		transmit->sent_at_us = field->value;
		return true;
	default:
		return wire_number(field) > TRANSMIT_SENT_AT_US;
	}
}

enum hot_status hot_read_transmit(struct slice body, struct sim_transmit *transmit,
				  uint32_t *receivers, size_t max_receivers)
{
	struct wire_reader reader = wire_reader_of(body);
	struct receiver_list list = {.numbers = receivers, .max = max_receivers};
	struct wire_field field = {0};
	int next;

	*transmit = (struct sim_transmit){.receivers = receivers};
	while ((next = wire_next(&reader, &field)) > 0) {
		if (!take_transmit_field(&field, transmit, &list)) {
			return HOT_BAD;
		}
	}
	transmit->receiver_count = list.count;
	return next < 0 ? HOT_BAD : HOT_OK;
}

static size_t packed_size(const struct sim_transmit *transmit)
{
	size_t size = 0;

	for (size_t i = 0; i < transmit->receiver_count; i++) {
		size += varint_size(transmit->receivers[i]);
	}
	return size;
}

static size_t fixed64_size(uint64_t value)
{
	return value ? 1 + sizeof(value) : 0;
}

static uint8_t *put_receivers(uint8_t *at, const struct sim_transmit *transmit, size_t packed)
{
	if (packed == 0) {
		return at;
	}
	at = wire_put_tag(at, TRANSMIT_RECEIVERS, WIRE_BYTES);
	at = wire_put_varint(at, packed);
	for (size_t i = 0; i < transmit->receiver_count; i++) {
		at = wire_put_varint(at, transmit->receivers[i]);
	}
	return at;
}

/* In one pass: to add up first what each number takes was a fifth of the work. */
int hot_write_transmit(struct buf *out, const struct sim_transmit *transmit)
{
	enum { NUMBERS = 9 + 3 * 6 + 2 * 11, LENGTHS = 2 * 6 }; /* at most, each with its tag */
	size_t packed = packed_size(transmit);
	uint8_t *body = envelope_open(out, 0, TO_SIMULATOR_TRANSMIT,
				      NUMBERS + LENGTHS + packed + transmit->payload.size);
	uint8_t *at = body;

	if (!at) {
		return -1;
	}
	if (transmit->id) {
		at = wire_put_fixed64(at, TRANSMIT_ID, transmit->id);
	}
	at = wire_put_some_uint(at, TRANSMIT_SCENARIO, transmit->scenario);
	at = wire_put_some_uint(at, TRANSMIT_TRANSMITTER, transmit->transmitter);
	at = put_receivers(at, transmit, packed);
	at = wire_put_some_uint(at, TRANSMIT_ORIGIN, transmit->origin);
	at = wire_put_some_uint(at, TRANSMIT_SEQUENCE, transmit->sequence);
	at = wire_put_some_bytes(at, TRANSMIT_PAYLOAD, transmit->payload);
	at = wire_put_some_uint(at, TRANSMIT_SENT_AT_US, transmit->sent_at_us);
	envelope_close(out, 0, TO_SIMULATOR_TRANSMIT, body, at);
	return 0;
}

/* ---------------------------------------------------------------- result */

enum { RESULT_ID = 1, RESULT_RECEPTIONS, RESULT_MORE };

enum {
	RECEPTION_RECEIVER = 1,
	RECEPTION_OUTCOME,
	RECEPTION_REASON,
	RECEPTION_LINK,
	RECEPTION_VALID_FOR_US,
	RECEPTION_PAYLOAD,
};

uint64_t hot_result_hint(struct slice bytes)
{
	enum { MOST_BEFORE = 6 }; /* two lengths of up to two bytes, and two tags */
	const uint8_t *at = bytes.data;
	uint64_t id;

	if (bytes.size < MOST_BEFORE + sizeof(id)) {
		return 0;
	}
	at += *at < 0x80 ? 1 : 2;
	if (*at++ != WIRE_TAG(FROM_SIMULATOR_RESULT, WIRE_BYTES)) {
		return 0;
	}
	at += *at < 0x80 ? 1 : 2;
	if (*at++ != WIRE_TAG(RESULT_ID, WIRE_FIXED64)) {
		return 0;
	}
	memcpy(&id, at, sizeof(id));
	return le64toh(id);
}

enum hot_status hot_result_begin(struct slice body, struct hot_result *result)
{
	struct wire_reader reader = wire_reader_of(body);
	struct wire_field field = {0};
	int next;

	result->id = 0;
	result->more = false;
	/* The id stands first, as every known writer has it: read here, and not again. */
	if (body.size > sizeof(result->id) && *reader.at == WIRE_TAG(RESULT_ID, WIRE_FIXED64)) {
		memcpy(&result->id, reader.at + 1, sizeof(result->id));
		result->id = le64toh(result->id);
		reader.at += 1 + sizeof(result->id);
	}
	result->cursor = reader;
	while ((next = wire_next(&reader, &field)) > 0) {
		switch (field.tag) {
		case WIRE_TAG(RESULT_ID, WIRE_FIXED64):
			result->id = field.value;
			break;
		case WIRE_TAG(RESULT_RECEPTIONS, WIRE_BYTES):
			break;
		case WIRE_TAG(RESULT_MORE, WIRE_VARINT):
			result->more = field.value != 0;
			break;
		default:
			if (wire_number(&field) <= RESULT_MORE) {
				return HOT_BAD;
			}
		}
	}
	return next < 0 ? HOT_BAD : HOT_OK;
}

/* The Link is checked here, once; from here on its bytes are passed on unread. */
static void take_link(struct slice bytes, struct reception *reception)
{
	reception->link = bytes;
	reception->link_ok = link_check(bytes, reception) == HOT_OK;
}

/* False: a known field has the wrong type, or a second Link. */
static bool take_reception_field(const struct wire_field *field, struct reception *reception)
{
	switch (field->tag) {
	case WIRE_TAG(RECEPTION_RECEIVER, WIRE_VARINT):
		reception->receiver = (uint32_t)field->value;
		return true;
	case WIRE_TAG(RECEPTION_OUTCOME, WIRE_VARINT):
		reception->outcome = (uint32_t)field->value;
		return true;
	case WIRE_TAG(RECEPTION_REASON, WIRE_VARINT):
		reception->reason = (uint32_t)field->value;
		return true;
	case WIRE_TAG(RECEPTION_LINK, WIRE_BYTES):
		if (reception->link.data) {
			return false;
		}
		take_link(field->bytes, reception);
		return true;
	case WIRE_TAG(RECEPTION_VALID_FOR_US, WIRE_VARINT):
		reception->valid_for_us = (uint32_t)field->value;
		return true;
	case WIRE_TAG(RECEPTION_PAYLOAD, WIRE_BYTES):
		reception->payload = field->bytes;
		return true;
	default:
		return wire_number(field) > RECEPTION_PAYLOAD;
	}
}

static int read_reception(struct slice bytes, struct reception *reception)
{
	struct wire_reader reader = wire_reader_of(bytes);
	struct wire_field field = {0};
	int next;

	*reception = (struct reception){0};
	while ((next = wire_next(&reader, &field)) > 0) {
		if (!take_reception_field(&field, reception)) {
			return -1;
		}
	}
	/* proto3 cannot tell an empty payload from none: none replaces nothing. */
	reception->altered = reception->payload.size > 0;
	return next < 0 ? -1 : 1;
}

int hot_result_next(struct hot_result *result, struct reception *reception)
{
	struct wire_field field = {0};
	int next;

	while ((next = wire_next(&result->cursor, &field)) > 0) {
		if (field.tag == WIRE_TAG(RESULT_RECEPTIONS, WIRE_BYTES)) {
			return read_reception(field.bytes, reception);
		}
	}
	return next;
}

static size_t reception_size(const struct reception *reception)
{
	return wire_some_uint_size(RECEPTION_RECEIVER, reception->receiver) +
	       wire_some_uint_size(RECEPTION_OUTCOME, reception->outcome) +
	       wire_some_uint_size(RECEPTION_REASON, reception->reason) +
	       (reception->link.data ? wire_bytes_size(RECEPTION_LINK, reception->link.size) : 0) +
	       wire_some_uint_size(RECEPTION_VALID_FOR_US, reception->valid_for_us) +
	       (reception->altered ? wire_some_bytes_size(RECEPTION_PAYLOAD, reception->payload)
				   : 0);
}

static uint8_t *put_reception(uint8_t *at, const struct reception *reception)
{
	at = wire_put_tag(at, RESULT_RECEPTIONS, WIRE_BYTES);
	at = wire_put_varint(at, reception_size(reception));
	at = wire_put_some_uint(at, RECEPTION_RECEIVER, reception->receiver);
	at = wire_put_some_uint(at, RECEPTION_OUTCOME, reception->outcome);
	at = wire_put_some_uint(at, RECEPTION_REASON, reception->reason);
	if (reception->link.data) {
		at = wire_put_bytes(at, RECEPTION_LINK, reception->link);
	}
	at = wire_put_some_uint(at, RECEPTION_VALID_FOR_US, reception->valid_for_us);
	if (reception->altered) {
		at = wire_put_some_bytes(at, RECEPTION_PAYLOAD, reception->payload);
	}
	return at;
}

int hot_write_result(struct buf *out, uint64_t id, const struct reception *receptions, size_t count,
		     bool more)
{
	size_t size = fixed64_size(id) + wire_some_uint_size(RESULT_MORE, more);
	uint8_t *at;

	for (size_t i = 0; i < count; i++) {
		size += wire_bytes_size(RESULT_RECEPTIONS, reception_size(&receptions[i]));
	}
	at = envelope_begin(out, 0, FROM_SIMULATOR_RESULT, size);
	if (!at) {
		return -1;
	}
	if (id) {
		at = wire_put_fixed64(at, RESULT_ID, id);
	}
	for (size_t i = 0; i < count; i++) {
		at = put_reception(at, &receptions[i]);
	}
	at = wire_put_some_uint(at, RESULT_MORE, more);
	envelope_end(out, at);
	return 0;
}
