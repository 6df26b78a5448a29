#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "lib/fixture.h"
#include "wire/hot_codec.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Field numbers of Link in drone.proto. */
enum { TX_POWER = 4, SNR = 7, ERROR_RATE = 9, DISTANCE = 11, LINE_OF_SIGHT = 12 };

static uint32_t bits_of(float number)
{
	uint32_t bits;

	memcpy(&bits, &number, sizeof(bits));
	return bits;
}

static void expect_float(float is, float expected)
{
	assert_int_equal(bits_of(is), bits_of(expected));
}

static void expect_numbers(const struct link_numbers *is, const struct link_numbers *expected)
{
	assert_int_equal(is->delay_us, expected->delay_us);
	assert_int_equal(is->propagation_ns, expected->propagation_ns);
	assert_int_equal(is->airtime_us, expected->airtime_us);
	expect_float(is->tx_power_dbm, expected->tx_power_dbm);
	expect_float(is->rx_power_dbm, expected->rx_power_dbm);
	expect_float(is->path_loss_db, expected->path_loss_db);
	expect_float(is->snr_db, expected->snr_db);
	expect_float(is->sinr_db, expected->sinr_db);
	expect_float(is->packet_error_rate, expected->packet_error_rate);
	expect_float(is->doppler_hz, expected->doppler_hz);
	expect_float(is->distance_m, expected->distance_m);
	assert_int_equal(is->line_of_sight, expected->line_of_sight);
	assert_int_equal(is->bit_errors, expected->bit_errors);
}

/* ---------------------------------------------------------------- round trip */

static void test_round_trip(void **state)
{
	const struct link_numbers rows[] = {
		{.delay_us = 0},
		{.delay_us = 1, .bit_errors = 127},
		{
			.delay_us = 1234567,
			.propagation_ns = 33356,
			.airtime_us = 2048,
			.tx_power_dbm = 20.0f,
			.rx_power_dbm = -87.654321f,
			.path_loss_db = 107.654321f,
			.snr_db = 13.1f,
			.sinr_db = -0.7f,
			.packet_error_rate = 0.1f,
			.doppler_hz = -123.456f,
			.distance_m = 10000.25f,
			.line_of_sight = LINE_OF_SIGHT_LOS,
			.bit_errors = 300,
		},
		{
			.delay_us = UINT32_MAX,
			.propagation_ns = UINT32_MAX,
			.airtime_us = UINT32_MAX,
			.tx_power_dbm = FLT_MAX,
			.rx_power_dbm = -FLT_MAX,
			.path_loss_db = FLT_MIN,
			.snr_db = FLT_TRUE_MIN,
			.sinr_db = -FLT_TRUE_MIN,
			.packet_error_rate = 1.0f,
			.doppler_hz = FLT_EPSILON,
			.distance_m = -0.0f, /* not the zero that is left out */
			.line_of_sight = LINE_OF_SIGHT_NLOS,
			.bit_errors = UINT32_MAX,
		},
		{.packet_error_rate = -0.0f, .line_of_sight = LINE_OF_SIGHT_LOS},
	};
	uint8_t bytes[LINK_MAX_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct link_numbers numbers;
		struct reception heard = {.delay_us = 4711, .snr_db = 4711};
		size_t size = link_write(bytes, &rows[i]);

		assert_true(size <= LINK_MAX_BYTES);
		assert_int_equal(link_read(slice_of(bytes, size), &numbers), HOT_OK);
		expect_numbers(&numbers, &rows[i]);
		assert_int_equal(link_check(slice_of(bytes, size), &heard), HOT_OK);
		assert_int_equal(heard.delay_us, rows[i].delay_us);
		assert_memory_equal(&heard.snr_db, &rows[i].snr_db, sizeof(float));
		assert_memory_equal(&heard.packet_error_rate, &rows[i].packet_error_rate,
				    sizeof(float));
		assert_int_equal(heard.bit_errors, rows[i].bit_errors);
	}
	assert_int_equal(link_write(bytes, &rows[0]), 0); /* zeros are left out */
}

/* ----------------------------------------------------------- single numbers */

static size_t put(uint8_t *bytes, uint32_t number, uint32_t bits)
{
	return (size_t)(wire_put_fixed32(bytes, number, bits) - bytes);
}

