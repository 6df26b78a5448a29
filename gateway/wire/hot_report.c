/* send_report. */

#include "wire/envelope.h"
#include "wire/hop.h"

enum { FROM_GATEWAY_SEND_REPORT = 3 };

enum { REPORT_OUTCOMES = 1, REPORT_MORE };

enum { OUTCOME_DRONE_ID = 1, OUTCOME_OUTCOME, OUTCOME_REASON };

/* --------------------------------------------------------------- reading */

enum hot_status hot_report_begin(struct slice body, struct hot_report *report)
{
	struct wire_reader reader = wire_reader_of(body);
	struct wire_field field = {0};
	int next;

	*report = (struct hot_report){.cursor = reader};
	while ((next = wire_next(&reader, &field)) > 0) {
		switch (field.tag) {
		case WIRE_TAG(REPORT_OUTCOMES, WIRE_BYTES):
			break;
		case WIRE_TAG(REPORT_MORE, WIRE_VARINT):
			report->more = field.value != 0;
			break;
		default:
			if (wire_number(&field) <= REPORT_MORE) {
				return HOT_BAD;
			}
		}
	}
	return next < 0 ? HOT_BAD : HOT_OK;
}

static enum hot_status take_field(const struct wire_field *field, struct target_outcome *outcome,
				  struct hop_list *hops)
{
	uint32_t value = (uint32_t)field->value;

	switch (field->tag) {
	case WIRE_TAG(OUTCOME_DRONE_ID, WIRE_BYTES):
		outcome->drone_id = field->bytes;
		return utf8_valid(field->bytes) ? HOT_OK : HOT_REFUSED;
	case WIRE_TAG(OUTCOME_OUTCOME, WIRE_VARINT):
		outcome->outcome = (enum outcome)wire_known_value(value, OUTCOME_COUNT);
		return HOT_OK;
	case WIRE_TAG(OUTCOME_REASON, WIRE_VARINT):
		outcome->reason = (enum reason)wire_known_value(value, REASON_COUNT);
		return HOT_OK;
	case WIRE_TAG(HOPS_FIELD, WIRE_BYTES):
		return hop_list_read(hops, field->bytes);
	default:
		return wire_number(field) > OUTCOME_REASON && wire_number(field) != HOPS_FIELD
			       ? HOT_OK
			       : HOT_BAD;
	}
}

static int read_outcome(struct slice bytes, struct target_outcome *outcome, struct hop *hops,
			size_t max_hops)
{
	struct wire_reader reader = wire_reader_of(bytes);
	struct hop_list list = {.hops = hops, .max = max_hops};
	struct wire_field field = {0};
	int next;

	*outcome = (struct target_outcome){.hops = hops};
	while ((next = wire_next(&reader, &field)) > 0) {
		if (take_field(&field, outcome, &list) != HOT_OK) {
			return -1;
		}
	}
	outcome->hop_count = list.count;
	return next < 0 ? -1 : 1;
}

int hot_report_next(struct hot_report *report, struct target_outcome *outcome, struct hop *hops,
		    size_t max_hops)
{
	struct wire_field field = {0};
	int next;

	while ((next = wire_next(&report->cursor, &field)) > 0) {
		if (field.tag == WIRE_TAG(REPORT_OUTCOMES, WIRE_BYTES)) {
			return read_outcome(field.bytes, outcome, hops, max_hops);
		}
	}
	return next;
}

/* --------------------------------------------------------------- writing */

/* Bytes of an outcome without tag and length, with so many of its hops. */
static size_t outcome_size(const struct target_outcome *outcome, size_t hop_count)
{
	return wire_some_bytes_size(OUTCOME_DRONE_ID, outcome->drone_id) +
	       wire_some_uint_size(OUTCOME_OUTCOME, outcome->outcome) +
	       wire_some_uint_size(OUTCOME_REASON, outcome->reason) +
	       hops_size(outcome->hops, hop_count);
}

/* How many of the hops go in: all, or none where a frame of `room` bytes for this
 * outcome alone could not hold them. */
static size_t hops_kept(const struct target_outcome *outcome, size_t room)
{
	size_t size = outcome_size(outcome, outcome->hop_count);

	return outcome->hop_count <= EVENT_MAX_HOPS &&
			       wire_bytes_size(REPORT_OUTCOMES, size) <= room
		       ? outcome->hop_count
		       : 0;
}

static uint8_t *put_outcome(uint8_t *at, const struct target_outcome *outcome, size_t hop_count)
{
	at = wire_put_tag(at, REPORT_OUTCOMES, WIRE_BYTES);
	at = wire_put_varint(at, outcome_size(outcome, hop_count));
	at = wire_put_some_bytes(at, OUTCOME_DRONE_ID, outcome->drone_id);
	at = wire_put_some_uint(at, OUTCOME_OUTCOME, outcome->outcome);
	at = wire_put_some_uint(at, OUTCOME_REASON, outcome->reason);
	return hops_put(at, outcome->hops, hop_count);
}

/* Bytes for outcomes in a frame of `max_frame`, `more` put aside. */
static size_t room_for_outcomes(uint32_t ref, uint32_t max_frame)
{
	size_t around = envelope_size(ref, FROM_GATEWAY_SEND_REPORT, max_frame) - max_frame +
			wire_some_uint_size(REPORT_MORE, true);

	return max_frame > around ? max_frame - around : 0;
}

/* How many outcomes fit in `room` bytes; at least one where there is one. */
static size_t count_fitting(const struct event_send_report *report, size_t room, size_t *size)
{
	size_t count = 0;

	*size = 0;
	while (count < report->count && count < EVENT_MAX_ENTRIES) {
		const struct target_outcome *outcome = &report->outcomes[count];
		size_t one = wire_bytes_size(REPORT_OUTCOMES,
					     outcome_size(outcome, hops_kept(outcome, room)));

		if (count > 0 && *size + one > room) {
			break;
		}
		*size += one;
		count++;
	}
	return count;
}

int hot_write_send_report(struct buf *out, uint32_t ref, const struct event_send_report *report,
			  uint32_t max_frame, size_t *taken)
{
	size_t room = room_for_outcomes(ref, max_frame);
	size_t size, count = count_fitting(report, room, &size);
	bool more = report->more || count < report->count;
	uint8_t *at = envelope_begin(out, ref, FROM_GATEWAY_SEND_REPORT,
				     size + wire_some_uint_size(REPORT_MORE, more));

	if (!at) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		const struct target_outcome *outcome = &report->outcomes[i];

		at = put_outcome(at, outcome, hops_kept(outcome, room));
	}
	at = wire_put_some_uint(at, REPORT_MORE, more);
	envelope_end(out, at);
	*taken = count;
	return 0;
}
