#include "wire/hot_codec.h"

enum {
	LINK_DELAY_US = 1,
	LINK_PROPAGATION_NS,
	LINK_AIRTIME_US,
	LINK_TX_POWER_DBM,
	LINK_RX_POWER_DBM,
	LINK_PATH_LOSS_DB,
	LINK_SNR_DB,
	LINK_SINR_DB,
	LINK_PACKET_ERROR_RATE,
	LINK_DOPPLER_HZ,
	LINK_DISTANCE_M,
	LINK_LINE_OF_SIGHT,
	LINK_BIT_ERRORS,
	LINK_FIELDS
};

enum { LINES_OF_SIGHT = LINE_OF_SIGHT_NLOS + 1 };

/* The fields as they stand on the wire, by number; floats as their bits. */
struct raw_link {
	uint32_t of[LINK_FIELDS];
	bool newer; /* with an enum value of a later version */
};

static float float_of(uint32_t bits)
{
	float number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

static uint32_t bits_of(float number)
{
	uint32_t bits;

	memcpy(&bits, &number, sizeof(bits));
	return bits;
}

static bool is_float(uint32_t number)
{
	return number >= LINK_TX_POWER_DBM && number <= LINK_DISTANCE_M;
}

/* Neither infinite nor not a number: the exponent is not all ones (IEEE 754). */
static bool is_finite(uint32_t bits)
{
	const uint32_t exponent = 0x7f800000;

	return (bits & exponent) != exponent;
}

enum { FLOATS = LINK_DISTANCE_M - LINK_TX_POWER_DBM + 1, FLOAT_BYTES = 1 + sizeof(uint32_t) };

/* All the floats at once, when they stand next and in the order of their numbers, as every
 * known writer has them: without a branch for each, which made the check of a Link the
 * dearest step of a message. False: they do not stand so,
 * nothing was taken. */
static inline bool take_all_floats(struct wire_reader *reader, struct raw_link *raw, bool *finite)
{
	const uint8_t *at = reader->at;
	uint32_t found[FLOATS], other = 0, infinite = 0;

	if (reader->end - at < FLOATS * FLOAT_BYTES) {
		return false;
	}
#pragma GCC unroll 8
	for (uint32_t i = 0; i < FLOATS; i++) {
		other |= at[i * FLOAT_BYTES] ^ WIRE_TAG(LINK_TX_POWER_DBM + i, WIRE_FIXED32);
		memcpy(&found[i], at + i * FLOAT_BYTES + 1, sizeof(found[i]));
		found[i] = le32toh(found[i]);
		infinite |= !is_finite(found[i]);
	}
	if (other) {
		return false;
	}
	memcpy(&raw->of[LINK_TX_POWER_DBM], found, sizeof(found));
	*finite &= !infinite;
	reader->at = at + FLOATS * FLOAT_BYTES;
	return true;
}

/* One of the other numbers, in at most 5 bytes, which is all that one of 32 bits needs. False:
 * it is something else, nothing was taken. */
static inline bool take_uint(struct wire_reader *reader, struct raw_link *raw)
{
	const uint32_t number = *reader->at >> 3;
	const uint8_t *at = reader->at + 1;
	uint32_t value = 0;

	if ((*reader->at & 7) != WIRE_VARINT || number - 1 >= LINK_FIELDS - 1 || is_float(number)) {
		return false;
	}
	for (unsigned shift = 0; at != reader->end && shift < 32; shift += 7) {
		uint32_t part = *at++;

		value |= (part & 0x7f) << shift;
		if (part < 0x80) {
			raw->of[number] = value;
			raw->newer |= number == LINK_LINE_OF_SIGHT && value >= LINES_OF_SIGHT;
			reader->at = at;
			return true;
		}
	}
	return false;
}

/* Any field, however it is written. */
static enum hot_status take_field(struct wire_reader *reader, struct raw_link *raw)
{
	struct wire_field field = {0};
	uint32_t number;

	if (wire_next(reader, &field) < 0) {
		return HOT_BAD;
	}
	number = wire_number(&field);
	if (number >= LINK_FIELDS) {
		return HOT_OK;
	}
	if (wire_type(&field) != (is_float(number) ? WIRE_FIXED32 : WIRE_VARINT)) {
		return HOT_BAD;
	}
	raw->of[number] = (uint32_t)field.value;
	raw->newer |= number == LINK_LINE_OF_SIGHT && raw->of[number] >= LINES_OF_SIGHT;
	return is_float(number) && !is_finite(raw->of[number]) ? HOT_REFUSED : HOT_OK;
}

static inline enum hot_status read_raw(struct slice bytes, struct raw_link *raw)
{
	struct wire_reader reader = wire_reader_of(bytes);
	const uint8_t first_float = WIRE_TAG(LINK_TX_POWER_DBM, WIRE_FIXED32);
	bool allowed = true;
	float error_rate;

	while (reader.at != reader.end) {
		enum hot_status status;

		if (*reader.at == first_float ? take_all_floats(&reader, raw, &allowed)
					      : take_uint(&reader, raw)) {
			continue;
		}
		status = take_field(&reader, raw);
		if (status == HOT_BAD) {
			return HOT_BAD;
		}
		allowed &= status == HOT_OK;
	}
	error_rate = float_of(raw->of[LINK_PACKET_ERROR_RATE]);
	return allowed && error_rate >= 0 && error_rate <= 1 ? HOT_OK : HOT_REFUSED;
}

enum hot_status link_check(struct slice bytes, struct reception *reception)
{
	struct raw_link raw = {0};
	enum hot_status status = read_raw(bytes, &raw);

	reception->delay_us = raw.of[LINK_DELAY_US];
	reception->bit_errors = raw.of[LINK_BIT_ERRORS];
	reception->snr_db = float_of(raw.of[LINK_SNR_DB]);
	reception->packet_error_rate = float_of(raw.of[LINK_PACKET_ERROR_RATE]);
	return status == HOT_OK && raw.newer ? HOT_REFUSED : status;
}

enum hot_status link_read(struct slice bytes, struct link_numbers *numbers)
{
	struct raw_link raw = {0};
	enum hot_status status = read_raw(bytes, &raw);

	if (status != HOT_OK || !numbers) {
		return status;
	}
	*numbers = (struct link_numbers){
		.delay_us = raw.of[LINK_DELAY_US],
		.propagation_ns = raw.of[LINK_PROPAGATION_NS],
		.airtime_us = raw.of[LINK_AIRTIME_US],
		.tx_power_dbm = float_of(raw.of[LINK_TX_POWER_DBM]),
		.rx_power_dbm = float_of(raw.of[LINK_RX_POWER_DBM]),
		.path_loss_db = float_of(raw.of[LINK_PATH_LOSS_DB]),
		.snr_db = float_of(raw.of[LINK_SNR_DB]),
		.sinr_db = float_of(raw.of[LINK_SINR_DB]),
		.packet_error_rate = float_of(raw.of[LINK_PACKET_ERROR_RATE]),
		.doppler_hz = float_of(raw.of[LINK_DOPPLER_HZ]),
		.distance_m = float_of(raw.of[LINK_DISTANCE_M]),
		.line_of_sight = (enum line_of_sight)wire_known_value(raw.of[LINK_LINE_OF_SIGHT],
								      LINES_OF_SIGHT),
		.bit_errors = raw.of[LINK_BIT_ERRORS],
	};
	return HOT_OK;
}

static uint8_t *put_float(uint8_t *at, uint32_t number, float value)
{
	uint32_t bits = bits_of(value);

	return bits ? wire_put_fixed32(at, number, bits) : at;
}

size_t link_write(uint8_t *at, const struct link_numbers *numbers)
{
	const uint8_t *start = at;

	at = wire_put_some_uint(at, LINK_DELAY_US, numbers->delay_us);
	at = wire_put_some_uint(at, LINK_PROPAGATION_NS, numbers->propagation_ns);
	at = wire_put_some_uint(at, LINK_AIRTIME_US, numbers->airtime_us);
	at = put_float(at, LINK_TX_POWER_DBM, numbers->tx_power_dbm);
	at = put_float(at, LINK_RX_POWER_DBM, numbers->rx_power_dbm);
	at = put_float(at, LINK_PATH_LOSS_DB, numbers->path_loss_db);
	at = put_float(at, LINK_SNR_DB, numbers->snr_db);
	at = put_float(at, LINK_SINR_DB, numbers->sinr_db);
	at = put_float(at, LINK_PACKET_ERROR_RATE, numbers->packet_error_rate);
	at = put_float(at, LINK_DOPPLER_HZ, numbers->doppler_hz);
	at = put_float(at, LINK_DISTANCE_M, numbers->distance_m);
	at = wire_put_some_uint(at, LINK_LINE_OF_SIGHT, numbers->line_of_sight);
	at = wire_put_some_uint(at, LINK_BIT_ERRORS, numbers->bit_errors);
	return (size_t)(at - start);
}
