#include "wire/hop.h"

enum {
	HOP_TRANSMITTER = 1,
	HOP_RECEIVER,
	HOP_OUTCOME,
	HOP_REASON,
	HOP_SOURCE,
	HOP_LATE_BY_US,
	HOP_LINK,
};

static enum hot_status take_name(struct slice *name, struct slice bytes)
{
	*name = bytes;
	return utf8_valid(bytes) ? HOT_OK : HOT_REFUSED;
}

static enum hot_status take_link(struct hop *hop, struct slice bytes)
{
	if (hop->link.data) {
		return HOT_BAD;
	}
	hop->link = bytes;
	return link_read(bytes, NULL);
}

static enum hot_status take_field(const struct wire_field *field, struct hop *hop)
{
	uint32_t value = (uint32_t)field->value;

	switch (field->tag) {
	case WIRE_TAG(HOP_TRANSMITTER, WIRE_BYTES):
		return take_name(&hop->transmitter, field->bytes);
	case WIRE_TAG(HOP_RECEIVER, WIRE_BYTES):
		return take_name(&hop->receiver, field->bytes);
	case WIRE_TAG(HOP_OUTCOME, WIRE_VARINT):
		hop->outcome = (enum outcome)wire_known_value(value, OUTCOME_COUNT);
		return HOT_OK;
	case WIRE_TAG(HOP_REASON, WIRE_VARINT):
		hop->reason = (enum reason)wire_known_value(value, REASON_COUNT);
		return HOT_OK;
	case WIRE_TAG(HOP_SOURCE, WIRE_VARINT):
		hop->source = (enum source)wire_known_value(value, SOURCE_COUNT);
		return HOT_OK;
	case WIRE_TAG(HOP_LATE_BY_US, WIRE_VARINT):
		hop->late_by_us = value;
		return HOT_OK;
	case WIRE_TAG(HOP_LINK, WIRE_BYTES):
		return take_link(hop, field->bytes);
	default:
		return wire_number(field) > HOP_LINK ? HOT_OK : HOT_BAD;
	}
}

enum hot_status hop_list_read(struct hop_list *list, struct slice bytes)
{
	struct wire_reader reader = wire_reader_of(bytes);
	enum hot_status status = HOT_OK;
	struct wire_field field = {0};
	struct hop hop = {0};
	int next;

	if (list->count == list->max) {
		return HOT_BAD;
	}
	while ((next = wire_next(&reader, &field)) > 0) {
		enum hot_status one = take_field(&field, &hop);

		if (one == HOT_BAD) {
			return HOT_BAD;
		}
		if (one == HOT_REFUSED) {
			status = HOT_REFUSED;
		}
	}
	list->hops[list->count++] = hop;
	return next < 0 ? HOT_BAD : status;
}

static size_t hop_size(const struct hop *hop)
{
	return wire_some_bytes_size(HOP_TRANSMITTER, hop->transmitter) +
	       wire_some_bytes_size(HOP_RECEIVER, hop->receiver) +
	       wire_some_uint_size(HOP_OUTCOME, hop->outcome) +
	       wire_some_uint_size(HOP_REASON, hop->reason) +
	       wire_some_uint_size(HOP_SOURCE, hop->source) +
	       wire_some_uint_size(HOP_LATE_BY_US, hop->late_by_us) +
	       (hop->link.data ? wire_bytes_size(HOP_LINK, hop->link.size) : 0);
}

size_t hops_size(const struct hop *hops, size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++) {
		size += wire_bytes_size(HOPS_FIELD, hop_size(&hops[i]));
	}
	return size;
}

size_t hops_most(const struct hop *hops, size_t count)
{
	enum { NUMBERS = 4 * 6, LENGTHS = 4 * 6 }; /* of one hop, each with its tag */
	size_t most = 0;

	for (size_t i = 0; i < count; i++) {
		most += NUMBERS + LENGTHS + hops[i].transmitter.size + hops[i].receiver.size +
			hops[i].link.size;
	}
	return most;
}

static uint8_t *hop_put(uint8_t *at, const struct hop *hop)
{
	at = wire_put_tag(at, HOPS_FIELD, WIRE_BYTES);
	at = wire_put_varint(at, hop_size(hop));
	at = wire_put_some_bytes(at, HOP_TRANSMITTER, hop->transmitter);
	at = wire_put_some_bytes(at, HOP_RECEIVER, hop->receiver);
	at = wire_put_some_uint(at, HOP_OUTCOME, hop->outcome);
	at = wire_put_some_uint(at, HOP_REASON, hop->reason);
	at = wire_put_some_uint(at, HOP_SOURCE, hop->source);
	at = wire_put_some_uint(at, HOP_LATE_BY_US, hop->late_by_us);
	return hop->link.data ? wire_put_bytes(at, HOP_LINK, hop->link) : at;
}

uint8_t *hops_put(uint8_t *at, const struct hop *hops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		at = hop_put(at, &hops[i]);
	}
	return at;
}