static void expect_status(struct slice bytes, enum hot_status read, enum hot_status check)
{
	struct link_numbers numbers;
	struct reception heard;

	assert_int_equal(link_read(bytes, &numbers), read);
	assert_int_equal(link_read(bytes, NULL), read);
	assert_int_equal(link_check(bytes, &heard), check);
}

/* Alone, and behind one of a higher number, where no known writer puts it. */
static void expect_float_status(uint32_t number, uint32_t bits, enum hot_status status)
{
	uint8_t bytes[16];
	size_t size = put(bytes, number, bits);

	expect_status(slice_of(bytes, size), status, status);
	if (number < DISTANCE) {
		size = put(bytes, DISTANCE, bits_of(1.0f));
		size += put(bytes + size, number, bits);
		expect_status(slice_of(bytes, size), status, status);
		/* in order, but not the first */
		size = put(bytes, number, bits);
		size += put(bytes + size, DISTANCE, bits_of(1.0f));
		expect_status(slice_of(bytes, size), status, status);
	}
}

static void test_not_finite(void **state)
{
	const uint32_t not_finite[] = {
		0x7f800000,		/* infinite */
		0xff800000,		/* infinite, negative */
		0x7fc00000,		/* quiet NaN */
		0xffc00000, 0x7f800001, /* signalling NaN */
		0xffffffff,
	};

	(void)state;
	for (uint32_t number = TX_POWER; number <= DISTANCE; number++) {
		for (size_t i = 0; i < sizeof(not_finite) / sizeof(not_finite[0]); i++) {
			expect_float_status(number, not_finite[i], HOT_REFUSED);
		}
		if (number != ERROR_RATE) {
			expect_float_status(number, bits_of(FLT_MAX), HOT_OK);
			expect_float_status(number, bits_of(-FLT_MAX), HOT_OK);
		}
	}
}

