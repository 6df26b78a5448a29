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

/* The fields as they stand on the wire, by number; floats as their bits. */
struct raw_link {
	uint32_t of[LINK_FIELDS];
};

static bool is_float(uint32_t number)
{
	return number >= LINK_TX_POWER_DBM && number <= LINK_DISTANCE_M;
}

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

static enum hot_status check_field(uint32_t number, uint32_t value)
{
	const uint32_t exponent = 0x7f800000; /* all ones: infinite or not a number */

	if (is_float(number) && (value & exponent) == exponent) {
		return HOT_REFUSED;
	}
	if (number == LINK_PACKET_ERROR_RATE && !(float_of(value) >= 0 && float_of(value) <= 1)) {
		return HOT_REFUSED;
	}
	if (number == LINK_LINE_OF_SIGHT && value > LINE_OF_SIGHT_NLOS) {
		return HOT_REFUSED;
	}
	return HOT_OK;
}

static enum hot_status read_raw(struct slice bytes, struct raw_link *raw)
{
	struct wire_reader reader = wire_reader_of(bytes);
	struct wire_field field;
	enum hot_status status = HOT_OK;
	int next;

	while ((next = wire_next(&reader, &field)) > 0) {
		enum wire_type type = is_float(field.number) ? WIRE_FIXED32 : WIRE_VARINT;

		if (field.number >= LINK_FIELDS) {
			continue;
		}
		if (field.type != type) {
			return HOT_BAD;
		}
		raw->of[field.number] = (uint32_t)field.value;
		if (check_field(field.number, (uint32_t)field.value) != HOT_OK) {
			status = HOT_REFUSED;
		}
	}
	return next < 0 ? HOT_BAD : status;
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
		.line_of_sight = (enum line_of_sight)raw.of[LINK_LINE_OF_SIGHT],
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
