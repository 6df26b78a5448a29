#include "conformance/link_check.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* The fields of Link, by number (proto/channel.proto). */
enum { LINK_FIELDS = 14, LINK_LINE_OF_SIGHT = 12 };

static const char *const names[LINK_FIELDS] = {
	"",
	"delay_us",
	"propagation_ns",
	"airtime_us",
	"tx_power_dbm",
	"rx_power_dbm",
	"path_loss_db",
	"snr_db",
	"sinr_db",
	"packet_error_rate",
	"doppler_hz",
	"distance_m",
	"line_of_sight",
	"bit_errors",
};

__attribute__((format(printf, 3, 4))) static void
blemish(struct blemishes *blemishes, enum blemish kind, const char *format, ...)
{
	va_list values;

	if (blemishes->count[kind]++ > 0) {
		return;
	}
	va_start(values, format);
	vsnprintf(blemishes->first[kind], sizeof(blemishes->first[kind]), format, values);
	va_end(values);
}

static float float_of(uint64_t value)
{
	uint32_t bits = (uint32_t)value;
	float number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

/* Each number of the link on its own: the codec says that something is wrong, here is what. */
static void check_fields(struct blemishes *blemishes, struct slice link)
{
	struct wire_reader reader = wire_reader_of(link);
	struct wire_field field = {0};

	while (wire_next(&reader, &field) > 0) {
		uint32_t number = wire_number(&field);

		if (number >= LINK_FIELDS) {
			continue;
		}
		if (wire_type(&field) == WIRE_FIXED32 && !isfinite(float_of(field.value))) {
			blemish(blemishes, BLEMISH_NOT_FINITE, "%s is %g", names[number],
				(double)float_of(field.value));
		}
		if (number == LINK_LINE_OF_SIGHT && field.value > LINE_OF_SIGHT_NLOS) {
			blemish(blemishes, BLEMISH_ENUM, "line_of_sight is %" PRIu64, field.value);
		}
		if (strcmp(names[number], "packet_error_rate") == 0 &&
		    !(float_of(field.value) >= 0 && float_of(field.value) <= 1)) {
			blemish(blemishes, BLEMISH_ERROR_RATE, "packet_error_rate is %g",
				(double)float_of(field.value));
		}
	}
}

static void check_numbers(struct blemishes *blemishes, const struct link_numbers *numbers)
{
	/* each may have been rounded for itself */
	uint64_t least_us = (uint64_t)numbers->airtime_us + numbers->propagation_ns / 1000;

	if ((uint64_t)numbers->delay_us + 1 < least_us) {
		blemish(blemishes, BLEMISH_DELAY,
			"delay_us is %" PRIu32 " with airtime_us %" PRIu32
			" and propagation_ns %" PRIu32,
			numbers->delay_us, numbers->airtime_us, numbers->propagation_ns);
	}
	if (numbers->distance_m < 0 || (numbers->distance_m > 0 && numbers->distance_m < 1)) {
		blemish(blemishes, BLEMISH_DISTANCE, "distance_m is %g",
			(double)numbers->distance_m);
	}
}

static void check_link(struct blemishes *blemishes, struct slice link, struct link_numbers *numbers)
{
	if (!link.data) {
		blemish(blemishes, BLEMISH_NO_LINK, "no link");
		return;
	}
	if (link.size > ANSWERS_LINK_MAX) {
		blemish(blemishes, BLEMISH_LINK, "a link of %zu bytes", link.size);
	}
	check_fields(blemishes, link);
	switch (link_read(link, numbers)) {
	case HOT_OK:
		check_numbers(blemishes, numbers);
		break;
	case HOT_BAD:
		blemish(blemishes, BLEMISH_LINK, "a link that is not protobuf");
		break;
	case HOT_REFUSED:
		break;
	}
}

static void check_outcome(struct blemishes *blemishes, const struct reception *reception)
{
	if (reception->outcome < OUTCOME_DELIVERED || reception->outcome > OUTCOME_LOST) {
		blemish(blemishes, BLEMISH_OUTCOME, "an outcome of %" PRIu32, reception->outcome);
	}
	if (reception->reason >= REASON_COUNT) {
		blemish(blemishes, BLEMISH_ENUM, "a reason of %" PRIu32, reception->reason);
	} else if (reception->reason != REASON_NONE && reception->outcome != OUTCOME_LOST) {
		blemish(blemishes, BLEMISH_REASON, "%s with the reason %s",
			outcome_name((enum outcome)reception->outcome),
			reason_name((enum reason)reception->reason));
	}
}

static void check_payload(struct blemishes *blemishes, const struct reception *reception,
			  struct slice sent)
{
	bool altered = reception->altered && !slice_equal(reception->payload, sent);

	if (reception->payload.size > sent.size) {
		blemish(blemishes, BLEMISH_PAYLOAD, "a payload of %zu bytes for one of %zu",
			reception->payload.size, sent.size);
	}
	if (reception->outcome == OUTCOME_CORRUPTED && !altered && sent.size > 0) {
		blemish(blemishes, BLEMISH_PLAIN_CORRUPTED, "CORRUPTED %s",
			reception->altered ? "with the payload that was sent"
					   : "without a payload");
	}
	if (reception->outcome == OUTCOME_DELIVERED && reception->altered) {
		blemish(blemishes, BLEMISH_ALTERED, "DELIVERED with a payload of its own");
	}
}

void link_check_reception(struct blemishes *blemishes, const struct reception *reception,
			  struct slice sent, struct link_numbers *numbers)
{
	blemishes->receptions++;
	*numbers = (struct link_numbers){0};
	check_outcome(blemishes, reception);
	check_payload(blemishes, reception, sent);
	check_link(blemishes, reception->link, numbers);
}

/* -------------------------------------------------------------- difference */

struct raw_link {
	uint64_t of[LINK_FIELDS];
	bool is_float[LINK_FIELDS];
};

static void read_raw(struct slice link, struct raw_link *raw)
{
	struct wire_reader reader = wire_reader_of(link);
	struct wire_field field = {0};

	*raw = (struct raw_link){0};
	while (wire_next(&reader, &field) > 0) {
		if (wire_number(&field) < LINK_FIELDS && wire_type(&field) != WIRE_BYTES) {
			raw->of[wire_number(&field)] = field.value;
			raw->is_float[wire_number(&field)] = wire_type(&field) == WIRE_FIXED32;
		}
	}
}

void link_check_difference(struct slice a, struct slice b, char *how, size_t size)
{
	struct raw_link one, two;

	read_raw(a, &one);
	read_raw(b, &two);
	for (uint32_t i = 1; i < LINK_FIELDS; i++) {
		if (one.of[i] == two.of[i]) {
			continue;
		}
		if (one.is_float[i] || two.is_float[i]) {
			snprintf(how, size, "%s %.9g, then %.9g", names[i],
				 (double)float_of(one.of[i]), (double)float_of(two.of[i]));
		} else {
			snprintf(how, size, "%s %" PRIu64 ", then %" PRIu64, names[i], one.of[i],
				 two.of[i]);
		}
		return;
	}
	snprintf(how, size, "links that are written in different bytes");
}