static void test_error_rate(void **state)
{
	const struct {
		float rate;
		enum hot_status status;
	} rows[] = {
		{0.0f, HOT_OK},
		{-0.0f, HOT_OK},
		{FLT_TRUE_MIN, HOT_OK},
		{0.5f, HOT_OK},
		{1.0f, HOT_OK},
		{nextafterf(1.0f, 2.0f), HOT_REFUSED},
		{-FLT_TRUE_MIN, HOT_REFUSED},
		{-1.0f, HOT_REFUSED},
		{FLT_MAX, HOT_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect_float_status(ERROR_RATE, bits_of(rows[i].rate), rows[i].status);
	}
}

/* A drone sees no line of sight where the gateway does not let a simulator say it. */
static void test_line_of_sight(void **state)
{
	const struct {
		uint64_t value;
		enum hot_status check;
		enum line_of_sight read;
	} rows[] = {
		{0, HOT_OK, LINE_OF_SIGHT_UNSPECIFIED},
		{1, HOT_OK, LINE_OF_SIGHT_LOS},
		{2, HOT_OK, LINE_OF_SIGHT_NLOS},
		{3, HOT_REFUSED, LINE_OF_SIGHT_UNSPECIFIED},
		{UINT32_MAX, HOT_REFUSED, LINE_OF_SIGHT_UNSPECIFIED},
		{UINT64_MAX, HOT_REFUSED, LINE_OF_SIGHT_UNSPECIFIED}, /* -1 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct link_numbers numbers = {.line_of_sight = LINE_OF_SIGHT_NLOS};
		uint8_t bytes[16], *at = bytes;
		struct slice link;
		struct reception heard;

		at = wire_put_varint(wire_put_tag(at, LINE_OF_SIGHT, WIRE_VARINT), rows[i].value);
		link = slice_of(bytes, (size_t)(at - bytes));
		assert_int_equal(link_read(link, &numbers), HOT_OK);
		assert_int_equal(numbers.line_of_sight, rows[i].read);
		assert_int_equal(link_check(link, &heard), rows[i].check);
	}
}

/* ------------------------------------------------------------------- the rest */

static void test_order_and_unknown(void **state)
{
	/* bit_errors, unknown 14 (bytes), distance, unknown 16 (fixed64), tx_power, unknown
	 * 15 (fixed32), delay_us twice, of which the last counts */
	static const uint8_t bytes[] = "\x68\x05\x72\x02hi\x5d\x00\x00\x80\x3f\x81\x01stuvwxyz"
				       "\x25\x00\x00\x00\x40\x7dwxyz\x08\x07\x08\x09";
	struct slice link = slice_of(bytes, sizeof(bytes) - 1);
	struct link_numbers numbers;
	struct reception heard = {0};

	(void)state;
	assert_int_equal(link_read(link, &numbers), HOT_OK);
	expect_numbers(&numbers, &(struct link_numbers){
					 .delay_us = 9,
					 .tx_power_dbm = 2.0f,
					 .distance_m = 1.0f,
					 .bit_errors = 5,
				 });
	assert_int_equal(link_check(link, &heard), HOT_OK);
	assert_int_equal(heard.delay_us, 9);
	expect_status(slice_of(NULL, 0), HOT_OK, HOT_OK);
}

static void test_malformed(void **state)
{
	const struct slice rows[] = {
		BYTES("\x08"),			   /* a value that is missing */
		BYTES("\x08\x80"),		   /* ... or cut short */
		BYTES("\x25\x00\x00\x00"),	   /* a float of three bytes */
		BYTES("\x25\x00\x00\x80\x3f\x2d"), /* a second one that is missing */
		BYTES("\x0d\x00\x00\x00\x00"),	   /* delay_us as a float */
		BYTES("\x20\x01"),		   /* tx_power_dbm as a varint */
		BYTES("\x21stuvwxyz"),		   /* ... as a double */
		BYTES("\x4a\x00"),		   /* packet_error_rate as bytes */
		BYTES("\x62\x01\x01"),		   /* line_of_sight as bytes */
		BYTES("\x6dwxyz"),		   /* bit_errors as a float */
		BYTES("\x0b"),			   /* a group */
		BYTES("\x00\x01"),		   /* field 0 */
		BYTES("\x72\x05hi"),		   /* an unknown field, cut short */
		BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
		/* what is malformed is so, whatever else is wrong */
		BYTES("\x25\x00\x00\x80\x7f\x08"),
		BYTES("\x60\x09\x08"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect_status(rows[i], HOT_BAD, HOT_BAD);
	}
}

/* ------------------------------------------------- against the plainest reader */

enum { DELAY = 1, BIT_ERRORS = 13, NUMBERS };

/* A Link as it is understood field by field, whatever their order. */
struct plain_link {
	uint32_t of[NUMBERS];
	enum hot_status read, check;
};

static bool is_float(uint32_t number)
{
	return number >= TX_POWER && number <= DISTANCE;
}

static struct plain_link plain_link_of(struct slice bytes)
{
	struct wire_reader reader = wire_reader_of(bytes);
	struct plain_link link = {{0}, HOT_OK, HOT_OK};
	struct wire_field field;
	bool newer = false, finite = true;
	float rate;

	while (reader.at != reader.end) {
		const uint8_t *at = wire_next_any(reader.at, reader.end, &field);
		uint32_t number;

		if (!at || (wire_number(&field) < NUMBERS &&
			    wire_type(&field) !=
				    (is_float(wire_number(&field)) ? WIRE_FIXED32 : WIRE_VARINT))) {
			link.read = link.check = HOT_BAD;
			return link;
		}
		reader.at = at;
		number = wire_number(&field);
		if (number < NUMBERS) {
			link.of[number] = (uint32_t)field.value;
			newer |= number == LINE_OF_SIGHT && link.of[number] > LINE_OF_SIGHT_NLOS;
			finite &= !is_float(number) || (link.of[number] & 0x7f800000) != 0x7f800000;
		}
	}
	memcpy(&rate, &link.of[ERROR_RATE], sizeof(rate));
	if (!finite || !(rate >= 0 && rate <= 1)) {
		link.read = link.check = HOT_REFUSED;
	} else if (newer) {
		link.check = HOT_REFUSED;
	}
	return link;
}

/* From memory that ends with it. Returns what the gateway's check says. */
static enum hot_status expect_as_plain(struct slice link)
{
	struct plain_link plain = plain_link_of(link);
	uint8_t *bytes = malloc(link.size + 1);
	struct link_numbers is;
	struct reception heard = {.delay_us = 4711, .snr_db = 4711};

	assert_non_null(bytes);
	if (link.size) {
		memcpy(bytes + 1, link.data, link.size);
	}
	link = slice_of(bytes + 1, link.size);
	assert_int_equal(link_check(link, &heard), plain.check);
	assert_int_equal(link_read(link, &is), plain.read);
	assert_int_equal(link_read(link, NULL), plain.read);
	if (plain.check == HOT_OK) {
		assert_int_equal(heard.delay_us, plain.of[DELAY]);
		assert_memory_equal(&heard.snr_db, &plain.of[SNR], sizeof(float));
	}
	if (plain.read == HOT_OK) {
		const float floats[] = {is.tx_power_dbm, is.rx_power_dbm, is.path_loss_db,
					is.snr_db,	 is.sinr_db,	  is.packet_error_rate,
					is.doppler_hz,	 is.distance_m};

		assert_memory_equal(floats, &plain.of[TX_POWER], sizeof(floats));
		assert_int_equal(is.delay_us, plain.of[DELAY]);
		assert_int_equal(is.propagation_ns, plain.of[DELAY + 1]);
		assert_int_equal(is.airtime_us, plain.of[DELAY + 2]);
		assert_int_equal(is.line_of_sight,
				 wire_known_value(plain.of[LINE_OF_SIGHT], LINE_OF_SIGHT_NLOS + 1));
		assert_int_equal(is.bit_errors, plain.of[BIT_ERRORS]);
	}
	free(bytes);
	return plain.check;
}

static void expect_cuts_as_plain(struct slice link)
{
	for (size_t cut = 0; cut < link.size; cut++) {
		expect_as_plain(slice_of(link.data, cut));
	}
}

/* All eight floats as known writers put them, each of them `value` but one. */
static size_t put_floats(uint8_t *bytes, float value, uint32_t odd, uint32_t odd_bits)
{
	size_t size = 0;

	for (uint32_t number = TX_POWER; number <= DISTANCE; number++) {
		size += put(bytes + size, number, number == odd ? odd_bits : bits_of(value));
	}
	return size;
}

/* What stood where a float is looked for, and was none, is nowhere. */
static void test_floats_that_are_none(void **state)
{
	enum { UNKNOWN = 15, FLOAT_BYTES = 5 };
	uint8_t bytes[128];
	size_t size;

	(void)state;
	for (uint32_t other = TX_POWER; other <= DISTANCE; other++) {
		/* an unknown number in its place: its value is not that of the float */
		size = put_floats(bytes, 0.5f, other, bits_of(7.5f));
		put(bytes + (other - TX_POWER) * FLOAT_BYTES, UNKNOWN, bits_of(7.5f));
		assert_int_equal(expect_as_plain(slice_of(bytes, size)), HOT_OK);
		put(bytes + (other - TX_POWER) * FLOAT_BYTES, UNKNOWN, 0x7f800000);
		assert_int_equal(expect_as_plain(slice_of(bytes, size)), HOT_OK);
		expect_cuts_as_plain(slice_of(bytes, size));
		/* two have changed places */
		size = put_floats(bytes, 0.5f, 0, 0);
		put(bytes + (other - TX_POWER) * FLOAT_BYTES, DISTANCE, bits_of(0.25f));
		put(bytes + (DISTANCE - TX_POWER) * FLOAT_BYTES, other, bits_of(0.75f));
		assert_int_equal(expect_as_plain(slice_of(bytes, size)), HOT_OK);
		/* one is missing, and what follows begins with a byte that says nothing */
		size = put_floats(bytes, 0.5f, 0, 0) - FLOAT_BYTES;
		memmove(bytes + (other - TX_POWER) * FLOAT_BYTES,
			bytes + (other - TX_POWER + 1) * FLOAT_BYTES,
			(DISTANCE - other) * FLOAT_BYTES);
		memcpy(bytes + size, "\x68\x80\x01\x08\x09\x70\x01", 7);
		assert_int_equal(expect_as_plain(slice_of(bytes, size + 7)), HOT_OK);
		expect_cuts_as_plain(slice_of(bytes, size + 7));
	}
}

/* Each float in the run that is taken at once, and in a second run. */
static void test_floats_at_once(void **state)
{
	uint8_t bytes[128];
	size_t size;

	(void)state;
	for (uint32_t odd = TX_POWER; odd <= DISTANCE; odd++) {
		size = put_floats(bytes, 0.5f, odd, 0x7fc00000);
		assert_int_equal(expect_as_plain(slice_of(bytes, size)), HOT_REFUSED);
		size += put_floats(bytes + size, 0.25f, odd, bits_of(1.0f));
		assert_int_equal(expect_as_plain(slice_of(bytes, size)), HOT_REFUSED);
		size = put_floats(bytes, 0.5f, odd, bits_of(1.0f));
		size += put_floats(bytes + size, 0.25f, odd, 0xff800000);
		assert_int_equal(expect_as_plain(slice_of(bytes, size)), HOT_REFUSED);
		size = put_floats(bytes, 0.5f, ERROR_RATE, bits_of(2.0f));
		assert_int_equal(expect_as_plain(slice_of(bytes, size)), HOT_REFUSED);
		size += put_floats(bytes + size, 0.25f, odd, bits_of(1.0f)); /* the last counts */
		assert_int_equal(expect_as_plain(slice_of(bytes, size)), HOT_OK);
		size += put(bytes + size, odd, 0x7f800000);
		assert_int_equal(expect_as_plain(slice_of(bytes, size)), HOT_REFUSED);
	}
}

/* Every other number in every number of bytes, up to one more than there may be. */
static void test_numbers_of_every_length(void **state)
{
	static const uint8_t lasts[] = {0x00, 0x01, 0x02, 0x0f, 0x10, 0x7f};
	static const uint8_t numbers[] = {1, 2, 3, LINE_OF_SIGHT, BIT_ERRORS, 14, 15};
	uint8_t bytes[32];
	size_t statuses[3] = {0}; /* by -status */

	(void)state;
	for (size_t i = 0; i < 7 * 11 * 2 * 6; i++) {
		size_t length = 1 + i / 7 % 11;

		bytes[0] = (uint8_t)(numbers[i % 7] << 3);
		memset(bytes + 1, i / 77 % 2 ? 0x80 : 0xff, length);
		bytes[length] = lasts[i / 154];
		memcpy(bytes + 1 + length, "\x18\x07", 2);
		statuses[-(int)expect_as_plain(slice_of(bytes, length + 3))]++;
		expect_cuts_as_plain(slice_of(bytes, length + 3));
	}
	for (size_t i = 0; i < 3; i++) {
		assert_true(statuses[i] > 50);
	}
}

static size_t random_number(struct rng *rng, uint8_t *bytes, uint32_t number)
{
	uint64_t value = rng_next(rng) >> rng_below(rng, 64);
	uint8_t *at = wire_put_tag(bytes, number, WIRE_VARINT);

	if (number == LINE_OF_SIGHT && rng_below(rng, 10)) {
		value = rng_below(rng, 3);
	}
	return (size_t)(wire_put_varint(at, value) - bytes);
}

static size_t random_float(struct rng *rng, uint8_t *bytes, uint32_t number)
{
	float value = (float)rng_below(rng, 1000) / 1000;

	return put(bytes, number, rng_below(rng, 60) ? bits_of(value) : (uint32_t)rng_next(rng));
}

/* In order or anyhow; some missing, some repeated; with numbers that nobody knows. */
static size_t random_link(struct rng *rng, uint8_t *bytes)
{
	bool in_order = rng_below(rng, 3) > 0, whole = rng_below(rng, 2);
	size_t size = 0;

	for (uint32_t i = 1; i < NUMBERS + 2; i++) {
		uint32_t number = in_order ? i : 1 + (uint32_t)rng_below(rng, NUMBERS + 1);

		if (whole || rng_below(rng, 8)) {
			size += is_float(number) ? random_float(rng, bytes + size, number)
						 : random_number(rng, bytes + size, number);
		}
	}
	if (rng_below(rng, 3) == 0) {
		bytes[rng_below(rng, size)] ^= (uint8_t)(1u << rng_below(rng, 8));
	}
	return size;
}

static void test_random_links(void **state)
{
	uint8_t bytes[256];
	size_t statuses[3] = {0};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	for (int i = 0; i < 20000; i++) {
		size_t size = random_link(&rng, bytes);

		statuses[-(int)expect_as_plain(slice_of(bytes, size))]++;
		if (i % 4 == 0) {
			expect_cuts_as_plain(slice_of(bytes, size));
		}
	}
	for (size_t i = 0; i < 3; i++) {
		assert_true(statuses[i] > 500);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_error_rate),
		cmocka_unit_test(test_line_of_sight),
		cmocka_unit_test(test_order_and_unknown),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_floats_that_are_none),
		cmocka_unit_test(test_floats_at_once),
		cmocka_unit_test(test_numbers_of_every_length),
		cmocka_unit_test(test_random_links),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
